"""What people see of mark sheets: teachers the groups and what is signed, students their lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.domain.classroom import CourseRole
from sandbox.domain.mark_scales import Scale
from sandbox.domain.mark_sheets import Difference, Line, Sheet, Wanted, differing
from sandbox.kit.errors import SynakError
from sandbox.kit.folding import natural
from sandbox.services.classroom_room import Room
from sandbox.services.mark_scales import scale_of
from sandbox.services.mark_sheets import Draft, draft, intact, sheet
from sandbox.store.classroom import Courses, Members
from sandbox.store.mark_sheet_tables import Scales, Sheets


@dataclass(frozen=True, slots=True)
class Group:
    """An academic group in a term, and how many students of it are in the course."""

    name: str
    term: str
    students: int

    def wanted(self, module: str) -> Wanted:
        """Its sheet of a module."""
        return Wanted(self.name, self.term, module)


@dataclass(frozen=True, slots=True)
class Overview:
    """A course's groups and sheets.

    Attributes:
        scale: None before the first.
        without: students in no group: no sheet lists them.
        sheets: the newest version of each.
    """

    scale: Scale | None
    groups: tuple[Group, ...]
    without: int
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True, slots=True)
class SignedView:
    """A signed version.

    Attributes:
        versions: all of its sheet, the newest first.
        now: the sheet as it would be signed now; None when it cannot be made.
        unmade: why it cannot be made.
        differences: what marks say otherwise now.
        resit: the sheet of those who failed on this one, if the scale allows another.
    """

    sheet: Sheet
    versions: tuple[Sheet, ...]
    now: Draft | None
    unmade: SynakError | None
    differences: tuple[Difference, ...]
    resit: Wanted | None

    @property
    def newest(self) -> bool:
        """Whether no later version takes its place."""
        return self.sheet.id == self.versions[0].id


def titles_of(room: Room) -> Mapping[str, str]:
    """The course's title by language."""
    return Courses(room.u.session).get(room.person.course).titles


def overview(room: Room) -> Overview:
    """For teachers of the course.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        IntegrityFailure: ``sheet.altered``.
    """
    room.person.require(CourseRole.TEACHER)
    members = Members(room.u.session).of_course(room.person.course, room.at)
    students = [each for each in members if each.role is CourseRole.STUDENT]
    counted = Counter((each.term, each.group) for each in students if each.group)
    listed = sorted(counted, key=lambda each: (each[0], natural(each[1])))
    return Overview(
        scale=Scales(room.u.session).newest(room.person.course),
        groups=tuple(Group(group, term, counted[term, group]) for term, group in listed),
        without=sum(not each.group for each in students),
        sheets=_newest(room),
    )


def signed_view(room: Room, wanted: str) -> SignedView:
    """A signed version beside what marks say now, for teachers of the course.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``sheet.not_found``.
        IntegrityFailure: ``sheet.altered``.
    """
    found, versions = sheet(room, wanted)
    resit = _resit(scale_of(room), found) if found == versions[0] else None
    try:
        now = draft(room, found.wanted)
    except SynakError as error:
        return SignedView(found, versions, None, error, (), resit)
    differences = differing(found.lines, now.lines)
    return SignedView(found, versions, now, None, differences, resit)


def _resit(scale: Scale, found: Sheet) -> Wanted | None:
    failed = any(not each.passes for each in found.lines)
    more = found.attempt < scale.resits
    return replace(found.wanted, attempt=found.attempt + 1) if failed and more else None


def own_lines(room: Room) -> tuple[tuple[Sheet, Line], ...]:
    """A student's lines on the newest versions of signed sheets, the last first.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        IntegrityFailure: ``sheet.altered``.
    """
    room.person.require(CourseRole.STUDENT)
    return tuple(
        (found, line)
        for found in _newest(room)
        for line in found.lines
        if line.account == room.person.account
    )


def _newest(room: Room) -> tuple[Sheet, ...]:
    found = Sheets(room.u.session).newest_of_course(room.person.course)
    return intact(room, *reversed(found))
