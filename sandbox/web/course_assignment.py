"""An assignment for its teachers: the class, how grading goes, the tasks, what grading changed.

Rules: for who teaches the course, assistants too; to students and strangers there is no such page.
What goes out to students is for the course's teachers alone, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.classroom import CourseRole, JobState
from sandbox.domain.coursework import AssignmentName, CourseName, assignment_name, course_name
from sandbox.domain.item_analysis import ENOUGH, FEWEST
from sandbox.kit.errors import NotFound
from sandbox.locale import forms
from sandbox.services import (
    classroom_changes,
    classroom_cohort,
    classroom_exchange,
    classroom_feedback,
    classroom_grading,
    classroom_items,
    classroom_progress,
    classroom_quizzes,
    classroom_time,
)
from sandbox.services.classroom_changes import Change
from sandbox.services.classroom_cohort import Order, Row, Wanted
from sandbox.services.classroom_room import Room
from sandbox.web.courses import act_in, attempt, course_title, enter, title_in
from sandbox.web.exports import table_answer
from sandbox.web.pages import Problem, page
from sandbox.web.paging import beside, start_of
from sandbox.web.visit import Poster, Reader, Visit
from sandbox.web.words import name_of

router = APIRouter(include_in_schema=False)
T = TypeVar("T")
CLASS: Final = "/desk/courses/{course}/{assignment}"
EXPORTS: Final = ("csv", "xlsx")
HEADER: Final = (
    *("student", "account", "student_number", "group", "fetched", "handed_in", "late"),
    *("state", "mark", "points", "by_a_teacher", "feedback_released"),
)
MOST_CHANGED: Final = 20
"""Students of a part of the list of changes."""
FEW_CHANGED: Final = 3
"""So many students' changes are shown unfolded."""


@router.get("/desk/courses/{course}/{assignment}")
def show(visit: Reader, course: str, assignment: str, form: str = "") -> Response:
    """The class in an assignment: searched, filtered, ordered, in parts; CSV and XLSX."""
    name, wanted = course_name(course), assignment_name(assignment)
    if form in EXPORTS:
        return _export(visit, name, wanted, form)
    return _class_page(visit, name, wanted)


@router.get("/desk/courses/{course}/{assignment}/progress")
def progress(visit: Reader, course: str, assignment: str) -> HTMLResponse:
    """How far grading is: the part of the page that asks for itself."""
    name, wanted = course_name(course), assignment_name(assignment)
    run = teach(visit, name, lambda room: classroom_progress.progress(room, wanted))
    return page(
        visit,
        "course_progress.html",
        course=name,
        name=wanted,
        run=run,
        left=_minutes(run),
        ended=run is None,
    )


@router.get("/desk/courses/{course}/{assignment}/tasks")
def show_tasks(visit: Reader, course: str, assignment: str) -> HTMLResponse:
    """How hard each task was, whom it told apart, and why points were not given."""
    name, wanted = course_name(course), assignment_name(assignment)

    def work(room: Room) -> dict[str, Any]:
        found = classroom_items.tasks(room, wanted, visit.lang)
        return {
            **head_of(visit, room, wanted),
            "tasks": [
                {
                    "task": each,
                    "points": forms.points(each.item.points, visit.lang),
                    "percent": round(100 * each.item.difficulty),
                    "told": _hundredths(visit, each.item.discrimination),
                }
                for each in found
            ],
            "few": bool(found) and min(each.item.answers for each in found) < ENOUGH,
        }

    return page(
        visit,
        "course_tasks.html",
        course=name,
        name=wanted,
        enough=ENOUGH,
        fewest=FEWEST,
        **teach(visit, name, work),
    )


