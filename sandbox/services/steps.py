"""Graduated limits: the record of a permit, the request for its next step, the proposal.

Rules:

1. The record is worked out when it is asked for and kept nowhere: nothing comes into being by
   itself on the day on which a record would be clean, so nobody learns anything from its absence.
2. What the parties are shown of the record leaves alerts out, and they may ask for the step once
   all of that is met, whatever the alerts say.
3. A regulator proposes on an open request only, the very conditions that the step gives, and only
   while the whole record is clean, alerts included; so does the second signature. A refusal of
   that kind is told to regulators alone.
4. A request may be declined at any time; it may be asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.alerts.cases import AlertState, Closing
from sandbox.domain.life import Petition, PetitionKind, PetitionState
from sandbox.domain.lifecycle import Act, FileState, find
from sandbox.domain.records import Decision, Permit, PermitFile
from sandbox.domain.regime import DeadlineKind
from sandbox.domain.seats import Actor, Right, require_act_of_law, rights_of
from sandbox.domain.sight import sight_of
from sandbox.domain.steps import Step
from sandbox.domain.terms import Terms, TrialState, stepped
from sandbox.domain.words import DecisionKind
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import FileId, PermitNumber
from sandbox.services.access import readable_permit
from sandbox.services.acts import earlier, move, remember, take_seat
from sandbox.services.desk_limits import rate_now, uses
from sandbox.services.extensions import party_seat
from sandbox.services.files import file_view
from sandbox.services.petitions import close_petition, file_petition, open_petition
from sandbox.services.ports import Ports
from sandbox.services.reviews import needed_text, regulators_file
from sandbox.services.supervision import require_sees_alerts
from sandbox.services.versions import Plan, propose_version
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork

CLEAN_RATE: Final = 30
"""Complaints for each 10,000 payments at which a record is still clean, where the permit has no
limit of its own. Source: told of other sandboxes (0.3 %), to be confirmed."""
STOPS: Final = frozenset({"file.suspend", "file.halt", "file.limit_passed", "file.sponsor_gone"})
"""Entries after which a record is not clean."""
LISTED: Final = 200
PART: Final = 25
"""Permits on one page of next steps: each record is several queries."""
OWED: Final = frozenset(
    {
        *(DeadlineKind.PERIODIC_REPORT, DeadlineKind.REPORT_CORRECTION),
        *(DeadlineKind.INCIDENT_NOTICE, DeadlineKind.INCIDENT_FINAL),
    }
)
"""Reports and accounts of incidents that the firm owes until a day."""
_WITH_STEPS: Final = frozenset({DecisionKind.GRANT, DecisionKind.VARY})


@dataclass(frozen=True)
class Criterion:
    """One part of a clean record.

    Attributes:
        name: ``days``, ``stops``, ``complaint_rate``, ``desk_limits``, ``duties`` or ``alerts``.
        met: whether it is.
        have: what was counted.
        need: what it is compared with.
    """

    name: str
    met: bool
    have: int
    need: int = 0


@dataclass(frozen=True)
class StepRecord:
    """The next step of a permit and how its record stands.

    Attributes:
        step: the next.
        since: when its days began.
        due: when they are over.
        criteria: as far as the reader may know them.
        asked: the open request, if there is one.
        after: the conditions with the step taken.
    """

    step: Step
    since: datetime
    due: datetime
    criteria: tuple[Criterion, ...]
    asked: Petition | None
    after: Terms

    @property
    def clean(self) -> bool:
        """Whether everything that the reader may know is met."""
        return all(each.met for each in self.criteria)


@dataclass(frozen=True)
class OnStep:
    """An act about the next step of a permit."""

    permit: PermitNumber
    reasons: str
    key: str | None = None


def step_of(u: UnitOfWork, actor: Actor, number: str, *, at: datetime) -> StepRecord | None:
    """The next step of a permit and its record; None where its conditions have none.

    Raises:
        NotFound: ``permit.not_found``.
    """
    permit, file = readable_permit(u, actor, number)
    return record_of(u, permit, file, at=at, alerts=Right.SEE_ALERTS in rights_of(actor.seats))


def due_steps(
    u: UnitOfWork, actor: Actor, *, at: datetime, start: int = 0
) -> tuple[tuple[tuple[Permit, StepRecord], ...], bool]:
    """One part of the next steps of the active permits that an actor may see, newest permits first.

    Args:
        u: a reading unit of work.
        actor: somebody who sees alerts.
        at: now.
        start: how many permits are left out.

    Returns:
        The part, those with a clean record first; whether there are more permits behind it.

    Raises:
        NotFound: ``web.not_found``.
    """
    require_sees_alerts(actor)
    seen = u.listing.numbers(sight_of(actor))
    permits = u.permits.with_steps(seen, start=start, limit=PART + 1)
    found = []
    for permit in permits[:PART]:
        record = record_of(u, permit, u.files.get(permit.file), at=at, alerts=True)
        if record is not None:
            found.append((permit, record))
    found.sort(key=lambda each: (not each[1].clean, each[1].due))
    return tuple(found), len(permits) > PART


def record_of(
    u: UnitOfWork, permit: Permit, file: PermitFile, *, at: datetime, alerts: bool
) -> StepRecord | None:
    """The record of a permit that was read already.

    Args:
        u: a reading unit of work.
        permit: its record.
        file: its file.
        at: now.
        alerts: with what only regulators and auditors may know.
    """
    if not permit.terms.steps:
        return None
    step, since = permit.terms.steps[0], _since(u, permit)
    due = since + timedelta(days=step.days)
    criteria = [
        Criterion("days", at >= due, max(0, (at - since).days), step.days),
        _stops(u, permit, file, since),
        _rate(u, permit, at),
        _desk_limits(u, permit, at),
        _duties(u, permit, at),
    ]
    if alerts:
        criteria.append(_alerts(u, permit, since))
    asked = u.petitions.open_of(file.id, PetitionKind.STEP)
    return StepRecord(step, since, due, tuple(criteria), asked, stepped(permit.terms))


def _since(u: UnitOfWork, permit: Permit) -> datetime:
    """When the days of the next step began (``domain.steps``, rule 4)."""
    began = permit.granted_at
    signed = [
        each
        for each in u.decisions.of_file(permit.file)
        if each.countersigned_at and each.terms and each.kind in _WITH_STEPS
    ]
    before: tuple[Step, ...] = ()
    for each in sorted(signed, key=lambda one: one.version):
        assert each.terms is not None
        assert each.countersigned_at is not None
        if each.terms.steps != before:
            began, before = each.countersigned_at, each.terms.steps
    return max(began, permit.terms.start)


def _stops(u: UnitOfWork, permit: Permit, file: PermitFile, since: datetime) -> Criterion:
    entries = u.audit.of_subjects(file.id, permit.number)
    count = sum(1 for each in entries if each.kind in STOPS and each.at > since)
    acting = file.state is FileState.ACTIVE and permit.interim_until is None
    return Criterion("stops", acting and not count, count)


def _rate(u: UnitOfWork, permit: Permit, at: datetime) -> Criterion:
    limit = permit.terms.complaint_rate
    most = limit if isinstance(limit, int) else CLEAN_RATE
    rate = rate_now(u, permit.number, at)
    return Criterion("complaint_rate", rate <= most, rate, most)


def _desk_limits(u: UnitOfWork, permit: Permit, at: datetime) -> Criterion:
    passed = sum(each.passed for each in uses(u, [permit], at=at).get(permit.number, ()))
    return Criterion("desk_limits", not passed, passed)


def _duties(u: UnitOfWork, permit: Permit, at: datetime) -> Criterion:
    """Requirements, reports and accounts of incidents that are late, and answers to complaints.

    Nothing of an automatic incident that is still interim: nobody said yet that it is one.
    """
    late = sum(each.late(at) for each in u.requirements.of_file(permit.file))
    complaints = u.complaints.newest([permit.number], LISTED)
    late += sum(each.overdue(at) or each.escalated_why == "overdue" for each in complaints)
    interim = {each.id for each in u.incidents.interim(permit.number)}
    owed = u.deadlines.running(permit.file, OWED)
    late += sum(at > each.due and each.subject not in interim for each in owed)
    return Criterion("duties", not late, late)


def _alerts(u: UnitOfWork, permit: Permit, since: datetime) -> Criterion:
    """Alerts that are not closed, and those of the time looked at that were referred."""
    columns = u.alerts.columns
    waits = columns.state != AlertState.CLOSED
    referred = (columns.closed_as == Closing.REFERRED) & (columns.at > since)
    count = len(u.alerts.select(columns.permit == permit.number, waits | referred, limit=LISTED))
    return Criterion("alerts", not count, count)


def ask_step(u: UnitOfWork, actor: Actor, command: OnStep, *, at: datetime) -> FileView:
    """Ask for the next step, as the holder or the operator.

    Raises:
        NotFound: ``permit.not_found``.
        InvalidInput: ``text.empty``.
        Conflict: ``steps.none``, ``steps.not_yet``, ``petition.open_already``,
            ``lifecycle.not_from_here``.
        NotAllowed: ``seat.*``.
    """
    permit, file = readable_permit(u, actor, command.permit, lock=True)
    seat = party_seat(actor, file, at)
    done = earlier(u, actor, "ask_step", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    reasons = needed_text("reasons", command.reasons)
    file = u.files.get(file.id, lock=True)
    take_seat(u, file, actor, seat, at=at)
    find(file.state, Act.ASK_STEP)
    record = record_of(u, permit, file, at=at, alerts=False)
    if record is None:
        raise Conflict("steps.none", permit=permit.number)
    _require_met(record, "steps.not_yet", permit)
    petition = file_petition(u, actor, file, PetitionKind.STEP, seat, reasons, at=at)
    data = {"petition": petition.id, "reasons": reasons, "step": record.step.as_dict()}
    move(u, file, Act.ASK_STEP, actor=actor.account, at=at, data=data)
    remember(u, actor, "ask_step", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def propose_step(
    u: UnitOfWork, actor: Actor, command: OnStep, *, at: datetime, ports: Ports
) -> FileView:
    """Propose the variation that the step gives, and sign it as the author.

    Raises:
        NotFound: ``permit.not_found``, ``petition.not_found``: nobody asked.
        Conflict: ``steps.none``, ``steps.not_clean``, ``lifecycle.not_from_here``.
        NotAllowed: ``seat.*``.
    """

    def change(permit: Permit, file: PermitFile) -> tuple[Terms, TrialState]:
        open_petition(u, file.id, PetitionKind.STEP)
        require_clean(u, permit, file, at=at)
        return stepped(permit.terms), permit.trial_state

    plan = Plan(
        *("propose_vary", Act.VARY, DecisionKind.VARY),
        permit=command.permit,
        reasons=command.reasons,
        key=command.key,
        change=change,
    )
    return propose_version(u, actor, plan, at=at, ports=ports)


def decline_step(u: UnitOfWork, actor: Actor, command: OnStep, *, at: datetime) -> FileView:
    """Decline the open request, with reasons that its author reads.

    Raises:
        NotFound: ``petition.not_found``, ``permit.not_found``.
        InvalidInput: ``text.empty``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "decline_step", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    reasons = needed_text("reasons", command.reasons)
    permit, _ = readable_permit(u, actor, command.permit)
    file = regulators_file(u, actor, FileId(permit.file), at=at)
    find(file.state, Act.DECLINE_STEP)
    petition = open_petition(u, file.id, PetitionKind.STEP)
    declined = PetitionState.DECLINED
    close_petition(u, file.id, PetitionKind.STEP, declined, by=actor.account, at=at, answer=reasons)
    data = {"petition": petition.id, "reasons": reasons}
    move(u, file, Act.DECLINE_STEP, actor=actor.account, at=at, data=data)
    remember(u, actor, "decline_step", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def takes_step(permit: Permit, decision: Decision) -> bool:
    """Whether a variation is the very one that the permit's next step gives."""
    if decision.kind is not DecisionKind.VARY or not permit.terms.steps:
        return False
    try:
        return decision.terms == stepped(permit.terms)
    except InvalidInput:
        return False


def require_clean(u: UnitOfWork, permit: Permit, file: PermitFile, *, at: datetime) -> None:
    """Refuse a step on a record that is not clean; only regulators come here.

    Raises:
        Conflict: ``steps.none``, ``steps.not_clean``.
    """
    record = record_of(u, permit, file, at=at, alerts=True)
    if record is None:
        raise Conflict("steps.none", permit=permit.number)
    _require_met(record, "steps.not_clean", permit)


def _require_met(record: StepRecord, code: str, permit: Permit) -> None:
    if not record.clean:
        unmet = [each.name for each in record.criteria if not each.met]
        raise Conflict(code, permit=permit.number, unmet=unmet)
