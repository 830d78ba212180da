"""An alert as a case: raised by a rule, worked on by regulators, closed with a reason.

Rules:

1. ``new`` until somebody takes it; ``in_work`` while somebody has it; ``closed`` with a reason,
   which is one of three; a closed one can be opened again, and says how often it was.
2. What was found (evidence, figures, window, rule and version) never changes afterwards.

>>> Closing.FALSE_POSITIVE in Closing.REFERRED
False
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox.kit.errors import Conflict


class AlertState(StrEnum):
    """Where a case is."""

    NEW = "new"
    IN_WORK = "in_work"
    CLOSED = "closed"


class Closing(StrEnum):
    """Why a case was closed."""

    FALSE_POSITIVE = "false_positive"
    """The rule was met, and nothing was behind it."""
    EXPLAINED = "explained"
    """Something was behind it, and it was explained."""
    REFERRED = "referred"
    """It was handed on to those who investigate."""


@dataclass(frozen=True)
class Alert:
    """One alert with its case.

    Attributes:
        id: ``AL-<year>-<number>``.
        rule: name of the rule.
        version: of the rule set that was in force at ``at``.
        chain: where.
        subject: an address in lower case; for refusals the permit and the sender.
        permit: whose party the subject is; None when it is nobody's.
        kind: who the subject is; empty for refusals.
        place: block, or the number of the refusal, at which the definition was met.
        since: where the window begins (not included), UTC.
        at: where it ends (included), UTC.
        raised_at: when it was written down, UTC.
        value: what the rule measured, in its unit.
        weight: of the band reached, 1 to 100.
        asset: of the amounts.
        found: ``{settings, bands, alert_at, figures, evidence, left_out}``, JSON.
        assignee: account of who has it.
        closed_as: why it was closed.
        reopened: how often it was opened again.
    """

    id: str
    rule: str
    version: int
    chain: str
    subject: str
    permit: str | None
    kind: str
    place: int
    since: datetime
    at: datetime
    raised_at: datetime
    value: int
    weight: int
    asset: str
    found: Mapping[str, Any]
    state: AlertState = AlertState.NEW
    assignee: str | None = None
    closed_as: Closing | None = None
    closed_at: datetime | None = None
    reopened: int = 0
    revision: int = 1


def require_open(alert: Alert) -> None:
    """Refuse work on a closed case.

    Raises:
        Conflict: ``alert.closed``.
    """
    if alert.state is AlertState.CLOSED:
        raise Conflict("alert.closed", id=alert.id)


def require_closed(alert: Alert) -> None:
    """Refuse to open a case that is open.

    Raises:
        Conflict: ``alert.not_closed``.
    """
    if alert.state is not AlertState.CLOSED:
        raise Conflict("alert.not_closed", id=alert.id)
