"""The page of a file's requirements: what has to be shown, by when, and how it stands.

Rules: late ones stand first and in red; each act is one post, asks for the password like every act
of law, and keeps what was typed when something was wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.requirements import MOST_MONTHS, RequirementAct, RequirementKind
from sandbox.domain.seats import Right
from sandbox.kit.dates import read_day
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import FileId
from sandbox.locale.forms import ZONE
from sandbox.services import files, requirements
from sandbox.services.requirements import FileEvidence, JudgeRequirement, SetRequirement
from sandbox.store.unit import UnitOfWork
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
KINDS: Final = tuple(kind.value for kind in RequirementKind)


@router.get("/desk/files/{file_id}/requirements")
def show(visit: Reader, file_id: FileId) -> Response:
    """A file's requirements."""
    return _page(visit, file_id)


def _page(visit: Visit, file_id: FileId, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        view = files.file_view(u, visit.known, file_id, at=visit.at)
        found = requirements.requirements_of(u, visit.known, file_id, at=visit.at)
    return page(
        visit,
        "requirements.html",
        status=problem.error.status if problem else 200,
        file=view,
        requirements=found,
        sets=visit.has(Right.REVIEW) and not view.shared_with_me,
        kinds=KINDS,
        most_months=MOST_MONTHS,
        problem=problem,
    )


@router.post("/desk/files/{file_id}/requirements")
def require(visit: Poster, file_id: FileId) -> Response:
    """A regulator requires something."""

    def work(u: UnitOfWork) -> object:
        form = visit.form
        due = _day(form.get("due", ""))
        if due is None:
            raise InvalidInput("requirement.not_a_day", text="")
        command = SetRequirement(
            file=file_id,
            kind=form.get("kind", ""),
            what=form.get("what", ""),
            expected=form.get("expected", ""),
            due=due,
            every_months=_months(form.get("every", "")),
            key=visit.key,
        )
        return requirements.set_requirement(u, visit.known, command, at=visit.at)

    return _act(visit, file_id, "set", "requirement_set", work)


@router.post("/desk/files/{file_id}/requirements/{requirement}/file")
def evidence(visit: Poster, file_id: FileId, requirement: str) -> Response:
    """Firm or sponsor files evidence."""
    text = visit.form.get("evidence", "")
    command = FileEvidence(file=file_id, requirement=requirement, evidence=text, key=visit.key)
    return _act(
        visit,
        file_id,
        f"file-{requirement}",
        "evidence_filed",
        lambda u: requirements.file_evidence(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/files/{file_id}/requirements/{requirement}/{judged}")
def judge(visit: Poster, file_id: FileId, requirement: str, judged: RequirementAct) -> Response:
    """A regulator confirms, rejects or lifts."""

    def work(u: UnitOfWork) -> object:
        command = JudgeRequirement(
            file=file_id,
            requirement=requirement,
            read=visit.form.get("read", ""),
            act=judged,
            reason=visit.form.get("reason", ""),
            good_until=_day(visit.form.get("good_until", "")),
            key=visit.key,
        )
        return requirements.judge(u, visit.known, command, at=visit.at)

    return _act(visit, file_id, f"{judged.value}-{requirement}", "requirement_judged", work)


def _act(
    visit: Visit, file_id: FileId, form: str, said: str, work: Callable[[UnitOfWork], Any]
) -> Response:
    return act(
        visit,
        work,
        then=f"/desk/files/{file_id}/requirements?said={said}",
        again=lambda error: _page(visit, file_id, Problem(error, form)),
    )


def _day(text: str) -> datetime | None:
    """The end of a day in Bishkek, as UTC; None when no day was given."""
    if not text.strip():
        return None
    return datetime.combine(
        read_day(text, "requirement.not_a_day"), time(23, 59, 59), tzinfo=ZONE
    ).astimezone(UTC)


def _months(text: str) -> int | None:
    if not text.strip():
        return None
    if not is_digits(text.strip()) or len(text.strip()) > 3:
        raise InvalidInput("requirement.every", most=MOST_MONTHS)
    return int(text)
