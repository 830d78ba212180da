"""Who helps to teach a course, and until when: assistants, substitutes, second markers.

Rules:

1. The course's own teachers appoint, and who coordinates its department; a substitute does not:
   nobody lengthens their own time, and a coordinator appoints others alone.
2. Whoever is appointed has a seat that teaches. Their rights begin and end by themselves, with the
   days; the end can be brought forward.
3. What they did stays theirs: the list of actions names who did it, whatever becomes of them.
4. Each appointment and each earlier end is in the audit log.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.classroom import Course, CourseRole, Duty, Member
from sandbox.domain.coursework import CourseName
from sandbox.domain.seats import Actor, Right, rights_of
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_people import person_in, require_open
from sandbox.services.course_servers import stop_servers
from sandbox.services.departments import coordinates
from sandbox.store import UnitOfWork
from sandbox.store.classroom import Courses, Members, holds
from sandbox.store.repositories import lock_name

LONGEST: Final = timedelta(days=400)
"""A year with its resits."""


@dataclass(frozen=True)
class Appoint:
    """Appoint somebody for a time.

    Attributes:
        account: whose.
        duty: a value of ``Duty``.
        since: the first moment.
        until: the first moment after it.
    """

    course: CourseName
    account: str
    duty: str
    since: datetime
    until: datetime


def appoint(u: UnitOfWork, actor: Actor, command: Appoint, *, at: datetime) -> Member:
    """Appoint somebody; the same again changes nothing.

    Raises:
        NotFound: ``course.not_found``, ``staff.nobody``.
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``,
            ``department.yourself``.
        InvalidInput: ``staff.duty``, ``staff.days``.
        Conflict: ``staff.in_course``.
    """
    lock_name(u.session, f"course:{command.course}")
    course = _own(u, actor, command.course, at)
    require_open(u, course.name)
    if command.duty not in set(Duty):
        raise InvalidInput("staff.duty")
    if not at < command.until <= at + LONGEST or command.since >= command.until:
        raise InvalidInput("staff.days", most=LONGEST.days)
    account = u.accounts.find(command.account[:32])
    if (
        account is None
        or not account.active
        or Right.TEACH not in rights_of(frozenset(account.seats))
    ):
        raise NotFound("staff.nobody", account=command.account[:32])
    members = Members(u.session)
    found = members.find(course.name, account.name)
    if found is not None and found.duty is None and (found.until is None or at < found.until):
        raise Conflict("staff.in_course")
    if account.name == actor.account:
        raise NotAllowed("department.yourself")
    fresh = Member(
        course=course.name,
        account=account.name,
        role=CourseRole.TEACHER,
        since=command.since,
        until=command.until,
        duty=Duty(command.duty),
    )
    if fresh == found:
        return fresh
    (members.add if found is None else members.save)(fresh)
    said = {
        "duty": command.duty,
        "since": command.since.isoformat(),
        "until": command.until.isoformat(),
    }
    _enter(u, actor, "appointed", fresh, said, at)
    return fresh


def end(u: UnitOfWork, actor: Actor, course: CourseName, account: str, *, at: datetime) -> None:
    """End an appointment now, and the server that runs; one that is over stays as it was.

    Raises:
        NotFound: ``course.not_found``, ``staff.nobody``.
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
    """
    lock_name(u.session, f"course:{course}")
    found = _own(u, actor, course, at)
    members = Members(u.session)
    member = members.find(found.name, account[:32])
    if member is None or member.duty is None:
        raise NotFound("staff.nobody", account=account[:32])
    if member.until is None or at < member.until:
        members.save(replace(member, since=min(member.since, at), until=at))
        _enter(u, actor, "ended", member, {}, at)
        stop_servers(u, found.name, (member.account,), at)


def helpers(u: UnitOfWork, course: CourseName, at: datetime) -> tuple[Member, ...]:
    """Whose time as a helper runs, or is still to come, by when it ends."""
    found = [each for each in Members(u.session).in_course(course) if each.duty is not None]
    left = [each for each in found if each.until is not None and at < each.until]
    return tuple(sorted(left, key=lambda each: (each.until, each.account)))


def may_appoint(u: UnitOfWork, account: AccountName, course: CourseName, at: datetime) -> bool:
    """Whether somebody is one of a course's own teachers."""
    member = Members(u.session).find(course, account)
    own = member is not None and member.role is CourseRole.TEACHER and member.duty is None
    return own and member is not None and holds(member, at)


def _own(u: UnitOfWork, actor: Actor, course: CourseName, at: datetime) -> Course:
    found = Courses(u.session).find(course)
    if found is not None and coordinates(u, actor, found, at):
        return found
    person_in(u, actor.account, course, at).require_lead()
    if not may_appoint(u, actor.account, course, at):
        raise NotAllowed("classroom.teachers_own")
    return Courses(u.session).get(course)


def _enter(
    u: UnitOfWork, actor: Actor, what: str, member: Member, said: dict[str, str], at: datetime
) -> None:
    u.audit.append(
        kind=f"course.helper_{what}",
        actor=actor.account,
        subject=f"course/{member.course}",
        data={"account": member.account, **said},
        at=at,
    )
