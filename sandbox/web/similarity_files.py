"""Files on similarity: the list, a file with both works and its steps, the forms, an export.

Rules: ``services.similarity_files``. A student reads the own work and what of the other matches,
never whose that is, and of when it was handed in only the day.
"""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.classroom import CourseRole
from sandbox.domain.course_time import MOST_WORDS
from sandbox.domain.similarity.records import Author, turned
from sandbox.domain.similarity.showing import ShownCell
from sandbox.domain.similarity_files import Act, SimilarityFile
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.services import classroom_exchange, similarity_files
from sandbox.services.classroom_people import CoursePerson
from sandbox.services.classroom_room import Room, load_receipt_key
from sandbox.services.similarity_files import FileView, Seat
from sandbox.store import UnitOfWork
from sandbox.store.classroom_blobs import Blobs
from sandbox.web.courses import title_in
from sandbox.web.pages import Problem, page
from sandbox.web.similarity import side, title_of_course, unnamed
from sandbox.web.uploads import download
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
SHOWN: Final = (InvalidInput, Conflict, NotAllowed)
HERE: Final = "/desk/similarity"


@router.get(HERE)
def show_all(visit: Reader) -> HTMLResponse:
    """The files that the reader may see."""
    with visit.parts.store.unit(read_only=True) as u:
        rows = [
            {
                "file": file,
                "seat": seat,
                "hidden": similarity_files.is_hidden(u, file, seat),
                "state": similarity_files.state_for(file, seat),
                "titles": _titles(visit, _room(visit, u, file), file),
            }
            for file, seat in similarity_files.listed(u, visit.known, at=visit.at)
        ]
    return page(visit, "similarity_files.html", rows=rows)


@router.get(HERE + "/{number}")
def show(visit: Reader, number: str) -> HTMLResponse:
    """A file: both works, what was said, what can be done."""
    return _file(visit, _number(number))


@router.get(HERE + "/{number}/file.json")
def export(visit: Reader, number: str) -> Response:
    """The file as its reader sees it, as JSON."""
    values = _values(visit, _number(number))
    file: SimilarityFile = values["view"].file
    content = {
        "file": file.number,
        "course": file.course,
        "assignment": file.assignment,
        "student": file.student,
        "other": values["sides"][1]["student"],
        "state": values["view"].state.value,
        "finding": file.finding.value if file.finding else None,
        "opened": file.opened_at.isoformat(),
        "answer_due": file.answer_due.isoformat(),
        "appeal_due": file.appeal_due.isoformat() if file.appeal_due else None,
        "words_in_both": file.pair.tokens,
        "steps": [
            {"act": each.act.value, "by": each.by, "at": each.at.isoformat(), "text": each.text}
            for each in values["view"].steps
        ],
        "works": [
            {
                "handed_in": (each["at"] or each["day"]).isoformat(),
                "share": each["share"],
                "whole": each["whole"],
                "cells": [_cell(cell) for cell in (*each["matched"], *each["rest"])],
            }
            for each in values["sides"]
        ],
    }
    text = json.dumps(content, ensure_ascii=False, indent=1).encode()
    name = f"similarity-{file.number}.json"
    return download(BytesIO(text), name=name, media="application/json", size=len(text))


@router.post(HERE + "/{number}/{act}")
def do(visit: Poster, number: str, act: str) -> Response:
    """Take a step."""
    wanted = _number(number)
    if act not in set(Act):
        raise NotFound("web.not_found")
    text = visit.form.get("text", "")
    try:
        with visit.parts.store.unit() as u:
            similarity_files.do(u, visit.known, wanted, Act(act), text, at=visit.at)
            u.commit()
    except SHOWN as error:
        return _file(visit, wanted, Problem(error, act))
    done = f"similarity_{act}"
    return RedirectResponse(f"{HERE}/{wanted}?said={done}", 303)


def _file(visit: Visit, number: int, problem: Problem | None = None) -> HTMLResponse:
    return page(
        visit,
        "similarity_file.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        most=MOST_WORDS,
        **_values(visit, number),
    )


def _values(visit: Visit, number: int) -> dict[str, Any]:
    with visit.parts.store.unit(read_only=True) as u:
        view = similarity_files.view(u, visit.known, number, at=visit.at)
        file, room = view.file, _room(visit, u, view.file)
        own = side(
            visit, room, file.assignment, file.pair, Author(file.student, file.course), whole=True
        )
        whole = view.seat is Seat.LEAD and file.other_course == file.course
        author = Author(file.other, file.other_course)
        other = side(visit, room, file.assignment, turned(file.pair), author, whole=whole)
        if not view.knows_other:
            other = unnamed(other)
        if view.seat is Seat.STUDENT:
            other["elsewhere"] = ""
        return {
            "view": view,
            "sides": [own, other],
            "titles": _titles(visit, room, file),
            "may": _may(view),
        }


def _may(view: FileView) -> list[str]:
    """What the reader can do, in the order of the acts."""
    return [each.value for each in Act if each in view.may]


def _room(visit: Visit, u: UnitOfWork, file: SimilarityFile) -> Room:
    """A room for reading, in the place of who opened the file."""
    person = CoursePerson(file.opened_by, file.course, CourseRole.TEACHER)
    key = load_receipt_key(visit.parts.receipt_key)
    return Room(u, person, visit.at, Blobs(visit.parts.blobs), key)


def _titles(visit: Visit, room: Room, file: SimilarityFile) -> tuple[str, str]:
    released = classroom_exchange.newest_release(room, file.assignment)
    return title_of_course(visit, room, file.course), title_in(visit, released)


def _number(text: str) -> int:
    if not is_digits(text) or len(text) > 9:
        raise NotFound("similarity_file.not_found", id=text[:20])
    return int(text)


def _cell(cell: ShownCell) -> dict[str, Any]:
    return {
        "key": cell.key,
        "segments": [
            {"text": each.text, "match": each.match or None, "given": each.given}
            for each in cell.segments
        ],
    }
