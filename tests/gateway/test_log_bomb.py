"""A contract that fills its gas with logs, against everybody else on its chain."""

import json
import threading
import time

import pytest
from eth_utils import to_checksum_address

from sandbox.gateway import pipeline, turns
from tests.gateway.support import Permit, System

BOMB = "5b600060006000a15a614e211060005700"


def init_code(runtime):
    """Code that leaves this runtime behind."""
    size = len(runtime) // 2
    return f"0x60{size:02x}600c60003960{size:02x}6000f3" + runtime


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    """A chain of its own: nobody else searches over the bomb."""
    running = System(tmp_path_factory.mktemp("bomb")).start()
    yield running
    running.stop()


@pytest.mark.slow
def test_many_searches_of_a_bombs_block_are_refused_and_nobody_waits_for_them(system):
    permit, other = Permit(system, "SB-2026-0001"), Permit(system, "SB-2026-0002")
    raw = permit.sign(to="", data=init_code(BOMB), gas=200_000)
    digest = system.ok(permit, "eth_sendRawTransaction", raw)
    bomb = to_checksum_address(system.receipt(permit, digest)["contractAddress"])
    digest = system.ok(
        permit, "eth_sendRawTransaction", permit.sign(to=bomb, data="0x", gas=16_000_000)
    )
    receipt = system.receipt(permit, digest)
    assert len(receipt["logs"]) > 15_000, "the permit may still have its own receipt"
    block = receipt["blockNumber"]
    asked = {"fromBlock": block, "toBlock": block}
    batch = [
        {"jsonrpc": "2.0", "id": number, "method": "eth_getLogs", "params": [asked]}
        for number in range(12)
    ]
    said = []
    thread = threading.Thread(
        target=lambda: said.extend(system.post("kgst", batch, permit.key).json())
    )
    thread.start()
    longest = 0.0
    while thread.is_alive():
        before = time.monotonic()
        system.ok(other, "eth_sendRawTransaction", other.sign(data="0x18160ddd"))
        longest = max(longest, time.monotonic() - before)
    thread.join()
    assert {each["error"]["data"]["code"] for each in said} == {"history.too_many_logs"}
    assert longest < 2, f"another permit waited for {longest:.1f} s"

    receipts = [
        {"jsonrpc": "2.0", "id": n, "method": "eth_getTransactionReceipt", "params": [digest]}
        for n in range(12)
    ]
    answer = system.post("kgst", receipts, permit.key)
    ends = [each.get("error", {}).get("data", {}).get("code") for each in json.loads(answer.text)]
    assert set(ends) == {None, "gateway.batch_answer_too_long"}
    assert 2 <= ends.count(None) <= 2 + turns.LARGE


def test_one_long_receipt_is_not_given_whoever_waited_for_it(system, monkeypatch):
    permit = Permit(system, "SB-2026-0003")
    raw = permit.sign(to="", data=init_code(BOMB), gas=200_000)
    digest = system.ok(permit, "eth_sendRawTransaction", raw)
    bomb = to_checksum_address(system.receipt(permit, digest)["contractAddress"])
    first = system.ok(
        permit, "eth_sendRawTransaction", permit.sign(to=bomb, data="0x", gas=500_000)
    )
    assert len(system.receipt(permit, first)["logs"]) > 300
    monkeypatch.setattr(pipeline, "LONGEST", 100_000)
    again = permit.sign(to=bomb, data="0x", gas=500_000)
    for error in (
        system.error(permit, "eth_getTransactionReceipt", first),
        system.error(permit, "eth_sendRawTransactionSync", again),
    ):
        assert error["data"]["code"] == "gateway.answer_too_long"
    small = permit.sign(data="0x18160ddd")
    assert system.ok(permit, "eth_sendRawTransactionSync", small)["status"] == "0x1"
