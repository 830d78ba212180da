"""Rules of the special regulatory regime as data: each with its source, "to be confirmed" where so.

Rules:

1. A permit is extended once, by six months at most; the request comes in time before the end.
2. On an early end a plan protects customers and completes settlements: without one there is none.
3. A deadline is a number of working days (``domain.calendar``) that one act begins and others end.
   While a question is open, the authority's own deadline stands still.
4. What happens at a deadline is a consequence of the table below, never a decision: what restricts
   is interim until the duty officer confirms or lifts it.
5. The number of days of a deadline may be set, within its bounds, for deadlines that begin later.

>>> RULES[DeadlineKind.APPEAL].days, RULES[DeadlineKind.APPEAL].consequence.value
(30, 'close')
"""

from __future__ import annotations

import calendar as months
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sandbox.domain.calendar import BISHKEK
from sandbox.domain.lifecycle import Act
from sandbox.kit.errors import InvalidInput


@dataclass(frozen=True)
class Source:
    """Where a rule comes from, and whether anybody has confirmed it."""

    text: str
    confirmed: bool = False


REGIME: Final = Source("National Bank, special regulatory regime")
PROCEDURE: Final = Source(
    "Law No. 210 of 31 July 2015 on administrative activity and administrative procedures"
)
OURS: Final = Source("Our own rule: the regime's text on it was not found")

MOST_EXTENSIONS: Final = 1
"""How often a permit is extended. Source: National Bank, special regulatory regime (to be
confirmed)."""
EXTENSION_MONTHS: Final = 6
"""By how many months at most. Source: as above."""
SHORTEST_PLAN: Final = 20
"""Characters below which a settlement plan is no plan."""


class Owner(StrEnum):
    """Who must act until a deadline."""

    APPLICANT = "applicant"
    SPONSOR = "sponsor"
    PARTIES = "sponsor_or_startup"
    REGULATOR = "regulator"
    DUTY_OFFICER = "duty_officer"


class Consequence(StrEnum):
    """What happens by itself when a deadline has passed."""

    REMIND = "remind"
    CLOSE = "close"
    LAPSE = "lapse"
    SUSPEND = "suspend"


class DeadlineKind(StrEnum):
    """What is due."""

    SPONSOR_SIGNATURE = "sponsor_signature"
    TAKE_UP = "take_up"
    ANSWER = "answer"
    DECISION = "decision"
    RESUBMISSION = "resubmission"
    APPEAL = "appeal"
    APPEAL_DECISION = "appeal_decision"
    EXTENSION_NOTICE = "extension_notice"
    EXTENSION_ANSWER = "extension_answer"
    NEW_SPONSOR = "new_sponsor"
    DUTY_CONFIRMATION = "duty_confirmation"
    LIMIT_CURE = "limit_cure"
    WIND_DOWN = "wind_down"
    SETTLEMENT = "settlement"
    PERIODIC_REPORT = "periodic_report"
    REPORT_CORRECTION = "report_correction"
    REPORT_SIGNATURE = "report_signature"
    REPORT_ANSWER = "report_answer"
    INCIDENT_NOTICE = "incident_notice"
    INCIDENT_FINAL = "incident_final"
    INCIDENT_CONFIRMATION = "incident_confirmation"


@dataclass(frozen=True)
class Rule:
    """One deadline.

    Attributes:
        owner: who must act.
        days: working days, unless set otherwise.
        least, most: between which it may be set.
        consequence: what happens by itself afterwards.
        source: of the rule.
        opens: acts that begin it.
        closes: acts that end it.
        pauses: acts after which it stands still.
        resumes: acts after which it goes on with what was left.
        renews: acts after which it begins anew.
        reminds: working days before the end at which a reminder is entered; 0: none.
    """

    owner: Owner
    days: int
    least: int
    most: int
    consequence: Consequence
    source: Source
    opens: frozenset[Act] = frozenset()
    closes: frozenset[Act] = frozenset()
    pauses: frozenset[Act] = frozenset()
    resumes: frozenset[Act] = frozenset()
    renews: frozenset[Act] = frozenset()
    reminds: int = 2


