"""The queue: one job once, leases, retries, failures that are never a zero."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from sandbox.domain.classroom import ActionKind, JobState
from sandbox.domain.coursework import Bundle
from sandbox.domain.receipts import ReceiptKey
from sandbox.isolation.probe import Isolation
from sandbox.kit.errors import (
    IntegrityFailure,
    InvalidInput,
    NotAllowed,
    NotFound,
    Unavailable,
)
from sandbox.locale import wording
from sandbox.run.gradings import Gradings
from sandbox.services import classroom_exchange, classroom_feedback, classroom_grading
from sandbox.services.classroom_people import person_in, seed_course
from sandbox.services.classroom_queue import LEASE, MAX_ATTEMPTS, Grading, grading_loops
from sandbox.services.classroom_room import Room, act
from sandbox.settings import Settings
from sandbox.store.classroom import Actions, Bundles, Jobs, Marks
from sandbox.store.classroom_blobs import Blobs
from tests.exchange.conftest import BLANK, COURSE, LAB, course_folder, made, released, world

__all__ = ["course_folder", "made", "released", "world"]
KEY = ReceiptKey.from_seed(bytes(32))


@dataclass
class SetGrader:
    """The launcher's seam: gives set results, or raises."""

    marks: dict[str, float | None]
    raises: list[BaseException] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)

    def grade(self, job: str):
        self.jobs.append(job)
        if self.raises:
            raise self.raises.pop(0)
        cells = [
            {"cell": name, "title": name, "points": 4.0, "mark": mark, "status": "passed",
             "reason": None}
            for name, mark in self.marks.items()
        ]  # fmt: skip
        return {"notebooks": [{"notebook": "lab", "cells": cells}], "autograded": {}}


@pytest.fixture
def grader():
    return SetGrader({"double-test": 4.0, "fill-test": 1.0})


@pytest.fixture
def queue(released, grader):
    return Grading(
        released.store, Blobs(released.parts.blobs), released.folder / "jobs", grader,
        released.clock,
    )  # fmt: skip


def enter(world, who, work):
    at = world.clock.now()
    with world.store.unit() as u:
        person = person_in(u, who, COURSE, at)
        result = work(Room(u, person, at, Blobs(world.parts.blobs), KEY))
        u.commit()
    return result


def hand_in(world, who, text="one"):
    files = Bundle.of({"lab.ipynb": BLANK, "lab.txt": text.encode()})
    return enter(world, who, lambda room: classroom_exchange.submit(room, LAB, files))


def ask(world, **options):
    return enter(world, "kanat", lambda room: classroom_grading.ask_grading(room, LAB, **options))


def stand(world, who="lira"):
    found = enter(world, "kanat", lambda room: classroom_grading.standings(room, LAB))
    return next(each for each in found if each.student == who)


def test_asking_twice_grades_once(released, queue, grader):
    hand_in(released, "lira")
    assert ask(released) == ask(released)
    assert queue.work_once()
    assert not queue.work_once()
    assert len(grader.jobs) == 1
    assert (stand(released).state, stand(released).score) == (JobState.DONE, 5.0)


def test_only_the_newest_submission_of_each_student_is_graded(released, queue, grader):
    hand_in(released, "lira", "one")
    hand_in(released, "lira", "two")
    hand_in(released, "marat", "three")
    assert len(ask(released)) == 2


def test_students_cannot_ask_for_grading_or_see_standings(released):
    hand_in(released, "lira")
    for work in (
        lambda room: classroom_grading.ask_grading(room, LAB),
        lambda room: classroom_grading.standings(room, LAB),
        lambda room: classroom_feedback.release_feedback(room, LAB),
    ):
        with pytest.raises(NotAllowed):
            enter(released, "lira", work)


def test_passing_trouble_is_tried_again(released, queue, grader):
    hand_in(released, "lira")
    ask(released)
    grader.raises = [Unavailable("grading.ended")]
    queue.work_once()
    assert (stand(released).state, stand(released).error) == (JobState.QUEUED, "grading.ended")
    queue.work_once()
    assert stand(released).state is JobState.DONE


def test_trouble_that_stays_fails_the_job_and_gives_no_zero(released, queue, grader):
    hand_in(released, "lira")
    ask(released)
    grader.raises = [Unavailable("grading.ended")] * MAX_ATTEMPTS
    while queue.work_once():
        pass
    found = stand(released)
    assert (found.state, found.error, found.score) == (JobState.FAILED, "grading.ended", None)
    ask(released)
    queue.work_once()
    assert stand(released).state is JobState.DONE


def die(queue, clock, times):
    """A worker takes the next job and is gone, so many times."""
    for _ in range(times):
        queue.grader.raises = [SystemExit()]
        with pytest.raises(SystemExit):
            queue.work_once()
        clock.forward(LEASE + timedelta(seconds=1))


