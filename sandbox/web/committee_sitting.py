"""One sitting on one screen: agenda, attendance, conflicts, votes; its minutes, to print.

Rules: as ``committee``. While the Committee sits its secretary works on this page; everybody else
reads the same record and sees what is new with each reload.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.committee import Choice, Motion
from sandbox.kit.canonical import canonical
from sandbox.kit.ids import FileId, PersonId
from sandbox.locale.catalogue import Language
from sandbox.services import (
    committee_minutes,
    committee_sittings,
    committee_views,
    committee_votes,
)
from sandbox.services.committee_minutes import EndSitting, ReturnMinutes, SignMinutes
from sandbox.services.committee_sittings import (
    CancelSitting,
    DeclareConflict,
    OpenSitting,
    PutOnAgenda,
    RecordAttendance,
    TakeOffAgenda,
    WithdrawConflict,
)
from sandbox.services.committee_votes import NoQuorum, RecordBallot, StrikeBallot
from sandbox.store.unit import UnitOfWork
from sandbox.web.committee import count, pick
from sandbox.web.files import show_file
from sandbox.web.pages import Problem, environment, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
BESIDE: Final[Mapping[str, Language]] = {"ru": "ru", "en": "en"}
"""The languages that minutes may show beside Kyrgyz."""


@router.get("/desk/committee/sittings/{sitting}")
def show(visit: Reader, sitting: str) -> Response:
    """One sitting."""
    return _page(visit, sitting)


def _page(visit: Visit, sitting: str, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        view = committee_views.sitting_view(u, visit.known, sitting, at=visit.at)
    return page(
        visit,
        "committee_sitting.html",
        status=problem.error.status if problem else 200,
        view=view,
        motions=list(Motion),
        choices=list(Choice),
        running=view.sitting.state.value == "in_session",
        problem=problem,
    )


def _do(
    visit: Visit, sitting: str, form: str, said: str, work: Callable[[UnitOfWork], object]
) -> Response:
    """An act on the sitting's page; an error is shown beside its form."""
    anchor = f"#{form}" if form.startswith("item-") else ""
    return act(
        visit,
        work,
        then=f"/desk/committee/sittings/{sitting}?said={said}{anchor}",
        again=lambda error: _page(visit, sitting, Problem(error, form)),
    )


def _checked(form: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): value for name, value in form.items() if name.startswith(prefix)
    }


