"""Acting on a case in the browser: the clock, forms of acts, letters, signatures.

Numbered plan of an act:

1. Its form is sent; what cannot be is refused there, with what was typed.
2. A page says what is going to happen, and that nothing is taken back.
3. It is confirmed, and done at the clock's moment; a seizure and a hand-over go to the second
   person, who looks at the same and signs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.classroom import CourseRole
from sandbox.domain.coursework import course_name
from sandbox.domain.investigation_acts import LONGEST_WAIT, SIGNED
from sandbox.forensics.acting import terms
from sandbox.forensics.acting.acts import Motion, read
from sandbox.forensics.cases.wording import text
from sandbox.kit.canonical import canonical
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.locale.forms import ZONE
from sandbox.services import investigation_acts, investigations
from sandbox.services.classroom_room import Room
from sandbox.services.investigations import Acted, Held
from sandbox.web import investigation_act_forms as made
from sandbox.web import investigation_words as named
from sandbox.web.courses import SHOWN, attempt, enter
from sandbox.web.investigation_case import amount, look
from sandbox.web.investigations import CASE, ONE, about
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
Where = tuple[str, str, str]
TYPED: Final = "%Y-%m-%dT%H:%M"
"""How a field of a moment is filled."""


@router.get(CASE + "/acts")
def acts(visit: Reader, course: str, investigation: str, case: str) -> HTMLResponse:
    """What was done and what came; for a trainer the acts of the trainee."""
    name = course_name(course)
    if enter(visit, name, lambda room: room.person.role) is CourseRole.TEACHER:
        return _of_trainee(visit, (course, investigation, case))
    return _acts(visit, (course, investigation, case))


@router.post(CASE + "/acts")
def act(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Say what an act is going to be, or do it."""
    where, form = (course, investigation, case), visit.form
    kind, sure = form.get("kind", ""), bool(form.get("sure"))

    def work(room: Room) -> Mapping[str, Any]:
        held = investigations.held(room, investigation, case)
        said = made.act_of(held, form, visit.lang)
        if not sure:
            return investigation_acts.tried(room, investigation, case, _revision(form), said)
        investigation_acts.done(room, investigation, case, _revision(form), said)
        return said

    try:
        whole = enter(visit, course_name(course), work, commit=sure)
    except SHOWN as error:
        return _acts(visit, where, Problem(error, kind if kind in made.KINDS else "act"))
    if not sure:
        return look(visit, where, "investigation_act_sure.html", partial(_sure, visit, whole))
    said = "act_asked" if kind in SIGNED else "act_done"
    return RedirectResponse(f"{_place(where)}?said={said}", 303)


