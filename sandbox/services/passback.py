"""Marks for learning platforms: what is to be sent, kept in the transaction that makes it so.

Rules: ``domain.passback``. What is to be sent follows from four things alone: last launches, whose
the outside account is, what was released, and whether a teacher of the course switched it off.
Whatever changes one of them calls ``queue``, which may be called any time; the worker sends
(``passback_delivery``). A mark that is switched off is held, and goes when it is switched on again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.classroom import Action, ActionKind
from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.domain.outside_accounts import Outsider
from sandbox.domain.passback import (
    GradeService,
    LtiLaunch,
    MarkState,
    Outcome,
    OutsideMark,
    place,
)
from sandbox.kit.errors import Conflict, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_room import Room, act
from sandbox.store import UnitOfWork
from sandbox.store.classroom import Actions, Marks
from sandbox.store.passback_tables import Launches, OutsideMarks
from sandbox.store.repositories import lock_name

PLACES: Final = 6
"""Decimals of what is sent: a sum of tenths is no more exact than that."""
LATER: Final = timedelta(milliseconds=1)


def note_launch(
    u: UnitOfWork, outsider: Outsider, service: GradeService | None, wanted: str, *, at: datetime
) -> None:
    """Keep how somebody came; nothing of a launch without a grade book or to no course.

    Args:
        u: a writing unit of work.
        outsider: who was named.
        service: the grade book that the launch names.
        wanted: the page that it leads to.
        at: now.
    """
    found = place(wanted)
    if service is None or found is None:
        return
    course, assignment = found
    line_item = service.line_item if assignment else ""
    if line_item or service.line_items:
        lock_name(u.session, f"lti_launch:{outsider.provider}:{outsider.subject}")
        Launches(u.session).keep(
            LtiLaunch(
                platform=outsider.provider,
                subject=outsider.subject,
                course=course,
                assignment=assignment,
                issuer=outsider.issuer,
                line_item=line_item,
                line_items=service.line_items,
                seen_at=at,
            )
        )


def came(u: UnitOfWork, account: AccountName, issuer: str, subject: str, *, at: datetime) -> None:
    """Queue what was released to somebody before they came by a platform."""
    for course in Launches(u.session).courses_of(issuer, subject):
        queue(u, course, students=[account], at=at)


def forget(u: UnitOfWork, account: AccountName, platform: str, issuer: str, subject: str) -> None:
    """Send nothing more of somebody to a platform, nor to others of the same issuer.

    Several platforms can have one issuer (a hosted one: each has a client of its own), and an
    outside account is the issuer's: whoever is forgotten there is forgotten at all of them.
    """
    launches, marks = Launches(u.session), OutsideMarks(u.session)
    platforms = {platform, *launches.platforms_of(issuer, subject)}
    launches.remove_of(issuer, subject)
    for course, assignment in marks.places_of(account, platforms):
        hold(u, course, assignment)
    marks.remove_of(account, platforms)


def hold(u: UnitOfWork, course: CourseName, assignment: AssignmentName) -> None:
    """Let nobody else queue or switch marks of an assignment until the transaction ends.

    To be taken before anything is entered into the list of actions or the audit log: everybody
    waits for those, so that two who took them in another order would wait for each other.
    """
    lock_name(u.session, f"passback:{course}:{assignment}")


def queue(
    u: UnitOfWork,
    course: CourseName,
    *,
    assignment: AssignmentName | None = None,
    students: Collection[AccountName] | None = None,
    at: datetime,
) -> None:
    """Bring what is to be sent up to date; the same again changes nothing.

    Args:
        u: a writing unit of work, which took :func:`hold` where it enters anything before.
        course: whose marks.
        assignment: only of this one.
        students: only theirs.
        at: now.
    """
    launches = Launches(u.session).bound(course, students)
    if not launches:
        return
    released = _released(u, course, assignment, {account for account, _ in launches})
    for name in sorted({each for each, _ in released}):
        hold(u, course, name)
        on = switched_on(u, course, name)
        held = {
            (each.platform, each.student): each
            for each in OutsideMarks(u.session).of(course, name, lock=True)
        }
        for (platform, student), launch in _ways(launches, name).items():
            release = released.get((name, student))
            if release is not None:
                wanted = _wanted(launch, name, release, on=on, at=at)
                _put(u, held.get((platform, student)), wanted, release, at=at)


def switched_on(u: UnitOfWork, course: CourseName, assignment: AssignmentName) -> bool:
    """Whether an assignment's marks go to platforms; so it is until somebody says otherwise."""
    said = Actions(u.session).newest(ActionKind.PASSBACK_SET, course, assignment)
    return said is None or bool(said.detail["on"])


