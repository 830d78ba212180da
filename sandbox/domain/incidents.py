"""Incidents: what they are, their clocks, who is next.

========= ========== ================================================ =========
from      act        who                                              to
========= ========== ================================================ =========
(none)    report     the firm; or the system by itself                open
open      follow up  the firm, the sponsor, a regulator               open
open      final      the firm, with cause and measures                final
final     follow up  as above                                         final
final     ask again  a regulator: the final report is not enough      open
final     close      a regulator, with the lessons                    closed
open      close      a regulator; the system's own about no permit    closed
interim   confirm    the duty officer, with a reason                  open
interim   lift       the duty officer, with a reason                  closed
interim   follow up  as above                                         interim
========= ========== ================================================ =========

Rules:

1. The first notice is due within hours of being noticed, by severity (:data:`NOTICE_HOURS`); the
   final report within working days (``regime.DeadlineKind.INCIDENT_FINAL``).
2. Moments are never later than the act; what was said is never changed, only followed up.
3. An incident that the system opened about a permit waits for the firm's own account: a first
   notice within the same hours.
4. Only an incident about no permit (damage of a journal) is closed without a final report.
5. What the system opens because the gateway or an engine went down unasked is interim until a duty
   officer confirms or lifts it by name. The notice's clock runs from the beginning, the final
   report's from the confirmation; until then nothing late counts against the firm. Lifted, it is
   none: its clocks end, no notice was owed, and nobody counts it.

Sources: hours and days are ours after DORA (EU 2022/2554) and FATF-style sandbox conditions,
secondary; for Kyrgyzstan to be confirmed.

>>> after(IncidentState.OPEN, IncidentAct.FINAL).value
'incident_final'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sandbox.kit.clock import utc
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import AccountName, FileId, PermitNumber

MOST_AFFECTED: Final = 1_000_000
OLDEST: Final = timedelta(days=366)
"""How long ago something may have been noticed that is reported now."""
LONGEST_TEXT: Final = 6_000


class IncidentKind(StrEnum):
    """What happened."""

    OUTAGE = "incident_outage"
    SECURITY = "incident_security"
    DATA = "incident_data"
    WRONG_PAYMENTS = "incident_wrong_payments"
    LOSS = "incident_loss"
    THIRD_PARTY = "incident_third_party"
    OTHER = "incident_other"
    KILL_SWITCH = "incident_kill_switch"
    JOURNAL = "incident_journal"
    ENGINE = "incident_engine"
    GATEWAY = "incident_gateway"


INTERRUPTIONS: Final = frozenset({IncidentKind.ENGINE, IncidentKind.GATEWAY})
"""A part of the platform went down unasked and came back: interim until confirmed or lifted."""
OF_THE_SYSTEM: Final = INTERRUPTIONS | {IncidentKind.KILL_SWITCH, IncidentKind.JOURNAL}
"""Kinds that nobody reports: the system opens them itself."""


class Severity(StrEnum):
    """How grave it is."""

    MINOR = "severity_minor"
    MAJOR = "severity_major"
    CRITICAL = "severity_critical"


NOTICE_HOURS: Final[Mapping[Severity, int]] = {
    Severity.MINOR: 72,
    Severity.MAJOR: 24,
    Severity.CRITICAL: 4,
}
"""Hours from noticing to the first notice (to be confirmed)."""


class IncidentState(StrEnum):
    """Where an incident stands."""

    INTERIM = "incident_interim"
    OPEN = "incident_open"
    FINAL = "incident_final"
    CLOSED = "incident_closed"


class IncidentAct(StrEnum):
    """What is done with an incident."""

    REPORT = "report"
    FOLLOW_UP = "follow_up"
    FINAL = "final"
    ASK_AGAIN = "ask_again"
    CLOSE = "close"
    CONFIRM = "confirm"
    LIFT = "lift"


OF_THE_DUTY_OFFICER: Final = frozenset({IncidentAct.CONFIRM, IncidentAct.LIFT})
"""What decides about an interim one."""
_S, _A = IncidentState, IncidentAct
TABLE: Final[Mapping[tuple[IncidentState, IncidentAct], IncidentState]] = {
    (_S.OPEN, _A.FOLLOW_UP): _S.OPEN,
    (_S.OPEN, _A.FINAL): _S.FINAL,
    (_S.FINAL, _A.FOLLOW_UP): _S.FINAL,
    (_S.FINAL, _A.ASK_AGAIN): _S.OPEN,
    (_S.FINAL, _A.CLOSE): _S.CLOSED,
    (_S.INTERIM, _A.CONFIRM): _S.OPEN,
    (_S.INTERIM, _A.LIFT): _S.CLOSED,
    (_S.INTERIM, _A.FOLLOW_UP): _S.INTERIM,
}


@dataclass(frozen=True)
class Incident:
    """One incident.

    Attributes:
        permit, file: None for one about the platform.
        reported_by: an account, or ``system``.
        noticed_at: as the firm says; for the system's own the moment itself.
        notice_due: until when the first notice was due.
        noticed_late: whether it came after that; None while it is waited for.
        affected: customers; None when nobody can say yet.
        text: what happened, in the reporter's words; empty for the system's own.
        done: what was done about it.
        lessons: of the closing, or why it was lifted.
        facts: what the system knows of it: ``chain``, ``began``, ``ended``, ``times`` when more
            than once; None for others.
    """

    id: str
    permit: PermitNumber | None
    file: FileId | None
    kind: IncidentKind
    severity: Severity
    state: IncidentState
    reported_by: AccountName
    reported_at: datetime
    noticed_at: datetime
    notice_due: datetime
    noticed_late: bool | None
    affected: int | None
    text: str
    done: str
    final_at: datetime | None = None
    closed_by: AccountName | None = None
    closed_at: datetime | None = None
    lessons: str = ""
    facts: Mapping[str, Any] | None = None
    revision: int = 1

    @property
    def lifted(self) -> bool:
        """Whether a duty officer said that it is none."""
        closed = self.closed_at is not None and self.final_at is None
        return closed and self.kind in INTERRUPTIONS


@dataclass(frozen=True)
class IncidentNote:
    """Something said about an incident, in order. ``act``: as what."""

    incident: str
    place: int
    act: IncidentAct
    by: AccountName
    at: datetime
    text: str


def after(state: IncidentState, act: IncidentAct, *, about_permit: bool = True) -> IncidentState:
    """The state that an act leads to.

    Raises:
        Conflict: ``incident.not_from_here``.
    """
    if (state, act) == (_S.OPEN, _A.CLOSE) and not about_permit:
        return _S.CLOSED
    target = TABLE.get((state, act))
    if target is None:
        raise Conflict("incident.not_from_here", state=state.value)
    return target


def read_kind(text: str) -> IncidentKind:
    """A kind that a firm may report.

    Raises:
        InvalidInput: ``incident.kind``.
    """
    if text not in set(IncidentKind) - OF_THE_SYSTEM:
        raise InvalidInput("incident.kind")
    return IncidentKind(text)


def read_severity(text: str) -> Severity:
    """A severity.

    Raises:
        InvalidInput: ``incident.severity``.
    """
    if text not in set(Severity):
        raise InvalidInput("incident.severity")
    return Severity(text)


def check_noticed(noticed: datetime, at: datetime) -> None:
    """Refuse a moment that is still to come, or too long ago.

    Raises:
        InvalidInput: ``incident.noticed``.
    """
    if not at - OLDEST <= utc(noticed) <= at:
        raise InvalidInput("incident.noticed", days=OLDEST.days)


def check_affected(affected: int | None) -> None:
    """Refuse a number of customers that cannot be.

    Raises:
        InvalidInput: ``incident.affected``.
    """
    if affected is not None and not 0 <= affected <= MOST_AFFECTED:
        raise InvalidInput("incident.affected", most=MOST_AFFECTED)


def notice_due(noticed: datetime, severity: Severity) -> datetime:
    """Until when the first notice is due.

    >>> from datetime import UTC
    >>> notice_due(datetime(2026, 1, 1, tzinfo=UTC), Severity.CRITICAL).hour
    4
    """
    return noticed + timedelta(hours=NOTICE_HOURS[severity])
