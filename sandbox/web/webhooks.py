"""Webhooks: where an organisation's own programs are told, and what they answered."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.notices import TOLD
from sandbox.domain.webhooks import KINDS, MOST_OF_ONE, EndpointState, Outcome
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput, SynakError
from sandbox.locale import translator
from sandbox.locale.catalogue import N_, Language
from sandbox.services import webhooks
from sandbox.services.webhook_views import MadeEndpointView
from sandbox.services.webhooks import AddEndpoint, ChangeEndpoint, RenewSecret
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
PAGE: Final = 50
STATES: Final[dict[EndpointState, str]] = {
    EndpointState.ON: N_("Webhook is on"),
    EndpointState.PAUSED: N_("Webhook is paused"),
    EndpointState.SET_ASIDE: N_("Set aside: it did not answer for three days"),
}
OUTCOMES: Final[dict[Outcome, str]] = {
    Outcome.TAKEN: N_("Taken"),
    Outcome.REJECTED: N_("Answered, not with 2xx"),
    Outcome.GONE: N_("Answered 410: gone for good"),
    Outcome.TOO_SLOW: N_("No whole answer in 15 seconds"),
    Outcome.OUT_OF_REACH: N_("No connection, or no such name"),
    Outcome.NOT_PUBLIC: N_("The name leads to an address that is not public"),
    Outcome.NO_TLS: N_("The certificate is not good for this name"),
    Outcome.NO_ANSWER: N_("What came is not an answer of HTTP"),
    Outcome.NOT_SIGNED: N_("The secret cannot be read here: renew it"),
}
GROUPS: Final[dict[str, str]] = {
    "file": N_("File"),
    "permit": N_("Events of the permit"),
    "complaint": N_("Complaints"),
    "review": N_("Contract review"),
}
"""The first word of a kind to what the page calls the group."""


def _groups(lang: Language) -> list[tuple[str, list[str]]]:
    gettext = translator(lang).gettext
    found: dict[str, list[str]] = {}
    for kind in KINDS:
        found.setdefault(kind.partition(".")[0], []).append(kind)
    return [(gettext(GROUPS.get(name, GROUPS["file"])), kinds) for name, kinds in found.items()]


def _words(lang: Language) -> dict[str, dict[str, str]]:
    gettext = translator(lang).gettext
    return {
        "states": {state.value: gettext(text) for state, text in STATES.items()},
        "outcomes": {outcome.value: gettext(text) for outcome, text in OUTCOMES.items()},
    }


@router.get("/desk/webhooks")
def everything(visit: Reader) -> Response:
    """The organisation's addresses."""
    return _list(visit)


