"""Feeds against hostile blocks and subscriptions: log bombs, filters that never match."""

import asyncio
import json
import time

import pytest

from sandbox.chain.events import BlockSealed
from sandbox.chain.index import too_many_logs
from sandbox.gateway import feeds as feeds_module
from sandbox.gateway.feeds import Concerned, Feeds, Subscription, filtered
from sandbox.gateway.identity import Identity
from sandbox.kit.errors import Conflict, Unavailable

pytestmark = pytest.mark.anyio
A, B, NEVER = "0x" + "aa" * 20, "0x" + "bb" * 20, "0x" + "99" * 32
TOPIC = "0x" + "11" * 32


def log(address=A, *topics):
    return {"address": address, "topics": list(topics), "data": "0x"}


class Node:
    """A chain whose logs are given; more than ``most`` are refused."""

    def __init__(self, blocks, most=10):
        self.head = BlockSealed(0, 0, "0x", "0x", ())
        self.blocks, self.most, self.asked, self.down = blocks, most, [], 0
        self.spec = type("Spec", (), {"chain": "kgst"})

    async def subscribe(self):
        for number in range(1, len(self.blocks) + 1):
            await asyncio.sleep(0)
            yield BlockSealed(number, 0, "0x", "0x", ())
        await asyncio.sleep(60)

    def stats(self):
        return {"state": "running"}

    async def call(self, method, *params):
        self.asked.append(method)
        if method == "eth_getBlockByNumber":
            return {"number": params[0], "transactions": []}
        if self.down:
            self.down -= 1
            raise Unavailable("engine.unavailable", reason="connection_ended")
        (asked,) = params
        wanted = Subscription("logs", "kgst", None, print, *filtered(asked))
        found = [
            each for each in self.blocks[int(asked["fromBlock"], 16) - 1] if wanted.wants(each)
        ]
        if len(found) > self.most:
            raise too_many_logs()
        return found


class Listener:
    """One subscription and what it was told."""

    def __init__(self, kind="logs", permit="SB-2026-0001", **named):
        self.told, self.lost = [], []
        identity = Identity(permit, "permit_key", "x")
        self.made = Subscription(
            kind, "kgst", identity, self._told, *filtered(named), lose=self.lost.append
        )

    def _told(self, text):
        self.told.append(json.loads(text)["params"]["result"])


async def until(holds, seconds=5):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.01)


async def test_a_log_bomb_ends_only_who_asked_for_it_and_the_next_block_comes():
    last = [log(A), log(B, TOPIC)]
    node = Node([[log(A)] * 11 + [log(B, TOPIC)], last])
    heads, every, bombed = Listener("newHeads"), Listener(), Listener(address=[A])
    other, topic = Listener(address=[B]), Listener(topics=[TOPIC])
    feeds = Feeds()
    for each in (heads, every, bombed, other, topic):
        feeds.add(node, each.made)
    await until(lambda: len(other.told) == len(topic.told) == len(heads.told) == 2)
    assert [head["number"] for head in heads.told] == ["0x1", "0x2"]
    assert other.told == topic.told == [log(B, TOPIC)] * 2
    assert every.lost == bombed.lost == [feeds_module.TOO_MANY]
    assert heads.lost == other.lost == topic.lost == []
    await feeds.close()


async def test_an_engine_that_is_away_for_a_moment_costs_nobody_a_log(monkeypatch):
    monkeypatch.setattr(feeds_module, "_RETRY", 0.01)
    node, every, heads = Node([[log(A)], [log(B)]]), Listener(), Listener("newHeads")
    node.down = 5
    feeds = Feeds()
    feeds.add(node, heads.made)
    feeds.add(node, every.made)
    await until(lambda: len(heads.told) == 2)
    await until(lambda: every.told == [log(A), log(B)])
    assert not every.lost
    await feeds.close()


async def test_heads_do_not_wait_for_logs_and_an_engine_that_stays_away_is_not_asked_for_ever(
    monkeypatch,
):
    monkeypatch.setattr(feeds_module, "_RETRY", 0.02)
    node, every, heads = Node([[log(A)]]), Listener(), Listener("newHeads")
    node.down = 10**9
    feeds = Feeds()
    feeds.add(node, every.made)
    feeds.add(node, heads.made)
    await until(lambda: heads.told)
    assert not every.lost
    await until(lambda: every.lost == ["engine.unavailable"])
    await feeds.close()


async def test_filters_that_never_match_are_not_looked_at_and_give_turns_to_others():
    node = Node([[log(A, TOPIC)] * 5_000], most=10_000)
    by_topic = [Listener(topics=[NEVER]) for _ in range(100)]
    by_second = [Listener(topics=[None, NEVER]) for _ in range(100)]
    one = Listener(topics=[TOPIC])
    concerned = Concerned([each.made for each in (*by_topic, one)])
    assert list(concerned.by(log(A, TOPIC))) == [one.made]
    assert list(concerned.by(log(A))) == []
    feeds = Feeds()
    for each in (*by_topic, *by_second, one):
        feeds.add(node, each.made)
    longest, before = 0.0, time.thread_time()
    while len(one.told) < 5_000:
        await asyncio.sleep(0)
        longest, before = max(longest, time.thread_time() - before), time.thread_time()
    assert longest < 0.2
    assert not any(each.told for each in (*by_topic, *by_second))
    await feeds.close()


async def test_subscriptions_of_a_permit_are_bounded_and_of_others_not_touched(monkeypatch):
    monkeypatch.setattr(feeds_module, "OF_PERMIT", 2)
    node, feeds = Node([]), Feeds()
    first, second, third = Listener(), Listener("newPendingTransactions"), Listener("newHeads")
    feeds.add(node, first.made)
    feeds.add(node, second.made)
    with pytest.raises(Conflict) as caught:
        feeds.add(node, third.made)
    assert caught.value.code == "gateway.too_many_subscriptions_of_permit"
    feeds.add(node, Listener(permit="SB-2026-0002").made)
    feeds.remove(third.made)
    with pytest.raises(Conflict):
        feeds.add(node, third.made)
    feeds.remove(first.made)
    feeds.remove(first.made)
    feeds.add(node, third.made)
    with pytest.raises(Conflict):
        feeds.add(node, first.made)
    await feeds.close()
