"""Mark sheets: drafted from marks of record, signed, corrected with a reason.

Numbered plan of a sheet:

1. a draft is made anew at each look: the students of a group, their marks of record, the scale in
   force; the whole course is made of its modules' signed sheets;
2. signing makes the draft again: if it is not what was looked at, nothing is done;
3. the signed version keeps all that is printed; its digest goes into the audit log in the same
   transaction;
4. a correction is steps 1 to 3 once more, with a reason; it lists the group as it is now, or, when
   nobody of it is left in the course, those on the sheet.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from sandbox.domain.classroom import CourseRole
from sandbox.domain.course_time import said
from sandbox.domain.coursework import AssignmentName
from sandbox.domain.mark_scales import (
    FINAL,
    MOST_RESITS,
    Module,
    Scale,
    mean,
    rounded,
    weighted,
)
from sandbox.domain.mark_sheets import (
    Counting,
    Line,
    Part,
    Sheet,
    Wanted,
    digest_of,
    graded,
)
from sandbox.domain.records import Account
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import Conflict, IntegrityFailure, NotFound
from sandbox.kit.folding import alphabetical
from sandbox.kit.ids import AccountName
from sandbox.services import investigation_results
from sandbox.services.classroom_exchange import released
from sandbox.services.classroom_room import Room
from sandbox.services.mark_records import Moments, Record, records_of
from sandbox.services.mark_scales import scale_of
from sandbox.store.classroom import Courses, Members
from sandbox.store.mark_sheet_tables import Sheets
from sandbox.store.repositories import lock_name

COUNTER: Final = "classroom_sheet"
SIGNED: Final = "course.sheet_signed"
CORRECTED: Final = "course.sheet_corrected"
FINAL_NAMES: Final = {"ky": "Сабак боюнча жыйынтык", "ru": "Итог по дисциплине", "en": "Course"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A sheet as it would be signed now.

    Attributes:
        content: all that is printed: ``titles``, ``university``, ``department``, ``hours``,
            ``names`` of the module, ``columns`` (key and names of each part), ``bands``,
            ``teacher``, ``lines``, and which sheet it is.
        seen: names exactly this content.
        held_up: how many have work that waits for a mark.
        failed: how many have work that could not be graded.
    """

    wanted: Wanted
    content: Mapping[str, Any]
    lines: tuple[Line, ...]
    seen: str
    held_up: int
    failed: int


def draft(room: Room, wanted: Wanted) -> Draft:
    """Step 1, for every teacher of the course.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``scale.not_found``, ``sheet.no_group``, ``sheet.no_module``.
        Conflict: ``sheet.nothing_counts``, ``sheet.modules_not_signed``,
            ``sheet.module_changed``, ``sheet.before_not_signed``, ``sheet.no_resit``,
            ``sheet.nobody_failed``, ``sheet.no_points``.
    """
    scale = scale_of(room)
    if wanted.module != FINAL and scale.module(wanted.module) is None:
        raise NotFound("sheet.no_module", id=wanted.module[:8])
    versions = Sheets(room.u.session).versions(room.person.course, wanted)
    if not versions and not 0 <= wanted.attempt <= scale.resits:
        raise Conflict("sheet.no_resit", most=scale.resits)
    students = _students(room, wanted)
    if wanted.attempt:
        students = _failed(room, wanted, students)
    parts = (_whole if wanted.module == FINAL else _of_module)(room, scale, wanted, students)
    lines = _lines(room, scale, wanted, parts)
    content = {**_head(room, scale, wanted), "lines": [_plain(each) for each in lines]}
    return Draft(
        wanted,
        content,
        lines,
        content_hash(content).hex(),
        sum(each.held_up for each in lines),
        sum(each.failed for each in lines),
    )


