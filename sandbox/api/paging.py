"""Lists in parts: ``limit`` and ``after``, and the way to the next part in ``Link``.

Rules:

1. ``after`` is what the last item of the part before is called; items come in a fixed order, so
   nothing is left out or given twice when others are added meanwhile.
2. ``Link: <…>; rel="next"`` is there exactly when there is more; a list without it is at its end.
3. Without ``limit`` a list has at most ``DEFAULT`` items, as every caller was used to.

Source: RFC 8288.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Final, TypeVar
from urllib.parse import parse_qsl, urlencode

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

T = TypeVar("T")
DEFAULT: Final = 200
LARGEST: Final = 500
Limit = Annotated[int, Query(ge=1, le=LARGEST, description="At most so many items.")]
After = Annotated[
    str | None,
    Query(
        max_length=64,
        pattern=r"^[A-Za-z0-9._:-]+$",
        description="What the last item that is known already is called; the beginning without.",
    ),
]


def part(
    request: Request,
    response: Response,
    found: Sequence[T],
    limit: int,
    name: Callable[[T], object],
) -> list[T]:
    """One part of a list, with ``Link`` when there is more.

    Args:
        request: whose address the next part's is made of.
        response: gets the header.
        found: one item more than ``limit``, where there is one.
        limit: of this part.
        name: what ``after`` is to be behind an item.
    """
    shown = list(found[:limit])
    if len(found) > limit:
        kept = [(key, value) for key, value in parse_qsl(request.url.query) if key != "after"]
        query = urlencode([*kept, ("after", str(name(shown[-1])))])
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return shown


def behind(found: Sequence[T], after: str | None, name: Callable[[T], object]) -> Sequence[T]:
    """What of a list comes behind an item; all when that item is not in it.

    For lists that are short in whole: the store reads them at once.
    """
    if after is None:
        return found
    places = [place for place, each in enumerate(found) if str(name(each)) == after]
    return found[places[0] + 1 :] if places else found
