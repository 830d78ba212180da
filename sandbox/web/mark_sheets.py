"""Mark sheets in the browser: groups and sheets, a draft, signing, corrections, files.

Rules: what is signed is what was shown; students find their own lines and nobody else's; everybody
who teaches reads and prints, only those who lead sign, and see student numbers and reasons.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.classroom import CourseRole
from sandbox.domain.course_time import MOST_WORDS
from sandbox.domain.coursework import CourseName, course_name
from sandbox.domain.mark_scales import FINAL
from sandbox.domain.mark_sheets import Sheet, Wanted
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.services import mark_sheet_views, mark_sheets
from sandbox.services.classroom_room import Room
from sandbox.services.mark_sheets import FINAL_NAMES
from sandbox.web.courses import enter
from sandbox.web.exports import XLSX, pdf_answer
from sandbox.web.mark_sheet_files import sheet_pdf, sheet_xlsx
from sandbox.web.mark_sheet_paper import Paper, draft_paper, signed_paper
from sandbox.web.pages import Problem, page
from sandbox.web.uploads import download
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
SHOWN: Final = (InvalidInput, Conflict, NotFound, NotAllowed)


@router.get("/desk/courses/{course}/sheets")
def show(visit: Reader, course: str) -> Response:
    """Groups and sheets for teachers, own lines for students."""
    return _overview(visit, course_name(course))


@router.get("/desk/courses/{course}/sheets/draft")
def draft(visit: Reader, course: str) -> Response:
    """A sheet as it would be signed now."""
    return _draft(visit, course_name(course), _wanted(visit.request.query_params.get))


@router.get("/desk/courses/{course}/sheets/draft.pdf")
@router.get("/desk/courses/{course}/sheets/draft.xlsx")
def draft_file(visit: Reader, course: str) -> Response:
    """The draft as a file."""
    wanted = _wanted(visit.request.query_params.get)

    def work(room: Room) -> Paper:
        return draft_paper(mark_sheets.draft(room, wanted), numbers=room.person.leads)

    paper = enter(visit, course_name(course), work)
    return _file(visit, paper, f"mark-sheet-{course}-draft")


@router.post("/desk/courses/{course}/sheets")
def sign(visit: Poster, course: str) -> Response:
    """Sign what was shown."""
    name, wanted = course_name(course), _wanted(visit.form.get)
    seen, zeros = visit.form.get("seen", ""), visit.form.get("zeros") == "yes"

    def work(room: Room) -> Sheet:
        return mark_sheets.sign(room, wanted, seen, zeros=zeros)

    try:
        made = enter(visit, name, work, commit=True)
    except SHOWN as error:
        return _draft(visit, name, wanted, Problem(error, "sign"))
    return RedirectResponse(f"/desk/courses/{name}/sheets/{made.id}?said=sheet_signed", 303)


@router.get("/desk/courses/{course}/sheets/{sheet}")
def signed(visit: Reader, course: str, sheet: str) -> Response:
    """A signed version."""
    return _signed(visit, course_name(course), sheet)


@router.get("/desk/courses/{course}/sheets/{sheet}/sheet.pdf")
@router.get("/desk/courses/{course}/sheets/{sheet}/sheet.xlsx")
def signed_file(visit: Reader, course: str, sheet: str) -> Response:
    """A signed version as a file."""

    def work(room: Room) -> tuple[Paper, int]:
        found, _ = mark_sheets.sheet(room, sheet)
        return signed_paper(found, numbers=room.person.leads), found.number

    paper, number = enter(visit, course_name(course), work)
    return _file(visit, paper, f"mark-sheet-{course}-{number}")


@router.post("/desk/courses/{course}/sheets/{sheet}/correct")
def correct(visit: Poster, course: str, sheet: str) -> Response:
    """Sign another version, with a reason."""
    name, form = course_name(course), visit.form

    def work(room: Room) -> Sheet:
        reason, seen = form.get("reason", ""), form.get("seen", "")
        zeros = form.get("zeros") == "yes"
        return mark_sheets.correct(room, sheet, reason=reason, seen=seen, zeros=zeros)

    try:
        made = enter(visit, name, work, commit=True)
    except SHOWN as error:
        return _signed(visit, name, sheet, Problem(error, "correct"))
    return RedirectResponse(f"/desk/courses/{name}/sheets/{made.id}?said=sheet_corrected", 303)


def _wanted(get: Callable[[str, str], str]) -> Wanted:
    attempt = get("attempt", "0")
    return Wanted(
        group=get("group", "")[:40],
        term=get("term", "")[:20],
        module=get("module", "")[:8],
        attempt=min(int(attempt), 9) if is_digits(attempt) else 9,
    )


def _overview(visit: Visit, course: CourseName) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        values = _about(visit, room)
        if room.person.role is CourseRole.STUDENT:
            return {**values, "found": None, "own": mark_sheet_views.own_lines(room)}
        return {**values, "found": mark_sheet_views.overview(room), "own": ()}

    values = enter(visit, course, work)
    return page(
        visit,
        "mark_sheets.html",
        course=course,
        final=FINAL,
        final_names=FINAL_NAMES,
        query=_query,
        **values,
    )


def _draft(
    visit: Visit, course: CourseName, wanted: Wanted, problem: Problem | None = None
) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        return {**_about(visit, room), "draft": mark_sheets.draft(room, wanted)}

    try:
        values = enter(visit, course, work)
    except SHOWN:
        if problem is not None:
            raise problem.error from None
        raise
    return page(
        visit,
        "mark_sheet.html",
        status=problem.error.status if problem else 200,
        course=course,
        problem=problem,
        paper=draft_paper(values["draft"], numbers=values["leads"]),
        columns=values["draft"].content["columns"],
        lines=values["draft"].lines,
        query=_query(wanted),
        view=None,
        resit="",
        most=MOST_WORDS,
        **values,
    )


def _signed(
    visit: Visit, course: CourseName, sheet: str, problem: Problem | None = None
) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        return {**_about(visit, room), "view": mark_sheet_views.signed_view(room, sheet)}

    values = enter(visit, course, work)
    found = values["view"].sheet
    return page(
        visit,
        "mark_sheet.html",
        status=problem.error.status if problem else 200,
        course=course,
        problem=problem,
        paper=signed_paper(found, numbers=values["leads"]),
        columns=found.content["columns"],
        lines=found.lines,
        query=_query(found.wanted),
        draft=values["view"].now,
        resit=_query(values["view"].resit) if values["view"].resit else "",
        most=MOST_WORDS,
        **values,
    )


def _about(visit: Visit, room: Room) -> dict[str, Any]:
    titles = mark_sheet_views.titles_of(room)
    return {
        "title": titles.get(visit.lang, room.person.course),
        "leads": room.person.leads,
    }


def _query(wanted: Wanted) -> str:
    """Which sheet, as an address says it."""
    return urlencode(
        {
            "group": wanted.group,
            "term": wanted.term,
            "module": wanted.module,
            "attempt": wanted.attempt,
        }
    )


def _file(visit: Visit, paper: Paper, name: str) -> Response:
    if visit.request.url.path.endswith(".pdf"):
        return pdf_answer(sheet_pdf(paper, node_modules=visit.parts.node_modules), name)
    made = sheet_xlsx(paper)
    return download(BytesIO(made), name=f"{name}.xlsx", media=XLSX, size=len(made))
