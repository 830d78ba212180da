"""The registers for people's own programs: the files and permits that the token's account may see.

A start-up gets its own, a sponsor what names it, an authority what was submitted: the same rule as
on the pages (``sandbox.domain.sight``). A permit key gets its own permit's alone; a customer's
token gets nothing.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from sandbox.api.bearer import Caller
from sandbox.api.paging import DEFAULT, After, Limit, part
from sandbox.domain.listing import LONGEST_TEXT, Search
from sandbox.services import listing, permits
from sandbox.services.views import FileLine, PermitView

router = APIRouter(tags=["registers"])
Words = Annotated[
    str, Query(max_length=LONGEST_TEXT, description="In number, title or names; any letter case.")
]
State = Annotated[str, Query(max_length=40, pattern="^[a-z_]*$", description="Only of this state.")]


def asked(q: Words = "", state: State = "", after: After = None, limit: Limit = DEFAULT) -> Search:
    """The search that an address asks for."""
    return Search(text=q, state=state, after=after or "", limit=limit)


Asked = Annotated[Search, Depends(asked)]


class PermitLine(BaseModel):
    """A permit in a list."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": "SB-2026-0001",
                    "file": "F-2026-0001",
                    "title": "Merchant payments in KGST",
                    "org_name": "Kattap Pay",
                    "sponsor_name": "Ala-Too Demo Bank",
                    "state": "active",
                    "version": 1,
                    "start": "2026-11-21T09:00:00Z",
                    "end": "2027-02-19T09:00:00Z",
                    "acknowledged": True,
                }
            ]
        }
    )
    number: str
    file: str
    title: str
    org_name: str
    sponsor_name: str | None
    state: str
    version: int
    start: str
    end: str
    acknowledged: bool

    @classmethod
    def of(cls, view: PermitView) -> PermitLine:
        """From a permit as its reader may see it."""
        return cls(
            number=view.number,
            file=view.file,
            title=view.title,
            org_name=view.org_name,
            sponsor_name=view.sponsor_name,
            state=view.state,
            version=view.version,
            start=view.terms.start.isoformat(),
            end=view.terms.end.isoformat(),
            acknowledged=view.acknowledged,
        )


@router.get("/files", summary="Files that this token may see")
def files(call: Caller, request: Request, response: Response, search: Asked) -> list[FileLine]:
    """By number. ``Link`` leads to the next part."""
    with call.parts.store.unit(read_only=True) as u:
        found = listing.following_files(u, call.known, search)
    return part(request, response, found, search.limit, lambda each: each.id)


@router.get("/permits", summary="Permits that this token may see")
def permit_list(
    call: Caller, request: Request, response: Response, search: Asked
) -> list[PermitLine]:
    """By number. ``Link`` leads to the next part."""
    with call.parts.store.unit(read_only=True) as u:
        found = permits.following_permits(u, call.known, search)
    shown = part(request, response, found, search.limit, lambda each: each.number)
    return [PermitLine.of(each) for each in shown]
