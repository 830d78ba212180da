"""Complaints of customers and of the public: states, who is next, the legal clock, rates.

========== ============== =============================================== ==========
from       act            who                                             to
========== ============== =============================================== ==========
open       answer         the firm's compliance officer, or the sponsor   answered
open       overdue        by itself, when the answer is due               escalated
answered   accept         the complainant                                 closed
answered   not satisfied  the complainant, within the time for it         escalated
answered   silence        by itself, when that time is over               closed
escalated  answer         the firm, belatedly; the regulator still decides escalated
escalated  conclude       the regulator                                   closed
closed     erase          the complainant or the regulator                closed
========== ============== =============================================== ==========

A complaint that names no permit goes to the regulator at once.

Rules:

1. The days are working days, data (:data:`RULES`) with their source; which days count is
   :func:`due`'s business alone.
2. The audit log says that a complaint was filed, answered, escalated, closed, erased: by number,
   permit and category, never in the complainant's words.

>>> after(ComplaintState.OPEN, ComplaintAct.ANSWER).value
'answered'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sandbox.domain.calendar import Calendar
from sandbox.kit.errors import Conflict
from sandbox.kit.ids import AccountName, PermitNumber, PersonId

LONGEST_TEXT: Final = 4000
SHORTEST_TEXT: Final = 10
LONGEST_CONTACT: Final = 200
LONGEST_ANSWER: Final = 6000


class ComplaintState(StrEnum):
    """Where a complaint stands."""

    OPEN = "open"
    ANSWERED = "answered"
    ESCALATED = "escalated"
    CLOSED = "closed"


class ComplaintAct(StrEnum):
    """What is done with a complaint."""

    ANSWER = "answer"
    OVERDUE = "overdue"
    ACCEPT = "accept"
    NOT_SATISFIED = "not_satisfied"
    SILENCE = "silence"
    CONCLUDE = "conclude"


class ComplaintCategory(StrEnum):
    """What a complaint is about."""

    PAYMENT = "about_payment"
    REDEMPTION = "about_redemption"
    CONDUCT = "about_conduct"
    PRIVACY = "about_privacy"
    OTHER = "about_other"


class ComplaintOutcome(StrEnum):
    """What the regulator concluded."""

    UPHELD = "upheld"
    PARTLY = "partly_upheld"
    REJECTED = "not_upheld"


TABLE: Final[Mapping[tuple[ComplaintState, ComplaintAct], ComplaintState]] = {
    (ComplaintState.OPEN, ComplaintAct.ANSWER): ComplaintState.ANSWERED,
    (ComplaintState.OPEN, ComplaintAct.OVERDUE): ComplaintState.ESCALATED,
    (ComplaintState.ANSWERED, ComplaintAct.ACCEPT): ComplaintState.CLOSED,
    (ComplaintState.ANSWERED, ComplaintAct.NOT_SATISFIED): ComplaintState.ESCALATED,
    (ComplaintState.ANSWERED, ComplaintAct.SILENCE): ComplaintState.CLOSED,
    (ComplaintState.ESCALATED, ComplaintAct.ANSWER): ComplaintState.ESCALATED,
    (ComplaintState.ESCALATED, ComplaintAct.CONCLUDE): ComplaintState.CLOSED,
}


@dataclass(frozen=True)
class ComplaintRules:
    """The legal clock, in working days.

    Attributes:
        answer_days: the firm answers within these, from the filing on.
        dispute_days: the complainant may say "not satisfied" within these, from the answer on.
        conclude_days: the regulator concludes within these, from the escalation on.
        source: where the figures come from.
    """

    answer_days: int
    dispute_days: int
    conclude_days: int
    source: str


RULES: Final = ComplaintRules(
    answer_days=15,
    dispute_days=30,
    conclude_days=30,
    source="Consumer protection in the special regulatory regime; figures to be confirmed.",
)
"""Source: no text was found that fixes these days for the sandbox (to be confirmed)."""


@dataclass(frozen=True)
class Wanted:
    """Which complaints a list shows.

    Attributes:
        text: part of a number or of a permit's number; empty for any.
        categories: those whose name has the text in it, in the reader's language.
        state: in this one only; None for any.
    """

    text: str = ""
    categories: frozenset[ComplaintCategory] = frozenset()
    state: ComplaintState | None = None


@dataclass(frozen=True)
class Complaint:
    """One complaint.

    Attributes:
        id: the receipt number, ``C-`` and seven characters, random.
        secret: a keyed hash of the secret on the receipt, hex.
        permit: None when the complainant named none.
        customer: the person of the trial, for a complaint from the customer's page.
        language: in which it was written.
        text, contact, answer, conclusion: the people's words; None once erased.
        answered_as: ``firm`` or ``sponsor``.
        escalated_why: ``overdue``, ``not_satisfied`` or ``no_permit``.
        due: when the one whose turn it is has to be done; None once closed.
        counts_as: a keyed pseudonym of the customer, under which the complaint counts for the
            permit's rate; it stays when the complaint is erased. None without an account.
    """

    id: str
    secret: str
    permit: PermitNumber | None
    customer: PersonId | None
    category: ComplaintCategory
    language: str
    text: str | None
    contact: str | None
    state: ComplaintState
    filed_at: datetime
    due: datetime | None
    answer: str | None = None
    answered_by: AccountName | None = None
    answered_as: str | None = None
    answered_at: datetime | None = None
    escalated_why: str | None = None
    escalated_at: datetime | None = None
    outcome: ComplaintOutcome | None = None
    conclusion: str | None = None
    concluded_by: AccountName | None = None
    closed_at: datetime | None = None
    erased_at: datetime | None = None
    counts_as: str | None = None
    revision: int = 1

    def overdue(self, at: datetime) -> bool:
        """Whether the one whose turn it is is late."""
        waiting = self.state in {ComplaintState.OPEN, ComplaintState.ESCALATED}
        return waiting and self.due is not None and self.due < at


def after(state: ComplaintState, act: ComplaintAct) -> ComplaintState:
    """The state that an act leads to.

    Raises:
        Conflict: ``complaint.not_from_here``.
    """
    found = TABLE.get((state, act))
    if found is None:
        raise Conflict("complaint.not_from_here", state=state.value)
    return found


def due(start: datetime, days: int, calendar: Calendar) -> datetime:
    """The end of a period of working days: the last second of its last day in Bishkek, UTC.

    Args:
        start: when it begins; that day is not counted.
        days: how many working days.
        calendar: which days those are.

    Source: ``domain.calendar``, rule 4 (to be confirmed).
    """
    return calendar.deadline(start, days)


def rate(complaints: int, base: int, per: int) -> int | None:
    """Complaints for each ``per`` of a base, in tenths, rounded to the nearest; None of nothing.

    >>> rate(3, 20, 1000), rate(1, 30_000, 10_000), rate(0, 0, 1000)
    (1500, 3, None)
    """
    if base <= 0:
        return None
    return (complaints * per * 10 * 2 + base) // (2 * base)
