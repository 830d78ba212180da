"""A lab with a free question, a rubric for two points, and three students' answers to it."""

from __future__ import annotations

import json
from typing import Any

import yaml

from sandbox.domain.classroom import Duty, Member
from sandbox.domain.coursework import AUTHORS_SUFFIXES, Bundle
from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.services import classroom_exchange
from sandbox.services.classroom_people import seed_course
from sandbox.store.classroom import Members
from tests.web.course_world import COURSE, LAB, PAGE, TITLES, enter, grade
from tests.web.world import World

MARKING = f"{PAGE}/lab/marking"
QUESTION = f"{MARKING}/lab/why"
STUDENTS = ("lira", "marat", "asel")
ANSWERS = {
    "lira": "Because nobody has to <script>alert(1)</script> check. **Really.**",
    "marat": "YOUR ANSWER HERE",
    "asel": "A loan for one block.",
}
FULL = {"level.0": "2", "level.1": "2"}


def words(text: str) -> dict[str, str]:
    """A title in each language."""
    return {"en": text, "ru": f"{text} (ru)", "ky": f"{text} (ky)"}


def criterion(title: str) -> dict[str, Any]:
    """Nothing, half a point, a point."""
    levels = [(0, "none"), (0.5, "half"), (1, "whole")]
    return {
        "titles": words(title),
        "levels": [
            {"points": points, "titles": words(f"{title} {said}")} for points, said in levels
        ],
    }


RUBRIC = {"rubrics": {"why": {"criteria": [criterion("Reason"), criterion("Example")]}}}


def essay(answer: str) -> bytes:
    """The notebook with an answer."""
    about = {"grade_id": "why", "grade": True, "solution": True, "points": 2, "locked": False}
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "## Say why\nIn your own words."},
        {"cell_type": "markdown", "metadata": {"nbgrader": about}, "source": answer},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def release_essay(desk: World, *, rubric: bool = True) -> None:
    """Kanat releases the lab."""
    files = {"lab.ipynb": essay("### BEGIN SOLUTION\nBorrowed money.\n### END SOLUTION")}
    if rubric:
        files["course.yaml"] = yaml.safe_dump(RUBRIC, allow_unicode=True).encode()
    student = Bundle.of({"lab.ipynb": essay("YOUR ANSWER HERE")})
    master = Bundle.of(files, AUTHORS_SUFFIXES)
    enter(
        desk,
        "kanat",
        lambda room: classroom_exchange.release(
            room, LAB, student_version=student, master=master, titles=TITLES
        ),
    )


def write(desk: World, who: str, answer: str) -> None:
    """Somebody hands an answer in."""
    files = Bundle.of({"lab.ipynb": essay(answer)})
    enter(desk, who, lambda room: classroom_exchange.submit(room, LAB, files))


def seat(desk: World) -> None:
    """Kanat teaches, Olga assists, Said marks second; three students."""
    at = desk.clock.now()
    with desk.parts.store.unit() as u:
        for name in ("kanat", "olga", "said"):
            u.accounts.add(
                Account(name, name.title(), f"p-{name}", None, (Seat.TEACHER,), "en", True, at)
            )
        for name in ("marat", "asel"):
            u.accounts.add(
                Account(name, name.title(), f"p-{name}", None, (Seat.STUDENT,), "en", True, at)
            )
        seed_course(u, at, teachers=["kanat", "olga", "said"], students=STUDENTS)
        for name, duty in (("olga", Duty.ASSISTANT), ("said", Duty.SECOND_MARKER)):
            found = Members(u.session).get(COURSE, name)
            Members(u.session).save(Member(COURSE, name, found.role, found.since, duty=duty))
        u.commit()


def answered(desk: World, *, rubric: bool = True) -> World:
    """Everybody has answered, and it is graded: nothing was written by Marat, so he has 0."""
    seat(desk)
    release_essay(desk, rubric=rubric)
    for who, answer in ANSWERS.items():
        write(desk, who, answer)
    graded(desk)
    return desk


def graded(desk: World) -> None:
    """Ask for grading, and grade."""
    grade(desk, {"lira": {"why": None}, "marat": {"why": 0.0}, "asel": {"why": None}})
