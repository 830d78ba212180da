"""The life of a permit on the desk: extension, surrender, withdrawal, appeal, completion, duty.

Rules: one post, one use case, one commit; every act asks for a recent password; an error is shown
on the page it belongs to, with what was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.domain.calendar import BISHKEK
from sandbox.kit.dates import read_day
from sandbox.kit.errors import InvalidInput, NotFound, SynakError, Unavailable
from sandbox.kit.ids import FileId, PermitNumber
from sandbox.services import (
    appeals,
    automatic,
    completion,
    extensions,
    files,
    holders,
    outcomes,
    succession,
)
from sandbox.services.appeals import AppealDecision
from sandbox.services.automatic import DecideAutomatic
from sandbox.services.completion import CompletePermit
from sandbox.services.extensions import AskExtension, DeclineExtension, ProposeExtension
from sandbox.services.holders import LeavePermit, ProposeWindDown, StayInPermit, Surrender
from sandbox.services.outcomes import ProposeAppealDecision, ProposeGraduation
from sandbox.services.succession import AcceptSponsorship, NameSponsor, ProposeSponsor
from sandbox.store.unit import UnitOfWork
from sandbox.web.files import show_file
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
Work = Callable[[UnitOfWork, PermitNumber], Any]
PLACE: Final = "#life"


def _on_file(visit: Visit, file_id: FileId, form: str, said: str, work: Work) -> Response:
    """One act on a file; the permit's number for acts that take one."""

    def with_number(u: UnitOfWork) -> Any:
        file = files.file_view(u, visit.known, file_id, at=visit.at)
        return work(u, PermitNumber(file.permit or ""))

    def again(error: SynakError) -> Response:
        return show_file(visit, file_id, Problem(error, form))

    then = f"/desk/files/{file_id}?said={said}{PLACE}"
    try:
        return act(visit, with_number, then=then, again=again)
    except Unavailable as error:
        return again(error)


@router.post("/desk/files/{file_id}/extension")
def ask_extension(visit: Poster, file_id: FileId) -> Response:
    """The holder or the operator asks for a later end."""

    def work(u: UnitOfWork, number: PermitNumber) -> Any:
        until = _until(u, number, visit.form.get("until", ""))
        if until is None:
            raise InvalidInput("limits.not_a_date", text="")
        command = AskExtension(number, until, visit.form.get("reasons", ""), visit.key)
        return extensions.ask_extension(u, visit.known, command, at=visit.at)

    return _on_file(visit, file_id, "extension", "extension_asked", work)


@router.post("/desk/files/{file_id}/extension/proposal")
def propose_extension(visit: Poster, file_id: FileId) -> Response:
    """A regulator proposes the later end; a second countersigns."""

    def work(u: UnitOfWork, number: PermitNumber) -> Any:
        until = _until(u, number, visit.form.get("until", ""))
        command = ProposeExtension(number, visit.form.get("reasons", ""), until, visit.key)
        return extensions.propose_extension(
            u, visit.known, command, at=visit.at, ports=visit.parts.ports
        )

    return _on_file(visit, file_id, "propose_extension", "proposed", work)


@router.post("/desk/files/{file_id}/extension/decline")
def decline_extension(visit: Poster, file_id: FileId) -> Response:
    """A regulator declines the request."""

    def work(u: UnitOfWork, _number: PermitNumber) -> Any:
        command = DeclineExtension(file_id, visit.form.get("reasons", ""), visit.key)
        return extensions.decline_extension(u, visit.known, command, at=visit.at)

    return _on_file(visit, file_id, "decline_extension", "extension_declined", work)


