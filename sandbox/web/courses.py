"""Courses in the browser: where a student stands, and a class in a few figures.

The work itself is done in notebooks; here are the marks, the receipts and the queue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.classroom import CourseRole, JobState, Mark, counted
from sandbox.domain.coursework import AssignmentName, CourseName, assignment_name, course_name
from sandbox.grading.feedback import reason_text, step_texts
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound, SynakError
from sandbox.locale import forms
from sandbox.locale.catalogue import NAMES, language
from sandbox.services import (
    classroom_cohort,
    classroom_exchange,
    classroom_feedback,
    classroom_grading,
    classroom_people,
    classroom_quizzes,
    classroom_self_check,
    classroom_student,
    classroom_time,
    exam_gate,
    investigations,
    passback_views,
)
from sandbox.services.classroom_checks import hidden_checks, told_apart
from sandbox.services.classroom_room import Room, load_receipt_key
from sandbox.services.classroom_words import in_words
from sandbox.store.classroom import Courses
from sandbox.store.classroom_blobs import Blobs
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Reader, Visit

router = APIRouter(include_in_schema=False)
T = TypeVar("T")
SHOWN: Final = (InvalidInput, Conflict, NotFound, NotAllowed)
"""What is shown on the page whose form was sent."""


@router.get("/desk/courses")
def register(visit: Reader) -> HTMLResponse:
    """The courses of the reader."""
    with visit.parts.store.unit(read_only=True) as u:
        found = classroom_people.courses_of(u, visit.known.account, visit.at)
    courses = [
        {
            "name": course.name,
            "title": course.titles.get(visit.lang, course.name),
            "teaches": role is CourseRole.TEACHER,
            "server": notebooks_of(visit, course.name),
            "archived": course.archived_at is not None,
        }
        for course, role in found
    ]
    return page(visit, "courses.html", courses=courses)


@router.get("/desk/courses/{course}")
def show(visit: Reader, course: str) -> HTMLResponse:
    """One course, as its reader's role has it."""
    return show_course(visit, course_name(course))


def enter(
    visit: Visit, course: CourseName, work: Callable[[Room], T], *, commit: bool = False
) -> T:
    """Do something as the reader, in one transaction.

    Args:
        visit: who reads.
        course: which course.
        work: the use case.
        commit: whether it changes something.

    Raises:
        NotFound: ``course.not_found`` for those who are not in it.
    """
    parts = visit.parts
    with parts.store.unit(read_only=not commit) as u:
        person = classroom_people.person_in(u, visit.known.account, course, visit.at)
        key = load_receipt_key(parts.receipt_key)
        result = work(Room(u, person, visit.at, Blobs(parts.blobs), key))
        if commit:
            u.commit()
    return result


def attempt(
    form: str,
    work: Callable[[], T],
    again: Callable[[Problem], Response],
    then: Callable[[T], str],
) -> Response:
    """Do what a form asks for; what went wrong stands on its page again.

    Args:
        form: which form of the page it was.
        work: the use case.
        again: the page, with the problem.
        then: where to go on, from what the use case returned.

    Raises:
        SynakError: what the use case raised, for those who may not see the page either.
    """
    try:
        done = work()
    except SHOWN as error:
        try:
            return again(Problem(error, form))
        except SynakError:
            raise error from None
    return RedirectResponse(then(done), 303)


def act_in(
    visit: Visit,
    where: tuple[str, str],
    form: str,
    work: Callable[[Room, AssignmentName], object],
    *,
    again: Callable[[Visit, CourseName, AssignmentName, Problem], Response],
    then: str,
) -> Response:
    """:func:`attempt` what a form of an assignment's page asks for, and keep it.

    Args:
        visit: who asks.
        where: course and assignment, as the address has them.
        form: which form of the page it was.
        work: the use case.
        again: the page, with the problem.
        then: the address to go on to, with ``{course}`` and ``{assignment}``; ``{done}`` is what
            the use case returned, to be said there.
    """
    name, wanted = course_name(where[0]), assignment_name(where[1])
    return attempt(
        form,
        lambda: enter(visit, name, lambda room: work(room, wanted), commit=True),
        lambda problem: again(visit, name, wanted, problem),
        lambda done: then.format(course=name, assignment=wanted, done=done),
    )


def show_course(visit: Visit, course: CourseName, problem: Problem | None = None) -> HTMLResponse:
    """The page of a course.

    Args:
        visit: who reads.
        course: which.
        problem: what went wrong with a form of it.
    """

    def work(room: Room) -> dict[str, Any]:
        teaches = room.person.role is CourseRole.TEACHER
        one = _for_teacher if teaches else _for_student
        quizzes = classroom_quizzes.assignments_with_quiz(room)
        return {
            "course": course,
            "title": course_title(visit, room),
            "teaches": teaches,
            "leads": room.person.leads,
            "server": notebooks_of(visit, course),
            "investigations": room.person.leads or bool(investigations.all_of(room)),
            "assignments": [
                {**one(visit, room, each), "quiz": each.assignment in quizzes}
                for each in classroom_exchange.released(room)
            ],
        }

    status = problem.error.status if problem else 200
    return page(visit, "course.html", status=status, problem=problem, **enter(visit, course, work))