@router.post("/desk/committee/sittings/{sitting}/open")
def open_it(visit: Poster, sitting: str) -> Response:
    """Open the sitting."""
    present = frozenset(_checked(visit.form, "present."))
    command = OpenSitting(sitting, present, key=visit.key)
    return _do(
        visit,
        sitting,
        "attendance",
        "opened",
        lambda u: committee_sittings.open_sitting(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/committee/sittings/{sitting}/attendance")
def attendance(visit: Poster, sitting: str) -> Response:
    """Who is present from now on."""
    present = frozenset(_checked(visit.form, "present."))
    command = RecordAttendance(sitting, present, key=visit.key)
    return _do(
        visit,
        sitting,
        "attendance",
        "attendance",
        lambda u: committee_sittings.record_attendance(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/committee/sittings/{sitting}/cancel")
def cancel(visit: Poster, sitting: str) -> Response:
    """Call the sitting off."""
    command = CancelSitting(sitting, visit.form.get("reasons", ""), key=visit.key)
    return _do(
        visit,
        sitting,
        "cancel",
        "cancelled",
        lambda u: committee_sittings.cancel_sitting(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/committee/sittings/{sitting}/items/{item}/conflicts")
def conflict(visit: Poster, sitting: str, item: str) -> Response:
    """Declare a conflict."""
    form = visit.form
    command = DeclareConflict(item, form.get("account", ""), form.get("text", ""), key=visit.key)
    return _do(
        visit,
        sitting,
        f"item-{item}",
        "conflict",
        lambda u: committee_sittings.declare_conflict(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/committee/sittings/{sitting}/items/{item}/conflicts/withdraw")
def no_conflict(visit: Poster, sitting: str, item: str) -> Response:
    """Take a mistaken declaration back."""
    command = WithdrawConflict(item, PersonId(visit.form.get("person", "")), key=visit.key)
    return _do(
        visit,
        sitting,
        f"item-{item}",
        "conflict_withdrawn",
        lambda u: committee_sittings.withdraw_conflict(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/committee/sittings/{sitting}/items/{item}/ballots")
def vote(visit: Poster, sitting: str, item: str) -> Response:
    """Record a vote."""

    def work(u: UnitOfWork) -> object:
        votes = _checked(visit.form, "vote.")
        command = RecordBallot(
            item=item,
            motion=pick(Motion, visit.form.get("motion", "")),
            text=visit.form.get("text", ""),
            votes={account: pick(Choice, text) for account, text in votes.items()},
            opinions=_checked(visit.form, "opinion."),
            key=visit.key,
        )
        return committee_votes.record_ballot(u, visit.known, command, at=visit.at)

    return _do(visit, sitting, f"item-{item}", "voted", work)


@router.post("/desk/committee/sittings/{sitting}/items/{item}/strike")
def strike(visit: Poster, sitting: str, item: str) -> Response:
    """Strike a vote that was recorded wrongly."""

    def work(u: UnitOfWork) -> object:
        number = count(visit.form.get("number", ""))
        command = StrikeBallot(item, number, visit.form.get("reasons", ""), key=visit.key)
        return committee_votes.strike_ballot(u, visit.known, command, at=visit.at)

    return _do(visit, sitting, f"item-{item}", "struck", work)


@router.post("/desk/committee/sittings/{sitting}/items/{item}/no-quorum")
def left_over(visit: Poster, sitting: str, item: str) -> Response:
    """Leave an item for another sitting."""
    command = NoQuorum(item, key=visit.key)
    return _do(
        visit,
        sitting,
        f"item-{item}",
        "left_over",
        lambda u: committee_votes.leave_for_quorum(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/committee/sittings/{sitting}/end")
def end(visit: Poster, sitting: str) -> Response:
    """End the sitting and draw up its minutes."""
    command = EndSitting(sitting, key=visit.key)
    return _do(
        visit,
        sitting,
        "end",
        "drawn_up",
        lambda u: committee_minutes.end_sitting(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/committee/sittings/{sitting}/sign")
def sign(visit: Poster, sitting: str) -> Response:
    """Sign the minutes."""
    command = SignMinutes(sitting, visit.form.get("digest", ""), key=visit.key)
    return _do(
        visit,
        sitting,
        "sign",
        "minutes_signed",
        lambda u: committee_minutes.sign_minutes(
            u, visit.known, command, at=visit.at, ports=visit.parts.ports
        ),
    )


@router.post("/desk/committee/sittings/{sitting}/return")
def give_back(visit: Poster, sitting: str) -> Response:
    """Send the minutes back."""
    command = ReturnMinutes(sitting, visit.form.get("reasons", ""), key=visit.key)
    return _do(
        visit,
        sitting,
        "sign",
        "minutes_returned",
        lambda u: committee_minutes.return_minutes(u, visit.known, command, at=visit.at),
    )


@router.get("/desk/committee/minutes/{number}")
def minutes(visit: Reader, number: str, beside: str = "") -> Response:
    """Minutes to read and print: Kyrgyz, and Russian or English beside it."""
    with visit.parts.store.unit(read_only=True) as u:
        view = committee_views.minutes_view(u, visit.known, number)
    second = BESIDE.get(beside) or BESIDE.get(visit.lang) or "ru"
    return page(
        visit,
        "committee_minutes.html",
        view=view,
        columns=[_words("ky"), _words(second)],
        second=second,
        others=[each for each in BESIDE if each != second],
    )


@router.get("/desk/committee/minutes/{number}/document.json")
def document(visit: Reader, number: str) -> Response:
    """The minutes byte for byte as they were hashed and signed, to keep and compare."""
    with visit.parts.store.unit(read_only=True) as u:
        view = committee_views.minutes_view(u, visit.known, number)
    name = f"synak-minutes-{view.sitting.minutes}.json"
    return Response(
        canonical(dict(view.sitting.document or {})),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _words(lang: Language) -> dict[str, Any]:
    """One language's words and forms, for a page that shows two."""
    env = environment(lang)
    return {
        "lang": lang,
        "_": env.globals["gettext"],
        "name_of": env.globals["name_of"],
        "when": env.filters["when"],
    }


@router.post("/desk/files/{file_id}/agenda")
def put(visit: Poster, file_id: FileId) -> Response:
    """Bring a file before the Committee."""
    command = PutOnAgenda(file_id, visit.form.get("sitting", ""), key=visit.key)
    return act(
        visit,
        lambda u: committee_sittings.put_on_agenda(u, visit.known, command, at=visit.at),
        then=f"/desk/files/{file_id}?said=on_agenda",
        again=lambda error: show_file(visit, file_id, Problem(error, "agenda")),
    )


@router.post("/desk/files/{file_id}/agenda/off")
def take_off(visit: Poster, file_id: FileId) -> Response:
    """Take a file off its agenda."""
    command = TakeOffAgenda(file_id, visit.form.get("reasons", ""), key=visit.key)
    return act(
        visit,
        lambda u: committee_sittings.take_off_agenda(u, visit.known, command, at=visit.at),
        then=f"/desk/files/{file_id}?said=off_agenda",
        again=lambda error: show_file(visit, file_id, Problem(error, "agenda")),
    )
