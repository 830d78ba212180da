"""A course with a released assignment, for tests of pages; students act by the services."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.domain.coursework import AssignmentName, Bundle, CourseName
from sandbox.services import classroom_exchange, classroom_people
from sandbox.services.classroom_queue import Grading
from sandbox.services.classroom_room import Room, load_receipt_key
from sandbox.store.classroom import Actions, Jobs
from sandbox.store.classroom_blobs import Blobs
from tests.web.world import World

COURSE, LAB = CourseName("digital-money"), AssignmentName("lab")
PAGE = f"/desk/courses/{COURSE}"
TITLES = {"en": "First payments", "ru": "Первые платежи", "ky": "Биринчи төлөмдөр"}


def notebook(task: str, answer: str) -> bytes:
    """A notebook with one task for two points."""
    about = {"grade_id": "q1", "grade": True, "solution": True, "points": 2, "locked": False}
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": task},
        {"cell_type": "code", "metadata": {"nbgrader": about}, "source": answer},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def enter(desk: World, who: str, work: Callable[[Room], Any]) -> Any:
    """A use case as somebody, in one transaction."""
    parts, at = desk.parts, desk.clock.now()
    with parts.store.unit() as u:
        person = classroom_people.person_in(u, who, COURSE, at)
        key = load_receipt_key(parts.receipt_key)
        done = work(Room(u, person, at, Blobs(parts.blobs), key))
        u.commit()
    return done


def release(
    desk: World,
    task: str = "Double a number.",
    note: str = "",
    quiz: str | None = None,
    *,
    assignment: AssignmentName = LAB,
    titles: Mapping[str, str] = TITLES,
) -> None:
    """Kanat releases the lab, a corrected one or another assignment, maybe with a quiz."""
    student = Bundle.of({"lab.ipynb": notebook(task, "raise NotImplementedError")})
    more = {} if quiz is None else {"quiz.yaml": quiz.encode()}
    master = Bundle.of({"lab.ipynb": notebook(task, "2 * 2"), **more})
    enter(
        desk,
        "kanat",
        lambda room: classroom_exchange.release(
            room, assignment, student_version=student, master=master, titles=titles, note=note
        ),
    )


def hand_in(desk: World, who: str, answer: str) -> dict[str, Any]:
    """Somebody hands the lab in; the receipt."""
    files = Bundle.of({"lab.ipynb": notebook("Double a number.", answer)})
    return enter(desk, who, lambda room: classroom_exchange.submit(room, LAB, files))


@dataclass
class SetGrader:
    """The launcher's seam: gives each student's work the marks that are set, 2 points a task."""

    desk: World
    marks: dict[str, dict[str, float | None]]

    def grade(self, job: str) -> dict[str, Any]:
        with self.desk.parts.store.unit(read_only=True) as u:
            action = Actions(u.session).by_id(Jobs(u.session).get(job).submission)
        cells = [
            {
                "cell": cell,
                "title": f"Task {cell}",
                "points": 2.0,
                "mark": mark,
                "status": "manual" if mark is None else "passed" if mark == 2 else "failed",
                "reason": {"kind": "assertion", "message": f"<b>{cell}</b> is wrong"},
            }
            for cell, mark in self.marks[str(action.student)].items()
        ]
        return {"notebooks": [{"notebook": "lab", "cells": cells}], "autograded": {}}


def worker(desk: World, marks: dict[str, dict[str, float | None]]) -> Grading:
    """A worker of the queue that gives set marks."""
    parts = desk.parts
    folder = Path(parts.blobs).parent / "jobs"
    return Grading(parts.store, Blobs(parts.blobs), folder, SetGrader(desk, marks), desk.clock)


def grade(desk: World, marks: dict[str, dict[str, float | None]], path: str = "grade") -> None:
    """Kanat asks for grading on the page, and everything is graded."""
    assert desk.browser("kanat").post(f"{PAGE}/lab/{path}").status_code == 303
    queue = worker(desk, marks)
    while queue.work_once():
        pass