def _list(visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        found = webhooks.list_endpoints(u, visit.known)
    return page(
        visit,
        "webhooks.html",
        status=problem.error.status if problem else 200,
        endpoints=found,
        groups=_groups(visit.lang),
        chosen=_chosen(visit),
        most=MOST_OF_ONE,
        problem=problem,
        **_words(visit.lang),
    )


@router.post("/desk/webhooks")
def add(visit: Poster) -> Response:
    """Add an address; the page shows its secret once."""
    try:
        command = AddEndpoint(visit.form.get("url", ""), _chosen(visit), visit.key)
        with visit.parts.store.unit() as u:
            made = webhooks.add(u, visit.known, command, at=visit.at, seal=visit.parts.webhooks)
            u.commit()
    except SynakError as error:
        if not webhooks.may_manage(visit.known):
            raise
        return _list(visit, Problem(error, "add"))
    return _secret(visit, made)


@router.get("/desk/webhooks/{endpoint_id}")
def show(visit: Reader, endpoint_id: str, before: str = "") -> Response:
    """One address, its settings and what was answered."""
    if before and (not is_digits(before) or len(before) > 9):
        raise InvalidInput("web.bad_request")
    return _one(visit, endpoint_id, before=int(before) if before else None)


def _one(
    visit: Visit, endpoint_id: str, problem: Problem | None = None, before: int | None = None
) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        endpoint = webhooks.endpoint(u, visit.known, endpoint_id)
        tried = webhooks.attempts(u, visit.known, endpoint_id, before=before, limit=PAGE + 1)
    return page(
        visit,
        "webhook.html",
        status=problem.error.status if problem else 200,
        endpoint=endpoint,
        tried=tried[:PAGE],
        older=tried[PAGE - 1].seq if len(tried) > PAGE else None,
        before=before,
        groups=_groups(visit.lang),
        chosen=_chosen(visit) if problem else endpoint.kinds,
        problem=problem,
        **_words(visit.lang),
    )


def _secret(visit: Visit, made: MadeEndpointView) -> HTMLResponse:
    answer = page(visit, "webhook_secret.html", made=made)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/desk/webhooks/{endpoint_id}")
def change(visit: Poster, endpoint_id: str) -> Response:
    """Another address or other kinds."""
    command = ChangeEndpoint(endpoint_id, visit.form.get("url", ""), _chosen(visit))
    return _changed(visit, command, "change")


@router.post("/desk/webhooks/{endpoint_id}/state")
def state(visit: Poster, endpoint_id: str) -> Response:
    """Pause, or go on."""
    return _changed(visit, ChangeEndpoint(endpoint_id, state=visit.form.get("state", "")), "state")


def _changed(visit: Visit, command: ChangeEndpoint, form: str) -> Response:
    try:
        with visit.parts.store.unit() as u:
            webhooks.change(u, visit.known, command, at=visit.at, seal=visit.parts.webhooks)
            u.commit()
    except InvalidInput as error:
        return _one(visit, command.id, Problem(error, form))
    return RedirectResponse(f"/desk/webhooks/{command.id}?said=saved", 303)


@router.post("/desk/webhooks/{endpoint_id}/secret")
def renew(visit: Poster, endpoint_id: str) -> Response:
    """A new secret, shown once."""
    command = RenewSecret(endpoint_id, visit.form.get("at_once") == "yes", visit.key)
    with visit.parts.store.unit() as u:
        made = webhooks.renew_secret(
            u, visit.known, command, at=visit.at, seal=visit.parts.webhooks
        )
        u.commit()
    return _secret(visit, made)


@router.post("/desk/webhooks/{endpoint_id}/test")
def send_test(visit: Poster, endpoint_id: str) -> Response:
    """A test event."""
    try:
        with visit.parts.store.unit() as u:
            webhooks.send_test(u, visit.known, endpoint_id, at=visit.at, key=visit.key)
            u.commit()
    except SynakError as error:
        return _one(visit, endpoint_id, Problem(error, "tried"))
    return RedirectResponse(f"/desk/webhooks/{endpoint_id}#tried", 303)


@router.post("/desk/webhooks/{endpoint_id}/again")
def again(visit: Poster, endpoint_id: str) -> Response:
    """Send an event again."""
    try:
        with visit.parts.store.unit() as u:
            event = visit.form.get("event", "")
            webhooks.send_again(u, visit.known, endpoint_id, event, at=visit.at)
            u.commit()
    except SynakError as error:
        return _one(visit, endpoint_id, Problem(error, "tried"))
    return RedirectResponse(f"/desk/webhooks/{endpoint_id}#tried", 303)


@router.post("/desk/webhooks/{endpoint_id}/remove")
def remove(visit: Poster, endpoint_id: str) -> Response:
    """Be told there no more."""
    with visit.parts.store.unit() as u:
        webhooks.remove(u, visit.known, endpoint_id, at=visit.at)
        u.commit()
    return RedirectResponse("/desk/webhooks?said=saved", 303)


def _chosen(visit: Visit) -> tuple[str, ...]:
    """The kinds whose boxes are ticked; each box is a field of its own."""
    return tuple(kind for kind in TOLD if visit.form.get(f"kind.{kind}") == "yes")
