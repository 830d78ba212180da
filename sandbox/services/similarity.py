"""Comparing the works of an assignment, looking at a pair, setting it aside with a note.

Rules:

1. All of it is for who leads the course: a helper who marks without names would learn them here.
2. Each student's newest work is compared with the others' of the course, and with the newest works
   of other courses of the same university that were given the same material.
3. Of a work of another course only what matches is shown, and whose it is, and when it was handed
   in, to those alone who lead that course too.
4. Work that is marked anonymously is neither compared nor shown, in its own course or in another,
   before its feedback is released or the names are shown.
5. Comparing, setting aside and taking back are in the audit log; nothing follows from them, and no
   mark is read or written here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.domain.classroom import Action, ActionKind, CourseRole, Duty
from sandbox.domain.course_time import said
from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.domain.similarity import Given, Pair, Work, compare, given_of, work_of
from sandbox.domain.similarity.records import Author, Comparison, SetAside
from sandbox.kit.errors import NotAllowed, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_exchange import (
    files_of,
    kept_versions,
    newest_per_student,
    newest_release,
    submissions,
)
from sandbox.services.classroom_marking_rules import hidden_in, hidden_works
from sandbox.services.classroom_people import require_open
from sandbox.services.classroom_room import Room
from sandbox.store import UnitOfWork
from sandbox.store.classroom import Actions, Courses, Members
from sandbox.store.repositories import lock_name
from sandbox.store.similarity_tables import Comparisons, SetAsides

MOST_OTHERS: Final = 300
"""Works of other courses that are compared, the newest ones."""


@dataclass(frozen=True, slots=True)
class Material:
    """What is compared.

    Attributes:
        works: those of this course first.
        authors: by submission.
    """

    assignment: AssignmentName
    works: tuple[Work, ...]
    given: Given
    authors: dict[str, Author]


@dataclass(frozen=True, slots=True)
class Line:
    """A pair of the list: ``first`` is always a student of this course.

    Attributes:
        named: whether the reader may know who the second is.
    """

    pair: Pair
    first: Author
    second: Author
    aside: SetAside | None
    named: bool


def gather(room: Room, assignment: AssignmentName) -> Material:
    """Read what is compared; the comparing itself needs no store.

    Args:
        room: of a lead teacher.
        assignment: a released one.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``; ``marking.anonymous``:
            all of it is marked anonymously.
        NotFound: ``classroom.not_released``.
    """
    room.person.require_lead()
    known = given(room, assignment)
    here = newest_per_student(submissions(room, assignment))
    hidden = hidden_works(room, assignment, [each.id for each in here])
    if hidden and len(hidden) == len(here):
        raise NotAllowed("marking.anonymous")
    here = tuple(each for each in here if each.id not in hidden)
    others = _of_other_courses(room, assignment)
    authors = {
        each.id: Author(AccountName(str(each.student)), each.course) for each in (*here, *others)
    }
    count = len(authors)
    works = tuple(
        work_of(
            each.id,
            files_of(room, each),
            known,
            works=count,
            earlier=each.course != room.person.course,
        )
        for each in (*here, *others)
    )
    return Material(assignment, works, known, authors)


def compared(material: Material) -> tuple[Pair, ...]:
    """The pairs of different students."""
    authors = material.authors
    return tuple(
        each
        for each in compare(material.works, material.given)
        if authors[each.first].student != authors[each.second].student
    )


def keep(room: Room, material: Material, pairs: tuple[Pair, ...]) -> Comparison:
    """Keep a comparison in the place of the one before.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
    """
    room.person.require_lead()
    require_open(room.u, room.person.course)
    lock_name(room.u.session, f"similarity:{room.person.course}:{material.assignment}")
    authors = material.authors
    here = [each for each in material.works if not each.earlier]
    made = Comparison(
        course=room.person.course,
        assignment=material.assignment,
        made_by=room.person.account,
        made_at=room.at,
        works=len(here),
        others=len(material.works) - len(here),
        cut=tuple(sorted(authors[each.id].student for each in here if each.cut)),
        pairs=pairs,
        authors={name: authors[name] for pair in pairs for name in (pair.first, pair.second)},
    )
    Comparisons(room.u.session).put(made)
    data = {"works": made.works, "others": made.others, "pairs": len(pairs)}
    note(room, "similarity_compared", material.assignment, data)
    return made


def newest(room: Room, assignment: AssignmentName) -> Comparison | None:
    """The newest comparison of an assignment.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``; ``marking.anonymous``:
            some of its works are marked anonymously now.
        NotFound: ``classroom.not_released``.
    """
    room.person.require_lead()
    newest_release(room, assignment)
    found = Comparisons(room.u.session).find(room.person.course, assignment)
    authors = found.authors if found else {}
    for course in {each.course for each in authors.values()}:
        works = [name for name, each in authors.items() if each.course == course]
        if hidden_in(room.u, course, assignment, works):
            raise NotAllowed("marking.anonymous")
    return found


def lines(room: Room, comparison: Comparison) -> tuple[Line, ...]:
    """The pairs of a comparison, with those that were set aside."""
    aside = {
        (each.first, each.second): each
        for each in SetAsides(room.u.session).of(comparison.course, comparison.assignment)
    }
    courses = {each.course for each in comparison.authors.values()}
    named = {
        each
        for each in courses
        if each == room.person.course or room.person.account in leads_of(room.u, each, room.at)
    }
    found = []
    for pair in comparison.pairs:
        first, second = comparison.authors[pair.first], comparison.authors[pair.second]
        known = second.course in named
        found.append(Line(pair, first, second, aside.get(_ordered(first, second)), known))
    return tuple(found)


def leads_of(u: UnitOfWork, course: CourseName, at: datetime) -> tuple[AccountName, ...]:
    """Who leads a course at a moment: its teachers and their substitutes."""
    return tuple(
        each.account
        for each in Members(u.session).of_course(course, at)
        if each.role is CourseRole.TEACHER and each.duty in (None, Duty.SUBSTITUTE)
    )


def line(room: Room, assignment: AssignmentName, first: str, second: str) -> Line:
    """One pair of the newest comparison, by its submissions.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        NotFound: ``classroom.not_released``, ``similarity.no_pair``: also after a later comparison
            that does not have it.
    """
    comparison = newest(room, assignment)
    for each in lines(room, comparison) if comparison else ():
        if (each.pair.first, each.pair.second) == (first, second):
            return each
    raise NotFound("similarity.no_pair")


def set_aside(room: Room, assignment: AssignmentName, first: str, second: str, text: str) -> None:
    """Set a pair aside: it stays away from the list, also after later comparisons.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        NotFound: ``classroom.not_released``, ``similarity.no_pair``.
        InvalidInput: ``similarity.no_note``, ``classroom.words_too_long``.
    """
    words = said(text, empty="similarity.no_note")
    lock_name(room.u.session, f"similarity:{room.person.course}:{assignment}")
    found = line(room, assignment, first, second)
    if found.aside is not None:
        return
    names = _ordered(found.first, found.second)
    SetAsides(room.u.session).add(
        SetAside(room.person.course, assignment, *names, words, room.person.account, room.at)
    )
    note(room, "similarity_set_aside", assignment, {"pair": list(names)})


def take_back(room: Room, assignment: AssignmentName, first: str, second: str) -> None:
    """List a pair again that was set aside.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        NotFound: ``classroom.not_released``, ``similarity.no_pair``.
    """
    lock_name(room.u.session, f"similarity:{room.person.course}:{assignment}")
    found = line(room, assignment, first, second)
    if found.aside is not None:
        SetAsides(room.u.session).remove(found.aside)
        data = {"pair": list(_ordered(found.first, found.second))}
        note(room, "similarity_taken_back", assignment, data)


def given(room: Room, assignment: AssignmentName) -> Given:
    """What students got by any release, in any language.

    Raises:
        NotFound: ``classroom.not_released``.
    """
    bundles = {each.hash: each for one in kept_versions(room, assignment) for each in one.values()}
    return given_of(room.blobs.files_of(each) for each in bundles.values())


def work(room: Room, submission: str, known: Given) -> tuple[Action, Work]:
    """A submission by its id, of whatever course: for who has a pair or a file with it.

    Raises:
        NotFound: ``classroom.no_submission``.
    """
    action = Actions(room.u.session).by_id(submission)
    if action is None or action.kind is not ActionKind.SUBMITTED:
        raise NotFound("classroom.no_submission", id=submission[:64])
    return action, work_of(submission, files_of(room, action), known)


def note(room: Room, what: str, assignment: AssignmentName, data: Mapping[str, object]) -> None:
    """Write an act into the audit log: who and what, nobody's words."""
    room.u.audit.append(
        kind=f"course.{what}",
        actor=room.person.account,
        subject=f"course/{room.person.course}",
        data={"course": room.person.course, "assignment": assignment, **data},
        at=room.at,
    )


def _of_other_courses(room: Room, assignment: AssignmentName) -> list[Action]:
    found: list[Action] = []
    for course in _other_courses(room):
        actions = Actions(room.u.session).all_of(ActionKind.SUBMITTED, course, assignment)
        works = newest_per_student(actions)
        hidden = hidden_in(room.u, course, assignment, [each.id for each in works])
        found += [each for each in works if each.id not in hidden]
    found.sort(key=lambda each: (each.at, each.number), reverse=True)
    return found[:MOST_OTHERS]


def _other_courses(room: Room) -> Iterator[CourseName]:
    """Courses of the same university with the same material."""
    courses = Courses(room.u.session)
    own = courses.get(room.person.course)
    for each in courses.of_university(own.org) if own.org else ():
        if each.name != own.name and each.material == own.material:
            yield each.name


def _ordered(first: Author, second: Author) -> tuple[AccountName, AccountName]:
    one, other = sorted((first.student, second.student))
    return one, other
