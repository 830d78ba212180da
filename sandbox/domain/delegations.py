"""Delegation: a regulator's seat kept by a colleague while they are away, and never both seats.

Rules:

1. A regulator delegates to another person of the same authority, from one day to another, in one
   file or in all. It is at most ``LONGEST``; it gives no right that the colleague lacks. For one
   who cannot, the chair of the authority's Committee does (``domain.handover``).
2. While it lasts, what the colleague does there as a regulator is done for the regulator too, and
   is shown so. The delegation itself stands in the audit log.
3. Two persons stay two: whoever stood for somebody when they signed counts as both, and no second
   signature is given by anybody among those whom the first one counts as.
4. Nobody passes on what was delegated to them: who stands for somebody delegates nothing in that
   time, and who delegates stands for nobody.
5. Votes and offices of the Committee are not delegated: appointments act for others there.

>>> from sandbox.kit.ids import PersonId
>>> a, b, c = map(PersonId, "abc")
>>> one_person(frozenset({a, b}), frozenset({b, c})), one_person(frozenset({a}), frozenset({c}))
(True, False)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.approvals import Signable
from sandbox.domain.seats import Actor
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import AccountName, FileId, OrgId, PersonId

LONGEST: Final = timedelta(days=92)


@dataclass(frozen=True)
class Delegation:
    """One delegation.

    Attributes:
        file: in which file; None for every file of the authority.
        ends: not included; moved to the moment at which it was ended early.
    """

    id: str
    authority: OrgId
    giver: AccountName
    giver_person: PersonId
    taker: AccountName
    taker_person: PersonId
    file: FileId | None
    reasons: str
    starts: datetime
    ends: datetime
    made_at: datetime
    ended_by: AccountName | None = None
    revision: int = 1

    @property
    def last(self) -> datetime:
        """A moment of the last day that belongs to it."""
        return self.ends - timedelta(seconds=1)

    def covers(self, file: FileId, at: datetime) -> bool:
        """Whether it holds in a file at a moment."""
        return self.starts <= at < self.ends and self.file in {None, file}

    def overlaps(self, starts: datetime, ends: datetime) -> bool:
        """Whether it lasts at any moment of a span."""
        return self.starts < ends and starts < self.ends and self.starts < self.ends


def counts_as(
    known: Iterable[Delegation], person: PersonId, file: FileId, at: datetime
) -> frozenset[PersonId]:
    """Whom an act counts as: the person, and everybody for whom they stood there at the moment.

    Args:
        known: delegations of the authority.
        person: who acts.
        file: in which file.
        at: when.
    """
    stood = (each for each in known if each.taker_person == person and each.covers(file, at))
    return frozenset({person, *(each.giver_person for each in stood)})


def one_person(first: frozenset[PersonId], second: frozenset[PersonId]) -> bool:
    """Whether two acts are not two persons'."""
    return bool(first & second)


def for_whom(
    known: Iterable[Delegation], account: AccountName | str, file: FileId, at: datetime
) -> tuple[str, ...]:
    """For which accounts an act was done, beside the one that did it."""
    stood = {each.giver for each in known if each.taker == account and each.covers(file, at)}
    return tuple(sorted(stood))


def two_persons(
    known: Iterable[Delegation], file: FileId, decision: Signable, actor: Actor
) -> bool:
    """Whether an actor's signature would be a second person's, as pages and lists show it.

    Args:
        known: delegations of the authority.
        file: in which file.
        decision: as its author signed it.
        actor: who would sign, with whom they stand for.
    """
    stood = (person for person, where in actor.stands_for if where in {None, file})
    now = frozenset({actor.person, *stood})
    before = counts_as(known, decision.author_person, file, decision.authored_at)
    return not one_person(before, now)


def require_possible(made: Delegation, known: Iterable[Delegation]) -> None:
    """Refuse a delegation to oneself, of a wrong span, a second one, or one that passes on.

    Args:
        made: the new one.
        known: delegations of the authority.

    Raises:
        InvalidInput: ``delegation.oneself``, ``delegation.wrong_span``.
        Conflict: ``delegation.passes_on``, ``delegation.there_already``.
    """
    if made.giver_person == made.taker_person:
        raise InvalidInput("delegation.oneself")
    if not max(made.starts, made.made_at) < made.ends <= made.starts + LONGEST:
        raise InvalidInput("delegation.wrong_span", days=LONGEST.days)
    for each in known:
        if not each.overlaps(made.starts, made.ends):
            continue
        if each.taker_person == made.giver_person or each.giver_person == made.taker_person:
            raise Conflict("delegation.passes_on", account=each.taker)
        same = each.giver_person == made.giver_person
        if same and (each.file is None or made.file is None or each.file == made.file):
            raise Conflict("delegation.there_already", account=each.taker)
