"""Exams at the exchange: nothing before the own start, nothing after the own end, by the server."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from nbgrader.exchange import ExchangeError

from sandbox.domain.exams import MOST_LATE, EntryKind
from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.hub.exchange.client import DeskProblem
from sandbox.hub.exchange.listing import List
from sandbox.hub.exchange.student import FetchAssignment, Submit
from sandbox.hub.exchange.teacher import ReleaseAssignment
from sandbox.kit.errors import Conflict, SynakError
from sandbox.services import (
    classroom_feedback,
    classroom_grading,
    classroom_quizzes,
    exam_rooms,
    exams,
)
from sandbox.services.classroom_queue import Grading
from sandbox.store.classroom_blobs import Blobs
from tests.exchange import exam_world as own
from tests.exchange.conftest import BLANK, COURSE, LAB
from tests.exchange.test_exchange import fetch_and_submit, packed

PATH = "/assignments/lab"


@pytest.fixture
def exam(released):
    own.plan(released)
    released.clock.forward(own.OPENS - released.clock.now())
    return released


def refused(work, code):
    with pytest.raises((DeskProblem, SynakError)) as found:
        work()
    assert found.value.code == code


def hand_in(world, who, content=b"mine"):
    body = {"files": packed(**{"lab.ipynb": BLANK, "notes.txt": content})}
    return world.desk(who).post(f"{PATH}/submissions", body)


def releases(world, who):
    desk = world.desk(who)
    (first,) = desk.get(f"{PATH}/releases")
    return f"{PATH}/releases/{first['']['hash']}"


def test_before_the_own_start_nothing_is_given_and_nothing_taken(exam):
    lira = exam.desk("lira")
    for path in (f"{PATH}/files", releases(exam, "kanat"), f"{PATH}/releases"):
        refused(lambda path=path: lira.files(path), "exam.not_started")
    refused(lambda: hand_in(exam, "lira"), "exam.not_started")
    with pytest.raises(ExchangeError, match=r"exam\.not_started"):
        exam.plugin(FetchAssignment, "lira").start()
    assert not (exam.home("lira") / "lab").exists()
    (listed,) = exam.plugin(List, "lira").start()
    assert listed["status"] == "released"
    assert exam.desk("kanat").files(f"{PATH}/files")


def test_before_the_own_start_not_even_names_hashes_and_corrections_are_told(exam):
    code = own.opened(exam)
    path = exam.home("kanat") / COURSE / "release" / "lab" / "lab.ipynb"
    source = exam.home("kanat") / COURSE / "source" / "lab" / "lab.ipynb"
    for each in (path, source):
        each.write_text(each.read_text().replace("# ", "# Corrected: ", 1))
    exam.plugin(ReleaseAssignment, "kanat", note="Task 1 is about keys.", force=True).start()
    (lab,) = exam.desk("lira").get("/assignments")
    assert set(lab["detail"]) == {"titles"}
    assert not any(lab[name] for name in ("bundle", "files", "notebooks", "copies", "correction"))
    own.start(exam, "lira", code)
    (lab,) = exam.desk("lira").get("/assignments")
    assert lab["notebooks"] == ["lab"]
    assert lab["bundle"] in lab["copies"]
    assert lab["correction"] == "Task 1 is about keys."


def test_an_exam_has_no_self_check_and_no_quiz_before_it_is_over(exam):
    own.start(exam, "lira", own.opened(exam))
    body = {"files": packed(**{"notes.txt": b"mine"})}
    check = lambda: exam.desk("lira").post(f"{PATH}/self-check", body)  # noqa: E731
    quizzes = (
        lambda room: classroom_quizzes.bank(room, LAB, "en"),
        lambda room: classroom_quizzes.sitting(room, LAB, "begun before it was an exam", "en"),
        lambda room: classroom_quizzes.answer(room, LAB, "begun before it was an exam", 1, {}),
    )
    refused(check, "exam.no_help")
    for work in quizzes:
        refused(lambda work=work: own.act(exam, "lira", work), "exam.no_help")
    exam.later(hours=4)
    assert check()["state"] == "queued"
    for work, code in zip(quizzes, ("quiz.none", *["quiz.not_found"] * 2), strict=True):
        refused(lambda work=work: own.act(exam, "lira", work), code)


def test_a_room_that_is_put_off_needs_another_code(exam):
    code = own.opened(exam)
    own.act(exam, "kanat", own.set_room("ПИ-1", (0, 4)))
    assert {each.code for each in own.book(exam).rooms} == {code, ""}
    own.act(exam, "kanat", own.set_room("ПИ-1", (24, 26)))
    assert {each.code for each in own.book(exam).rooms} == {""}
    exam.later(hours=24)
    refused(lambda: own.start(exam, "lira", code), "exam.not_opened")
    own.start(exam, "lira", own.opened(exam))


def test_the_refusal_is_in_the_language_of_the_student(exam):
    at = exam.clock.now()
    with exam.store.unit() as u:
        u.accounts.add(Account("lira", "Lira", "p", None, (Seat.STUDENT,), "ky", True, at))
        u.commit()
    for who, words in (("lira", "сиз аны баштай элексиз"), ("marat", "you have not started it")):
        with pytest.raises(DeskProblem, match=words):
            exam.desk(who).files(f"{PATH}/files")


def test_who_started_fetches_and_hands_in_and_is_told_the_time_left(exam, caplog):
    own.start(exam, "lira", own.opened(exam))
    exam.later(minutes=20)
    caplog.set_level("INFO")
    exam.plugin(FetchAssignment, "lira").start()
    exam.plugin(Submit, "lira", log=logging.getLogger("exam")).start()
    assert "your time ends at 2026-11-21 12:00:00.000000 UTC, minutes left: 40" in caplog.text
    refused(lambda: exam.desk("marat").files(f"{PATH}/files"), "exam.not_started")
    (lab,) = exam.desk("lira").get("/assignments")
    assert (lab["exam"]["minutes_left"], lab["exam"]["state"]) == (40, "exam_running")
    (lab,) = exam.desk("marat").get("/assignments")
    assert lab["exam"] is None


def test_the_last_moment_is_in_time_and_later_is_refused_with_a_record(exam):
    own.start(exam, "lira", own.opened(exam))
    exam.later(minutes=60)
    receipt = hand_in(exam, "lira")
    exam.later(seconds=1)
    assert hand_in(exam, "lira") == receipt
    refused(lambda: hand_in(exam, "lira", b"late"), "exam.late")
    (late,) = own.book(exam).late_of("lira")
    assert (late.at, late.moment) == (exam.clock.now(), exam.clock.now() - timedelta(seconds=1))
    assert late.content
    assert late.by == late.student == "lira"
    mine = exam.desk("lira").get("/submissions")
    assert [each["submission"] for each in mine] == [receipt["body"]["submission"]]


def test_refused_work_is_noted_once_for_each_content_and_not_without_end(exam):
    own.start(exam, "lira", own.opened(exam))
    exam.later(minutes=61)
    for number in (*range(MOST_LATE + 3), 0):
        refused(lambda n=number: hand_in(exam, "lira", b"late %d" % n), "exam.late")
    assert len(own.book(exam).late_of("lira")) == MOST_LATE


def test_of_refused_work_no_file_is_kept(exam):
    own.start(exam, "lira", own.opened(exam))
    exam.later(minutes=61)
    before = sorted(exam.parts.blobs.rglob("*"))
    refused(lambda: hand_in(exam, "lira", b"late"), "exam.late")
    assert sorted(exam.parts.blobs.rglob("*")) == before


def test_minutes_given_afterwards_take_the_same_files(exam):
    own.start(exam, "lira", own.opened(exam))
    exam.later(minutes=65)
    refused(lambda: hand_in(exam, "lira"), "exam.late")
    (late,) = own.book(exam).late_of("lira")

    def give(room):
        return exam_rooms.give_minutes(room, LAB, "lira", 10, reason="The proxy was down.")

    own.act(exam, "kanat", give)
    assert hand_in(exam, "lira")["body"]["content"] == late.content


def test_a_pause_stops_the_time_and_everything_with_it(exam):
    own.start(exam, "lira", own.opened(exam))
    exam.later(minutes=10)
    fire = (None, None)
    own.act(exam, "olga", lambda r: exam_rooms.pause(r, LAB, fire, reason="Fire alarm."))
    exam.later(minutes=30)
    refused(lambda: hand_in(exam, "lira"), "exam.paused")
    refused(lambda: exam.desk("lira").files(f"{PATH}/files"), "exam.paused")
    own.act(exam, "olga", lambda r: exam_rooms.resume(r, LAB, fire))
    exam.later(minutes=50)
    hand_in(exam, "lira")
    exam.later(seconds=1)
    refused(lambda: hand_in(exam, "lira", b"late"), "exam.late")


def test_the_closing_of_the_room_ends_what_minutes_and_pauses_would_not(exam):
    exam.later(minutes=90)
    own.start(exam, "lira", own.opened(exam))
    exam.later(minutes=30, seconds=1)
    refused(lambda: hand_in(exam, "lira"), "exam.late")
    closes = own.OPENS + timedelta(hours=2, minutes=10)
    room_id = own.room_id(exam, "ПИ-1")

    def move(room):
        return exam_rooms.move_closing(room, LAB, room_id, closes, reason="They began late.")

    refused(lambda: own.act(exam, "olga", move), "exam.not_invigilator")
    own.act(exam, "kanat", move)
    hand_in(exam, "lira")
    moved = own.entries(exam)[-1]
    assert (moved.kind, moved.moment, moved.text) == (
        EntryKind.REOPENED, closes, "They began late.",
    )  # fmt: skip


def later(room_name, hours, who="kanat"):
    """Let a room close so many hours after the exam's opening."""

    def act(world):
        room_id, closes = own.room_id(world, room_name), own.OPENS + timedelta(hours=hours)
        own.act(
            world,
            who,
            lambda room: exam_rooms.move_closing(
                room, LAB, room_id, closes, reason="The power was cut."
            ),
        )

    return act


