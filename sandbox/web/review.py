"""What regulators and applicants do to a file: each an act of law, each once.

Rules: one post, one use case, one commit; the form's one-time key makes a second
post the same act; an error is shown beside the form it belongs to, with what was
typed; the author of a decision never countersigns it (the services refuse).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from sandbox.kit.dates import read_day
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated, SynakError
from sandbox.kit.ids import FileId
from sandbox.locale.forms import ZONE
from sandbox.services import countersigning, decisions, reviews
from sandbox.services.countersigning import Countersign
from sandbox.services.decisions import ProposeGrant, ProposeRefusal, WithdrawProposal
from sandbox.services.reviews import AnswerQuestion, AskQuestion, ReturnApplication, TakeUp
from sandbox.store.unit import UnitOfWork
from sandbox.web.files import show_file
from sandbox.web.limits import plain
from sandbox.web.pages import Problem
from sandbox.web.proposals import signed_word
from sandbox.web.visit import Poster, Visit

router = APIRouter(include_in_schema=False)
SHOWN = (InvalidInput, Conflict, NotAllowed)
"""Errors that are shown beside the form; everything else has a page of its own."""


def act(
    visit: Visit,
    work: Callable[[UnitOfWork], Any],
    *,
    then: str | Callable[[Any], str],
    again: Callable[[SynakError], Response],
) -> Response:
    """Do one act: one transaction, then on; or the page again with what was wrong.

    Args:
        visit: who acts.
        work: the use case.
        then: where to go afterwards, also as said by what the use case answered.
        again: renders the page with the error.
    """
    try:
        with visit.parts.store.unit() as u:
            done = work(u)
            u.commit()
    except NotAuthenticated:
        raise
    except SHOWN as error:
        return again(error)
    return RedirectResponse(then if isinstance(then, str) else then(done), 303)


def _on_file(
    visit: Visit, file_id: FileId, form: str, said: str, work: Callable[[UnitOfWork], Any]
) -> Response:
    return act(
        visit,
        work,
        then=f"/desk/files/{file_id}?said={said}",
        again=lambda error: show_file(visit, file_id, Problem(error, form)),
    )


@router.post("/desk/files/{file_id}/take-up")
def take_up(visit: Poster, file_id: FileId) -> Response:
    """A regulator takes the file up."""
    command = TakeUp(file=file_id, key=visit.key)
    return _on_file(
        visit,
        file_id,
        "take_up",
        "taken_up",
        lambda u: reviews.take_up(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/files/{file_id}/questions")
def ask(visit: Poster, file_id: FileId) -> Response:
    """A question to the applicant, with a deadline."""
    due = _due(visit.form.get("due", ""))
    command = AskQuestion(file=file_id, text=visit.form.get("text", ""), due=due, key=visit.key)
    return _on_file(
        visit,
        file_id,
        "ask",
        "asked",
        lambda u: reviews.ask_question(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/files/{file_id}/questions/{question_id}")
def answer(visit: Poster, file_id: FileId, question_id: str) -> Response:
    """The applicant's answer."""
    command = AnswerQuestion(
        file=file_id, question=question_id, answer=visit.form.get("answer", ""), key=visit.key
    )
    return _on_file(
        visit,
        file_id,
        f"answer-{question_id}",
        "answered",
        lambda u: reviews.answer_question(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/files/{file_id}/return")
def give_back(visit: Poster, file_id: FileId) -> Response:
    """Return the application for correction."""
    reasons = visit.form.get("reasons", "")
    command = ReturnApplication(file=file_id, reasons=reasons, key=visit.key)
    return _on_file(
        visit,
        file_id,
        "return",
        "returned",
        lambda u: reviews.return_application(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/files/{file_id}/grant")
def propose_grant(visit: Poster, file_id: FileId) -> Response:
    """Propose to grant, under conditions."""
    command = ProposeGrant(
        file=file_id,
        conditions=plain(visit.lang, visit.form),
        reasons=visit.form.get("reasons", ""),
        minutes=visit.form.get("minutes", ""),
        key=visit.key,
    )
    return _on_file(
        visit,
        file_id,
        "grant",
        "proposed",
        lambda u: decisions.propose_grant(
            u, visit.known, command, at=visit.at, ports=visit.parts.ports
        ),
    )


@router.post("/desk/files/{file_id}/refusal")
def propose_refusal(visit: Poster, file_id: FileId) -> Response:
    """Propose to refuse the application."""
    reasons = visit.form.get("reasons", "")
    minutes = visit.form.get("minutes", "")
    command = ProposeRefusal(file=file_id, reasons=reasons, minutes=minutes, key=visit.key)
    return _on_file(
        visit,
        file_id,
        "refusal",
        "proposed",
        lambda u: decisions.propose_refusal(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/files/{file_id}/decisions/{decision_id}/withdraw")
def withdraw_proposal(visit: Poster, file_id: FileId, decision_id: str) -> Response:
    """Take a proposal back."""
    reasons = visit.form.get("reasons", "")
    command = WithdrawProposal(decision=decision_id, reasons=reasons, key=visit.key)
    return _on_file(
        visit,
        file_id,
        "decision",
        "proposal_withdrawn",
        lambda u: decisions.withdraw_proposal(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/files/{file_id}/decisions/{decision_id}/countersign")
def countersign(visit: Poster, file_id: FileId, decision_id: str) -> Response:
    """The second signature."""
    command = Countersign(decision=decision_id, key=visit.key)
    return act(
        visit,
        lambda u: countersigning.countersign(
            u, visit.known, command, at=visit.at, ports=visit.parts.ports
        ),
        then=lambda file: f"/desk/files/{file_id}?said={signed_word(file, decision_id)}",
        again=lambda error: show_file(visit, file_id, Problem(error, "decision")),
    )


def _due(text: str) -> datetime | None:
    """The end of a day in Bishkek, as UTC; None when no day was given."""
    if not text.strip():
        return None
    return datetime.combine(read_day(text), time(23, 59, 59), tzinfo=ZONE).astimezone(UTC)
