"""JSON-RPC over WebSocket: the same rules as over HTTP, subscriptions, and how connections end."""

import asyncio
import json
import logging
import socket
import time
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from sandbox.gateway import websocket
from sandbox.gateway.feeds import Subscription, filtered
from sandbox.gateway.identity import Identity
from tests.gateway.support import Permit, System, now, transfer

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


class Client:
    """A client that keeps notifications apart from answers."""

    def __init__(self, raw):
        self.raw, self.told, self._number = raw, [], 0

    def ask(self, method, *params, seconds=10):
        self._number += 1
        body = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": list(params)}
        self.raw.send(json.dumps(body))
        while True:
            said = json.loads(self.raw.recv(timeout=seconds))
            if said.get("id") == self._number:
                return said
            self.told.append(said)

    def ok(self, method, *params):
        said = self.ask(method, *params)
        assert "error" not in said, said
        return said["result"]

    def error(self, method, *params):
        return self.ask(method, *params)["error"]

    def next(self, subscription, seconds=10):
        """The next thing that a subscription brings."""
        deadline = time.monotonic() + seconds
        while True:
            for said in self.told:
                if said["params"]["subscription"] == subscription:
                    self.told.remove(said)
                    return said["params"]["result"]
            left = deadline - time.monotonic()
            assert left > 0, "nothing was told in time"
            self.told.append(json.loads(self.raw.recv(timeout=left)))

    def closed(self, seconds=10):
        """How the connection ended: code and reason."""
        try:
            while True:
                self.raw.recv(timeout=seconds)
        except ConnectionClosed as ended:
            return ended.rcvd.code, ended.rcvd.reason


@contextmanager
def client(system, token=None, *, chain="kgst", path="", **more):
    headers = more.pop("headers", {})
    if token:
        headers = {"Authorization": f"Bearer {token}", **headers}
    url = f"ws://127.0.0.1:{system.port}/rpc/{chain}{path}"
    with connect(url, additional_headers=headers, compression=None, **more) as raw:
        yield Client(raw)


@pytest.fixture
def quiet(system, numbers):
    """A permit of the policies only: nothing of it is on chain."""
    return Permit(system, next(numbers), on_chain=False)


def refused(system, *arguments, **more):
    with pytest.raises(InvalidStatus) as caught, client(system, *arguments, **more):
        pass
    answer = caught.value.response
    return answer.status_code, json.loads(answer.body)["error"]["data"]["code"]


# credentials


def test_a_key_is_taken_in_the_header_and_in_the_path(system, quiet):
    with client(system, quiet.key) as one, client(system, path=f"/{quiet.key}") as other:
        assert one.ok("eth_chainId") == other.ok("eth_chainId") == "0xdc61"
    with client(system, quiet.key, chain="som") as som:
        assert som.ok("eth_chainId") == "0x1a1"


def test_a_handshake_without_a_right_credential_is_refused_with_a_body(system, quiet):
    quiet.keys += [
        quiet.record("sct_ws", kind="customer_token", wallet=quiet.account.address),
        quiet.record("spk_ws-old", expires=now() - timedelta(seconds=1)),
    ]
    quiet.put_keys()
    assert refused(system) == (401, "gateway.token_missing")
    assert refused(system, "spk_wrong") == (401, "gateway.token_unknown")
    assert refused(system, "spk_ws-old") == (401, "gateway.token_expired")
    assert refused(system, path="/" + "ab" * 16) == (401, "gateway.token_in_url")
    assert refused(system, path="/sct_ws") == (401, "gateway.token_in_url")
    assert refused(system, quiet.key, chain="main") == (404, "gateway.chain_unknown")
    with client(system, "sct_ws") as customer:
        assert customer.ok("eth_chainId") == "0xdc61"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", "x"])
def test_a_page_of_another_origin_is_refused(system, quiet, origin):
    path = f"/{quiet.key}"
    more = {"path": path, "headers": {"Origin": origin}}
    assert refused(system, **more) == (403, "gateway.other_origin")


