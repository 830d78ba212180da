"""What the reader was told: newest first, unread marked, each a way into its file."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from sandbox.domain.notices import COURSES
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.services import classroom_titles, notices
from sandbox.services.notices import NoticeView
from sandbox.store import UnitOfWork
from sandbox.web.pages import page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
LONGEST: int = 18
"""Digits of an entry's number that a store can hold."""


@router.get("/desk/notices")
def show(visit: Reader, before: str = "", unread: str = "") -> Response:
    """A page of notices."""
    with visit.parts.store.unit(read_only=True) as u:
        found, older = notices.list_notices(
            u, visit.known, unread=unread == "yes", before=_entry(before) if before else None
        )
        found = tuple(_in_words(u, visit, each) for each in found)
    return page(
        visit, "notices.html", notices=found, older=older, before=before, unread=unread == "yes"
    )


def _in_words(u: UnitOfWork, visit: Visit, notice: NoticeView) -> NoticeView:
    """A notice of a course with the titles in the reader's language."""
    if not notice.kind.startswith(COURSES):
        return notice
    return replace(notice, title=classroom_titles.written(u, notice.title, visit.lang))


@router.post("/desk/notices/read")
def read(visit: Poster) -> Response:
    """Note one notice as read and go to its file, or all of them."""
    one = visit.form.get("entry", "")
    entries = [_entry(one)] if one else None
    with visit.parts.store.unit() as u:
        notices.mark_read(u, visit.known, entries, at=visit.at)
        u.commit()
    return RedirectResponse("/desk/notices", 303)


@router.get("/desk/notices/{entry}")
def follow(visit: Reader, entry: str) -> Response:
    """What a notice is about; the notice is read by it."""
    number = _entry(entry)
    with visit.parts.store.unit() as u:
        place = notices.place_of(u, visit.known, number)
        notices.mark_read(u, visit.known, [number], at=visit.at)
        u.commit()
    return RedirectResponse(f"/desk/{place}", 303)


def _entry(text: str) -> int:
    if not is_digits(text) or len(text) > LONGEST:
        raise InvalidInput("web.bad_request")
    return int(text)
