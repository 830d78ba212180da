"""A course with two groups, released work and released marks, for tests of mark sheets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.domain.classroom import ActionKind, Duty, Job, JobState, Mark, Member
from sandbox.domain.coursework import Bundle
from sandbox.domain.mark_scales import Module, Scale
from sandbox.domain.mark_sheets import Sheet, Wanted
from sandbox.services import classroom_exchange, classroom_feedback, mark_scales, mark_sheets
from sandbox.services.classroom_grading import set_teacher_mark
from sandbox.services.classroom_people import person_in
from sandbox.services.classroom_room import Room, act, load_receipt_key
from sandbox.services.course_staff import Appoint, appoint
from sandbox.services.identity import actor_of
from sandbox.store import Store
from sandbox.store.classroom import Jobs, Marks, Members
from sandbox.store.classroom_blobs import Blobs
from tests.services import class_world
from tests.services.class_world import AT, COURSE, TERM, csv_of
from tests.web.course_world import notebook

LAB, WALLETS = "lab", "wallets"
GROUP = Wanted("ПИ-1", TERM, "1")
NAMES = {"1": ("1-модуль", "Модуль 1", "Module 1"), "2": ("2-модуль", "Модуль 2", "Module 2")}
LONG = ("2026-004", "Ө" * 40, "Үңү", "Ы" * 50, "ПИ-1")


def marked(
    room: Room,
    assignment: str,
    *marks: tuple[float | None, float],
    state: JobState = JobState.DONE,
) -> str:
    """A student hands in, and it is graded: (mark, of) for each task; the submission."""
    files = Bundle.of({"answer.md": f"{room.person.account} {room.at}".encode()})
    action = act(
        room,
        ActionKind.SUBMITTED,
        assignment,
        student=room.person.account,
        bundle=files.hash,
    )
    Jobs(room.u.session).add(
        Job(action.id, action.id, COURSE, assignment, "m" * 64, state, 0, 1, room.at)
    )
    rows = [
        Mark(action.id, "n", f"q{place}", "Task", of, got, "passed", {}, position=place)
        for place, (got, of) in enumerate(marks)
    ]
    Marks(room.u.session).replace(action.id, tuple(rows))
    return action.id


def shown(room: Room, assignment: str, student: str) -> None:
    """A teacher releases the feedback of a student's newest work, whoever has time left."""
    classroom_feedback.release_feedback(
        room, assignment, students=(student,), early=True, unmarked=True
    )


@dataclass
class School:
    """The store, the folder of blobs, and the clock."""

    store: Store
    folder: Path
    at: datetime = AT
    students: dict[str, str] = field(default_factory=dict)

    def enter(self, who: str, work: Callable[[Room], Any], course: str = COURSE) -> Any:
        """A use case as somebody, in one transaction."""
        with self.store.unit() as u:
            person = person_in(u, who, course, self.at)
            key = load_receipt_key(self.folder / "key")
            done = work(Room(u, person, self.at, Blobs(self.folder / "blobs"), key))
            u.commit()
        return done

    def release(self, assignment: str, titles: dict[str, str] | None = None) -> None:
        """Kanat releases an assignment."""
        task, name = "Double a number.", f"{assignment}.ipynb"
        files = Bundle.of({name: notebook(task, "raise NotImplementedError")})
        master = Bundle.of({name: notebook(task, "2 * 2")})
        self.enter(
            "kanat",
            lambda room: classroom_exchange.release(
                room, assignment, student_version=files, master=master, titles=titles or {}
            ),
        )

    def mark(self, who: str, assignment: str, *marks: tuple[float | None, float]) -> str:
        """Somebody hands in, and it is graded. Not released yet."""
        self.at += timedelta(minutes=1)
        return self.enter(
            self.students.get(who, who), lambda room: marked(room, assignment, *marks)
        )

    def show(self, who: str, assignment: str) -> None:
        """Kanat releases the feedback of somebody's newest work."""
        student = self.students.get(who, who)
        self.enter("kanat", lambda room: shown(room, assignment, student))

    def given(self, who: str, assignment: str, *marks: tuple[float, float]) -> str:
        """Handed in, graded, released."""
        submission = self.mark(who, assignment, *marks)
        self.show(who, assignment)
        return submission

    def scale(self, **more: Any) -> Scale:
        """Two modules, 40 and 60, an assignment each; or as said."""

        def work(room: Room) -> Scale:
            offered = mark_scales.offered(room)
            modules = tuple(
                Module(key, weight, dict(zip(("ky", "ru", "en"), NAMES[key], strict=True)), names)
                for key, weight, names in (("1", 40, (LAB,)), ("2", 60, (WALLETS,)))
            )
            wanted = replace(offered, **{"modules": modules, **more})
            return mark_scales.set_scale(room, wanted)

        return self.enter("kanat", work)

    def signed(self, wanted: Wanted = GROUP, who: str = "kanat") -> Sheet:
        """Looked at and signed."""

        def work(room: Room) -> Sheet:
            return mark_sheets.sign(room, wanted, mark_sheets.draft(room, wanted).seen)

        return self.enter(who, work)

    def marked_again(self, who: str, assignment: str, submission: str, mark: float) -> None:
        """Kanat gives a mark of his own for the first task, and releases it."""
        self.enter(
            "kanat",
            lambda room: set_teacher_mark(room, submission, ("n", "q0"), mark=mark, comment=""),
        )
        self.show(who, assignment)

    def corrected(self, sheet: Sheet) -> Sheet:
        """Looked at and signed once more."""

        def work(room: Room) -> Sheet:
            seen = mark_sheets.draft(room, sheet.wanted).seen
            return mark_sheets.correct(room, sheet.id, reason="A reason.", seen=seen)

        return self.enter("kanat", work)

    def moved(self, who: str, group: str) -> None:
        """A student is in another group from now on."""
        with self.store.unit() as u:
            members = Members(u.session)
            member: Member = members.get(COURSE, self.students[who])
            members.save(replace(member, group=group))
            u.commit()

    def helper(self, who: str, duty: Duty) -> None:
        """Kanat appoints somebody for a week."""
        with self.store.unit() as u:
            command = Appoint(COURSE, who, duty.value, self.at, self.at + timedelta(days=7))
            appoint(u, actor_of(u, "kanat"), command, at=self.at)
            u.commit()
        self.at += timedelta(minutes=1)


def school(store: Store, folder: Path) -> School:
    """Group ПИ-1 with three students, ПИ-2 with one, two released assignments, a scale."""
    class_world.people(store)
    class_world.confirmed(store, csv_of(class_world.OMUR, class_world.ASAN, class_world.KIM, LONG))
    with store.unit(read_only=True) as u:
        numbered = {each.number: each.account for each in u.class_people.of_school("uni")}
    names = {"omur": "2026-001", "asan": "2026-002", "kim": "2026-003", "long": "2026-004"}
    made = School(store, folder, students={who: numbered[n] for who, n in names.items()})
    made.release(LAB, {"en": "First payments", "ru": "Платежи", "ky": "Төлөмдөр"})
    made.release(WALLETS)
    made.scale()
    return made
