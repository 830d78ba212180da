"""The Committee's page: sittings, members, rules; recorded by one, confirmed by another.

Rules: regulators and auditors read it, regulators act; to everybody else it does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.committee import CommitteeRole, MinutesDemand
from sandbox.kit.dates import read_day, read_moment
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput, NotFound
from sandbox.locale.forms import ZONE
from sandbox.services import committee_members, committee_sittings, committee_views
from sandbox.services.committee_members import (
    ConfirmAppointment,
    DropAppointment,
    EndAppointment,
    RecordAppointment,
    RecordRules,
    SettleRules,
)
from sandbox.services.committee_sittings import CallSitting
from sandbox.store.unit import UnitOfWork
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
Kind = TypeVar("Kind", bound=StrEnum)


def pick(kind: type[Kind], text: str) -> Kind:
    """A value of a closed vocabulary as a form sent it.

    Raises:
        InvalidInput: ``committee.choose``.
    """
    try:
        return kind(text)
    except ValueError as error:
        raise InvalidInput("committee.choose") from error


def count(text: str) -> int:
    """A small whole number as a form sends it.

    Raises:
        InvalidInput: ``committee.quorum_impossible``.
    """
    tidy = text.strip()
    if not is_digits(tidy) or len(tidy) > 3:
        raise InvalidInput("committee.quorum_impossible")
    return int(tidy)


@router.get("/desk/committee")
def show(visit: Reader, authority: str = "") -> Response:
    """Sittings, members, rules; who may see every authority's chooses."""
    return _page(visit, wanted=authority)


def _page(visit: Visit, problem: Problem | None = None, wanted: str = "") -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        view = committee_views.committee_view(u, visit.known, at=visit.at, wanted=wanted)
    return page(
        visit,
        "committee.html",
        status=problem.error.status if problem else 200,
        committee=view,
        roles=list(CommitteeRole),
        demands=list(MinutesDemand),
        problem=problem,
    )


def _do(visit: Visit, form: str, said: str, work: Callable[[UnitOfWork], object]) -> Response:
    return act(
        visit,
        work,
        then=f"/desk/committee?said={said}",
        again=lambda error: _page(visit, Problem(error, form)),
    )


@router.post("/desk/committee/appointments")
def appoint(visit: Poster) -> Response:
    """Record an appointment."""
    form = visit.form

    def work(u: UnitOfWork) -> object:
        until = form.get("until", "")
        command = RecordAppointment(
            account=form.get("account", ""),
            role=pick(CommitteeRole, form.get("role", "")),
            order_number=form.get("order_number", ""),
            since=read_day(form.get("since", "")),
            until=read_day(until) if until.strip() else None,
            acting_for=form.get("acting_for", ""),
            key=visit.key,
        )
        return committee_members.record_appointment(u, visit.known, command, at=visit.at)

    return _do(visit, "appoint", "recorded", work)


@router.post("/desk/committee/appointments/{appointment}/end")
def end(visit: Poster, appointment: str) -> Response:
    """Record an earlier end."""

    def work(u: UnitOfWork) -> object:
        command = EndAppointment(
            appointment,
            until=read_day(visit.form.get("until", "")),
            order_number=visit.form.get("order_number", ""),
            key=visit.key,
        )
        return committee_members.end_appointment(u, visit.known, command, at=visit.at)

    return _do(visit, f"end-{appointment}", "recorded", work)


@router.post("/desk/committee/appointments/{appointment}/confirm")
def confirm(visit: Poster, appointment: str) -> Response:
    """Confirm an appointment or its earlier end."""
    command = ConfirmAppointment(appointment, visit.form.get("read", ""), key=visit.key)
    return _do(
        visit,
        f"confirm-{appointment}",
        "confirmed",
        lambda u: committee_members.confirm_appointment(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/committee/appointments/{appointment}/drop")
def drop(visit: Poster, appointment: str) -> Response:
    """Drop what waits for confirmation."""
    command = DropAppointment(appointment, visit.form.get("reasons", ""), key=visit.key)
    return _do(
        visit,
        f"confirm-{appointment}",
        "dropped",
        lambda u: committee_members.drop_appointment(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/committee/rules")
def rules(visit: Poster) -> Response:
    """Record other rules of procedure."""
    form = visit.form

    def work(u: UnitOfWork) -> object:
        command = RecordRules(
            quorum_of=count(form.get("quorum_of", "")),
            quorum_in=count(form.get("quorum_in", "")),
            casting_vote=form.get("casting_vote") == "yes",
            minutes=pick(MinutesDemand, form.get("minutes", "")),
            order_number=form.get("order_number", ""),
            key=visit.key,
        )
        return committee_members.record_rules(u, visit.known, command, at=visit.at)

    return _do(visit, "rules", "recorded", work)


@router.post("/desk/committee/rules/{change}/{word}")
def settle(visit: Poster, change: str, word: str) -> Response:
    """Confirm recorded rules, or drop them."""
    if word not in ("confirm", "drop"):
        raise NotFound("web.not_found")
    confirmed = word == "confirm"
    command = SettleRules(change, confirm=confirmed, key=visit.key)
    return _do(
        visit,
        "rules",
        "confirmed" if confirmed else "dropped",
        lambda u: committee_members.settle_rules(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/committee/sittings")
def call(visit: Poster) -> Response:
    """Call a sitting."""

    def work(u: UnitOfWork) -> object:
        held_at = read_moment(visit.form.get("held_at", ""), ZONE)
        command = CallSitting(held_at, visit.form.get("place", ""), key=visit.key)
        return committee_sittings.call_sitting(u, visit.known, command, at=visit.at)

    return act(
        visit,
        work,
        then=lambda made: f"/desk/committee/sittings/{made}?said=called",
        again=lambda error: _page(visit, Problem(error, "call")),
    )
