"""A start reads the newest checkpoint and what follows it, and knows what a whole reading knows."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from sandbox.chain import checkpoint, opening
from sandbox.chain.journal import Journal, read
from sandbox.chain.memory import Memory
from sandbox.chain.records import MAGIC, Kind, Place, Stored, frame, pack
from sandbox.chain.replay import verify
from sandbox.kit.errors import IntegrityFailure
from tests.chain.codes import REVERTS_RUNTIME
from tests.chain.support import ACCOUNTS, META, Chain, creation, fast, pay, signed, until

pytestmark = pytest.mark.anyio
RULES = fast(epoch_transactions=6)


def checkpoints(chain: Chain) -> list[Path]:
    return sorted((chain.directory / "chain" / checkpoint.FOLDER).glob("*.checkpoint"))


async def live(chain: Chain) -> None:
    """Every kind of record on both sides of a checkpoint, and a queue that is not empty."""
    async with chain.running(RULES) as node:
        for round_ in range(5):
            first = 2 * round_
            await node.submit(signed(ACCOUNTS[0], round_, data=creation(b"\0")), META)
            await node.submit(signed(ACCOUNTS[1], round_, data=REVERTS_RUNTIME), META)
            asked = {"system": "system/issuer", "idempotency_key": f"k{round_ % 2}"}
            await node.submit(pay(ACCOUNTS[2], round_), asked)
            await node.refuse({"permit": "SB-2026-0001", "clause": "term", "round": round_})
            for nonce in (first, first + 1):
                sent = await node.submit(pay(ACCOUNTS[3], nonce), META)
            await node.submit(pay(ACCOUNTS[4 + round_], 5), META)  # behind a gap
            await node.submit(pay(ACCOUNTS[4 + round_], 5, value=2), META)  # in its place
            await node.wait_receipt(sent)
            await node.keep_created(
                {"hash": sent, "block": 1, "permit": "P", "made": 1, "failed": 0, "factories": []}
            )
            await until(lambda: checkpoint.newest(chain.journal) == node.newest_epoch)
        await until(lambda: len(checkpoints(chain)) == 2)  # older ones go last


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chain that has lived, made once."""
    folder = tmp_path_factory.mktemp("past")
    asyncio.run(live(Chain(folder)))
    return folder


@pytest.fixture
def chain(past: Path, tmp_path: Path) -> Chain:
    shutil.copytree(past / "chain", tmp_path / "chain")
    return Chain(tmp_path)


def everything(chain: Chain, start: Place | None, memory: Memory) -> dict[str, object]:
    read(chain.journal, memory.visit, start)
    return checkpoint.body_of(memory, Place()) | {"metas": [e.meta for e in memory.queue]}


async def test_reading_on_from_a_checkpoint_gives_what_reading_everything_gives(chain: Chain):
    known = everything(chain, None, Memory())
    for path in reversed(checkpoints(chain)):
        memory = Memory()
        start = checkpoint.recall(chain.journal, memory)
        assert start is not None
        assert start.sequence > 5
        assert everything(chain, start, memory) == known
        path.unlink()
    assert checkpoint.recall(chain.journal, Memory()) is None
    assert known["tally"]["deployed"] == {"SB-2026-0001": (5, 5)}
    assert known["tally"]["system"].keys() == {"k0", "k1"}
    assert len(known["queue"]["waiting"]) == 5
    assert len(known["dropped"]) == 5
    assert known["counts"]["refusals"] == 5


async def test_a_restart_reads_only_what_follows_and_goes_on(chain: Chain, monkeypatch):
    seen: list[Stored] = []
    real = Journal.open

    def watched(path, visit, start=None):
        return real(path, lambda stored: (seen.append(stored), visit(stored)), start)

    monkeypatch.setattr(opening.Journal, "open", watched)
    async with chain.running(RULES) as node:
        waiting = [node.pending_nonce(account.address) for account in ACCOUNTS[:7]]
        assert waiting == [5, 5, 5, 10, 0, 0, 0]
        assert node.stats()["queued"] == 5
        assert node.tally.deployed == {"SB-2026-0001": (5, 5)}
        assert len(await node.refusals()) == 10
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[3], 10), META))
    assert seen[0].at.sequence > 5
    assert verify(chain.journal).records > len(seen)


