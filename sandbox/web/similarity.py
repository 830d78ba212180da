"""Works of an assignment that are alike: comparing, the list of pairs, two works side by side.

Rules: for who leads the course; likeness is shown, nobody is accused, nothing follows by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.course_time import MOST_WORDS
from sandbox.domain.coursework import AssignmentName, CourseName, assignment_name, course_name
from sandbox.domain.similarity import FEW, LEAST, SHORTEST, Match, Pair
from sandbox.domain.similarity.records import Author, Comparison, turned
from sandbox.domain.similarity.showing import shown
from sandbox.domain.similarity_files import ANSWER_DAYS
from sandbox.kit.errors import Conflict
from sandbox.locale.forms import ZONE
from sandbox.services import classroom_exchange, classroom_quizzes, similarity, similarity_files
from sandbox.services.classroom_room import Room
from sandbox.services.similarity import Line
from sandbox.store.classroom import Courses
from sandbox.web.course_assignment import as_teacher, teach
from sandbox.web.courses import act_in, attempt, course_title, title_in
from sandbox.web.pages import Problem, page
from sandbox.web.paging import beside, start_of
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
PART: Final = 50
"""Pairs of a part of the list."""
_ONE_AT_A_TIME: Final = Lock()
"""Comparing takes a core for seconds: a desk does one at a time."""
SAID: Final = {"aside": "pair_aside", "back": "pair_back", "open": "file_opened"}
"""What was done, by the form."""
PICKED: Final = "student."
"""Before a student's name in the form."""
HERE: Final = "/desk/courses/{course}/{assignment}/similarity"


@router.get(HERE)
def show(visit: Reader, course: str, assignment: str, start: str = "") -> Response:
    """The pairs of the newest comparison."""
    first = start_of(start)
    return _list(visit, course_name(course), assignment_name(assignment), first)


@router.post(HERE)
def compare(visit: Poster, course: str, assignment: str) -> Response:
    """Compare every student's newest work."""
    name, wanted = course_name(course), assignment_name(assignment)
    return attempt(
        "compare",
        lambda: _compare(visit, name, wanted),
        lambda problem: _list(visit, name, wanted, 0, problem),
        lambda _done: f"{_place(name, wanted)}?said=works_compared",
    )


@router.get(HERE + "/{first}/{second}")
def pair(visit: Reader, course: str, assignment: str, first: str, second: str) -> Response:
    """Two works side by side."""
    return _pair(visit, course_name(course), assignment_name(assignment), (first, second))


@router.post(HERE + "/{first}/{second}/aside")
def set_aside(visit: Poster, course: str, assignment: str, first: str, second: str) -> Response:
    """Set a pair aside, with a note."""
    text = visit.form.get("note", "")

    def work(room: Room, wanted: AssignmentName) -> None:
        similarity.set_aside(room, wanted, first, second, text)

    return _do(visit, (course, assignment), (first, second), work, "aside")


@router.post(HERE + "/{first}/{second}/back")
def take_back(visit: Poster, course: str, assignment: str, first: str, second: str) -> Response:
    """List a pair again."""

    def work(room: Room, wanted: AssignmentName) -> None:
        similarity.take_back(room, wanted, first, second)

    return _do(visit, (course, assignment), (first, second), work, "back")


@router.post(HERE + "/{first}/{second}/open")
def open_files(visit: Poster, course: str, assignment: str, first: str, second: str) -> Response:
    """Open a file on one or both students, with a reason."""
    chosen = [name[len(PICKED) :] for name in visit.form if name.startswith(PICKED)]
    reason = visit.form.get("reason", "")

    def work(room: Room, wanted: AssignmentName) -> None:
        similarity_files.open_files(room, wanted, (first, second), students=chosen, reason=reason)

    return _do(visit, (course, assignment), (first, second), work, "open")


def _compare(visit: Visit, course: CourseName, assignment: AssignmentName) -> None:
    """Read, compare outside of any transaction, keep.

    Raises:
        Conflict: ``similarity.under_way``.
    """
    if not _ONE_AT_A_TIME.acquire(blocking=False):
        raise Conflict("similarity.under_way")
    try:
        material = teach(visit, course, lambda room: similarity.gather(room, assignment))
        found = similarity.compared(material)
    finally:
        _ONE_AT_A_TIME.release()
    teach(visit, course, lambda room: similarity.keep(room, material, found), commit=True)


def _do(
    visit: Visit,
    where: tuple[str, str],
    ids: tuple[str, str],
    work: Callable[[Room, AssignmentName], None],
    form: str,
) -> Response:
    return act_in(
        visit,
        where,
        form,
        as_teacher(work),
        again=lambda visit, name, wanted, problem: _pair(visit, name, wanted, ids, problem),
        then=f"{HERE}/{ids[0]}/{ids[1]}?said={SAID[form]}",
    )


