"""The journal's file: group commit, lock, torn tail, a full disk."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from sandbox.chain.journal import Journal, read
from sandbox.chain.records import Kind, Record, Stored
from sandbox.kit.errors import Conflict, IntegrityFailure, InvalidInput, Unavailable
from tests.chain.support import SmallDisk

pytestmark = pytest.mark.anyio


def record(number: int, size: int = 0) -> Record:
    return Record(Kind.REFUSAL, {"n": number}, bytes(size))


def opened(path: Path) -> tuple[Journal, list[int]]:
    found: list[int] = []

    def visit(stored: Stored) -> None:
        found.append(stored.record.body["n"])

    return Journal.open(path, visit), found


def numbers(path: Path) -> list[int]:
    found: list[int] = []
    read(path, lambda stored: found.append(stored.record.body["n"]))
    return found


async def test_order_of_put_is_the_order_in_the_file_also_for_many_at_once(tmp_path):
    journal, _ = opened(tmp_path / "j")
    places = await asyncio.gather(*(journal.put([record(n)]) for n in range(500)))
    assert [place.sequence for (place,) in places] == list(range(500))
    await journal.close()
    assert numbers(tmp_path / "j") == list(range(500))


async def test_many_puts_share_few_syncs(tmp_path, monkeypatch):
    journal, _ = opened(tmp_path / "j")
    syncs: list[int] = []
    real = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda fd: (syncs.append(fd), real(fd)))
    await asyncio.gather(*(journal.put([record(n)]) for n in range(500)))
    assert 1 <= len(syncs) <= 5
    await journal.close()


async def test_a_record_is_on_the_disk_when_put_is_done(tmp_path):
    journal, _ = opened(tmp_path / "j")
    await journal.put([record(1)])
    assert numbers(tmp_path / "j") == [1]
    await journal.close()


async def test_a_second_gateway_cannot_open_it_and_can_after_the_first_has_closed(tmp_path):
    journal, _ = opened(tmp_path / "j")
    with pytest.raises(Conflict, match=r"journal\.locked"):
        opened(tmp_path / "j")
    await journal.close()
    again, _ = opened(tmp_path / "j")
    await again.close()


async def test_a_torn_tail_is_cut_off_and_reported_and_writing_goes_on(tmp_path):
    journal, _ = opened(tmp_path / "j")
    await journal.put([record(1), record(2)])
    await journal.close()
    whole = (tmp_path / "j").read_bytes()
    (tmp_path / "j").write_bytes(whole[:-5])
    journal, found = opened(tmp_path / "j")
    assert found == [1]
    assert journal.recovered_bytes > 0
    await journal.put([record(3)])
    await journal.close()
    assert numbers(tmp_path / "j") == [1, 3]


async def test_damage_before_the_end_refuses_to_open_and_changes_nothing(tmp_path):
    journal, _ = opened(tmp_path / "j")
    await journal.put([record(1), record(2)])
    await journal.close()
    data = bytearray((tmp_path / "j").read_bytes())
    data[40] ^= 1
    (tmp_path / "j").write_bytes(data)
    with pytest.raises(IntegrityFailure) as caught:
        opened(tmp_path / "j")
    assert caught.value.params["record"] == 0
    assert (tmp_path / "j").read_bytes() == data


async def test_a_full_disk_refuses_keeps_what_was_and_recovers_by_itself(small_disk: SmallDisk):
    path = small_disk.path / "j"
    journal, _ = opened(path)
    await journal.put([record(1)])
    size = path.stat().st_size
    with small_disk.full(but=4_096):
        with pytest.raises(Unavailable, match=r"journal\.unwritable"):
            await journal.put([record(2, size=20_000)])
        assert journal.writable is False
        assert path.stat().st_size == size
        await journal.put([record(3)])
        assert journal.writable is True
    await journal.put([record(4, size=20_000)])
    await journal.close()
    assert numbers(path) == [1, 3, 4]


async def test_a_failed_sync_is_not_trusted_and_written_anew(tmp_path, monkeypatch):
    journal, _ = opened(tmp_path / "j")
    await journal.put([record(1)])
    real = os.fdatasync

    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", broken)
    with pytest.raises(Unavailable):
        await journal.put([record(2)])
    monkeypatch.setattr(os, "fdatasync", real)
    await journal.put([record(3)])
    await journal.close()
    assert numbers(tmp_path / "j") == [1, 3]


async def test_a_record_that_is_no_json_is_refused_and_the_journal_goes_on(tmp_path):
    journal, _ = opened(tmp_path / "j")
    with pytest.raises(InvalidInput, match=r"journal\.not_json"):
        journal.put([Record(Kind.REFUSAL, {"n": object()})])
    await journal.put([record(1)])
    await journal.close()
    assert numbers(tmp_path / "j") == [1]


async def test_a_closed_journal_acknowledges_nothing(tmp_path):
    journal, _ = opened(tmp_path / "j")
    await journal.close()
    with pytest.raises(Unavailable, match=r"journal\.unwritable"):
        await journal.put([record(1)])


async def test_a_directory_in_its_place_is_a_clear_error(tmp_path):
    (tmp_path / "j").mkdir()
    with pytest.raises(Unavailable, match=r"journal\.unwritable"):
        opened(tmp_path / "j")


async def test_a_crash_while_the_file_was_made_is_no_damage(tmp_path):
    (tmp_path / "j").write_bytes(b"SYN")
    journal, found = opened(tmp_path / "j")
    assert found == []
    await journal.put([record(1)])
    await journal.close()
    assert numbers(tmp_path / "j") == [1]
