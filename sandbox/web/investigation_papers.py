"""The papers that lie beside a case's chains, in the reader's language: to read, and as text files.

Rule: made from what may be seen of the reader's own case, and from nothing else.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.domain.coursework import course_name
from sandbox.forensics.cases.wording import text
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import NotFound
from sandbox.locale import Language
from sandbox.services import investigations
from sandbox.services.classroom_room import Room
from sandbox.services.investigations import Held
from sandbox.web import investigation_words as named
from sandbox.web.courses import enter
from sandbox.web.investigations import CASE
from sandbox.web.uploads import POLICY, disposition
from sandbox.web.visit import Reader

router = APIRouter(include_in_schema=False)
_BOM = "\ufeff"
"""Old editors on Windows take a text for another encoding without it."""


def papers_of(held: Held, lang: Language) -> list[dict[str, Any]]:
    """The papers of a case, in their order: kind, whose, when the police got it, text."""
    kinds = named.said(named.PAPERS, lang)
    return [
        {
            "kind": kinds[each.kind],
            "whose": each.data.get("victim", each.data.get("holder", {})).get(lang, ""),
            "moment": each.moment,
            "text": text(each, lang),
        }
        for each in held.public.papers
    ]


@router.get(CASE + "/papers/{number}")
def paper(visit: Reader, course: str, investigation: str, case: str, number: str) -> Response:
    """One paper as a text file."""

    def work(room: Room) -> Held:
        return investigations.held(room, investigation, case)

    papers = enter(visit, course_name(course), work).public.papers
    if not (is_digits(number) and len(number) < 4 and 1 <= int(number) <= len(papers)):
        raise NotFound("investigation.paper", value=number[:20])
    found = papers[int(number) - 1]
    name = f"{number}-{found.kind}-{visit.lang}.txt"
    headers = {"Content-Disposition": disposition(name), "Content-Security-Policy": POLICY}
    said = _BOM + text(found, visit.lang).replace("\n", "\r\n")
    return Response(said.encode(), media_type="text/plain; charset=utf-8", headers=headers)
