"""One row of a class list, done and undone: account, number, name, place in the course.

Rules:

- What was before is written down beside what is after, so that undoing needs no guess.
- An account is deleted only if the list made it, nobody ever signed in with it, and it is in no
  other course; otherwise the person keeps it.
- A name or a number that something later changed is left as that has it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sandbox.domain.class_lists import Line, number_key
from sandbox.domain.class_names import PersonName, stem
from sandbox.domain.classroom import ClassPerson, Course, CourseRole, Duty, Member
from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.domain.sign_ins import SignIn
from sandbox.kit.ids import AccountName, PersonId
from sandbox.store import UnitOfWork
from sandbox.store.classroom import Members, holds


def apply(u: UnitOfWork, course: Course, term: str, line: Line, at: datetime) -> Mapping[str, Any]:
    """Do one row.

    Returns:
        What was before and what is after, as JSON, for ``take_back``.
    """
    if line.account is None:
        account = _new_account(u, course, line.after, at)
        fresh = _person(account.name, course, line)
        u.class_people.add(fresh)
        before: dict[str, Any] = {"made": True, "display": "", "person": None, "member": None}
        group = line.listed.group
        student = Member(course.name, account.name, CourseRole.STUDENT, at, None, group, term)
        Members(u.session).add(student)
    else:
        fresh, before = _known(u, course, term, line, at)
    named = {"row": line.listed.row, "account": fresh.account, "name": line.after.shown}
    return {**named, **before, "after": asdict(fresh)}


def _known(
    u: UnitOfWork, course: Course, term: str, line: Line, at: datetime
) -> tuple[ClassPerson, dict[str, Any]]:
    """Bring somebody whom the desk knows to where the row has them."""
    account = u.accounts.get(line.account)
    person = u.class_people.find(account.name)
    member = Members(u.session).find(course.name, account.name)
    fresh = _person(account.name, course, line, latin=person.latin if person else "")
    if person is None:
        u.class_people.add(fresh)
    elif person != fresh:
        u.class_people.save(fresh)
    if account.display_name != line.after.shown:
        u.accounts.save(replace(account, display_name=line.after.shown))
    group = line.listed.group or (member.group if member else "")
    if member is None:
        student = Member(course.name, account.name, CourseRole.STUDENT, at, None, group, term)
        Members(u.session).add(student)
    else:
        until = member.until if holds(member, at) else None
        student = replace(member, role=CourseRole.STUDENT, until=until, duty=None)
        Members(u.session).save(replace(student, group=group, term=term))
    return fresh, {
        "made": False,
        "display": account.display_name,
        "person": asdict(person) if person else None,
        "member": _member(member) if member else None,
    }


def _person(name: AccountName, course: Course, line: Line, *, latin: str = "") -> ClassPerson:
    return ClassPerson(
        account=name,
        school=course.org or "",
        number=line.listed.number,
        number_key=number_key(line.listed.number),
        surname=line.after.surname,
        given=line.after.given,
        patronymic=line.after.patronymic,
        latin=latin,
    )


def take_back(u: UnitOfWork, course: Course, change: Mapping[str, Any], *, others: bool) -> None:
    """Undo what one row did.

    Args:
        u: a writing unit of work; the caller holds the university's lists.
        course: of the list.
        change: what ``apply`` answered.
        others: whether the person is, or was, in another course.
    """
    name = AccountName(change["account"])
    members = Members(u.session)
    if change["member"] is None:
        members.remove(course.name, name)
    else:
        current = members.get(course.name, name)
        members.save(replace(current, **_member_of(change["member"])))
    signed_in = u.sign_ins.find(name)
    outside = u.outside.of_accounts([name])
    never = signed_in is not None and signed_in.set_at is None and not outside
    if change["made"] and never and not others:
        u.class_people.remove(name)
        u.sign_ins.remove(name)
        u.outside.remove_of(name)
        u.notices.remove_of(name)
        u.sessions.end_of([name])
        u.accounts.remove(name)
        return
    if change["made"] or u.class_people.find(name) != ClassPerson(**change["after"]):
        return  # a later list of another course, or the person, said something newer
    if change["person"] is None:
        u.class_people.remove(name)
    else:
        u.class_people.save(ClassPerson(**change["person"]))
    account = u.accounts.get(name)
    u.accounts.save(replace(account, display_name=change["display"]))


def _new_account(u: UnitOfWork, course: Course, name: PersonName, at: datetime) -> Account:
    first = stem(name)
    found, turn = AccountName(first), 1
    while u.accounts.find(found) is not None:
        turn += 1
        found = AccountName(f"{first}{turn}")
    account = u.accounts.add(
        Account(
            name=found,
            display_name=name.shown,
            person=PersonId(uuid.uuid4().hex),
            org=course.org,
            seats=(Seat.STUDENT,),
            language="ky",
            active=True,
            created_at=at,
        )
    )
    u.sign_ins.add(SignIn(found))
    return account


def _member(member: Member) -> dict[str, Any]:
    return {
        "role": member.role.value,
        "since": member.since.isoformat(),
        "until": member.until.isoformat() if member.until else None,
        "group": member.group,
        "term": member.term,
        "duty": member.duty.value if member.duty else None,
    }


def _member_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    until = kept["until"]
    return {
        "role": CourseRole(kept["role"]),
        "since": datetime.fromisoformat(kept["since"]),
        "until": datetime.fromisoformat(until) if until else None,
        "group": kept["group"],
        "term": kept["term"],
        "duty": Duty(kept["duty"]) if kept["duty"] else None,
    }
