"""``synak_check``: every clause that would refuse is named; nothing is charged or recorded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.domain.scope import ContractScope
from sandbox.domain.supervisor import FURTHER_NAMES
from sandbox.kit.money import NO_LIMIT
from tests.gateway.ledger_support import admitted_pool, pool_call
from tests.gateway.support import TOKEN, encode, now, transfer

STRANGER = "0x" + "57" * 20


def _clauses(said):
    return [each["clause"] for each in said["refusals"]]


@pytest.fixture
def customer(system, permit):
    wallet, token = permit.customer(1, amount=10_000 * TOKEN)
    return wallet, token


def _check(system, permit, sender, *, token=None, **transaction):
    return system.ok(permit, "synak_check", {"from": sender, **transaction}, token=token)


def test_what_would_pass_has_no_refusal_and_an_estimate(system, permit, customer):
    wallet, token = customer
    other, _ = permit.customer(2)
    call = {"to": permit.token, "data": transfer(other, 100 * TOKEN)}
    said = _check(system, permit, wallet, token=token, **call)
    assert (_clauses(said), said["reverts"], said["complete"]) == ([], None, True)
    assert 60_000 < int(said["gas"], 16) < 300_000


def test_every_clause_of_the_chain_is_named_with_its_numbers(system, permit, customer):
    wallet, token = customer
    other, _ = permit.customer(2, amount=19_000 * TOKEN)
    permit.publish(
        version=2,
        assets=[
            {
                "token": permit.token,
                "perTransaction": 5_000 * TOKEN,
                "windowVolume": 6_000 * TOKEN,
                "customerCap": 20_000 * TOKEN,
                "merchantCap": 0,
                "outstandingCap": 0,
            }
        ],
    )
    call = {"to": permit.token, "data": transfer(other, 7_000 * TOKEN)}
    said = _check(system, permit, wallet, token=token, **call)
    assert _clauses(said) == ["per_transaction", "window_volume", "customer_cap"]
    numbers = [(each["limit"], each["used"], each["requested"]) for each in said["refusals"]]
    asked = str(7_000 * TOKEN)
    assert numbers == [
        (str(5_000 * TOKEN), "0", asked),
        (str(6_000 * TOKEN), "0", asked),
        (str(20_000 * TOKEN), str(19_000 * TOKEN), asked),
    ]
    assert said["complete"]
    assert said["gas"] is not None


def test_every_further_limit_is_named_with_its_numbers(system, permit, customer):
    wallet, token = customer
    other, _ = permit.customer(2)
    asset = dict.fromkeys(FURTHER_NAMES.values(), 100 * TOKEN)
    asset |= {"token": permit.token, "customerTotal": 50 * TOKEN, "waterfall": False}
    permit.publish(version=2, further={"residences": ["0x4b47"], "assets": [asset]})
    call = {"to": permit.token, "data": transfer(other, 6_000 * TOKEN)}
    said = _check(system, permit, wallet, token=token, **call)
    assert _clauses(said) == [
        "per_transaction",
        "residence",
        "travel_rule",
        "customer_total",
        "customer_day_volume",
        "week_volume",
        "month_volume",
    ]
    assert (said["refusals"][1]["subject"], said["refusals"][1]["limit"]) == (wallet, None)
    total = said["refusals"][3]
    assert (total["limit"], total["used"]) == (str(50 * TOKEN), "0")
    assert (total["requested"], total["asset"]) == (str(6_000 * TOKEN), "KGST")
    assert said["complete"]
    assert said["gas"] is not None


def test_a_claim_that_is_missing_is_named_and_more_may_refuse_behind_it(system, permit, customer):
    wallet, token = customer
    other, _ = permit.customer(2)
    pool = admitted_pool(system, permit)
    for call in (
        {"to": permit.token, "data": encode("KGST", "approve", pool, 1_000 * TOKEN)},
        {"to": pool, "data": pool_call("deposit", 1_000 * TOKEN)},
    ):
        sent = system.ok(permit, "eth_sendTransaction", {"from": wallet, **call}, token=token)
        assert system.receipt(permit, sent)["status"] == "0x1"
    inside = {"to": pool, "data": pool_call("pay", other, 1_000 * TOKEN)}
    said = _check(system, permit, wallet, token=token, **inside)
    assert (_clauses(said), said["complete"]) == ([], True)
    inside["data"] = pool_call("pay", other, 6_000 * TOKEN)
    said = _check(system, permit, wallet, token=token, **inside)
    assert _clauses(said) == ["ledger_claim"], "the limit per transaction is behind it"
    assert said["refusals"][0]["limit"] == str(1_000 * TOKEN)
    assert not said["complete"]
    refused = system.error(permit, "eth_sendTransaction", {"from": wallet, **inside}, token=token)
    assert refused["data"]["clause"] == "ledger_claim"


def test_terms_and_chain_are_named_together(system, permit, customer):
    wallet, token = customer
    limits = {"transactions_per_day": 0, "deployments": 0, "gas_per_transaction": 21_000}
    limits["gas_per_day"] = 30_000
    permit.change(limits={**limits, "payload_bytes": 400}, chains=("som",))
    call = {"to": permit.token, "data": transfer(STRANGER, 6_000 * TOKEN), "value": "0x1"}
    said = _check(system, permit, wallet, token=token, **call)
    assert _clauses(said) == [
        "chain_scope",
        "native_value",
        "gas_per_transaction",
        "transactions_per_day",
        "gas_per_day",
        "not_a_member",
        "per_transaction",
    ]
    assert said["refusals"][-2]["subject"].lower() == STRANGER


def test_a_contract_outside_the_scope_is_named_and_the_money_is_always_open(system, permit):
    only = (ContractScope(permit.account.address),)
    permit.change(contracts=only)
    outside = {"to": STRANGER, "data": "0x18160ddd"}
    assert _clauses(_check(system, permit, permit.managed, **outside)) == ["contract_scope"]
    inside = {"to": permit.token, "data": transfer(permit.managed, 0)}
    assert _clauses(_check(system, permit, permit.managed, **inside)) == []


def test_a_state_that_stops_a_deployment_lets_money_home(system, permit):
    permit.change(state="wind_down")
    deployment = {"data": "0x6000"}
    assert _clauses(_check(system, permit, permit.managed, **deployment)) == ["state"]
    plain = {"to": permit.token, "data": transfer(permit.managed, 0)}
    assert _clauses(_check(system, permit, permit.managed, **plain)) == []


def test_dates_are_named_and_deployments_counted(system, permit):
    later = now() + timedelta(days=1)
    permit.change(start=later, limits={"deployments": 0})
    said = _check(system, permit, permit.managed, data="0x6000")
    assert _clauses(said) == ["not_started", "deployments"]
    assert said["refusals"][0]["frees_at"] == later.isoformat()
    counted = {each["clause"]: each for each in said["counters"]}
    assert counted["deployments"] == {"clause": "deployments", "limit": "0", "used": "0"}
    assert counted["transactions_per_day"]["limit"] == "no limit"


def test_a_contracts_own_revert_is_no_clause_and_the_answer_is_not_complete(system, permit):
    call = {"to": permit.token, "data": transfer(permit.account.address, 1)}
    said = _check(system, permit, permit.managed, **call)
    assert _clauses(said) == []
    assert said["reverts"]["data"].startswith("0xe450d38c")
    assert not said["complete"]


def test_a_long_body_is_told_of_without_being_sent(system, permit):
    permit.change(limits={"payload_bytes": 1_000})
    said = _check(system, permit, permit.managed, bytes="0x3e9")
    assert _clauses(said) == ["payload_bytes"]
    assert not said["complete"]
    assert _clauses(_check(system, permit, permit.managed, bytes="0x3e8")) == []


def test_a_check_charges_nothing_and_leaves_no_evidence(system, permit, customer):
    wallet, token = customer
    permit.change(limits={"transactions_per_day": 5, "deployments": 0})
    before = system.inside.usage(permit.number)
    call = {"to": permit.token, "data": transfer(STRANGER, 6_000 * TOKEN)}
    for _ in range(3):
        assert _clauses(_check(system, permit, wallet, token=token, **call))
        assert _clauses(_check(system, permit, permit.managed, data="0x6000"))
    after = system.inside.usage(permit.number)
    for clause in ("transactions_per_day", "deployments"):
        assert before[clause] == after[clause]
    assert system.inside.refusals(after=0, permit=permit.number, limit=50) == []
    assert system.ok(permit, "eth_call", {"to": permit.token, "data": "0x18160ddd"}) != "0x"


def test_a_foreign_wallet_and_odd_parameters_are_errors(system, permit):
    said = system.error(permit, "synak_check", {"from": STRANGER, "to": permit.token})
    assert said["data"]["code"] == "gateway.wallet_not_permitted"
    for odd in ({}, {"to": STRANGER}, {"from": STRANGER, "stateDiff": {}}, {"from": 7}):
        said = system.error(permit, "synak_check", odd)
        assert said["data"]["code"] == "gateway.params_invalid", odd
    said = system.error(permit, "synak_check", {"from": permit.managed, "bytes": "0x" + "f" * 20})
    assert said["data"]["code"] == "gateway.params_invalid"


def test_a_check_agrees_with_admission(system, permit):
    """The first clause that a check names is the one that refuses the transaction."""
    wallet, token = permit.customer(3, amount=100 * TOKEN)
    cases = [
        ({"state": "halted"}, "state"),
        ({"state": "active", "limits": {"gas_per_transaction": 30_000}}, "gas_per_transaction"),
        ({"limits": {"gas_per_transaction": NO_LIMIT, "deployments": 0}}, "not_a_member"),
    ]
    transaction = {
        "from": wallet,
        "to": permit.token,
        "data": transfer(STRANGER, 5),
        "gas": "0x493e0",
    }
    for change, clause in cases:
        permit.change(**change)
        named = _clauses(system.ok(permit, "synak_check", transaction, token=token))
        refused = system.error(permit, "eth_sendTransaction", transaction, token=token)
        assert refused["data"]["clause"] == named[0] == clause
