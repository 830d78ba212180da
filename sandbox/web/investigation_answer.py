"""The answer to a case in the browser: looked at, changed row by row, exported, handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.classroom import CourseRole
from sandbox.domain.coursework import CourseName, course_name
from sandbox.domain.investigation_teams import HANDING_IN, Power
from sandbox.domain.investigations import Draft
from sandbox.forensics.cases.case import TOKENS
from sandbox.forensics.cases.scene import LEDGERS, LedgerName
from sandbox.forensics.scoring import Rubric
from sandbox.forensics.scoring.answers import MOST_BYTES
from sandbox.kit.errors import InvalidInput, SynakError
from sandbox.locale import forms
from sandbox.services import (
    investigation_acts,
    investigation_marks,
    investigation_scores,
    investigation_views,
    investigation_work,
    investigations,
)
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_marks import Waiting
from sandbox.services.investigations import Held
from sandbox.web.courses import SHOWN, attempt, enter
from sandbox.web.investigation_case import change, look
from sandbox.web.investigation_scores import brief, parts_shown
from sandbox.web.investigation_sums import LAB as SUMS_LAB
from sandbox.web.investigation_sums import asked
from sandbox.web.investigations import CASE, ONE, order_next
from sandbox.web.pages import Problem
from sandbox.web.uploads import POLICY, disposition
from sandbox.web.visit import Poster, Reader, Visit, uploader

router = APIRouter(include_in_schema=False)
ROWS: Final = 300
"""Rows of a hop ledger on the page; the file has all."""
MEDIA: Final = "application/json"
log = structlog.get_logger("desk")
Sender = Annotated[Visit, Depends(uploader(MOST_BYTES))]
Where = tuple[str, str, str]
"""Course, investigation and case, as the address has them."""


@router.get(CASE + "/answer")
def answer(visit: Reader, course: str, investigation: str, case: str) -> HTMLResponse:
    """What will be handed in, or was, with its receipt and marks."""
    return show_answer(visit, (course, investigation, case))


@router.post(CASE + "/policy")
def policy(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Declare the policy."""
    wanted = visit.form.get("policy", "")
    return _changed(
        visit,
        (course, investigation, case),
        "policy",
        lambda held: investigation_work.declared(held, wanted),
    )


