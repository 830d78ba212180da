"""A lab with a free question, a rubric for two points, and three students' answers to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from sandbox.domain.classroom import Duty, Member
from sandbox.domain.coursework import AUTHORS_SUFFIXES, Bundle
from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.services import classroom_exchange
from sandbox.services.classroom_grading import ask_grading
from sandbox.services.classroom_people import seed_course
from sandbox.store.classroom import Members
from tests.web.course_world import COURSE, LAB, PAGE, TITLES, enter, worker
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


WORDS = {
    "Reason": ("Причина", "Себеби"),
    "Example": ("Пример", "Мисалы"),
    "none": ("нет", "жок"),
    "half": ("отчасти", "жарым-жартылай"),
    "whole": ("полностью", "толук"),
}


def words(text: str) -> dict[str, str]:
    """A title in each language."""
    ru, ky = WORDS[text]
    return {"en": text, "ru": ru, "ky": ky}


def criterion(title: str) -> dict[str, Any]:
    """Nothing, half a point, a point."""
    levels = [(0, "none"), (0.5, "half"), (1, "whole")]
    return {
        "titles": words(title),
        "levels": [{"points": points, "titles": words(said)} for points, said in levels],
    }


RUBRIC = {"rubrics": {"why": {"criteria": [criterion("Reason"), criterion("Example")]}}}


def essay(answer: str) -> bytes:
    """The notebook with an answer."""
    about = {"grade_id": "why", "grade": True, "solution": True, "points": 2, "locked": False}
    cells = [
        {
            "cell_type": "markdown",
            "metadata": {},
            "source": "## Себебин жазыңыз\nӨз сөзүңүз менен.",
        },
        {"cell_type": "markdown", "metadata": {"nbgrader": about}, "source": answer},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def release_essay(
    desk: World,
    *,
    rubric: bool = True,
    assignment: str = LAB,
    titles: Mapping[str, str] = TITLES,
) -> None:
    """Kanat releases it."""
    files = {"lab.ipynb": essay("### BEGIN SOLUTION\nКарызга алынган акча.\n### END SOLUTION")}
    if rubric:
        files["course.yaml"] = yaml.safe_dump(RUBRIC, allow_unicode=True).encode()
    student = Bundle.of({"lab.ipynb": essay("YOUR ANSWER HERE")})
    master = Bundle.of(files, AUTHORS_SUFFIXES)
    enter(
        desk,
        "kanat",
        lambda room: classroom_exchange.release(
            room, assignment, student_version=student, master=master, titles=titles
        ),
    )


def write(desk: World, who: str, answer: str, assignment: str = LAB) -> None:
    """Somebody hands an answer in."""
    files = Bundle.of({"lab.ipynb": essay(answer)})
    enter(desk, who, lambda room: classroom_exchange.submit(room, assignment, files))


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


def graded(desk: World, assignment: str = LAB, *, again: bool = False) -> None:
    """Kanat asks for grading, and everything is graded."""
    enter(desk, "kanat", lambda room: ask_grading(room, assignment, again=again))
    queue = worker(desk, {"lira": {"why": None}, "marat": {"why": 0.0}, "asel": {"why": None}})
    while queue.work_once():
        pass