def test_a_room_that_has_closed_is_not_moved_by_its_invigilator_but_opened_again_by_who_leads(exam):
    own.start(exam, "lira", own.opened(exam))
    later("ПИ-2", 3.5, "olga")(exam)
    assert own.entries(exam)[-1].kind is EntryKind.CLOSING
    exam.clock.forward(own.OPENS + timedelta(hours=3.5, seconds=1) - exam.clock.now())
    refused(lambda: later("ПИ-2", 5, "olga")(exam), "classroom.teachers_own")
    for planned in (own.set_room("ПИ-2", (4, 6)), own.set_room("ПИ-1", (4, 6))):
        with pytest.raises(Conflict, match=r"exam\.(closed|begun)"):
            own.act(exam, "kanat", planned)
    later("ПИ-2", 5)(exam)
    refused(lambda: own.act(exam, "kanat", classroom_release), "exam.not_closed")
    later("ПИ-2", 6, "olga")(exam)
    kinds = [each.kind for each in own.entries(exam)]
    assert (kinds.count(EntryKind.REOPENED), kinds.count(EntryKind.CLOSING)) == (1, 2)


def classroom_release(room):
    return classroom_feedback.release_feedback(room, LAB)


def test_rooms_in_which_nobody_ever_started_are_planned_anew(exam):
    exam.clock.forward(own.OPENS + timedelta(hours=4) - exam.clock.now())
    own.act(exam, "kanat", own.set_room("ПИ-1", (30, 32)))
    assert EntryKind.REOPENED not in {each.kind for each in own.entries(exam)}


