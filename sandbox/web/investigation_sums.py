"""The same money by five rules in the browser: picked addresses, side by side (lab P4).

Works without a script: whom an address paid is a table with ticks, what is picked stands in the
address of the page, and each figure of the picture stands beside it.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.investigations import Draft
from sandbox.forensics import five_rules
from sandbox.forensics.policies import Policy
from sandbox.kit.errors import InvalidInput, NotFound
from sandbox.services import investigation_sums, investigation_work
from sandbox.services.investigation_sums import Compared
from sandbox.services.investigations import Held
from sandbox.web import investigation_words as named
from sandbox.web.investigation_case import change, look
from sandbox.web.investigations import CASE
from sandbox.web.pages import Problem
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
LAB = "P4"
"""The lab that has this page."""
WHOLE = 1_000
"""The longest bar."""
Where = tuple[str, str, str]


@router.get(CASE + "/rules")
def show(visit: Reader, course: str, investigation: str, case: str) -> HTMLResponse:
    """What is asked, whom an address paid, and five rules side by side."""
    return _page(visit, (course, investigation, case))


@router.post(CASE + "/rules")
def write(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Write the sums of what was picked down for a place."""
    where, form = (course, investigation, case), visit.form

    def work(held: Held) -> Draft:
        _only_here(held)
        public = held.public
        block = investigation_sums.block_of(public, form.get("block", ""))
        picks = investigation_sums.picked(public, [form.get("picks", "")])
        found = investigation_sums.compared(public, picks, block)
        return investigation_sums.written(held, form.get("place", ""), found.sums)

    return change(
        visit,
        where,
        "write",
        work,
        again=lambda problem: _page(visit, where, problem),
        then="/rules?said=case_saved",
    )


def asked(visit: Visit, held: Held) -> list[dict[str, Any]]:
    """The places of a case with what is written down for them."""
    kinds = named.said(named.ROLES, visit.lang)
    rows = held.answer.answer if held.answer else held.case.draft.as_answer()
    found: dict[str, dict[str, str]] = {}
    for each in rows.get("sums", ()):
        found.setdefault(each["place"], {})[each["policy"]] = each["amount"]
    times = {each.block: each.time for each in held.public.transactions if _of(each.ledger)}
    return [
        {
            "of": each,
            "kind": kinds.get(each.anchor, each.anchor),
            "time": times[each.last],
            "sums": found.get(each.name, {}),
        }
        for each in five_rules.questions(held.public)
    ]


def _of(ledger: str) -> bool:
    return ledger == five_rules.LEDGER


def _page(visit: Visit, where: Where, problem: Problem | None = None) -> HTMLResponse:
    def more(held: Held) -> dict[str, Any]:
        _only_here(held)
        query = visit.form if problem else visit.request.query_params
        ticked = [] if problem else visit.request.query_params.getlist("pick")
        said = {name: query.get(name, "").strip() for name in ("of", "picks", "block")}
        picks, found, around, wrong = said["picks"], None, None, None
        try:
            if said["of"]:
                around = _around(held, said["of"])
            if ticked or picks:
                addresses = investigation_sums.picked(held.public, [picks, *ticked])
                picks = "\n".join(addresses)
                if said["block"]:
                    block = investigation_sums.block_of(held.public, said["block"])
                    found = investigation_sums.compared(held.public, addresses, block)
        except InvalidInput as error:
            wrong = Problem(error, "compare")
        return {
            "asked": asked(visit, held),
            "typed_in": said,
            "picks": picks,
            "around": around,
            "found": found,
            "bars": _bars(found),
            "wrong": None if problem else wrong,
            "last_block": five_rules.last_block(held.public),
        }

    return look(visit, where, "investigation_sums.html", more, problem)


def _around(held: Held, text: str) -> dict[str, Any]:
    (address, *_) = investigation_sums.picked(held.public, [text])
    known = investigation_work.known(held, address)
    paid, payers = investigation_sums.parties(held.public, known)
    return {"address": known, "paid": paid, "payers": payers}


def _bars(found: Compared | None) -> dict[str, int]:
    """How long each rule's bar is."""
    if found is None:
        return {}
    most = max(found.sums.values()) or 1
    return {str(policy): found.sums[policy] * WHOLE // most for policy in Policy}


def _only_here(held: Held) -> None:
    """Raises ``investigation.not_found`` in a lab that has no such page."""
    if held.investigation.lab != LAB:
        raise NotFound("investigation.not_found", id=held.investigation.lab)
