"""A course's people and class lists, as its teachers see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sandbox.domain.classroom import ClassList, Course, CourseRole, Duty
from sandbox.domain.coursework import CourseName
from sandbox.domain.departments import Department
from sandbox.domain.seats import Actor
from sandbox.kit.folding import alphabetical, natural
from sandbox.kit.ids import AccountName
from sandbox.services.class_lists import is_over, newest, teacher_in
from sandbox.services.course_staff import helpers, may_appoint
from sandbox.services.sign_ins import may_be_given
from sandbox.store import UnitOfWork
from sandbox.store.classroom import Members


class SignedIn(StrEnum):
    """How far somebody is with signing in."""

    DEMO = "demo"
    NEVER = "never"
    YES = "yes"


@dataclass(frozen=True)
class Classmate:
    """Somebody in a course.

    Attributes:
        name: as the class list wrote it.
        latin: as the person chose; empty until then.
        signed_in: demo accounts have no password of their own.
        slip: whether a slip may be made for them here.
    """

    account: AccountName
    name: str
    role: CourseRole
    number: str
    latin: str
    group: str
    term: str
    signed_in: SignedIn
    slip: bool = False


@dataclass(frozen=True)
class Helper:
    """Somebody who teaches a course for a time."""

    account: AccountName
    name: str
    duty: Duty
    since: datetime
    until: datetime


@dataclass(frozen=True)
class CoursePeople:
    """Everybody in a course, and its class lists.

    Attributes:
        drafts: lists that wait to be confirmed.
        lists: confirmed and undone ones, the newest first.
        undoable: the id of the one that may be undone, or empty.
        helpers: who teaches for a time, now or later.
        appoints: whether the reader may appoint them.
        department: that gives the course; None for a course of none.
    """

    course: Course
    people: tuple[Classmate, ...]
    drafts: tuple[ClassList, ...]
    lists: tuple[ClassList, ...]
    undoable: str
    helpers: tuple[Helper, ...]
    appoints: bool
    department: Department | None

    @property
    def waiting(self) -> int:
        """How many have not signed in yet."""
        return sum(each.signed_in is SignedIn.NEVER for each in self.people)


def people_of(u: UnitOfWork, actor: Actor, course: CourseName, *, at: datetime) -> CoursePeople:
    """A course's people by role, group and name.

    Raises:
        NotFound: ``course.not_found``.
        NotAllowed: ``classroom.wrong_role``.
    """
    found = teacher_in(u, actor, course, at)
    members = Members(u.session).of_course(course, at)
    names = [each.account for each in members]
    shown, listed = u.accounts.several(names), u.class_people.of_accounts(names)
    own = u.sign_ins.of_accounts(names)
    outside = {each.account for each in u.outside.of_accounts(names)}
    able = may_be_given(u, found, at)
    people = []
    for each in members:
        person, sign_in = listed.get(each.account), own.get(each.account)
        done = SignedIn.DEMO
        if sign_in is not None:
            never = sign_in.set_at is None and each.account not in outside
            done = SignedIn.NEVER if never else SignedIn.YES
        people.append(
            Classmate(
                account=each.account,
                name=shown[each.account].display_name,
                role=each.role,
                number=person.number if person else "",
                latin=person.latin if person else "",
                group=each.group,
                term=each.term,
                signed_in=done,
                slip=each.account in able,
            )
        )
    people.sort(key=_place)
    lists = u.class_lists.settled(course)
    return CoursePeople(
        course=found,
        people=tuple(people),
        drafts=tuple(each for each in u.class_lists.drafts(course) if not is_over(each, at)),
        lists=lists,
        undoable=newest(lists),
        helpers=helpers_of(u, course, at),
        department=u.departments.find(found.department) if found.department else None,
        appoints=may_appoint(u, actor.account, course, at),
    )


def _place(each: Classmate) -> tuple[object, ...]:
    return each.role is CourseRole.STUDENT, natural(each.group), alphabetical(each.name)


def helpers_of(u: UnitOfWork, course: CourseName, at: datetime) -> tuple[Helper, ...]:
    """Who teaches a course for a time, now or later, by when it ends."""
    found = helpers(u, course, at)
    shown = u.accounts.several([each.account for each in found])
    return tuple(
        Helper(each.account, shown[each.account].display_name, each.duty, each.since, each.until)
        for each in found
        if each.duty is not None and each.until is not None
    )
