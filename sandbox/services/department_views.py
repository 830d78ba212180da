"""A department's courses as its coordinators see them: who leads, who helps, how many learn."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sandbox.domain.classroom import Course, CourseRole, Member
from sandbox.domain.coursework import CourseName
from sandbox.domain.departments import Department
from sandbox.domain.listing import LONGEST_TEXT
from sandbox.domain.seats import Actor
from sandbox.kit.folding import natural
from sandbox.kit.ids import AccountName
from sandbox.services.class_views import Helper, helpers_of
from sandbox.services.departments import course_for, departments_of, leads_now
from sandbox.store import UnitOfWork
from sandbox.store.classroom import Courses, Members, holds


@dataclass(frozen=True)
class CourseLine:
    """A course in the list.

    Attributes:
        leads: accounts of its lead teachers.
        helpers: how many teach it for a time, now.
        students: how many learn in it, now.
        groups: their academic groups, as class lists have them.
    """

    course: Course
    leads: tuple[AccountName, ...]
    helpers: int
    students: int
    groups: tuple[str, ...]


@dataclass(frozen=True)
class DepartmentCourses:
    """A department and what was found of its courses, the newest term first."""

    department: Department
    open: tuple[CourseLine, ...]
    archived: tuple[CourseLine, ...]


@dataclass(frozen=True)
class CourseOfDepartment:
    """One course, with who helps now or later."""

    department: Department
    line: CourseLine
    helpers: tuple[Helper, ...]


def list_departments(
    u: UnitOfWork, actor: Actor, *, text: str = "", at: datetime
) -> tuple[DepartmentCourses, ...]:
    """The reader's departments.

    Args:
        u: a reading unit of work.
        actor: a coordinator.
        text: words that must be found in a course's title, name, term, groups or leads.
        at: now.

    Raises:
        NotFound: ``web.not_found``.
    """
    own = departments_of(u, actor, at)
    lines = _lines(u, Courses(u.session).of_departments([each.id for each in own]), at)
    shown = u.accounts.written({name for line in lines for name in line.leads})
    words = text[:LONGEST_TEXT].casefold().split()

    def found(line: CourseLine) -> bool:
        course = line.course
        said = (*course.titles.values(), course.name, course.term, *line.groups, *line.leads)
        all_of_it = " ".join((*said, *(shown.get(each, "") for each in line.leads))).casefold()
        return all(word in all_of_it for word in words)

    found_lines = [line for line in lines if found(line)]
    return tuple(
        DepartmentCourses(
            department=each,
            open=_of(found_lines, each, archived=False),
            archived=_of(found_lines, each, archived=True),
        )
        for each in own
    )


def one_course(
    u: UnitOfWork, actor: Actor, department: str, course: CourseName, *, at: datetime
) -> CourseOfDepartment:
    """A course of a department.

    Raises:
        NotFound: ``web.not_found``, ``department.not_found``, ``course.not_found``.
    """
    found = course_for(u, actor, department, course, at)
    return CourseOfDepartment(
        department=u.departments.get(department),
        line=_lines(u, (found,), at)[0],
        helpers=helpers_of(u, found.name, at),
    )


def _of(
    lines: list[CourseLine], department: Department, *, archived: bool
) -> tuple[CourseLine, ...]:
    mine = [
        line
        for line in lines
        if line.course.department == department.id
        and (line.course.archived_at is not None) is archived
    ]
    return tuple(sorted(mine, key=lambda line: line.course.term, reverse=True))


def _lines(u: UnitOfWork, courses: tuple[Course, ...], at: datetime) -> tuple[CourseLine, ...]:
    members: dict[CourseName, list[Member]] = defaultdict(list)
    for each in Members(u.session).in_courses([course.name for course in courses]):
        members[each.course].append(each)
    return tuple(_line(course, members[course.name], at) for course in courses)


def _line(course: Course, members: list[Member], at: datetime) -> CourseLine:
    now = [each for each in members if holds(each, at)]
    students = [each for each in now if each.role is CourseRole.STUDENT]
    return CourseLine(
        course=course,
        leads=leads_now(members, at),
        helpers=sum(each.duty is not None for each in now),
        students=len(students),
        groups=tuple(sorted({each.group for each in students if each.group}, key=natural)),
    )
