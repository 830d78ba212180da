"""Settlement on a real chain: what is left goes home once, through crashes, and is proven."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.customer_page import ActKind, ActState
from sandbox.domain.regime import DeadlineKind
from sandbox.domain.seats import Channel
from sandbox.domain.settlement import SettlementState
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound, Unavailable
from sandbox.services import customer_acts, faucet, settlement_run
from sandbox.services.calls import event_topic
from sandbox.services.completion import CompletePermit, complete
from sandbox.services.customer_acts import BeginAct
from sandbox.services.customer_home import balance_of
from sandbox.services.faucet import AskFaucet
from sandbox.services.holders import ProposeWindDown, Surrender, propose_wind_down, surrender
from sandbox.services.identity import actor_of_secret
from sandbox.services.publication import Desk
from sandbox.services.settlement_views import settlement_view
from sandbox.services.settlements import (
    ConfirmReturn,
    GoOn,
    NameAccount,
    PayOut,
    ReturnMoney,
    confirm_return,
    go_on,
    name_account,
    pay_out,
    return_money,
)
from tests.services.life import PLAN, of, sign
from tests.services.world import KGST

pytestmark = pytest.mark.slow
CUSTODY = "Ala-Too Demo Bank, customers of the test, account 1280-1"


class Killed(Exception):
    """The worker dies here."""


def fund(world, number, address, amount):
    team = world.actor("bakyt", channel=Channel.SERVER, permit=number)
    world.do(faucet.ask, team, AskFaucet(number, address, "KGST", str(amount)))
    world.settle()
    world.worker.beat()


def customer(world, person):
    with world.store.unit(read_only=True) as u:
        return actor_of_secret(u, person.token, at=world.at)


def ended(world, number):
    """Surrendered, the plan approved by two, on chain."""
    world.do(surrender, "damira", Surrender(number, "The test is done.", PLAN), ports=True)
    world.do(propose_wind_down, "ermek", ProposeWindDown(number, "In order."), ports=True)
    sign(world, of(world, number))
    world.settle()
    return of(world, number)


def past_the_deadline(world, file_id):
    with world.store.unit() as u:
        for each in u.deadlines.of_file(file_id):
            if each.kind is DeadlineKind.SETTLEMENT:
                u.deadlines.save(replace(each, due=world.at - timedelta(seconds=1)))
        u.commit()


def view(world, file_id, who="ermek"):
    with world.store.unit(read_only=True) as u:
        return settlement_view(u, world.actor(who), file_id, at=world.at, ports=world.ports)


def redeemed(world, wallet):
    """How often a wallet's money went home, by the chain's own log."""
    where = world.system.national["kgst"]
    query = {
        "address": where.tokens["KGST"],
        "fromBlock": "0x0",
        "topics": [event_topic("KGST", "Redeemed"), "0x" + wallet[2:].lower().rjust(64, "0")],
    }
    return len(world.ports.gateway.rpc("kgst", "eth_getLogs", [query]))


@pytest.fixture
def held(world):
    """An ended test in which three people hold money; the first has named an account."""
    number = world.active()
    people = world.people(number, 3)
    (shop,) = world.people(number, kind="merchant")
    for each, amount in zip((*people, shop), (50, 60, 70, 80), strict=True):
        fund(world, number, each.address, amount * KGST)
    world.do(name_account, customer(world, people[0]), NameAccount("KG12 1280 0160"))
    file_id = ended(world, number)
    return number, file_id, (*people, shop)


def test_what_is_left_goes_home_and_the_chain_proves_it(world, held):
    _, file_id, people = held
    shown = view(world, file_id, "damira")
    assert {each.wallet: each.amount for each in shown.left.held} == {
        each.address: amount * KGST for each, amount in zip(people, (50, 60, 70, 80), strict=True)
    }
    assert shown.left.outstanding == {"KGST": 180 * KGST}
    assert shown.left.in_contracts == {}
    assert shown.can == frozenset()
    with pytest.raises(Conflict, match=r"settlement\.too_early"):
        world.do(return_money, "damira", ReturnMoney(file_id, CUSTODY))
    world.worker.beat()
    with world.store.unit() as u:
        who = customer(world, people[1])
        command = BeginAct(ActKind.REDEEM, "KGST", 60 * KGST, "own")
        begun = customer_acts.begin(u, who, command, at=world.at, ports=world.ports)
        u.commit()
    done = customer_acts.carry_out(world.store, who, begun.id, at=world.at, ports=world.ports)
    assert done.state is ActState.DONE
    past_the_deadline(world, file_id)
    with pytest.raises(InvalidInput, match=r"settlement\.custody_short"):
        world.do(return_money, "damira", ReturnMoney(file_id, "x"))
    with pytest.raises(NotAllowed):
        world.do(return_money, "bakyt", ReturnMoney(file_id, CUSTODY))
    world.do(return_money, "damira", ReturnMoney(file_id, CUSTODY, "once"))
    world.do(return_money, "damira", ReturnMoney(file_id, CUSTODY, "once"))
    with pytest.raises(Conflict, match=r"settlement\.runs_already"):
        world.do(return_money, "damira", ReturnMoney(file_id, CUSTODY))
    world.settle()
    shown = view(world, file_id, "damira")
    assert shown.settlement.state is SettlementState.SETTLED
    proof = shown.settlement.proof
    assert (proof["outstanding"], proof["people"]) == ({"KGST": "0"}, 3)
    assert proof["returned"] == {"KGST": str(200 * KGST)}
    assert proof["custody"] == {"KGST": str(150 * KGST)}
    head = world.ports.gateway.rpc(
        "kgst", "eth_getBlockByNumber", [hex(proof["blocks"]["kgst"]["number"]), False]
    )
    assert head["hash"] == proof["blocks"]["kgst"]["hash"]
    assert [redeemed(world, each.address) for each in people] == [1, 1, 1, 1]
    ways = {each.wallet: (each.way, each.account) for each in shown.returns}
    assert ways[people[0].address] == ("account", "KG12 1280 0160")
    assert ways[people[2].address] == ("custody", "")
    assert {each.account for each in view(world, file_id).returns} == {None}
    with world.store.unit(read_only=True) as u:
        (entry,) = [each for each in u.audit.newest(9) if each.kind == "permit.return_settled"]
        assert entry.body["data"]["blocks"] == proof["blocks"]
        assert "KG12" not in str([each.body for each in u.audit.newest(50)])
    completed = world.do(complete, "ermek", CompletePermit(file_id), ports=True)
    assert completed.state == "completed"


def test_two_regulators_return_it_where_the_firm_does_not(world, held):
    _, file_id, people = held
    past_the_deadline(world, file_id)
    world.do(return_money, "ermek", ReturnMoney(file_id, CUSTODY))
    world.settle()
    assert balance_of("kgst", "KGST", people[0].address, ports=world.ports) == 50 * KGST
    with pytest.raises(NotAllowed, match="author_cannot_countersign"):
        world.do(confirm_return, "ermek", ConfirmReturn(file_id))
    with pytest.raises(Conflict, match="waits_for_second"):
        world.do(return_money, "feruza", ReturnMoney(file_id, CUSTODY))
    with pytest.raises(NotAllowed):
        world.do(confirm_return, "damira", ConfirmReturn(file_id))
    with pytest.raises(Conflict, match="not_running"):
        world.do(go_on, "damira", GoOn(file_id))
    world.do(confirm_return, "feruza", ConfirmReturn(file_id))
    world.settle()
    shown = view(world, file_id)
    assert shown.settlement.state is SettlementState.SETTLED
    assert shown.left.settled
    act = next(each.act.id for each in shown.returns if each.way == "custody")
    with pytest.raises(NotFound):
        world.do(pay_out, "aigul", PayOut(file_id, act, "Order 17"))
    world.do(pay_out, "damira", PayOut(file_id, act, "Order 17"))
    with pytest.raises(Conflict, match="paid_already"):
        world.do(pay_out, "damira", PayOut(file_id, act, "Order 18"))
    paid = {each.act.id: each.reference for each in view(world, file_id).returns}
    assert paid[act] == "Order 17"


@pytest.mark.parametrize("step", ["begun", "planned", "sent", "before_commit", "answer_lost"])
def test_a_worker_that_dies_returns_nothing_twice(world, held, monkeypatch, step):
    _, file_id, people = held
    past_the_deadline(world, file_id)
    world.do(return_money, "damira", ReturnMoney(file_id, CUSTODY))
    with world.store.unit(read_only=True) as u:
        row = next(each for each in u.outbox.due(world.at) if each.kind == settlement_run.RUN)

    def dies(name):
        if name == f"settlement.{step}":
            raise Killed

    real, lost = world.ports.gateway.customer_act, []

    def loses(chain, asked):
        said = real(chain, asked)
        lost.append(asked)
        raise Unavailable("gateway.unreachable", reason=str(said["transactionHash"]))

    world.worker.beat()
    dying = Desk(world.store, world.ports.gateway, world.clock, dies)
    if step == "answer_lost":
        monkeypatch.setattr(world.ports.gateway, "customer_act", loses)
        settlement_run.run(world.worker.desk, row)
        assert len(lost) == 4
        monkeypatch.undo()
        with world.store.unit(read_only=True) as u:
            assert u.settlements.of_permit(held[0])[0].state is SettlementState.RUNNING
        world.do(go_on, "damira", GoOn(file_id))
    else:
        with pytest.raises(Killed):
            settlement_run.run(dying, row)
    world.settle()
    assert view(world, file_id).settlement.state is SettlementState.SETTLED
    assert [redeemed(world, each.address) for each in people] == [1, 1, 1, 1]


def test_a_file_that_has_not_ended_has_no_settlement(world):
    number = world.active()
    file_id = of(world, number)
    with pytest.raises(NotFound, match=r"settlement\.not_found"):
        view(world, file_id)
    with pytest.raises(Conflict, match=r"settlement\.not_ended"):
        world.do(return_money, "damira", ReturnMoney(file_id, CUSTODY))
    world.do(surrender, "damira", Surrender(number, "Done.", PLAN), ports=True)
    past_the_deadline(world, file_id)
    with pytest.raises(Conflict, match=r"settlement\.plan_not_approved"):
        world.do(return_money, "damira", ReturnMoney(file_id, CUSTODY))
