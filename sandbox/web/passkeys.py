"""The reader's own passkeys: which there are, a new one, one less."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.kit.errors import NotAuthenticated, NotFound, SynakError
from sandbox.services import passkeys
from sandbox.web.pages import Problem, page
from sandbox.web.passkey_asking import ADD, Asking
from sandbox.web.visit import Poster, Reader, Reception, Visit

router = APIRouter(include_in_schema=False)


def _asking(request: Request) -> Asking:
    reception: Reception = request.app.state.reception
    return reception.asking


@router.get(ADD)
def show(visit: Reader) -> Response:
    """The reader's passkeys, and the way to another.

    Raises:
        NotFound: ``web.not_found`` where no passkeys are made.
    """
    return _page(visit)


def _page(visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    reception: Reception = visit.request.app.state.reception
    asking = reception.asking
    assert visit.session is not None
    asked = asking.ask_new(visit.known, visit.session, visit.display_name, visit.at)
    if asked is None:
        raise NotFound("web.not_found")
    with visit.parts.store.unit(read_only=True) as u:
        own = passkeys.list_passkeys(u, visit.known)
    return page(
        visit,
        "passkeys.html",
        status=problem.error.status if problem else 200,
        own=own,
        asked=asked,
        platforms=reception.elsewhere.platforms_alone(visit.known),
        only=visit.parts.passkeys is not None and visit.parts.passkeys.only,
        problem=problem,
    )


@router.post(ADD)
def add(visit: Poster) -> Response:
    """Add one; needs the password, or another passkey, just now."""
    assert visit.session is not None
    form = visit.form
    try:
        given = _asking(visit.request).given(
            visit.session, form.get("credential", ""), form.get("question", ""), visit.at
        )
        with visit.parts.store.unit() as u:
            passkeys.add(u, visit.known, form.get("name", ""), given, at=visit.at)
            u.commit()
    except SynakError as error:
        if isinstance(error, NotAuthenticated) and error.code.startswith("seat."):
            raise
        return _page(visit, Problem(error, "add"))
    return RedirectResponse(f"{ADD}?said=saved", 303)


@router.post(ADD + "/{passkey}/remove")
def remove(visit: Poster, passkey: str) -> Response:
    """Take one away; needs a proof just now."""
    with visit.parts.store.unit() as u:
        passkeys.remove(u, visit.known, passkey, at=visit.at)
        u.commit()
    return RedirectResponse(f"{ADD}?said=saved", 303)
