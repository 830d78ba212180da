"""Every method of the installed engine is classified; matching is exact; parameters are checked."""

import re
import subprocess
import time

import httpx
import pytest

from sandbox.gateway.methods import METHODS, OFFERED, PRICES, Kind, find
from sandbox.gateway.steps.classify import classify
from sandbox.gateway.steps.parse import Request
from sandbox.gateway.top_call import TOP_CALL
from sandbox.kit.errors import InvalidInput
from sandbox.toolchain.tools import anvil
from tests.support.ports import free_port

ADDRESS = "0x" + "ab" * 20
ASKED = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
HASH = "0x" + "cd" * 32
_NAME = re.compile(
    rb"(?=((?:eth|net|web3|debug|trace|txpool|ots|anvil|hardhat|evm|tenderly|personal|erigon"
    rb"|engine|admin|miner|parity|rpc)_[A-Za-z0-9_]{2,44}))"
)


def names_in(program):
    """Every beginning of every run of letters that may hold a method name."""
    found = set()
    for run in set(_NAME.findall(program.read_bytes())):
        text = run.decode()
        start = text.index("_") + 3
        found.update(text[:end] for end in range(start, min(len(text), 48) + 1))
    return sorted(found)


@pytest.fixture(scope="module")
def engine():
    """An engine of its own over HTTP: only there does it tell an unknown name from wrong values."""
    port = free_port()
    command = [str(anvil()), "--port", str(port), "--quiet"]
    with (
        subprocess.Popen(command) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        for _ in range(200):
            try:
                client.post("/", json={"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"})
                break
            except httpx.ConnectError:
                time.sleep(0.02)
        yield client
        process.kill()


def known_to(engine, names):
    """Which names the engine knows: anything but "method not found" (most values are wrong)."""
    known = set()
    for start in range(0, len(names), 500):
        page = names[start : start + 500]
        batch = [
            {"jsonrpc": "2.0", "id": number, "method": name, "params": [{}]}
            for number, name in enumerate(page)
        ]
        for answer in engine.post("/", json=batch).json():
            if answer.get("error", {}).get("code") != -32601:
                known.add(page[answer["id"]])
    return known


def test_every_method_of_the_installed_engine_is_classified(engine):
    known = known_to(engine, names_in(anvil()))
    assert len(known) > 150, "the names could not be read out of the engine"
    assert sorted(known - set(METHODS)) == []


def test_no_row_names_a_method_that_the_engine_does_not_have(engine):
    only_over_sockets_or_ours = ["eth_subscribe", "eth_unsubscribe", "synak_check"]
    assert sorted(set(METHODS) - known_to(engine, sorted(METHODS))) == only_over_sockets_or_ours


@pytest.mark.parametrize(
    "name",
    [
        "eth_sendRawTransaction ",
        " eth_sendRawTransaction",
        "ETH_SENDRAWTRANSACTION",
        "eth_sendrawtransaction",
        "eth_sendRawTransaction\x00",
        "еth_call",
        "eth_sendRawTransactionConditional",
        "engine_newPayloadV3",
        "",
    ],
)
def test_a_name_that_is_not_exactly_listed_is_refused(name):
    assert find(name) is None
    with pytest.raises(InvalidInput) as caught:
        classify(Request(1, name, []))
    assert caught.value.code == "gateway.method_unknown"


@pytest.mark.parametrize(
    "name",
    [
        "anvil_setBalance",
        "anvil_mine",
        "evm_mine",
        "hardhat_setCode",
        "evm_snapshot",
        "eth_signTransaction",
        "eth_sign",
        "eth_sendUnsignedTransaction",
        "eth_sendTransactionSync",
        "debug_dbGet",
        "eth_submitWork",
        "eth_simulateV1",
        "eth_newFilter",
        "txpool_content",
        "trace_transaction",
    ],
)
def test_a_known_method_that_is_not_offered_says_so(name):
    with pytest.raises(InvalidInput) as caught:
        classify(Request(1, name, []))
    assert caught.value.code == "gateway.method_not_offered"


def test_cheats_are_never_offered():
    prefixes = ("anvil_", "hardhat_", "evm_", "tenderly_")
    cheats = [row for row in METHODS.values() if row.name.startswith(prefixes)]
    assert {row.kind for row in cheats} == {Kind.LAB}
    assert Kind.LAB not in OFFERED


def test_both_ways_to_submit_raw_transactions_are_submissions():
    names = {row.name for row in METHODS.values() if row.kind is Kind.SUBMIT}
    assert names == {"eth_sendRawTransaction", "eth_sendRawTransactionSync"}


CALL = {"to": ADDRESS, "data": "0x"}


@pytest.mark.parametrize(
    ("method", "params", "sent"),
    [
        ("eth_getBalance", [ADDRESS], [ADDRESS, "latest"]),
        ("eth_getBalance", [ADDRESS, "pending"], [ADDRESS, "latest"]),
        ("eth_getBalance", [ADDRESS, "0x0010"], [ADDRESS, "0x10"]),
        ("eth_getBlockByNumber", ["pending", False], ["latest", False]),
        ("eth_call", [CALL], [{"to": ADDRESS, "data": "0x", "gas": "0x1000000"}, "latest"]),
        (
            "eth_call",
            [{**CALL, "gas": "0xffffffffffff"}, "latest"],
            [{"to": ADDRESS, "data": "0x", "gas": "0x1000000"}, "latest"],
        ),
        (
            "eth_call",
            [{"input": "0x01", "data": "0x01"}, {"blockHash": HASH, "requireCanonical": True}],
            [{"data": "0x01", "gas": "0x1000000"}, {"blockHash": HASH}],
        ),
        (
            "debug_traceTransaction",
            [HASH, ASKED],
            [HASH, TOP_CALL],
        ),
        (
            "debug_traceCall",
            [CALL, "latest", ASKED],
            [{"to": ADDRESS, "data": "0x", "gas": "0xf4240"}, "latest", TOP_CALL],
        ),
        (
            "eth_getLogs",
            [{"fromBlock": "0x1", "address": ADDRESS, "topics": [None, [HASH]]}],
            [
                {
                    "fromBlock": "0x1",
                    "toBlock": "latest",
                    "address": [ADDRESS],
                    "topics": [None, [HASH]],
                }
            ],
        ),
        ("eth_getTransactionCount", [ADDRESS, "pending"], [ADDRESS, "pending"]),
    ],
)
def test_parameters_are_read_and_bounded(method, params, sent):
    assert classify(Request(1, method, params)).params == sent


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_blockNumber", [1]),
        ("eth_getBalance", []),
        ("eth_getBalance", ["0x12"]),
        ("eth_getBalance", [ADDRESS, "newest"]),
        ("eth_getBalance", [ADDRESS, "0x" + "f" * 64]),
        ("eth_getBalance", [ADDRESS, -1]),
        ("eth_getBalance", [ADDRESS, {"blockNumber": "0x1", "blockHash": HASH}]),
        ("eth_getBalance", [ADDRESS, {}]),
        ("eth_getBlockByNumber", ["0x1", "yes"]),
        ("eth_getBlockByNumber", [{"blockHash": HASH}]),
        ("eth_getTransactionByBlockHashAndIndex", [HASH, "0xffffffffffffffff"]),
        ("eth_call", [{**CALL, "gas": "-0x1"}]),
        ("eth_call", [{**CALL, "gas": 5}]),
        ("eth_call", [{**CALL, "value": "0x" + "f" * 65}]),
        ("eth_call", [{**CALL, "data": "0x123"}]),
        ("eth_call", [{**CALL, "data": "0x01", "input": "0x02"}]),
        ("eth_call", [{**CALL, "authorizationList": []}]),
        ("eth_call", [{**CALL, "blobVersionedHashes": []}]),
        ("eth_call", [{**CALL, "type": "0x4"}]),
        ("eth_call", [[CALL]]),
        ("eth_getLogs", [{"blockHash": HASH, "fromBlock": "0x1"}]),
        ("eth_getLogs", [{"topics": [HASH] * 5}]),
        ("eth_getLogs", [{"address": [ADDRESS] * 101}]),
        ("debug_traceTransaction", [HASH]),
        ("debug_traceTransaction", [HASH, {"tracer": "{result: function(){}}"}]),
        ("debug_traceTransaction", [HASH, {"tracer": "calltracer"}]),
        ("debug_traceTransaction", [HASH, {"tracer": "callTracer"}]),
        (
            "debug_traceTransaction",
            [HASH, {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": False}}],
        ),
        (
            "debug_traceTransaction",
            [
                HASH,
                {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True, "withLog": True}},
            ],
        ),
        ("debug_traceTransaction", [HASH, {"tracer": "prestateTracer"}]),
        ("debug_traceCall", [{**CALL, "gas": "0xf4241"}, "latest", ASKED]),
        ("debug_traceCall", [CALL, "latest", TOP_CALL]),
        ("debug_traceCall", [CALL, "latest", {"tracer": "callTracer"}]),
        ("debug_traceTransaction", [HASH, {"tracer": "callTracer", "tracerConfig": {"x": True}}]),
        ("debug_traceCall", [CALL, "latest", {"tracer": "callTracer", "stateOverrides": {}}]),
        ("debug_traceCall", [CALL, "latest", {"tracer": "muxTracer"}]),
        ("eth_feeHistory", ["0x1", "latest", "abc"]),
        ("eth_getProof", [ADDRESS, ["0x0"] * 65, "latest"]),
        ("eth_sendRawTransaction", [HASH, HASH]),
        ("eth_sendRawTransactionSync", [HASH, 60_001]),
        ("eth_sendTransaction", [CALL]),
        ("personal_sign", ["hello", ADDRESS]),
    ],
)
def test_an_odd_parameter_never_reaches_the_engine(method, params):
    with pytest.raises(InvalidInput) as caught:
        classify(Request(1, method, params))
    assert caught.value.code == "gateway.params_invalid"