def course_title(visit: Visit, room: Room) -> str:
    """The course's title in the reader's language."""
    found = Courses(room.u.session).get(room.person.course)
    return found.titles.get(visit.lang, found.name)


def platform_title(visit: Visit, name: str) -> str:
    """How people know a learning platform."""
    found = visit.parts.lti.get(name)
    return name if found is None else found.platform.title


def notebooks_of(visit: Visit, course: CourseName) -> str:
    """Where the reader's notebooks of a course open."""
    return f"{_spawn(visit)}/course-{course}"


def _spawn(visit: Visit) -> str:
    """Where the hub starts, or opens, the reader's servers."""
    return f"{visit.parts.public_url}/hub/spawn/{visit.known.account}"


def title_in(visit: Visit, released: classroom_exchange.Released) -> str:
    """An assignment's title in the reader's language."""
    titles = released.detail.get("titles") or {}
    return str(titles.get(visit.lang) or released.assignment)


def _of_everybody(
    visit: Visit, room: Room, released: classroom_exchange.Released
) -> dict[str, Any]:
    book = exam_gate.book_of(room, released.assignment)
    sits = book if room.person.role is CourseRole.STUDENT else None
    return {
        "name": released.assignment,
        "title": title_in(visit, released),
        "time": classroom_time.time_of(room, released.assignment),
        "correction": classroom_exchange.correction(room, released.assignment),
        "exam": book is not None,
        "not_started": sits is not None and sits.clock(room.person.account) is None,
        "no_help": sits is not None and not sits.over(room.at),
    }


def _for_teacher(visit: Visit, room: Room, released: classroom_exchange.Released) -> dict[str, Any]:
    summary = classroom_cohort.summary(room, released.assignment)
    return {
        **_of_everybody(visit, room, released),
        "figures": summary,
        "graded": summary.states[JobState.DONE],
        "failed": summary.states[JobState.FAILED],
    }


def _for_student(visit: Visit, room: Room, released: classroom_exchange.Released) -> dict[str, Any]:
    return {
        **as_its_student_sees(visit, room, released),
        "check": classroom_self_check.standing(room, released.assignment),
    }


def as_its_student_sees(
    visit: Visit, room: Room, released: classroom_exchange.Released
) -> dict[str, Any]:
    """What a student sees of an assignment.

    Args:
        visit: who reads: their language.
        room: of the student.
        released: the assignment.
    """
    time = classroom_time.time_of(room, released.assignment)
    corrected = classroom_exchange.correction(room, released.assignment)
    feedback = {
        line.submission: line
        for line in classroom_feedback.released_feedback(room, released.assignment)
    }
    hidden = hidden_checks(room, released.assignment) if feedback else None
    rows = []
    handed_in = classroom_exchange.submissions(room, released.assignment)
    failed = classroom_grading.failure_of(room, handed_in[-1]) if handed_in else None
    for action in reversed(handed_in):
        line = feedback.get(action.id)
        marks = () if line is None else classroom_grading.marks_of(room, action.id)
        rows.append(
            {
                "id": action.id,
                "number": action.number,
                "at": action.at,
                "late": bool(time.late(action)),
                "old": corrected is not None and action.at < corrected.at,
                "failed": failed if action is handed_in[-1] else None,
                "score": None if line is None else forms.points(line.score, visit.lang),
                "waits": sum(mark.waits for mark in marks),
                "points": "" if line is None else forms.points(line.points, visit.lang),
                "marks": [
                    _mark(mark, visit)
                    for mark in told_apart(
                        in_words(room, released.assignment, marks, visit.lang), visit.lang, hidden
                    )
                ],
            }
        )
    return {
        **_of_everybody(visit, room, released),
        "rows": rows,
        "due": time.of(room.person.account),
        "comes_in": NAMES[language(room.u.accounts.get(room.person.account).language)],
        "views": classroom_student.views(room, released.assignment),
        "outside": [
            {"mark": each, "platform": platform_title(visit, each.platform)}
            for each in passback_views.own(room, released.assignment)
        ],
    }


def _mark(mark: Mark, visit: Visit) -> dict[str, Any]:
    return {
        "title": mark.title,
        "mark": forms.points(counted(mark), visit.lang),
        "points": forms.points(mark.points, visit.lang),
        "why": reason_text(mark, visit.lang),
        "steps": step_texts(mark, visit.lang),
        "comment": mark.told,
    }
