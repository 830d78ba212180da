"""Framing: every change of every byte is named; a torn tail is told from damage."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.chain.journal import read
from sandbox.chain.records import HEAD, MAGIC, Kind, Place, Record, frame, pack, read_at
from sandbox.kit.errors import IntegrityFailure, InvalidInput

RECORDS = [
    Record(Kind.HEADER, {"chain": "kgst"}),
    Record(Kind.TX, {"hash": "0x01"}, b"\x00" * 40),
    Record(Kind.REFUSAL, {"permit": "SB-2026-0001", "wording": "сом"}),
    Record(Kind.SEAL, {"number": 1}, b"\x01" * 64),
]


def written(records: list[Record]) -> tuple[bytes, list[int]]:
    """A journal's bytes and where each record begins."""
    place, data, starts = Place(), MAGIC, []
    for record in records:
        starts.append(len(data))
        framed, place = frame(record.kind, pack(record), place)
        data += framed
    return data, starts


def scanned(path: Path, data: bytes) -> tuple[list[Record], int]:
    path.write_bytes(data)
    found: list[Record] = []
    scan = read(path, lambda stored: found.append(stored.record))
    return found, scan.torn


def test_what_was_written_is_read_and_nothing_is_torn(tmp_path):
    data, _ = written(RECORDS)
    assert scanned(tmp_path / "j", data) == (RECORDS, 0)


def test_any_changed_byte_is_named_by_its_record(tmp_path):
    data, starts = written(RECORDS)
    for offset in range(len(data)):
        changed = bytearray(data)
        changed[offset] ^= 0x41
        with pytest.raises(IntegrityFailure) as caught:
            scanned(tmp_path / "j", bytes(changed))
        assert caught.value.code == "journal.bad_record"
        expected = sum(start <= offset for start in starts) - 1
        assert caught.value.params["record"] == max(0, expected), offset


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    bodies=st.lists(st.binary(max_size=80), min_size=2, max_size=8),
    where=st.integers(0, 10**6),
    flip=st.integers(1, 255),
)
def test_any_changed_byte_of_any_journal_is_found(tmp_path, bodies, where, flip):
    data, starts = written([Record(Kind.TX, {"n": i}, blob) for i, blob in enumerate(bodies)])
    changed = bytearray(data)
    changed[where % len(data)] ^= flip
    with pytest.raises(IntegrityFailure) as caught:
        scanned(tmp_path / "j", bytes(changed))
    at = where % len(data)
    assert caught.value.params["record"] == max(0, sum(start <= at for start in starts) - 1)


def test_every_cut_is_a_torn_tail_behind_whole_records(tmp_path):
    data, starts = written(RECORDS)
    ends = [*starts[1:], len(data)]
    for cut in range(len(MAGIC), len(data)):
        found, torn = scanned(tmp_path / "j", data[:cut])
        whole = sum(end <= cut for end in ends)
        assert found == RECORDS[:whole]
        assert torn == cut - (ends[whole - 1] if whole else len(MAGIC))


@pytest.mark.parametrize("zeros", [1, HEAD.size, 5_000])
def test_zeros_behind_the_last_record_are_a_torn_tail_and_one_other_byte_is_not(tmp_path, zeros):
    data, _ = written(RECORDS)
    assert scanned(tmp_path / "j", data + bytes(zeros)) == (RECORDS, zeros)
    with pytest.raises(IntegrityFailure) as caught:
        scanned(tmp_path / "j", data + bytes(zeros + HEAD.size) + b"\x01")
    assert caught.value.params["record"] == len(RECORDS)


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_record_taken_out_is_found(tmp_path, gone):
    data, starts = written(RECORDS)
    without = data[: starts[gone]] + data[starts[gone + 1] :]
    with pytest.raises(IntegrityFailure) as caught:
        scanned(tmp_path / "j", without)
    assert caught.value.params == {
        "record": gone,
        "offset": starts[gone],
        "reason": "sequence",
    }


def test_a_record_written_anew_with_right_checksums_breaks_the_chain_behind_it(tmp_path):
    data, starts = written(RECORDS)
    forged = [RECORDS[0], Record(Kind.TX, {"hash": "0x02"}, b"\x00" * 40), *RECORDS[2:]]
    other, others = written(forged)
    mixed = other[: others[2]] + data[starts[2] :]
    with pytest.raises(IntegrityFailure) as caught:
        scanned(tmp_path / "j", mixed)
    assert caught.value.params == {"record": 2, "offset": others[2], "reason": "chain"}


def test_a_file_that_is_no_journal_is_refused(tmp_path):
    with pytest.raises(IntegrityFailure) as caught:
        scanned(tmp_path / "j", b"SQLite format 3\x00")
    assert caught.value.params["reason"] == "magic"
    with pytest.raises(IntegrityFailure, match=r"journal\.missing"):
        read(tmp_path / "none", lambda _: None)


def test_one_record_is_read_by_its_place_and_damage_is_named(tmp_path):
    data, starts = written(RECORDS)
    path = tmp_path / "j"
    path.write_bytes(data)
    with path.open("rb") as file:
        assert read_at(file, Place(starts[2], 2)) == RECORDS[2]
    path.write_bytes(data[: starts[2] + 30] + b"?" + data[starts[2] + 31 :])
    with path.open("rb") as file, pytest.raises(IntegrityFailure) as caught:
        read_at(file, Place(starts[2], 2))
    assert caught.value.params["record"] == 2


def test_what_is_not_json_is_refused_before_it_is_written():
    with pytest.raises(InvalidInput, match=r"journal\.not_json"):
        pack(Record(Kind.REFUSAL, {"amount": object()}))
