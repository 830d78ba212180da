"""The team's own wallets: their list, a challenge to sign, its answer."""

from __future__ import annotations

import json

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.kit.ids import CHAIN_IDS, permit_number
from sandbox.services import permits, team_wallets
from sandbox.services.team_wallets import AnswerChallenge, AskChallenge, RemoveWallet
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit
from sandbox.web.words import chain_name

router = APIRouter(include_in_schema=False)


@router.get("/desk/permits/{number}/wallets")
def show(visit: Reader, number: str) -> Response:
    """The wallets whose keys the team keeps itself."""
    return _list(visit, number)


def _list(visit: Visit, number: str, problem: Problem | None = None) -> HTMLResponse:
    wanted = permit_number(number)
    with visit.parts.store.unit(read_only=True) as u:
        view = permits.permit_view(u, visit.known, wanted, at=visit.at)
        found = team_wallets.list_wallets(u, visit.known, wanted, at=visit.at)
    return page(
        visit,
        "wallets.html",
        status=problem.error.status if problem else 200,
        permit=view,
        wallets=found,
        problem=problem,
        chains={
            name: f"{chain_name(visit.lang, name)} ({number})"
            for name, number in CHAIN_IDS.items()
            if name in view.chains
        },
    )


@router.post("/desk/permits/{number}/wallets")
def ask(visit: Poster, number: str) -> Response:
    """A challenge for a wallet."""
    command = AskChallenge(
        permit=permit_number(number),
        address=visit.form.get("address", "").strip(),
        chain=visit.form.get("chain", ""),
        name=visit.form.get("name", ""),
        origin=visit.parts.public_url,
    )
    return act(
        visit,
        lambda u: team_wallets.ask(u, visit.known, command, at=visit.at, ports=visit.parts.ports),
        then=lambda view: f"/desk/permits/{command.permit}/wallets/{view.id}",
        again=lambda error: _list(visit, number, Problem(error, "wallets")),
    )


@router.get("/desk/permits/{number}/wallets/{wallet}")
def challenge(visit: Reader, number: str, wallet: str) -> Response:
    """What to sign, and where to put the signature."""
    return _challenge(visit, number, wallet)


def _challenge(
    visit: Visit, number: str, wallet: str, problem: Problem | None = None
) -> HTMLResponse:
    wanted = permit_number(number)
    with visit.parts.store.unit() as u:
        view = team_wallets.challenge_view(
            u, visit.known, wanted, wallet, at=visit.at, ports=visit.parts.ports
        )
    return page(
        visit,
        "challenge.html",
        status=problem.error.status if problem else 200,
        number=wanted,
        challenge=view,
        typed_data=json.dumps(view.typed_data, ensure_ascii=False),
        problem=problem,
    )


@router.post("/desk/permits/{number}/wallets/{wallet}/answer")
def answer(visit: Poster, number: str, wallet: str) -> Response:
    """The signature; the worker then registers the wallet."""
    wanted = permit_number(number)
    command = AnswerChallenge(wanted, wallet, visit.form.get("signature", "").strip())
    return act(
        visit,
        lambda u: team_wallets.answer(
            u, visit.known, command, at=visit.at, ports=visit.parts.ports
        ),
        then=f"/desk/permits/{wanted}/wallets",
        again=lambda error: _challenge(visit, number, wallet, Problem(error, "answer")),
    )


@router.post("/desk/permits/{number}/wallets/{wallet}/remove")
def remove(visit: Poster, number: str, wallet: str) -> Response:
    """Out at once."""
    command = RemoveWallet(permit_number(number), wallet)
    return act(
        visit,
        lambda u: team_wallets.remove(
            u, visit.known, command, at=visit.at, ports=visit.parts.ports
        ),
        then=f"/desk/permits/{command.permit}/wallets",
        again=lambda error: _list(visit, number, Problem(error, "wallets")),
    )