def test_a_page_of_the_same_origin_may_connect(system, quiet):
    own = f"http://127.0.0.1:{system.port}"
    with client(system, path=f"/{quiet.key}", headers={"Origin": own}) as page:
        assert page.ok("eth_chainId") == "0xdc61"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"revoked": True}, "gateway.token_revoked"),
        ({"expires": now() - timedelta(days=1)}, "gateway.token_expired"),
        (None, "gateway.token_unknown"),
    ],
)
def test_a_key_that_ends_in_mid_connection_ends_the_connection_at_once(
    system, quiet, change, reason
):
    secret = f"spk_ends-{reason}-{quiet.number}"
    quiet.keys.append(quiet.record(secret))
    quiet.put_keys()
    with client(system, secret) as ending, client(system, quiet.key) as staying:
        ending.ok("eth_chainId")
        quiet.keys[-1:] = [] if change is None else [quiet.record(secret, **change)]
        begun = time.monotonic()
        quiet.put_keys()
        assert ending.closed() == (websocket.NO_LONGER, reason)
        assert time.monotonic() - begun < 0.9, "not by the look of every second"
        assert staying.ok("eth_chainId") == "0xdc61"


def test_a_key_that_expires_in_mid_connection_ends_it_without_being_used(system, quiet):
    quiet.keys.append(quiet.record("spk_soon", expires=now() + timedelta(seconds=2)))
    quiet.put_keys()
    with client(system, "spk_soon") as ending:
        ending.ok("eth_subscribe", "newHeads")
        assert ending.closed(seconds=8) == (websocket.NO_LONGER, "gateway.token_expired")


def test_a_suspended_permit_reads_on_and_submits_nothing(system, permit):
    with client(system, permit.key) as open_:
        assert open_.ok("eth_sendRawTransaction", permit.sign(data="0x18160ddd"))
        raw = permit.sign(data="0x18160ddd")
        permit.change(state="suspended")
        error = open_.error("eth_sendRawTransaction", raw)
        assert (error["code"], error["data"]["clause"]) == (-32003, "state")
        assert open_.ok("eth_chainId") == "0xdc61"
        permit.change(state="active")
        assert open_.ok("eth_sendRawTransaction", raw)


def test_connections_of_one_permit_are_bounded_and_others_are_not_touched(
    system, quiet, numbers, monkeypatch
):
    monkeypatch.setattr(websocket, "CONNECTIONS", 2)
    other = Permit(system, next(numbers), on_chain=False)
    with client(system, quiet.key), client(system, quiet.key):
        assert refused(system, quiet.key) == (429, "gateway.too_many_connections")
        with client(system, other.key) as free:
            free.ok("eth_chainId")

    def has_room():
        try:
            with client(system, quiet.key) as again:
                return again.ok("eth_chainId")
        except InvalidStatus:
            return False

    system.until(has_room)


# messages


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "gateway.not_json"),
        ("", "gateway.not_json"),
        ("[]", "gateway.batch_empty"),
        (
            '{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"eth_chainId"}',
            "gateway.duplicate_key",
        ),
        (json.dumps([{}] * 101), "gateway.batch_too_long"),
        ("[" * 2000, "gateway.not_json"),
    ],
)
def test_a_message_that_is_no_request_is_answered_and_the_connection_goes_on(
    system, quiet, text, code
):
    with client(system, quiet.key) as open_:
        open_.raw.send(text)
        assert json.loads(open_.raw.recv(timeout=10))["error"]["data"]["code"] == code
        assert open_.ok("eth_chainId") == "0xdc61"


def test_bytes_batches_and_notifications_are_answered_as_over_http(system, quiet):
    with client(system, quiet.key) as open_:
        one = {"jsonrpc": "2.0", "method": "eth_chainId", "params": []}
        open_.raw.send(json.dumps([one, {**one, "id": 7}]).encode())
        (answer,) = json.loads(open_.raw.recv(timeout=10))
        assert (answer["id"], answer["result"]) == (7, "0xdc61")
        open_.raw.send(json.dumps(one))
        assert open_.ok("net_version") == "56417", "a notification has no answer"


