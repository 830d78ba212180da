"""What this is, and what it is not."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.web.pages import page
from sandbox.web.visit import Anybody

router = APIRouter(include_in_schema=False)


@router.get("/desk/about")
def about(visit: Anybody) -> Response:
    """For everybody."""
    return page(visit, "about.html")
