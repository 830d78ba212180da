"""Class lists in the browser: who is in a course, a list sent, looked at, confirmed, undone.

Rules: nothing happens before the preview was confirmed; what is confirmed is what was shown; an
error is shown beside its form, and the file is sent again by whoever corrects it.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.class_lists import Standing
from sandbox.domain.classroom import ListState
from sandbox.domain.coursework import CourseName, course_name
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.folding import has_words
from sandbox.kit.ids import AccountName
from sandbox.locale.forms import ZONE
from sandbox.services import class_lists, class_views
from sandbox.services.class_lists import ConfirmList, SendList
from sandbox.services.spreadsheets import LARGEST
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit, uploader

router = APIRouter(include_in_schema=False)
Sender = Annotated[Visit, Depends(uploader(LARGEST))]
SHOWN: Final = (InvalidInput, Conflict)
ACCEPTED: Final = ".xlsx,.csv,.txt,.tsv"
LONGEST_TEXT: Final = 80
"""Characters of what is looked for."""
AUTUMN_BEGINS: Final = 8
"""The month from which on a new academic year is offered."""


@router.get("/desk/courses/{course}/people")
def people(visit: Reader, course: str) -> Response:
    """Who is in a course, and its class lists."""
    return show_people(visit, course_name(course))


@router.post("/desk/courses/{course}/lists")
def send(visit: Sender, course: str) -> Response:
    """Read a list, and show what it would do."""
    name = course_name(course)
    with visit.parts.store.unit(read_only=True) as u:
        class_lists.teacher_in(u, visit.known, name, visit.at)
    try:
        if visit.upload is None:
            raise InvalidInput("document.none")
        visit.upload.file.seek(0)
        command = SendList(
            course=name,
            term=visit.form.get("term", ""),
            file=visit.upload.filename or "",
            content=visit.upload.file.read(LARGEST + 1),
        )
        with visit.parts.store.unit() as u:
            sent = class_lists.send(u, visit.known, command, at=visit.at)
            u.commit()
    except SHOWN as error:
        return show_people(visit, name, Problem(error, "list"))
    return RedirectResponse(f"/desk/courses/{name}/lists/{sent.id}", 303)


@router.get("/desk/courses/{course}/lists/{list_id}")
def preview(visit: Reader, course: str, list_id: str) -> Response:
    """What confirming a list would do; a list that was confirmed leads to the people."""
    try:
        return _preview(visit, course_name(course), list_id)
    except Conflict:
        return RedirectResponse(f"/desk/courses/{course}/people#lists", 303)


@router.post("/desk/courses/{course}/lists/{list_id}/confirm")
def confirm(visit: Poster, course: str, list_id: str) -> Response:
    """Do what the preview showed."""
    name = course_name(course)
    decided = {
        int(key.removeprefix("row-")): value[:40]
        for key, value in visit.form.items()
        if key.startswith("row-") and is_digits(key.removeprefix("row-")) and len(key) < 12
    }
    command = ConfirmList(name, list_id, visit.form.get("seen", ""), decided)
    try:
        with visit.parts.store.unit() as u:
            done = class_lists.confirm(u, visit.known, command, at=visit.at)
            u.commit()
    except SHOWN as error:
        if error.code == "class_list.settled":
            return show_people(visit, name, Problem(error, "list"))
        return _preview(visit, name, list_id, decided, Problem(error, "confirm"))
    said = "list_confirmed" if done.state is ListState.CONFIRMED else "list_known"
    return RedirectResponse(f"/desk/courses/{name}/people?said={said}#lists", 303)


@router.post("/desk/courses/{course}/lists/{list_id}/discard")
def discard(visit: Poster, course: str, list_id: str) -> Response:
    """Drop a list that waits to be confirmed."""
    name = course_name(course)
    try:
        with visit.parts.store.unit() as u:
            class_lists.discard(u, visit.known, name, list_id, at=visit.at)
            u.commit()
    except SHOWN as error:
        return show_people(visit, name, Problem(error, "list"))
    return RedirectResponse(f"/desk/courses/{name}/people?said=list_discarded#list", 303)


@router.post("/desk/courses/{course}/lists/{list_id}/undo")
def undo(visit: Poster, course: str, list_id: str) -> Response:
    """Undo the newest list."""
    name = course_name(course)
    try:
        with visit.parts.store.unit() as u:
            class_lists.undo(u, visit.known, name, list_id, at=visit.at)
            u.commit()
    except SHOWN as error:
        return show_people(visit, name, Problem(error, "lists"))
    return RedirectResponse(f"/desk/courses/{name}/people?said=list_undone#lists", 303)


def show_people(visit: Visit, course: CourseName, problem: Problem | None = None) -> HTMLResponse:
    """The page of a course's people.

    Args:
        visit: who reads.
        course: which.
        problem: what went wrong with a form of the page.

    Raises:
        NotFound: ``course.not_found``.
        NotAllowed: ``classroom.wrong_role``.
    """
    with visit.parts.store.unit(read_only=True) as u:
        found = class_views.people_of(u, visit.known, course, at=visit.at)
        kept = {AccountName(name) for each in found.lists for name in each.kept}
        names = {name: each.display_name for name, each in u.accounts.several(kept).items()}
    text = visit.request.query_params.get("q", "").strip()[:LONGEST_TEXT]
    return page(
        visit,
        "class_people.html",
        status=problem.error.status if problem else 200,
        found=found,
        text=text,
        people=[each for each in found.people if _has(each, text)],
        title=found.course.titles.get(visit.lang, course),
        names=names,
        term=found.course.term or term_of_day(visit),
        today=visit.at.astimezone(ZONE).date().isoformat(),
        accepted=ACCEPTED,
        largest=LARGEST // 1_000_000,
        problem=problem,
    )


def _has(each: class_views.Classmate, text: str) -> bool:
    return has_words(text, each.name, each.latin, each.account, each.number, each.group)


def _preview(
    visit: Visit,
    course: CourseName,
    list_id: str,
    decided: dict[int, str] | None = None,
    problem: Problem | None = None,
) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        found = class_lists.preview(u, visit.known, course, list_id, at=visit.at)
    decided = decided or {}
    return page(
        visit,
        "class_list.html",
        status=problem.error.status if problem else 200,
        found=found,
        course=course,
        decided=decided,
        faults=found.counts.get(Standing.FAULT.value, 0),
        problem=problem,
    )


def term_of_day(visit: Visit) -> str:
    """The term of this day, as it is offered: ``2026/27-1``."""
    day = visit.at.astimezone(ZONE)
    first = day.year if day.month >= AUTUMN_BEGINS else day.year - 1
    half = 1 if day.month >= AUTUMN_BEGINS or day.month == 1 else 2
    return f"{first}/{(first + 1) % 100:02d}-{half}"
