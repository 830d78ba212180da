"""Paying and leaving on a real chain: released for good, or kept when money came meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.domain.customer_page import ActKind, ActState
from sandbox.domain.seats import Channel
from sandbox.domain.words import CustomerState
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated
from sandbox.services import customer_acts, faucet
from sandbox.services.calls import read
from sandbox.services.customer_acts import BeginAct
from sandbox.services.customer_codes import MakeCodes, exchange, make_codes
from sandbox.services.customer_home import balance_of
from sandbox.services.customer_leaving import leave
from sandbox.services.faucet import AskFaucet
from sandbox.services.identity import actor_of_secret
from sandbox.services.keyed import Keyed
from tests.services.world import KGST

pytestmark = pytest.mark.slow


def holder(world, token):
    with world.store.unit(read_only=True) as u:
        return actor_of_secret(u, token, at=world.at)


def fund(world, number, address, amount):
    team = world.actor("bakyt", channel=Channel.SERVER, permit=number)
    world.do(faucet.ask, team, AskFaucet(number, address, "KGST", str(amount)))
    world.settle()
    world.worker.beat()


def act(world, who, command):
    world.worker.beat()
    with world.store.unit() as u:
        begun = customer_acts.begin(u, who, command, at=world.at, ports=world.ports)
        u.commit()
    return customer_acts.carry_out(world.store, who, begun.id, at=world.at, ports=world.ports)


def left(world, who):
    with world.store.unit() as u:
        leave(u, who, at=world.at, ports=world.ports)
        u.commit()


def member(world, wallet):
    where = world.ports.gateway.national()["kgst"]
    permit, _, _ = read(world.ports.gateway, "kgst", where.supervisor, "memberOf", wallet)
    return any(permit)


def test_a_person_pays_redeems_and_leaves_for_good(world):
    number = world.active()
    (one,) = world.people(number)
    (shop,) = world.people(number, kind="merchant")
    fund(world, number, one.address, 6_000 * KGST)
    who = holder(world, one.token)
    pay = BeginAct(ActKind.PAY, "KGST", 4_000 * KGST, "pay-1", payee=shop.address)
    done = act(world, who, pay)
    assert done.state is ActState.DONE
    assert act(world, who, pay) == done
    assert balance_of("kgst", "KGST", shop.address, ports=world.ports) == 4_000 * KGST
    above = BeginAct(ActKind.PAY, "KGST", 2_000 * KGST + 1, "pay-2", payee=shop.address)
    with pytest.raises(InvalidInput, match="not_enough"):
        act(world, who, above)
    with pytest.raises(Conflict, match="still_holding"):
        left(world, who)
    home = act(world, who, BeginAct(ActKind.REDEEM, "KGST", 2_000 * KGST, "home-1"))
    assert home.state is ActState.DONE
    assert member(world, one.address)
    left(world, who)
    with pytest.raises(NotAuthenticated, match=r"key\.revoked"):
        holder(world, one.token)
    with pytest.raises(NotAllowed):
        act(world, who, replace(pay, key="pay-3", amount=1))
    world.settle()
    assert not member(world, one.address)
    with world.store.unit(read_only=True) as u:
        person = u.customers.get(one.id)
        assert (person.state, person.salt) == (CustomerState.RELEASED, "")
        kinds = [each.kind for each in u.audit.newest(5)]
    assert "permit.customer_released" in kinds


def test_money_that_came_while_leaving_is_not_trapped(world):
    number = world.active()
    one, two = world.people(number, 2)
    fund(world, number, two.address, 100 * KGST)
    left(world, holder(world, one.token))
    giver = holder(world, two.token)
    with world.store.unit() as u:  # it is on its way already when the other one leaves
        u.customers.save(replace(u.customers.get(one.id), state=CustomerState.REGISTERED))
        gift = BeginAct(ActKind.PAY, "KGST", 5 * KGST, "gift", payee=one.address)
        begun = customer_acts.begin(u, giver, gift, at=world.at, ports=world.ports)
        u.customers.save(replace(u.customers.get(one.id), state=CustomerState.RELEASED))
        u.commit()
    world.worker.beat()
    customer_acts.carry_out(world.store, giver, begun.id, at=world.at, ports=world.ports)
    world.settle()
    assert member(world, one.address)
    with world.store.unit(read_only=True) as u:
        person = u.customers.get(one.id)
        assert person.state is CustomerState.REGISTERED
        assert person.salt
    keyed = Keyed("secret")
    with world.store.unit() as u:
        team = world.actor("bakyt", channel=Channel.SERVER, permit=number)
        (code,) = make_codes(u, team, MakeCodes(number, (one.id,)), at=world.at, keyed=keyed)
        tried = exchange(u, code.code, address="203.0.113.1", at=world.at, keyed=keyed)
        u.commit()
    assert tried.session is not None
    back = holder(world, two.token)
    again = replace(back, customer=one.id, person=one.id)
    home = act(world, again, BeginAct(ActKind.REDEEM, "KGST", 5 * KGST, "home"))
    assert home.state is ActState.DONE


def test_a_permit_key_makes_no_codes(world):
    number = world.active()
    (one,) = world.people(number)
    by_key = world.actor("bakyt", channel=Channel.PERMIT_KEY, permit=number)
    with world.store.unit() as u, pytest.raises(NotAllowed, match="not_by_key"):
        make_codes(u, by_key, MakeCodes(number, (one.id,)), at=world.at, keyed=Keyed("secret"))