_AWAY: Final = frozenset({Act.RETURN, Act.WITHDRAW})
_DECIDED: Final = frozenset({Act.COUNTERSIGN_GRANT, Act.COUNTERSIGN_REFUSAL})
_OVER: Final = frozenset({Act.EXPIRE, Act.REVOKE, Act.SURRENDER})

RULES: Final[Mapping[DeadlineKind, Rule]] = {
    DeadlineKind.SPONSOR_SIGNATURE: Rule(
        *(Owner.SPONSOR, 10, 1, 60, Consequence.REMIND, OURS),
        opens=frozenset({Act.SUBMIT}),
        closes=_AWAY | {Act.SPONSOR_SIGN},
    ),
    DeadlineKind.TAKE_UP: Rule(
        *(Owner.REGULATOR, 5, 1, 30, Consequence.REMIND, OURS),
        opens=frozenset({Act.SPONSOR_SIGN}),
        closes=_AWAY | {Act.TAKE_UP},
        reminds=1,
    ),
    DeadlineKind.ANSWER: Rule(
        *(Owner.APPLICANT, 10, 1, 60, Consequence.REMIND, OURS),
        closes=_AWAY | _DECIDED,
    ),
    DeadlineKind.DECISION: Rule(
        *(Owner.REGULATOR, 30, 5, 120, Consequence.REMIND, PROCEDURE),
        opens=frozenset({Act.TAKE_UP, Act.OVERTURN}),
        closes=_AWAY | _DECIDED | _OVER | {Act.REINSTATE},
        pauses=frozenset({Act.ASK}),
        resumes=frozenset({Act.ANSWER}),
        reminds=5,
    ),
    DeadlineKind.RESUBMISSION: Rule(
        *(Owner.APPLICANT, 30, 5, 120, Consequence.LAPSE, OURS),
        opens=frozenset({Act.RETURN}),
        closes=frozenset({Act.SUBMIT, Act.WITHDRAW, Act.CONFIRM_AUTOMATIC}),
        renews=frozenset({Act.LIFT_AUTOMATIC}),
        reminds=5,
    ),
    DeadlineKind.APPEAL: Rule(
        *(Owner.APPLICANT, 30, 10, 90, Consequence.CLOSE, PROCEDURE),
        opens=frozenset({Act.COUNTERSIGN_REFUSAL, Act.REVOKE}),
        closes=frozenset({Act.APPEAL}),
        reminds=5,
    ),
    DeadlineKind.APPEAL_DECISION: Rule(
        *(Owner.REGULATOR, 20, 5, 60, Consequence.REMIND, PROCEDURE),
        opens=frozenset({Act.APPEAL}),
        closes=frozenset({Act.UPHOLD, Act.OVERTURN}),
        reminds=5,
    ),
    DeadlineKind.EXTENSION_NOTICE: Rule(
        *(Owner.PARTIES, 20, 0, 60, Consequence.CLOSE, REGIME), reminds=0
    ),
    DeadlineKind.EXTENSION_ANSWER: Rule(
        *(Owner.REGULATOR, 15, 1, 60, Consequence.REMIND, REGIME),
        opens=frozenset({Act.ASK_EXTENSION}),
        closes=_OVER | {Act.EXTEND, Act.DECLINE_EXTENSION},
    ),
    DeadlineKind.NEW_SPONSOR: Rule(
        *(Owner.APPLICANT, 20, 5, 60, Consequence.SUSPEND, OURS),
        opens=frozenset({Act.SPONSOR_LEAVES}),
        closes=_OVER | {Act.SPONSOR_STAYS, Act.CHANGE_SPONSOR},
        renews=frozenset({Act.LIFT_AUTOMATIC, Act.REINSTATE}),
        reminds=5,
    ),
    DeadlineKind.DUTY_CONFIRMATION: Rule(
        *(Owner.DUTY_OFFICER, 1, 1, 5, Consequence.REMIND, OURS),
        opens=frozenset({Act.SPONSOR_GONE, Act.LIMIT_PASSED, Act.RETURN_LAPSES}),
        closes=_OVER
        | {Act.CONFIRM_AUTOMATIC, Act.LIFT_AUTOMATIC, Act.REINSTATE}
        | {Act.SPONSOR_STAYS, Act.CHANGE_SPONSOR},
        reminds=0,
    ),
    DeadlineKind.LIMIT_CURE: Rule(
        *(Owner.APPLICANT, 5, 1, 30, Consequence.CLOSE, OURS),
        closes=_OVER,
        reminds=1,
    ),
    DeadlineKind.WIND_DOWN: Rule(
        *(Owner.REGULATOR, 3, 1, 20, Consequence.REMIND, REGIME),
        opens=frozenset({Act.SURRENDER}),
        closes=frozenset({Act.WIND_DOWN, Act.REVOKE, Act.COMPLETE}),
        reminds=1,
    ),
    DeadlineKind.SETTLEMENT: Rule(
        *(Owner.SPONSOR, 20, 5, 120, Consequence.REMIND, REGIME),
        opens=_OVER,
        closes=frozenset({Act.COMPLETE, Act.OVERTURN}),
        reminds=5,
    ),
    DeadlineKind.PERIODIC_REPORT: Rule(
        *(Owner.APPLICANT, 10, 1, 60, Consequence.REMIND, REGIME), reminds=3
    ),
    DeadlineKind.REPORT_CORRECTION: Rule(*(Owner.APPLICANT, 5, 1, 30, Consequence.REMIND, OURS)),
    DeadlineKind.REPORT_SIGNATURE: Rule(
        *(Owner.SPONSOR, 3, 1, 30, Consequence.REMIND, OURS), reminds=1
    ),
    DeadlineKind.REPORT_ANSWER: Rule(*(Owner.REGULATOR, 15, 1, 60, Consequence.REMIND, OURS)),
    DeadlineKind.INCIDENT_NOTICE: Rule(
        *(Owner.APPLICANT, 1, 0, 5, Consequence.REMIND, OURS), reminds=0
    ),
    DeadlineKind.INCIDENT_FINAL: Rule(*(Owner.APPLICANT, 20, 1, 60, Consequence.REMIND, OURS)),
    DeadlineKind.INCIDENT_CONFIRMATION: Rule(
        *(Owner.DUTY_OFFICER, 1, 1, 5, Consequence.REMIND, OURS), reminds=0
    ),
}
"""Those of reports and incidents are begun and ended by their own acts, not by a file's."""

