"""``check``: the gateway's whole answer as a table that a person can read, in three languages."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from sandbox.contracts.loader import artifact
from sandbox.sdk import ContractReverted, PermitRefused, compile_source
from sandbox.sdk.checks import Check, check
from sandbox.sdk.place import Place
from sandbox.sdk.wallets import ManagedWallet
from tests.gateway.support import Permit, System
from tests.sdk.notebook import solidity

KGST = 10**18
LIMITS = {"deployments": 0, "payload_bytes": 60_000, "gas_per_transaction": 2_000_000}
STRANGER = "0x" + "57" * 20


@pytest.fixture(scope="module")
def world():
    root = Path(tempfile.mkdtemp(prefix="ck-"))
    system = System(root).start()
    permit = Permit(system, "SB-2026-0555", limits=LIMITS)
    yield system, permit
    system.stop()
    shutil.rmtree(root, ignore_errors=True)


def _wallet(world, address, token):
    place = Place.of(f"http://127.0.0.1:{world[0].port}", token=token)
    return ManagedWallet(place, address)


@pytest.fixture(scope="module")
def team(world):
    wallet = _wallet(world, world[1].managed, world[1].key)
    yield wallet
    wallet.close()


@pytest.fixture(scope="module")
def customer(world):
    wallet = _wallet(world, *world[1].customer(1, amount=9_000 * KGST))
    yield wallet
    wallet.close()


def _token(world, wallet):
    return wallet.w3().eth.contract(address=world[1].token, abi=artifact("KGST").abi)


def test_a_payment_that_would_go_through_is_true_and_says_its_gas(world, customer):
    other = world[1].customer(2)[0]
    said = check(_token(world, customer).functions.transfer(other, KGST), customer, "kgst")
    assert said
    assert said.complete
    assert said.gas > 50_000
    assert "Nothing would be refused" in repr(said)
    assert said.counters["deployments"]["limit"] == "0"


def test_every_clause_is_a_row_with_its_numbers_in_each_language(world, customer):
    call = _token(world, customer).functions.transfer(STRANGER, 6_000 * KGST)
    tables = {}
    for language in ("en", "ru", "ky"):
        said = check(call, customer, "kgst", language=language)
        assert said.clauses == ("not_a_member", "per_transaction")
        assert not said
        tables[language] = said._repr_html_()
        assert "5 000.00 KGST" in tables[language]
        assert "6 000.00 KGST" in repr(said)
        assert "{" not in tables[language]
    assert len(set(tables.values())) == 3


def test_a_deployment_names_the_terms_and_a_plain_transfer_the_value(world, team):
    contract = compile_source(solidity())["MerchantPayments"]
    factory = team.w3().eth.contract(abi=contract.abi, bytecode=contract.bytecode)
    said = check(factory.constructor(world[1].token), team, "kgst")
    assert said.clauses == ("deployments",)
    said = check({"to": STRANGER, "value": 1, "gas": 2_000_001}, team, "kgst")
    assert said.clauses == ("native_value", "gas_per_transaction")


def test_a_call_too_long_for_a_request_is_told_of_without_being_sent(world, team):
    long = {"to": world[1].token, "data": "0x" + "00" * 60_000}
    said = check(long, team, "kgst", payload="60000")
    assert said.clauses == ("payload_bytes",)
    assert not said.complete
    assert "More clauses may refuse" in repr(said)
    assert world[0].inside.refusals(after=0, permit=world[1].number, limit=10) == []
    short = {"to": world[1].token, "data": "0x18160ddd"}
    assert check(short, team, "kgst", payload="60000").clauses == ()


def test_a_contracts_own_refusal_is_named_and_is_no_clause(world, team):
    call = _token(world, team).functions.transfer(world[1].account.address, 5)
    said = check(call, team, "kgst")
    (found,) = said.findings
    assert isinstance(found, ContractReverted)
    assert found.reason.startswith("ERC20InsufficientBalance")
    assert not said.complete


def test_a_table_escapes_what_came_from_outside():
    refused = PermitRefused({"clause": "<b>", "limit": "1"})
    assert "<b>" not in Check((refused,))._repr_html_().replace("<p><b>", "").replace(
        "</b></p>", ""
    )