@router.post("/desk/files/{file_id}/surrender")
def surrender(visit: Poster, file_id: FileId) -> Response:
    """The holder gives the permit back."""

    def work(u: UnitOfWork, number: PermitNumber) -> Any:
        if visit.form.get("understood") != "yes":
            raise InvalidInput("form.not_confirmed")
        command = Surrender(
            number, visit.form.get("reasons", ""), visit.form.get("plan", ""), visit.key
        )
        return holders.surrender(u, visit.known, command, at=visit.at, ports=visit.parts.ports)

    return _on_file(visit, file_id, "surrender", "surrendered", work)


@router.post("/desk/files/{file_id}/wind-down")
def propose_wind_down(visit: Poster, file_id: FileId) -> Response:
    """A regulator proposes to approve the plan and put the wind-down on chain."""

    def work(u: UnitOfWork, number: PermitNumber) -> Any:
        command = ProposeWindDown(number, visit.form.get("reasons", ""), visit.key)
        return holders.propose_wind_down(
            u, visit.known, command, at=visit.at, ports=visit.parts.ports
        )

    return _on_file(visit, file_id, "wind_down", "proposed", work)


@router.post("/desk/files/{file_id}/sponsor-leaves")
def leave(visit: Poster, file_id: FileId) -> Response:
    """The sponsor withdraws from a live permit."""

    def work(u: UnitOfWork, number: PermitNumber) -> Any:
        command = LeavePermit(number, visit.form.get("reasons", ""), visit.key)
        return holders.leave(u, visit.known, command, at=visit.at)

    return _on_file(visit, file_id, "leave", "sponsor_leaves", work)


@router.post("/desk/files/{file_id}/sponsor-stays")
def stay(visit: Poster, file_id: FileId) -> Response:
    """The sponsor takes its withdrawal back."""

    def work(u: UnitOfWork, number: PermitNumber) -> Any:
        command = StayInPermit(number, visit.key)
        return holders.stay(u, visit.known, command, at=visit.at, ports=visit.parts.ports)

    return _on_file(visit, file_id, "stay", "sponsor_stays", work)


@router.post("/desk/files/{file_id}/sponsor-named")
def name_sponsor(visit: Poster, file_id: FileId) -> Response:
    """The operator names another sponsor."""

    def work(u: UnitOfWork, _number: PermitNumber) -> Any:
        named, reasons = visit.form.get("sponsor", ""), visit.form.get("reasons", "")
        command = NameSponsor(file_id, named, reasons, visit.key)
        return succession.name_sponsor(u, visit.known, command, at=visit.at)

    return _on_file(visit, file_id, "name_sponsor", "sponsor_named", work)


@router.post("/desk/files/{file_id}/sponsor-accepted")
def accept_sponsorship(visit: Poster, file_id: FileId) -> Response:
    """The organisation named accepts with its signature."""

    def work(u: UnitOfWork, _number: PermitNumber) -> Any:
        command = AcceptSponsorship(
            file_id, visit.form.get("petition", ""), visit.form.get("read", ""), visit.key
        )
        return succession.accept_sponsorship(
            u, visit.known, command, at=visit.at, ports=visit.parts.ports
        )

    return _on_file(visit, file_id, "accept_sponsorship", "sponsor_accepted", work)


@router.post("/desk/files/{file_id}/sponsor-change")
def propose_sponsor(visit: Poster, file_id: FileId) -> Response:
    """A regulator proposes the change of the sponsor."""

    def work(u: UnitOfWork, number: PermitNumber) -> Any:
        command = ProposeSponsor(number, visit.form.get("reasons", ""), visit.key)
        return succession.propose_sponsor(
            u, visit.known, command, at=visit.at, ports=visit.parts.ports
        )

    return _on_file(visit, file_id, "propose_sponsor", "proposed", work)


@router.post("/desk/files/{file_id}/appeal")
def appeal(visit: Poster, file_id: FileId) -> Response:
    """The applicant appeals a refusal or a revocation."""

    def work(u: UnitOfWork, _number: PermitNumber) -> Any:
        command = AppealDecision(file_id, visit.form.get("grounds", ""), visit.key)
        return appeals.appeal(u, visit.known, command, at=visit.at)

    return _on_file(visit, file_id, "appeal", "appealed", work)