def switch(room: Room, assignment: AssignmentName, *, on: bool) -> None:
    """Say whether an assignment's marks go to platforms; the same again changes nothing.

    Args:
        room: of a teacher of the course.
        assignment: which.
        on: whether.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
    """
    room.person.require_lead()
    course = room.person.course
    hold(room.u, course, assignment)
    if switched_on(room.u, course, assignment) == on:
        return
    act(room, ActionKind.PASSBACK_SET, assignment, detail={"on": on})
    queue(room.u, course, assignment=assignment, at=room.at)
    marks = OutsideMarks(room.u.session)
    for each in marks.of(course, assignment, lock=True):
        if not on and each.state is MarkState.WAITING:
            marks.save(replace(each, state=MarkState.HELD))


def send_again(room: Room, assignment: AssignmentName, student: str = "") -> None:
    """Send again what failed; of one student also what was sent.

    A mark that somebody gave there is overwritten for its student alone, never with the others.

    Args:
        room: of a teacher of the course.
        assignment: which.
        student: whose; empty: everybody's that failed.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        Conflict: ``passback.off``; ``passback.no_points``: a platform has no column for it.
        NotFound: ``passback.nothing``.
    """
    room.person.require_lead()
    course, marks = room.person.course, OutsideMarks(room.u.session)
    hold(room.u, course, assignment)
    if not switched_on(room.u, course, assignment):
        raise Conflict("passback.off")
    wanted = [
        each
        for each in marks.of(course, assignment, lock=True)
        if (each.student == student if student else goes_with_all(each))
    ]
    if not wanted:
        raise NotFound("passback.nothing")
    if all(each.points <= 0 for each in wanted):
        raise Conflict("passback.no_points")
    act(room, ActionKind.PASSBACK_AGAIN, assignment, detail={"count": len(wanted)})
    for each in wanted:
        if each.points > 0:
            marks.save(_anew(each, at=room.at))


def goes_with_all(mark: OutsideMark) -> bool:
    """Whether a mark is sent again with all that failed."""
    by_hand = mark.outcome in {Outcome.OVERTAKEN, Outcome.NO_POINTS}
    return mark.state is MarkState.FAILED and not by_hand


def _released(
    u: UnitOfWork,
    course: CourseName,
    assignment: AssignmentName | None,
    students: Collection[AccountName],
) -> Mapping[tuple[AssignmentName, AccountName], Action]:
    """What each of some students was given last."""
    alone = next(iter(students)) if len(students) == 1 else None
    kind = ActionKind.FEEDBACK_RELEASED
    return {
        (each.assignment, AccountName(str(each.student))): each
        for each in Actions(u.session).all_of(kind, course, assignment, alone)
        if each.student in students
    }


def _ways(
    launches: Collection[tuple[AccountName, LtiLaunch]], assignment: AssignmentName
) -> Mapping[tuple[str, AccountName], LtiLaunch]:
    """Who came by which platform, so that marks of an assignment can go there.

    Launches to the course come first: one to the assignment takes their place.
    """
    return {
        (launch.platform, account): launch
        for account, launch in launches
        if launch.assignment in {"", assignment}
    }


def _wanted(
    launch: LtiLaunch, assignment: AssignmentName, release: Action, *, on: bool, at: datetime
) -> OutsideMark:
    points = round(float(release.detail["points"]), PLACES)
    found = OutsideMark(
        platform=launch.platform,
        course=launch.course,
        assignment=assignment,
        student=AccountName(str(release.student)),
        subject=launch.subject,
        line_item=launch.line_item,
        line_items=launch.line_items,
        release=release.id,
        score=round(float(release.detail["score"]), PLACES),
        points=points,
        state=MarkState.WAITING if on else MarkState.HELD,
        said_at=at,
        next_at=at,
    )
    if points > 0:
        return found
    return replace(found, state=MarkState.FAILED, outcome=Outcome.NO_POINTS)


def _put(
    u: UnitOfWork, old: OutsideMark | None, wanted: OutsideMark, release: Action, *, at: datetime
) -> None:
    marks = OutsideMarks(u.session)
    if old is not None and _told(old) == _told(wanted):
        if old.state is MarkState.HELD and wanted.state is MarkState.WAITING:
            marks.save(_anew(old, at=at))
    elif not _waits(u, release):
        if old is None:
            marks.add(wanted)
        else:
            said_at = max(at, old.said_at + LATER)
            marks.save(replace(wanted, said_at=said_at, revision=old.revision))


def _waits(u: UnitOfWork, release: Action) -> bool:
    """Whether released work has a task that waits for a person."""
    given = Marks(u.session).of(str(release.detail["submission"]))
    return any(each.waits for each in given)


def _told(mark: OutsideMark) -> tuple[str, ...]:
    """What a platform is told, and where."""
    return (mark.release, mark.subject, mark.line_item, mark.line_items)


def _anew(mark: OutsideMark, *, at: datetime) -> OutsideMark:
    """A mark that is sent as if for the first time, later than before."""
    return replace(
        mark,
        state=MarkState.WAITING,
        said_at=max(at, mark.said_at + LATER),
        next_at=at,
        attempts=0,
        failing_since=None,
        outcome=None,
        status=None,
    )
