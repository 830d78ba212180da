"""Exams on SQLite and on PostgreSQL: who may what, starts at once, codes, the book."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.domain.classroom import Action, ActionKind, StoredBundle
from sandbox.domain.coursework import BundleHash
from sandbox.domain.exam_clock import ExamState
from sandbox.domain.exams import MOST_TRIES, WAIT, EntryKind
from sandbox.kit.clock import FixedClock
from sandbox.kit.errors import SynakError
from sandbox.services import exam_rooms, exam_views, exams
from sandbox.services.classroom_people import seed_course
from sandbox.services.classroom_room import COUNTER
from sandbox.store import Store
from sandbox.store.classroom import Actions, Bundles
from tests.exchange import exam_world as own
from tests.exchange.conftest import COURSE, LAB, START
from tests.store.conftest import empty_store, postgres, store

__all__ = ["empty_store", "postgres", "store"]


@dataclass
class Desk:
    """What the helpers of ``exam_world`` ask of a world."""

    store: Store
    clock: FixedClock
    parts: Any

    def later(self, **by: float) -> None:
        self.clock.forward(timedelta(**by))

    @property
    def now(self) -> datetime:
        return self.clock.now()


@pytest.fixture
def desk(store, tmp_path):
    with store.unit() as u:
        seed_course(u, START - timedelta(days=1), teachers=["kanat"], students=["lira", "marat"])
        Bundles(u.session).remember(StoredBundle(BundleHash("0" * 64), ()))
        Actions(u.session).add(
            Action(u.counters.next(COUNTER), "r", START, "kanat", ActionKind.RELEASED, COURSE, LAB,
                   None, "0" * 64, {"master": "m", "titles": {}, "points": 1.0})
        )  # fmt: skip
        u.commit()
    return Desk(store, FixedClock(START), SimpleNamespace(blobs=tmp_path / "blobs"))


def refused(code, desk, who, work):
    with pytest.raises(SynakError) as found:
        own.act(desk, who, work)
    assert found.value.code == code


def as_room(desk, wanted, **said):
    """A start with a code, tried as lira."""
    return lambda room: exam_rooms.start(room, LAB, wanted, **said)


def test_an_exam_from_its_plan_to_its_end(desk):
    own.seat(desk.store)
    plan = lambda room: exams.plan(room, LAB, 60)  # noqa: E731
    refused("classroom.teachers_own", desk, "olga", plan)
    refused("classroom.wrong_role", desk, "lira", plan)
    refused("exam.minutes", desk, "kanat", lambda room: exams.plan(room, LAB, 4))
    own.act(desk, "kanat", plan)
    own.act(desk, "kanat", plan)
    for made, code in (
        (own.set_room("ПИ-9"), "exam.no_group"),
        (own.set_room("ПИ-1", (0, 0)), "exam.window"),
        (own.set_room("ПИ-1", (0, 0.5)), "exam.window_short"),
        (own.set_room("ПИ-1", who=()), "exam.no_invigilator"),
        (own.set_room("ПИ-1", who=("lira",)), "exam.not_staff"),
        (own.set_room("ПИ-1", (48, 50), ("olga",)), "exam.not_staff"),
    ):
        refused(code, desk, "kanat", made)
    refused("classroom.teachers_own", desk, "olga", own.set_room("ПИ-1"))
    own.act(desk, "kanat", own.set_room("ПИ-1", (0, 3)))
    own.act(desk, "kanat", own.set_room("ПИ-1"))
    own.act(desk, "kanat", own.set_room("ПИ-2", (1, 3), ("olga",)))
    first, second = own.room_id(desk, "ПИ-1"), own.room_id(desk, "ПИ-2")
    assert len(own.book(desk).rooms) == 2

    opening = lambda room: exam_rooms.open_room(room, LAB, first)  # noqa: E731
    desk.clock.forward(own.OPENS - timedelta(hours=1, seconds=1) - desk.now)
    refused("exam.too_early", desk, "kanat", opening)
    refused("exam.not_invigilator", desk, "olga", opening)
    desk.later(seconds=1)
    code = own.opened(desk)
    assert len(code) == 6
    refused("exam.too_early", desk, "lira", as_room(desk, code))
    desk.clock.forward(own.OPENS - desk.now)
    refused("exam.too_early", desk, "nurlan", as_room(desk, code))
    refused("classroom.wrong_role", desk, "kanat", as_room(desk, code))
    newer = own.opened(desk)
    assert newer != code
    refused("exam.wrong_code", desk, "lira", as_room(desk, code))
    entry = own.start(desk, "lira", f" {newer.lower()[:3]}-{newer[3:]} ")
    desk.later(minutes=5)
    assert own.start(desk, "lira", "whatever, after a power cut") == entry
    refused("exam.begun", desk, "kanat", plan_of(90))
    refused("exam.begun", desk, "kanat", own.set_room("ПИ-1", (0, 4)))
    refused("exam.begun", desk, "kanat", lambda room: exams.cancel(room, LAB))

    let_in = lambda room: exam_rooms.admit(room, LAB, "marat", second, reason="Ill before.")  # noqa: E731
    refused("classroom.wrong_role", desk, "marat", let_in)
    own.act(desk, "olga", let_in)
    refused("exam.there_already", desk, "olga", let_in)
    refused("exam.too_early", desk, "marat", as_room(desk, newer))
    desk.clock.forward(own.OPENS + timedelta(hours=1) - desk.now)
    refused("exam.not_opened", desk, "marat", as_room(desk, newer))
    theirs = own.opened(desk, "ПИ-2", "olga")
    refused("exam.other_room", desk, "marat", as_room(desk, newer))
    own.start(desk, "marat", theirs)
    back = lambda room: exam_rooms.admit(room, LAB, "marat", first, reason="Back.")  # noqa: E731
    refused("exam.has_started", desk, "kanat", back)

    seats = {
        e.student: e for e in own.act(desk, "olga", lambda r: exam_views.seats(r, own_book(r)))
    }
    assert {name: each.state for name, each in seats.items()} == {
        "lira": ExamState.RUNNING,
        "marat": ExamState.RUNNING,
        "nurlan": ExamState.NOT_STARTED,
    }
    assert (seats["marat"].room.id, seats["marat"].own_group) == (second, False)
    desk.clock.forward(own.OPENS + timedelta(hours=3, seconds=1) - desk.now)
    refused("exam.room_closed", desk, "nurlan", as_room(desk, theirs))
    kinds = [each.kind for each in own.entries(desk)]
    assert kinds.count(EntryKind.STARTED) == 2
    with desk.store.unit(read_only=True) as u:
        logged = [each for each in u.audit.scan() if each.kind.startswith("course.exam_")]
    assert {each.kind for each in logged} >= {
        *("course.exam_planned", "course.exam_room_set", "course.exam_opened"),
        *("course.exam_started", "course.exam_admitted"),
    }
    assert "Ill before" not in str([each.body for each in logged])


def plan_of(minutes):
    return lambda room: exams.plan(room, LAB, minutes)


def own_book(room):
    return exams.required(room, LAB)


def test_five_wrong_codes_and_a_student_waits(desk):
    own.plan(desk)
    desk.clock.forward(own.OPENS - desk.now)
    code = own.opened(desk)
    for _ in range(MOST_TRIES):
        refused("exam.wrong_code", desk, "lira", as_room(desk, "WRONG1"))
    refused("exam.too_many_tries", desk, "lira", as_room(desk, code))
    own.start(desk, "marat", code)
    desk.clock.forward(WAIT)
    own.start(desk, "lira", code)


def test_starts_at_once_are_one_start(desk):
    code = own.begun(desk)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _n: own.start(desk, "lira", code), range(6)))
    assert len({each.number for each in found}) == 1
    kinds = [each.kind for each in own.entries(desk)]
    assert kinds.count(EntryKind.STARTED) == 1


def test_time_is_given_and_stopped_by_those_who_invigilate(desk):
    own.begun(desk, "lira")
    first, second = own.room_id(desk, "ПИ-1"), own.room_id(desk, "ПИ-2")

    def pause(scope, reason="A reason."):
        return lambda room: exam_rooms.pause(room, LAB, scope, reason=reason)

    def resume(scope):
        return lambda room: exam_rooms.resume(room, LAB, scope)

    def give(minutes, student="lira", reason="Dyslexia."):
        return lambda r: exam_rooms.give_minutes(r, LAB, student, minutes, reason=reason)

    for scope in ((first, None), (None, "lira")):
        refused("exam.not_invigilator", desk, "olga", pause(scope))
    refused("classroom.wrong_role", desk, "lira", pause((None, "lira")))
    refused("classroom.no_reason", desk, "kanat", pause((first, None), " "))
    refused("exam.no_room", desk, "kanat", pause(("nowhere", None)))
    refused("member.not_found", desk, "kanat", pause((None, "stranger")))
    refused("exam.nothing_runs", desk, "kanat", pause((None, "marat")))
    refused("exam.not_paused", desk, "kanat", resume((first, None)))
    own.act(desk, "kanat", pause((first, None)))
    refused("exam.paused_already", desk, "kanat", pause((first, None)))
    refused("exam.not_paused", desk, "kanat", resume((None, None)))
    desk.later(minutes=5)
    own.act(desk, "kanat", resume((first, None)))
    own.act(desk, "kanat", pause((None, "lira")))
    desk.later(minutes=5)
    own.act(desk, "kanat", resume((None, "lira")))

    refused("exam.not_invigilator", desk, "olga", give(10))
    refused("exam.extra", desk, "kanat", give(601))
    refused("classroom.no_reason", desk, "kanat", give(10, reason=""))
    own.act(desk, "kanat", give(50))
    refused("exam.same_minutes", desk, "kanat", give(50))
    own.act(desk, "kanat", give(5))
    own.act(desk, "olga", give(15, "nurlan"))
    assert own.book(desk).clock("lira").ends(desk.now) == own.OPENS + timedelta(minutes=75)
    desk.clock.forward(own.OPENS + timedelta(minutes=73) - desk.now)
    refused("exam.minutes_used", desk, "kanat", give(1))

    write = lambda r: exam_rooms.log_incident(r, LAB, (second, None), "A phone rang.")  # noqa: E731
    entry = own.act(desk, "olga", write)
    refused(
        "exam.not_invigilator",
        desk,
        "olga",
        lambda r: exam_rooms.log_incident(r, LAB, (first, None), "Not hers."),
    )
    right = own.act(
        desk,
        "olga",
        lambda r: exam_rooms.log_incident(
            r, LAB, (second, None), "It was an alarm clock.", corrects=entry.number
        ),
    )
    assert right.corrects == entry.number
    refused(
        "exam.no_entry",
        desk,
        "olga",
        lambda r: exam_rooms.log_incident(r, LAB, (None, None), "What?", corrects=10**6),
    )
    texts = [each.text for each in own.entries(desk) if each.kind is EntryKind.INCIDENT]
    assert texts == ["A phone rang.", "It was an alarm clock."]


@pytest.mark.parametrize("what", ["UPDATE {} SET text = 'x'", "DELETE FROM {}"])
def test_the_book_only_grows(desk, what):
    own.begun(desk, "lira")
    with pytest.raises(Exception, match="append only"), desk.store.engine.begin() as connection:
        connection.exec_driver_sql(what.format("classroom_exam_entry"))


def test_the_attendance_sheet_lists_the_group_and_who_was_let_in(desk):
    own.plan(desk)
    first, second = own.room_id(desk, "ПИ-1"), own.room_id(desk, "ПИ-2")
    let_in = lambda r: exam_rooms.admit(r, LAB, "marat", second, reason="Ill before.")  # noqa: E731
    own.act(desk, "olga", let_in)
    lists = {
        wanted: own.act(desk, "olga", lambda r, w=wanted: exam_views.attendance(r, LAB, w)).lines
        for wanted in (first, second)
    }
    assert [(e.seat.student, e.elsewhere, e.group) for e in lists[first]] == [
        ("lira", False, ""),
        ("marat", True, ""),
    ]
    assert [(e.seat.student, e.elsewhere, e.group) for e in lists[second]] == [
        ("marat", False, "ПИ-1"),
        ("nurlan", False, ""),
    ]
    refused("classroom.wrong_role", desk, "lira", lambda r: exam_views.attendance(r, LAB, first))
    refused("exam.no_room", desk, "olga", lambda r: exam_views.attendance(r, LAB, "x"))
