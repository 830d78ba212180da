"""Changes of the calendar and of the deadlines' days: proposed by one, confirmed by another.

Rules:

1. The calendar and the numbers of days are everybody's, whichever authority a file has, so no one
   person changes them: what is proposed counts once another regulator confirmed it.
2. What waits about a day, or about a deadline, is settled before anything else is proposed of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sandbox.domain.authorities import ChangeState
from sandbox.domain.calendar import DayKind
from sandbox.domain.regime import DeadlineKind
from sandbox.kit.errors import Conflict, NotAllowed
from sandbox.kit.ids import AccountName, PersonId


class CalendarAct(StrEnum):
    """What is to be changed."""

    ENTER = "enter_day"
    REMOVE = "remove_day"
    SET = "set_days"


@dataclass(frozen=True)
class CalendarChange:
    """A proposal, and what became of it.

    Attributes:
        day: to enter or to take out.
        kind: what the day is entered as.
        instead: of a transfer: the day that becomes the opposite.
        deadline: whose working days are set.
        days: how many.
    """

    id: str
    act: CalendarAct
    proposed_by: AccountName
    proposed_person: PersonId
    proposed_at: datetime
    day: date | None = None
    kind: DayKind | None = None
    instead: date | None = None
    reason: str = ""
    deadline: DeadlineKind | None = None
    days: int | None = None
    state: ChangeState = ChangeState.PROPOSED
    settled_by: AccountName | None = None
    settled_at: datetime | None = None
    revision: int = 1

    @property
    def about(self) -> frozenset[str]:
        """The days that it touches, or the deadline."""
        touched = {self.day, self.instead} - {None}
        return frozenset({str(each) for each in touched} or {str(self.deadline)})

    def waits_for(self, person: PersonId, account: AccountName) -> bool:
        """Whether this person may confirm it: another than who proposed it."""
        own = self.proposed_person == person or self.proposed_by == account
        return self.state is ChangeState.PROPOSED and not own


def require_second(change: CalendarChange, person: PersonId, account: AccountName) -> None:
    """Refuse whoever proposed a change, under whatever account, and what is settled.

    Raises:
        Conflict: ``calendar.change_settled``.
        NotAllowed: ``authority.second_person``.
    """
    if change.state is not ChangeState.PROPOSED:
        raise Conflict("calendar.change_settled")
    if not change.waits_for(person, account):
        raise NotAllowed("authority.second_person", by=change.proposed_by)
