"""Kill it at any time: what was acknowledged is mined once, in order, with the same hashes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.chain import turning
from sandbox.chain.engine import EngineSpec, LocalLauncher
from sandbox.chain.epochs import load
from sandbox.chain.ipc import EngineClient
from sandbox.chain.journal import read
from sandbox.chain.node import NodeOptions
from sandbox.chain.producer import hashes
from sandbox.chain.records import MAGIC, Kind, Place, Stored, frame, pack
from sandbox.chain.recovery import SealStep, steps
from sandbox.chain.replay import replay, verify
from sandbox.kit.errors import IntegrityFailure, SynakError
from sandbox.kit.ids import ChainName, checksum
from sandbox.toolchain.tools import anvil
from tests.chain.codes import WITNESS_RUNTIME
from tests.chain.support import (
    ACCOUNTS,
    META,
    Chain,
    all_mined,
    blocks,
    creation,
    fast,
    pay,
    signed,
    until,
)

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


def history(path: Path) -> tuple[list[str], list[str], set[str], dict[int, str]]:
    """Acknowledged and sealed hashes in their order, dropped ones, and block hashes."""
    acknowledged: list[str] = []
    sealed: list[str] = []
    dropped: set[str] = set()
    found: dict[int, str] = {}

    def visit(stored: Stored) -> None:
        body = stored.record.body
        if stored.record.kind is Kind.TX:
            acknowledged.append(body["hash"])
        elif stored.record.kind is Kind.DROP:
            dropped.add(body["hash"])
        elif stored.record.kind is Kind.SEAL:
            sealed.extend(hashes(stored.record.blob))
            found[body["number"]] = body["hash"]

    read(path, visit)
    return acknowledged, sealed, dropped, found


async def test_queued_transactions_survive_a_restart_in_their_order(chain: Chain):
    async with chain.running(fast(interval=30.0)) as node:
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], 0), META))
        sent = [
            await node.submit(pay(account, nonce), META)
            for nonce in (1, 2)
            for account in (ACCOUNTS[0], *ACCOUNTS[3:5])
        ]
        gapless = [h for h in sent if node.status(h) == "queued"]
        assert node.stats()["queued"] == len(sent) == len(gapless)
    async with chain.running() as node:
        await node.wait_receipt(sent[3])
        await node.submit(pay(ACCOUNTS[3], 0), META)
        await all_mined(node)
        _, sealed, _, _ = history(chain.journal)
        assert [h for h in sealed if h in (sent[0], sent[3])] == [sent[0], sent[3]]
        assert sealed.index(sent[1]) < sealed.index(sent[4])
        assert node.meta(sent[1]) == META


async def test_a_torn_tail_loses_nothing_that_was_acknowledged(chain: Chain):
    async with chain.running() as node:
        tx_hash = await node.submit(pay(ACCOUNTS[0], 0), META)
        await node.wait_receipt(tx_hash)
        head = node.head
    with chain.journal.open("ab") as file:
        file.write(b"\x00\x00\x01")
    async with chain.running() as node:
        assert node.head == head
        assert node.stats()["journal"]["torn_bytes_cut"] == 3
        assert (await node.wait_receipt(tx_hash))["status"] == "0x1"


async def test_a_seal_torn_off_is_made_again_with_the_same_transactions(chain: Chain):
    async with chain.running() as node:
        tx_hash = await node.submit(pay(ACCOUNTS[0], 0), META)
        await node.wait_receipt(tx_hash)
    os.truncate(chain.journal, chain.journal.stat().st_size - 10)
    async with chain.running() as node:
        assert (await node.wait_receipt(tx_hash))["blockNumber"] == "0x1"
    assert verify(chain.journal).mined == 1


async def test_a_changed_byte_in_the_middle_refuses_to_start_and_names_the_record(chain: Chain):
    async with chain.running() as node:
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], 0), META))
    data = bytearray(chain.journal.read_bytes())
    data[-1_000] ^= 1
    chain.journal.write_bytes(data)
    node = chain.node()
    with pytest.raises(IntegrityFailure) as caught:
        await node.start()
    assert caught.value.code == "journal.bad_record"
    with pytest.raises(IntegrityFailure) as again:
        verify(chain.journal)
    assert again.value.params == caught.value.params


async def test_an_engine_killed_in_the_middle_of_load_loses_nothing(chain: Chain):
    told: list[tuple[float, float | None]] = []
    async with chain.running() as node:
        node.interrupted.append(lambda began, ended: told.append((began, ended)))

        async def kill() -> None:
            for _ in range(4):
                await asyncio.sleep(random.uniform(0.05, 0.25))
                with contextlib.suppress(SynakError, ProcessLookupError):
                    os.kill(chain.launcher.pid("som"), signal.SIGKILL)

        killer = asyncio.create_task(kill())
        sent = []
        for nonce in range(60):
            sent += await asyncio.gather(
                *(node.submit(pay(account, nonce), META) for account in ACCOUNTS[:8])
            )
            await asyncio.sleep(0.01)
        await killer
        await all_mined(node)
        assert node.stats()["engine_starts"] >= 4
        assert [each for _, each in told[::2]] == [None] * (len(told) // 2), "said when lost"
        assert [began for began, _ in told[::2]] == [began for began, _ in told[1::2]]
        assert None not in [ended for _, ended in told[1::2]]
        for number, (block_hash, _, _) in enumerate(await blocks(node), 1):
            assert history(chain.journal)[3][number] == block_hash
    acknowledged, sealed, dropped, _ = history(chain.journal)
    assert (acknowledged, sealed, dropped) == (sent, sent, set())
    assert (await replay(chain.journal, chain.launcher)).transactions == len(sent)


class Fragile(LocalLauncher):
    """Starts engines, and kills them when a poisoned transaction is in their pool."""

    def __init__(self, program: Path, poison: str) -> None:
        super().__init__(program)
        self._poison = poison
        self._watch: asyncio.Task[None] | None = None

    async def start(self, spec: EngineSpec, ipc_path: Path) -> None:
        await super().start(spec, ipc_path)
        self._watch = asyncio.create_task(self._kill(ipc_path, spec.chain))

    async def stop(self, chain: ChainName) -> None:
        if self._watch is not None:
            self._watch.cancel()
        await super().stop(chain)

    async def _kill(self, path: Path, chain: ChainName) -> None:
        with contextlib.suppress(SynakError):
            client = await EngineClient.connect(path)
            try:
                while True:
                    if await client.call("eth_getTransactionByHash", self._poison) is not None:
                        break
                os.kill(self.pid(chain), signal.SIGKILL)
            finally:
                await client.close()


async def test_a_transaction_that_kills_the_engine_is_dropped_with_a_record(chain: Chain):
    sent = [pay(account, 0) for account in ACCOUNTS[:40]]
    poison = pay(ACCOUNTS[0], 1, value=666)
    chain.launcher = Fragile(anvil(), poison.hash)
    async with chain.running(fast(interval=0.5)) as node:
        await node.submit(poison, META)
        for tx in sent:
            await node.submit(tx, META)
        await until(lambda: node.dropped(poison.hash) is not None, within=60)
        assert node.dropped(poison.hash).reason == "engine_failed"
        await all_mined(node)
        assert node.stats()["mined"] == len(sent)
        assert node.stats()["state"] == "ok"


async def witnessed(chain: Chain, options: NodeOptions, rounds: int) -> None:
    """Load that stores BLOCKHASH and PREVRANDAO on every call."""
    async with chain.running(options) as node:
        made = await node.submit(
            signed(ACCOUNTS[0], 0, data=creation(WITNESS_RUNTIME), gas=300_000), META
        )
        target = (await node.wait_receipt(made))["contractAddress"]
        for nonce in range(1, rounds):
            await node.submit(signed(ACCOUNTS[0], nonce, checksum(target), gas=200_000), META)
            await node.submit(pay(ACCOUNTS[1], nonce - 1), META)
            await asyncio.sleep(0.02)
        await all_mined(node)


async def test_blockhash_and_prevrandao_replay_exactly_across_epochs(chain: Chain):
    await witnessed(chain, fast(interval=0.01, epoch_transactions=10), rounds=24)
    report = verify(chain.journal)
    assert report.epochs >= 3
    rebuilt = await replay(chain.journal, chain.launcher)
    assert rebuilt.head == report.head
    assert rebuilt.transactions == report.mined == 1 + 2 * 23
    half = report.head.number // 2
    assert (await replay(chain.journal, chain.launcher, to_block=half)).head.number == half


async def test_blocks_and_receipts_from_before_an_epoch_are_still_served(chain: Chain):
    async with chain.running(fast(epoch_transactions=5)) as node:
        first = await node.submit(pay(ACCOUNTS[0], 0), META)
        await node.wait_receipt(first)
        seen = await blocks(node)
        for nonce in range(1, 18):
            await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], nonce), META))
        assert node.stats()["epochs"] >= 3
        assert (await blocks(node))[:1] == seen
        assert (await node.wait_receipt(first))["blockNumber"] == "0x1"


async def test_what_is_on_its_way_to_the_disk_while_an_epoch_turns_is_replayed(
    chain: Chain, monkeypatch
):
    """Its record lies before the journal's end, and the queue does not know of that yet."""
    late = pay(ACCOUNTS[1], 0)
    sending: list[asyncio.Task[str]] = []

    async with chain.running(fast(epoch_transactions=2)) as node:

        async def loaded(*args: object) -> None:
            await load(*args)
            if not sending:
                size, deadline = chain.journal.stat().st_size, time.monotonic() + 10
                sending.append(asyncio.create_task(node.submit(late, META)))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                while chain.journal.stat().st_size == size:
                    assert time.monotonic() < deadline
                time.sleep(0.1)  # noqa: ASYNC251 - the journal has written; nobody here was told

        monkeypatch.setattr(turning, "load", loaded)
        for nonce in range(2):
            await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], nonce), META))
        await until(lambda: node.stats()["epochs"] == 1)
        await node.wait_receipt(await sending[0])
        epoch = node.copy_source()[2]
    (found,) = [step for step in steps(chain.journal, epoch) if isinstance(step, SealStep)]
    assert found.raws == [late.raw]
    assert found.hashes == [late.hash]


