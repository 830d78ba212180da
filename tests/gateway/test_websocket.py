"""JSON-RPC over WebSocket: the same rules as over HTTP, and how connections end."""

import json
import logging
import time
from datetime import timedelta

import pytest
from websockets.exceptions import InvalidStatus

from sandbox.gateway import websocket
from tests.gateway.support import Permit, System, now
from tests.gateway.websocket_support import client, refused

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
