"""What the SDK raises: every error says what happened and what to do next.

Rules: an error is a ``SynakError`` with a code and parameters; its text is the
wording of that code in the language the person chose, never a bare code; in a
notebook the text is shown instead of a long traceback of the SDK's own lines::

    SynakError
    └── SdkError              says what happened and what to do, in three languages
        ├── PermitRefused     a clause of the permit said no: clause, limit, used, when
        ├── ContractReverted  a contract said no for reasons of its own
        ├── CompileError      a source does not compile: file, line, column, the line itself
        ├── DeskProblem       the desk answered with a problem
        ├── LabStopped        the lab's engine is gone
        └── LogRewritten      the audit log does not continue the head that was kept

>>> error = PermitRefused({"clause": "deployments", "limit": "3", "used": "3"})
>>> print(error)
The permit allows 3 deployments; 3 are used.
>>> (error.clause, error.limit, error.used)
('deployments', 3, 3)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.kit.errors import IntegrityFailure, Refused, SynakError, Unavailable
from sandbox.kit.money import DECIMALS
from sandbox.locale import has_wording, wording
from sandbox.locale.catalogue import Language
from sandbox.sdk.amounts import spoken
from sandbox.sdk.problems import problem_text

AMOUNTS: Final = ("limit", "used", "requested")
MONEY_CLAUSES: Final = frozenset(
    {
        *("per_transaction", "window_volume", "customer_cap", "merchant_cap", "outstanding"),
        *("week_volume", "month_volume", "customer_day_volume", "customer_total", "travel_rule"),
        "ledger_claim",
    }
)
"""Clauses whose numbers are minor units of an asset; those of the others are counts."""


class SdkError(SynakError):
    """An error in words.

    Args:
        code: the error's code; its wording lies in ``sandbox/locale/errors``.
        language: ``en``, ``ru`` or ``ky``.
        **params: what the wording names.
    """

    def __init__(self, code: str, *, language: Language = "en", **params: object) -> None:
        super().__init__(code, **params)
        self.language = language

    def explain(self, language: Language | None = None) -> str:
        """What happened, in one or two sentences."""
        return wording(self.code, self.params, language or self.language)

    def what_to_do_next(self, language: Language | None = None) -> str:
        """What helps; empty when nothing is known to help."""
        code = f"what_to_do.{self.code}"
        if not has_wording(code):
            return ""
        return wording(code, self.params, language or self.language)

    def diagnostics(self, language: Language | None = None) -> str:
        """Everything known about the error, for a person or a bug report."""
        lines = [self.explain(language), self.what_to_do_next(language), f"code: {self.code}"]
        lines += [f"{name}: {value}" for name, value in self.params.items() if value is not None]
        return "\n".join(line for line in lines if line)

    def __str__(self) -> str:
        return self.explain()

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
        lines = [f"{type(self).__name__}: {self.explain()}", self.what_to_do_next()]
        return [line for line in lines if line]


class PermitRefused(SdkError, Refused):
    """A clause of the permit said no; nothing was done, and the refusal is on record.

    Args:
        data: what the gateway or the Supervisor said; see the attributes.
        language: the language of the text.

    Attributes:
        clause: for example ``per_transaction``, ``window_volume``, ``deployments``.
        limit: what the clause allows, minor units or a count; ``None`` if it has no number.
        used: what was used before the attempt, same unit.
        requested: what was asked for, same unit.
        frees_at: from when room frees, UTC; ``None`` when time does not help.
        permit: the permit's number, when known.
        version: the permit's version that refused.
        asset: the asset whose minor units the numbers are; ``None`` for counts.
        tx_hash: the failed transaction, when it was mined before it was refused.
    """

    def __init__(self, data: Mapping[str, Any], *, language: Language = "en") -> None:
        self.clause = str(data.get("clause") or data.get("code") or "unknown")
        self.limit = _number(data.get("limit"))
        self.used = _number(data.get("used"))
        self.requested = _number(data.get("requested"))
        self.frees_at = _moment(data.get("frees_at"))
        self.permit: str | None = data.get("permit")
        self.version = _number(data.get("version"))
        self.asset: str | None = data.get("asset")
        self.tx_hash: str | None = data.get("tx_hash")
        self._said_by_server = data.get("what_to_do")
        known = {name: value for name, value in data.items() if isinstance(name, str)}
        known.update(clause=self.clause, limit=self.limit, used=self.used, requested=self.requested)
        known["frees_at"] = self.frees_at.isoformat() if self.frees_at else None
        for reserved in ("code", "language"):
            known.pop(reserved, None)
        super().__init__(f"refused.{self.clause}", language=language, **known)

    def explain(self, language: Language | None = None) -> str:
        """Which clause refused what, with its numbers."""
        code = self.code if has_wording(self.code) else "sdk.refused_by_clause"
        return wording(code, self.params, language or self.language)

    def diagnostics(self, language: Language | None = None) -> str:
        """As ``SdkError.diagnostics``, with amounts in whole tokens of their asset."""
        lines = [self.explain(language), self.what_to_do_next(language), f"code: {self.code}"]
        for name, value in self.params.items():
            money = name in AMOUNTS and self.clause in MONEY_CLAUSES
            if money and isinstance(value, int) and self.asset in DECIMALS:
                lines.append(f"{name}: {spoken(value, self.asset)}")
            elif value is not None:
                lines.append(f"{name}: {value}")
        return "\n".join(line for line in lines if line)

    @property
    def what_to_do(self) -> str:
        """What helps, in the error's language."""
        return self.what_to_do_next()

    def what_to_do_next(self, language: Language | None = None) -> str:
        """What helps; the server's words when the clause is not known here."""
        code = f"what_to_do.{self.clause}"
        if has_wording(code):
            return wording(code, self.params, language or self.language)
        return str(self._said_by_server or "")