async def test_an_epoch_is_also_turned_by_blocks(chain: Chain):
    async with chain.running(fast(epoch_blocks=3)) as node:
        for nonce in range(2):
            await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], nonce), META))
        assert node.stats()["epochs"] == 0
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], 2), META))
        await until(lambda: node.stats()["epochs"] == 1)
        assert node.newest_epoch == 3
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], 3), META))
    assert (await replay(chain.journal, chain.launcher)).head == verify(chain.journal).head


async def test_an_epoch_waits_while_many_wait_but_not_for_ever(chain: Chain):
    """Blocks of 30 out of 200: an epoch every 20, every 40 while 100 and more wait."""
    rules = fast(interval=0.5, count=30, epoch_transactions=20)
    async with chain.running(rules) as node:
        sent = [pay(account, nonce) for account in ACCOUNTS[:10] for nonce in range(20)]
        await asyncio.gather(*(node.submit(tx, META) for tx in sent))
        assert node.head.number == 0
        await all_mined(node)
        await until(lambda: node.newest_epoch == node.head.number)
    turned: list[int] = []
    read(
        chain.journal,
        lambda stored: (
            turned.append(stored.record.body["number"])
            if stored.record.kind is Kind.EPOCH
            else None
        ),
    )
    assert turned == [2, 4, 5, 6, 7]
    assert (await replay(chain.journal, chain.launcher)).head == verify(chain.journal).head