HOURLY: Final = frozenset({DeadlineKind.INCIDENT_NOTICE})
"""Deadlines that run in hours, whatever day it is: no calendar moves them."""


def months_later(moment: datetime, number: int) -> datetime:
    """The same time of the same day of the month, some months later, in Bishkek; else its last.

    >>> from datetime import UTC
    >>> months_later(datetime(2026, 8, 31, 3, tzinfo=UTC), 6).isoformat()
    '2027-02-28T03:00:00+00:00'
    """
    local = moment.astimezone(BISHKEK)
    index = local.month - 1 + number
    year, month = local.year + index // 12, index % 12 + 1
    day = min(local.day, months.monthrange(year, month)[1])
    return local.replace(year=year, month=month, day=day).astimezone(moment.tzinfo)


def require_extension(end: datetime, until: datetime) -> None:
    """Refuse a new end that is no extension or a longer one than the regime knows.

    Args:
        end: of the term, as it was granted.
        until: the new end.

    Raises:
        InvalidInput: ``extension.not_later``, ``extension.too_long``.
    """
    latest = months_later(end, EXTENSION_MONTHS)
    if until <= end:
        raise InvalidInput("extension.not_later", end=end.isoformat())
    if until > latest:
        raise InvalidInput("extension.too_long", months=EXTENSION_MONTHS, latest=latest.isoformat())


def require_days(kind: DeadlineKind, days: int) -> None:
    """Refuse a number of working days outside a rule's bounds.

    Raises:
        InvalidInput: ``regime.days_out_of_bounds``.
    """
    rule = RULES[kind]
    if not rule.least <= days <= rule.most:
        raise InvalidInput("regime.days_out_of_bounds", least=rule.least, most=rule.most, days=days)


RETRY: Final = timedelta(minutes=1)
"""How often a restriction that holds until something changes is looked at again."""
