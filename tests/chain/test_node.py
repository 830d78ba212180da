"""A chain on a real engine: acknowledged is mined once, or its failure is recorded."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import aclosing
from datetime import timedelta

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from sandbox.chain.events import (
    BlockSealed,
    RefusalRecorded,
    TransactionDropped,
    TransactionFailed,
)
from sandbox.chain.ipc import EngineError
from sandbox.chain.node import ChainNode, NodeOptions
from sandbox.chain.queue import QueueLimits
from sandbox.chain.replay import verify
from sandbox.contracts.erc20 import TRANSFER
from sandbox.kit.errors import Conflict, IntegrityFailure, InvalidInput, SynakError, Unavailable
from sandbox.kit.ids import checksum
from tests.chain.codes import REVERTS_RUNTIME
from tests.chain.support import (
    ACCOUNTS,
    FAST,
    META,
    POOR,
    Chain,
    SmallDisk,
    all_mined,
    creation,
    fast,
    pay,
    signed,
    until,
)

pytestmark = pytest.mark.anyio


async def refused(coroutine, kind: type[SynakError], code: str) -> SynakError:
    with pytest.raises(kind) as caught:
        await coroutine
    assert caught.value.code == code
    return caught.value


async def test_an_acknowledged_transaction_is_mined_and_read(chain: Chain):
    async with chain.running() as node:
        tx_hash = await node.submit(pay(ACCOUNTS[0], 0, value=5), META)
        receipt = await node.wait_receipt(tx_hash)
        assert receipt["status"] == "0x1"
        assert node.head.number == int(receipt["blockNumber"], 16)
        balance = await node.call("eth_getBalance", ACCOUNTS[-1].address, "latest")
        assert int(balance, 16) == 10**24 + 5


async def test_order_in_blocks_is_the_order_of_acknowledgement(chain: Chain):
    async with chain.running() as node:
        sent = [pay(account, nonce) for nonce in range(20) for account in ACCOUNTS[:10]]
        hashes = await asyncio.gather(*(node.submit(tx, META) for tx in sent))
        await all_mined(node)
        mined = []
        for number in range(1, node.head.number + 1):
            block = await node.call("eth_getBlockByNumber", hex(number), False)
            mined += block["transactions"]
        assert mined == list(hashes)


@pytest.mark.parametrize(
    ("tx", "code"),
    [
        (lambda: pay(ACCOUNTS[0], 0, chainId=1), "tx.wrong_chain_id"),
        (lambda: pay(ACCOUNTS[0], 0, gas=16_777_217), "tx.gas_above_cap"),
    ],
)
async def test_what_no_chain_takes_is_refused(chain: Chain, tx, code):
    async with chain.running() as node:
        await refused(node.submit(tx(), META), InvalidInput, code)
        assert node.stats()["acknowledged"] == 0
        await node.submit(pay(ACCOUNTS[0], 0, gas=16_777_216), META)


async def test_a_price_below_the_chains_is_refused_and_the_price_itself_is_not(tmp_path):
    chain = Chain(tmp_path, gas_price=10**9)
    async with chain.running() as node:
        cheap = pay(ACCOUNTS[0], 0, maxFeePerGas=10**10, maxPriorityFeePerGas=10**9 - 1)
        await refused(node.submit(cheap, META), InvalidInput, "tx.underpriced")
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], 0, gasPrice=10**9), META))


async def test_nonce_too_low_and_a_repeated_transaction_are_refused(chain: Chain):
    async with chain.running(fast(interval=0.3)) as node:
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], 0), META))
        await refused(node.submit(pay(ACCOUNTS[0], 0, value=2), META), Conflict, "tx.nonce_too_low")
        await node.submit(pay(ACCOUNTS[0], 1), META)
        await refused(node.submit(pay(ACCOUNTS[0], 1), META), Conflict, "tx.already_known")


async def test_two_racing_submissions_with_one_nonce_leave_one_and_a_recorded_drop(chain: Chain):
    async with chain.running(fast(interval=0.3)) as node:
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[1], 0), META))
        first, second = pay(ACCOUNTS[0], 0, value=1), pay(ACCOUNTS[0], 0, value=2)
        await node.submit(first, META)
        await node.submit(second, META)
        receipt = await node.wait_receipt(second.hash)
        assert receipt["status"] == "0x1"
        error = await refused(node.wait_receipt(first.hash), Conflict, "tx.dropped")
        assert (error.params["reason"], error.params["by"]) == ("replaced", second.hash)
        assert await node.call("eth_getTransactionReceipt", first.hash) is None


async def test_a_gap_waits_is_filled_and_mined_in_nonce_order(chain: Chain):
    async with chain.running() as node:
        await node.submit(pay(ACCOUNTS[0], 1), META)
        await asyncio.sleep(0.1)
        assert (node.head.number, node.queued(ACCOUNTS[0].address)) == (0, 1)
        assert node.pending_nonce(ACCOUNTS[0].address) == 0
        await node.submit(pay(ACCOUNTS[0], 0), META)
        await node.wait_receipt(pay(ACCOUNTS[0], 1).hash)
        assert node.pending_nonce(ACCOUNTS[0].address) == 2


async def test_a_gap_that_is_too_old_is_dropped_with_a_record_and_others_go_on(chain: Chain):
    options = NodeOptions(FAST.blocks, QueueLimits(gap_age=60))
    async with chain.running(options) as node:
        async with aclosing(node.subscribe()) as events:
            gapped = await node.submit(pay(ACCOUNTS[0], 3), META)
            chain.clock.forward(timedelta(seconds=61))
            event = await anext(events)
            assert isinstance(event, TransactionDropped)
            assert (event.hash, event.reason, event.meta) == (gapped, "gap_expired", META)
        await refused(node.wait_receipt(gapped), Conflict, "tx.dropped")
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], 0), META))
    report = verify(chain.journal)
    assert (report.acknowledged, report.mined, report.dropped, report.queued) == (2, 1, 1, 0)


async def test_what_the_engine_refuses_is_a_recorded_drop_and_never_a_stall(chain: Chain):
    async with chain.running() as node:
        broke = [await node.submit(pay(POOR, nonce, value=5), META) for nonce in range(3)]
        good = await node.submit(pay(ACCOUNTS[0], 0), META)
        await node.wait_receipt(good)
        error = await refused(node.wait_receipt(broke[0]), Conflict, "tx.dropped")
        assert error.params["reason"] == "engine_refused"
        assert "funds" in str(error.params["answer"])
        assert node.queued(POOR.address) == 2
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], 1), META))
        funded = signed(ACCOUNTS[1], 0, POOR.address, value=100)
        await node.wait_receipt(await node.submit(funded, META))
        await node.submit(pay(POOR, 0, value=6), META)
        assert (await node.wait_receipt(broke[2]))["status"] == "0x1"


async def test_money_spent_earlier_in_the_same_block_drops_the_second_and_keeps_the_rest(
    chain: Chain,
):
    async with chain.running(fast(interval=0.2)) as node:
        await node.wait_receipt(
            await node.submit(signed(ACCOUNTS[1], 0, POOR.address, value=10), META)
        )
        first = await node.submit(pay(POOR, 0, value=10), META)
        second = await node.submit(pay(POOR, 1, value=10), META)
        other = await node.submit(pay(ACCOUNTS[0], 0), META)
        for each in (first, other):
            assert (await node.wait_receipt(each))["status"] == "0x1"
        await refused(node.wait_receipt(second), Conflict, "tx.dropped")
        assert node.stats()["state"] == "ok"


async def test_a_mined_failure_is_evidence_with_its_block_and_meta(chain: Chain):
    async with chain.running() as node:
        made = await node.submit(signed(ACCOUNTS[0], 0, data=creation(REVERTS_RUNTIME)), META)
        address = (await node.wait_receipt(made))["contractAddress"]
        async with aclosing(node.subscribe()) as events:
            failed = await node.submit(
                signed(ACCOUNTS[0], 1, checksum(address)), META | {"request_id": "r1"}
            )
            assert (await node.wait_receipt(failed))["status"] == "0x0"
            sealed, event = await anext(events), await anext(events)
        assert isinstance(sealed, BlockSealed)
        assert sealed.transactions == (failed,)
        assert isinstance(event, TransactionFailed)
        (evidence,) = await node.refusals(permit="SB-2026-0001")
        assert evidence == event.evidence
        assert (evidence.body["source"], evidence.body["tx_hash"]) == ("mined", failed)
        assert evidence.body["meta"]["request_id"] == "r1"
        assert (evidence.body["clause"], evidence.body["output"]) == (None, "0x")
        assert await node.refusals(permit="SB-2026-0002") == []
        assert await node.refusals(after=evidence.cursor) == []


async def test_a_failure_that_copied_much_is_found_with_its_output_and_without_its_calls(
    chain: Chain,
):
    # 1,000 calls with 100,000 bytes of input each, then REVERT(deadbeef)
    calls = "6103e85b" + "60006000620186a0600060006055" + "5af150" + "60019003806003" + "57"
    greedy = bytes.fromhex(calls + "63deadbeef6000526004601cfd")
    async with chain.running() as node:
        sent = [signed(ACCOUNTS[i], 0, gas=5_000_000, data=greedy) for i in range(4)]
        sent.append(pay(ACCOUNTS[5], 0))
        hashes = await asyncio.gather(*(node.submit(tx, META) for tx in sent))
        async with asyncio.timeout(10):
            receipts = [await node.wait_receipt(each) for each in hashes]
        assert [receipt["status"] for receipt in receipts] == ["0x0"] * 4 + ["0x1"]
        failed = await node.refusals(limit=100)
        assert {each.body["output"] for each in failed} == {"0xdeadbeef"}
        assert len(failed) == 4
        assert node.stats()["last_error"] is None


async def test_of_a_block_exactly_the_failed_ones_are_evidence(chain: Chain):
    async with chain.running(fast(interval=0.4)) as node:
        made = await node.submit(signed(ACCOUNTS[0], 0, data=creation(REVERTS_RUNTIME)), META)
        target = checksum((await node.wait_receipt(made))["contractAddress"])
        mixed = [
            signed(ACCOUNTS[0], nonce, target) if nonce % 3 else pay(ACCOUNTS[0], nonce)
            for nonce in range(1, 200)
        ]
        mixed.append(signed(ACCOUNTS[1], 0, data=b"\xfe"))
        mixed.append(signed(ACCOUNTS[2], 0, target, gas=21_000))
        hashes = await asyncio.gather(*(node.submit(tx, META) for tx in mixed))
        await node.wait_receipt(hashes[-1])
        failed = [e.body["tx_hash"] for e in await node.refusals(limit=1_000)]
        receipts = [await node.call("eth_getTransactionReceipt", each) for each in hashes]
        assert failed == [r["transactionHash"] for r in receipts if r["status"] == "0x0"]
        assert len(failed) == 135


async def test_failed_ones_are_found_among_whatever_logs_the_others_leave(chain: Chain):
    other = bytes.fromhex("60006000a0" + "00")  # LOG0
    transfer = bytes.fromhex("7f" + TRANSFER[2:] + "60006000a1" + "00")  # LOG1
    async with chain.running(fast(interval=0.4)) as node:
        targets = []
        for nonce, code in enumerate((REVERTS_RUNTIME, other, transfer)):
            made = await node.submit(signed(ACCOUNTS[0], nonce, data=creation(code)), META)
            targets.append(checksum((await node.wait_receipt(made))["contractAddress"]))
        for block in (targets[:2], targets[::2], targets):
            sent = [
                signed(account, nonce, target)
                for account, first in (
                    (each, node.pending_nonce(each.address)) for each in ACCOUNTS[:4]
                )
                for nonce, target in enumerate(block * 7, first)
            ]
            hashes = await asyncio.gather(*(node.submit(tx, META) for tx in sent))
            await node.wait_receipt(hashes[-1])
            failed = {each.body["tx_hash"] for each in await node.refusals(limit=1_000)}
            to_reverting = {tx.hash for tx in sent if tx.to == targets[0]}
            assert failed & set(hashes) == to_reverting


async def test_the_transactions_of_sealed_blocks_are_known_without_the_engine(chain: Chain):
    rules = fast(interval=0.1, epoch_blocks=8)
    async with chain.running(rules) as node:
        for nonce in range(2):
            made = signed(ACCOUNTS[0], nonce, data=creation(REVERTS_RUNTIME))
            sent = [made, pay(ACCOUNTS[1], nonce), pay(ACCOUNTS[2], nonce)]
            hashes = await asyncio.gather(*(node.submit(tx, META | {"n": nonce}) for tx in sent))
            await node.wait_receipt(hashes[-1])
        known = await _same_as_the_engine_says(node)
    async with chain.running(rules) as node:
        assert await _same_as_the_engine_says(node) == known
        for nonce in range(8 - node.head.number):
            await node.wait_receipt(await node.submit(pay(ACCOUNTS[3], nonce), META))
        await until(lambda: node.newest_epoch == 8)
        for number in (0, 8, 9):
            with pytest.raises(KeyError):
                node.sealed(number)


async def _same_as_the_engine_says(node: ChainNode) -> int:
    count = 0
    for number in range(1, node.head.number + 1):
        block = await node.call("eth_getBlockByNumber", hex(number), True)
        said = [(each["hash"], each["from"], each["to"]) for each in block["transactions"]]
        found = node.sealed(number)
        assert [(e.hash, e.sender.lower(), e.to and e.to.lower()) for e in found] == said
        assert {each.block for each in found} == {number}
        assert all(each.meta["permit"] == META["permit"] for each in found)
        count += len(found)
    assert count == 6
    return count


async def test_a_mined_refusal_of_the_supervisor_is_decoded(chain: Chain):
    data = keccak(text="LimitExceeded(bytes32,uint64,bytes32,uint256,uint256,uint256,uint64)")[:4]
    data += encode(
        ["bytes32", "uint64", "bytes32", "uint256", "uint256", "uint256", "uint64"],
        [b"\x07" * 32, 3, b"per_transaction".ljust(32, b"\0"), 500, 0, 501, 0],
    )
    # CODECOPY of the revert data that lies behind the code, then REVERT.
    runtime = bytes.fromhex(f"60{len(data):02x}600c60003960{len(data):02x}6000fd") + data
    assert len(runtime) < 256 + 12
    init = bytes.fromhex(f"61{len(runtime):04x}600e60003961{len(runtime):04x}6000f3") + runtime
    async with chain.running() as node:
        made = await node.submit(signed(ACCOUNTS[0], 0, data=init, gas=10**6), META)
        address = (await node.wait_receipt(made))["contractAddress"]
        failed = await node.submit(signed(ACCOUNTS[0], 1, checksum(address)), META)
        await node.wait_receipt(failed)
        (evidence,) = await node.refusals()
        named = {k: evidence.body[k] for k in ("clause", "version", "limit", "used", "requested")}
        assert named == {
            "clause": "per_transaction",
            "version": 3,
            "limit": "500",
            "used": "0",
            "requested": "501",
        }


async def test_refusals_are_durable_ordered_and_paged(chain: Chain):
    async with chain.running() as node:
        async with aclosing(node.subscribe()) as events:
            cursors = [
                await node.refuse({"permit": permit, "n": n})
                for n, permit in enumerate(["SB-2026-0001", "SB-2026-0002", None, "SB-2026-0001"])
            ]
            event = await anext(events)
            assert isinstance(event, RefusalRecorded)
        assert cursors == sorted(set(cursors))
        page = await node.refusals(limit=2)
        assert [e.body["n"] for e in page] == [0, 1]
        assert [e.body["n"] for e in await node.refusals(after=page[-1].cursor)] == [2, 3]
    async with chain.running() as node:
        assert [e.body["n"] for e in await node.refusals(permit="SB-2026-0001")] == [0, 3]


async def test_no_unsealed_block_is_ever_seen_by_a_reader(chain: Chain):
    async with chain.running() as node:
        wrong: list[int] = []
        stop = asyncio.Event()

        async def look() -> None:
            while not stop.is_set():
                number = int(await node.call("eth_blockNumber"), 16)
                if number > node.head.number:
                    wrong.append(number)

        lookers = [asyncio.create_task(look()) for _ in range(4)]
        for nonce in range(30):
            await node.submit(pay(ACCOUNTS[0], nonce), META)
            await asyncio.sleep(0.01)
        await all_mined(node)
        stop.set()
        await asyncio.gather(*lookers)
        assert node.head.number >= 5
        assert wrong == []


async def test_queued_transactions_are_shown_as_pending(chain: Chain):
    async with chain.running(fast(interval=0.5)) as node:
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[1], 0), META))
        tx = pay(ACCOUNTS[0], 0, maxFeePerGas=5, maxPriorityFeePerGas=5)
        await node.submit(tx, META)
        shown = await node.call("eth_getTransactionByHash", tx.hash)
        assert (shown["blockNumber"], shown["nonce"], shown["type"]) == (None, "0x0", "0x2")
        count = await node.call("eth_getTransactionCount", ACCOUNTS[0].address, "pending")
        assert count == "0x1"
        assert await node.call("eth_getTransactionCount", ACCOUNTS[0].address, "latest") == "0x0"
        await node.wait_receipt(tx.hash)
        mined = await node.call("eth_getTransactionByHash", tx.hash)
        same = set(shown) - {"blockHash", "blockNumber", "transactionIndex", "gasPrice"}
        assert {k: mined[k] for k in same} == {k: shown[k] for k in same}


async def test_an_error_of_the_engine_keeps_code_and_data(chain: Chain):
    async with chain.running() as node:
        made = await node.submit(signed(ACCOUNTS[0], 0, data=creation(REVERTS_RUNTIME)), META)
        address = (await node.wait_receipt(made))["contractAddress"]
        with pytest.raises(EngineError) as caught:
            await node.call("eth_call", {"to": address}, "latest")
        assert (caught.value.rpc_code, caught.value.data) == (3, "0x")
        with pytest.raises(EngineError):
            await node.call("eth_nonsense")
        assert node.stats()["state"] == "ok"


async def test_a_full_disk_stops_acknowledging_and_goes_on_when_there_is_room(
    small_disk: SmallDisk,
):
    chain = Chain(small_disk.path)
    async with chain.running() as node:
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], 0), META))
        with small_disk.full():
            big = signed(ACCOUNTS[0], 1, ACCOUNTS[1].address, data=b"1" * 9_000, gas=10**6)
            await refused(node.submit(big, META), Unavailable, "journal.unwritable")
            evidence = {"permit": None, "text": "x" * 9_000}
            await refused(node.refuse(evidence), Unavailable, "journal.unwritable")
            assert node.stats()["state"] == "unwritable"
            assert node.pending_nonce(ACCOUNTS[0].address) == 1
            assert await node.call("eth_blockNumber") == "0x1"
        again = await node.submit(big, META)
        assert (await node.wait_receipt(again))["status"] == "0x1"
        assert node.stats()["state"] == "ok"
    assert verify(chain.journal).mined == 2


async def test_a_seal_that_cannot_be_written_shows_no_block_until_it_can(small_disk: SmallDisk):
    chain = Chain(small_disk.path)
    options = NodeOptions(fast(interval=0.3).blocks, FAST.queue, read_timeout=0.4)
    async with chain.running(options) as node:
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[1], 0), META))
        many = [pay(ACCOUNTS[0], nonce) for nonce in range(130)]
        sent = await asyncio.gather(*(node.submit(tx, META) for tx in many))
        with small_disk.full():
            await until(lambda: node.stats()["state"] == "unwritable")
            assert node.head.number == 1
            await refused(node.call("eth_blockNumber"), Unavailable, "engine.unavailable")
        assert (await node.wait_receipt(sent[-1]))["blockNumber"] == "0x2"


async def test_a_second_node_on_the_same_journal_is_refused(chain: Chain):
    async with chain.running() as node:
        other = Chain(chain.directory)
        await refused(other.node().start(), Conflict, "journal.locked")
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], 0), META))


async def test_a_journal_of_another_genesis_is_refused(tmp_path):
    async with Chain(tmp_path).running():
        pass
    other = Chain(tmp_path, gas_price=10**9)
    error = await refused(other.node().start(), IntegrityFailure, "journal.other_chain")
    assert error.params["differs"] == "flags"


async def test_a_slow_listener_is_cut_off_and_the_chain_goes_on(chain: Chain, monkeypatch):
    monkeypatch.setattr("sandbox.chain.events.BACKLOG", 3)
    async with chain.running() as node:
        events = node.subscribe()
        for n in range(6):
            await node.refuse({"permit": None, "n": n})
        seen = [await anext(events) for _ in range(3)]
        assert [event.evidence.body["n"] for event in seen] == [0, 1, 2]
        with pytest.raises(Unavailable, match=r"events\.too_slow"):
            await anext(events)


async def test_a_closed_node_says_so(chain: Chain):
    node = chain.node()
    await node.start()
    await node.close()
    await refused(node.submit(pay(ACCOUNTS[0], 0), META), Unavailable, "node.closed")
    await refused(node.call("eth_blockNumber"), Unavailable, "node.closed")


async def test_an_engine_killed_while_idle_is_started_again(chain: Chain):
    async with chain.running() as node:
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], 0), META))
        head = node.head
        os.kill(chain.launcher.pid("som"), signal.SIGKILL)
        assert await node.call("eth_blockNumber") == "0x1"
        block = await node.call("eth_getBlockByNumber", "latest", False)
        assert (block["hash"], node.head) == (head.hash, head)
        assert (await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], 1), META)))[
            "blockNumber"
        ] == "0x2"