def sign(room: Room, wanted: Wanted, seen: str, *, zeros: bool = False) -> Sheet:
    """Steps 2 and 3.

    Args:
        room: of a teacher who leads.
        wanted: which sheet.
        seen: ``Draft.seen`` of what was looked at.
        zeros: they said that work that could not be graded counts 0.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        Conflict: ``sheet.signed``, ``sheet.changed_meanwhile``, ``sheet.held_up``,
            ``sheet.not_graded``, and those of ``draft``.
        NotFound: those of ``draft``.
    """
    room.person.require_lead()
    lock_name(room.u.session, f"sheets:{room.person.course}")
    if Sheets(room.u.session).versions(room.person.course, wanted):
        raise Conflict("sheet.signed")
    return _keep(room, draft(room, wanted), seen, zeros=zeros)


def correct(room: Room, sheet_id: str, *, reason: str, seen: str, zeros: bool = False) -> Sheet:
    """Step 4: another version of a signed sheet; the old ones stay. ``zeros``: see ``sign``.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        NotFound: ``sheet.not_found``, and those of ``draft``.
        InvalidInput: ``classroom.no_reason``, ``classroom.words_too_long``.
        Conflict: ``sheet.not_newest``, ``sheet.nothing_differs``, ``sheet.changed_meanwhile``,
            ``sheet.held_up``, ``sheet.not_graded``, and those of ``draft``.
    """
    room.person.require_lead()
    lock_name(room.u.session, f"sheets:{room.person.course}")
    words = said(reason, empty="classroom.no_reason")
    found, versions = sheet(room, sheet_id)
    if found.id != versions[0].id:
        raise Conflict("sheet.not_newest", version=versions[0].version)
    fresh = draft(room, found.wanted)
    if _without_teacher(fresh.content) == _without_teacher(found.content):
        raise Conflict("sheet.nothing_differs")
    return _keep(room, fresh, seen, zeros=zeros, version=found.version + 1, reason=words)


def sheet(room: Room, wanted: str) -> tuple[Sheet, tuple[Sheet, ...]]:
    """A signed version and all versions of its sheet, the newest first, for teachers.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``sheet.not_found``.
        IntegrityFailure: ``sheet.altered``.
    """
    room.person.require(CourseRole.TEACHER)
    sheets = Sheets(room.u.session)
    found = sheets.find(wanted[:32])
    if found is None or found.course != room.person.course:
        raise NotFound("sheet.not_found", id=wanted[:32])
    intact(room, found)
    return found, sheets.versions(found.course, found.wanted)


def intact(room: Room, *found: Sheet) -> tuple[Sheet, ...]:
    """The same versions, if they are what was signed: by themselves and by the audit log.

    Raises:
        IntegrityFailure: ``sheet.altered``.
    """
    if not found:
        return ()
    entries = room.u.audit.of_kinds(f"course/{room.person.course}", (SIGNED, CORRECTED))
    logged = [each.body["data"] for each in entries if each.body is not None]
    digests = {each["sheet"]: each["digest"] for each in logged}
    for each in found:
        if not each.holds or digests.get(each.id) != each.digest:
            raise IntegrityFailure("sheet.altered", number=each.number)
    return found


def _keep(
    room: Room, fresh: Draft, seen: str, *, zeros: bool, version: int = 1, reason: str = ""
) -> Sheet:
    if fresh.seen != seen:
        raise Conflict("sheet.changed_meanwhile")
    if fresh.held_up:
        raise Conflict("sheet.held_up", count=fresh.held_up)
    if fresh.failed and not zeros:
        raise Conflict("sheet.not_graded", count=fresh.failed)
    wanted = fresh.wanted
    made = Sheet(
        id=uuid.uuid4().hex,
        number=room.u.counters.next(COUNTER),
        course=room.person.course,
        group=wanted.group,
        term=wanted.term,
        module=wanted.module,
        attempt=wanted.attempt,
        version=version,
        content=fresh.content,
        digest="",
        reason=reason,
        signed_by=room.person.account,
        signed_at=room.at,
    )
    made = replace(made, digest=digest_of(made))
    room.u.audit.append(
        kind=CORRECTED if version > 1 else SIGNED,
        actor=made.signed_by,
        subject=f"course/{made.course}",
        data={"sheet": made.id, "number": made.number, "version": version, "digest": made.digest},
        at=room.at,
    )
    return Sheets(room.u.session).add(made)


