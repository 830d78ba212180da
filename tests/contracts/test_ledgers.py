"""Supervised ledgers on a chain: what is signed, what counts inside, what a silent pool cannot."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3.contract.contract import Contract

from sandbox.contracts.compiler import compile_sources
from sandbox.contracts.loader import artifact
from sandbox.contracts.made import ledgers_address
from sandbox.contracts.trace import refusal_tracer, refusals_traced
from sandbox.contracts.typed import ledger_typed_data
from tests.contracts.ledger_support import pools
from tests.contracts.support import CONTRACT, CUSTOMER, KGST, PERMIT, REVERTS, World, refusal_of

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ledgers(world: World) -> Contract:
    address = ledgers_address(world.supervisor.address)
    return world.engine.w3.eth.contract(address=address, abi=artifact("SupervisedLedgers").abi)


def _typed(world: World, ledgers: Contract, ledger: str, nonce: int, *, admit: bool) -> dict:
    return ledger_typed_data(
        world.chain_id, ledgers.address, permit=PERMIT, ledger=ledger, nonce=nonce, admit=admit
    )


def _digest(typed: dict) -> bytes:
    signable = encode_typed_data(full_message=typed)
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def _admit(world: World, ledgers: Contract, ledger: str) -> None:
    register = world.supervisor.functions.register(PERMIT, ledger, CONTRACT, bytes(32), 0, b"")
    world.engine.send(world.registrar, register)
    typed = _typed(world, ledgers, ledger, 0, admit=True)
    signatures = [
        bytes(each.sign_typed_data(full_message=typed).signature) for each in world.regulators[:2]
    ]
    call = ledgers.functions.admitLedger(PERMIT, ledger, 0, signatures)
    world.engine.send(Account.create(), call)


def _pool(world: World, name: str, *more: str) -> Contract:
    world.publish(world.terms())
    return world.engine.deploy(Account.create(), pools()[name], world.kgst.address, *more)


def _deposited(world: World, pool: Contract, amount: int) -> LocalAccount:
    aida = world.enrol(CUSTOMER, "aida", funds=10_000 * KGST)
    world.engine.send(aida, world.kgst.functions.approve(pool.address, amount))
    world.engine.send(aida, pool.functions.deposit(amount))
    return aida


def test_typed_data_has_the_contracts_own_digest(world: World, ledgers: Contract) -> None:
    assert world.supervisor.functions.ledgers().call() == ledgers.address
    assert ledgers.functions.supervisor().call() == world.supervisor.address
    ledger = world.kgst.address
    admission = _digest(_typed(world, ledgers, ledger, 3, admit=True))
    closing = _digest(_typed(world, ledgers, ledger, 3, admit=False))
    assert admission == ledgers.functions.hashAdmission(PERMIT, ledger, 3).call()
    assert closing == ledgers.functions.hashClosing(PERMIT, ledger, 3).call()
    assert admission != closing


def test_a_payment_inside_the_reference_is_counted_and_paid_out(
    world: World, ledgers: Contract
) -> None:
    pool = _pool(world, "Pool", world.supervisor.address)
    _admit(world, ledgers, pool.address)
    aida = _deposited(world, pool, 6_000 * KGST)
    bek = world.enrol(CUSTOMER, "bek")
    assert world.usage()[0] == 0, "a deposit is no payment"
    world.engine.send(aida, pool.functions.pay(bek.address, 5_000 * KGST))
    assert world.usage()[0] == 5_000 * KGST
    assert pool.functions.balanceOf(bek.address).call() == 5_000 * KGST
    world.engine.send(bek, pool.functions.withdraw(5_000 * KGST))
    assert world.kgst.functions.balanceOf(bek.address).call() == 5_000 * KGST
    assert world.usage()[0] == 5_000 * KGST, "nor is a payout"
    claims = ledgers.functions.claimsOf(pool.address, world.kgst.address).call()
    assert claims == [1_000 * KGST, 0]


def test_limits_and_claims_refuse_inside_with_their_clauses(
    world: World, ledgers: Contract
) -> None:
    pool = _pool(world, "Pool", world.supervisor.address)
    _admit(world, ledgers, pool.address)
    aida = _deposited(world, pool, 6_000 * KGST)
    bek = world.enrol(CUSTOMER, "bek")
    for amount, clause in (
        (5_000 * KGST + 1, "per_transaction"),
        (6_000 * KGST + 1, "ledger_claim"),
    ):
        with pytest.raises(REVERTS) as refused:
            world.engine.send(aida, pool.functions.pay(bek.address, amount))
        assert refusal_of(refused.value).clause == clause
        call = pool.functions.pay(bek.address, amount).build_transaction(
            {"from": aida.address, "gas": 500_000, "gasPrice": 0}
        )
        asked = {"from": aida.address, "to": pool.address, "data": call["data"]}
        tracer = {"tracer": refusal_tracer(world.supervisor.address)}
        answers = world.engine.ask("debug_traceCall", asked, "latest", tracer)
        assert {each.clause for each in refusals_traced(answers)} == {clause}, "and provably so"
    assert pool.functions.balanceOf(aida.address).call() == 6_000 * KGST


@pytest.mark.slow
def test_the_example_of_the_how_to_compiles_as_a_teams_own_source() -> None:
    text = (CHECKOUT / "docs" / "how-to" / "supervised-ledger.md").read_text("utf-8")
    (source,) = re.findall(r"```solidity\n(.*?)```", text, re.DOTALL)
    built = compile_sources({"Pool.sol": source})["Pool"]
    names = {each["name"] for each in built.abi if each["type"] == "function"}
    assert {"deposit", "pay", "withdraw", "charge", "reward", "balanceOf"} <= names


def test_a_pool_that_tells_nobody_pays_home_and_nobody_else(
    world: World, ledgers: Contract
) -> None:
    pool = _pool(world, "SilentPool")
    _admit(world, ledgers, pool.address)
    aida = _deposited(world, pool, 2_000 * KGST)
    bek = world.enrol(CUSTOMER, "bek")
    world.engine.send(aida, pool.functions.pay(bek.address, 1_000 * KGST))
    with pytest.raises(REVERTS) as refused:
        world.engine.send(bek, pool.functions.withdraw(1_000 * KGST))
    found = refusal_of(refused.value)
    assert (found.clause, found.limit, found.requested) == ("ledger_claim", 0, 1_000 * KGST)
    world.engine.send(aida, pool.functions.withdraw(1_000 * KGST))
    assert world.kgst.functions.balanceOf(aida.address).call() == 9_000 * KGST
