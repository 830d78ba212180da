"""A course with real assignments, released as a teacher releases them, for pages of lessons."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import yaml

from sandbox.domain.coursework import AUTHORS_SUFFIXES, AssignmentName, Bundle
from sandbox.domain.records import Account
from sandbox.domain.release import without_authoring
from sandbox.domain.seats import Seat
from sandbox.grading.authoring.grading import files_below, make_release
from sandbox.services import classroom_exchange, classroom_quizzes
from sandbox.services.classroom_people import seed_course
from sandbox.services.classroom_room import Room
from sandbox.toolchain.layout import CHECKOUT
from tests.web.course_world import LAB, PAGE, enter
from tests.web.world import World

KEYS, LOGS = "keys-and-signatures", "accounts-and-logs"
UNIT = CHECKOUT / "courses" / "digital-money" / "foundations"
LESSON = f"{PAGE}/{KEYS}/lesson"


@lru_cache(maxsize=4)
def student_version(folder: Path) -> dict[str, bytes]:
    """What nbgrader makes of a source for students."""
    with tempfile.TemporaryDirectory(prefix="synak-test-") as name:
        return without_authoring(files_below(make_release(folder, Path(name) / "course")))


def school(desk: World, *students: str) -> None:
    """A course of Kanat, with Lira and maybe others as its students."""
    at = desk.clock.now()
    with desk.parts.store.unit() as u:
        for name in ("kanat", *students):
            seat = Seat.TEACHER if name == "kanat" else Seat.STUDENT
            u.accounts.add(Account(name, name.title(), f"p-{name}", None, (seat,), "en", True, at))
        seed_course(u, at, teachers=["kanat"], students=["lira", *students])
        u.commit()


def release_real(desk: World, assignment: str = KEYS, folder: Path | None = None) -> None:
    """Kanat releases an assignment of the course, or another folder under its name."""
    source = files_below(folder or UNIT / assignment)
    titles = yaml.safe_load(source["course.yaml"])["titles"]
    enter(
        desk,
        "kanat",
        lambda room: classroom_exchange.release(
            room,
            AssignmentName(assignment),
            student_version=Bundle.of(student_version(UNIT / assignment)),
            master=Bundle.of(source, AUTHORS_SUFFIXES),
            titles=titles,
            note="Corrected." if folder else "",
        ),
    )


PRACTICE = """
draw: 3
questions:
  - {id: key, outcome: keys, ask: "Эмне жашыруун?", why: "Ачкыч менен кол коюлат.",
     one: [{right: "Ачкыч"}, {wrong: "Дарек"}]}
  - {id: sum, outcome: keys, ask: "Канча?", why: "Экөө.", number: {is: 2, unit: "сом"}}
  - {id: steps, outcome: keys, ask: "Иретин айтыңыз.", why: "Ушундай.",
     order: ["Бир", "Эки", "Үч"]}
"""
"""A quiz in Kyrgyz for the lab of the small course."""


def practised(desk: World) -> None:
    """Lira has finished a quiz of the lab an hour ago, and has begun it again."""

    def work(room: Room) -> None:
        before = replace(room, at=room.at - timedelta(hours=1))
        found = classroom_quizzes.begin(before, LAB, "ky")
        for each in found.asked:
            said = {"choice": "0", "number": "2", "step.0": "1", "step.1": "2", "step.2": "3"}
            classroom_quizzes.answer(before, LAB, found.attempt.id, each.number, said)
        classroom_quizzes.begin(room, LAB, "ky")

    enter(desk, "lira", work)