def test_job_whose_worker_dies_each_time_fails_and_can_be_asked_for_again(released, queue):
    hand_in(released, "lira")
    (job,) = ask(released)
    die(queue, released.clock, MAX_ATTEMPTS)
    assert not queue.work_once(), "no fourth time"
    found = stand(released)
    assert (found.state, found.error, found.score) == (JobState.FAILED, "grading.worker_lost", None)
    assert queue.grader.jobs == [job.id] * MAX_ATTEMPTS
    ask(released)
    assert queue.work_once()
    assert (stand(released).state, stand(released).error) == (JobState.DONE, None)


def test_last_try_after_dead_workers_counts_and_others_do_not_wait_for_it(released, queue):
    hand_in(released, "lira")
    ask(released)
    die(queue, released.clock, MAX_ATTEMPTS - 1)
    assert queue.work_once()
    assert stand(released).state is JobState.DONE
    ask(released, again=True)
    die(queue, released.clock, MAX_ATTEMPTS)
    hand_in(released, "marat")
    ask(released)
    assert queue.work_once(), "the same turn ends the lost one and grades the next"
    assert stand(released, "marat").state is JobState.DONE
    assert stand(released, "lira").error == "grading.worker_lost"


def test_passed_canary_fails_the_job_at_once(released, queue, grader):
    hand_in(released, "lira")
    ask(released)
    grader.raises = [IntegrityFailure("grading.canary_passed")]
    queue.work_once()
    assert stand(released).state is JobState.FAILED
    assert len(grader.jobs) == 1


@pytest.mark.parametrize("mark", [-1.0, 4.5, float("nan")])
def test_result_outside_the_points_is_not_believed(released, queue, grader, mark):
    hand_in(released, "lira")
    ask(released)
    grader.marks = {"double-test": mark}
    queue.work_once()
    assert (stand(released).state, stand(released).score) == (JobState.FAILED, None)


def test_lease_of_a_dead_worker_ends_and_its_late_result_is_dropped(released, queue, grader):
    hand_in(released, "lira")
    (job,) = ask(released)
    with released.store.unit() as u:
        late = Jobs(u.session).next_free(released.clock.now())
    assert queue._lease().id == job.id == late.id
    assert queue._lease() is None
    held = queue._lease
    released.clock.forward(timedelta(minutes=8))
    again = held()
    assert (again.id, again.attempts) == (job.id, 2)
    queue._done(type(again)(**{**_fields(again), "attempts": 1}), ())
    assert stand(released).state is JobState.RUNNING


def _fields(job):
    return {name: getattr(job, name) for name in job.__slots__}


def test_teachers_mark_outlasts_grading_again(released, queue):
    hand_in(released, "lira")
    (job,) = ask(released)
    queue.work_once()
    cell = ("lab", "fill-test")
    enter(
        released, "kanat",
        lambda room: classroom_grading.set_teacher_mark(
            room, job.submission, cell, mark=3.0, comment="well argued"
        ),
    )  # fmt: skip
    ask(released, again=True)
    queue.work_once()
    assert stand(released).score == 7.0
    with released.store.unit(read_only=True) as u:
        assert Marks(u.session).get(job.submission, *cell).comment == "well argued"


def test_a_teachers_mark_holds_the_marking_before_it_looks(released, queue, monkeypatch):
    hand_in(released, "lira")
    (job,) = ask(released)
    queue.work_once()
    held = []
    hold = classroom_grading.hold_marking
    monkeypatch.setattr(
        classroom_grading, "hold_marking",
        lambda room, lab: (held.append(Marks(room.u.session).of(job.submission)), hold(room, lab)),
    )  # fmt: skip
    enter(
        released, "kanat",
        lambda room: classroom_grading.set_teacher_mark(
            room, job.submission, ("lab", "fill-test"), mark=3.0, comment=""
        ),
    )  # fmt: skip
    assert [each.teacher_mark for (found,) in [held] for each in found] == [None, None]


def test_student_sees_marks_only_after_the_feedback_is_released(released, queue):
    hand_in(released, "lira")
    (job,) = ask(released)
    queue.work_once()

    def look(room):
        return classroom_grading.marks_of(room, job.submission)

    with pytest.raises(NotFound):
        enter(released, "lira", look)
    enter(released, "kanat", lambda room: classroom_feedback.release_feedback(room, LAB))
    assert [m.mark for m in enter(released, "lira", look)] == [4.0, 1.0]
    with pytest.raises(NotFound):
        enter(released, "marat", look)


def test_feedback_is_a_snapshot(released, queue, grader):
    hand_in(released, "lira")
    ask(released)
    queue.work_once()
    enter(released, "kanat", lambda room: classroom_feedback.release_feedback(room, LAB))
    grader.marks = {"double-test": 0.0}
    ask(released, again=True)
    queue.work_once()
    (line,) = enter(released, "lira", classroom_feedback.released_feedback)
    assert line.score == 5.0


def test_nothing_graded_is_nothing_released(released):
    hand_in(released, "lira")
    with pytest.raises(NotFound, match="nothing_graded"):
        enter(released, "kanat", lambda room: classroom_feedback.release_feedback(room, LAB))


