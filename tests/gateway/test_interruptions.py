"""The book of what went down unasked: once for each time, never for a planned stop."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.gateway.interruptions import PAGE, Interruptions
from sandbox.kit.clock import FixedClock

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "interruptions.sqlite"


def _run(path: Path, *, stopped: bool) -> Interruptions:
    """A run of the gateway that ended."""
    book = Interruptions(path, FixedClock(AT))
    book.begin()
    if stopped:
        book.stopping()
        book.stopping()
    book.close()
    return book


def _now(path: Path) -> Interruptions:
    book = Interruptions(path, FixedClock(AT))
    book.begin()
    return book


def test_a_planned_stop_leaves_nothing(path: Path) -> None:
    _run(path, stopped=True)
    _run(path, stopped=True)
    assert _now(path).after(0) == []


def test_a_killed_run_is_one_interruption_under_one_name(path: Path) -> None:
    _run(path, stopped=False)
    (first,) = _now(path).after(0)
    assert (first["what"], first["chain"], first["ended"]) == ("gateway", "", AT.timestamp())
    book = _now(path)
    again, second = book.after(0)
    assert again == first
    assert second["id"] != first["id"]
    assert book.after(first["number"]) == [second]
    assert book.after(second["number"]) == []


def test_a_killed_run_comes_after_the_engines_that_it_lost(path: Path) -> None:
    book = _now(path)
    book.engine("kgst", 10.0, 12.5)
    (engine,) = book.after(0)
    assert (engine["what"], engine["began"], engine["ended"]) == ("engine", 10.0, 12.5)
    book.close()
    (gateway,) = _now(path).after(engine["number"])
    assert gateway["what"] == "gateway"


def test_what_an_engine_does_while_the_gateway_stops_is_none(path: Path) -> None:
    book = _now(path)
    book.stopping()
    book.engine("som", 1.0, 2.0)
    assert book.after(0) == []


@pytest.mark.parametrize("stopped", [True, False])
def test_an_engine_that_does_not_come_back_is_one_when_the_gateway_runs_again(
    path: Path, stopped: bool
) -> None:
    book = _now(path)
    book.engine("kgst", 10.0, None)
    assert book.after(0) == [], "it is not over"
    if stopped:
        book.stopping()
    book.close()
    (*gateway, engine) = _now(path).after(0)
    assert (engine["what"], engine["chain"], engine["began"]) == ("engine", "kgst", 10.0)
    assert engine["ended"] == AT.timestamp()
    assert [each["what"] for each in gateway] == ([] if stopped else ["gateway"])
    kept = [each for each in _now(path).after(0) if each["what"] == "engine"]
    assert kept == [engine], "once"


def test_an_engine_that_comes_back_is_read_by_whoever_read_on_meanwhile(path: Path) -> None:
    book = _now(path)
    book.engine("kgst", 10.0, None)
    book.engine("som", 11.0, None)
    book.engine("som", 11.0, 12.0)
    (som,) = book.after(0)
    book.engine("kgst", 10.0, 20.0)
    (kgst,) = book.after(som["number"])
    assert (kgst["chain"], kgst["began"], kgst["ended"]) == ("kgst", 10.0, 20.0)
    book.engine("som", 30.0, None)
    book.stopping()
    book.engine("som", 30.0, 31.0)
    assert [each["began"] for each in book.after(kgst["number"])] == [30.0]


def test_what_cannot_be_written_or_read_stops_nothing(path: Path) -> None:
    book = _now(path)
    book.close()
    book.engine("kgst", 1.0, None)
    book.engine("kgst", 1.0, 2.0)
    assert book.after(0) == []
    book.stopping()


def test_a_page_at_a_time(path: Path) -> None:
    book = _now(path)
    for place in range(PAGE + 2):
        book.engine("kgst", place, place + 1)
    first = book.after(0)
    assert len(first) == PAGE
    assert [each["began"] for each in book.after(first[-1]["number"])] == [PAGE, PAGE + 1]
