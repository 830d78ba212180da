"""What went down unasked becomes incidents: one for each permit that it touched, once.

Rules:

1. The gateway's book names each interruption for ever (``gateway.interruptions``); a planned stop
   is not in it. The worker reads on from the last that it entered; after its own restart it reads
   the book again from the beginning, and what was entered stays entered: each incident is written
   with a key of interruption and permit, in one transaction.
2. Touched is every permit that was in force when it happened and has money on that chain; of the
   gateway's own every permit in force, since everything passes there.
3. The incident is the system's, interim, with its deadlines; a duty officer confirms or lifts it
   (``incidents``). The audit log says once what went down and until when.
4. While one waits for the duty officer, what goes down again of the same chain is told in it, and
   nobody is told anew: one transaction of which an engine dies costs several deaths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from sandbox.domain.incidents import Incident, IncidentKind, IncidentState
from sandbox.domain.records import Permit
from sandbox.kit.ids import PermitNumber
from sandbox.services.incidents import SYSTEM, open_by_system
from sandbox.services.publication import Desk
from sandbox.store import UnitOfWork

KINDS: Final = {"engine": IncidentKind.ENGINE, "gateway": IncidentKind.GATEWAY}
"""What the gateway's book calls it."""
ACT: Final = "interruption"
_log = structlog.get_logger()


def enter_interruptions(desk: Desk, told: Sequence[Mapping[str, Any]]) -> int:
    """Open the incidents of what the gateway told.

    Args:
        desk: store and clock.
        told: ``{number, id, what, chain, began, ended}`` each, in the order of their numbers.

    Returns:
        The number of the last one that is entered now; 0 for none.
    """
    last = 0
    for each in told:
        _enter(desk, each)
        last = int(each["number"])
    return last


def _enter(desk: Desk, told: Mapping[str, Any]) -> None:
    name, kind = str(told["id"]), KINDS[str(told["what"])]
    ended = _moment(told["ended"])
    with desk.store.unit(read_only=True) as u:
        if u.once.find(SYSTEM, name, ACT) is not None:
            return
        touched = [each.number for each in touched_by(u, told, before=ended)]
    facts = {"chain": str(told["chain"]), "ended": ended.isoformat()}
    if kind is IncidentKind.ENGINE:
        facts["began"] = _moment(told["began"]).isoformat()
    for number in touched:
        _open(desk, number, name, kind, facts)
        desk.at_step("interruption.between")
    at = desk.clock.now()
    with desk.store.unit() as u:
        if u.once.find(SYSTEM, name, ACT) is None:
            data = {"what": str(told["what"]), **facts}
            u.audit.append(
                kind="platform.interrupted", actor=SYSTEM, subject=name, data=data, at=at
            )
            u.once.record(SYSTEM, name, ACT, str(len(touched)), at)
            u.commit()
    _log.warning("platform.interrupted", what=told["what"], permits=len(touched), **facts)


def touched_by(u: UnitOfWork, told: Mapping[str, Any], *, before: datetime) -> tuple[Permit, ...]:
    """The permits that an interruption touched."""
    chain = str(told["chain"])
    every = u.permits.in_force(before)
    return tuple(each for each in every if not chain or chain in each.chains)


def _open(
    desk: Desk, number: PermitNumber, name: str, kind: IncidentKind, facts: Mapping[str, Any]
) -> None:
    at, key = desk.clock.now(), f"{name}:{number}"
    with desk.store.unit() as u:
        if u.once.find(SYSTEM, key, ACT) is not None:
            return
        waiting = _waiting(u, number, kind, str(facts["chain"]))
        if waiting is not None:
            made = u.incidents.save(_again(waiting, facts))
        else:
            file = u.permits.get(number).file
            made = open_by_system(u, kind, at=at, permit=number, file=file, facts=facts)
        u.once.record(SYSTEM, key, ACT, made.id, at)
        u.commit()


def _waiting(
    u: UnitOfWork, number: PermitNumber, kind: IncidentKind, chain: str
) -> Incident | None:
    """The one of the same kind and chain that still waits for the duty officer."""
    for each in u.incidents.interim(number):
        if (each.kind, (each.facts or {}).get("chain")) == (kind, chain):
            held = u.incidents.get(each.id, lock=True)
            if held.state is IncidentState.INTERIM:
                return held
    return None


def _again(incident: Incident, facts: Mapping[str, Any]) -> Incident:
    """It went down once more."""
    before = incident.facts or {}
    ended = max(str(before["ended"]), str(facts["ended"]))
    return replace(
        incident, facts={**before, "ended": ended, "times": int(before.get("times", 1)) + 1}
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)
