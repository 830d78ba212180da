"""The answer to a case in the browser: looked at, changed row by row, exported, handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.coursework import course_name
from sandbox.domain.investigations import Draft
from sandbox.forensics.cases.case import TOKENS
from sandbox.forensics.cases.scene import LEDGERS, LedgerName
from sandbox.kit.errors import InvalidInput
from sandbox.locale import forms
from sandbox.services import investigation_views, investigation_work, investigations
from sandbox.services.classroom_room import Room
from sandbox.services.investigations import Held
from sandbox.web.courses import SHOWN, enter
from sandbox.web.investigation_case import change, look
from sandbox.web.investigations import CASE
from sandbox.web.pages import Problem
from sandbox.web.uploads import POLICY, disposition
from sandbox.web.visit import Poster, Reader, Visit, uploader

router = APIRouter(include_in_schema=False)
ROWS: Final = 300
"""Rows of a hop ledger on the page; the file has all."""
MEDIA: Final = "application/json"
Sender = Annotated[Visit, Depends(uploader(investigation_work.MOST_BYTES))]
Where = tuple[str, str, str]
"""Course, investigation and case, as the address has them."""


@router.get(CASE + "/answer")
def answer(visit: Reader, course: str, investigation: str, case: str) -> HTMLResponse:
    """What will be handed in, or was, with its receipt and marks."""
    return _answer(visit, (course, investigation, case))


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

    def work(held: Held) -> Draft:
        if visit.upload is None or not visit.upload.filename:
            raise InvalidInput("document.none")
        visit.upload.file.seek(0)
        sent = visit.upload.file.read(investigation_work.MOST_BYTES + 1)
        return investigation_work.imported(held, sent)

    return _changed(visit, (course, investigation, case), "import", work)


@router.post(CASE + "/hand-in")
def hand_in(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Hand the answer in."""
    try:
        enter(
            visit,
            course_name(course),
            lambda room: investigation_work.hand_in(room, investigation, case),
            commit=True,
        )
    except SHOWN as error:
        return _answer(visit, (course, investigation, case), Problem(error, "hand-in"))
    place = CASE.format(course=course, investigation=investigation, case=case)
    return RedirectResponse(f"{place}/answer?said=case_handed_in", 303)


@router.get(CASE + "/answer.json")
def export(visit: Reader, course: str, investigation: str, case: str) -> Response:
    """The answer as the file that notebooks make and take."""

    def work(room: Room) -> bytes:
        held = investigations.held(room, investigation, case)
        said = held.answer.answer if held.answer else held.case.draft.as_answer()
        return investigation_work.as_file(said)

    return _file(enter(visit, course_name(course), work), "answer.json")


@router.get(CASE + "/case.json")
def material(visit: Reader, course: str, investigation: str, case: str) -> Response:
    """The case as the file that notebooks read: what may be seen, nothing else."""

    def work(room: Room) -> bytes:
        held = investigations.held(room, investigation, case)
        return investigations.public_bytes(room, held.case)

    return _file(enter(visit, course_name(course), work), "case.json")


def _answer(visit: Visit, where: Where, problem: Problem | None = None) -> HTMLResponse:
    return look(visit, where, "investigation_answer.html", _said, problem)


def _said(held: Held) -> dict[str, Any]:
    """The answer as it stands, row by row."""
    answer = held.answer.answer if held.answer else held.case.draft.as_answer()
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
    }


def _changed(
    visit: Visit,
    where: Where,
    form: str,
    work: Callable[[Held], Draft],
    then: str = "/answer?said=case_saved",
) -> Response:
    return change(
        visit, where, form, work, again=lambda problem: _answer(visit, where, problem), then=then
    )


def _minor(visit: Visit, ledger: LedgerName) -> int:
    """The amount of a form in minor units."""
    return forms.read_amount(visit.form.get("amount", ""), TOKENS[ledger], visit.lang)


def _file(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": disposition(name), "Content-Security-Policy": POLICY}
    return Response(content, media_type=MEDIA, headers=headers)