@pytest.mark.parametrize("damage", ["changed", "emptied", "of another form"])
async def test_a_checkpoint_that_does_not_fit_is_passed_over_for_the_one_before(
    chain: Chain, damage, monkeypatch
):
    older, newest = checkpoints(chain)
    data = bytearray(newest.read_bytes())
    if damage == "changed":
        data[-40] ^= 1
        newest.write_bytes(data)
    elif damage == "emptied":
        newest.write_bytes(b"")
    known = everything(chain, None, Memory())
    if damage == "of another form":
        monkeypatch.setattr(checkpoint, "FORMAT", 2)
        assert checkpoint.recall(chain.journal, Memory()) is None
        return
    memory = Memory()
    start = checkpoint.recall(chain.journal, memory)
    assert start is not None
    assert everything(chain, start, memory) == known
    older.unlink()
    assert checkpoint.recall(chain.journal, Memory()) is None


async def test_a_checkpoint_of_a_newer_backup_than_the_journal_is_not_used(chain: Chain):
    older, _ = checkpoints(chain)
    older.unlink()
    memory = Memory()
    assert checkpoint.recall(chain.journal, memory) is not None
    os.truncate(chain.journal, memory.sealed_at.offset)
    memory.forget()
    assert checkpoint.recall(chain.journal, memory) is None
    assert memory.header is None
    with pytest.raises(IntegrityFailure, match=r"journal\.behind_snapshot"):
        await chain.node(RULES).start()


async def test_a_checkpoint_of_another_journal_is_not_used(chain: Chain):
    forged, place = MAGIC, Place()

    def forge(stored: Stored) -> None:
        nonlocal forged, place
        record = stored.record
        if record.kind is Kind.REFUSAL:
            record.body["refusal"]["round"] += 1
        data, place = frame(record.kind, pack(record), place)
        forged += data

    read(chain.journal, forge)
    size = chain.journal.stat().st_size
    assert checkpoint.recall(chain.journal, Memory()) is not None
    chain.journal.write_bytes(forged)
    assert len(forged) == size
    assert checkpoint.recall(chain.journal, Memory()) is None
    assert verify(chain.journal).refusals == 5


async def test_damage_behind_a_checkpoint_stops_the_start_and_before_it_is_found_by_verify(
    chain: Chain,
):
    whole = chain.journal.read_bytes()
    start = checkpoint.recall(chain.journal, Memory())
    assert start is not None
    chain.journal.write_bytes(changed(whole, start.offset + 40))
    with pytest.raises(IntegrityFailure) as caught:
        await chain.node(RULES).start()
    assert caught.value.code == "journal.bad_record"
    assert caught.value.params["record"] == start.sequence
    with pytest.raises(IntegrityFailure) as again:
        verify(chain.journal)
    assert again.value.params == caught.value.params
    chain.journal.write_bytes(changed(whole, 40))
    async with chain.running(RULES) as node:
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[3], 10), META))
    with pytest.raises(IntegrityFailure, match=r"journal\.bad_record"):
        verify(chain.journal)


def changed(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


async def test_an_index_that_ends_before_the_checkpoint_is_still_compared(chain: Chain):
    epochs: list[tuple[int, str]] = []

    def visit(stored: Stored) -> None:
        if stored.record.kind is Kind.EPOCH:
            epochs.append((stored.record.body["number"], stored.record.body["hash"]))

    read(chain.journal, visit)
    for number, block_hash in epochs[-2:]:
        for told, contradicts in ((block_hash, False), ("0x" + "11" * 32, True)):
            memory = Memory()
            memory.expected = (number, told)
            start = checkpoint.recall(chain.journal, memory)
            read(chain.journal, memory.visit, start)
            assert memory.contradicted is contradicts
    unknown = Memory()
    unknown.expected = (epochs[-1][0] - 1, "0x" + "11" * 32)
    start = checkpoint.recall(chain.journal, unknown)
    read(chain.journal, unknown.visit, start)
    assert unknown.contradicted or unknown.expected[0] in dict(epochs)
