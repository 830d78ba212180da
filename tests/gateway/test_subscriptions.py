"""Subscriptions over WebSocket: what is told, to whom, in which order, and what bounds it."""

import asyncio
import json
import time
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from sandbox.gateway import feeds, websocket
from sandbox.gateway.feeds import Subscription, filtered
from sandbox.gateway.identity import Identity
from tests.gateway.support import Permit, transfer
from tests.gateway.websocket_support import client

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


def test_over_http_a_subscription_is_refused_and_says_where(system, quiet):
    assert system.error(quiet, "eth_subscribe", "newHeads")["data"]["code"] == (
        "gateway.websocket_only"
    )


def test_new_heads_are_told_each_once_and_in_order(system, permit):
    with client(system, permit.key) as open_:
        heads = open_.ok("eth_subscribe", "newHeads")
        numbers = []
        for _ in range(3):
            digest = open_.ok("eth_sendRawTransactionSync", permit.sign(data="0x18160ddd"))
            head = open_.next(heads)
            numbers.append(int(head["number"], 16))
            while numbers[-1] < int(digest["blockNumber"], 16):
                head = open_.next(heads)
                numbers.append(int(head["number"], 16))
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        block = open_.ok("eth_getBlockByNumber", head["number"], False)
        assert head["hash"] == block["hash"]
        assert head.items() <= block.items()
        assert "transactions" not in head
        assert open_.ok("eth_unsubscribe", heads) is True
        assert open_.ok("eth_unsubscribe", heads) is False
        open_.ok("eth_sendRawTransactionSync", permit.sign(data="0x18160ddd"))
        time.sleep(0.3)
        open_.ok("eth_chainId")
        assert open_.told == []


def test_logs_are_told_by_address_and_topics_only(system, permit):
    wallet, _ = permit.customer(1)
    permit.issue(permit.account.address, 100 * 10**18)
    to = "0x" + wallet[2:].lower().rjust(64, "0")
    with client(system, permit.key) as open_:
        mine = open_.ok("eth_subscribe", "logs", {"address": permit.token, "topics": [TRANSFER]})
        there = open_.ok("eth_subscribe", "logs", {"topics": [[TRANSFER], None, to]})
        every = open_.ok("eth_subscribe", "logs")
        never = open_.ok("eth_subscribe", "logs", {"address": permit.account.address})
        other = open_.ok("eth_subscribe", "logs", {"topics": [TRANSFER, to]})
        raw = permit.sign(data=transfer(wallet, 3))
        receipt = open_.ok("eth_sendRawTransactionSync", raw)
        (expected,) = [log for log in receipt["logs"] if log["topics"][0] == TRANSFER]
        assert open_.next(mine) == expected
        assert open_.next(there) == expected
        assert [open_.next(every) for _ in receipt["logs"]] == receipt["logs"]
        time.sleep(0.2)
        open_.ok("eth_chainId")
        told = {said["params"]["subscription"] for said in open_.told}
        assert not told & {never, other, mine}


def test_own_pending_transactions_are_told_and_nobody_elses(system, permit, numbers):
    other = Permit(system, next(numbers))
    wallet, token = permit.customer(1, 10**18)
    with (
        client(system, permit.key) as mine,
        client(system, token) as customer,
        client(system, other.key) as foreign,
    ):
        told = {
            c: c.ok("eth_subscribe", "newPendingTransactions") for c in (mine, customer, foreign)
        }
        digest = mine.ok("eth_sendRawTransaction", permit.sign(data="0x18160ddd"))
        assert mine.next(told[mine]) == digest
        paid = customer.ok(
            "eth_sendTransaction",
            {"from": wallet, "to": permit.token, "data": transfer(permit.managed, 1)},
        )
        assert customer.next(told[customer]) == paid
        assert mine.next(told[mine]) == paid
        refused_ = mine.error("eth_sendRawTransaction", permit.sign(value=1))
        assert refused_["data"]["clause"] == "native_value"
        time.sleep(0.2)
        for each in (mine, customer, foreign):
            each.ok("eth_chainId")
            assert each.told == []


def test_subscriptions_of_a_connection_are_bounded(system, quiet, monkeypatch):
    monkeypatch.setattr(websocket, "SUBSCRIPTIONS", 2)
    with client(system, quiet.key) as open_:
        first = open_.ok("eth_subscribe", "newHeads")
        open_.ok("eth_subscribe", "logs")
        error = open_.error("eth_subscribe", "logs")
        assert error["data"]["code"] == "gateway.too_many_subscriptions"
        assert open_.ok("eth_unsubscribe", first)
        assert open_.ok("eth_subscribe", "logs")


def test_a_subscription_is_known_to_its_own_connection_only(system, quiet):
    with client(system, quiet.key) as one, client(system, quiet.key) as other:
        made = one.ok("eth_subscribe", "newHeads")
        assert other.ok("eth_unsubscribe", made) is False
        assert one.ok("eth_unsubscribe", made) is True


