"""The container of an evidence file: bombs, strange parts, text for a terminal."""

from __future__ import annotations

import tracemalloc

import pytest
from typer.testing import CliRunner

from sandbox.kit.errors import IntegrityFailure
from sandbox.services import evidence_commands, evidence_file
from sandbox.services.evidence_file import read_canonical
from sandbox.services.evidence_report import Report
from sandbox.services.evidence_verify import verify_file
from tests.services.exports import parts, written


def test_parts_that_are_missing_added_or_doubled_are_named(evidence, tmp_path):
    found = parts(evidence.named)
    less = {name: data for name, data in found.items() if name != "permit.json"}
    more = {**found, "note.txt": b"trust me"}
    for changed, name, code in (
        (less, "permit.json", "missing"),
        (more, "note.txt", "unexpected"),
        ({}, "manifest.json", "missing"),
    ):
        (problem,) = verify_file(written(tmp_path / "x.zip", changed)).problems
        assert (problem.part, problem.code) == (name, code)
    (tmp_path / "x.zip").write_bytes(b"no zip")
    (problem,) = verify_file(tmp_path / "x.zip").problems
    assert problem.code == "container"


def test_a_file_that_unpacks_to_far_more_than_it_is_is_not_unpacked(tmp_path):
    zeros = b'"' + b"0" * (40 << 20) + b'"'
    packed = written(tmp_path / "bomb.zip", {"manifest.json": zeros}).stat().st_size
    assert packed < 100_000
    tracemalloc.start()
    (problem,) = verify_file(tmp_path / "bomb.zip").problems
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (problem.record, problem.code) == ("manifest.json", "too_large")
    assert peak < 4 << 20


def test_parts_packed_too_well_too_many_parts_and_too_many_values_are_named(tmp_path):
    bombs = (
        ({"journal/kgst.jsonl": bytes(2 << 20)}, "journal/kgst.jsonl"),
        ({f"{number}.json": b"{}" for number in range(65)}, "the table of parts"),
    )
    for found, name in bombs:
        (problem,) = verify_file(written(tmp_path / "x.zip", found)).problems
        assert (problem.record, problem.code) == (name, "too_large")
    with pytest.raises(IntegrityFailure, match="too_large"):
        read_canonical(b"[" + b"[]," * (1 << 20) + b"[]]")


def test_a_size_that_is_stated_too_small_is_not_believed(tmp_path, monkeypatch):
    monkeypatch.setattr(evidence_file, "LONGEST_LINE", 1_000)
    path = written(tmp_path / "x.zip", {"a.jsonl": b"1" * 999 + b"\n" + b"2" * 1_001})
    with evidence_file.Parts(path) as found:
        lines_of = found.lines("a.jsonl")
        assert len(next(lines_of)) == 1_000
        with pytest.raises(IntegrityFailure, match="too_large"):
            next(lines_of)
        with pytest.raises(IntegrityFailure, match="too_large"):
            found.data("a.jsonl")
        monkeypatch.setattr(evidence_file, "LARGEST_PART", 1_500)
        with pytest.raises(IntegrityFailure, match="too_large"):
            found.digest("a.jsonl")


def test_nothing_that_a_file_says_reaches_the_terminal_raw(evidence, tmp_path):
    name = "x\x1b[2J\x9b\u202e\nnothing was altered"
    path = written(tmp_path / "x.zip", {**parts(evidence.exhibit), name: b"{}"})
    for more in ([], ["--json"]):
        told = CliRunner().invoke(evidence_commands.app, ["verify", str(path), *more])
        assert told.exit_code == 1
        assert all(each.isprintable() or each == "\n" for each in told.stdout)
        assert "nothing was altered" not in told.stdout.splitlines()
    whole = CliRunner().invoke(evidence_commands.app, ["verify", str(evidence.exhibit)])
    assert (whole.exit_code, whole.stdout.splitlines()[-1]) == (0, "nothing was altered")


def test_a_thousand_problems_are_enough():
    report = Report()
    for number in range(5_000):
        report.add("a", f"line {number}", "", "malformed")
    assert (len(report.problems), report.problems[-1].code) == (1_001, "too_many")