def test_the_permits_own_limits_hold_for_each_message(system, quiet):
    quiet.change(limits={"payload_bytes": 300})
    with client(system, quiet.key) as open_:
        open_.raw.send(" " * 301)
        said = json.loads(open_.raw.recv(timeout=10))
        assert (said["id"], said["error"]["data"]["clause"]) == (None, "payload_bytes")
        quiet.change(limits={"units_per_day": 0})
        assert open_.error("eth_chainId")["data"]["clause"] == "units_per_day"
        assert open_.error("anvil_mine")["data"]["code"] == "gateway.method_not_offered"


def test_a_message_that_is_far_too_long_ends_the_connection(system, quiet):
    with client(system, quiet.key) as open_:
        open_.raw.send("x" * 1_100_000)
        assert open_.closed()[0] == 1009


def test_many_messages_at_once_are_all_answered(system, quiet):
    with client(system, quiet.key) as open_:
        for number in range(300):
            body = {"jsonrpc": "2.0", "id": number, "method": "eth_chainId", "params": []}
            open_.raw.send(json.dumps(body))
        answered = {json.loads(open_.raw.recv(timeout=10))["id"] for _ in range(300)}
        assert answered == set(range(300))


# subscriptions


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
        lazy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        many = [{"jsonrpc": "2.0", "id": 0, "method": "eth_nothing"}] * 100  # long answers
        with suppress(ConnectionClosed, TimeoutError, OSError):
            lazy.socket.settimeout(3)
            for _ in range(400):
                lazy.send(json.dumps(many))
        permit.system.ok(permit, "eth_sendRawTransaction", permit.sign(data="0x18160ddd"))
        assert reading.next(heads)["number"]
        deadline = time.monotonic() + 15
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


@pytest.mark.parametrize("parts", [b"\xff", [b"abc", b"\xc3"]])
def test_text_that_is_no_utf8_ends_its_connection_quietly(system, quiet, caplog, parts):
    with client(system, quiet.key) as open_, client(system, quiet.key) as other:
        open_.raw.send(parts, text=True)
        assert open_.closed()[0] == 1007
        other.raw.send(json.dumps({"jsonrpc": "2.0", "id": "ы", "method": "eth_chainId"}))
        assert json.loads(other.raw.recv(timeout=10))["id"] == "ы"
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


# the gateway itself


@pytest.fixture
def own(tmp_path_factory):
    root = tmp_path_factory.mktemp("ws")
    running = System(root, max_age=2.0).start()
    yield running
    running.stop()


def test_without_news_from_the_desk_connections_are_closed(own):
    permit = Permit(own, "SB-2026-0001", on_chain=False)
    with client(own, permit.key) as open_:
        open_.ok("eth_subscribe", "newHeads")
        assert open_.closed(seconds=8) == (websocket.LATER, "gateway.policy_stale")
    assert refused(own, permit.key) == (503, "gateway.policy_stale")
    own.inside.heartbeat({})
    with client(own, permit.key) as again:
        again.ok("eth_chainId")


def test_a_gateway_that_stops_says_so_and_stops_in_time(own):
    permit = Permit(own, "SB-2026-0001", on_chain=False)
    own.inside.heartbeat({})
    with client(own, permit.key) as open_:
        open_.ok("eth_subscribe", "newHeads")
        own.stop()
        assert open_.closed()[0] == 1012
    own.start()


def test_no_line_of_any_log_holds_a_key_that_was_in_a_path(system, quiet, caplog):
    """Whatever the level: libraries of the public side would log paths."""
    loggers = [logging.getLogger(name) for name in ("", "uvicorn")]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.DEBUG)
    try:
        with client(system, path=f"/{quiet.key}") as open_:
            open_.ok("eth_chainId")
            open_.raw.send("{")
            open_.raw.recv(timeout=10)
        refused(system, path=f"/{quiet.key}x")
        refused(system, path=f"/{quiet.key}", headers={"Origin": "https://evil.example"})
        system.http.post(f"/rpc/kgst/{quiet.key}", content=b"{")
        system.http.get(f"/rpc/kgst/{quiet.key}")
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
    theirs = ("websockets.client", "httpx", "httpcore")
    ours = [r for r in caplog.records if not r.name.startswith(theirs)]
    assert [r.getMessage() for r in ours if quiet.key in r.getMessage()] == []
