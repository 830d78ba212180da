"""The explorer: blocks, transactions, addresses and contracts of the trial chains.

Rules: for everybody who is signed in; whole without JavaScript; the first page renews
itself; who is behind an address only for those who may know (``services.explorer_behind``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.contracts.standard_input import installed
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput, NotFound, Unavailable
from sandbox.kit.ids import checksum
from sandbox.services import explorer, explorer_functions
from sandbox.services.explorer_decode import MOST_ARGUMENTS
from sandbox.services.explorer_verify import Verify, verify
from sandbox.web.explorer_words import Words
from sandbox.web.exports import csv_answer
from sandbox.web.live import News, stream
from sandbox.web.pages import Problem, fragment, page
from sandbox.web.source_lines import source_lines
from sandbox.web.visit import Anybody, Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
HOME: Final = "/desk/explorer"


@router.get(HOME)
def front(visit: Reader, chain: str = "kgst") -> Response:
    """The first page of a chain."""
    return _overview(visit, explorer.chain_of(chain), None)


@router.get(HOME + "/search")
def search(visit: Reader, chain: str = "kgst", q: str = "") -> Response:
    """One field, one result; what is not found is said beside the field."""
    known = explorer.chain_of(chain)
    try:
        with visit.parts.store.unit(read_only=True) as u:
            place = explorer.search(u, known, q[:200])
    except (InvalidInput, NotFound) as error:
        return _overview(visit, known, None, problem=Problem(error, "search"), typed=q[:200])
    return RedirectResponse(f"{HOME}/{quote(place)}", 303)


@router.get(HOME + "/{chain}")
def show(visit: Reader, chain: str, before: str | None = None) -> Response:
    """A chain's newest blocks and transactions."""
    return _overview(visit, explorer.chain_of(chain), before)


def _overview(
    visit: Visit,
    chain: str,
    before: str | None,
    *,
    problem: Problem | None = None,
    typed: str = "",
) -> HTMLResponse:
    try:
        with visit.parts.store.unit(read_only=True) as u:
            view = explorer.overview(
                u, visit.known, chain, gateway=visit.parts.ports.gateway, before=before
            )
    except NotFound:
        return page(visit, "explorer_empty.html", **_words(visit, chain))
    return page(
        visit,
        "explorer.html",
        status=problem.error.status if problem else 200,
        view=view,
        live=before is None,
        problem=problem,
        query=typed,
        **_words(visit, chain),
    )


def _words(visit: Visit, chain: str) -> dict[str, Any]:
    return {"ledger": Words(visit.lang), "chain": chain, "chains": explorer.CHAINS}


@router.get(HOME + "/{chain}/live")
async def live(request: Request, visit: Anybody, chain: str) -> Response:
    """The first page's newest blocks and transactions as server-sent events."""
    known = explorer.chain_of(chain)

    def produce() -> News:
        with visit.parts.store.unit(read_only=True) as u:
            view = explorer.overview(u, visit.known, known, gateway=visit.parts.ports.gateway)
        html = fragment(
            visit, "explorer_live.html", view=view, live=True, query="", **_words(visit, known)
        )
        return News(html, html)

    account = visit.actor.account if visit.actor else ""
    return await stream(request, visit, f"explorer/{known}/{visit.lang}/{account}", produce)


@router.get(HOME + "/{chain}/blocks/{number}")
def block(visit: Reader, chain: str, number: str, after: str = "") -> Response:
    """One block."""
    known = explorer.chain_of(chain)
    if not is_digits(number) or len(number) > 18 or (after and not is_digits(after)):
        raise NotFound("explorer.not_found", what=number[:66])
    with visit.parts.store.unit(read_only=True) as u:
        view = explorer.block_page(
            u, visit.known, known, int(number), after=int(after[:9]) if after else -1
        )
    return page(visit, "explorer_block.html", view=view, **_words(visit, known))


@router.get(HOME + "/{chain}/transactions/{digest}")
def transaction(visit: Reader, chain: str, digest: str) -> Response:
    """One transaction."""
    known = explorer.chain_of(chain)
    with visit.parts.store.unit(read_only=True) as u:
        view = explorer.transaction_page(
            u, visit.known, known, digest, gateway=visit.parts.ports.gateway
        )
    return page(visit, "explorer_transaction.html", view=view, **_words(visit, known))