def test_changed_blob_is_noticed(released):
    blobs = Blobs(released.parts.blobs)
    name = blobs.put(b"handed in")
    path = released.parts.blobs / name[:2] / name
    path.chmod(0o600)
    path.write_bytes(b"something else")
    with pytest.raises(IntegrityFailure):
        blobs.get(name)


class Meeting:
    """A grader that answers only when so many gradings are under way at once."""

    def __init__(self, inner, workers):
        self.inner = inner
        self.together = threading.Barrier(workers)

    def grade(self, job):
        self.together.wait(20)
        return self.inner.grade(job)


def test_as_many_workers_as_said_grade_at_once_and_each_job_once(released, queue, grader):
    hand_in(released, "lira")
    hand_in(released, "marat")
    ask(released)
    loops = grading_loops(replace(queue, grader=Meeting(grader, 2)), 2)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda loop: loop.once(), loops)) == [1, 1]
    assert len(set(grader.jobs)) == 2
    assert {stand(released, who).state for who in ("lira", "marat")} == {JobState.DONE}
    assert [loop.name for loop in loops] == ["grading.1", "grading.2"]


def test_workers_and_slots_follow_one_setting():
    settings = Settings.load({"SYNAK_GRADING_WORKERS": "3", "SYNAK_DEVELOPMENT": "1"})
    assert Gradings(settings, Isolation.ONE_USER).slots == settings.grading.grading_workers == 3
    with pytest.raises(InvalidInput):
        Settings.load({"SYNAK_GRADING_WORKERS": "0"})


def test_mark_of_a_person_has_an_author_and_an_audit_entry(released, queue):
    hand_in(released, "lira")
    (job,) = ask(released)
    queue.work_once()
    body = [{"notebook": "lab", "cell": "fill-test", "mark": 3.0, "comment": "well argued"}]
    path = f"/submissions/{job.submission}/marks"
    for _again in range(2):
        released.desk("kanat").put(path, body)
    rows = {each["cell"]: each for each in released.desk("kanat").get(path)}
    assert rows["fill-test"]["teacher"] == "kanat"
    assert rows["double-test"]["teacher"] is None
    with released.store.unit(read_only=True) as u:
        (action,) = [a for a in Actions(u.session).select() if a.kind is ActionKind.MARKED]
        (entry,) = [e for e in u.audit.scan() if e.kind == "course.marked"]
    assert (action.actor, action.student, action.detail["mark"]) == ("kanat", "lira", "3.0")
    assert entry.actor == "kanat"
    assert entry.body["data"]["cell"] == "fill-test"
    assert (entry.body["data"]["before"], entry.body["data"]["mark"]) == (None, "3.0")
    assert "well argued" not in str(entry.body)


def test_student_is_not_told_who_marked(released, queue):
    hand_in(released, "lira")
    (job,) = ask(released)
    queue.work_once()
    enter(released, "kanat", lambda room: classroom_feedback.release_feedback(room, LAB))
    rows = released.desk("lira").get(f"/submissions/{job.submission}/marks")
    assert all("teacher" not in each for each in rows)
    with pytest.raises(NotAllowed):
        enter(released, "lira", lambda room: classroom_grading.marked_by(room, job.submission))


def test_standings_ask_the_store_as_often_for_many_students_as_for_one(released, queue):
    hand_in(released, "lira")
    ask(released)
    queue.work_once()
    few = statements(released)
    with released.store.unit() as u:
        many = [f"student{number}" for number in range(20)]
        seed_course(u, released.clock.now() - timedelta(days=1), teachers=[], students=many)
        u.commit()
    for who in many:
        hand_in(released, who)
    ask(released)
    while queue.work_once():
        pass
    assert len(statements(released)) == len(few)
    assert stand(released, "student7").score == 5.0


def statements(world):
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    event.listen(world.store.engine, "before_cursor_execute", note)
    try:
        stand(world)
    finally:
        event.remove(world.store.engine, "before_cursor_execute", note)
    return asked


def without_notebook(world, who):
    """Work that was taken before a missing notebook was refused."""

    def work(room):
        files = Bundle.of({"my.ipynb": BLANK})
        Bundles(room.u.session).remember(room.blobs.put_bundle(files))
        act(room, ActionKind.SUBMITTED, LAB, student=who, bundle=files.hash)

    enter(world, who, work)


def test_old_work_without_its_notebook_fails_by_name_and_is_not_graded(released, queue, grader):
    without_notebook(released, "lira")
    hand_in(released, "marat")
    ask(released)
    while queue.work_once():
        pass
    found, other = stand(released), stand(released, "marat")
    assert (found.state, found.error) == (JobState.FAILED, "grading.notebooks_missing")
    assert found.error_params == {"missing": ["lab.ipynb"], "there": ["my.ipynb"]}
    assert (other.state, other.error_params) == (JobState.DONE, {})
    assert len(grader.jobs) == 1

    def why(room):
        mine = classroom_exchange.submissions(room, LAB)[-1]
        return classroom_grading.failure_of(room, mine)

    failure = enter(released, "lira", why)
    assert wording(failure.code, failure.params, "en").startswith(
        "The work cannot be graded: the assignment's notebook is missing: lab.ipynb. Handed in"
    )