def _students(room: Room, wanted: Wanted) -> tuple[AccountName, ...]:
    members = Members(room.u.session).of_course(room.person.course, room.at)
    found = tuple(
        each.account
        for each in members
        if each.role is CourseRole.STUDENT
        and wanted.group
        and (each.group, each.term) == (wanted.group, wanted.term)
    )
    if found:
        return found
    versions = Sheets(room.u.session).versions(room.person.course, wanted)
    if not versions:
        raise NotFound("sheet.no_group", id=wanted.group[:40])
    return tuple(each.account for each in versions[0].lines)


def _failed(room: Room, wanted: Wanted, students: Iterable[AccountName]) -> tuple[AccountName, ...]:
    before = _signed(room, replace(wanted, attempt=wanted.attempt - 1))
    if before is None:
        raise Conflict("sheet.before_not_signed")
    failed = {each.account for each in before.lines if not each.passes}
    found = tuple(each for each in students if each in failed)
    if not found:
        raise Conflict("sheet.nobody_failed")
    return found


Parts = Mapping[AccountName, tuple[int, tuple[Part, ...]]]
"""Whole points and what they are made of, by student."""


def _of_module(
    room: Room, scale: Scale, wanted: Wanted, students: tuple[AccountName, ...]
) -> Parts:
    module = scale.module(wanted.module)
    if module is None or not module.assignments:
        raise Conflict("sheet.nothing_counts")
    own = _first_signed(room, wanted)
    if not wanted.attempt:
        records = _records(room, module, students, until=own)
    else:
        before = _first_signed(room, replace(wanted, attempt=wanted.attempt - 1))
        records = _resit(
            _records(room, module, students, after=before, until=own),
            _records(room, module, students, until=before),
        )
    return {
        student: (
            rounded(mean(each.share for each in records[student])),
            tuple(each.part for each in records[student]),
        )
        for student in students
    }


Records = Mapping[AccountName, tuple[Record, ...]]
"""What each student has in each assignment of a module."""


def _records(
    room: Room,
    module: Module,
    students: tuple[AccountName, ...],
    *,
    after: Moments | None = None,
    until: Moments,
) -> Records:
    found = [
        records_of(room, AssignmentName(n), students, after=after, until=until)
        for n in module.assignments
    ]
    return {student: tuple(each[student] for each in found) for student in students}


def _resit(again: Records, before: Records) -> Records:
    """Who handed in anything again keeps what counted in the other assignments."""

    def made(student: AccountName) -> tuple[Record, ...]:
        absent = [each.part.counting is Counting.ABSENT for each in again[student]]
        if all(absent):
            return again[student]
        both = zip(absent, again[student], before[student], strict=True)
        return tuple(old if missing else new for missing, new, old in both)

    return {student: made(student) for student in again}


def _first_signed(room: Room, wanted: Wanted) -> Moments:
    """When each student's line of a sheet was signed first; empty while nothing is signed."""
    versions = intact(room, *Sheets(room.u.session).versions(room.person.course, wanted))
    return {line.account: each.signed_at for each in versions for line in each.lines}


def _whole(room: Room, scale: Scale, wanted: Wanted, students: tuple[AccountName, ...]) -> Parts:
    lines: dict[str, dict[AccountName, Line]] = {}
    for module in scale.modules:
        lines[module.key] = _signed_lines(room, module, wanted)
    return {
        student: (
            rounded(
                weighted(
                    {k: each[student].points for k, each in lines.items() if student in each},
                    scale.modules,
                )
            ),
            tuple(_module_part(key, each.get(student)) for key, each in lines.items()),
        )
        for student in students
    }


