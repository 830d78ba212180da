"""Files on similarity: opened, answered, decided by two for a breach, appealed once.

Rules (steps and deadlines: ``domain.similarity_files``):

1. The student finds the own file: the own work, what of the other work matches, not whose that is,
   and of a proposal nothing before it is noted.
2. Who leads the course opens and decides. A breach is noted by another person: one who leads the
   course too, or the department's coordinator.
3. A coordinator finds a file once a breach is proposed. An appeal goes to a coordinator who took no
   part; where there is none, to a lead teacher who took none.
4. Each step is in the audit log, without anybody's words; whoever is to act next is told.
5. No mark is read or written here.
6. Whoever marks one of the works anonymously does not see the file meanwhile; whose a work of
   another course is, and when it was handed in, is for those who lead that course too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from sandbox.domain.classroom import CourseRole
from sandbox.domain.course_time import said
from sandbox.domain.coursework import AssignmentName
from sandbox.domain.seats import Actor, Right, rights_of
from sandbox.domain.similarity.records import Author, turned
from sandbox.domain.similarity_files import (
    ANSWER_DAYS,
    APPEAL_DAYS,
    FINDINGS,
    FROM,
    Act,
    SimilarityFile,
    State,
    Step,
    after,
)
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services import exam_gate, similarity
from sandbox.services.classroom_marking_rules import hidden_in
from sandbox.services.classroom_people import require_open
from sandbox.services.classroom_room import Room
from sandbox.services.departments import departments_of
from sandbox.store import UnitOfWork
from sandbox.store.classroom import Courses, Members
from sandbox.store.repositories import lock_name
from sandbox.store.similarity_tables import SimilarityFiles, Steps

COUNTER: Final = "similarity_file"
_PART: Final = frozenset({Act.OPEN, Act.PROPOSE, Act.RETURN, Act.NOTE})
"""Who did one of these does not hear the appeal."""
_OF: Final = {
    "student": (Act.ANSWER, Act.APPEAL),
    "lead": (Act.NO_CASE, Act.ALLOWED, Act.PROPOSE),
    "second": (Act.NOTE, Act.RETURN),
    "hearer": (Act.UPHOLD, Act.OVERTURN),
}


class Seat(StrEnum):
    """What a reader is in a file."""

    STUDENT = "student"
    LEAD = "lead"
    COORDINATOR = "coordinator"


@dataclass(frozen=True, slots=True)
class FileView:
    """A file as its reader finds it.

    Attributes:
        state: as the reader may know it.
        may: what the reader can do now.
        knows_other: whether the reader may know whose the other work is.
        hearers: to whom an appeal goes; empty when there is nobody yet.
    """

    file: SimilarityFile
    seat: Seat
    state: State
    steps: tuple[Step, ...]
    may: frozenset[Act]
    hearers: tuple[AccountName, ...]
    knows_other: bool


def open_files(
    room: Room,
    assignment: AssignmentName,
    ids: tuple[str, str],
    *,
    students: Collection[str],
    reason: str,
) -> tuple[SimilarityFile, ...]:
    """Open a file on one or both students of a pair; each is told.

    Args:
        room: of a lead teacher.
        assignment: which.
        ids: of the pair's submissions.
        students: accounts, of this course.
        reason: read by the student.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        NotFound: ``classroom.not_released``, ``similarity.no_pair``.
        InvalidInput: ``similarity.no_reason``, ``similarity.nobody``, ``classroom.words_too_long``.
        Conflict: ``similarity.open_already``; ``similarity.exam_open``: others still write.
    """
    room.person.require_lead()
    require_open(room.u, room.person.course)
    words = said(reason, empty="similarity.no_reason")
    book = exam_gate.book_of(room, assignment)
    if book is not None and not book.over(room.at):  # a file shows a part of another work
        raise Conflict("similarity.exam_open")
    lock_name(room.u.session, f"similarity:{room.person.course}:{assignment}")
    line = similarity.line(room, assignment, *ids)
    sides = ((line.first, line.second, line.pair), (line.second, line.first, turned(line.pair)))
    wanted = [
        (own, other, pair)
        for own, other, pair in sides
        if own.student in students and own.course == room.person.course
    ]
    if not wanted:
        raise InvalidInput("similarity.nobody")
    made = []
    for own, other, pair in wanted:
        _none_open(room, assignment, own, other)
        file = SimilarityFile(
            number=room.u.counters.next(COUNTER),
            course=room.person.course,
            assignment=assignment,
            student=own.student,
            submission=pair.first,
            other=other.student,
            other_submission=pair.second,
            other_course=other.course,
            pair=pair,
            state=State.OPEN,
            opened_by=room.person.account,
            opened_at=room.at,
            answer_due=room.u.calendar.calendar().deadline(room.at, ANSWER_DAYS),
        )
        SimilarityFiles(room.u.session).add(file)
        step = Step(file.number, 0, Act.OPEN, room.person.account, room.at, words)
        _enter(room.u, file, step, [own.student])
        made.append(file)
    return tuple(made)


def do(
    u: UnitOfWork, actor: Actor, number: int, act: Act, text: str, *, at: datetime
) -> SimilarityFile:
    """Take a step in a file.

    Args:
        u: a writing unit of work.
        actor: who.
        number: the file's.
        act: any but opening.
        text: the answer, or the reason.
        at: now.

    Raises:
        NotFound: ``similarity_file.not_found``: also for those who may not see it.
        NotAllowed: ``similarity.not_yours``, ``similarity.second_person``,
            ``marking.anonymous``.
        Conflict: ``similarity.not_from_here``, ``similarity.wait_for_answer``,
            ``similarity.appeal_over``.
        InvalidInput: ``similarity.no_reason``, ``classroom.words_too_long``.
    """
    file = SimilarityFiles(u.session).find(number, lock=True)
    seat = _seat(u, actor, file, at)
    if file is None or seat is None or act not in FROM:
        raise NotFound("similarity_file.not_found", id=str(number))
    _require_named(u, file, seat)
    words = said(text, empty="similarity.no_reason")
    then = after(file.state, act, answer_over=at > file.answer_due)
    _require(u, actor, file, seat, act, at)
    if act is Act.APPEAL and file.appeal_due is not None and at > file.appeal_due:
        raise Conflict("similarity.appeal_over")
    changed = replace(file, state=then, finding=FINDINGS.get(act, file.finding))
    if act is Act.PROPOSE:
        changed = replace(changed, proposed_by=actor.account)
    elif act is Act.RETURN:
        changed = replace(changed, proposed_by=None)
    elif act is Act.NOTE:
        due = u.calendar.calendar().deadline(at, APPEAL_DAYS)
        changed = replace(changed, appeal_due=due)
    saved = SimilarityFiles(u.session).save(changed)
    step = Step(file.number, 0, act, actor.account, at, words)
    _enter(u, saved, step, _told(u, file, act, at))
    return saved


def view(u: UnitOfWork, actor: Actor, number: int, *, at: datetime) -> FileView:
    """A file, for its student, who leads the course, and the coordinator from a proposal on.

    Raises:
        NotFound: ``similarity_file.not_found``.
        NotAllowed: ``marking.anonymous``: to who leads the course, while a work is marked so.
    """
    file = SimilarityFiles(u.session).find(number)
    seat = _seat(u, actor, file, at)
    if file is None or seat is None:
        raise NotFound("similarity_file.not_found", id=str(number))
    _require_named(u, file, seat)
    steps = Steps(u.session).of(number)
    if seat is Seat.STUDENT:
        steps = _for_the_student(steps)
    return FileView(
        file=file,
        seat=seat,
        state=state_for(file, seat),
        steps=steps,
        may=frozenset(act for act in FROM if _may(u, actor, file, seat, act, at)),
        hearers=hearers(u, file, at),
        knows_other=_knows_other(u, actor, file, seat, at),
    )


def state_for(file: SimilarityFile, seat: Seat) -> State:
    """How far a file is, as a reader may know it: a proposal is no finding yet."""
    if seat is Seat.STUDENT and file.state is State.PROPOSED:
        return State.ANSWERED
    return file.state


def listed(u: UnitOfWork, actor: Actor, *, at: datetime) -> tuple[tuple[SimilarityFile, Seat], ...]:
    """The files that somebody may see, the newest first, each with what they are in it."""
    courses = {
        each.course
        for each in Members(u.session).of_account(actor.account, at)
        if each.role is CourseRole.TEACHER
    }
    if Right.COORDINATE in rights_of(actor.seats):
        departments = [each.id for each in departments_of(u, actor, at)]
        courses |= {each.name for each in Courses(u.session).of_departments(departments)}
    found = SimilarityFiles(u.session).visible(actor.account, sorted(courses))
    seats = [(each, _seat(u, actor, each, at)) for each in found]
    return tuple((each, seat) for each, seat in seats if seat is not None)


def of_pair(
    room: Room, assignment: AssignmentName, students: Iterable[Author]
) -> tuple[SimilarityFile, ...]:
    """The files on a pair of students, for a lead teacher."""
    names = {each.student for each in students}
    found = SimilarityFiles(room.u.session).of(room.person.course, assignment)
    return tuple(each for each in found if {each.student, each.other} == names)


def hearers(u: UnitOfWork, file: SimilarityFile, at: datetime) -> tuple[AccountName, ...]:
    """To whom an appeal goes."""
    took_part = [each.by for each in Steps(u.session).of(file.number) if each.act in _PART]
    people = {u.accounts.get(each).person for each in took_part}
    for names in (_coordinators(u, file, at), _leads(u, file, at)):
        free = tuple(each for each in names if u.accounts.get(each).person not in people)
        if free:
            return free
    return ()


def _for_the_student(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Of proposals only the one that was noted."""
    noted = next((each.place for each in steps if each.act is Act.NOTE), 0)
    proposals = [each.place for each in steps if each.act is Act.PROPOSE and each.place < noted]
    return tuple(
        each
        for each in steps
        if each.act not in (Act.PROPOSE, Act.RETURN) or each.place in proposals[-1:]
    )


