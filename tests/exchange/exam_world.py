"""A lab that is an exam of two groups: ПИ-1 (lira, marat) from 11:00, ПИ-2 (nurlan) from 12:00."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sandbox.domain.classroom import CourseRole, Duty, Member
from sandbox.services import classroom_people, exam_rooms, exams
from sandbox.services.classroom_room import Room
from sandbox.services.exam_gate import book_of
from sandbox.store.classroom import Members
from sandbox.store.classroom_blobs import Blobs
from sandbox.store.exam_tables import ExamEntries
from tests.exchange.conftest import COURSE, LAB, START
from tests.exchange.test_both_stores import KEY

TERM = "2026/27-1"
OPENS = START + timedelta(hours=2)
MINUTES = 60


def at_desk(store, blobs, at, who, work):
    """A use case as somebody, in one transaction."""
    with store.unit() as u:
        person = classroom_people.person_in(u, who, COURSE, at)
        done = work(Room(u, person, at, blobs, KEY))
        u.commit()
    return done


def act(world, who, work):
    return at_desk(world.store, Blobs(world.parts.blobs), world.clock.now(), who, work)


def seat(store):
    """Groups, a third student, and Olga, an assistant for the day."""
    with store.unit() as u:
        members = Members(u.session)
        for name, group in (("lira", "ПИ-1"), ("marat", "ПИ-1"), ("nurlan", "ПИ-2")):
            found = members.find(COURSE, name)
            if found is None:
                members.add(Member(COURSE, name, CourseRole.STUDENT, START - timedelta(days=1)))
                found = members.find(COURSE, name)
            members.save(replace(found, group=group, term=TERM))
        day = (START - timedelta(days=1), START + timedelta(days=1))
        members.add(Member(COURSE, "olga", CourseRole.TEACHER, *day, duty=Duty.ASSISTANT))
        u.commit()


def set_room(group, hours=(0, 2), who=("kanat",)):
    opens, closes = (OPENS + timedelta(hours=each) for each in hours)
    return lambda room: exams.set_room(
        room, LAB, exams.SetRoom(group, TERM, opens, closes, tuple(who))
    )


def plan(world):
    """Planned by Kanat; Olga invigilates the second group."""
    seat(world.store)
    act(world, "kanat", lambda room: exams.plan(room, LAB, MINUTES))
    act(world, "kanat", set_room("ПИ-1"))
    act(world, "kanat", set_room("ПИ-2", (1, 3), ("olga",)))


def book(world):
    return act(world, "kanat", lambda room: book_of(room, LAB))


def room_id(world, group):
    return next(each.id for each in book(world).rooms if each.group == group)


def opened(world, group="ПИ-1", who="kanat"):
    """The code of a room that is opened now."""
    wanted = room_id(world, group)
    return act(world, who, lambda room: exam_rooms.open_room(room, LAB, wanted)).code


def start(world, who, code):
    return act(world, who, lambda room: exam_rooms.start(room, LAB, code))


def begun(world, *students):
    """The first room is open at eleven, and some have started."""
    plan(world)
    world.clock.forward(OPENS - world.clock.now())
    code = opened(world)
    for each in students:
        start(world, each, code)
    return code


def entries(world):
    """Every entry of every book."""
    with world.store.unit(read_only=True) as u:
        return ExamEntries(u.session).select()