@router.get("/desk/courses/{course}/{assignment}/changes")
def show_changes(visit: Reader, course: str, assignment: str, start: str = "") -> HTMLResponse:
    """Whose marks are other ones since they were graded again."""
    name, wanted = course_name(course), assignment_name(assignment)
    first = start_of(start)

    def work(room: Room) -> dict[str, Any]:
        found = classroom_changes.changes(room, wanted, visit.lang)
        students = [tuple(own) for _, own in groupby(found, key=lambda each: each.student)]
        return {
            **head_of(visit, room, wanted),
            "total": len(found),
            "students": len(students),
            "changed": [_changed(visit, own) for own in students[first : first + MOST_CHANGED]],
        }

    values = teach(visit, name, work)
    here = f"/desk/courses/{name}/{wanted}/changes?start="
    more = first + MOST_CHANGED < values["students"]
    pages = beside(lambda place: f"{here}{place}", start=first, most=MOST_CHANGED, more=more)
    return page(
        visit,
        "course_changes.html",
        course=name,
        name=wanted,
        pages=pages,
        search={"start": first},
        few=FEW_CHANGED,
        **values,
    )


def _changed(visit: Visit, own: tuple[Change, ...]) -> dict[str, Any]:
    """One student's changes, and the marks of these tasks together, before and now."""

    def points(*marks: float | None) -> str:
        known = [each for each in marks if each is not None]
        return forms.points(sum(known), visit.lang) if known else "—"

    return {
        "student": own[0].student,
        "before": points(*(each.before for each in own)),
        "after": points(*(each.after for each in own)),
        "lines": [
            {
                "change": each,
                "before": points(each.before),
                "after": points(each.after),
                "counts": points(each.counts),
                "points": "" if each.now is None else points(each.now.points),
            }
            for each in own
        ],
    }


@router.post("/desk/courses/{course}/{assignment}/grade")
def grade(visit: Poster, course: str, assignment: str) -> Response:
    """Autograde every student's newest submission."""

    def work(room: Room, wanted: AssignmentName) -> str:
        jobs = classroom_grading.ask_grading(room, wanted)
        if not jobs:
            return "grading_empty"
        over = all(each.state is JobState.DONE for each in jobs)
        return "grading_known" if over else "grading_asked"

    return _act(visit, (course, assignment), work)


@router.post("/desk/courses/{course}/{assignment}/regrade")
def regrade(visit: Poster, course: str, assignment: str) -> Response:
    """The same, also of what is graded already."""

    def work(room: Room, wanted: AssignmentName) -> str:
        jobs = classroom_grading.ask_grading(room, wanted, again=True)
        return "regrading_asked" if jobs else "grading_empty"

    return _act(visit, (course, assignment), work)


@router.post("/desk/courses/{course}/{assignment}/feedback")
def release_feedback(visit: Poster, course: str, assignment: str) -> Response:
    """Release the feedback of everything that is graded; with unmarked answers after a warning."""
    name, wanted = course_name(course), assignment_name(assignment)
    early, unmarked = (visit.form.get(each) == "yes" for each in ("early", "unmarked"))
    make, release = classroom_feedback.make_feedback, classroom_feedback.release_feedback

    def work() -> None:
        teach(visit, name, lambda room: make(room, wanted, early=early, unmarked=unmarked))
        teach(
            visit,
            name,
            lambda room: release(room, wanted, early=early, unmarked=unmarked),
            commit=True,
        )

    here = CLASS.format(course=name, assignment=wanted)
    return attempt(
        "",
        work,
        lambda problem: _class_page(visit, name, wanted, problem),
        lambda _done: f"{here}?said=feedback_released",
    )


def teach(
    visit: Visit, course: CourseName, work: Callable[[Room], T], *, commit: bool = False
) -> T:
    """Do something as a teacher of a course; see `courses.enter`.

    Raises:
        NotFound: ``web.not_found`` for students, ``course.not_found`` for strangers.
    """
    return enter(visit, course, _for_teachers(work), commit=commit)


def as_teacher(work: Callable[[Room, AssignmentName], T]) -> Callable[[Room, AssignmentName], T]:
    """The same work for teachers alone; see `teach`."""
    return lambda room, wanted: _for_teachers(lambda place: work(place, wanted))(room)


def _for_teachers(work: Callable[[Room], T]) -> Callable[[Room], T]:
    def check(room: Room) -> T:
        if room.person.role is not CourseRole.TEACHER:
            raise NotFound("web.not_found")
        return work(room)

    return check


def _act(
    visit: Visit, where: tuple[str, str], work: Callable[[Room, AssignmentName], str]
) -> Response:
    """Do it, and have the page say what was done: the code that the work returns."""
    then = f"{CLASS}?said={{done}}"
    return act_in(visit, where, "", as_teacher(work), again=_class_page, then=then)