def _none_open(room: Room, assignment: AssignmentName, own: Author, other: Author) -> None:
    for each in of_pair(room, assignment, (own, other)):
        if each.student == own.student and each.finding is None:
            raise Conflict("similarity.open_already", number=str(each.number))


def _seat(u: UnitOfWork, actor: Actor, file: SimilarityFile | None, at: datetime) -> Seat | None:
    if file is None:
        return None
    if actor.account == file.student:
        return Seat.STUDENT
    if actor.account in _leads(u, file, at):
        return Seat.LEAD
    proposed = file.state is State.PROPOSED or file.appeal_due is not None
    if proposed and actor.account in _coordinators(u, file, at):
        return Seat.COORDINATOR
    return None


def _leads(u: UnitOfWork, file: SimilarityFile, at: datetime) -> tuple[AccountName, ...]:
    return similarity.leads_of(u, file.course, at)


def is_hidden(u: UnitOfWork, file: SimilarityFile, seat: Seat) -> bool:
    """Whether a file waits for its reader: who marks one of its works may not learn whose it is."""
    works = ((file.course, file.submission), (file.other_course, file.other_submission))
    return seat is Seat.LEAD and any(
        hidden_in(u, course, file.assignment, [work]) for course, work in works
    )


def _require_named(u: UnitOfWork, file: SimilarityFile, seat: Seat) -> None:
    if is_hidden(u, file, seat):
        raise NotAllowed("marking.anonymous")


