"""Owners of addresses in the browser: what heuristics propose, and the trainee's groups (P5)."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.investigations import Draft
from sandbox.kit.errors import InvalidInput, NotFound
from sandbox.services import investigation_owners, investigation_sums
from sandbox.services.investigations import Held
from sandbox.web import investigation_words as named
from sandbox.web.investigation_case import change, look
from sandbox.web.investigation_score_words import HEURISTICS
from sandbox.web.investigations import CASE
from sandbox.web.pages import Problem
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
LAB: Final = "P5"
"""The lab that has this page."""
ROWS: Final = 30
"""Proposals on a page; an address narrows them."""
Where = tuple[str, str, str]


@router.get(CASE + "/owners")
def show(visit: Reader, course: str, investigation: str, case: str) -> HTMLResponse:
    """Proposals with their working, and the groups so far."""
    return _page(visit, (course, investigation, case))


@router.post(CASE + "/owners")
def group(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Accept a proposal, label an address, or rename and join groups."""
    where, form = (course, investigation, case), visit.form

    def work(held: Held) -> Draft:
        _only_here(held)
        if form.get("what") == "accept":
            ends = form.get("account", ""), form.get("other", "")
            return investigation_owners.accepted(held, *ends, form.get("permille", ""))
        if form.get("what") == "rename":
            return investigation_owners.renamed(held, form.get("label", ""), form.get("to", ""))
        (address, *_) = investigation_sums.picked(held.public, [form.get("address", "")])
        said = form.get("label", ""), form.get("permille", "")
        return investigation_owners.labelled(held, address, *said)

    return change(
        visit,
        where,
        "owners",
        work,
        again=lambda problem: _page(visit, where, problem),
        then="/owners?said=case_saved",
    )


def _page(visit: Visit, where: Where, problem: Problem | None = None) -> HTMLResponse:
    def more(held: Held) -> dict[str, Any]:
        _only_here(held)
        around, wrong = visit.request.query_params.get("around", "").strip(), None
        address = ""
        try:
            if around and not problem:
                (address, *_) = investigation_sums.picked(held.public, [around])
        except InvalidInput as error:
            wrong = Problem(error, "around")
        found = investigation_owners.proposals(held, address)
        claims = investigation_owners.claims_of(held.case.draft)
        if held.answer:
            claims = list(held.answer.answer.get("attribution", ()))
        groups: dict[str, list[dict[str, Any]]] = {}
        for each in claims:
            groups.setdefault(each["label"], []).append(each)
        return {
            "around": around,
            "wrong": wrong,
            "proposals": found[:ROWS],
            "left_out": max(len(found) - ROWS, 0),
            "groups": groups,
            "labels": {each["address"]: each["label"] for each in claims},
            "heuristics": named.said(HEURISTICS, visit.lang),
        }

    return look(visit, where, "investigation_owners.html", more, problem)


def _only_here(held: Held) -> None:
    """Raises ``investigation.not_found`` in a lab that has no such page."""
    if held.investigation.lab != LAB:
        raise NotFound("investigation.not_found", id=held.investigation.lab)