async def test_an_epoch_is_also_turned_by_age(chain: Chain):
    async with chain.running(fast(epoch_age=86_400.0)) as node:
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], 0), META))
        assert node.stats()["epochs"] == 0
        chain.clock.forward(timedelta(days=1))
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], 1), META))
        assert await node.call("eth_blockNumber") == "0x2"
        await until(lambda: node.stats()["epochs"] == 1)


@pytest.mark.parametrize("damage", ["changed", "gone", "all gone"])
async def test_a_bad_snapshot_is_thrown_away_for_the_one_before(chain: Chain, damage):
    await witnessed(chain, fast(interval=0.01, epoch_transactions=10), rounds=18)
    snapshots = sorted((chain.directory / "chain" / "epochs").glob("*.snapshot"))
    assert len(snapshots) == 2
    if damage == "changed":
        data = bytearray(snapshots[-1].read_bytes())
        data[len(data) // 2] ^= 1
        snapshots[-1].write_bytes(data)
    for path in snapshots if damage == "all gone" else snapshots[-1:]:
        if damage != "changed":
            path.unlink()
    before = verify(chain.journal).head
    async with chain.running() as node:
        assert node.head == before
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[1], 17), META))
    assert (await replay(chain.journal, chain.launcher)).head == verify(chain.journal).head