def _class_page(
    visit: Visit,
    course: CourseName,
    assignment: AssignmentName,
    problem: Problem | None = None,
) -> HTMLResponse:
    search = _search(visit)

    def work(room: Room) -> dict[str, Any]:
        head = head_of(visit, room, assignment)
        rows = classroom_cohort.cohort(room, assignment)
        return {
            **head,
            "every": len(rows),
            "counts": classroom_cohort.counts(rows),
            "found": classroom_cohort.chosen(rows, search),
            "run": classroom_progress.progress(room, assignment),
        }

    values = teach(visit, course, work)
    found: tuple[Row, ...] = values.pop("found")
    part = found[search.start : search.start + search.limit]
    return page(
        visit,
        "course_assignment.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        course=course,
        name=assignment,
        search=search,
        total=len(found),
        rows=[_line(visit, each) for each in part],
        pages=_pages(f"/desk/courses/{course}/{assignment}", search, len(found)),
        left=_minutes(values["run"]),
        ended=False,
        **values,
    )


def head_of(visit: Visit, room: Room, assignment: AssignmentName) -> dict[str, Any]:
    """What stands on top of each of the pages.

    Raises:
        NotFound: ``classroom.not_released``.
    """
    released = classroom_exchange.newest_release(room, assignment)
    return {
        "course_title": course_title(visit, room),
        "title": title_in(visit, released),
        "quiz": classroom_quizzes.has_quiz(room, released),
        "time": classroom_time.time_of(room, assignment),
        "correction": classroom_exchange.correction(room, assignment),
        "leads": room.person.leads,
    }


def _line(visit: Visit, row: Row) -> dict[str, Any]:
    one = row.standing
    return {
        "row": row,
        "score": None if one.score is None else forms.points(one.score, visit.lang),
        "points": forms.points(one.points, visit.lang),
    }


def _export(visit: Visit, course: CourseName, assignment: AssignmentName, form: str) -> Response:
    search = _search(visit)

    def work(room: Room) -> tuple[Row, ...]:
        classroom_exchange.newest_release(room, assignment)
        return classroom_cohort.chosen(classroom_cohort.cohort(room, assignment), search)

    rows = [_cells(visit, each) for each in teach(visit, course, work)]
    return table_answer(visit, form, assignment, HEADER, rows)


def _cells(visit: Visit, row: Row) -> tuple[object, ...]:
    one = row.standing
    graded = one.score is not None
    return (
        row.name,
        row.student,
        row.number,
        row.group,
        row.fetched_at,
        one.submitted_at,
        row.late,
        name_of(visit.lang, row.stage.value),
        forms.rounded(one.score) if one.score is not None else None,
        forms.rounded(one.points) if graded else None,
        one.waiting if graded else None,
        one.feedback,
    )


def _pages(path: str, search: Wanted, total: int) -> dict[str, str]:
    """Addresses of the table's other parts, and of its exports."""
    order = "" if search.order is Order.NAME else search.order.value
    asked = {"q": search.text, "show": search.show, "order": order}

    def at(**more: object) -> str:
        values = {key: str(value) for key, value in (asked | more).items() if value}
        return f"{path}?{urlencode(values)}" if values else path

    more = search.start + search.limit < total
    return {form: at(form=form) for form in EXPORTS} | beside(
        lambda place: at(start=place), start=search.start, most=search.limit, more=more
    )


def _search(visit: Visit) -> Wanted:
    """What the address asks of the table; what it asks for in vain is left out."""
    asked = visit.request.query_params
    order = asked.get("order", "")
    return Wanted(
        text=asked.get("q", ""),
        show=asked.get("show", ""),
        order=Order(order) if order in set(Order) else Order.NAME,
        start=start_of(asked.get("start", "")),
    )


def _minutes(run: classroom_progress.Run | None) -> int | None:
    """How many minutes a run may still take, rounded; None: too early to say, or no run."""
    return None if run is None or run.left is None else round(run.left.total_seconds() / 60)


def _hundredths(visit: Visit, value: float | None) -> str:
    """A figure with two places in the reader's form; empty for none."""
    return "" if value is None else forms.count(round(100 * value), 2, visit.lang)
