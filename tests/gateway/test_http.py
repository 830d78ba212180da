"""The public side over HTTP: credentials, bodies, batches, answers."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
import structlog

from sandbox.gateway.answers import ANSWERS
from sandbox.gateway.http_protocol import DRAINED, MAX_BODY
from tests.gateway.support import Permit, now

CHAIN_ID = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}


@pytest.fixture(scope="module")
def shared(system, numbers):
    return Permit(system, next(numbers), on_chain=False)


def code(answer):
    return answer.json()["error"]["data"]["code"]


def test_a_permit_key_is_taken_in_the_header_and_as_the_last_path_part(system, shared):
    assert system.post("kgst", CHAIN_ID, shared.key).json()["result"] == "0xdc61"
    answer = system.http.post(f"/rpc/kgst/{shared.key}", json=CHAIN_ID)
    assert answer.json()["result"] == "0xdc61"
    assert system.post("som", CHAIN_ID, shared.key).json()["result"] == "0x1a1"


def test_a_request_without_a_right_credential_is_401_with_a_body(system, shared):
    customer = shared.record("sct_x", kind="customer_token", wallet=shared.account.address)
    old = now() - timedelta(seconds=1)
    shared.keys += [
        customer,
        shared.record("spk_revoked", revoked=True),
        shared.record("spk_expired", expires=old),
    ]
    shared.put_keys()
    cases = [
        (system.post("kgst", CHAIN_ID), "gateway.token_missing"),
        (system.post("kgst", CHAIN_ID, "spk_unknown"), "gateway.token_unknown"),
        (system.post("kgst", CHAIN_ID, shared.key + "x"), "gateway.token_unknown"),
        (system.post("kgst", CHAIN_ID, "x" * 600), "gateway.token_unknown"),
        (system.post("kgst", CHAIN_ID, "no hub token"), "gateway.token_unknown"),
        (system.post("kgst", CHAIN_ID, "spk_revoked"), "gateway.token_revoked"),
        (system.post("kgst", CHAIN_ID, "spk_expired"), "gateway.token_expired"),
        (system.http.post("/rpc/kgst/sct_x", json=CHAIN_ID), "gateway.token_in_url"),
        (system.http.post("/rpc/kgst/" + "ab" * 16, json=CHAIN_ID), "gateway.token_in_url"),
        (
            system.http.post(
                f"/rpc/kgst/{shared.key}", json=CHAIN_ID, headers={"Authorization": "Bearer sct_x"}
            ),
            "gateway.two_tokens",
        ),
        (
            system.post("kgst", CHAIN_ID, headers={"Authorization": "Basic " + shared.key}),
            "gateway.token_missing",
        ),
    ]
    for answer, expected in cases:
        assert (answer.status_code, code(answer)) == (401, expected)
        assert answer.json()["error"]["code"] == -32001
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert system.post("kgst", CHAIN_ID, "sct_x").json()["result"] == "0xdc61"


def test_one_connection_is_asked_anew_who_it_is_with_each_request(system, shared):
    """What path and headers meant is kept for a connection only while they say the same."""
    with httpx.Client(base_url=f"http://127.0.0.1:{system.port}") as client:

        def ask(chain="kgst", bearer=shared.key, language="en", body=CHAIN_ID):
            headers = {"Authorization": f"Bearer {bearer}", "Accept-Language": language}
            return client.post(f"/rpc/{chain}", json=body, headers=headers)

        for _ in range(2):
            assert ask().json()["result"] == "0xdc61"
            assert ask(chain="som").json()["result"] == "0x1a1"
            assert code(ask(bearer="spk_unknown")) == "gateway.token_unknown"
            assert code(client.post("/rpc/kgst", json=CHAIN_ID)) == "gateway.token_missing"
            assert code(ask(chain="usd")) == "gateway.chain_unknown"
            said = [ask(language=each, body={}).json()["error"]["message"] for each in ("en", "ru")]
            assert said[0] != said[1]
            path = client.post(f"/rpc/som/{shared.key}", json=CHAIN_ID)
            assert path.json()["result"] == "0x1a1"


def test_a_key_that_is_no_longer_among_the_keys_is_unknown_at_once(system, shared):
    shared.keys.append(shared.record("spk_short"))
    shared.put_keys()
    assert "result" in system.post("kgst", CHAIN_ID, "spk_short").json()
    shared.keys.pop()
    shared.put_keys()
    assert code(system.post("kgst", CHAIN_ID, "spk_short")) == "gateway.token_unknown"


def test_a_hub_that_does_not_answer_refuses_and_says_so(system):
    answer = system.post("kgst", CHAIN_ID, "ab" * 16)
    assert (answer.status_code, code(answer)) == (200, "gateway.hub_unavailable")
    assert answer.json()["error"]["code"] == -32002


@pytest.mark.parametrize(
    "path", ["/rpc/main", "/rpc/KGST", "/rpc/kgst%20", "/rpc/", "/", "/x/kgst"]
)
def test_an_unknown_chain_is_404(system, shared, path):
    headers = {"Authorization": f"Bearer {shared.key}"}
    answer = system.http.post(path, json=CHAIN_ID, headers=headers)
    assert (answer.status_code, code(answer)) == (404, "gateway.chain_unknown")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_anything_but_post_is_405(system, shared, method):
    headers = {"Authorization": f"Bearer {shared.key}", "Origin": "https://evil.example"}
    answer = system.http.request(method, "/rpc/kgst", headers=headers)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_no_answer_is_readable_from_another_origin(system, shared):
    answer = system.post("kgst", CHAIN_ID, shared.key, headers={"Origin": "https://evil.example"})
    assert answer.json()["result"]
    assert not [name for name in answer.headers if name.startswith("access-control")]


BODIES = {
    "empty": (b"", 200, -32700, "gateway.not_json"),
    "half": (b'{"jsonrpc":', 200, -32700, "gateway.not_json"),
    "html": (b"<html>", 200, -32700, "gateway.not_json"),
    "empty batch": (b"[]", 200, -32600, "gateway.batch_empty"),
    "a thousand": (
        json.dumps([CHAIN_ID] * 1000).encode(),
        200,
        -32600,
        "gateway.batch_too_long",
    ),
    "a key twice": (
        b'{"jsonrpc":"2.0","id":1,"id":2,"method":"eth_chainId"}',
        200,
        -32700,
        "gateway.duplicate_key",
    ),
    "deep": (b"[" * 500 + b"]" * 500, 200, -32700, "gateway.too_deep"),
    "very deep": (b"[" * 100_000, 200, -32700, "gateway.not_json"),
    "five megabytes": (b" " * 5_000_000, 413, -32600, "gateway.body_too_long"),
    "one byte too long": (b" " * (MAX_BODY + 1), 413, -32600, "gateway.body_too_long"),
    "too long to be read away": (b" " * (DRAINED + 1), 413, -32600, "gateway.body_too_long"),
    "huge id": (
        b'{"jsonrpc":"2.0","id":99999999999999999999999,"method":"eth_chainId"}',
        200,
        -32600,
        "gateway.id_invalid",
    ),
    "named parameters": (
        b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{"a":1}}',
        200,
        -32602,
        "gateway.params_invalid",
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body_has_one_clear_error_and_the_process_goes_on(system, shared, name):
    body, status, number, expected = BODIES[name]
    try:
        answer = system.post("kgst", body, shared.key)
    except httpx.WriteError:
        assert len(body) > DRAINED, "only a body that is not read to its end may be cut off"
    else:
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, number)
        assert code(answer) == expected
        assert answer.json()["id"] in (None, 1)
    assert system.post("kgst", CHAIN_ID, shared.key).json()["result"] == "0xdc61"


def test_a_batch_is_answered_in_its_order_with_each_ones_own_error(system, shared):
    body = [
        {**CHAIN_ID, "id": "a"},
        {**CHAIN_ID, "id": 2, "method": "eth_nothing"},
        7,
        {"jsonrpc": "2.0", "method": "eth_chainId"},
        {**CHAIN_ID, "id": None, "method": "anvil_mine"},
        {**CHAIN_ID, "id": 5, "method": "eth_blockNumber"},
    ]
    answers = system.post("kgst", body, shared.key).json()
    assert [each["id"] for each in answers] == ["a", 2, None, None, 5]
    numbers = [each.get("error", {}).get("code") for each in answers]
    assert numbers == [None, -32601, -32600, -32004, None]


def test_notifications_only_are_answered_with_nothing(system, shared):
    body = [{"jsonrpc": "2.0", "method": "eth_chainId"}] * 3
    for asked in (body, body[0]):
        answer = system.post("kgst", asked, shared.key)
        assert (answer.status_code, answer.content) == (204, b"")


def test_messages_come_in_the_readers_language_and_english_by_default(system):
    said = {
        lang: system.post("kgst", CHAIN_ID, headers={"Accept-Language": lang} if lang else {})
        for lang in ("", "ru", "ky", "de")
    }
    words = {lang: answer.json()["error"]["message"] for lang, answer in said.items()}
    assert words[""] == "No token was sent."
    assert words["ru"] == "Токен не передан."
    assert words["ky"] == "Токен жөнөтүлгөн жок."
    assert words["de"]


def test_fees_are_what_the_chains_terms_say(system, shared):
    for chain, price in (("kgst", hex(10**9)), ("som", "0x0")):
        asked = {"eth_gasPrice": [], "eth_maxPriorityFeePerGas": []}
        for method, params in asked.items():
            assert system.ok(shared, method, *params, chain=chain) == price
        history = system.ok(shared, "eth_feeHistory", "0x4", "latest", [50], chain=chain)
        assert set(history["baseFeePerGas"]) == {"0x0"}
        assert history["reward"][0] == [price]
    assert system.ok(shared, "net_version", chain="som") == "417"
    assert system.ok(shared, "web3_clientVersion").startswith("synak/")


def test_a_block_is_answered_without_whole_transactions_when_nothing_is_said(system, shared):
    block = system.ok(shared, "eth_getBlockByNumber", "0x1")
    assert block == system.ok(shared, "eth_getBlockByNumber", "0x1", False)
    assert block == system.ok(shared, "eth_getBlockByHash", block["hash"])
    whole = system.ok(shared, "eth_getBlockByNumber", "0x1", True)
    assert whole["transactions"]
    assert block["transactions"] == [each["hash"] for each in whole["transactions"]]


def test_more_requests_a_second_than_the_permit_allows_are_refused_and_folded(system, permit):
    permit.change(limits={"requests_per_second": 5})
    answers = [system.rpc(permit, "eth_chainId") for _ in range(40)]
    errors = [each["error"] for each in answers if "error" in each]
    assert 5 <= sum("result" in each for each in answers) < 40
    assert {each["code"] for each in errors} == {-32005}
    assert {each["data"]["clause"] for each in errors} == {"requests_per_second"}
    records = system.inside.refusals(0, permit=permit.number)
    assert [each["clause"] for each in records] == ["requests_per_second"]


def test_an_answer_that_cannot_be_written_fails_alone(system, shared, monkeypatch):
    deep = []
    for _ in range(1_000):
        deep = [deep]

    async def bottomless(_where, _params):
        return deep

    monkeypatch.setitem(ANSWERS, "net_version", bottomless)
    batch = [CHAIN_ID, {**CHAIN_ID, "id": 2, "method": "net_version"}, {**CHAIN_ID, "id": 3}]
    answer = system.post("kgst", batch, shared.key)
    first, second, third = answer.json()
    assert (answer.status_code, first["result"], third["result"]) == (200, "0xdc61", "0xdc61")
    assert (second["id"], second["error"]["data"]["code"]) == (2, "gateway.internal")


def test_a_batch_is_charged_for_each_of_its_requests(system, permit):
    permit.change(limits={"requests_per_second": 5})
    answers = system.post("kgst", [CHAIN_ID] * 20, permit.key).json()
    assert sum("result" in each for each in answers) == 5


def test_rotating_network_addresses_do_not_refill_the_quota(system, permit):
    permit.change(limits={"requests_per_second": 2})
    answers = [
        system.post("kgst", CHAIN_ID, permit.key, headers={"X-Forwarded-For": f"10.0.0.{n}"}).json()
        for n in range(12)
    ]
    assert sum("result" in each for each in answers) < 8


def test_a_body_longer_than_the_permit_allows_is_refused(system, permit):
    permit.change(limits={"payload_bytes": 200})
    answer = system.post("kgst", json.dumps(CHAIN_ID).encode().ljust(201), permit.key)
    assert answer.json()["error"]["data"]["clause"] == "payload_bytes"
    assert (
        "result" in system.post("kgst", json.dumps(CHAIN_ID).encode().ljust(200), permit.key).json()
    )


def test_many_clients_at_once_are_all_answered(system, shared):
    with ThreadPoolExecutor(20) as pool:
        numbers = list(pool.map(lambda _: system.ok(shared, "eth_blockNumber")[:2], range(200)))
    assert numbers == ["0x"] * 200


def test_reads_of_another_block_range_are_bounded(system, shared):
    wide = {"fromBlock": "earliest", "toBlock": "latest"}
    assert isinstance(system.ok(shared, "eth_getLogs", wide), list)
    head = int(system.ok(shared, "eth_blockNumber"), 16)
    reverse = {"fromBlock": hex(head + 50_000), "toBlock": hex(head + 90_000)}
    answer = system.rpc(shared, "eth_getLogs", reverse)
    assert answer.get("result") == [] or answer["error"]["code"] < 0


def test_a_permit_key_in_the_address_reaches_no_log(system, permit, capfd, caplog):
    structlog.reset_defaults()
    permit.change(limits={"requests_per_second": 3})
    for _ in range(6):
        system.http.post(f"/rpc/kgst/{permit.key}", json=CHAIN_ID)
    system.http.get(f"/rpc/kgst/{permit.key}")
    system.http.post(f"/rpc/main/{permit.key}", content=b"{")
    with socket.create_connection(("127.0.0.1", system.port)) as raw:
        raw.sendall(f"POST /rpc/kgst/{permit.key} HTTP/9.9\r\nbroken\r\n\r\n".encode())
        assert b"400" in raw.recv(1000)
    captured = capfd.readouterr()
    everything = captured.out + captured.err + caplog.text
    assert "gateway.refused" in everything, "the log is not seen by this test"
    assert permit.key not in everything