@router.get(HOME + "/{chain}/addresses/{address}")
def address(
    visit: Reader,
    chain: str,
    address: str,
    movements: str | None = None,
    transactions: str | None = None,
) -> Response:
    """One address, or one contract."""
    return show_address(visit, chain, address, places=(movements, transactions))


@dataclass(frozen=True)
class Said:
    """What the reader asked for on an address's page, and what came of it."""

    problem: Problem | None = None
    answer: explorer_functions.Answer | None = None
    given: Mapping[str, Sequence[str]] = field(default_factory=dict)


def show_address(
    visit: Visit,
    chain: str,
    address: str,
    *,
    places: tuple[str | None, str | None] = (None, None),
    said: Said | None = None,
) -> HTMLResponse:
    """The page of an address, also after a source could not be verified or a function was read."""
    said = said or Said()
    known = explorer.chain_of(chain)
    with visit.parts.store.unit(read_only=True) as u:
        view = explorer.address_page(
            u,
            visit.known,
            known,
            address,
            gateway=visit.parts.ports.gateway,
            movements_before=places[0],
            lines_before=places[1],
        )
        abi = explorer.known_abi(u, visit.known, known, view.known.address)
    return page(
        visit,
        "explorer_address.html",
        status=said.problem.error.status if said.problem else 200,
        view=view,
        problem=said.problem,
        compilers=installed() if view.may_verify else (),
        functions=explorer_functions.functions(abi or ()),
        answer=said.answer,
        given=said.given,
        source_lines=source_lines,
        **_words(visit, known),
    )


@router.get(HOME + "/{chain}/addresses/{address}/movements.csv")
def movements_csv(visit: Reader, chain: str, address: str) -> Response:
    """An address's movements of tokens, newest first, at most 5,000."""
    known = explorer.chain_of(chain)
    right = checksum(address)
    with visit.parts.store.unit(read_only=True) as u:
        moved, names = explorer.export(u, known, right)
    header = (
        "block",
        "first_block",
        "time",
        "transaction",
        "token",
        "symbol",
        "decimals",
        "from",
        "to",
        "amount",
        "source",
    )
    rows = [
        (
            each.block,
            each.since,
            each.at.isoformat(),
            each.hash,
            checksum(each.token),
            token.symbol if (token := names.tokens.get(each.token)) else "",
            token.decimals if token else "",
            each.payer,
            each.payee,
            each.amount,
            each.source,
        )
        for each in moved
    ]
    return csv_answer(f"synak-{known}-{right[:10]}.csv", header, rows)


@router.get(HOME + "/{chain}/addresses/{address}/read")
def read_function(visit: Reader, chain: str, address: str, f: str = "") -> Response:
    """Call a function that only reads, with arguments ``a1``, ``a2``, …; the page says it."""
    known, right = explorer.chain_of(chain), checksum(address)
    query = visit.request.query_params
    given = [query[name] for n in range(1, MOST_ARGUMENTS + 1) if (name := f"a{n}") in query]
    form = f"read-{f[:10]}"
    try:
        with visit.parts.store.unit(read_only=True) as u:
            answer = explorer_functions.read(
                u, visit.known, known, right, f, given, gateway=visit.parts.ports.gateway
            )
    except (InvalidInput, Unavailable) as error:
        return show_address(
            visit, known, right, said=Said(Problem(error, form), given={form: given})
        )
    return show_address(visit, known, right, said=Said(answer=answer, given={form: given}))


@router.post(HOME + "/{chain}/addresses/{address}/verify")
def verify_source(visit: Poster, chain: str, address: str) -> Response:
    """Compile a source and compare it with the contract."""
    known = explorer.chain_of(chain)
    right = checksum(address)
    command = Verify(
        chain=known,
        address=right,
        input=visit.form.get("input", ""),
        name=visit.form.get("name", ""),
        compiler=visit.form.get("compiler", ""),
    )
    parts = visit.parts
    try:
        verify(parts.store, visit.known, command, gateway=parts.ports.gateway, at=visit.at)
    except (InvalidInput, Unavailable) as error:
        return show_address(visit, known, right, said=Said(Problem(error, "verify")))
    return RedirectResponse(f"{HOME}/{known}/addresses/{right}?said=verified#source", 303)
