"""Kill-switch drills: a regulator stops a permit for seconds, as announced, and it is measured.

Rules (``domain.drills``), and:

1. The gateway first, the record after: the hold is taken back when the record does not come about.
2. The firm and its sponsor are told that a drill begins and ends; the page with what was measured
   is for regulators and auditors.
3. A drill is the act of a regulator of the competent authority with a recent password, and decides
   nothing: it takes no seat in the file. Whose lone act on the permit lapsed begins none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from sandbox.domain.drills import LENGTH, PAUSE, Drill, ended
from sandbox.domain.lifecycle import FileState
from sandbox.domain.seats import Actor, Right, require_act_of_law
from sandbox.kit.clock import Clock
from sandbox.kit.errors import Conflict, NotFound, SynakError
from sandbox.kit.ids import PermitNumber
from sandbox.services.access import readable_permit, require_competent
from sandbox.services.acts import earlier, remember
from sandbox.services.interventions import require_lone_act
from sandbox.services.ports import GatewayPort, Ports
from sandbox.services.publication import Desk
from sandbox.services.reviews import needed_text
from sandbox.services.supervision import require_sees_alerts
from sandbox.store import UnitOfWork

_log = structlog.get_logger()
SHOWN: Final = 200
STATE: Final = "halted"


@dataclass(frozen=True)
class StartDrill:
    """Stop a permit for some seconds."""

    permit: PermitNumber
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class DrillLine:
    """A drill as it is read.

    Attributes:
        refused: requests of the permit that were refused while it was held.
    """

    drill: Drill
    refused: int


def drills_of(u: UnitOfWork, actor: Actor, number: str) -> tuple[DrillLine, ...]:
    """A permit's drills, newest first.

    Raises:
        NotFound: ``web.not_found``, ``permit.not_found``.
    """
    require_sees_alerts(actor)
    permit, _ = readable_permit(u, actor, number)
    return tuple(
        DrillLine(each, u.refusals.between(permit.number, each.held_at, _end(each)))
        for each in u.drills.of_permit(permit.number, SHOWN)
    )


def _end(drill: Drill) -> datetime:
    return drill.ended_at or drill.clicked_at + LENGTH


def start_drill(
    u: UnitOfWork,
    actor: Actor,
    command: StartDrill,
    *,
    at: datetime,
    clock: Clock,
    ports: Ports,
) -> Drill:
    """Hold the permit at the gateway and write the drill down.

    Args:
        u: a writing unit of work.
        actor: a regulator of the competent authority.
        command: which permit, and what for.
        at: when the request came: the click.
        clock: says when the gateway answered.
        ports: the gateway.

    Raises:
        NotFound: ``permit.not_found``.
        NotAllowed: ``seat.*``, ``authority.reads_only``, ``intervention.lone_act_spent``.
        InvalidInput: ``text.empty``.
        Conflict: ``drill.not_active``, ``drill.runs``, ``drill.too_soon``.
        Unavailable: gateway out of reach.
    """
    require_act_of_law(actor, Right.INTERVENE, at)
    done = earlier(u, actor, "start_drill", command.key)
    if done is not None:
        return u.drills.get(done)
    reasons = needed_text("reasons", command.reasons)
    permit, file = readable_permit(u, actor, command.permit, lock=True)
    require_competent(actor, file)
    if file.state is not FileState.ACTIVE:
        raise Conflict("drill.not_active", permit=permit.number, state=file.state.value)
    if u.drills.running(permit.number):
        raise Conflict("drill.runs", permit=permit.number)
    last = next(iter(u.drills.of_permit(permit.number, 1)), None)
    if last is not None and at < last.clicked_at + PAUSE:
        again = (last.clicked_at + PAUSE).isoformat()
        raise Conflict("drill.too_soon", permit=permit.number, days=PAUSE.days, again=again)
    require_lone_act(u, permit, file, actor, at=at)
    hold = ports.gateway.hold(permit.number, STATE)
    u.unless_committed(lambda: ports.gateway.take_back(permit.number, hold))
    drill = u.drills.add(
        Drill(
            id=f"DR-{at.year}-{u.counters.next(f'drill:{at.year}'):04d}",
            permit=permit.number,
            author=actor.account,
            reasons=reasons,
            clicked_at=at,
            hold=hold,
            held_at=clock.now(),
        )
    )
    _record(u, "permit.drill_began", actor.account, drill, at)
    remember(u, actor, "start_drill", command.key, drill.id, at=at)
    return drill


def end_drill(u: UnitOfWork, actor: Actor, drill_id: str, *, clock: Clock, ports: Ports) -> Drill:
    """Let the permit go and measure; a drill that has ended is answered as it is.

    Raises:
        NotFound: ``drill.not_found``, ``permit.not_found``.
        NotAllowed: ``seat.*``, ``authority.reads_only``.
        Unavailable: gateway out of reach.
    """
    at = clock.now()
    require_act_of_law(actor, Right.INTERVENE, at)
    drill = u.drills.find(drill_id[:20], lock=True)
    if drill is None:
        raise NotFound("drill.not_found", id=drill_id[:20])
    _, file = readable_permit(u, actor, drill.permit)
    require_competent(actor, file)
    return _let_go(u, drill, ports.gateway, at, actor.account)


def run_drills(desk: Desk) -> int:
    """End the drills whose time is over.

    Returns:
        How many were ended.
    """
    now = desk.clock.now()
    with desk.store.unit(read_only=True) as u:
        over = [each.id for each in u.drills.running() if each.clicked_at + LENGTH <= now]
    for drill in over:
        with desk.store.unit() as u:
            _let_go(u, u.drills.get(drill, lock=True), desk.gateway, now, "")
            u.commit()
    return len(over)


def _let_go(u: UnitOfWork, drill: Drill, gateway: GatewayPort, at: datetime, by: str) -> Drill:
    if drill.ended_at is not None:
        return drill
    last, measured = None, True
    try:
        told = gateway.usage(PermitNumber(drill.permit)).get("acknowledged_at")
        last = datetime.fromisoformat(str(told)) if told else None
        gateway.take_back(PermitNumber(drill.permit), drill.hold)
    except SynakError as error:
        if at < drill.clicked_at + LENGTH + timedelta(seconds=10):
            raise
        measured = False
        _log.warning("drill.not_measured", drill=drill.id, code=error.code)
    saved = u.drills.save(ended(drill, last, at, by, measured=measured))
    _record(u, "permit.drill_ended", by or "system", saved, at)
    return saved


def _record(u: UnitOfWork, kind: str, actor: str, drill: Drill, at: datetime) -> None:
    data = {"drill": drill.id, "reasons": drill.reasons}
    if drill.ended_at is not None:
        data |= {"held_ms": str(drill.held_ms), "last_ms": str(drill.last_ms)}
        data["passed"] = str(drill.passed).lower()
    u.audit.append(kind=kind, actor=actor, subject=drill.permit, data=data, at=at)
