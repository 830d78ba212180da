"""Two acts on one course at the same moment, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from sandbox.domain.classroom import ActionKind, ClassPerson, Job, JobState
from sandbox.domain.coursework import Bundle
from sandbox.kit.errors import Conflict, NotAllowed, NotFound
from sandbox.services import class_lists, course_staff, departments
from sandbox.services.class_lists import ConfirmList
from sandbox.services.classroom_people import person_in
from sandbox.services.classroom_room import Room, act
from sandbox.services.course_staff import Appoint
from sandbox.store import UnitOfWork
from sandbox.store.classroom import Jobs, Members
from tests.services.class_world import AT, COURSE, csv_of, sent, teacher
from tests.services.test_departments import LATER, archived, done, faculty
from tests.store.conftest import empty_store, postgres, store

__all__ = ["empty_store", "postgres", "store"]
HELPER = Appoint(COURSE, "olga", "assistant", AT, AT + timedelta(days=9))
ROW = ("2026-009", "Ким", "Ольга", "", "ПИ-1")


@pytest.fixture(autouse=True)
def _school(store) -> None:
    faculty(store)


def meanwhile(store, first: Callable[[UnitOfWork], object], other: Callable[[], object]) -> Future:
    """An act, and another that begins, and waits, before the first is committed."""
    with ThreadPoolExecutor(1) as pool, store.unit() as u:
        first(u)
        waiting = pool.submit(other)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.5)
        u.commit()
        return waiting


def mark(u: UnitOfWork) -> None:
    room = Room(u, person_in(u, "kanat", COURSE, LATER), LATER, None, None)
    act(room, ActionKind.MARKED, "lab", student="lira")


def marked(store) -> None:
    with store.unit() as u:
        mark(u)
        u.commit()


def reassigning(store, to: str, at: datetime = LATER) -> Callable[[UnitOfWork], object]:
    burul = teacher(store, "burul")
    return lambda u: departments.reassign(u, burul, "finance", COURSE, to, at=at)


def leads(store) -> tuple[str, ...]:
    with store.unit(read_only=True) as u:
        return departments.leads_now(Members(u.session).in_course(COURSE), LATER)


def test_an_archiving_waits_for_a_grading_that_is_asked_for(store) -> None:
    def grading(u: UnitOfWork) -> None:
        mark(u)
        one = Bundle.of({"a.txt": b"a"}).hash
        Jobs(u.session).add(Job("j", "s", COURSE, "lab", one, JobState.QUEUED, 0, 0, AT))

    waiting = meanwhile(store, grading, lambda: archived(store))
    with pytest.raises(Conflict) as refused:
        waiting.result()
    assert refused.value.code == "department.grading_open"


def test_a_mark_waits_for_an_archiving_and_is_refused(store) -> None:
    burul = teacher(store, "burul")

    def archive(u: UnitOfWork) -> None:
        departments.archive(u, burul, "finance", COURSE, at=LATER)

    waiting = meanwhile(store, archive, lambda: marked(store))
    with pytest.raises(NotAllowed) as refused:
        waiting.result()
    assert refused.value.code == "course.archived"


def test_a_helper_who_becomes_the_lead_meanwhile_is_not_ended(store) -> None:
    done(store, course_staff.appoint, "burul", HELPER)
    waiting = meanwhile(
        store,
        reassigning(store, "olga"),
        lambda: done(store, course_staff.end, "burul", COURSE, "olga"),
    )
    with pytest.raises(NotFound) as refused:
        waiting.result()
    assert refused.value.code == "staff.nobody"
    assert leads(store) == ("olga",)


def test_a_helper_of_before_who_becomes_the_lead_meanwhile_is_not_appointed(store) -> None:
    done(store, course_staff.appoint, "burul", HELPER)
    done(store, course_staff.end, "burul", COURSE, "olga")
    waiting = meanwhile(
        store,
        reassigning(store, "olga"),
        lambda: done(store, course_staff.appoint, "burul", HELPER),
    )
    with pytest.raises(Conflict) as refused:
        waiting.result()
    assert refused.value.code == "staff.in_course"
    assert leads(store) == ("olga",)


def test_a_class_list_makes_no_student_of_who_became_the_lead_meanwhile(store) -> None:
    with store.unit() as u:
        u.class_people.add(ClassPerson("olga", "uni", ROW[0], ROW[0], "Ким", "Ольга", "", ""))
        u.commit()
    listed = sent(store, csv_of(ROW))
    with store.unit(read_only=True) as u:
        seen = class_lists.preview(u, teacher(store), COURSE, listed.id, at=LATER).seen
    command = ConfirmList(COURSE, listed.id, seen, {})
    waiting = meanwhile(
        store,
        reassigning(store, "kanat olga", LATER + timedelta(microseconds=1)),
        lambda: done(store, class_lists.confirm, "kanat", command),
    )
    with pytest.raises(Conflict) as refused:
        waiting.result()
    assert refused.value.code == "class_list.changed_meanwhile"
    assert leads(store) == ("kanat", "olga")
