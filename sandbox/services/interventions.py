"""One regulator acts at once: tighten, suspend, halt. It lapses unless a second confirms.

Rules:

1. Nothing may be looser than what is in force, neither on chain nor at the gateway.
2. The act is in force with one signature: the gateway has it before the request is answered, the
   chain as soon as the worker has published it.
3. It lapses after 72 hours (the Supervisor's constant). The author signs the confirmation in
   advance; a second person's signature under it makes the act permanent.
4. Whose lone act lapsed may not act alone again on the same base; another regulator may: another
   person, who does not stand for the first either.
5. Further acts inside the 72 hours do not prolong them.
6. A suspension and a halt are first of all a hold at the gateway: nothing more is
   acknowledged from then on, while signatures, records and audit entry are still to come. When
   the act comes to nothing the hold is taken back, also when the unit commits without one: a
   command that was sent before under the same key holds nothing.

Source: the design's decision 7; ``Supervisor.publish``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from sandbox.domain.changes import less_severe, looser
from sandbox.domain.incidents import IncidentKind
from sandbox.domain.lifecycle import Act, find
from sandbox.domain.records import Decision, Permit, PermitFile
from sandbox.domain.seats import (
    Actor,
    FileSeat,
    Right,
    require_act_of_law,
    require_seat_in_file,
)
from sandbox.domain.terms import Terms, TrialState
from sandbox.domain.words import DecisionKind, DecisionStatus
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, SynakError
from sandbox.kit.ids import PermitNumber
from sandbox.services.access import readable_permit, require_competent
from sandbox.services.acts import earlier, move, remember, take_seat
from sandbox.services.delegations import are_two
from sandbox.services.drafting import draft, issue, said, varied
from sandbox.services.files import file_view
from sandbox.services.incidents import open_by_system
from sandbox.services.policies import push_after_commit, touch
from sandbox.services.ports import Ports
from sandbox.services.reviews import needed_text
from sandbox.services.signing import sign_decision
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork

_log = structlog.get_logger()
INTERIM: Final = timedelta(hours=72)
"""How long one regulator's act holds: ``Supervisor.INTERIM_PERIOD``."""


@dataclass(frozen=True)
class Tighten:
    """Lower limits; only the fields that change, in the form of ``domain.limits_form``."""

    permit: PermitNumber
    conditions: Mapping[str, str]
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class Suspend:
    """Suspend: wind-down, customers can redeem."""

    permit: PermitNumber
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class Halt:
    """Halt: nothing moves."""

    permit: PermitNumber
    reasons: str
    key: str | None = None


