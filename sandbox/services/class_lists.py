"""Class lists: sent, looked at, confirmed whole, undone.

Numbered plan of a list:

1. a teacher of the course sends a file; it is read (``spreadsheets``, ``domain.class_lists``) and
   kept as a draft for a day; nothing else happens;
2. the preview is made from the draft and from what the desk knows at that moment;
3. confirming makes the plan again: if it is not what the teacher saw, nothing is done;
4. all of it is one transaction: accounts, numbers, names, places in the course, one audit entry;
5. the newest list of a course is undone in one act. Whoever did something in the course already, or
   stands on a signed mark sheet, is named and kept; an account that nobody ever signed in with is
   gone, others stay without a course.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.domain.application import plain_text
from sandbox.domain.class_lists import (
    Known,
    Line,
    Listed,
    Standing,
    plan,
    read_rows,
)
from sandbox.domain.class_names import PersonName
from sandbox.domain.class_pseudonyms import require_pseudonyms
from sandbox.domain.classroom import (
    ClassList,
    ClassPerson,
    Course,
    CourseRole,
    ListState,
    Member,
)
from sandbox.domain.coursework import CourseName
from sandbox.domain.seats import Actor
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.folding import alphabetical
from sandbox.kit.ids import AccountName
from sandbox.services.class_list_changes import apply, take_back
from sandbox.services.classroom_people import person_in, require_open
from sandbox.services.spreadsheets import read_table
from sandbox.store import UnitOfWork
from sandbox.store.classroom import Actions, Courses, Members, holds
from sandbox.store.investigation_score_tables import RulesOfScores
from sandbox.store.mark_sheet_tables import Sheets
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
    """The course of somebody who leads it now: its teachers and their substitutes.

    Raises:
        NotFound: ``course.not_found``.
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
    """
    person_in(u, actor.account, course, at).require_lead()
    return Courses(u.session).get(course)


def send(u: UnitOfWork, actor: Actor, command: SendList, *, at: datetime) -> ClassList:
    """Step 1.

    Raises:
        InvalidInput: ``class_list.*``, ``text.*``; ``score.not_pseudonyms`` in a course of the
            police profile, of whose list nothing is kept then.
        NotFound: ``course.not_found``.
        NotAllowed: ``classroom.wrong_role``, ``course.archived``.
    """
    teacher_in(u, actor, command.course, at)
    require_open(u, command.course)
    term = plain_text("term", command.term, limit=LONGEST_TERM, name=True)
    if not term:
        raise InvalidInput("class_list.no_term")
    rows = read_rows(read_table(command.content))
    if RulesOfScores(u.session).in_force(command.course).pseudonyms:
        require_pseudonyms(each.name for each in rows)
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
    found = _list(u, teacher_in(u, actor, course, at), wanted, at)
    if found.state is not ListState.DRAFT:
        raise Conflict("class_list.settled")
    return _planned(u, found, decided or {}, at)


def confirm(u: UnitOfWork, actor: Actor, command: ConfirmList, *, at: datetime) -> ClassList:
    """Steps 3 and 4. A list that changes nothing, or was confirmed already, changes nothing.

    Raises:
        NotFound: ``course.not_found``, ``class_list.not_found``.
        NotAllowed: ``classroom.wrong_role``, ``course.archived``.
        Conflict: ``class_list.faults``, ``class_list.undecided``, ``class_list.changed_meanwhile``,
            ``class_list.settled``.
    """
    lock_name(u.session, f"course:{command.course}")
    course = teacher_in(u, actor, command.course, at)
    require_open(u, course.name)
    lock_name(u.session, f"class-list:{course.org or ''}")
    found = _list(u, course, command.list, at)
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
    changes = tuple(apply(u, course, found.term, each, at) for each in lines)
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


def discard(
    u: UnitOfWork, actor: Actor, course_name: CourseName, wanted: str, *, at: datetime
) -> None:
    """Drop a draft before its day is over: nothing happened by it, nothing is left of it.

    Raises:
        NotFound: ``course.not_found``, ``class_list.not_found``.
        NotAllowed: ``classroom.wrong_role``, ``course.archived``.
        Conflict: ``class_list.settled``.
    """
    course = teacher_in(u, actor, course_name, at)
    require_open(u, course.name)
    found = _list(u, course, wanted, at)
    if found.state is not ListState.DRAFT:
        raise Conflict("class_list.settled")
    u.class_lists.forget_draft(found.id)


def undo(
    u: UnitOfWork, actor: Actor, course_name: CourseName, wanted: str, *, at: datetime
) -> ClassList:
    """Step 5.

    Raises:
        NotFound: ``course.not_found``, ``class_list.not_found``.
        NotAllowed: ``classroom.wrong_role``, ``course.archived``.
        Conflict: ``class_list.not_newest``.
    """
    lock_name(u.session, f"course:{course_name}")
    course = teacher_in(u, actor, course_name, at)
    require_open(u, course.name)
    lock_name(u.session, f"class-list:{course.org or ''}")
    found = _list(u, course, wanted, at)
    if found.state is ListState.UNDONE:
        return found
    if newest(u.class_lists.settled(course.name)) != found.id:
        raise Conflict("class_list.not_newest")
    accounts = [AccountName(each["account"]) for each in found.changes]
    worked = Actions(u.session).actors(course.name, accounts)
    worked |= Sheets(u.session).listed(course.name) & set(accounts)
    elsewhere = Members(u.session).elsewhere(course.name, accounts)
    for each in found.changes:
        if each["account"] not in worked:
            take_back(u, course, each, others=each["account"] in elsewhere)
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


def is_over(found: ClassList, at: datetime) -> bool:
    """Whether a draft was left lying for too long."""
    return found.state is ListState.DRAFT and found.sent_at + DRAFT_GOOD_FOR <= at


def _list(u: UnitOfWork, course: Course, wanted: str, at: datetime) -> ClassList:
    found = u.class_lists.find(wanted[:32], lock=True)
    if found is None or found.course != course.name or is_over(found, at):
        raise NotFound("class_list.not_found", id=wanted[:32])
    return found


def _planned(u: UnitOfWork, found: ClassList, decided: Mapping[int, str], at: datetime) -> Preview:
    rows = tuple(_listed(each) for each in found.rows)
    known = _known(u, Courses(u.session).get(found.course), at)
    lines = plan(rows, known, term=found.term, decided=decided)
    about = {each.account for each in lines}
    about |= {one.account for each in lines for one in each.candidates}
    missing = sorted(
        (each.name.shown for each in known if each.enrolled and each.account not in about),
        key=alphabetical,
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
        if member is not None and _teaches(member, at):
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


def _teaches(member: Member, at: datetime) -> bool:
    """Whether somebody teaches in the course, now or from a later moment."""
    return member.role is not CourseRole.STUDENT and (member.until is None or at < member.until)


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