def test_a_client_that_does_not_read_is_cut_off_and_others_are_told_on(system, permit, monkeypatch):
    monkeypatch.setattr(websocket, "UNSENT", 200_000)
    with (
        client(system, permit.key) as reading,
        connect(
            f"ws://127.0.0.1:{system.port}/rpc/kgst/{permit.key}", compression=None, max_queue=1
        ) as lazy,
    ):
        heads = reading.ok("eth_subscribe", "newHeads")
        many = [{"jsonrpc": "2.0", "id": 0, "method": "eth_nothing"}] * 100  # long answers
        with suppress(ConnectionClosed, TimeoutError, OSError):
            lazy.socket.settimeout(3)
            for _ in range(400):
                lazy.send(json.dumps(many))
        permit.system.ok(permit, "eth_sendRawTransaction", permit.sign(data="0x18160ddd"))
        assert reading.next(heads)["number"]
        deadline = time.monotonic() + 60
        with pytest.raises(ConnectionClosed) as ended:  # noqa: PT012
            while time.monotonic() < deadline:
                lazy.recv(timeout=5)
        assert ended.value.rcvd is None or ended.value.rcvd.reason == "gateway.too_slow"


def test_a_feed_that_was_cut_off_goes_on_without_a_gap():
    """The chain cuts a listener that is too slow; subscribers miss nothing."""
    from sandbox.chain.events import BlockSealed
    from sandbox.gateway.feeds import Feeds
    from sandbox.kit.errors import Unavailable

    class Node:
        def __init__(self):
            self.head, self.listened = BlockSealed(1, 0, "0x", "0x", ()), 0

        def subscribe(self):
            self.listened += 1
            return self.events(self.listened)

        async def events(self, turn):
            if turn == 1:
                yield BlockSealed(2, 0, "0x", "0x", ())
                self.head = BlockSealed(5, 0, "0x", "0x", ())
                raise Unavailable("events.too_slow", limit=1)
            yield BlockSealed(6, 0, "0x", "0x", ())
            await asyncio.sleep(60)

        async def call(self, method, number, full):
            return {"number": number, "transactions": []}

    async def run():
        feeds, told = Feeds(), []
        identity = Identity("SB-2026-0001", "permit_key", "x")
        done = asyncio.Event()

        def deliver(text):
            told.append(text)
            if len(told) == 5:
                done.set()

        feeds.add(Node(), Subscription("newHeads", "kgst", identity, deliver))
        await asyncio.wait_for(done.wait(), 5)
        await feeds.close()
        return [json.loads(text)["params"]["result"]["number"] for text in told]

    assert asyncio.run(run()) == ["0x2", "0x3", "0x4", "0x5", "0x6"]


@pytest.mark.parametrize(
    ("asked", "log", "wanted"),
    [
        ({}, ["0x1"], True),
        ({"topics": []}, [], True),
        ({"topics": [None]}, [], False),
        ({"topics": [[], "0x2"]}, ["0x1", "0x2"], True),
        ({"topics": ["0x2"]}, ["0x1", "0x2"], False),
        ({"topics": [["0x1", "0x3"]]}, ["0x3"], True),
        ({"address": ["0xbb"]}, ["0x1"], False),
        ({"address": ["0xaa"]}, ["0x1"], True),
    ],
)
def test_a_log_passes_exactly_the_filters_that_a_node_would_let_it_pass(asked, log, wanted):
    identity = Identity("SB-2026-0001", "permit_key", "x")
    made = Subscription("logs", "kgst", identity, print, *filtered(asked))
    assert made.wants({"address": "0xAA", "topics": log}) is wanted


def test_what_is_held_for_an_answer_counts_as_waiting(monkeypatch):
    """Notifications that wait for a batch's answer are in the same bound as what is not read."""
    monkeypatch.setattr(websocket, "UNSENT", 1_000)

    def connection():
        cuts = []
        opening = websocket.Opening("kgst", None, "en", None, "x")
        identity = Identity("SB-2026-0001", "permit_key", "x")
        return cuts, websocket._Connection(
            opening, identity, None, None, None, lambda *why: cuts.append(why)
        )

    cuts, one = connection()
    feed = websocket._MessageFeed(one)
    for _ in range(3):
        feed._deliver("x" * 300)
    assert (cuts, one._bytes, len(one._unsent)) == ([], 900, 0)
    feed.release()
    feed._deliver("x" * 100)
    assert (cuts, one._bytes, len(one._unsent)) == ([], 1_000, 4), "each is counted once"
    cuts, one = connection()
    feed = websocket._MessageFeed(one)
    for _ in range(50):
        feed._deliver("x" * 300)
    assert cuts == [(websocket.TOO_SLOW, "gateway.too_slow")]
    assert feed._held == [], "nothing is kept for who was cut off"
    feed.release()
    assert not one._unsent


def test_every_code_that_closes_a_connection_stands_in_the_how_to():
    page = (Path(__file__).parents[2] / "docs/how-to/keys-and-subscriptions.md").read_text()
    table = {
        int(line.split("|")[1]): line
        for line in page.splitlines()
        if line.startswith("| ") and line.split("|")[1].strip().isdigit()
    }
    protocol = {1007, 1009, 1012}
    assert protocol | {websocket.NO_LONGER, websocket.TOO_SLOW, websocket.LATER} == set(table)
    for reason in ("gateway.too_slow", feeds.TOO_MANY, "engine.unavailable", "history.rebuilding"):
        assert f"`{reason}`" in page.split("| close code |")[1], reason