@router.post(CASE + "/wait")
def wait(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Let the clock go on: some hours, or until the next letter."""
    where, form = (course, investigation, case), visit.form
    typed = form.get("hours", "").strip()

    def work(room: Room) -> object:
        hours = None
        if form.get("until") != "letter":
            hours = int(typed) if is_digits(typed) and len(typed) < 5 else 0
        return investigation_acts.waits(room, investigation, case, _revision(form), hours)

    return _changed(visit, where, "wait", work, "act_waited")


@router.post(CASE + "/take-back")
def take_back(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Ask the second person no more."""
    return _changed(
        visit,
        (course, investigation, case),
        "asked",
        lambda room: investigation_acts.taken_back(
            room, investigation, case, _revision(visit.form)
        ),
        "act_taken_back",
    )


@router.get(CASE + "/sign")
def to_sign(visit: Reader, course: str, investigation: str, case: str) -> HTMLResponse:
    """What waits for the reader's signature as the second person."""
    return _sign(visit, (course, investigation, case))


@router.post(CASE + "/sign")
def sign(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Sign, or refuse to."""
    where, agreed = (course, investigation, case), visit.form.get("do") == "sign"
    return attempt(
        "sign",
        lambda: enter(
            visit,
            course_name(course),
            lambda room: investigation_acts.signed(room, investigation, case, agreed=agreed),
            commit=True,
        ),
        lambda problem: _sign(visit, where, problem),
        lambda _: (
            ONE.format(course=course, investigation=investigation)
            + f"?said={'act_signed' if agreed else 'act_not_signed'}"
        ),
    )


def _acts(visit: Visit, where: Where, problem: Problem | None = None) -> HTMLResponse:
    def more(held: Held) -> dict[str, Any]:
        acted = investigation_acts.acted_of(held)
        query = visit.request.query_params
        kind = problem.form if problem else query.get("do", "")
        return {
            **_shown(visit, acted),
            "kinds": named.said(made.KINDS, visit.lang),
            "do": kind if kind in made.KINDS else "",
            "given": _given(held, acted, query),
            "choices": _choices(visit, held, acted),
            "longest": LONGEST_WAIT,
        }

    def work(room: Room) -> tuple[str, ...]:
        return investigation_acts.seconds(room)

    others = enter(visit, course_name(where[0]), work)
    return look(
        visit,
        where,
        "investigation_acts.html",
        lambda held: {**more(held), "others": others},
        problem,
    )


def _shown(visit: Visit, acted: Acted) -> dict[str, Any]:
    """What was done and what came of it, for who acts and for trainers."""
    asked = acted.file.asked
    return {
        "clock": acted.file.clock,
        "revision": acted.file.revision,
        "timeline": made.timeline(acted, visit.lang),
        "letters": made.letters(acted, visit.lang),
        "freezes": _freezes(acted),
        "custody": [
            {"ledger": ledger, "address": address, "amount": value}
            for (ledger, address), value in sorted(acted.now.custody.items())
            if value
        ],
        "asked": _said(visit, asked) if asked else None,
        "law": terms(),
    }


def _freezes(acted: Acted) -> list[dict[str, Any]]:
    """What the ledger says of each freeze; it says nothing of whose money that is."""
    found, rows = [], acted.now.moving.rows
    for number, each in acted.now.freezes.items():
        between = rows[each.asked : len(rows) if each.began is None else each.began]
        found.append(
            {
                "number": number,
                "ledger": each.spot[0],
                "address": each.spot[1],
                "began": each.began is not None,
                "ended": each.ended is not None,
                "unconfirmed": each.urgent and each.until is None and each.ended is None,
                "until": each.until,
                "there": acted.now.moving.held.get(each.spot, 0),
                "left": sum(row.amount for row in between if (row.ledger, row.payer) == each.spot),
            }
        )
    return found


def _choices(visit: Visit, held: Held, acted: Acted) -> dict[str, Any]:
    """What the forms offer, all of it from what the trainee has seen."""
    now = acted.now
    motions: dict[str, dict[int, str]] = {each: {} for each in made.MEASURES}
    for number in now.at("granted"):
        found = now.acts[number - 1]
        if isinstance(found, Motion):
            aims = ", ".join(f"{aim.address[:8]}…{aim.address[-6:]}" for aim in found.targets)
            motions[found.measure][number] = f"№ {number}: {aims}"
    return {
        "exchanges": acted.world.exchanges,
        "asks": named.said(made.ASKS, visit.lang),
        "measures": named.said(made.MEASURES, visit.lang),
        "motions": motions,
        "answers": now.at("answered"),
        "papers": [
            (number, each.kind, text(each, visit.lang))
            for number, each in enumerate(held.public.papers)
        ],
        "urgent": [each for each in _freezes(acted) if each["unconfirmed"]],
        "frozen": [each for each in _freezes(acted) if not each["ended"]],
    }


def _given(held: Held, acted: Acted, query: Mapping[str, str]) -> dict[str, str]:
    """What the forms begin with: of the case and of the trainee's own work."""
    first = min(each.transaction.time for each in held.public.reports)
    given = {
        "ledger": query.get("ledger", "kgst"),
        "address": query.get("address", ""),
        "first": first.astimezone(ZONE).strftime(TYPED),
        "last": acted.file.clock.astimezone(ZONE).strftime(TYPED),
        "policy": held.case.draft.policy or "fifo",
        "days": "30",
        "confirms": query.get("confirms", ""),
    }
    for number, each in acted.now.freezes.items():
        if str(number) == given["confirms"]:
            given |= {"ledger": each.spot[0], "address": each.spot[1]}
    return given


def _sure(visit: Visit, whole: Mapping[str, Any], held: Held) -> dict[str, Any]:
    """What is going to happen."""
    acted = investigation_acts.acted_of(held)
    return {
        "clock": acted.file.clock,
        "act": _said(visit, whole),
        "sent": {name: value for name, value in visit.form.items() if name != "sure"},
        "delays": made.delays(whole["kind"]),
        "signed": whole["kind"] in SIGNED,
        "urgent": whole["kind"] == "freeze" and whole["basis"] is None,
        "law": terms(),
    }


def _said(visit: Visit, whole: Mapping[str, Any]) -> dict[str, Any]:
    (found,) = read(canonical({"version": 1, "acts": [dict(whole)]}))
    return {
        "kind": named.said(made.KINDS, visit.lang)[whole["kind"]],
        "rows": made.said_of(found, visit.lang),
        "by": whole["by"],
        "second": whole.get("second", ""),
    }


def _of_trainee(visit: Visit, where: Where) -> HTMLResponse:
    course, investigation, case = where

    def work(room: Room) -> dict[str, Any]:
        there, acted, worth = investigation_acts.of_trainee(room, investigation, case)
        found = investigations.one(room, investigation)
        return {
            **about(visit, room, found),
            **_shown(visit, acted),
            "case": there,
            "worth": worth,
        }

    return page(
        visit,
        "investigation_letters.html",
        amount=partial(amount, visit),
        **enter(visit, course_name(course), work),
    )


def _sign(visit: Visit, where: Where, problem: Problem | None = None) -> HTMLResponse:
    course, investigation, case = where

    def work(room: Room) -> dict[str, Any]:
        found = investigations.one(room, investigation)
        waits = [each for each in investigation_acts.to_sign(room) if each.case.id == case]
        if not waits and problem is None:
            raise InvalidInput("investigation.no_signature_waits")
        asked = _said(visit, waits[0].act) if waits else None
        return {**about(visit, room, found), "asked": asked, "case": case}

    return page(
        visit,
        "investigation_sign.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        **enter(visit, course_name(course), work),
    )


def _changed(visit: Visit, where: Where, form: str, work: Any, said: str) -> Response:
    return attempt(
        form,
        lambda: enter(visit, course_name(where[0]), work, commit=True),
        lambda problem: _acts(visit, where, problem),
        lambda _: f"{_place(where)}?said={said}",
    )


def _place(where: Where) -> str:
    course, investigation, case = where
    return f"{CASE}/acts".format(course=course, investigation=investigation, case=case)


def _revision(form: Mapping[str, str]) -> int:
    said = form.get("revision", "")
    return int(said) if is_digits(said) and len(said) < 9 else -1
