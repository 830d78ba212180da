"""What was submitted, each time, and what changed between two submissions, word by word.

Rules: words that are gone are struck through, words that are new are underlined, and both are said
to a screen reader, so that nothing depends on colour; long unchanged passages are shortened.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.kit.ids import FileId
from sandbox.services import files, submissions
from sandbox.services.submissions import Comparison
from sandbox.web.limits import requested
from sandbox.web.pages import page
from sandbox.web.usual import usual_ranges
from sandbox.web.visit import Reader

router = APIRouter(include_in_schema=False)
AROUND: Final = 160
"""Characters of an unchanged passage that are shown before and behind a change."""


@router.get("/desk/files/{file_id}/versions")
def show(visit: Reader, file_id: FileId, first: int = 0, second: int = 0) -> Response:
    """The newest submission beside the one before it, or any two."""
    with visit.parts.store.unit(read_only=True) as u:
        view = files.file_view(u, visit.known, file_id, at=visit.at)
        found = submissions.list_submissions(u, visit.known, file_id)
        numbers = [each.number for each in found]
        second = second or (numbers[-1] if numbers else 0)
        first = first or next((n for n in reversed(numbers) if n < second), second)
        compared = (
            submissions.compare_submissions(u, visit.known, file_id, first=first, second=second)
            if numbers
            else None
        )
    return page(
        visit,
        "versions.html",
        file=view,
        submissions=found,
        compared=compared,
        fields=_shortened(compared) if compared and first != second else [],
        as_submitted=compared.after if compared else None,
        requested=requested(visit.lang, compared.after.answers, compared.after.at)
        if compared
        else {},
        usual=usual_ranges(visit.lang),
    )


def _shortened(compared: Comparison) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(each.field, [_piece(*piece) for piece in each.pieces]) for each in compared.fields]


def _piece(what: str, text: str) -> tuple[str, str]:
    if what != "same" or len(text) <= 2 * AROUND + 20:
        return what, text
    return what, f"{text[:AROUND]} […] {text[-AROUND:]}"
