"""Trials take turns, and a permit whose trial was given up has none for a while."""

import asyncio
from types import SimpleNamespace

import pytest

from sandbox.gateway import foresight, trials
from sandbox.gateway.trials import Trials
from sandbox.kit.errors import Unavailable
from tests.gateway.test_foresight import transaction

pytestmark = pytest.mark.anyio
ONE, OTHER = "SB-2026-0001", "SB-2026-0002"
SEEN = {"ran": [], "entered": [], "created": []}


class Node:
    """An engine that answers when it is let."""

    def __init__(self, chain="kgst"):
        self.spec, self.state = SimpleNamespace(chain=chain), "ok"
        self.answers, self.under_way, self.most, self.asked = asyncio.Event(), 0, 0, 0

    def next_timestamp(self):
        return 1

    def stats(self):
        return {"state": self.state}

    async def call(self, *_asked):
        self.asked += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.answers.wait()
            await asyncio.sleep(0.002)
        finally:
            self.under_way -= 1
        return SEEN


async def test_a_permit_has_few_trials_at_once_and_others_do_not_wait_for_it():
    tried, node = Trials(), Node()
    node.answers.set()
    await asyncio.gather(*(tried.foresee(node, ONE, transaction()) for _ in range(9)))
    assert node.most == trials.AT_ONCE
    node.most = 0
    each = (ONE, OTHER)
    await asyncio.gather(*(tried.foresee(node, p, transaction()) for p in each for _ in range(9)))
    assert node.most == 2 * trials.AT_ONCE


async def test_after_a_trial_that_was_given_up_the_engine_is_not_asked_for_a_while(monkeypatch):
    monkeypatch.setattr(foresight, "SECONDS", 0.02)
    now, node = [100.0], Node()
    tried = Trials(monotonic=lambda: now[0])
    ends = await asyncio.gather(
        *(tried.foresee(node, ONE, transaction()) for _ in range(9)), return_exceptions=True
    )
    assert {type(each) for each in ends} == {Unavailable}
    assert {each.code for each in ends} == {"gateway.cannot_foresee"}
    assert node.asked == trials.AT_ONCE, "those that waited are not tried either"
    node.answers.set()
    assert (await tried.foresee(node, OTHER, transaction())).created == ()
    assert (await tried.foresee(ready("som"), ONE, transaction())).created == ()
    now[0] += trials.REST - 1
    with pytest.raises(Unavailable) as caught:
        await tried.aftermath(node, ONE, transaction(), [])
    assert caught.value.params["reason"] == "rest 1 s"
    now[0] += 1
    assert (await tried.foresee(node, ONE, transaction())).created == ()


def ready(chain):
    node = Node(chain)
    node.answers.set()
    return node


async def test_a_trial_that_was_given_up_while_the_chain_was_not_well_costs_no_rest(monkeypatch):
    monkeypatch.setattr(foresight, "SECONDS", 0.02)
    tried, node = Trials(), Node()
    node.state = "recovering"
    with pytest.raises(Unavailable):
        await tried.foresee(node, ONE, transaction())
    node.answers.set()
    assert (await tried.foresee(node, ONE, transaction())).created == ()


async def test_what_the_engine_refuses_to_try_costs_no_rest():
    tried, node = Trials(), Node()

    async def refuse(*_asked):
        raise Unavailable("engine.unavailable", reason="no_answer")

    node.call = refuse
    for _ in range(3):
        with pytest.raises(Unavailable) as caught:
            await tried.foresee(node, ONE, transaction())
        assert caught.value.code == "engine.unavailable"
