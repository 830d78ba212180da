"""Who is in a course, and as what. Identity comes from the edge; roles are our own data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sandbox.domain.classroom import Course, CourseRole, Duty, Member
from sandbox.domain.coursework import CourseName
from sandbox.kit.errors import NotAllowed, NotFound
from sandbox.kit.folding import alphabetical, natural
from sandbox.kit.ids import AccountName, OrgId
from sandbox.store.classroom import Courses, Members, holds
from sandbox.store.unit import UnitOfWork

DEMO_COURSE: Final = CourseName("digital-money")
DEMO_TITLES: Final[Mapping[str, str]] = {
    "en": "Digital money and smart contracts",
    "ru": "Цифровые деньги и смарт-контракты",
    "ky": "Санарип акча жана акылдуу келишимдер",
}


@dataclass(frozen=True, slots=True)
class CoursePerson:
    """Somebody in a course, with the role that holds now; ``duty``: of a teacher for a time."""

    account: AccountName
    course: CourseName
    role: CourseRole
    duty: Duty | None = None

    @property
    def leads(self) -> bool:
        """Whether they are one of the course's teachers, or stand in for them."""
        return self.role is CourseRole.TEACHER and self.duty in {None, Duty.SUBSTITUTE}

    def require_lead(self) -> None:
        """Refuse everybody but the course's teachers and their substitutes.

        Raises:
            NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        """
        self.require(CourseRole.TEACHER)
        if not self.leads:
            raise NotAllowed("classroom.teachers_own")

    def require(self, role: CourseRole) -> None:
        """Refuse anybody in another role.

        Raises:
            NotAllowed: ``classroom.wrong_role``.
        """
        if self.role is not role:
            raise NotAllowed("classroom.wrong_role", needed=role.value, role=self.role.value)


def person_in(
    u: UnitOfWork, account: AccountName, course: CourseName, at: datetime
) -> CoursePerson:
    """The role of an account in a course.

    Args:
        u: the unit of work.
        account: as the hub named it.
        course: which course.
        at: the present moment.

    Raises:
        NotFound: ``course.not_found``: also for those who are not in it.
    """
    member = Members(u.session).find(course, account)
    if member is None or not holds(member, at):
        raise NotFound("course.not_found", id=course)
    return CoursePerson(account, course, member.role, member.duty)


def require_open(u: UnitOfWork, course: CourseName) -> None:
    """Refuse what would change an archived course; nobody archives it before the change is done.

    Raises:
        NotAllowed: ``course.archived``.
    """
    found = Courses(u.session).held(course)
    if found is not None and found.archived_at is not None:
        raise NotAllowed("course.archived")


def courses_of(
    u: UnitOfWork, account: AccountName, at: datetime
) -> tuple[tuple[Course, CourseRole], ...]:
    """The courses somebody is in, with the role in each."""
    courses = Courses(u.session)
    return tuple(
        (courses.get(member.course), member.role)
        for member in Members(u.session).of_account(account, at)
    )


def students_of(u: UnitOfWork, course: CourseName, at: datetime) -> tuple[AccountName, ...]:
    """The students of a course, by account."""
    members = Members(u.session).of_course(course, at)
    return tuple(m.account for m in members if m.role is CourseRole.STUDENT)


def by_name(u: UnitOfWork, accounts: Iterable[AccountName]) -> tuple[AccountName, ...]:
    """Accounts in the order of the names they are shown by."""
    names = tuple(accounts)
    shown = {name: each.display_name for name, each in u.accounts.several(names).items()}
    return tuple(sorted(names, key=lambda each: (alphabetical(shown.get(each) or each), each)))


def students_by_group(
    u: UnitOfWork, course: CourseName, at: datetime
) -> dict[tuple[str, str], tuple[AccountName, ...]]:
    """The students of a course by academic group and its term, in order; without those of none."""
    found: dict[tuple[str, str], tuple[AccountName, ...]] = {}
    for each in Members(u.session).of_course(course, at):
        if each.role is CourseRole.STUDENT and each.group:
            where = (each.group, each.term)
            found[where] = (*found.get(where, ()), each.account)
    return dict(sorted(found.items(), key=lambda each: (natural(each[0][0]), each[0][1])))


def contexts_of(u: UnitOfWork, account: AccountName, at: datetime) -> tuple[dict[str, Any], ...]:
    """The servers that somebody may start for courses."""
    return tuple(
        {
            "context": f"course-{course.name}",
            "kind": "course",
            "title": course.titles.get("en", course.name),
            "titles": dict(course.titles),
            "role": role.value,
        }
        for course, role in courses_of(u, account, at)
    )


def seed_course(
    u: UnitOfWork,
    at: datetime,
    *,
    teachers: Iterable[str],
    students: Iterable[str],
    course: CourseName = DEMO_COURSE,
    titles: Mapping[str, str] = DEMO_TITLES,
) -> None:
    """Put a course and its people into the store; again changes nothing.

    Args:
        u: the unit of work.
        at: since when they are in it.
        teachers: account names.
        students: account names.
        course: the course's name.
        titles: by language.
    """
    courses, members = Courses(u.session), Members(u.session)
    if courses.find(course) is None:
        courses.add(Course(course, dict(titles)))
    for role, names in ((CourseRole.TEACHER, teachers), (CourseRole.STUDENT, students)):
        for name in names:
            member = Member(course, AccountName(name), role, at)
            found = members.find(course, name)
            if found is None:
                members.add(member)
            elif found.role is not role:
                members.save(replace(found, role=role))


def give_course(u: UnitOfWork, course: CourseName, org: OrgId) -> None:
    """Say which university gives a course; one that has a university keeps it."""
    found = Courses(u.session).get(course)
    if found.org is None:
        Courses(u.session).save(replace(found, org=org))
