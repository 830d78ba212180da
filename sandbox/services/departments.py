"""What a coordinator does with a department's courses: create, reassign, archive, open again.

Rules:

1. Only a coordinator of the department sees and does it; to everybody else it is not found. It
   gives no right inside the course: a coordinator reads no work and gives no mark.
2. A course has a lead teacher at every moment: all leads are set together, in one act.
3. Whoever loses a course loses it at once, at the desk by their record, at the hub by an outbox row
   that stops their server. What they did keeps their name: actions and marks are not touched.
4. An archived course changes no more; nothing of it is deleted. Open gradings end first, and seats
   that are booked for it are given up: nobody would, and others wait for them.
5. Each act is one entry of the audit log, and the teachers whom it is about are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sandbox.domain.classroom import Course, CourseRole, Member
from sandbox.domain.coursework import CourseName
from sandbox.domain.departments import Department, course_of, leads_of, term_of
from sandbox.domain.seats import Actor, Right, rights_of
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services.acts import earlier, remember
from sandbox.services.classroom_content import materials
from sandbox.services.course_servers import stop_servers
from sandbox.store import UnitOfWork
from sandbox.store.booking_tables import Bookings
from sandbox.store.classroom import Courses, Jobs, Members
from sandbox.store.repositories import lock_name

CREATE: Final = "create_course"


@dataclass(frozen=True)
class CreateCourse:
    """Give material in a term.

    Attributes:
        material: a folder below ``courses/``.
        term: ``2026/27-1``.
        leads: accounts, divided by spaces or commas.
    """

    department: str
    material: str
    term: str
    leads: str
    key: str | None = None


def departments_of(u: UnitOfWork, actor: Actor, at: datetime) -> tuple[Department, ...]:
    """The departments that somebody coordinates now.

    Raises:
        NotFound: ``web.not_found`` for whoever has no coordinator's seat.
    """
    if Right.COORDINATE not in rights_of(actor.seats):
        raise NotFound("web.not_found")
    held = u.coordinators.of_account(actor.account, at)
    return u.departments.several([each.department for each in held])


def coordinates(u: UnitOfWork, actor: Actor, course: Course | None, at: datetime) -> bool:
    """Whether somebody coordinates the department that gives a course."""
    if course is None or Right.COORDINATE not in rights_of(actor.seats):
        return False
    return course.department in {each.id for each in departments_of(u, actor, at)}


def department_for(u: UnitOfWork, actor: Actor, department: str, at: datetime) -> Department:
    """A department, for who coordinates it.

    Raises:
        NotFound: ``web.not_found``, ``department.not_found``.
    """
    for each in departments_of(u, actor, at):
        if each.id == department:
            return each
    raise NotFound("department.not_found", id=department[:40])


def course_for(
    u: UnitOfWork, actor: Actor, department: str, course: CourseName, at: datetime
) -> Course:
    """A course of a department, for who coordinates it.

    Raises:
        NotFound: ``web.not_found``, ``department.not_found``, ``course.not_found``.
    """
    own = department_for(u, actor, department, at)
    found = Courses(u.session).find(course)
    if found is None or found.department != own.id:
        raise NotFound("course.not_found", id=course)
    return found


def create(
    u: UnitOfWork, actor: Actor, command: CreateCourse, folder: Path, *, at: datetime
) -> CourseName:
    """Give material in a term; the same form twice is one course.

    Args:
        u: a writing unit of work.
        actor: a coordinator.
        command: what.
        folder: of all material.
        at: now.

    Raises:
        NotFound: ``web.not_found``, ``department.not_found``.
        InvalidInput: ``department.bad_term``, ``department.no_material``, those of the leads.
    """
    own = department_for(u, actor, command.department, at)
    done = earlier(u, actor, CREATE, command.key)
    if done is not None:
        return CourseName(done)
    term = term_of(command.term)
    titles = materials(folder).get(CourseName(command.material))
    if titles is None:
        raise InvalidInput("department.no_material", name=command.material[:48])
    leads = _teachers(u, own, command.leads)
    lock_name(u.session, CREATE)
    courses, members = Courses(u.session), Members(u.session)
    name = course_of(command.material, own.id, term, taken=courses.all_names())
    courses.add(
        Course(
            name=name,
            titles={lang: f"{title} · {term}" for lang, title in titles.items()},
            org=own.org,
            content=CourseName(command.material),
            department=own.id,
            term=term,
        )
    )
    for lead in leads:
        members.add(Member(name, lead, CourseRole.TEACHER, at))
    said = {"material": command.material, "department": own.id, "term": term, "leads": [*leads]}
    _enter(u, actor, "created", name, said, at)
    remember(u, actor, CREATE, command.key, name, at=at)
    return name


def reassign(
    u: UnitOfWork,
    actor: Actor,
    department: str,
    course: CourseName,
    leads: str,
    *,
    at: datetime,
) -> tuple[AccountName, ...]:
    """Set who leads a course from now on; the same again changes nothing.

    Args:
        u: a writing unit of work.
        actor: a coordinator.
        department: that gives it.
        course: which.
        leads: all lead teachers' accounts, divided by spaces or commas.
        at: now; whoever is not among them leads it no more.

    Raises:
        NotFound: ``web.not_found``, ``department.not_found``, ``course.not_found``.
        NotAllowed: ``course.archived``, ``department.yourself``.
        InvalidInput: ``department.no_lead``, ``department.many_leads``, ``department.no_teacher``.
        Conflict: ``department.is_student``.
    """
    own = department_for(u, actor, department, at)
    lock_name(u.session, f"course:{course}")
    found = course_for(u, actor, department, course, at)
    if found.archived_at is not None:
        raise NotAllowed("course.archived")
    wanted = _teachers(u, own, leads)
    members = Members(u.session)
    known = {each.account: each for each in members.in_course(course)}
    before = leads_now(known.values(), at)
    fresh = [name for name in wanted if name not in before or known[name].until is not None]
    if actor.account in fresh:
        raise NotAllowed("department.yourself")
    for name in fresh:
        member = known.get(name)
        if member is not None and member.role is CourseRole.STUDENT:
            raise Conflict("department.is_student", account=name)
        lead = Member(course, name, CourseRole.TEACHER, at)
        (members.add if member is None else members.save)(lead)
    gone = tuple(name for name in before if name not in wanted)
    for name in gone:
        members.save(replace(known[name], since=min(known[name].since, at), until=at))
    if fresh or gone:
        _enter(u, actor, "reassigned", course, {"from": [*before], "to": [*wanted]}, at)
        stop_servers(u, course, gone, at)
    return wanted


def archive(
    u: UnitOfWork, actor: Actor, department: str, course: CourseName, *, at: datetime
) -> None:
    """Close a course for everything but looking; an archived one stays as it is.

    Raises:
        NotFound: ``web.not_found``, ``department.not_found``, ``course.not_found``.
        Conflict: ``department.grading_open``.
    """
    lock_name(u.session, f"course:{course}")
    course_for(u, actor, department, course, at)
    found = Courses(u.session).get(course, lock=True)
    if found.archived_at is not None:
        return
    if Jobs(u.session).any_open(course):
        raise Conflict("department.grading_open")
    Courses(u.session).save(replace(found, archived_at=at))
    bookings = Bookings(u.session)
    for each in bookings.of_course(course, at):
        if each.cancelled_at is None:
            bookings.save(replace(each, cancelled_by=actor.account, cancelled_at=at))
            said = {"booking": each.id, **each.said}
            _enter(u, actor, "seats_cancelled", course, said, at)
    _enter(u, actor, "archived", course, {"leads": _leads(u, course, at)}, at)


def open_again(
    u: UnitOfWork, actor: Actor, department: str, course: CourseName, *, at: datetime
) -> None:
    """Take an archiving back; an open course stays as it is.

    Raises:
        NotFound: ``web.not_found``, ``department.not_found``, ``course.not_found``.
    """
    lock_name(u.session, f"course:{course}")
    found = course_for(u, actor, department, course, at)
    if found.archived_at is not None:
        Courses(u.session).save(replace(found, archived_at=None))
        _enter(u, actor, "opened_again", course, {"leads": _leads(u, course, at)}, at)


def leads_now(members: Iterable[Member], at: datetime) -> tuple[AccountName, ...]:
    """Who leads a course of its own, not for a time, by account."""
    return tuple(
        sorted(
            each.account
            for each in members
            if each.role is CourseRole.TEACHER
            and each.duty is None
            and (each.until is None or at < each.until)
        )
    )


def _leads(u: UnitOfWork, course: CourseName, at: datetime) -> list[str]:
    return [*leads_now(Members(u.session).in_course(course), at)]


def _teachers(u: UnitOfWork, department: Department, text: str) -> tuple[AccountName, ...]:
    """The accounts of active teachers of the department's university."""
    names = leads_of(text)
    for name in names:
        account = u.accounts.find(name[:32])
        if (
            account is None
            or not account.active
            or account.org != department.org
            or Right.TEACH not in rights_of(frozenset(account.seats))
        ):
            raise InvalidInput("department.no_teacher", account=name)
    return names


def _enter(
    u: UnitOfWork,
    actor: Actor,
    what: str,
    course: CourseName,
    said: Mapping[str, Any],
    at: datetime,
) -> None:
    u.audit.append(
        kind=f"course.{what}",
        actor=actor.account,
        subject=f"course/{course}",
        data={"course": course, **said},
        at=at,
    )
