"""Authorities on the desk: what each is competent for; a file's own, its shares and its changes.

Rules: one post, one use case, one commit; every act asks for a recent password; an error is shown
beside the form it belongs to. Who reads by another authority's leave is told so on every page of
the file (``guest_note.html``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.domain.calendar import day_of
from sandbox.domain.seats import Right
from sandbox.kit.dates import read_day
from sandbox.kit.errors import SynakError
from sandbox.kit.ids import FileId
from sandbox.locale.forms import ZONE
from sandbox.services import authorities, authority_data
from sandbox.services.authorities import (
    EndShare,
    ProposeCompetence,
    SettleCompetence,
    ShareFile,
)
from sandbox.store.unit import UnitOfWork
from sandbox.web.files import show_file
from sandbox.web.life_panel import said
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)


@router.get("/desk/authorities")
def show(visit: Reader) -> Response:
    """Every authority and what it is competent for."""
    with visit.parts.store.unit(read_only=True) as u:
        found = authorities.list_authorities(u, visit.known)
        waiting = authority_data.waiting_versions(u, visit.known)
    return page(
        visit,
        "authorities.html",
        authorities=found,
        waiting=waiting,
        edits=visit.has(Right.OPERATE_PLATFORM),
        today=day_of(visit.at),
        said_of=partial(said, visit),
    )


@router.post("/desk/files/{file_id}/competence")
def propose(visit: Poster, file_id: FileId) -> Response:
    """A regulator proposes another authority."""
    form = visit.form
    command = ProposeCompetence(
        file_id, form.get("authority", ""), form.get("reasons", ""), visit.key
    )
    return _on_file(
        visit,
        file_id,
        "competence",
        "competence_proposed",
        lambda u: authorities.propose_competence(u, visit.known, command, at=visit.at),
    )


@router.post("/desk/files/{file_id}/competence/{word}")
def settle(visit: Poster, file_id: FileId, word: str) -> Response:
    """Another regulator confirms (``confirm``) or drops the change.

    Who confirmed it no longer sees the file, so the list of files comes next.
    """
    command = SettleCompetence(file_id, visit.form.get("read", ""), word == "confirm", visit.key)
    done = "competence_changed" if command.confirm else "competence_dropped"
    return _on_file(
        visit,
        file_id,
        "competence",
        done,
        lambda u: authorities.settle_competence(u, visit.known, command, at=visit.at),
        then=f"/desk/files?said={done}" if command.confirm else "",
    )


@router.post("/desk/files/{file_id}/shares")
def share(visit: Poster, file_id: FileId) -> Response:
    """Show the file to another authority, to the end of a day."""
    form = visit.form

    def work(u: UnitOfWork) -> Any:
        day = read_day(form.get("until", ""))
        last = datetime(day.year, day.month, day.day, tzinfo=ZONE) + timedelta(days=1)
        command = ShareFile(
            file_id,
            form.get("authority", ""),
            form.get("basis", ""),
            last.astimezone(UTC),
            visit.key,
        )
        return authorities.share_file(u, visit.known, command, at=visit.at)

    return _on_file(visit, file_id, "share", "shared", work)


@router.post("/desk/files/{file_id}/shares/{share_id}/end")
def end(visit: Poster, file_id: FileId, share_id: str) -> Response:
    """Show it no longer."""
    command = EndShare(file_id, share_id, visit.key)
    return _on_file(
        visit,
        file_id,
        "share",
        "share_ended",
        lambda u: authorities.end_share(u, visit.known, command, at=visit.at),
    )


def _on_file(
    visit: Visit,
    file_id: FileId,
    form: str,
    word: str,
    work: Callable[[UnitOfWork], Any],
    then: str = "",
) -> Response:
    def again(error: SynakError) -> Response:
        return show_file(visit, file_id, Problem(error, form))

    return act(
        visit, work, then=then or f"/desk/files/{file_id}?said={word}#authority", again=again
    )