def tighten(
    u: UnitOfWork, actor: Actor, command: Tighten, *, at: datetime, ports: Ports
) -> FileView:
    """Lower limits at once.

    Raises:
        InvalidInput: ``intervention.not_tighter`` naming what is looser; ``conditions.*``.
        NotAllowed: ``intervention.lone_act_spent``, ``seat.*``.
        Conflict: ``lifecycle.not_from_here``.
    """
    require_act_of_law(actor, Right.INTERVENE, at)
    done = earlier(u, actor, "tighten", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    permit, file = _held(u, actor, command.permit, at=at)
    find(file.state, Act.TIGHTEN)
    terms = varied(permit, command.conditions, at=at)
    wider = looser(permit.terms, terms)
    if wider:
        raise InvalidInput(
            "intervention.not_tighter",
            looser=[each.as_dict() for each in wider],
            limits=", ".join(each.limit for each in wider),
        )
    what = _Lone("tighten", Act.TIGHTEN, DecisionKind.TIGHTEN, terms, permit.trial_state)
    return _act_alone(u, actor, command, permit, file, what, at=at, ports=ports)


def suspend(
    u: UnitOfWork, actor: Actor, command: Suspend, *, at: datetime, ports: Ports
) -> FileView:
    """Suspend at once.

    Raises:
        NotAllowed: ``intervention.lone_act_spent``, ``seat.*``.
        Conflict: ``lifecycle.not_from_here``.
    """
    require_act_of_law(actor, Right.INTERVENE, at)
    hold = _hold(u, actor, command, _SUSPENDED, at=at, ports=ports)
    done = earlier(u, actor, "suspend", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    permit, file = _held(u, actor, command.permit, at=at)
    what = _Lone("suspend", Act.SUSPEND, DecisionKind.SUSPEND, permit.terms, TrialState.WIND_DOWN)
    view = _act_alone(u, actor, command, permit, file, what, at=at, ports=ports)
    hold.followed = True
    return view


def halt(u: UnitOfWork, actor: Actor, command: Halt, *, at: datetime, ports: Ports) -> FileView:
    """Halt at once.

    Raises:
        NotAllowed: ``intervention.lone_act_spent``, ``seat.*``.
        Conflict: ``lifecycle.not_from_here``.
    """
    require_act_of_law(actor, Right.INTERVENE, at)
    hold = _hold(u, actor, command, _HALTED, at=at, ports=ports)
    done = earlier(u, actor, "halt", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    permit, file = _held(u, actor, command.permit, at=at)
    what = _Lone("halt", Act.HALT, DecisionKind.HALT, permit.terms, TrialState.HALTED)
    view = _act_alone(u, actor, command, permit, file, what, at=at, ports=ports)
    open_by_system(u, IncidentKind.KILL_SWITCH, at=at, permit=permit.number, file=file.id)
    hold.followed = True
    return view


def suspend_after_automatic(
    u: UnitOfWork, actor: Actor, command: Suspend, *, at: datetime, ports: Ports
) -> FileView:
    """Make an automatic suspension the officer's own act: one signature, on chain, 72 hours.

    The gateway holds the permit already. Who is on duty is ``automatic``'s to check.

    Raises:
        NotAllowed: ``intervention.lone_act_spent``, ``seat.*``.
        Conflict: ``lifecycle.not_from_here``.
    """
    permit, file = _held(u, actor, command.permit, at=at)
    act, kind = Act.CONFIRM_AUTOMATIC, DecisionKind.SUSPEND
    what = _Lone("confirm_automatic", act, kind, permit.terms, TrialState.WIND_DOWN)
    return _act_alone(u, actor, command, permit, file, what, at=at, ports=ports)


_Stop = tuple[Act, TrialState, str]
_SUSPENDED: Final[_Stop] = (Act.SUSPEND, TrialState.WIND_DOWN, "suspended")
_HALTED: Final[_Stop] = (Act.HALT, TrialState.HALTED, "halted")


@dataclass
class _Hold:
    """A hold that was asked for; ``followed`` once this unit has written the act behind it."""

    followed: bool = False


def _hold(
    u: UnitOfWork,
    actor: Actor,
    command: Suspend | Halt,
    what: _Stop,
    *,
    at: datetime,
    ports: Ports,
) -> _Hold:
    """The gateway first: every check that needs no signature, then the hold.

    In a reading unit of its own, which waits for nobody who writes. What fails here, the act
    itself says; an act that was done before under its key is not held for again.
    """
    act, state, word = what
    hold = _Hold()
    try:
        needed_text("reasons", command.reasons)
        with u.another() as reader:
            if earlier(reader, actor, act.value, command.key) is not None:
                return hold
            permit, file = readable_permit(reader, actor, command.permit)
            require_competent(actor, file)
            taken = reader.file_actors.of_file(file.id)
            require_seat_in_file(file.id, taken, actor, FileSeat.REGULATOR)
            find(file.state, act)
            if less_severe(permit.trial_state, state):
                return hold
            _until(reader, permit, file, actor, at=at)
        name = ports.gateway.hold(command.permit, word)
    except SynakError as error:
        _log.info("permit.not_held", permit=command.permit, code=error.code)
        return hold

    def take_back() -> None:
        ports.gateway.take_back(command.permit, name)

    u.unless_committed(take_back)
    u.after_commit(lambda: None if hold.followed else take_back())
    return hold


@dataclass(frozen=True)
class _Lone:
    """What a lone act does."""

    name: str
    act: Act
    kind: DecisionKind
    terms: Terms
    state: TrialState


def _held(
    u: UnitOfWork, actor: Actor, number: PermitNumber, *, at: datetime
) -> tuple[Permit, PermitFile]:
    permit, file = readable_permit(u, actor, number, lock=True)
    file = u.files.get(file.id, lock=True)
    take_seat(u, file, actor, FileSeat.REGULATOR, at=at)
    return permit, file


def _act_alone(  # noqa: PLR0913
    u: UnitOfWork,
    actor: Actor,
    command: Tighten | Suspend | Halt,
    permit: Permit,
    file: PermitFile,
    what: _Lone,
    *,
    at: datetime,
    ports: Ports,
) -> FileView:
    reasons = needed_text("reasons", command.reasons)
    find(file.state, what.act)
    if less_severe(permit.trial_state, what.state):
        raise Conflict("lifecycle.not_from_here", state=file.state.value, act=what.act.value)
    until = _until(u, permit, file, actor, at=at)
    decision = _signed(u, actor, permit, file, what, reasons, permit.issued_version + 1, at, ports)
    in_force = u.decisions.add(
        replace(decision, status=DecisionStatus.IN_FORCE, interim_until=until)
    )
    saved = move(
        u,
        file,
        what.act,
        actor=actor.account,
        at=at,
        data={**said(in_force), "interim_until": until.isoformat()},
    )
    changed = touch(
        u,
        replace(
            permit,
            terms=what.terms,
            trial_state=what.state,
            issued_version=decision.version,
            version=decision.version,
            interim_until=until,
        ),
    )
    issue(u, saved, in_force, at=at)
    confirm = replace(what, kind=DecisionKind.CONFIRM)
    u.decisions.add(
        _signed(u, actor, permit, file, confirm, reasons, decision.version + 1, at, ports)
    )
    push_after_commit(u, changed, saved, ports)
    remember(u, actor, what.name, command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def _signed(  # noqa: PLR0913, PLR0917
    u: UnitOfWork,
    actor: Actor,
    permit: Permit,
    file: PermitFile,
    what: _Lone,
    reasons: str,
    version: int,
    at: datetime,
    ports: Ports,
) -> Decision:
    decision = draft(
        u,
        file,
        actor,
        kind=what.kind,
        number=permit.number,
        version=version,
        terms=what.terms,
        state=what.state,
        reasons=reasons,
        at=at,
    )
    signature = sign_decision(decision, actor, chains=permit.chains, at=at, ports=ports)
    return replace(decision, signatures=(signature,))


def _until(
    u: UnitOfWork, permit: Permit, file: PermitFile, actor: Actor, *, at: datetime
) -> datetime:
    """When the act lapses; refuses whose lone act on this base lapsed before."""
    if permit.interim_until is not None and permit.interim_until > at:
        return permit.interim_until
    require_lone_act(u, permit, file, actor, at=at)
    return at + INTERIM


def require_lone_act(
    u: UnitOfWork, permit: Permit, file: PermitFile, actor: Actor, *, at: datetime
) -> None:
    """Refuse the person whose lone act on the present base lapsed, and whoever counts as that one.

    By another account of the same person, or standing for each other, it is not another regulator.

    Raises:
        NotAllowed: ``intervention.lone_act_spent``.
    """
    for each in _spent(u, permit):
        if not are_two(u, file, (each.author_person, each.authored_at), actor, at=at):
            raise NotAllowed("intervention.lone_act_spent", permit=permit.number)


def _spent(u: UnitOfWork, permit: Permit) -> tuple[Decision, ...]:
    """What opened an interim on the present base that lapsed: the first act of each."""
    openers: dict[datetime, Decision] = {}
    for each in u.decisions.of_file(permit.file):
        lapsed = each.status is DecisionStatus.LAPSED and each.version > permit.base_version
        if lapsed and each.interim_until is not None:
            first = openers.get(each.interim_until)
            if first is None or each.version < first.version:
                openers[each.interim_until] = each
    return tuple(openers.values())
