"""A permit with a contract that may become a supervised ledger, in the test desk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eth_abi.abi import encode

from sandbox.domain.supervised_ledger import LedgerState
from sandbox.services.calls import call_data
from tests.web.world import World

POOL = "0x0165878A594ca255338adfa4d48449f69242Eb8F"
ELSEWHERE = "0x5FC8d32690cc91D4c39d9d3abcBD16989F875707"
KGST = 10**18
PURPOSE = "Customers save together and pay each other inside."
REPORTED = {"claims": 4_200 * KGST, "own": 25 * KGST}


def with_pool(desk: World) -> str:
    """A granted permit; its chain has a contract that is nobody's, and one that is another's."""
    number = desk.granted()
    rpc = desk.gateway.rpc
    asked = {
        call_data(contract, function, *some)[:10]: function
        for contract, function, some in (
            ("SupervisedLedgers", "ledgerOf", (bytes(32), POOL)),
            ("SupervisedLedgers", "claimsOf", (POOL, POOL)),
            ("Supervisor", "memberOf", (POOL,)),
        )
    }

    def answer(chain: str, method: str, params: Any) -> Any:
        if method == "eth_getCode":
            return "0x6000" if params[0] in (POOL, ELSEWHERE) else "0x"
        function = asked.get(params[0]["data"][:10]) if method == "eth_call" else None
        if function == "ledgerOf":
            return "0x" + encode(("bool", "bool", "uint256"), (False, False, 0)).hex()
        if function == "claimsOf":
            return "0x" + encode(("uint256", "uint256"), tuple(REPORTED.values())).hex()
        if function == "memberOf":
            theirs = params[0]["data"].endswith(ELSEWHERE[2:].lower())
            kind, permit = (4, b"\x07" * 32) if theirs else (0, bytes(32))
            types = ("bytes32", "uint8", "bytes32")
            return "0x" + encode(types, (permit, kind, bytes(32))).hex()
        return rpc(chain, method, params)

    desk.gateway.rpc = answer  # type: ignore[method-assign]
    return number


def form(**changes: str) -> dict[str, str]:
    """The form of the team."""
    filled = {"contract": POOL, "chain": "kgst", "name": "Savings pool", "purpose": PURPOSE}
    return filled | changes


def ask(desk: World, number: str) -> str:
    """Ask by the form; the ledger's path."""
    answer = desk.browser("bakyt").post(f"/desk/permits/{number}/ledgers", form())
    assert answer.status_code == 303, answer.text
    place, _, ledger = str(answer.headers["location"]).partition("#l-")
    return f"{place}/{ledger}"


def put_on_chain(desk: World, path: str, state: LedgerState = LedgerState.ADMITTED) -> None:
    """The worker's part."""
    with desk.parts.store.unit() as u:
        ledger = u.supervised_ledgers.get(path.rsplit("/", 1)[1])
        u.supervised_ledgers.save(replace(ledger, state=state, tx_hash="0x" + "5a" * 32))
        u.commit()
