"""The clock of an exam and its book: pauses, extra minutes, closing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.domain.exam_clock import Clock, ExamState, Pause
from sandbox.domain.exams import (
    Book,
    EntryKind,
    Exam,
    ExamEntry,
    ExamRoom,
    check_invigilators,
    check_minutes,
    check_window,
    spoken,
)
from sandbox.kit.errors import InvalidInput

NINE = datetime(2026, 12, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FAR = NINE + timedelta(days=9)
EXAM = Exam("e", "digital-money", "lab", 60, "kanat", NINE)
ONE = ExamRoom("r1", "e", "ПИ-1", "t", NINE, NINE + 180 * MINUTE, ("kanat",), "AAAAAA")
TWO = ExamRoom("r2", "e", "ПИ-2", "t", NINE, NINE + 240 * MINUTE, ("olga",), "BBBBBB")


@st.composite
def pauses(draw):
    """Any pauses, overlapping or not, the last perhaps open."""
    found = []
    for _ in range(draw(st.integers(0, 6))):
        since = NINE + MINUTE * draw(st.integers(-60, 300))
        until = draw(st.none() | st.integers(0, 90))
        found.append(Pause(since, None if until is None else since + MINUTE * until))
    return tuple(found)


moments = st.integers(0, 700).map(lambda n: NINE + MINUTE * n)


def worked(clock, at):
    """Minutes between the start and a moment that no pause covers, counted one by one."""

    def covered(minute):
        return any(p.since <= minute < (p.until or at) for p in clock.pauses)

    minutes = int((at - clock.started) / MINUTE)
    return sum(not covered(clock.started + MINUTE * n) for n in range(minutes))


@settings(deadline=None)
@given(pauses(), st.integers(0, 60), moments)
def test_the_end_leaves_exactly_the_minutes_that_were_given(several, extra, at):
    clock = Clock(NINE, 60, FAR, extra, several)
    end = clock.unbounded(at)
    assert worked(clock, end) == 60 + extra if all(p.until for p in several) else True
    assert end >= NINE + MINUTE * (60 + extra)


@settings(deadline=None)
@given(pauses(), st.integers(0, 600), st.integers(0, 400), moments)
def test_nothing_goes_beyond_the_closing(several, extra, closes, at):
    clock = Clock(NINE, 60, NINE + MINUTE * closes, extra, several)
    assert clock.ends(at) <= clock.closes
    if at > clock.closes:
        assert clock.state(at) is ExamState.OVER
    assert clock.left(at) >= timedelta(0)
    assert clock.cut(at) == max(timedelta(0), clock.unbounded(at) - clock.closes)


@settings(deadline=None)
@given(pauses(), st.integers(0, 60), st.integers(0, 60), moments)
def test_more_minutes_never_end_earlier(several, extra, more, at):
    little, much = (Clock(NINE, 60, FAR, n, several) for n in (extra, extra + more))
    assert much.ends(at) >= little.ends(at) + MINUTE * more


@settings(deadline=None)
@given(pauses(), pauses(), moments)
def test_one_pause_more_never_ends_earlier(several, others, at):
    assert Clock(NINE, 60, FAR, 0, several + others).ends(at) >= Clock(
        NINE, 60, FAR, 0, several
    ).ends(at)


@settings(deadline=None)
@given(pauses(), moments)
def test_order_and_repetition_of_pauses_change_nothing(several, at):
    once = Clock(NINE, 60, FAR, 0, several)
    assert Clock(NINE, 60, FAR, 0, several[::-1] + several).ends(at) == once.ends(at)


@settings(deadline=None)
@given(moments, st.integers(1, 90))
def test_a_pause_after_the_end_revives_nobody(at, length):
    end = NINE + 60 * MINUTE
    late = Pause(max(at, end), max(at, end) + MINUTE * length)
    assert Clock(NINE, 60, FAR, 0, (late,)).ends(late.until) == end


def test_a_pause_that_lasts_keeps_what_is_left():
    clock = Clock(NINE, 60, FAR, 0, (Pause(NINE + 20 * MINUTE, None),))
    for minute in (20, 30, 500):
        at = NINE + minute * MINUTE
        assert (clock.left(at), clock.state(at)) == (40 * MINUTE, ExamState.PAUSED)


def test_the_last_moment_is_in_time_and_the_next_is_not():
    clock = Clock(NINE, 60, FAR)
    end = NINE + 60 * MINUTE
    assert clock.state(end) is ExamState.RUNNING
    assert clock.state(end + timedelta(microseconds=1)) is ExamState.OVER


def entry(number, kind, minute=0, **said):
    return ExamEntry(number, "e", EntryKind(kind), NINE + minute * MINUTE, "kanat", **said)


def book(*entries):
    return Book(EXAM, (ONE, TWO), entries)


STARTED = entry(1, "exam_started", room="r1", student="lira")


def test_pauses_hold_for_one_for_a_room_or_for_all():
    acts = (
        entry(2, "exam_paused", 10, room="r1"),
        entry(3, "exam_resumed", 15, room="r1"),
        entry(4, "exam_paused", 20),
        entry(5, "exam_resumed", 30),
        entry(6, "exam_paused", 40, room="r1", student="lira"),
        entry(7, "exam_resumed", 41, room="r1", student="lira"),
        entry(8, "exam_paused", 42, room="r2"),
        entry(9, "exam_paused", 42, room="r1", student="marat"),
    )
    found = book(STARTED, *acts).clock("lira")
    assert found.ends(NINE + 50 * MINUTE) == NINE + (60 + 5 + 10 + 1) * MINUTE
    assert book(STARTED, *acts).is_paused(("r2", None))
    assert not book(STARTED, *acts).is_paused(("r1", None))


def test_extra_minutes_are_a_total_and_the_newest_counts():
    acts = (
        entry(2, "exam_extra", student="lira", minutes=50),
        entry(3, "exam_extra", student="lira", minutes=5),
    )
    assert book(STARTED, *acts).clock("lira").ends(NINE) == NINE + 65 * MINUTE


def test_minutes_that_change_while_the_time_runs_are_told_and_others_not():
    before = entry(0, "exam_extra", student="lira", minutes=50)
    after = entry(3, "exam_extra", 10, student="lira", minutes=5)
    assert book(before, STARTED).changed("lira") is None
    assert book(before, STARTED, after).changed("lira") == NINE + 10 * MINUTE
    assert book(after).changed("lira") is None
    assert book(STARTED, after).changed("marat") is None


def test_a_student_sits_in_the_own_room_until_let_into_another_one():
    assert book().room_of("lira", "ПИ-1", "t") == ONE
    assert book().room_of("lira", "ПИ-1", "another term") is None
    assert book().room_of("lira", "", "") is None
    let_in = entry(1, "exam_admitted", room="r2", student="lira")
    assert book(let_in).room_of("lira", "ПИ-1", "t") == TWO
    assert book(let_in).clock("lira") is None


def test_an_exam_is_over_when_its_last_room_has_closed():
    assert not book().over(TWO.closes)
    assert book().over(TWO.closes + MINUTE)
    assert not Book(EXAM, (), ()).over(FAR)


@pytest.mark.parametrize("minutes", [4, 601, -1])
def test_an_odd_length_is_refused(minutes):
    with pytest.raises(InvalidInput, match=r"exam\.minutes"):
        check_minutes(minutes)
    check_minutes(5)


@pytest.mark.parametrize(
    ("opens", "closes", "code"),
    [
        (0, 0, "exam.window"),
        (60, 0, "exam.window"),
        (0, 25 * 60, "exam.window"),
        (-120, -60, "exam.window"),
        (500 * 1440, 500 * 1440 + 90, "exam.window"),
        (0, 59, "exam.window_short"),
    ],
)
def test_an_odd_window_is_refused(opens, closes, code):
    with pytest.raises(InvalidInput) as refused:
        check_window(NINE + opens * MINUTE, NINE + closes * MINUTE, 60, NINE)
    assert refused.value.code == code
    check_window(NINE, NINE + 60 * MINUTE, 60, NINE)


def test_a_room_needs_an_invigilator_who_teaches_there():
    check_invigilators(["kanat"], ["kanat", "olga"])
    for chosen, code in (([], "exam.no_invigilator"), (["lira"], "exam.not_staff")):
        with pytest.raises(InvalidInput) as refused:
            check_invigilators(chosen, ["kanat"])
        assert refused.value.code == code


@pytest.mark.parametrize("typed", ["AB10CD", "ab1ocd", " ab-lo cd\n", "ABIOCD"])
def test_a_code_may_be_typed_as_it_is_read(typed):
    assert spoken(typed) == "AB10CD"