@router.post("/desk/files/{file_id}/appeal/decision")
def decide_appeal(visit: Poster, file_id: FileId) -> Response:
    """A regulator who took no part proposes how the appeal ends."""

    def work(u: UnitOfWork, _number: PermitNumber) -> Any:
        outcome, reasons = visit.form.get("outcome", ""), visit.form.get("reasons", "")
        command = ProposeAppealDecision(file_id, outcome, reasons, visit.key)
        return outcomes.propose_appeal_decision(u, visit.known, command, at=visit.at)

    return _on_file(visit, file_id, "decide_appeal", "proposed", work)


@router.post("/desk/files/{file_id}/complete")
def complete(visit: Poster, file_id: FileId) -> Response:
    """A regulator closes the trial, if the chain says that all money is home."""

    def work(u: UnitOfWork, _number: PermitNumber) -> Any:
        command = CompletePermit(file_id, visit.key)
        return completion.complete(u, visit.known, command, at=visit.at, ports=visit.parts.ports)

    return _on_file(visit, file_id, "complete", "completed", work)


@router.post("/desk/files/{file_id}/graduation")
def graduate(visit: Poster, file_id: FileId) -> Response:
    """A regulator proposes the statement of the tested scope."""

    def work(u: UnitOfWork, _number: PermitNumber) -> Any:
        command = ProposeGraduation(file_id, visit.form.get("scope", ""), visit.key)
        return outcomes.propose_graduation(
            u, visit.known, command, at=visit.at, ports=visit.parts.ports
        )

    return _on_file(visit, file_id, "graduate", "proposed", work)


@router.post("/desk/files/{file_id}/automatic/confirm")
def confirm_automatic(visit: Poster, file_id: FileId) -> Response:
    """The duty officer confirms what the clock did."""

    def work(u: UnitOfWork, _number: PermitNumber) -> Any:
        command = DecideAutomatic(file_id, visit.form.get("reasons", ""), visit.key)
        return automatic.confirm_automatic(
            u, visit.known, command, at=visit.at, ports=visit.parts.ports
        )

    return _on_file(visit, file_id, "automatic", "automatic_confirmed", work)


@router.post("/desk/files/{file_id}/automatic/lift")
def lift_automatic(visit: Poster, file_id: FileId) -> Response:
    """The duty officer lifts what the clock did."""

    def work(u: UnitOfWork, _number: PermitNumber) -> Any:
        command = DecideAutomatic(file_id, visit.form.get("reasons", ""), visit.key)
        return automatic.lift_automatic(
            u, visit.known, command, at=visit.at, ports=visit.parts.ports
        )

    return _on_file(visit, file_id, "automatic", "automatic_lifted", work)


@router.get("/desk/files/{file_id}/graduation/{decision_id}")
def statement(visit: Reader, file_id: FileId, decision_id: str) -> Response:
    """The statement of the tested scope, to print."""
    with visit.parts.store.unit(read_only=True) as u:
        view = files.file_view(u, visit.known, file_id, at=visit.at)
        seen = any(each.id == decision_id and each.kind == "graduate" for each in view.decisions)
        decision = u.decisions.find(decision_id[:40]) if seen else None
    if decision is None or decision.document is None:
        raise NotFound("web.not_found")
    return page(visit, "graduation.html", file=view, decision=decision, document=decision.document)


def _until(u: UnitOfWork, number: PermitNumber, text: str) -> datetime | None:
    """A day in Bishkek at the hour at which the term ends; None when none was given.

    Raises:
        InvalidInput: ``limits.not_a_date``, ``date.out_of_range``.
    """
    if not text.strip():
        return None
    day = read_day(text)
    end = u.permits.get(number).base_terms.end.astimezone(BISHKEK)
    return datetime.combine(day, end.timetz())
