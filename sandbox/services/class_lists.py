"""Class lists: sent, looked at, confirmed whole, undone.

Numbered plan of a list:

1. a teacher of the course sends a file; it is read (``spreadsheets``, ``domain.class_lists``) and
   kept as a draft for a day; nothing else happens;
2. the preview is made from the draft and from what the desk knows at that moment;
3. confirming makes the plan again: if it is not what the teacher saw, nothing is done;
4. all of it is one transaction: accounts, numbers, names, places in the course, one audit entry;
5. the newest list of a course is undone in one act. Whoever did something in the course already is
   named and kept; an account that nobody ever signed in with is gone, others stay without a course.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.domain.application import plain_text
from sandbox.domain.class_lists import (
    Known,
    Line,
    Listed,
    Standing,
    number_key,
    plan,
    read_rows,
)
from sandbox.domain.class_names import PersonName, stem
from sandbox.domain.classroom import ClassList, ClassPerson, Course, CourseRole, ListState, Member
from sandbox.domain.coursework import CourseName
from sandbox.domain.records import Account
from sandbox.domain.seats import Actor, Seat
from sandbox.domain.sign_ins import SignIn
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import AccountName, PersonId
from sandbox.services.classroom_people import person_in
from sandbox.services.spreadsheets import read_table
from sandbox.store import UnitOfWork
from sandbox.store.classroom import Actions, Courses, Members, holds
from sandbox.store.repositories import lock_name

DRAFT_GOOD_FOR: Final = timedelta(days=1)
LONGEST_TERM: Final = 20
COUNTER: Final = "classroom_list"


@dataclass(frozen=True)
class SendList:
    """Send a class list.

    Attributes:
        term: as people name it, ``2026/27-1``.
        file: its name.
        content: all of it.
    """

    course: CourseName
    term: str
    file: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class ConfirmList:
    """Do what the preview showed.

    Attributes:
        seen: ``Preview.seen`` of the page that was looked at.
        decided: of namesakes by row: an account, or ``other``.
    """

    course: CourseName
    list: str
    seen: str
    decided: Mapping[int, str]


@dataclass(frozen=True)
class Preview:
    """What confirming would do.

    Attributes:
        counts: rows by standing.
        missing: names of students of the course who are not on the list; nothing happens to them.
        seen: names exactly this plan.
    """

    list: ClassList
    lines: tuple[Line, ...]
    counts: Mapping[str, int]
    missing: tuple[str, ...]
    seen: str

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return any(each.standing is not Standing.KNOWN for each in self.lines)


def teacher_in(u: UnitOfWork, actor: Actor, course: CourseName, at: datetime) -> Course:
    """The course of somebody who teaches it now.

    Raises:
        NotFound: ``course.not_found``.
        NotAllowed: ``classroom.wrong_role``.
    """
    person_in(u, actor.account, course, at).require(CourseRole.TEACHER)
    return Courses(u.session).get(course)


def send(u: UnitOfWork, actor: Actor, command: SendList, *, at: datetime) -> ClassList:
    """Step 1.

    Raises:
        InvalidInput: ``class_list.*``, ``text.*``.
        NotFound: ``course.not_found``.
        NotAllowed: ``classroom.wrong_role``.
    """
    teacher_in(u, actor, command.course, at)
    term = plain_text("term", command.term, limit=LONGEST_TERM, name=True)
    if not term:
        raise InvalidInput("class_list.no_term")
    rows = read_rows(read_table(command.content))
    u.class_lists.forget_drafts(command.course, at - DRAFT_GOOD_FOR)
    return u.class_lists.add(
        ClassList(
            id=uuid.uuid4().hex,
            number=u.counters.next(COUNTER),
            course=command.course,
            term=term,
            file="".join(each for each in command.file if each.isprintable())[-160:],
            sha256=hashlib.sha256(command.content).hexdigest(),
            state=ListState.DRAFT,
            rows=tuple(_kept(each) for each in rows),
            changes=(),
            kept=(),
            sent_by=actor.account,
            sent_at=at,
        )
    )


def preview(
    u: UnitOfWork,
    actor: Actor,
    course: CourseName,
    wanted: str,
    *,
    at: datetime,
    decided: Mapping[int, str] | None = None,
) -> Preview:
    """Step 2.

    Raises:
        NotFound: ``course.not_found``, ``class_list.not_found``.
        NotAllowed: ``classroom.wrong_role``.
        Conflict: ``class_list.settled``.
    """
    found = _list(u, teacher_in(u, actor, course, at), wanted)
    if found.state is not ListState.DRAFT:
        raise Conflict("class_list.settled")
    return _planned(u, found, decided or {}, at)


def confirm(u: UnitOfWork, actor: Actor, command: ConfirmList, *, at: datetime) -> ClassList:
    """Steps 3 and 4. A list that changes nothing, or was confirmed already, changes nothing.

    Raises:
        NotFound: ``course.not_found``, ``class_list.not_found``.
        NotAllowed: ``classroom.wrong_role``.
        Conflict: ``class_list.faults``, ``class_list.undecided``, ``class_list.changed_meanwhile``,
            ``class_list.settled``.
    """
    course = teacher_in(u, actor, command.course, at)
    lock_name(u.session, f"class-list:{course.org or ''}")
    found = _list(u, course, command.list)
    if found.state is ListState.CONFIRMED:
        return found
    if found.state is ListState.UNDONE:
        raise Conflict("class_list.settled")
    if _planned(u, found, {}, at).seen != command.seen:
        raise Conflict("class_list.changed_meanwhile")
    planned = _planned(u, found, command.decided, at)
    if planned.counts.get(Standing.FAULT):
        raise Conflict("class_list.faults", count=planned.counts[Standing.FAULT])
    if planned.counts.get(Standing.NAMESAKE):
        raise Conflict("class_list.undecided", count=planned.counts[Standing.NAMESAKE])
    if not planned.changes:
        return found
    lines = [each for each in planned.lines if each.standing is not Standing.KNOWN]
    changes = tuple(_apply(u, course, found.term, each, at) for each in lines)
    _enter(u, actor, found, "confirmed", dict(Counter(each.standing.value for each in lines)), at)
    return u.class_lists.save(
        replace(
            found,
            state=ListState.CONFIRMED,
            rows=(),
            changes=changes,
            settled_by=actor.account,
            settled_at=at,
        )
    )


def undo(
    u: UnitOfWork, actor: Actor, course_name: CourseName, wanted: str, *, at: datetime
) -> ClassList:
    """Step 5.

    Raises:
        NotFound: ``course.not_found``, ``class_list.not_found``.
        NotAllowed: ``classroom.wrong_role``.
        Conflict: ``class_list.not_newest``.
    """
    course = teacher_in(u, actor, course_name, at)
    lock_name(u.session, f"class-list:{course.org or ''}")
    found = _list(u, course, wanted)
    if found.state is ListState.UNDONE:
        return found
    if newest(u.class_lists.settled(course.name)) != found.id:
        raise Conflict("class_list.not_newest")
    accounts = [AccountName(each["account"]) for each in found.changes]
    worked = Actions(u.session).actors(course.name, accounts)
    elsewhere = Members(u.session).elsewhere(course.name, accounts)
    for each in found.changes:
        if each["account"] not in worked:
            _take_back(u, course, each, others=each["account"] in elsewhere)
    counts = {"undone": len(found.changes) - len(worked), "kept": len(worked)}
    _enter(u, actor, found, "undone", counts, at)
    return u.class_lists.save(
        replace(
            found,
            state=ListState.UNDONE,
            kept=tuple(sorted(worked)),
            settled_by=actor.account,
            settled_at=at,
        )
    )


def newest(lists: Sequence[ClassList]) -> str:
    """The id of the list that may be undone; empty when there is none."""
    return next((each.id for each in lists if each.state is ListState.CONFIRMED), "")


def _list(u: UnitOfWork, course: Course, wanted: str) -> ClassList:
    found = u.class_lists.find(wanted[:32], lock=True)
    if found is None or found.course != course.name:
        raise NotFound("class_list.not_found", id=wanted[:32])
    return found


def _planned(u: UnitOfWork, found: ClassList, decided: Mapping[int, str], at: datetime) -> Preview:
    rows = tuple(_listed(each) for each in found.rows)
    known = _known(u, Courses(u.session).get(found.course), at)
    lines = plan(rows, known, term=found.term, decided=decided)
    about = {each.account for each in lines}
    about |= {one.account for each in lines for one in each.candidates}
    missing = sorted(
        each.name.shown for each in known if each.enrolled and each.account not in about
    )
    seen = content_hash(
        [[each.listed.row, each.standing.value, each.account, each.after.shown] for each in lines]
    ).hex()
    counts = Counter(each.standing.value for each in lines)
    return Preview(found, lines, dict(counts), tuple(missing), seen)


def _known(u: UnitOfWork, course: Course, at: datetime) -> list[Known]:
    members = {each.account: each for each in Members(u.session).in_course(course.name)}
    people = {each.account: each for each in u.class_people.of_school(course.org or "")}
    accounts = u.accounts.several({*members, *people})
    found = []
    for name in sorted(accounts):
        person, member = people.get(name), members.get(name)
        enrolled = member is not None and holds(member, at)
        if person is None and (member is None or member.role is not CourseRole.STUDENT):
            continue
        barred = "" if accounts[name].active else "class_list.left"
        if member is not None and enrolled and member.role is not CourseRole.STUDENT:
            barred = "class_list.teaches"
        known = Known(
            account=name,
            number=person.number if person else "",
            name=_name(person) if person else PersonName(accounts[name].display_name, ""),
            enrolled=enrolled,
            barred=barred,
        )
        if member is not None:
            known = replace(known, group=member.group, term=member.term)
        found.append(known)
    return found


def _apply(u: UnitOfWork, course: Course, term: str, line: Line, at: datetime) -> Mapping[str, Any]:
    """Do one row; what was before and what is after, for undoing it."""
    name, made = line.account, line.account is None
    if name is None:
        name = _new_account(u, course, line.after, at)
    account = u.accounts.get(name)
    person = u.class_people.find(name)
    member = Members(u.session).find(course.name, name)
    fresh = ClassPerson(
        account=name,
        school=course.org or "",
        number=line.listed.number,
        number_key=number_key(line.listed.number),
        surname=line.after.surname,
        given=line.after.given,
        patronymic=line.after.patronymic,
        latin=person.latin if person else "",
    )
    if person is None:
        u.class_people.add(fresh)
    elif person != fresh:
        u.class_people.save(fresh)
    if account.display_name != line.after.shown:
        u.accounts.save(replace(account, display_name=line.after.shown))
    group = line.listed.group or (member.group if member else "")
    if member is None:
        Members(u.session).add(Member(course.name, name, CourseRole.STUDENT, at, None, group, term))
    else:
        role, until = CourseRole.STUDENT, member.until if holds(member, at) else None
        Members(u.session).save(replace(member, role=role, until=until, group=group, term=term))
    return {
        "row": line.listed.row,
        "account": name,
        "name": line.after.shown,
        "made": made,
        "display": "" if made else account.display_name,
        "person": asdict(person) if person and not made else None,
        "after": asdict(fresh),
        "member": _member(member) if member else None,
    }


def _new_account(u: UnitOfWork, course: Course, name: PersonName, at: datetime) -> AccountName:
    first = stem(name)
    found, turn = AccountName(first), 1
    while u.accounts.find(found) is not None:
        turn += 1
        found = AccountName(f"{first}{turn}")
    u.accounts.add(
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
    return found


def _take_back(u: UnitOfWork, course: Course, change: Mapping[str, Any], *, others: bool) -> None:
    name = AccountName(change["account"])
    members = Members(u.session)
    if change["member"] is None:
        members.remove(course.name, name)
    else:
        current = members.get(course.name, name)
        members.save(replace(current, **_member_of(change["member"])))
    signed_in = u.sign_ins.find(name)
    never = signed_in is not None and signed_in.set_at is None
    if change["made"] and never and not others:
        u.class_people.remove(name)
        u.sign_ins.remove(name)
        u.sessions.end_of([name])
        u.accounts.remove(name)
        return
    if change["made"] or u.class_people.get(name) != ClassPerson(**change["after"]):
        return  # a later list of another course, or the person, said something newer
    if change["person"] is None:
        u.class_people.remove(name)
    else:
        u.class_people.save(ClassPerson(**change["person"]))
    account = u.accounts.get(name)
    u.accounts.save(replace(account, display_name=change["display"]))


def _enter(
    u: UnitOfWork,
    actor: Actor,
    found: ClassList,
    what: str,
    counts: Mapping[str, int],
    at: datetime,
) -> None:
    u.audit.append(
        kind=f"course.list_{what}",
        actor=actor.account,
        subject=f"course/{found.course}",
        data={"list": found.id, "file": found.sha256, "term": found.term, **counts},
        at=at,
    )


def _kept(row: Listed) -> list[Any]:
    name = [row.name.surname, row.name.given, row.name.patronymic]
    return [row.row, row.number, *name, row.group, row.fault, dict(row.params)]


def _listed(kept: Sequence[Any]) -> Listed:
    row, number, surname, given, patronymic, group, fault, params = kept
    name = PersonName(surname, given, patronymic)
    return Listed(row, number, name, group, fault, tuple(params.items()))


def _name(person: ClassPerson) -> PersonName:
    return PersonName(person.surname, person.given, person.patronymic)


def _member(member: Member) -> dict[str, Any]:
    return {
        "role": member.role.value,
        "since": member.since.isoformat(),
        "until": member.until.isoformat() if member.until else None,
        "group": member.group,
        "term": member.term,
    }


def _member_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    until = kept["until"]
    return {
        "role": CourseRole(kept["role"]),
        "since": datetime.fromisoformat(kept["since"]),
        "until": datetime.fromisoformat(until) if until else None,
        "group": kept["group"],
        "term": kept["term"],
    }
