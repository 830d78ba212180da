"""What is ordered from the record: an evidence export, a full replay, a firm's own archive.

Rules:

1. A task is done by the worker; ``done`` of ``total`` say how far it is.
2. An export names its recipient and the legal basis of handing it over; a replay its chain and
   the last block to calculate.
3. A task that failed says why by a code; it is ordered anew, never repaired.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName

LONGEST_RECIPIENT: Final = 200
LONGEST_BASIS: Final = 500


class TaskKind(StrEnum):
    """What is made."""

    EXPORT = "export"
    REPLAY = "replay"
    ARCHIVE = "archive"


class TaskState(StrEnum):
    """How far it is."""

    ORDERED = "ordered"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True)
class EvidenceTask:
    """One order.

    Attributes:
        id: ``EV-<year>-<4 digits>``; ``RP-…`` for a replay, ``EX-…`` for an archive.
        subject: the permit's number; the chain for a replay.
        order: what was ordered: ``Order.as_dict``; ``{to}`` for a replay; how often an archive
            was ``{begun}``.
        seat: in which seat it was ordered.
        done: records read; blocks that were equal for a replay; hundredths of an archive.
        total: of so many, as far as known.
        result: ``{digest, sha256, bytes, entry, …}`` when ready (``{document, sha256, entry}`` for
            a replay), ``{code, params}`` when failed.
    """

    id: str
    kind: TaskKind
    subject: str
    order: Mapping[str, Any]
    asked_by: AccountName
    seat: str
    asked_at: datetime
    state: TaskState = TaskState.ORDERED
    done: int = 0
    total: int = 0
    result: Mapping[str, Any] | None = None
    finished_at: datetime | None = None
    revision: int = 1


@dataclass(frozen=True)
class Order:
    """What an export shall hold, for whom, and why it may be handed over.

    Attributes:
        recipient: who is to have it.
        legal_basis: the article, order or request that it rests on.
        since: from this moment on; None: from the beginning.
        until: before this moment; None: to the end.
        without_names: leave out who acted: account names of the team and of officials, and with
            them the texts of their acts.
    """

    recipient: str
    legal_basis: str
    since: datetime | None = None
    until: datetime | None = None
    without_names: bool = True

    def checked(self) -> Order:
        """This order, when it can be one.

        Raises:
            InvalidInput: ``evidence.recipient_missing``, ``evidence.basis_missing``,
                ``evidence.period_reversed``.
        """
        recipient, basis = self.recipient.strip(), self.legal_basis.strip()
        if not 0 < len(recipient) <= LONGEST_RECIPIENT:
            raise InvalidInput("evidence.recipient_missing", limit=LONGEST_RECIPIENT)
        if not 0 < len(basis) <= LONGEST_BASIS:
            raise InvalidInput("evidence.basis_missing", limit=LONGEST_BASIS)
        if self.since and self.until and self.since >= self.until:
            raise InvalidInput("evidence.period_reversed")
        return Order(recipient, basis, self.since, self.until, self.without_names)

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "recipient": self.recipient,
            "legal_basis": self.legal_basis,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "without_names": self.without_names,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Order:
        """From its JSON form."""
        moments = {
            name: datetime.fromisoformat(data[name]) if data[name] else None
            for name in ("since", "until")
        }
        return cls(
            data["recipient"], data["legal_basis"], **moments, without_names=data["without_names"]
        )