@pytest.mark.parametrize("extra", [[{ADDRESS: {"balance": "0x1"}}], [{}, {"time": "0x1"}]])
@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_state_and_block_overrides_are_refused_by_name(method, extra):
    with pytest.raises(InvalidInput) as caught:
        classify(Request(1, method, [CALL, "latest", *extra]))
    assert caught.value.code == "gateway.override_refused"


def test_every_offered_method_has_a_price_and_nothing_else_has():
    assert {row.kind for row in METHODS.values() if row.units} == set(OFFERED)
    assert [row.name for row in METHODS.values() if row.kind in OFFERED and row.units < 1] == []
    assert set(PRICES) <= set(METHODS)


def test_what_runs_code_or_searches_costs_more_than_a_look_up():
    look_up = METHODS["eth_getBalance"].units
    for name in ("eth_call", "eth_getLogs", "eth_estimateGas", "debug_traceCall"):
        assert METHODS[name].units > look_up


@pytest.mark.parametrize(
    ("params", "read"),
    [
        (["newHeads"], ["newHeads", {}]),
        (["newPendingTransactions", False], ["newPendingTransactions", {}]),
        (["logs"], ["logs", {}]),
        (
            ["logs", {"address": "0x" + "AA" * 20, "topics": [None, ["0x" + "11" * 32]]}],
            ["logs", {"address": ["0x" + "aa" * 20], "topics": [None, ["0x" + "11" * 32]]}],
        ),
    ],
)
def test_a_subscription_that_can_be_right_is_read(params, read):
    assert classify(Request(1, "eth_subscribe", params)).params == read


@pytest.mark.parametrize(
    "params",
    [
        [],
        ["syncing"],
        ["NewHeads"],
        [None],
        [["newHeads"]],
        ["newHeads", {"a": 1}],
        ["newPendingTransactions", True],
        ["logs", {"fromBlock": "0x0"}],
        ["logs", {"topics": ["0x11"]}],
        ["logs", {"address": "0x11"}],
        ["logs", [], []],
        ["logs", {"topics": [None] * 5}],
    ],
)
def test_a_subscription_that_cannot_be_right_is_refused(params):
    with pytest.raises(InvalidInput) as caught:
        classify(Request(1, "eth_subscribe", params))
    assert caught.value.code == "gateway.params_invalid"
