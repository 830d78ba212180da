"""Incidents: reported, followed up, explained, closed with lessons.

Rules (states and clocks: ``domain.incidents``):

1. Owner and compliance officer of the firm report and explain; firm, sponsor and regulators follow
   up; a regulator asks again or closes. Each is an act of law, once, with its audit entry in the
   same transaction, which holds number, kind and severity and nobody's words.
2. The system opens one by itself, in the transaction of what it is about: when somebody uses the
   kill switch, and when a chain's journal and the audit log disagree. What it opens because
   the gateway or an engine went down (``interruptions``) waits for the duty officer.
3. The firm sees its own, the sponsor those of permits that it holds; those about no permit are for
   who supervises. For everybody else there are none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sandbox.domain.application import plain_text
from sandbox.domain.incidents import (
    INTERRUPTIONS,
    LONGEST_TEXT,
    OF_THE_DUTY_OFFICER,
    OF_THE_SYSTEM,
    TABLE,
    Incident,
    IncidentAct,
    IncidentKind,
    IncidentNote,
    IncidentState,
    Severity,
    after,
    check_affected,
    check_noticed,
    notice_due,
    read_kind,
    read_severity,
)
from sandbox.domain.records import PermitFile
from sandbox.domain.regime import DeadlineKind
from sandbox.domain.seats import (
    Actor,
    Channel,
    FileSeat,
    Right,
    require_act_of_law,
    rights_of,
)
from sandbox.kit.errors import InvalidInput, NotFound
from sandbox.kit.ids import AccountName, FileId, PermitNumber
from sandbox.services.access import competent_in
from sandbox.services.acts import earlier, remember, take_seat
from sandbox.services.duty import on_duty, require_on_duty
from sandbox.services.report_access import (
    is_firm,
    is_sponsor,
    operated_permits,
    permits_seen,
    reporting_permit,
    supervises,
)
from sandbox.services.timekeeping import meet, open_deadline
from sandbox.store import UnitOfWork

SYSTEM: Final = AccountName("system")
SEVERITY: Final[Mapping[IncidentKind, Severity]] = {
    IncidentKind.KILL_SWITCH: Severity.MAJOR,
    IncidentKind.JOURNAL: Severity.CRITICAL,
    IncidentKind.ENGINE: Severity.MINOR,
    IncidentKind.GATEWAY: Severity.MAJOR,
}
"""How grave what the system opens is."""


@dataclass(frozen=True)
class ReportIncident:
    """What the firm reports. ``noticed``: aware; ``affected``: None when not known yet."""

    permit: PermitNumber
    kind: str
    severity: str
    noticed: datetime
    affected: int | None
    text: str
    done: str
    key: str | None = None


@dataclass(frozen=True)
class SayMore:
    """A follow-up, a final report, asking again, closing with lessons, confirming or lifting."""

    incident: str
    act: IncidentAct
    text: str
    key: str | None = None


@dataclass(frozen=True)
class IncidentView:
    """One incident as its reader sees it. ``may``: acts; ``final_due``: while it is waited for."""

    incident: Incident
    title: str
    org_name: str
    notes: tuple[IncidentNote, ...]
    may: frozenset[str]
    final_due: datetime | None

    def moment(self, name: str) -> datetime | None:
        """One of the moments that the system knows: ``began``, ``ended``."""
        found = (self.incident.facts or {}).get(name)
        return datetime.fromisoformat(found) if found else None


@dataclass(frozen=True)
class Wanted:
    """Which incidents a list shows; empty for any."""

    text: str = ""
    state: str = ""
    kind: str = ""
    start: int = 0


def report_incident(
    u: UnitOfWork, actor: Actor, command: ReportIncident, *, at: datetime
) -> Incident:
    """Report an incident, as the firm.

    Raises:
        NotAllowed: ``seat.right_missing``, ``seat.needs_browser``, ``seat.second_seat_in_file``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        NotFound: ``permit.not_found``.
        InvalidInput: ``incident.*``, ``text.*``.
    """
    require_act_of_law(actor, Right.APPLY, at)
    done = earlier(u, actor, "report_incident", command.key)
    if done is not None:
        return u.incidents.get(done)
    kind, severity = read_kind(command.kind), read_severity(command.severity)
    check_noticed(command.noticed, at)
    check_affected(command.affected)
    text, measures = _words("text", command.text), _words("done", command.done)
    permit, _ = reporting_permit(u, actor, command.permit)
    if not is_firm(actor, permit):
        raise NotFound("permit.not_found", id=command.permit[:20])
    file = u.files.get(permit.file, lock=True)
    take_seat(u, file, actor, FileSeat.APPLICANT, at=at)
    due = notice_due(command.noticed, severity)
    made = u.incidents.add(
        Incident(
            id=_number(u, at),
            permit=permit.number,
            file=file.id,
            kind=kind,
            severity=severity,
            state=IncidentState.OPEN,
            reported_by=actor.account,
            reported_at=at,
            noticed_at=command.noticed,
            notice_due=due,
            noticed_late=at > due,
            affected=command.affected,
            text=text,
            done=measures,
        )
    )
    open_deadline(u, file.id, DeadlineKind.INCIDENT_FINAL, at=at, subject=made.id)
    _note(u, made, "reported", actor.account, at=at)
    remember(u, actor, "report_incident", command.key, made.id, at=at)
    return made


def open_by_system(
    u: UnitOfWork,
    kind: IncidentKind,
    *,
    at: datetime,
    permit: PermitNumber | None = None,
    file: FileId | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Incident:
    """Open an incident by itself; the caller commits it with what it is about.

    Args:
        u: a writing unit of work.
        kind: one of the system's own.
        at: when it happened.
        permit: whose; None for the platform's.
        file: the permit's.
        facts: what the system knows of it.
    """
    assert kind in OF_THE_SYSTEM, kind
    severity = SEVERITY[kind]
    made = u.incidents.add(
        Incident(
            id=_number(u, at),
            permit=permit,
            file=file,
            kind=kind,
            severity=severity,
            state=IncidentState.INTERIM if kind in INTERRUPTIONS else IncidentState.OPEN,
            reported_by=SYSTEM,
            reported_at=at,
            noticed_at=at,
            notice_due=notice_due(at, severity),
            noticed_late=None if permit else False,
            affected=None,
            text="",
            done="",
            facts=facts,
        )
    )
    if file is not None:
        due = made.notice_due
        open_deadline(u, file, DeadlineKind.INCIDENT_NOTICE, at=at, subject=made.id, due=due)
        waits = made.state is IncidentState.INTERIM
        then = DeadlineKind.INCIDENT_CONFIRMATION if waits else DeadlineKind.INCIDENT_FINAL
        open_deadline(u, file, then, at=at, subject=made.id)
    _note(u, made, "opened", SYSTEM, at=at)
    return made


def say_more(u: UnitOfWork, actor: Actor, command: SayMore, *, at: datetime) -> Incident:
    """Follow up, explain finally, ask again, close; confirm or lift what the system opened.

    Raises:
        NotAllowed: ``seat.right_missing``, ``seat.needs_browser``, ``seat.second_seat_in_file``,
            ``duty.not_on_duty``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        NotFound: ``incident.not_found``.
        InvalidInput: ``text.empty``, ``text.*``.
        Conflict: ``incident.not_from_here``.
    """
    require_act_of_law(actor, _right(actor, command.act), at)
    name = f"incident_{command.act.value}"
    done = earlier(u, actor, name, command.key)
    if done is not None:
        return u.incidents.get(done)
    text = _words("text", command.text)
    found, file = _held(u, actor, command.incident)
    state = after(found.state, command.act, about_permit=file is not None)
    if file is not None:
        take_seat(u, file, actor, _seat(u, actor, found), at=at)
    if command.act in OF_THE_DUTY_OFFICER:
        require_on_duty(u, actor, at)
    notes = u.incident_notes.of_incident(found.id)
    u.incident_notes.add(
        IncidentNote(found.id, len(notes) + 1, command.act, actor.account, at, text)
    )
    saved = u.incidents.save(_changed(u, actor, found, command.act, text, state, at))
    _clocks(u, saved, command.act, at=at)
    _note(u, saved, _SAID[command.act], actor.account, at=at)
    remember(u, actor, name, command.key, saved.id, at=at)
    return saved


def list_incidents(
    u: UnitOfWork, actor: Actor, wanted: Wanted, *, limit: int | None
) -> tuple[Incident, ...]:
    """The incidents that an actor may see, the newest first.

    Raises:
        NotFound: ``web.not_found`` for whoever sees no permit's by right.
    """
    seeing = {Right.SEE_ALL_FILES, Right.SEE_OWN_FILES, Right.SEE_SPONSORED_FILES}
    if not rights_of(actor.seats) & seeing or actor.channel is not Channel.BROWSER:
        raise NotFound("web.not_found")
    return u.incidents.listed(
        permits_seen(u, actor),
        unnamed=supervises(actor),
        text=wanted.text.strip()[:80],
        state=IncidentState(wanted.state) if wanted.state in set(IncidentState) else None,
        kind=IncidentKind(wanted.kind) if wanted.kind in set(IncidentKind) else None,
        start=wanted.start,
        limit=limit,
    )


def incident_view(u: UnitOfWork, actor: Actor, number: str, *, at: datetime) -> IncidentView:
    """One incident.

    Raises:
        NotFound: ``incident.not_found``.
    """
    found = _seen(u, actor, number)
    permit = u.permits.get(found.permit) if found.permit else None
    names = u.organisations.names_of({permit.org}) if permit else {}
    running = u.deadlines.running(found.file, [DeadlineKind.INCIDENT_FINAL]) if found.file else ()
    due = [each.due for each in running if each.subject == found.id]
    return IncidentView(
        incident=found,
        title=permit.title if permit else "",
        org_name=names.get(permit.org, "") if permit else "",
        notes=u.incident_notes.of_incident(found.id),
        may=_may(u, actor, found, at),
        final_due=due[0] if due else None,
    )


def own_permits(u: UnitOfWork, actor: Actor) -> tuple[PermitNumber, ...]:
    """The permits about which an actor may report incidents."""
    if Right.APPLY not in rights_of(actor.seats):
        return ()
    return operated_permits(u, actor)


_SAID: Final = {
    IncidentAct.FOLLOW_UP: "followed_up",
    IncidentAct.FINAL: "explained",
    IncidentAct.ASK_AGAIN: "asked_again",
    IncidentAct.CLOSE: "closed",
    IncidentAct.CONFIRM: "confirmed",
    IncidentAct.LIFT: "lifted",
}


def _changed(  # noqa: PLR0913, PLR0917 - everything that an act changes
    u: UnitOfWork,
    actor: Actor,
    found: Incident,
    act: IncidentAct,
    text: str,
    state: IncidentState,
    at: datetime,
) -> Incident:
    changed = replace(found, state=state)
    firm = found.permit is not None and is_firm(actor, u.permits.get(found.permit))
    if firm and found.noticed_late is None:
        changed = replace(changed, noticed_late=at > found.notice_due)
    if act is IncidentAct.FINAL:
        return replace(changed, final_at=at)
    if act is IncidentAct.LIFT:  # nobody owed a notice of it
        changed = replace(changed, noticed_late=changed.noticed_late or False)
    if act in {IncidentAct.CLOSE, IncidentAct.LIFT}:
        return replace(changed, closed_by=actor.account, closed_at=at, lessons=text)
    return changed


def _clocks(u: UnitOfWork, incident: Incident, act: IncidentAct, *, at: datetime) -> None:
    if incident.file is None:
        return
    if incident.noticed_late is not None:
        meet(u, incident.file, DeadlineKind.INCIDENT_NOTICE, incident.id, at=at)
    if act in OF_THE_DUTY_OFFICER:
        meet(u, incident.file, DeadlineKind.INCIDENT_CONFIRMATION, incident.id, at=at)
    if act in {IncidentAct.FINAL, IncidentAct.LIFT}:
        meet(u, incident.file, DeadlineKind.INCIDENT_FINAL, incident.id, at=at)
    elif act in {IncidentAct.ASK_AGAIN, IncidentAct.CONFIRM}:
        open_deadline(u, incident.file, DeadlineKind.INCIDENT_FINAL, at=at, subject=incident.id)


def _right(actor: Actor, act: IncidentAct) -> Right:
    """The right that an act needs; a follow-up the one that the actor has."""
    if act is IncidentAct.FINAL:
        return Right.APPLY
    if act in {IncidentAct.ASK_AGAIN, IncidentAct.CLOSE}:
        return Right.REVIEW
    if act in OF_THE_DUTY_OFFICER:
        return Right.INTERVENE
    rights = rights_of(actor.seats)
    held = [each for each in (Right.APPLY, Right.SPONSOR, Right.REVIEW) if each in rights]
    return held[0] if held else Right.REVIEW


def _may(u: UnitOfWork, actor: Actor, found: Incident, at: datetime) -> frozenset[str]:
    rights = rights_of(actor.seats)
    file = u.files.get(found.file) if found.file else None
    if file is not None and not competent_in(actor, file, Right.REVIEW):
        rights -= {Right.REVIEW, Right.INTERVENE}
    able = set()
    for act in set(IncidentAct) - {IncidentAct.REPORT}:
        if _right(actor, act) not in rights or not _possible(found, act):
            continue
        if act in OF_THE_DUTY_OFFICER and not on_duty(u, actor, at):
            continue
        able.add(act.value)
    taken = u.file_actors.of_file(found.file).get(actor.person) if found.file else None
    if found.file and taken is not None and taken is not _seat(u, actor, found):
        return frozenset()
    return frozenset(able)


def _possible(found: Incident, act: IncidentAct) -> bool:
    about = found.permit is not None
    closes = (found.state, act) == (IncidentState.OPEN, IncidentAct.CLOSE) and not about
    return closes or (found.state, act) in TABLE


def _seat(u: UnitOfWork, actor: Actor, found: Incident) -> FileSeat:
    permit = u.permits.get(found.permit) if found.permit else None
    if permit is not None and is_firm(actor, permit):
        return FileSeat.APPLICANT
    if permit is not None and is_sponsor(actor, permit):
        return FileSeat.SPONSOR
    return FileSeat.REGULATOR


def _held(u: UnitOfWork, actor: Actor, number: str) -> tuple[Incident, PermitFile | None]:
    found = _seen(u, actor, number)
    file = u.files.get(found.file, lock=True) if found.file else None
    return u.incidents.get(found.id, lock=True), file


def _seen(u: UnitOfWork, actor: Actor, number: str) -> Incident:
    found = u.incidents.find(number[:20])
    hidden = found is None or (found.permit is None and not supervises(actor))
    if found is None or hidden or actor.channel is not Channel.BROWSER:
        raise NotFound("incident.not_found", id=number[:20])
    if found.permit is not None:
        reporting_permit(u, actor, found.permit, "incident")
    return found


def _number(u: UnitOfWork, at: datetime) -> str:
    return f"I-{at.year}-{u.counters.next(f'incident:{at.year}'):05d}"


def _words(field: str, text: str) -> str:
    tidy = plain_text(field, text, limit=LONGEST_TEXT)
    if not tidy:
        raise InvalidInput("text.empty", field=field)
    return tidy


def _note(u: UnitOfWork, incident: Incident, what: str, by: AccountName, *, at: datetime) -> None:
    """An entry without anybody's words."""
    u.audit.append(
        kind=f"incident.{what}",
        actor=by,
        subject=incident.permit or incident.id,
        data={
            "incident": incident.id,
            "kind": incident.kind.value,
            "severity": incident.severity.value,
        },
        at=at,
    )
