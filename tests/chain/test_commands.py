"""``synak journal`` as a user runs it: readable, with progress, and naming what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.chain.journal import read
from sandbox.chain.records import MAGIC, Kind, Place, Record, Stored, frame, pack
from sandbox.chain.replay import Progress, verify
from tests.chain.support import ACCOUNTS, META, Chain, all_mined, fast, pay

pytestmark = pytest.mark.anyio


def synak(*words: str | Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "sandbox", "journal", *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
async def journal(chain: Chain) -> Path:
    async with chain.running(fast(epoch_transactions=4)) as node:
        for nonce in range(10):
            await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], nonce), META))
        await node.refuse({"permit": "SB-2026-0001"})
        await all_mined(node)
    return chain.journal


async def test_a_sound_journal_is_verified_and_replayed_in_readable_lines(journal: Path):
    told = synak("verify", journal)
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines()[0].startswith("sound: the journal of som, ")
    assert "10 acknowledged, 10 in blocks, 0 dropped" in told.stdout
    told = synak("replay", journal.parent)
    assert told.returncode == 0, told.stderr
    assert "identical: 10 blocks with 10 transactions, every seal compared" in told.stdout
    assert verify(journal).head.state_root in told.stdout


@pytest.mark.slow
async def test_as_json_both_are_one_object(journal: Path):
    told = synak("verify", journal, "--json")
    found = json.loads(told.stdout)
    assert (found["mined"], found["refusals"]) == (10, 1)
    assert found["head"]["number"] == 10
    found = json.loads(synak("replay", journal, "--to", "7", "--json").stdout)
    assert (found["identical"], found["blocks"], found["head"]["number"]) == (True, 7, 7)


@pytest.mark.slow
async def test_replay_to_a_block_that_is_not_there_is_refused(journal: Path):
    for to in ("11", "-1"):
        told = synak("replay", journal, "--to", to)
        assert told.returncode == 1
        assert "replay.no_such_block" in told.stderr
    assert synak("replay", journal, "--to", "0").returncode == 0


async def test_a_changed_byte_is_named_by_record_and_offset(journal: Path):
    data = bytearray(journal.read_bytes())
    data[len(data) // 2] ^= 1
    journal.write_bytes(data)
    for command in ("verify", "replay"):
        told = synak(command, journal)
        assert told.returncode == 1
        assert told.stdout == ""
        assert "journal.bad_record" in told.stderr
        assert "Traceback" not in told.stderr


@pytest.mark.slow
async def test_a_seal_rewritten_with_right_checksums_is_found_by_the_replay(
    journal: Path, tmp_path: Path
):
    """Whoever can write the file can chain it anew; only calculating again finds the lie."""
    data, place = bytearray(MAGIC), Place()

    def lie(stored: Stored) -> Record:
        record = stored.record
        if record.kind is not Kind.SEAL or record.body["number"] != 3:
            return record
        return Record(record.kind, record.body | {"state_root": "0x" + "11" * 32}, record.blob)

    found: list[Stored] = []
    read(journal, found.append)
    for stored in found[: next(i for i, s in enumerate(found) if s.record.kind is Kind.EPOCH)]:
        record = lie(stored)
        more, place = frame(record.kind, pack(record), place)
        data += more
    forged = tmp_path / "forged"
    forged.write_bytes(data)
    assert synak("verify", forged).returncode == 0
    told = synak("replay", forged)
    assert told.returncode == 1
    assert "engine.diverged" in told.stderr
    assert "block 3" in told.stderr


async def test_what_is_no_journal_is_refused(tmp_path: Path):
    for path, code in ((tmp_path / "none", "journal.missing"), (tmp_path, "journal.missing")):
        told = synak("verify", path)
        assert told.returncode == 1
        assert code in told.stderr
    other = tmp_path / "text"
    other.write_text("this is no journal at all")
    assert "journal.bad_record" in synak("verify", other).stderr


async def test_progress_is_told_to_the_end(journal: Path):
    told: list[Progress] = []
    verify(journal, told.append)
    assert told[-1].done == told[-1].whole == journal.stat().st_size
    assert [each.done for each in told] == sorted(each.done for each in told)