class ContractReverted(SdkError, Refused):
    """A contract refused a call for reasons of its own; no clause of the permit was touched.

    Args:
        reason: the contract's reason in words or its error's name and arguments.
        tx_hash: the transaction, when it was mined.
        language: the language of the text.
    """

    def __init__(
        self, reason: str, *, tx_hash: str | None = None, language: Language = "en"
    ) -> None:
        self.reason = reason
        self.tx_hash = tx_hash
        super().__init__("sdk.contract_reverted", language=language, reason=reason, tx_hash=tx_hash)


class CompileError(SdkError):
    """A source does not compile.

    Attributes:
        problems: ``{file, line, column, message, text}`` each, in the compiler's order.
    """

    @property
    def problems(self) -> list[dict[str, Any]]:
        """See the class."""
        found = self.params.get("problems")
        return found if isinstance(found, list) else []

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: each problem with its line."""
        first = wording("compile.failed_places", {"count": len(self.problems)}, self.language)
        shown = [line for each in self.problems for line in problem_text(each).split("\n")]
        return [f"{type(self).__name__}: {first}", *shown]


class DeskProblem(SdkError):
    """The desk or the gateway answered with a problem that is not a clause's refusal."""

    def __init__(
        self,
        code: str,
        *,
        status: int,
        title: str = "",
        language: Language = "en",
        params: Mapping[str, Any] | None = None,
    ) -> None:
        safe = {k: v for k, v in (params or {}).items() if k not in {"code", "language", "self"}}
        super().__init__(code, language=language, **safe)
        self.status_code = status
        self.title = title

    def explain(self, language: Language | None = None) -> str:
        """The wording of the code, or what the server said."""
        if has_wording(self.code):
            return wording(self.code, self.params, language or self.language)
        return self.title or f"{self.code} ({self.status_code})"


class LabStopped(SdkError, Unavailable):
    """The lab's engine has stopped; its state is gone, a new lab starts at once."""


class LogRewritten(SdkError, IntegrityFailure):
    """The audit log shown now does not continue the one that was seen before."""


def _number(value: object) -> int | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else None


def _moment(value: object) -> datetime | None:
    """ISO 8601 text or seconds since 1970; 0 means "time does not help"."""
    if value is None or value in ("", 0, "0"):
        return None
    if isinstance(value, int) or str(value).isdigit():
        return datetime.fromtimestamp(int(str(value)), tz=UTC)
    return datetime.fromisoformat(str(value)).astimezone(UTC)
