"""Departments and their coordinators, set by the operator on the machine (``synak department``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.domain.classroom import Course
from sandbox.domain.coursework import CourseName
from sandbox.domain.departments import Coordinator, Department, department_id
from sandbox.domain.seats import Seat
from sandbox.domain.words import OrganisationKind
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import AccountName, OrgId
from sandbox.locale import LANGUAGES
from sandbox.store import UnitOfWork
from sandbox.store.classroom import Courses

LONGEST_NAME = 120


def add_department(
    u: UnitOfWork, department: str, org: str, names: Mapping[str, str], *, at: datetime
) -> Department:
    """Add a department of a university.

    Args:
        u: a writing unit of work.
        department: its id, a short word.
        org: the university's.
        names: in every language.
        at: now.

    Raises:
        InvalidInput: ``department.bad_id``, ``department.bad_name``.
        NotFound: ``department.no_university``.
        Conflict: ``department.exists``.
    """
    wanted = department_id(department)
    said = {str(lang): names.get(lang, "").strip() for lang in LANGUAGES}
    if not all(0 < len(each) <= LONGEST_NAME and each.isprintable() for each in said.values()):
        raise InvalidInput("department.bad_name", most=LONGEST_NAME)
    university = u.organisations.find(org)
    if university is None or university.kind is not OrganisationKind.UNIVERSITY:
        raise NotFound("department.no_university", id=org[:40])
    if u.departments.find(wanted) is not None:
        raise Conflict("department.exists", id=wanted)
    made = u.departments.add(Department(wanted, OrgId(org), said, at))
    _enter(u, "added", made, {"organisation": org}, at)
    return made


def appoint_coordinator(u: UnitOfWork, department: str, account: str, *, at: datetime) -> None:
    """Let somebody of the university coordinate a department; the same again changes nothing.

    Raises:
        NotFound: ``department.not_found``, ``account.not_found``: also of another organisation.
    """
    own = u.departments.get(department)
    found = u.accounts.find(account[:32])
    if found is None or not found.active or found.org != own.org:
        raise NotFound("account.not_found", id=account[:32])
    held = u.coordinators.find(own.id, found.name)
    seated = Seat.COORDINATOR in found.seats
    if held is not None and held.until is None and seated:
        return
    if not seated:
        u.accounts.save(replace(found, seats=(*found.seats, Seat.COORDINATOR)))
    if held is None or held.until is not None:
        fresh = Coordinator(own.id, found.name, at)
        (u.coordinators.add if held is None else u.coordinators.save)(fresh)
    _enter(u, "coordinator_appointed", own, {"account": found.name}, at)


def end_coordinator(u: UnitOfWork, department: str, account: str, *, at: datetime) -> None:
    """End it now; the seat goes with the last department.

    Raises:
        NotFound: ``department.not_found``, ``coordinator.not_found``.
    """
    own = u.departments.get(department)
    held = u.coordinators.get(own.id, AccountName(account[:32]))
    if held.until is not None and held.until <= at:
        return
    u.coordinators.save(replace(held, until=at))
    found = u.accounts.get(held.account)
    if not u.coordinators.of_account(held.account, at):
        seats = tuple(each for each in found.seats if each is not Seat.COORDINATOR)
        u.accounts.save(replace(found, seats=seats))
    _enter(u, "coordinator_ended", own, {"account": held.account}, at)


def give_to_department(
    u: UnitOfWork, course: CourseName, department: str, term: str, *, at: datetime
) -> Course:
    """Give a course that has no department yet to one of its university's.

    Raises:
        NotFound: ``course.not_found``, ``department.not_found``.
        Conflict: ``department.has_course``: it belongs to one, or to another university.
    """
    own, found = u.departments.get(department), Courses(u.session).get(course)
    if found.department is not None or found.org not in {None, own.org}:
        raise Conflict("department.has_course", course=course)
    given = replace(found, org=own.org, department=own.id, term=term)
    Courses(u.session).save(given)
    _enter(u, "course_given", own, {"course": course, "term": term}, at)
    return given


def _enter(
    u: UnitOfWork, what: str, department: Department, data: Mapping[str, Any], at: datetime
) -> None:
    u.audit.append(
        kind=f"department.{what}",
        actor="system",
        subject=f"department/{department.id}",
        data=data,
        at=at,
    )
