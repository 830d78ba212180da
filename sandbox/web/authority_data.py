"""The page of one authority: what is recorded, its versions, the form of the next one.

Rules: ``services.authority_data``; one post, one act, one commit, each with a recent password.
"""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.application import KINDS
from sandbox.domain.authorities import Authority
from sandbox.domain.authority_versions import ASSETS, LANGUAGES, read_id, read_version
from sandbox.domain.seats import Right, require
from sandbox.kit.dates import read_day
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import NotFound
from sandbox.kit.ids import OrgId
from sandbox.services import authority_data
from sandbox.services.authority_data import AuthorityView, KeyLine, ProposeVersion, SettleVersion
from sandbox.store.unit import UnitOfWork
from sandbox.web.life_panel import said
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)


@router.get("/desk/authorities/new")
def new(visit: Reader) -> Response:
    """The form of a new authority."""
    require(visit.known, Right.OPERATE_PLATFORM)
    return _page(visit, None)


@router.get("/desk/authorities/{org}")
def show(visit: Reader, org: str) -> Response:
    """One authority."""
    return _show(visit, org)


def _show(visit: Visit, org: str, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        view = authority_data.authority_view(u, visit.known, org, at=visit.at)
        names = authority_data.signers_of(u, view.org) if view.inside and view.body else ()
    keys = authority_data.keys_of(names, visit.parts.ports) if names else ()
    return _page(visit, view, problem, keys)


def _page(
    visit: Visit,
    view: AuthorityView | None,
    problem: Problem | None = None,
    keys: tuple[KeyLine, ...] | None = (),
) -> HTMLResponse:
    return page(
        visit,
        "authority.html",
        status=problem.error.status if problem else 200,
        view=view,
        body=view.body if view else None,
        keys=keys,
        kinds=tuple(KINDS),
        assets=ASSETS,
        languages_of_names=LANGUAGES,
        said_of=partial(said, visit),
        problem=problem,
    )


@router.post("/desk/authorities/new")
def propose_new(visit: Poster) -> Response:
    """Propose a new authority."""

    def work(u: UnitOfWork) -> OrgId:
        body = _read(visit, read_id(visit.form.get("org", "")))
        command = ProposeVersion(body, visit.form.get("reasons", ""), new=True, key=visit.key)
        return authority_data.propose_version(u, visit.known, command, at=visit.at)

    return act(
        visit,
        work,
        then=lambda org: f"/desk/authorities/{org}?said=version_proposed",
        again=lambda error: _page(visit, None, Problem(error, "edit")),
    )


@router.post("/desk/authorities/{org}")
def propose(visit: Poster, org: str) -> Response:
    """Propose another version."""

    def work(u: UnitOfWork) -> OrgId:
        body = _read(visit, OrgId(org[:40]))
        command = ProposeVersion(body, visit.form.get("reasons", ""), key=visit.key)
        return authority_data.propose_version(u, visit.known, command, at=visit.at)

    return act(
        visit,
        work,
        then=f"/desk/authorities/{org}?said=version_proposed",
        again=lambda error: _show(visit, org, Problem(error, "edit")),
    )


@router.post("/desk/authorities/{org}/versions/{version}/{word}")
def settle(visit: Poster, org: str, version: str, word: str) -> Response:
    """Confirm or drop what waits."""
    if word not in {"confirm", "drop"}:
        raise NotFound("web.not_found")
    confirm = word == "confirm"
    command = SettleVersion(version, confirm, visit.key)
    done = "version_confirmed" if confirm else "version_dropped"
    return act(
        visit,
        lambda u: authority_data.settle_version(u, visit.known, command, at=visit.at),
        then=lambda _: f"/desk/authorities{'/' + org if confirm else ''}?said={done}",
        again=lambda error: _show(visit, org, Problem(error, "settle")),
    )


def _read(visit: Visit, org: OrgId) -> Authority:
    form = visit.form
    rank = form.get("rank", "").strip()
    since, until = form.get("since", "").strip(), form.get("until", "").strip()
    return read_version(
        org,
        names={each: form.get(f"name.{each}", "") for each in LANGUAGES},
        contact=form.get("contact", ""),
        kinds=[each for each in KINDS if form.get(f"kind.{each}") == "yes"],
        assets=[each for each in ASSETS if form.get(f"asset.{each}") == "yes"],
        rank=int(rank) if is_digits(rank) and len(rank) < 4 else 0,
        fallback=form.get("fallback") == "yes",
        source=form.get("source", ""),
        since=read_day(since) if since else None,
        until=read_day(until) if until else None,
    )
