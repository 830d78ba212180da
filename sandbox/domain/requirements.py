"""Requirements without a number: capital, insurance, disclosures, reports, milestones, fee.

Rules:

1. A requirement says what, which evidence is expected, and by when. A regulator sets it, judges
   what was filed and may lift it; firm and sponsor file the evidence.
2. It is met only when a regulator confirmed it; what is confirmed may be good until a day, after
   which it has expired until new evidence is confirmed.
3. Not met by its day, it is overdue; what was filed in time and waits for the regulator is not.
4. One that comes back (reports) is followed by the next when it is confirmed, a number of months
   after the day it was due, so that a late report does not move the following ones; it ends with
   the last year that the product reckons with.
5. It is due within ``MOST_YEARS_AHEAD`` years.

>>> from datetime import UTC, datetime
>>> after(datetime(2026, 1, 31, tzinfo=UTC), 1).isoformat()
'2026-02-28T00:00:00+00:00'

Source: capital, disclosures, reports, milestones and fees in permits of foreign sandboxes (FCA,
ADGM, AIFC, Bahrain); for Kyrgyzstan to be confirmed.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sandbox.kit.clock import utc
from sandbox.kit.dates import LAST_YEAR
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import AccountName, FileId

MOST_MONTHS: Final = 24
"""The longest time after which a requirement may come back."""
MOST_YEARS_AHEAD: Final = 10
"""How far ahead a requirement may be due; a permit's term is five years at most."""
MOST_IN_A_FILE: Final = 200
SOON_DAYS: Final = 7
"""From how many days before its day a requirement is shown as due soon."""


class RequirementKind(StrEnum):
    """What a requirement is about."""

    CAPITAL = "capital"
    SAFEGUARDING = "safeguarding"
    INSURANCE = "insurance"
    DISCLOSURE = "disclosure"
    REPORT = "report"
    MILESTONE = "milestone"
    INDICATOR = "indicator"
    EXIT_PLAN = "exit_plan_evidence"
    FEE = "fee"


class RequirementState(StrEnum):
    """How far a requirement has come, without regard to time."""

    OPEN = "requirement_open"
    FILED = "evidence_filed"
    MET = "met"
    NOT_MET = "not_met"
    LIFTED = "lifted"


class RequirementAct(StrEnum):
    """What may be done to a requirement."""

    FILE = "file"
    CONFIRM = "confirm"
    REJECT = "reject"
    LIFT = "lift"


Standing = str
"""A state, or ``overdue``, ``expired``, ``due_soon``: what a reader is shown at a moment."""

_S, _A = RequirementState, RequirementAct
TABLE: Final[Mapping[RequirementAct, Mapping[RequirementState, RequirementState]]] = {
    _A.FILE: {_S.OPEN: _S.FILED, _S.FILED: _S.FILED, _S.NOT_MET: _S.FILED, _S.MET: _S.FILED},
    _A.CONFIRM: {_S.FILED: _S.MET},
    _A.REJECT: {_S.OPEN: _S.NOT_MET, _S.FILED: _S.NOT_MET},
    _A.LIFT: {_S.OPEN: _S.LIFTED, _S.FILED: _S.LIFTED, _S.NOT_MET: _S.LIFTED, _S.MET: _S.LIFTED},
}
"""From which state to which, by act; whatever is not named is refused."""


@dataclass(frozen=True)
class Requirement:
    """One requirement of a file.

    Attributes:
        what: what has to be, as the regulator wrote it.
        expected: which evidence is expected.
        due: the moment by which it must be met, UTC.
        every_months: it comes back so many months after ``due``; None for once.
        evidence: what firm or sponsor filed; filing anew replaces it (the audit log keeps both).
        reason: of the rejection or of the lifting.
        good_until: until when what was confirmed holds; None for good.
    """

    id: str
    file: FileId
    kind: RequirementKind
    what: str
    expected: str
    due: datetime
    set_by: AccountName
    set_at: datetime
    every_months: int | None = None
    state: RequirementState = RequirementState.OPEN
    evidence: str | None = None
    filed_by: AccountName | None = None
    filed_at: datetime | None = None
    judged_by: AccountName | None = None
    judged_at: datetime | None = None
    reason: str | None = None
    good_until: datetime | None = None
    revision: int = 1

    def standing(self, at: datetime) -> Standing:
        """How it stands at a moment.

        Args:
            at: the present moment.

        Returns:
            A state's word, or ``overdue``, ``expired``, ``due_soon``.
        """
        if self.state in {_S.OPEN, _S.NOT_MET} and at >= self.due:
            return "overdue"
        if self.state is _S.OPEN and (self.due - at).days < SOON_DAYS:
            return "due_soon"
        if self.state is _S.MET and self.good_until is not None and at >= self.good_until:
            return "expired"
        return self.state.value

    def late(self, at: datetime) -> bool:
        """Whether somebody has to be alarmed: overdue or expired."""
        return self.standing(at) in {"overdue", "expired"}


def moved(requirement: Requirement, act: RequirementAct) -> RequirementState:
    """The state after an act.

    Raises:
        Conflict: ``requirement.not_from_here``.
    """
    target = TABLE[act].get(requirement.state)
    if target is None:
        raise Conflict("requirement.not_from_here", state=requirement.state.value, act=act.value)
    return target


def kind_of(text: str) -> RequirementKind:
    """Read a kind.

    Raises:
        InvalidInput: ``requirement.kind``.
    """
    try:
        return RequirementKind(text)
    except ValueError:
        raise InvalidInput("requirement.kind", kind=text[:30]) from None


def check_every(months: int | None) -> None:
    """Refuse a number of months that is out of range.

    Raises:
        InvalidInput: ``requirement.every``.
    """
    if months is not None and not 1 <= months <= MOST_MONTHS:
        raise InvalidInput("requirement.every", most=MOST_MONTHS)


def check_due(due: datetime, at: datetime) -> None:
    """Refuse a day that has passed or lies too far ahead.

    Args:
        due: the moment by which a requirement must be met.
        at: the present moment.

    Raises:
        InvalidInput: ``requirement.due_in_the_past``, ``requirement.due_too_far``.
    """
    if utc(due) <= at:
        raise InvalidInput("requirement.due_in_the_past", due=due.date().isoformat())
    if utc(due) > after(at, 12 * MOST_YEARS_AHEAD):
        raise InvalidInput(
            "requirement.due_too_far", due=due.date().isoformat(), years=MOST_YEARS_AHEAD
        )


def following(requirement: Requirement) -> datetime | None:
    """When the next one is due; None when none follows.

    >>> from datetime import UTC
    >>> late = datetime(9999, 12, 31, tzinfo=UTC)
    >>> one = Requirement("r", "F", RequirementKind.REPORT, "", "", late, "a", late, 12)
    >>> following(one) is None
    True
    """
    if requirement.every_months is None or requirement.due.year > LAST_YEAR:
        return None
    due = after(requirement.due, requirement.every_months)
    return due if due.year <= LAST_YEAR else None


def after(moment: datetime, months: int) -> datetime:
    """The same day so many months later; the month's last day where it has no such day."""
    number = moment.year * 12 + moment.month - 1 + months
    year, month = number // 12, number % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)
