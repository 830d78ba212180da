"""The index is derived: whatever happens to it, it is made again and the chain goes on."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest

from sandbox.chain import historian as historian_module
from sandbox.chain.engine import EngineMemory
from sandbox.chain.ipc import EngineClient
from sandbox.chain.journal import read
from sandbox.chain.node import ChainNode
from sandbox.chain.records import Kind
from sandbox.chain.replay import replay, verify
from sandbox.chain.work import read_work, write_work
from sandbox.kit.errors import IntegrityFailure, InvalidInput, Unavailable
from sandbox.kit.ids import checksum
from tests.chain.codes import WITNESS_RUNTIME
from tests.chain.support import ACCOUNTS, META, Chain, SmallDisk, creation, fast, pay, signed, until

pytestmark = pytest.mark.anyio
FIVE = fast(interval=0.01, epoch_transactions=5)


def files(chain: Chain) -> Path:
    return chain.directory / "chain"


def whole(node: ChainNode) -> bool:
    history = node.stats()["history"]
    return history["upto"] == history["boundary"] and not history["error"]


async def grown(chain: Chain, count: int = 12) -> list[dict]:
    """A chain with epochs that stores BLOCKHASH and PREVRANDAO; its bundles."""
    async with chain.running(FIVE) as node:
        made = await node.submit(
            signed(ACCOUNTS[0], 0, data=creation(WITNESS_RUNTIME), gas=300_000), META
        )
        target = checksum((await node.wait_receipt(made))["contractAddress"])
        for nonce in range(1, count):
            sent = signed(ACCOUNTS[0], nonce, target, gas=200_000)
            await node.wait_receipt(await node.submit(sent, META))
        await until(lambda: node.stats()["epochs"] == count // 5 and whole(node))
        return await bundles(node)


async def bundles(node: ChainNode) -> list[dict]:
    found = [await node.bundle(number) for number in range(1, node.head.number + 1)]
    return [{"block": b.block, "receipts": b.receipts, "metas": b.metas} for b in found]


async def test_a_snapshot_and_the_engine_hold_no_history(chain: Chain):
    await grown(chain)
    snapshots = sorted((files(chain) / "epochs").glob("*.snapshot"))
    assert len(snapshots) == 2
    async with chain.running(FIVE) as node:
        engine = node._keeper._engine
        assert await engine.reader.call("eth_getBlockByNumber", "0x1", False) is None
        assert (await node.call("eth_getBlockByNumber", "0x1", False))["number"] == "0x1"


@pytest.mark.parametrize("loss", ["deleted", "emptied", "overwritten", "rows gone"])
async def test_an_index_lost_or_damaged_is_made_again_and_the_chain_goes_on(chain: Chain, loss):
    seen = await grown(chain)
    index = files(chain) / "history.sqlite"
    if loss == "deleted":
        index.unlink()
    elif loss == "emptied":
        index.write_bytes(b"")
    elif loss == "overwritten":
        index.write_bytes(b"no database at all" * 1_000)
    else:
        with sqlite3.connect(index) as db:
            db.execute("DROP TABLE about")
    async with chain.running(FIVE) as node:
        sent = await node.submit(pay(ACCOUNTS[1], 0), META)
        assert (await node.wait_receipt(sent))["status"] == "0x1"
        await until(lambda: whole(node))
        assert (await bundles(node))[: len(seen)] == seen
    assert (await replay(chain.journal, chain.launcher)).head == verify(chain.journal).head


async def test_damage_found_while_reading_is_told_and_repaired(chain: Chain):
    seen = await grown(chain)
    with sqlite3.connect(files(chain) / "history.sqlite") as db:
        db.execute("UPDATE transactions SET body = x'00112233'")
    async with chain.running(FIVE) as node:
        with pytest.raises(Unavailable) as caught:
            await node.call("eth_getBlockByNumber", "0x1", True)
        assert caught.value.code == "history.rebuilding"
        assert node.stats()["history"]["error"]["code"] == "history.damaged"
        assert node.stats()["state"] == "ok"
        await until(lambda: whole(node))
        assert (await bundles(node))[: len(seen)] == seen
    assert (files(chain) / "history.damaged").exists()


async def test_what_was_not_indexed_before_a_crash_is_indexed_after_it(chain: Chain, monkeypatch):
    async def never(*_: object) -> None:
        await asyncio.sleep(3600)

    with monkeypatch.context() as patched:
        patched.setattr(historian_module, "index_apart", never)
        async with chain.running(FIVE) as node:
            for nonce in range(7):
                await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], nonce), META))
            await until(lambda: node.stats()["epochs"] == 1)
            assert node.stats()["history"]["state"] == "behind"
            assert len(list((files(chain) / "history").glob("*.epoch"))) == 1
            node._reads._patience = 0.1
            with pytest.raises(Unavailable):
                await node.call("eth_getBlockByNumber", "0x2", False)
            assert (await node.call("eth_getBlockByNumber", "0x7", False))["number"] == "0x7"
    async with chain.running(FIVE) as node:
        await until(lambda: whole(node))
        assert (await node.call("eth_getBlockByNumber", "0x2", False))["number"] == "0x2"
        assert not list((files(chain) / "history").glob("*.epoch"))
        assert node.stats()["engine_starts"] == 1


async def test_a_damaged_work_file_is_made_again(chain: Chain, tmp_path: Path):
    target = tmp_path / "1.epoch"
    write_work(target, {"blocks": []}, b"dump")
    assert read_work(target) == ({"blocks": []}, b"dump")
    data = bytearray(target.read_bytes())
    data[-1] ^= 1
    target.write_bytes(data)
    with pytest.raises(IntegrityFailure) as caught:
        read_work(target)
    assert caught.value.code == "history.bad_work"
    seen = await grown(chain)
    (files(chain) / "history.sqlite").unlink()
    (files(chain) / "history" / "000000000005.epoch").write_bytes(data)
    async with chain.running(FIVE) as node:
        await until(lambda: whole(node))
        assert (await bundles(node))[: len(seen)] == seen


async def test_a_journal_behind_the_index_is_refused(chain: Chain):
    await grown(chain)
    whole_journal = chain.journal.read_bytes()
    shutil.rmtree(files(chain) / "epochs")
    ends: list[int] = []
    read(
        chain.journal, lambda s: ends.append(s.next.offset) if s.record.kind is Kind.SEAL else None
    )
    chain.journal.write_bytes(whole_journal[: ends[6]])
    node = chain.node(FIVE)
    with pytest.raises(IntegrityFailure) as caught:
        await node.start()
    assert caught.value.code == "journal.behind_history"
    assert caught.value.params == {"block": 7, "history": 10}
    with pytest.raises(Unavailable):
        await node.submit(pay(ACCOUNTS[1], 0), META)
    chain.journal.write_bytes(whole_journal)
    async with chain.running(FIVE) as node:
        assert node.head.number == 12


async def test_an_index_of_another_journal_of_the_same_chain_is_refused(
    chain: Chain, tmp_path: Path
):
    await grown(chain)
    other = Chain(tmp_path / "other")
    async with other.running(FIVE) as node:
        for nonce in range(12):
            await node.wait_receipt(await node.submit(pay(ACCOUNTS[2], nonce), META))
        await until(lambda: node.stats()["epochs"] == 2 and whole(node))
    shutil.copy(files(other) / "history.sqlite", files(chain) / "history.sqlite")
    node = chain.node(FIVE)
    with pytest.raises(IntegrityFailure) as caught:
        await node.start()
    assert caught.value.code == "history.other_chain"
    (files(chain) / "history.sqlite").unlink()
    async with chain.running(FIVE) as node:
        await until(lambda: whole(node))


async def test_an_engine_that_grows_turns_an_epoch_early_and_replays_the_same(chain: Chain):
    used = iter(range(10**8, 10**11, 40_000_000))

    async def memory(_: str) -> EngineMemory:
        return EngineMemory(next(used), 800_000_000)

    chain.launcher.memory = memory
    async with chain.running(fast(epoch_transactions=10_000)) as node:
        for nonce in range(9):
            await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], nonce), META))
        await until(lambda: node.stats()["epochs"] >= 2)
    chain.launcher = Chain(chain.directory).launcher
    assert (await replay(chain.journal, chain.launcher)).head == verify(chain.journal).head


async def test_a_transaction_with_which_the_engine_grows_too_much_is_dropped_alone(chain: Chain):
    poison = pay(ACCOUNTS[0], 0, value=666)

    async def memory(_: str) -> EngineMemory:
        client = await EngineClient.connect(chain.directory / "e.ipc")
        found = await client.call("eth_getTransactionByHash", poison.hash)
        await client.close()
        mined = found is not None and found["blockNumber"] is not None
        return EngineMemory(500_000_000 if mined else 100_000_000, 800_000_000)

    chain.launcher.memory = memory
    async with chain.running(fast(interval=0.2)) as node:
        sent = [await node.submit(tx, META) for tx in (poison, pay(ACCOUNTS[1], 0))]
        await node.wait_receipt(sent[1])
        await until(lambda: node.dropped(poison.hash) is not None)
        assert node.dropped(poison.hash).reason == "engine_failed"
        assert node.stats()["state"] == "ok"


async def test_a_full_disk_puts_the_epoch_off_and_the_chain_goes_on(
    chain: Chain, small_disk: SmallDisk
):
    files(chain).mkdir()
    for name in ("epochs", "history"):
        (small_disk.path / name).mkdir()
        (files(chain) / name).symlink_to(small_disk.path / name)
    async with chain.running(FIVE) as node:
        with small_disk.full():
            for nonce in range(8):
                await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], nonce), META))
            assert node.stats()["epochs"] == 0
            assert node.stats()["engine_starts"] == 2  # for the header, and to begin
        for nonce in range(8, 10):
            await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], nonce), META))
        await until(lambda: node.stats()["epochs"] == 1 and whole(node))
        assert len(await bundles(node)) == 10


async def test_the_index_cannot_be_asked_for_too_many_logs(chain: Chain, monkeypatch):
    monkeypatch.setattr("sandbox.chain.index.MOST_LOGS", 3)
    async with chain.running(fast(interval=0.05, epoch_transactions=6)) as node:
        logs = creation(bytes.fromhex("60006000a000"))
        made = await node.submit(signed(ACCOUNTS[0], 0, data=logs), META)
        target = checksum((await node.wait_receipt(made))["contractAddress"])
        for nonce in range(1, 6):
            await node.wait_receipt(await node.submit(signed(ACCOUNTS[0], nonce, target), META))
        await until(lambda: node.stats()["epochs"] == 1 and whole(node))
        assert len(await node.call("eth_getLogs", {"fromBlock": "0x2", "toBlock": "0x4"})) == 3
        with pytest.raises(InvalidInput) as caught:
            await node.call("eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x6"})
        assert caught.value.code == "history.too_many_logs"


@pytest.mark.slow
async def test_kill_9_of_the_indexing_process_is_worked_off(chain: Chain):
    async with chain.running(FIVE) as node:
        sent = 0
        killed = 0
        while killed < 2 and sent < 60:
            await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], sent), META))
            sent += 1
            for line in Path("/proc/self/task").glob("*/children"):
                for child in line.read_text().split():
                    words = Path(f"/proc/{child}/cmdline")
                    if words.exists() and b"sandbox.chain.toil" in words.read_bytes():
                        os.kill(int(child), signal.SIGKILL)
                        killed += 1
        assert killed
        await until(lambda: node.stats()["history"]["upto"] >= 5 and whole(node))
        assert len(await bundles(node)) == sent