def _place(course: CourseName, assignment: AssignmentName) -> str:
    return HERE.format(course=course, assignment=assignment)


def _list(
    visit: Visit,
    course: CourseName,
    assignment: AssignmentName,
    start: int,
    problem: Problem | None = None,
) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        newest = similarity.newest(room, assignment)
        every = () if newest is None else similarity.lines(room, newest)
        listed = [each for each in every if each.aside is None]
        return {
            **_head(visit, room, assignment),
            "comparison": newest,
            "known": _known(room, newest),
            "total": len(listed),
            "lines": [_line(each) for each in listed[start : start + PART]],
            "aside": [_line(each) for each in every if each.aside is not None],
        }

    values = teach(visit, course, work)
    here = f"{_place(course, assignment)}?start="
    more = start + PART < values["total"]
    pages = beside(lambda place: f"{here}{place}", start=start, most=PART, more=more)
    return page(
        visit,
        "similarity.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        course=course,
        name=assignment,
        pages=pages,
        search={"start": start},
        shortest=SHORTEST,
        least=LEAST,
        few=FEW,
        **values,
    )


def _pair(
    visit: Visit,
    course: CourseName,
    assignment: AssignmentName,
    ids: tuple[str, str],
    problem: Problem | None = None,
) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        line = similarity.line(room, assignment, *ids)
        second = side(visit, room, assignment, turned(line.pair), line.second)
        return {
            **_head(visit, room, assignment),
            "line": line,
            "sides": [
                side(visit, room, assignment, line.pair, line.first),
                second if line.named else unnamed(second),
            ],
            "files": similarity_files.of_pair(room, assignment, (line.first, line.second)),
            "days": ANSWER_DAYS,
        }

    return page(
        visit,
        "similarity_pair.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        course=course,
        name=assignment,
        most=MOST_WORDS,
        **teach(visit, course, work),
    )


def side(
    visit: Visit,
    room: Room,
    assignment: AssignmentName,
    pair: Pair,
    author: Author,
    *,
    whole: bool | None = None,
) -> dict[str, Any]:
    """The first work of a pair as pages show it.

    Args:
        visit: who reads.
        room: of the course.
        assignment: which.
        pair: turned so that the work is its first.
        author: of the work.
        whole: whether what does not match is shown; None: of works of this course.
    """
    given = similarity.given(room, assignment)
    action, work = similarity.work(room, pair.first, given)
    own = author.course == room.person.course
    cells = shown(work, pair, given, whole=own if whole is None else whole)
    return {
        "student": author.student,
        "at": action.at,
        "day": action.at.astimezone(ZONE).date(),
        "share": pair.first_share,
        "elsewhere": "" if own else title_of_course(visit, room, author.course),
        "matched": [each for each in cells if each.tokens],
        "rest": [each for each in cells if not each.tokens],
        "whole": own if whole is None else whole,
    }


def unnamed(shown: dict[str, Any]) -> dict[str, Any]:
    """A :func:`side` for who may not know whose it is: of the time, only the day."""
    return shown | {"student": None, "at": None}


def _head(visit: Visit, room: Room, assignment: AssignmentName) -> dict[str, Any]:
    released = classroom_exchange.newest_release(room, assignment)
    return {
        "course_title": course_title(visit, room),
        "title": title_in(visit, released),
        "quiz": classroom_quizzes.has_quiz(room, released),
        "leads": room.person.leads,
    }


def _known(room: Room, newest: Comparison | None) -> bool:
    """Whether nobody of the course handed in since a comparison."""
    if newest is None:
        return True
    handed_in = classroom_exchange.submissions(room, newest.assignment)
    return not handed_in or handed_in[-1].at <= newest.made_at


def title_of_course(visit: Visit, room: Room, course: CourseName) -> str:
    """A course's title and term, in the reader's language."""
    found = Courses(room.u.session).get(course)
    title = found.titles.get(visit.lang, found.name)
    return f"{title}, {found.term}" if found.term else title


def _line(line: Line) -> dict[str, Any]:
    tokens: dict[str, int] = {}
    for each in line.pair.matches:
        tokens[_cell(each)] = tokens.get(_cell(each), 0) + each.tokens
    return {"line": line, "cells": tokens, "elsewhere": line.first.course != line.second.course}


def _cell(match: Match) -> str:
    one, other = match.first_cell, match.second_cell
    return one if one == other else f"{one} / {other}"
