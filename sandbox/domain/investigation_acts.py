"""What a trainee does on a case with the law's clock: acts, the clock, what waits for a signature.

Rules:

1. Acts are only added at the end, each at the clock's moment; none is changed or taken back.
2. The clock stands while a trainee reads and thinks. It goes on when they wait, and never back.
3. What takes money out of an address is signed by two people: it waits until the second one has
   looked at it and signed, and is done at the clock's moment then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import AccountName

ACTING: Final = ("P6", "P9")
"""Labs in which a trainee acts, and sees the ledger up to the clock's moment alone."""
LONGEST_WAIT: Final = 240
"""Hours that are waited at a time."""
SIGNED: Final = ("seize", "hand_over")
"""Acts that two people sign."""


@dataclass(frozen=True, slots=True)
class ActFile:
    """What was done on a case.

    Attributes:
        case: its id.
        clock: the moment of the case's own time, UTC.
        acts: JSON values as ``sandbox.forensics.acting`` reads them, in order.
        asked: the act that waits for the second person's signature, with ``second``; or None.
    """

    case: str
    clock: datetime
    acts: tuple[Mapping[str, Any], ...] = ()
    asked: Mapping[str, Any] | None = None
    revision: int = 0

    def at(self, revision: int) -> ActFile:
        """The same, if it is what somebody saw.

        Raises:
            Conflict: ``store.changed_meanwhile``: another window has acted.
        """
        if revision != self.revision:
            raise Conflict("store.changed_meanwhile", what="investigation_acts")
        return self

    def with_act(self, act: Mapping[str, Any]) -> ActFile:
        """With one act more."""
        return replace(self, acts=(*self.acts, dict(act)))

    def until(self, moment: datetime) -> ActFile:
        """With the clock at a moment; it never goes back."""
        return replace(self, clock=max(moment, self.clock))

    def asking(self, act: Mapping[str, Any]) -> ActFile:
        """With an act that waits for the second person.

        Raises:
            Conflict: ``investigation.signature_waits``: another one waits already.
        """
        if self.asked is not None:
            raise Conflict("investigation.signature_waits")
        return replace(self, asked=dict(act))

    def asked_of(self, account: AccountName) -> Mapping[str, Any]:
        """The act that waits for somebody's signature.

        Raises:
            Conflict: ``investigation.no_signature_waits``.
        """
        if self.asked is None or self.asked["second"] != account:
            raise Conflict("investigation.no_signature_waits")
        return self.asked


def waited(hours: int) -> timedelta:
    """How long to wait.

    Raises:
        InvalidInput: ``investigation.wait``.
    """
    if not 1 <= hours <= LONGEST_WAIT:
        raise InvalidInput("investigation.wait", most=LONGEST_WAIT)
    return timedelta(hours=hours)


def added(before: tuple[Mapping[str, Any], ...], sent: list[Any]) -> list[Any]:
    """The acts of a file that are new.

    Args:
        before: that were done.
        sent: of the file, all of them.

    Raises:
        Conflict: ``investigation.acts_differ``: it does not begin with those that were done.
    """
    if sent[: len(before)] != [dict(each) for each in before]:
        raise Conflict("investigation.acts_differ", count=len(before))
    return sent[len(before) :]