def _signed_lines(room: Room, module: Module, wanted: Wanted) -> dict[AccountName, Line]:
    """What a group's signed sheets of a module say: a resit's line only of who took and needed it.

    Raises:
        Conflict: ``sheet.modules_not_signed``, ``sheet.module_changed``.
    """
    lines: dict[AccountName, Line] = {}
    for attempt in range(MOST_RESITS + 1):
        found = _signed(room, replace(wanted, module=module.key, attempt=attempt))
        if found is None:
            break
        if tuple(each["key"] for each in found.content["columns"]) != module.assignments:
            raise Conflict("sheet.module_changed", number=found.number)
        for each in found.lines:
            before = lines.get(each.account)
            if before is None or not (each.absent or before.passes):
                lines[each.account] = each
    if not lines:
        raise Conflict("sheet.modules_not_signed")
    return lines


def _module_part(key: str, line: Line | None) -> Part:
    if line is None:
        return Part(key, "0", Counting.UNLISTED)
    if line.absent:
        return Part(key, "0", Counting.ABSENT)
    return Part(key, str(line.points), Counting.COUNTED, late=any(p.late for p in line.parts))


def _signed(room: Room, wanted: Wanted) -> Sheet | None:
    versions = Sheets(room.u.session).versions(room.person.course, wanted)
    return intact(room, versions[0])[0] if versions else None


def _lines(room: Room, scale: Scale, wanted: Wanted, parts: Parts) -> tuple[Line, ...]:
    people = room.u.class_people.of_accounts(list(parts))
    accounts = room.u.accounts.several(list(parts))
    versions = Sheets(room.u.session).versions(room.person.course, wanted)
    then = {line.account: line for each in reversed(versions) for line in each.lines}
    lines = []
    for account, (points, made_of) in parts.items():
        person = people.get(account) or then.get(account)
        most = min(points, scale.resit_most) if wanted.attempt else points
        lines.append(
            Line(
                account=account,
                number=person.number if person else "",
                surname=person.surname if person else _shown(accounts.get(account), account),
                given=person.given if person else "",
                patronymic=person.patronymic if person else "",
                absent=all(each.counting is Counting.ABSENT for each in made_of),
                parts=made_of,
                **graded(scale.bands, most),
            )
        )
    return tuple(sorted(lines, key=lambda each: (alphabetical(each.name), each.number)))


def _shown(account: Account | None, name: AccountName) -> str:
    return account.display_name if account else name


def _head(room: Room, scale: Scale, wanted: Wanted) -> dict[str, Any]:
    course = Courses(room.u.session).get(room.person.course)
    university = room.u.organisations.find(course.org) if course.org else None
    teacher = room.u.accounts.find(room.person.account)
    module = scale.module(wanted.module)
    if module is None:
        columns = [{"key": m.key, "names": dict(m.names)} for m in scale.modules]
    else:
        titles = {str(each.assignment): each.detail.get("titles") or {} for each in released(room)}
        titles.update({str(n): dict(t) for n, t in investigation_results.named(room).items()})
        columns = [{"key": n, "names": dict(titles.get(n, {}))} for n in module.assignments]
    return {
        **asdict(wanted),
        "course": course.name,
        "titles": dict(course.titles),
        "university": university.name if university else "",
        "department": dict(scale.department),
        "hours": scale.hours,
        "names": dict(FINAL_NAMES if module is None else module.names),
        "columns": columns,
        "scale": scale.version,
        "bands": [asdict(each) for each in scale.bands],
        "teacher": teacher.display_name if teacher else room.person.account,
    }


def _plain(line: Line) -> dict[str, Any]:
    """A line as JSON."""
    parts = [{**asdict(each), "counting": each.counting.value} for each in line.parts]
    return {**asdict(line), "parts": parts}


def _without_teacher(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key != "teacher"}
