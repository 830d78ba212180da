"""The queue: one job once, leases, retries, failures that are never a zero."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from sandbox.domain.classroom import JobState
from sandbox.domain.coursework import Bundle
from sandbox.domain.receipts import ReceiptKey
from sandbox.kit.errors import IntegrityFailure, NotAllowed, NotFound, Unavailable
from sandbox.services import classroom_exchange, classroom_feedback, classroom_grading
from sandbox.services.classroom_people import person_in
from sandbox.services.classroom_queue import MAX_ATTEMPTS, Grading
from sandbox.services.classroom_room import Room
from sandbox.store.classroom import Jobs, Marks
from sandbox.store.classroom_blobs import Blobs
from tests.exchange.conftest import COURSE, LAB, course_folder, made, released, world

__all__ = ["course_folder", "made", "released", "world"]
KEY = ReceiptKey.from_seed(bytes(32))


@dataclass
class SetGrader:
    """The launcher's seam: gives set results, or raises."""

    marks: dict[str, float | None]
    raises: list[Exception] = field(default_factory=list)
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
    files = Bundle.of({"lab.txt": text.encode()})
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