async def test_a_snapshot_newer_than_the_journal_is_refused(chain: Chain):
    async with chain.running() as node:
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], 0), META))
    older = chain.journal.read_bytes()
    async with chain.running(fast(epoch_transactions=2)) as node:
        for nonce in range(1, 4):
            await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], nonce), META))
    chain.journal.write_bytes(older)
    with pytest.raises(IntegrityFailure, match=r"journal\.behind_snapshot"):
        await chain.node().start()


async def test_replay_names_the_first_block_that_is_not_equal(chain: Chain, tmp_path):
    async with chain.running() as node:
        for nonce in range(3):
            await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], nonce), META))
    forged, place = MAGIC, Place()

    def forge(stored: Stored) -> None:
        nonlocal forged, place
        record = stored.record
        if record.kind is Kind.SEAL and record.body["number"] == 2:
            record.body["state_root"] = "0x" + "11" * 32
        data, place = frame(record.kind, pack(record), place)
        forged += data

    read(chain.journal, forge)
    path = tmp_path / "forged"
    path.write_bytes(forged)
    assert verify(path).head.number == 3
    with pytest.raises(IntegrityFailure) as caught:
        await replay(path, chain.launcher)
    assert (caught.value.code, caught.value.params["block"]) == ("engine.diverged", 2)
    assert (await replay(path, chain.launcher, to_block=1)).head.number == 1


def test_an_empty_journal_and_a_missing_one_are_named(tmp_path):
    with pytest.raises(IntegrityFailure, match=r"journal\.missing"):
        verify(tmp_path / "none")
    (tmp_path / "empty").write_bytes(b"SYNAKJ1\n")
    with pytest.raises(IntegrityFailure, match=r"journal\.no_header"):
        verify(tmp_path / "empty")


def worker(directory: Path) -> subprocess.Popen[bytes]:
    with (directory / "loader.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.chain.loader", str(directory)],
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def notes(directory: Path) -> tuple[set[str], dict[int, str]]:
    """What the killed process had told its callers: acknowledged hashes, visible blocks."""
    acknowledged: set[str] = set()
    seen: dict[int, str] = {}
    for line in (directory / "notes").read_text().splitlines(keepends=True):
        if not line.endswith("\n"):
            continue
        note = json.loads(line)
        if "hash" in note:
            acknowledged.add(note["hash"])
        else:
            assert seen.setdefault(note["number"], note["block"]) == note["block"]
    return acknowledged, seen


def kill_rounds(directory: Path, rounds: int) -> None:
    """kill -9 of the process that holds journal, queue and engine, in the middle of load."""
    chance = random.Random()
    (directory / "notes").touch()
    for _ in range(rounds):
        process = worker(directory)
        deadline = time.monotonic() + 60
        size = (directory / "notes").stat().st_size
        while (directory / "notes").stat().st_size == size:
            assert process.poll() is None, (directory / "loader.log").read_text()[-3000:]
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.6))
        process.kill()
        process.wait()
    told, seen = notes(directory)
    acknowledged, sealed, dropped, found = history(directory / "chain" / "journal")
    assert len(told) > rounds
    assert told <= set(acknowledged), "an acknowledged transaction is not in the journal"
    assert len(sealed) == len(set(sealed)), "mined twice"
    assert seen.items() <= found.items(), "a visible block has another hash now"
    assert [h for h in acknowledged if h in set(sealed)] == sealed, "another order"
    assert not dropped


async def finish(directory: Path) -> None:
    chain = Chain(directory)
    async with chain.running(fast(epoch_transactions=150)) as node:
        await all_mined(node)
        assert node.stats()["queued"] == 0
    told, _ = notes(directory)
    _, sealed, _, _ = history(chain.journal)
    assert told <= set(sealed)
    report = await replay(chain.journal, chain.launcher)
    assert report.head == verify(chain.journal).head


async def test_kill_9_of_everything_in_the_middle_of_load(tmp_path):
    await asyncio.to_thread(kill_rounds, tmp_path, 3)
    await finish(tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
async def test_kill_9_of_everything_many_times(tmp_path):
    await asyncio.to_thread(kill_rounds, tmp_path, 30)
    await finish(tmp_path)