def _knows_other(
    u: UnitOfWork, actor: Actor, file: SimilarityFile, seat: Seat, at: datetime
) -> bool:
    """Whether a reader may know whose the other work is; in another course: who leads it too."""
    if seat is Seat.STUDENT or file.other_course == file.course:
        return seat is not Seat.STUDENT
    return actor.account in similarity.leads_of(u, file.other_course, at)


def _coordinators(u: UnitOfWork, file: SimilarityFile, at: datetime) -> tuple[AccountName, ...]:
    course = Courses(u.session).get(file.course)
    if course.department is None:
        return ()
    return tuple(each.account for each in u.coordinators.of_department(course.department, at))


def _require(
    u: UnitOfWork, actor: Actor, file: SimilarityFile, seat: Seat, act: Act, at: datetime
) -> None:
    if act in _OF["student"]:
        allowed = seat is Seat.STUDENT
    elif act in _OF["lead"]:
        allowed = seat is Seat.LEAD
    elif act in _OF["second"]:
        allowed = seat is not Seat.STUDENT
    else:
        allowed = seat is not Seat.STUDENT and actor.account in hearers(u, file, at)
    if not allowed:
        raise NotAllowed("similarity.not_yours")
    if act in _OF["second"] and _same_person(u, actor, file.proposed_by):
        raise NotAllowed("similarity.second_person")


def _same_person(u: UnitOfWork, actor: Actor, other: AccountName | None) -> bool:
    return other is not None and actor.person == u.accounts.get(other).person


def _may(
    u: UnitOfWork, actor: Actor, file: SimilarityFile, seat: Seat, act: Act, at: datetime
) -> bool:
    if act is Act.APPEAL and (file.appeal_due is None or at > file.appeal_due):
        return False
    try:
        after(file.state, act, answer_over=at > file.answer_due)
        _require(u, actor, file, seat, act, at)
    except (Conflict, NotAllowed):
        return False
    return True


def _told(u: UnitOfWork, file: SimilarityFile, act: Act, at: datetime) -> list[AccountName]:
    """Who is told of a step: the student of what was decided, others of what waits for them."""
    if act is Act.ANSWER:
        return [file.opened_by]
    if act is Act.PROPOSE:
        return sorted({*_leads(u, file, at), *_coordinators(u, file, at)})
    if act is Act.RETURN:
        return [file.proposed_by] if file.proposed_by else []
    if act is Act.APPEAL:
        return list(hearers(u, file, at))
    return [file.student, file.opened_by]


def _enter(u: UnitOfWork, file: SimilarityFile, step: Step, told: Collection[AccountName]) -> None:
    """Keep a step in its place, and what of it is no words of anybody in the audit log."""
    steps = Steps(u.session)
    steps.add(replace(step, place=len(steps.of(file.number)) + 1))
    u.audit.append(
        kind=f"course.similarity_{step.act.value}",
        actor=step.by,
        subject=f"similarity/{file.number}",
        data={
            "course": file.course,
            "assignment": file.assignment,
            "file": file.number,
            "told": list(told),
        },
        at=step.at,
    )