def graded(world):
    class Done:
        def grade(self, _job):
            cell = {"cell": "q1", "title": "Task", "points": 2.0, "mark": 2.0, "status": "passed"}
            lab = {"notebook": "lab", "cells": [cell | {"reason": {}}]}
            return {"notebooks": [lab], "autograded": {}}

    own.act(world, "kanat", lambda room: classroom_grading.ask_grading(room, LAB))
    folder = world.folder / "jobs"
    queue = Grading(world.store, Blobs(world.parts.blobs), folder, Done(), world.clock)
    while queue.work_once():
        pass


def test_no_feedback_before_the_last_room_has_closed(exam):
    own.start(exam, "lira", own.opened(exam))
    hand_in(exam, "lira")
    graded(exam)
    exam.clock.forward(own.OPENS + timedelta(hours=3) - exam.clock.now())

    def release(room):
        return classroom_feedback.release_feedback(room, LAB)

    refused(lambda: own.act(exam, "kanat", release), "exam.not_closed")
    refused(lambda: exam.desk("kanat").post(f"{PATH}/feedback", {}), "exam.not_closed")
    assert exam.desk("lira").get("/feedback") == []
    exam.later(seconds=1)
    own.act(exam, "kanat", release)
    assert len(exam.desk("lira").get("/feedback")) == 1
    room_id, closes = own.room_id(exam, "ПИ-2"), exam.clock.now() + timedelta(hours=1)

    def move(room):
        return exam_rooms.move_closing(room, LAB, room_id, closes, reason="Once more.")

    refused(lambda: own.act(exam, "kanat", move), "exam.feedback_out")


def test_an_exam_that_is_planned_before_its_release_is_closed_from_the_first_moment(
    world, course_folder
):
    assert course_folder
    own.plan(world)
    world.clock.forward(own.OPENS - world.clock.now())
    code = own.opened(world)
    refused(lambda: own.start(world, "lira", code), "classroom.not_released")
    world.plugin(ReleaseAssignment, "kanat").start()
    refused(lambda: world.desk("lira").files(f"{PATH}/files"), "exam.not_started")
    own.start(world, "lira", code)
    world.plugin(FetchAssignment, "lira").start()
    world.plugin(Submit, "lira").start()


def test_what_a_student_has_in_hand_cannot_become_an_exam(released):
    released.plugin(FetchAssignment, "kanat").start()
    own.act(released, "kanat", lambda room: exams.plan(room, LAB, 60))
    own.act(released, "kanat", lambda room: exams.cancel(room, LAB))
    fetch_and_submit(released, "lira", "work")
    with pytest.raises(Conflict, match=r"exam\.already_given"):
        own.act(released, "kanat", lambda room: exams.plan(room, LAB, 60))


def test_a_cancelled_exam_is_an_ordinary_assignment(exam):
    own.act(exam, "kanat", lambda room: exams.cancel(room, LAB))
    fetch_and_submit(exam, "lira", "work")
    assert EntryKind.STARTED not in {each.kind for each in own.entries(exam)}


def test_work_without_its_notebook_is_refused_and_late_is_late_all_the_same(exam):
    body = {"files": packed(**{"my.ipynb": BLANK})}
    send = lambda: exam.desk("lira").post(f"{PATH}/submissions", body)  # noqa: E731
    refused(send, "exam.not_started")
    own.start(exam, "lira", own.opened(exam))
    refused(send, "classroom.notebooks_missing")
    exam.later(minutes=61)
    refused(send, "exam.late")
    assert len(own.book(exam).late_of("lira")) == 1
