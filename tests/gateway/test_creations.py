"""Deployments are counted from what happened: a factory's children are the permit's."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.chain.journal import read
from sandbox.chain.node import NodeOptions
from sandbox.chain.records import Kind
from sandbox.chain.sealing import BlockRules
from tests.gateway.review_support import call, deploy, deployed, send
from tests.gateway.support import Permit, System


@pytest.fixture
def factory(system, permit):
    return deploy(system, permit, "Factory")


def used(system, permit):
    return system.inside.usage(permit.number)["deployments"]


def until_used(system, permit, count):
    system.until(lambda: used(system, permit) == count)


def counted(system, permit, factory, function, *values, expected, **fields):
    """A call of the factory; how many deployments it came to."""
    before = used(system, permit)
    receipt = send(system, permit, factory, call("Factory", function, *values), **fields)
    until_used(system, permit, before + expected)
    return receipt


def test_children_by_create_create2_and_nested_count_one_by_one(system, permit, factory):
    assert used(system, permit) == 1
    counted(system, permit, factory, "make", 3, expected=3)
    counted(system, permit, factory, "makeAt", b"\1" * 32, expected=1)
    counted(system, permit, factory, "makeFactory", 2, expected=3)


def test_a_constructors_children_count_beside_the_contract(system, permit):
    deploy(system, permit, "SubFactory", 2)
    until_used(system, permit, 3)


def test_a_child_that_destroys_itself_at_once_counts(system, permit, factory):
    counted(system, permit, factory, "makeBrief", expected=1)


def test_calls_that_create_nothing_count_nothing(system, permit, factory):
    gate = deploy(system, permit, "Switch")
    until_used(system, permit, 2)
    send(system, permit, gate, call("Switch", "flip"))
    assert used(system, permit) == 2


@pytest.mark.parametrize("term", [False, True])
def test_whether_failed_ones_count_is_a_term(system, permit, factory, term):
    permit.change(failed_deployments_count=term)
    counted(system, permit, factory, "tryBomb", expected=int(term))
    receipt = counted(system, permit, factory, "makeAndFail", expected=int(term), gas=900_000)
    assert receipt["status"] == "0x0"
    before = used(system, permit)
    assert deployed(system, permit, "Bomb")["status"] == "0x0"
    until_used(system, permit, before + int(term))


def test_why_a_mined_one_failed_is_told_by_the_trace_that_is_offered(system, permit, factory):
    receipt = send(system, permit, factory, call("Factory", "makeAndFail"), gas=900_000)
    asked = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
    told = system.ok(permit, "debug_traceTransaction", receipt["transactionHash"], asked)
    assert (told["error"], told["revertReason"]) == ("execution reverted", "undone")
    assert (told["gasUsed"], told["to"]) == (receipt["gasUsed"], factory.lower())
    assert "calls" not in told
    unknown = system.error(permit, "debug_traceTransaction", "0x" + "12" * 32, asked)
    assert unknown["data"]["code"] == "engine.refused_request"


def test_it_is_the_permit_of_the_transaction_that_is_charged(system, permit, factory, numbers):
    other = Permit(system, next(numbers))
    send(system, other, factory, call("Factory", "make", 2))
    until_used(system, other, 2)
    assert used(system, permit) == 1


def test_a_known_factory_is_refused_beforehand(system, permit, factory):
    permit.change(limits={"deployments": 4})
    counted(system, permit, factory, "make", 2, expected=2)
    raw = permit.sign(to=factory, data=call("Factory", "make", 2), gas=2_000_000)
    data = system.error(permit, "eth_sendRawTransaction", raw)["data"]
    assert data["code"] == "refused.deployments"
    assert (data["limit"], data["used"], data["requested"]) == ("4", "3", "2")
    counted(system, permit, factory, "make", 1, expected=1)


def test_a_limit_that_is_used_up_is_closed_for_factories_that_nobody_knows(system, permit):
    """Four factories, each called for the first time: not 24 of 4."""
    permit.change(limits={"deployments": 4})
    factories = [deploy(system, permit, "Factory") for _ in range(3)]
    factories.append(deploy(system, permit, "Switch"))
    assert used(system, permit) == 4
    for each in factories[:3]:
        for values in (("make", 5), ("makeAt", b"\1" * 32), ("makeFactory", 1)):
            raw = permit.sign(to=each, data=call("Factory", *values), gas=2_000_000)
            data = system.error(permit, "eth_sendRawTransaction", raw)["data"]
            assert (data["code"], data["used"]) == ("refused.deployments", "4")
    flipped = send(system, permit, factories[3], call("Switch", "flip"))
    assert flipped["status"] == "0x1", "what creates nothing goes on"
    assert used(system, permit) == 4


def test_a_first_call_is_held_to_the_room_that_is_left(system, permit, factory):
    permit.change(limits={"deployments": 4})
    raw = permit.sign(to=factory, data=call("Factory", "make", 5), gas=2_000_000)
    data = system.error(permit, "eth_sendRawTransaction", raw)["data"]
    assert (data["limit"], data["used"], data["requested"]) == ("4", "1", "5")
    counted(system, permit, factory, "make", 3, expected=3)


def test_what_escapes_the_trial_is_evidence_and_blocks_the_next(system, permit, factory):
    gate = deploy(system, permit, "Switch")
    permit.change(limits={"deployments": 3})
    nonce = int(system.ok(permit, "eth_getTransactionCount", permit.account.address, "pending"), 16)
    data = call("Factory", "makeIf", gate, 4)
    second = permit.sign(nonce + 1, to=factory, data=data, gas=2_000_000)
    digest = system.ok(permit, "eth_sendRawTransaction", second)
    first = permit.sign(nonce, to=gate, data=call("Switch", "flip"), gas=100_000)
    system.ok(permit, "eth_sendRawTransaction", first)
    assert system.receipt(permit, digest)["status"] == "0x1"
    until_used(system, permit, 6)
    (found,) = system.inside.refusals(0, permit=permit.number)
    assert (found["clause"], found["tx_hash"], found["method"]) == ("deployments", digest, "mined")
    assert (found["limit"], found["used"], found["requested"]) == ("3", "2", "4")
    raw = permit.sign(to=b"", data="0x00", gas=100_000)
    refused = system.error(permit, "eth_sendRawTransaction", raw)["data"]
    assert refused["code"] == "refused.deployments"


@pytest.mark.slow
@pytest.mark.parametrize("epoch", [10_000, 9])
def test_a_restart_counts_the_same_once_within_an_epoch_and_behind_it(epoch):
    root = Path(tempfile.mkdtemp(prefix="gw-"))
    system = System(root)
    blocks = BlockRules(interval=0.05, epoch_transactions=epoch)
    system.setup = replace(system.setup, options=NodeOptions(blocks=blocks))
    system.start()
    try:
        permit = Permit(system, "SB-2026-0001")
        factory = deploy(system, permit, "Factory")
        counted(system, permit, factory, "make", 3, expected=3)
        for _ in range(2):
            system.stop()
            system.start()
            assert used(system, permit) == 4
        counted(system, permit, factory, "make", 1, expected=1)
    finally:
        system.stop()
    kinds = []
    read(root / "chain" / "kgst" / "journal", lambda each: kinds.append(each.record.kind))
    assert kinds.count(Kind.CREATED) == 2
    assert (Kind.EPOCH in kinds) is (epoch < 10_000)
    shutil.rmtree(root, ignore_errors=True)