@router.post(CASE + "/hops")
def hops(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Add one row to the hop ledger, or take one or all away."""
    form = visit.form

    def work(held: Held) -> Draft:
        draft, place = held.case.draft, form.get("place", "")
        if form.get("do") == "none":
            return replace(draft, hops={})
        if form.get("do") == "remove":
            return draft.without_hops([place])
        found = investigation_views.transfer_at(held.public, place)
        amount = _minor(visit, found.ledger)
        if amount > found.amount:
            raise InvalidInput("investigation.more_than_moved")
        return draft.with_hops({place: str(amount)})

    back = f"/addresses/{form['back']}" if form.get("back") else "/answer"
    return _changed(
        visit, (course, investigation, case), "hops", work, then=f"{back}?said=case_saved"
    )


@router.post(CASE + "/located")
def located(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Say where money lies; an empty amount takes the row away."""
    form = visit.form

    def work(held: Held) -> Draft:
        ledger = investigation_views.ledger_of(form.get("ledger", ""))
        amount = _minor(visit, ledger) if form.get("amount", "").strip() else 0
        return investigation_work.placed(held, ledger, form.get("address", ""), amount)

    return _changed(visit, (course, investigation, case), "located", work)


@router.post(CASE + "/import")
def bring(visit: Sender, course: str, investigation: str, case: str) -> Response:
    """Make the draft what an answer's file says."""

    def work(room: Room) -> Held:
        if visit.upload is None or not visit.upload.filename:
            raise InvalidInput("document.none")
        visit.upload.file.seek(0)
        sent = visit.upload.file.read(MOST_BYTES + 1)
        return investigation_acts.imported(room, investigation, case, sent)

    where = (course, investigation, case)
    return attempt(
        "import",
        lambda: enter(visit, course_name(course), work, commit=True),
        lambda problem: show_answer(visit, where, problem),
        lambda _: (CASE + "/answer?said=case_saved").format(
            course=course, investigation=investigation, case=case
        ),
    )


@router.post(CASE + "/hand-in")
def hand_in(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Hand the answer in."""

    def work(room: Room) -> None:
        investigation_work.hand_in(room, investigation, case)
        order_next(visit, room, investigation, room.person.account)

    try:
        enter(visit, course_name(course), work, commit=True)
    except SHOWN as error:
        return show_answer(visit, (course, investigation, case), Problem(error, "hand-in"))
    mark(visit, course_name(course), investigation, case)
    place = CASE.format(course=course, investigation=investigation, case=case)
    return RedirectResponse(f"{place}/answer?said=case_handed_in", 303)


@router.post(ONE + "/mark")
def mark_all(visit: Poster, course: str, investigation: str) -> Response:
    """Mark the answers that have no marks yet."""
    name = course_name(course)
    enter(visit, name, lambda room: room.person.require(CourseRole.TEACHER))
    left = mark(visit, name, investigation)
    said = "case_not_marked" if left else "case_marked"
    place = ONE.format(course=name, investigation=investigation)
    return RedirectResponse(f"{place}?said={said}", 303)


@router.get(CASE + "/answer.json")
def export(visit: Reader, course: str, investigation: str, case: str) -> Response:
    """The answer as the file that notebooks make and take."""

    def work(room: Room) -> bytes:
        held = investigations.held(room, investigation, case)
        return investigation_work.as_file(investigation_work.answer_of(held))

    return _file(enter(visit, course_name(course), work), "answer.json")


@router.get(CASE + "/case.json")
def material(visit: Reader, course: str, investigation: str, case: str) -> Response:
    """The case as the file that notebooks read: what may be seen, nothing else."""

    def work(room: Room) -> bytes:
        held = investigations.held(room, investigation, case)
        return investigations.public_bytes(room, held)

    return _file(enter(visit, course_name(course), work), "case.json")


def mark(visit: Visit, course: CourseName, investigation: str, case: str = "") -> int:
    """Mark what waits, one by one; what cannot be marked goes on waiting.

    Args:
        visit: who handed in, or asks for the marks.
        course: which.
        investigation: of the course.
        case: one alone; empty: every answer that the reader may have marked.

    Returns:
        How many still wait.
    """
    waits = enter(
        visit, course, lambda room: investigation_marks.waiting(room, investigation, case)
    )
    left = 0
    for each in waits:
        try:
            found = investigation_marks.reckoned(each)
        except SynakError as error:
            log.warning("investigation.not_marked", case=each.case.id, code=error.code)
            left += 1
            continue
        enter(visit, course, partial(_keep, each, found), commit=True)
    return left


def _keep(each: Waiting, marks: Mapping[str, Any], room: Room) -> None:
    investigation_marks.keep(room, each, marks)


def show_answer(visit: Visit, where: Where, problem: Problem | None = None) -> HTMLResponse:
    """The page of an answer, with what went wrong."""

    def more(held: Held) -> dict[str, Any]:
        return {
            **_said(held),
            **(_score(visit, where) if held.answer else {}),
            "asks": Rubric.shipped(held.investigation.lab).points,
            "asked": asked(visit, held) if held.investigation.lab == SUMS_LAB else [],
        }

    return look(visit, where, "investigation_answer.html", more, problem)


def _score(visit: Visit, where: Where) -> dict[str, Any]:
    """What came of an answer that was handed in."""
    course, investigation, case = where
    score = enter(
        visit,
        course_name(course),
        lambda room: investigation_scores.own_score(room, investigation, case),
    )
    return {
        "brief": brief(visit, score, teaches=False),
        "parts": parts_shown(visit, score, teaches=False),
    }


def _said(held: Held) -> dict[str, Any]:
    """The answer as it stands, row by row."""
    answer = investigation_work.answer_of(held)
    rows = {investigation_views.place_of(each): each for each in held.public.transactions}
    hops = [
        {
            **each,
            "place": (place := f"{each['ledger']}/{each['block']}/{each['transaction']}/0"),
            "row": rows.get(place) if not each["log"] else None,
        }
        for each in answer["hops"]
    ]
    return {
        "answer": answer,
        "hops": hops[:ROWS],
        "left_out": max(len(hops) - ROWS, 0),
        "sha256": held.answer.sha256 if held.answer else investigation_work.digest(answer),
        "ledgers": LEDGERS,
        "hands_in": held.power in HANDING_IN,
        "approves": held.power is Power.PROSECUTOR,
        "needs_approval": investigation_work.needs_approval(held),
        "approved": held.case.approved == investigation_work.digest(answer),
    }


def _changed(
    visit: Visit,
    where: Where,
    form: str,
    work: Callable[[Held], Draft],
    then: str = "/answer?said=case_saved",
) -> Response:
    return change(
        visit,
        where,
        form,
        work,
        again=lambda problem: show_answer(visit, where, problem),
        then=then,
    )


def _minor(visit: Visit, ledger: LedgerName) -> int:
    """The amount of a form in minor units."""
    return forms.read_amount(visit.form.get("amount", ""), TOKENS[ledger], visit.lang)


def _file(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": disposition(name), "Content-Security-Policy": POLICY}
    return Response(content, media_type=MEDIA, headers=headers)
