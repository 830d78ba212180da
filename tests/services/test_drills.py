"""A drill on the real gateway: payments stop with the answer and go on afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.domain.drills import LENGTH, PAUSE
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.services import drills
from sandbox.services.drills import StartDrill
from sandbox.services.evidence import copy_refusals
from tests.services.test_trial import KGST, LIMITED, _fund, _mined, _pay

pytestmark = pytest.mark.slow


def start(world, number, who="ermek", reasons="Monthly.", key=None):
    with world.store.unit() as u:
        made = drills.start_drill(
            u,
            world.actor(who),
            StartDrill(number, reasons, key),
            at=world.at,
            clock=world.clock,
            ports=world.ports,
        )
        u.commit()
        return made


def read(world, who, number):
    with world.store.unit(read_only=True) as u:
        return drills.drills_of(u, world.actor(who), number)


def end(world, drill, who="feruza"):
    with world.store.unit() as u:
        made = drills.end_drill(u, world.actor(who), drill.id, clock=world.clock, ports=world.ports)
        u.commit()
        return made


def test_a_drill_really_stops_payments_measures_and_lets_them_go_on(world):
    number = world.active(**LIMITED)
    (customer,) = world.people(number, 1)
    (merchant,) = world.people(number, 1, "merchant")
    _fund(world, number, customer.address, 12_000 * KGST)
    paid = _pay(world, customer.token, merchant.address, 100 * KGST)
    _mined(world, paid["result"])
    before = world.permit(number)
    drill = start(world, number)
    refused = _pay(world, customer.token, merchant.address, 100 * KGST)
    assert refused["error"]["data"]["clause"] in {"state", "halted"}, refused
    with pytest.raises(Conflict, match=r"drill\.runs"):
        start(world, number, "feruza")
    done = end(world, drill)
    assert (done.passed, done.last_ms, done.ended_by) == (True, 0, "feruza")
    assert done.last_at < done.clicked_at <= done.held_at < done.ended_at
    assert end(world, drill, "ermek") == done
    again = _pay(world, customer.token, merchant.address, 100 * KGST)
    assert "result" in again, again
    _mined(world, again["result"])
    after = world.permit(number)
    assert (after.state, after.version) == (before.state, before.version) == ("active", 1)
    copy_refusals(world.worker.desk)
    (line,) = read(world, "jyldyz", number)
    assert (line.drill.id, line.refused) == (drill.id, 1)


def test_a_drill_that_nobody_ends_is_ended_by_the_clock(world):
    number = world.active(**LIMITED)
    drill = start(world, number, key="drill-1")
    assert start(world, number, key="drill-1").id == drill.id
    assert drills.run_drills(world.worker.desk) == 0
    world.clock.ahead = LENGTH + timedelta(seconds=1)
    assert drills.run_drills(world.worker.desk) == 1
    (line,) = read(world, "ermek", number)
    assert (line.drill.ended_by, line.drill.passed) == ("", True)
    with pytest.raises(Conflict, match=r"drill\.too_soon"):
        start(world, number, "feruza")
    world.clock.ahead = PAUSE
    assert start(world, number).id != drill.id


def test_only_a_regulator_drills_with_reasons_and_only_those_who_see_alerts_read(world):
    number = world.active(**LIMITED)
    with pytest.raises(NotAllowed, match=r"seat\."):
        start(world, number, "aigul")
    with pytest.raises(InvalidInput, match=r"text\.empty"):
        start(world, number, reasons=" ")
    for who in ("aigul", "damira"):
        with pytest.raises(NotFound, match=r"web\.not_found"):
            read(world, who, number)
    assert read(world, "ermek", number) == ()
