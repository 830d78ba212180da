"""A test that has ended, behind the desk's seams: balances by wallet, blocks with hashes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from eth_abi.abi import encode

from sandbox.domain.delegations import Delegation
from sandbox.domain.lifecycle import Act, FileState
from sandbox.domain.terms import TrialState
from sandbox.services import settlement_run
from sandbox.services.acts import move
from sandbox.services.calls import call_data
from sandbox.services.publication import Desk
from tests.web.customers_world import Ledger, opened, with_ledger
from tests.web.world import World

BLOCK = 842
HASH = "0x" + "5e" * 32


def with_measure(desk: World, ledger: Ledger, contracts: int = 0) -> None:
    """Answers of one block: the Supervisor's count and each wallet."""
    usage = call_data("Supervisor", "usage", b"\0" * 32, "0x" + "00" * 20)[:10]
    rpc = desk.gateway.rpc

    def asked(chain: str, method: str, params: Any) -> Any:
        if method == "eth_getBlockByNumber":
            return {"number": hex(BLOCK), "hash": HASH}
        if method == "eth_call" and params[0]["data"][:10] == usage:
            return measure(chain, BLOCK, [("call", params[0]["to"], params[0]["data"])])[0]
        return rpc(chain, method, params)

    def measure(_chain: str, block: int, asks: Any) -> list[str]:
        assert block == BLOCK
        with desk.parts.store.unit(read_only=True) as u:
            customers = {
                each.wallet
                for each in u.customers.of_permit("SB-2026-0001")
                if each.kind.value == "customer"
            }
        held = {key[2:].lower(): value for key, value in ledger.balances.items()}
        owed = sum(ledger.balances.get(each, 0) for each in customers) + contracts
        return [
            "0x" + encode(("uint256", "uint256", "uint32", "uint32"), (0, owed, 1, 1)).hex()
            if data[:10] == usage
            else "0x" + encode(("uint256",), (held.get(data[-40:].lower(), 0),)).hex()
            for _, _, data in asks
        ]

    desk.gateway.rpc = asked  # type: ignore[method-assign]
    desk.gateway.measure = measure  # type: ignore[attr-defined]


def ended(desk: World, contracts: int = 0) -> tuple[Ledger, str, tuple[str, str, str, str]]:
    """A surrendered permit whose customer and merchant hold money: ledger, file, people."""
    people = opened(desk)
    ledger = with_ledger(desk)
    with_measure(desk, ledger, contracts)
    ledger.balances |= {people[2]: 70 * 10**18, people[3]: 30 * 10**18}
    with desk.parts.store.unit() as u:
        permit = u.permits.get("SB-2026-0001")
        u.permits.save(replace(permit, base_state=TrialState.WIND_DOWN))
        file = u.files.get(permit.file)
        saved = move(u, file, Act.SURRENDER, actor="damira", at=desk.clock.now())
        assert saved.state is FileState.SURRENDERED
        u.commit()
    return ledger, str(saved.id), people


def later(desk: World, **ahead: int) -> None:
    """Move the clock."""
    desk.clock.forward(timedelta(**ahead))


def work(desk: World) -> None:
    """The worker's turn."""
    made = Desk(desk.parts.store, desk.gateway, desk.clock)
    with desk.parts.store.unit(read_only=True) as u:
        rows = [each for each in u.outbox.due(desk.clock.now()) if each.kind == settlement_run.RUN]
    for row in rows:
        settlement_run.run(made, row)


def stands_in(desk: World, giver: str, taker: str) -> None:
    """One regulator stands for another from now on."""
    at = desk.clock.now()
    with desk.parts.store.unit() as u:
        one, two = u.accounts.get(giver), u.accounts.get(taker)
        assert one.org is not None
        made = Delegation(
            id="d1",
            authority=one.org,
            giver=one.name,
            giver_person=one.person,
            taker=two.name,
            taker_person=two.person,
            file=None,
            reasons="On leave.",
            starts=at,
            ends=at + timedelta(days=5),
            made_at=at,
        )
        u.delegations.add(made)
        u.commit()
