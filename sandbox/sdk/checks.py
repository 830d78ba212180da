"""What would be refused, asked before anything is sent.

Rules: the gateway answers, by the rules that it admits by; nothing is sent, used up or put on
record but one request. Every clause that would refuse is named, not only the first. It is an
answer for now: another payment may use up the room before yours arrives.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from web3.types import RPCEndpoint

from sandbox.kit.ids import ChainName
from sandbox.kit.money import limit_from_json
from sandbox.locale import wording
from sandbox.locale.catalogue import Language
from sandbox.sdk.amounts import spoken
from sandbox.sdk.errors import MONEY_CLAUSES, ContractReverted, PermitRefused, SdkError
from sandbox.sdk.failures import abis_of
from sandbox.sdk.reverts import error_of_revert
from sandbox.sdk.rpc import with_asset
from sandbox.sdk.tables import table_html, table_text
from sandbox.sdk.wallets import Call, ManagedWallet

_COLUMNS: Final = ("clause", "limit", "used", "requested", "why", "what_to_do")


@dataclass(frozen=True)
class Check:
    """The answer of a check; true when nothing would be refused.

    Attributes:
        findings: everything that would be refused or reverted, with its reason.
        gas: the estimate with a margin, when it could be made.
        complete: false when more clauses may refuse behind what is named (a contract's own
            refusal hides what comes after it).
        counters: what is used of the permit's quotas, by clause: ``{limit, used}``.
        queued: transactions of the wallet that wait before this one.
        language: of the table.
    """

    findings: tuple[SdkError, ...]
    gas: int | None = None
    complete: bool = True
    counters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    queued: int = 0
    language: Language = "en"

    def __bool__(self) -> bool:
        return not self.findings

    @property
    def clauses(self) -> tuple[str, ...]:
        """The clauses that would refuse, in the order in which they would."""
        return tuple(each.clause for each in self.findings if isinstance(each, PermitRefused))

    def __repr__(self) -> str:
        lines = [self._said("check.passes" if self else "check.refused", gas=self.gas)]
        if self.findings:
            lines.append(table_text(self._head(), self._rows()))
        return "\n".join([*lines, *self._notes()])

    def _repr_html_(self) -> str:
        said = html.escape(self._said("check.passes" if self else "check.refused", gas=self.gas))
        body = table_html(self._head(), self._rows()) if self.findings else ""
        notes = "".join(f"<p>{html.escape(each)}</p>" for each in self._notes())
        return f"<p><b>{said}</b></p>{body}{notes}"

    def _head(self) -> tuple[str, ...]:
        return tuple(self._said(f"check.column_{name}") for name in _COLUMNS)

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                each.clause if isinstance(each, PermitRefused) else "–",
                *(_shown(each, name) for name in ("limit", "used", "requested")),
                each.explain(self.language),
                each.what_to_do_next(self.language),
            )
            for each in self.findings
        ]

    def _notes(self) -> list[str]:
        notes = [] if self.complete else [self._said("check.incomplete")]
        if self.queued:
            notes.append(self._said("check.queued", count=self.queued))
        said = "; ".join(f"{name} {n['used']} / {n['limit']}" for name, n in self.counters.items())
        return [*notes, self._said("check.counters", counters=said)] if said else notes

    def _said(self, code: str, **params: object) -> str:
        return wording(code, params, self.language)


def check(
    call: Call,
    wallet: ManagedWallet,
    chain: ChainName,
    *,
    payload: str | None = None,
    language: Language = "en",
) -> Check:
    """Ask the gateway about one call.

    Args:
        call: a contract's function or constructor with its arguments, or a transaction.
        wallet: who would send it.
        chain: on which chain.
        payload: the permit's limit of a request's bytes, as the desk writes it: a longer call
            is told of by its length alone, since its request would be refused itself.
        language: of the findings.

    Raises:
        DeskProblem: the gateway could not answer, or the wallet is another's.
        PermitRefused: the check's own request was refused (requests a second, units a day).
    """
    transaction = _plain(wallet.transaction(call))
    length = len(orjson.dumps({**_BODY, "params": [transaction]}))
    limit = None if payload is None else limit_from_json(payload)
    if isinstance(limit, int) and length > limit:
        transaction = {**transaction, "bytes": hex(length)}
        transaction.pop("data", None)
    provider = wallet.w3(chain).provider
    said = provider.make_request(RPCEndpoint("synak_check"), [transaction])["result"]
    findings: list[SdkError] = [
        PermitRefused(with_asset(each, chain), language=language) for each in said["refusals"]
    ]
    if said["reverts"]:
        findings.append(_reverted(said["reverts"], call, chain, language))
    return Check(
        tuple(findings),
        gas=int(said["gas"], 16) if said["gas"] else None,
        complete=said["complete"],
        counters={each["clause"]: each for each in said["counters"]},
        queued=said["queued"],
        language=language,
    )


_BODY: Final = {"jsonrpc": "2.0", "id": 1, "method": "eth_sendTransaction"}


def _plain(transaction: Mapping[str, Any]) -> dict[str, Any]:
    """A transaction as JSON, without what only sending needs."""
    plain: dict[str, Any] = {}
    for name in ("from", "to", "data", "value", "gas"):
        value = transaction.get(name)
        if value is None or (name == "value" and not value):
            continue
        if isinstance(value, bytes):
            value = "0x" + value.hex()
        plain[name] = hex(value) if isinstance(value, int) else str(value)
    return plain


def _reverted(
    said: Mapping[str, str], call: Call, chain: ChainName, language: Language
) -> SdkError:
    """A contract's own refusal, its error named by the contract's interface where it is known."""
    data = bytes.fromhex(said["data"][2:])
    if not data:
        return ContractReverted(said["reason"], language=language)
    found = error_of_revert(data, abis_of(call), chain=chain, language=language)
    if isinstance(found, PermitRefused):  # a contract made it up: the Supervisor did not say it
        return ContractReverted(said["reason"], language=language)
    return found


def _shown(each: SdkError, name: str) -> str:
    value = getattr(each, name, None)
    if not isinstance(each, PermitRefused) or value is None:
        text = each.params.get(name) if isinstance(each, PermitRefused) else None
        return "–" if text is None else str(text)
    if each.asset and each.clause in MONEY_CLAUSES:
        return spoken(value, each.asset)  # type: ignore[arg-type]
    return f"{value:,}".replace(",", " ")
