"""What approved contracts ran in blocks: unapproved code is evidence and ends the approval."""

from dataclasses import replace

import pytest

from sandbox.chain.node import NodeOptions
from sandbox.chain.sealing import BlockRules
from sandbox.gateway import mined_delegations
from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import checksum
from tests.gateway.review_support import (
    NOTHING,
    approve,
    call,
    deploy,
    in_one_block,
    pay,
    refused_quietly,
    review_of,
    reviewed_permit,
    send,
    until_withdrawn,
)
from tests.gateway.support import TOKEN, Permit, System


class Scene:
    """An approved proxy with money, other code, and a contract that swaps when a gate is open."""

    def __init__(self, system, permit):
        self.system, self.permit = system, permit
        self.till, self.other = (deploy(system, permit, name) for name in ("Till", "OtherTill"))
        self.proxy = deploy(system, permit, "Proxy", self.till)
        self.gate, self.dodger = (deploy(system, permit, n) for n in ("Switch", "QueueDodger"))
        approve(system, permit, self.proxy)
        paid = pay(system, permit, self.proxy, 10 * TOKEN)["result"]
        assert system.receipt(permit, paid)["status"] == "0x1"

    @property
    def out(self):
        return call("Till", "payOut", self.permit.token, self.permit.wallet, TOKEN)

    def dodge(self, function="payOut", evil=None):
        data = bytes.fromhex(self.out[2:])
        values = (self.gate, self.proxy, evil or self.other, self.till, data)
        return self.dodger, call("QueueDodger", function, *values)

    def flip(self):
        return self.gate, call("Switch", "flip")

    def evidence(self, permit=None):
        found = self.system.inside.refusals(0, permit=(permit or self.permit).number)
        return [each for each in found if each["clause"] == "unapproved_code"]

    def made_of(self):
        layers = self.system.inside.layers("kgst", self.proxy)["layers"]
        return [each["account"] for each in layers]

    def approved(self):
        return review_of(self.system, self.permit, self.proxy)[0] != NOTHING

    def looked(self):
        """Another block was mined and looked at."""
        seen = self.system.inside.layers("kgst", self.proxy)["block"]
        send(self.system, self.permit, *self.flip())
        send(self.system, self.permit, *self.flip())
        self.system.until(
            lambda: self.system.inside.layers("kgst", self.proxy)["block"] >= seen + 2
        )


@pytest.fixture
def scene(system, numbers):
    return Scene(system, reviewed_permit(system, next(numbers)))


def test_a_swap_within_its_block_is_evidence_and_ends_the_approval(system, scene, monkeypatch):
    monkeypatch.setattr(mined_delegations, "PAGE", 1)
    _, dodged = in_one_block(system, scene.permit, scene.flip(), scene.dodge())
    paid = {each["address"] for each in dodged["logs"]}
    assert (dodged["status"], scene.permit.token.lower() in paid) == ("0x1", True)
    assert scene.made_of() == [scene.proxy, scene.till], "nothing is left to be seen"
    until_withdrawn(system, scene.permit, scene.proxy)
    (found,) = scene.evidence()
    assert (found["clause"], found["method"]) == ("unapproved_code", "mined")
    assert (found["tx_hash"], found["to"]) == (dodged["transactionHash"], scene.dodger.lower())
    assert (found["subject"], checksum(found["requested"])) == (scene.proxy, scene.other)
    scene.permit.change(approved=())
    system.until(lambda: refused_quietly(pay(system, scene.permit, scene.proxy), scene.proxy))


def test_the_same_transactions_without_the_swap_leave_the_approval(system, scene):
    closed = send(system, scene.permit, *scene.dodge())
    assert closed["status"] == "0x1"
    _, failed = in_one_block(system, scene.permit, scene.flip(), scene.dodge("payOutAndFail"))
    assert failed["status"] == "0x0", "what was undone has moved nothing"
    assert send(system, scene.permit, *scene.dodge(evil=scene.till))["status"] == "0x1"
    assert send(system, scene.permit, scene.proxy, scene.out)["status"] == "0x1"
    scene.looked()
    assert (scene.approved(), scene.evidence()) == (True, [])


def test_a_strangers_swap_is_evidence_against_the_stranger(system, scene, numbers):
    stranger = Permit(system, next(numbers))
    in_one_block(system, stranger, scene.flip(), scene.dodge())
    until_withdrawn(system, scene.permit, scene.proxy)
    (found,) = scene.evidence(stranger)
    assert (found["method"], found["subject"]) == ("mined", scene.proxy)
    assert scene.evidence() == []


def test_what_ran_before_an_upgrade_was_approved_and_made_is_no_evidence(system, scene):
    approve(system, scene.permit, scene.proxy, upgrade=scene.other)
    upgrade = (scene.proxy, call("Proxy", "upgradeTo", scene.other))
    in_one_block(system, scene.permit, (scene.proxy, scene.out), upgrade, (scene.proxy, scene.out))
    scene.looked()
    assert (scene.approved(), scene.evidence()) == (True, [])


@pytest.fixture
def own(tmp_path_factory):
    running = System(tmp_path_factory.mktemp("gw")).start()
    yield running
    running.stop()


async def away(*_arguments):
    """No trace can be had."""
    raise Unavailable("engine.unavailable", reason="test")
    yield


@pytest.mark.slow
def test_what_was_not_looked_at_before_a_stop_is_looked_at_after_it_once(own, monkeypatch):
    scene = Scene(own, reviewed_permit(own, "SB-2026-0001"))
    with monkeypatch.context() as patch:
        patch.setattr(mined_delegations, "delegations", away)
        in_one_block(own, scene.permit, scene.flip(), scene.dodge())
        own.stop()
    for _ in range(2):
        own.start()
        until_withdrawn(own, scene.permit, scene.proxy)
        scene.looked()
        assert len(scene.evidence()) == 1
        own.stop()
    own.start()


@pytest.mark.slow
def test_no_epoch_takes_the_traces_away_before_they_were_looked_at(tmp_path_factory, monkeypatch):
    own = System(tmp_path_factory.mktemp("gw"))
    blocks = BlockRules(interval=0.05, epoch_transactions=9)
    own.setup = replace(own.setup, options=NodeOptions(blocks=blocks))
    own.start()
    try:
        scene = Scene(own, reviewed_permit(own, "SB-2026-0001"))

        def epochs():
            return own.http.get("/rpc/healthz").json()["checks"]["chain.kgst"]["stats"]["epochs"]

        assert epochs() > 0
        with monkeypatch.context() as patch:
            patch.setattr(mined_delegations, "delegations", away)
            in_one_block(own, scene.permit, scene.flip(), scene.dodge())
            before = epochs()
            for _ in range(12):
                send(own, scene.permit, *scene.flip())
            assert (epochs(), scene.evidence()) == (before, [])
        until_withdrawn(own, scene.permit, scene.proxy)
        own.until(lambda: epochs() > before)
        assert len(scene.evidence()) == 1
    finally:
        own.stop()
