"""Confirming an act of law by signing in once more at a provider.

1. An act asks who is there (``problems.ask_password``): the form is kept, and the page has a link
   to the provider. A link, since a form of ours may not lead elsewhere (``edge.CSP``).
2. ``/desk/confirm/<act>/<provider>`` sends the browser there; it comes back to the provider's own
   callback (``web.outside``), which hands on to :func:`came_back`.
3. ``/desk/confirm/<act>`` then has one button: it sends exactly the form that was kept, from the
   browser that came back.

Whatever goes wrong in between leads to the page of step 1, with what was wrong and the same form.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Final

import structlog
from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from sandbox.domain.kept_acts import PRESS, KeptAct
from sandbox.kit.errors import NotFound, SynakError
from sandbox.services import kept_acts
from sandbox.services.oidc import Came, Flow, Oidc
from sandbox.web.elsewhere import CAME
from sandbox.web.outside_steps import FLOW, drop, keep, opened, sealed
from sandbox.web.pages import page
from sandbox.web.passkey_asking import Act
from sandbox.web.problems import ask_password
from sandbox.web.visit import Reader, Reception, Visit

router = APIRouter(include_in_schema=False)
PLACE: Final = "/desk/confirm/{act}"
WHY: Final = "confirm-why"
log = structlog.get_logger("desk")


@router.get(PLACE)
def show(visit: Reader, act: str, why: str = "") -> Response:
    """A form that waits: with its button once it is confirmed, else with the ways to confirm it.

    Raises:
        NotFound: ``confirm.not_found``.
    """
    kept = _own(visit, act)
    reception: Reception = visit.request.app.state.reception
    form = reception.elsewhere.form(kept)
    assert visit.session is not None
    waiting = Act(visit.known, visit.session, form.path, form.fields)
    visit = replace(visit, form=form.fields, key=form.key or None)
    said = opened(visit, WHY, why)
    code, params, status = json.loads(said) if said else ("", {}, 200)
    problem = SynakError(code, **params) if code else None
    here = reception.elsewhere.came_back(kept, visit.request.headers.get("cookie", ""))
    if kept.used_at is None and not (here and kept.may_be_done(visit.at)):
        return ask_password(visit, problem, waiting, kept=kept, status=status)
    found = visit.parts.outside.get(kept.provider)
    return page(
        visit,
        "confirm.html",
        status=status,
        error=problem,
        place=form.path,
        kept=kept,
        until=(kept.confirmed_at or visit.at) + PRESS,
        provider=found.provider.title if found else kept.provider,
    )


@router.get(PLACE + "/{provider}")
def start(visit: Reader, act: str, provider: str) -> Response:
    """Send the browser to the provider, which has its person sign in once more.

    Raises:
        NotFound: ``confirm.not_found``, ``web.not_found``.
    """
    kept, found = _own(visit, act), visit.parts.outside.get(provider)
    if found is None:
        raise NotFound("web.not_found")
    if not kept.waits(visit.at):
        return RedirectResponse(PLACE.format(act=kept.id), 303)
    flow = Flow.new(provider, "", kept.session, kept.id)
    try:
        answer = RedirectResponse(found.authorize_url(flow), 303)
    except SynakError as problem:
        return _again(visit, kept, problem)
    keep(visit, answer, FLOW, json.dumps(asdict(flow)))
    return answer


def came_back(visit: Visit, found: Oidc, flow: Flow, came: Came) -> Response:
    """Take a provider's answer to :func:`start`, in the session that began it.

    Raises:
        NotFound: ``confirm.not_found``.
    """
    kept = _own(visit, flow.act)
    try:
        outsider = found.signed_in_after(flow, came, kept.asked_clock)
        with visit.parts.store.unit() as u:
            held = kept_acts.own(u, kept.session, kept.id, at=visit.at)
            kept_acts.confirm(u, visit.known, held, outsider, at=visit.at)
            u.commit()
    except SynakError as problem:
        log.warning(
            "outside.not_confirmed",
            code=problem.code,
            **{**problem.params, "provider": flow.provider},
        )
        return _again(visit, kept, problem)
    answer = RedirectResponse(PLACE.format(act=kept.id), 303)
    keep(visit, answer, CAME, kept.id)
    drop(visit, answer, FLOW)
    return answer


def _own(visit: Visit, act: str) -> KeptAct:
    assert visit.session is not None
    with visit.parts.store.unit(read_only=True) as u:
        return kept_acts.own(u, visit.session.id_hash, act, at=visit.at)


def _again(visit: Visit, kept: KeptAct, problem: SynakError) -> Response:
    """To the page of step 1; what was wrong goes along sealed, so that nobody else says it."""
    why = sealed(visit, WHY, json.dumps([problem.code, problem.params, problem.status]))
    return RedirectResponse(f"{PLACE.format(act=kept.id)}?why={why}", 303)
