"""Due dates and extensions: set by a teacher, told to the students, in force for lateness.

Rules: ``domain.course_time``. A reason may tell of an illness: it is kept in the table of
extensions alone, neither in the list of actions nor in the audit log.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sandbox.domain.classroom import Action, ActionKind, CourseRole
from sandbox.domain.course_time import (
    Extension,
    check_due,
    check_extension,
    due_of,
    late_by,
    said,
    used_by,
)
from sandbox.domain.coursework import AssignmentName
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_exchange import newest_release, submissions
from sandbox.services.classroom_people import students_of
from sandbox.services.classroom_room import Room, act
from sandbox.store.classroom import Actions
from sandbox.store.classroom_time import Extensions
from sandbox.store.repositories import lock_name


@dataclass(frozen=True, slots=True)
class CourseTime:
    """What is due in an assignment.

    Attributes:
        due: for everybody; None: nothing is due.
        extensions: those that the reader may see, also revoked ones.
    """

    due: datetime | None
    extensions: tuple[Extension, ...]

    def of(self, student: AccountName) -> datetime | None:
        """What is due for one student."""
        return due_of(student, self.due, self.extensions)

    def late(self, action: Action) -> timedelta:
        """How late a submission was handed in."""
        return late_by(action.at, self.of(AccountName(str(action.student))))


def last_due(room: Room, assignment: AssignmentName) -> datetime | None:
    """The last moment that holds for anybody, whoever asks; None: nothing is due."""
    due = _due(room, assignment)
    if due is None:
        return None
    found = Extensions(room.u.session).of(room.person.course, assignment)
    return max([due, *(each.due for each in found if each.revoked_at is None)])


def over(room: Room, assignment: AssignmentName) -> bool:
    """Whether nobody can hand in in time any more; also where nothing is due."""
    last = last_due(room, assignment)
    return last is None or room.at >= last


def time_of(room: Room, assignment: AssignmentName) -> CourseTime:
    """What is due in an assignment; a student sees their own extensions only."""
    found = Extensions(room.u.session).of(room.person.course, assignment)
    if room.person.role is not CourseRole.TEACHER:
        found = tuple(each for each in found if room.person.account in each.students)
    return CourseTime(_due(room, assignment), found)


def _due(room: Room, assignment: AssignmentName) -> datetime | None:
    newest = Actions(room.u.session).newest(ActionKind.DUE_SET, room.person.course, assignment)
    text = newest.detail.get("due") if newest else None
    return None if text is None else datetime.fromisoformat(text)


def set_due(room: Room, assignment: AssignmentName, due: datetime | None) -> bool:
    """Set until when an assignment is to be handed in; the students of the course are told.

    Args:
        room: of a teacher.
        assignment: a released one.
        due: the last moment; None takes the due date away.

    Returns:
        Whether it is another one than before; if not, nobody is told anything.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        NotFound: ``classroom.not_released``.
        InvalidInput: those of `sandbox.domain.course_time.check_due`.
    """
    room.person.require_lead()
    newest_release(room, assignment)
    lock_name(room.u.session, f"due:{room.person.course}:{assignment}")
    if due == _due(room, assignment):
        return False
    if due is not None:
        check_due(due, room.at)
    act(
        room,
        ActionKind.DUE_SET,
        assignment,
        detail={
            "due": None if due is None else due.isoformat(),
            "students": list(students_of(room.u, room.person.course, room.at)),
        },
    )
    return True


def extend(
    room: Room,
    assignment: AssignmentName,
    *,
    students: Iterable[AccountName],
    due: datetime,
    reason: str,
) -> Extension:
    """Give one student or several more time; they are told.

    Args:
        room: of a teacher.
        assignment: a released one with a due date.
        students: of the course.
        due: later than what is due for each of them.
        reason: read by them and by teachers.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        NotFound: ``classroom.not_released``.
        Conflict, InvalidInput: those of `sandbox.domain.course_time.check_extension`;
            ``classroom.not_a_student``, ``classroom.no_reason``.
    """
    room.person.require_lead()
    newest_release(room, assignment)
    lock_name(room.u.session, f"due:{room.person.course}:{assignment}")
    known = set(students_of(room.u, room.person.course, room.at))
    made = Extension(
        id=uuid.uuid4().hex,
        course=room.person.course,
        assignment=assignment,
        students=tuple(sorted(set(students))),
        due=due,
        reason=said(reason, empty="classroom.no_reason"),
        granted_by=room.person.account,
        granted_at=room.at,
    )
    if strangers := sorted(set(made.students) - known):
        raise InvalidInput("classroom.not_a_student", name=strangers[0][:64])
    now = time_of(room, assignment)
    check_extension(made, now.due, now.extensions)
    Extensions(room.u.session).add(made)
    _note(room, ActionKind.EXTENDED, made)
    return made


def revoke(room: Room, wanted: str, *, reason: str) -> Extension:
    """Take an extension back that nobody has used; its students are told.

    Args:
        room: of a teacher.
        wanted: the extension's id.
        reason: read by its students and by teachers.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        NotFound: ``extension.not_found``.
        Conflict: ``classroom.extension_revoked``, ``classroom.extension_used``.
        InvalidInput: ``classroom.no_reason``.
    """
    room.person.require_lead()
    words = said(reason, empty="classroom.no_reason")
    found = Extensions(room.u.session).find(wanted[:32], lock=True)
    if found is None or found.course != room.person.course:
        raise NotFound("extension.not_found", id=wanted[:32])
    if found.revoked_at is not None:
        raise Conflict("classroom.extension_revoked")
    _nobody_used(room, found)
    gone = replace(found, revoked_by=room.person.account, revoked_at=room.at, revoked_reason=words)
    gone = Extensions(room.u.session).save(gone)
    _note(room, ActionKind.EXTENSION_REVOKED, gone)
    return gone


def _nobody_used(room: Room, found: Extension) -> None:
    for student in found.students:
        lock_name(room.u.session, f"submit:{found.course}:{found.assignment}:{student}")
    now = time_of(room, found.assignment)
    handed_in = [
        (AccountName(str(each.student)), each.at) for each in submissions(room, found.assignment)
    ]
    used = used_by(found, now.due, (e for e in now.extensions if not e.revoked_at), handed_in)
    if used:
        raise Conflict("classroom.extension_used", by=used[0], count=len(used))


def _note(room: Room, kind: ActionKind, extension: Extension) -> None:
    act(
        room,
        kind,
        extension.assignment,
        detail={
            "extension": extension.id,
            "students": list(extension.students),
            "due": extension.due.isoformat(),
        },
    )
