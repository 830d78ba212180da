"""A draft's terms in a lab: what the chain cannot see is refused too, and by the same words."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.domain.terms import Terms
from sandbox.kit.errors import InvalidInput
from sandbox.sdk import PermitRefused, SdkError, lab
from sandbox.sdk.labs import terms as lab_terms
from sandbox.sdk.labs.number import terms_of
from tests.sdk.desk_server import served

KGST = 10**18


def _lab(**terms):
    """A lab under terms whose first two people have 10,000 of each money."""
    chain = lab(permit=terms)
    for each in chain.accounts[:2]:
        chain.fund(each, kgst="10000", som="10000" if len(chain.assets) == 2 else None)
    return chain


pytestmark = pytest.mark.usefixtures("genesis_built")


def _refused(clause, act, *args, **more):
    with pytest.raises(PermitRefused) as caught:
        act(*args, **more)
    assert caught.value.clause == clause
    return caught.value


def test_a_days_transactions_are_used_up_and_free_after_a_day():
    with _lab(transactions_per_day=2) as chain:
        aida, bek = chain.accounts[:2]
        chain.kgst.transfer(aida, bek, "1")
        chain.kgst.transfer(bek, aida, "1")
        refusal = _refused("transactions_per_day", chain.kgst.transfer, aida, bek, "1")
        assert (refusal.limit, refusal.used, refusal.requested) == (2, 2, 1)
        assert refusal.frees_at > chain.now + timedelta(hours=23)
        chain.issue("KGST", aida, "5")
        chain.travel(hours=25)
        chain.kgst.transfer(aida, bek, "1")


def test_a_transaction_that_is_refused_gives_its_place_back():
    said = {"transactions_per_day": 1, "assets": [{"asset": "KGST", "per_transaction": 5 * KGST}]}
    with _lab(**said) as chain:
        aida, bek = chain.accounts[:2]
        for _ in range(3):
            _refused("per_transaction", chain.kgst.transfer, aida, bek, "6")
        chain.kgst.transfer(aida, bek, "5")
        _refused("transactions_per_day", chain.kgst.transfer, aida, bek, "6")


def test_deployments_are_counted_and_gas_and_payload_and_value_limited(contracts):
    limits = {"deployments": 1, "gas_per_transaction": 2_000_000, "payload_bytes": 20_000}
    with _lab(**limits) as chain:
        till = contracts["MerchantPayments"]
        chain.deploy(till, chain.kgst.address)
        assert _refused("deployments", chain.deploy, till, chain.kgst.address).used == 1
        aida, bek = chain.accounts[:2]
        dear = {"to": bek.address, "gas": 2_000_001}
        assert _refused("gas_per_transaction", chain.send, dear).requested == 2_000_001
        _refused("native_value", chain.send, {"to": bek.address, "value": 1, "gas": 50_000})
        long = {"to": bek.address, "data": "0x" + "ab" * 20_000, "gas": 1_000_000}
        assert _refused("payload_bytes", chain.send, long).limit == 20_000
        chain.kgst.transfer(aida, bek, "1")


def test_requests_wait_for_their_turn_and_zero_lets_none_through():
    with _lab(requests_per_second=10) as chain:
        began = time.monotonic()
        for _ in range(12):
            assert chain.w3.eth.chain_id == 31337
        assert time.monotonic() - began >= 0.9
    with _lab(requests_per_second=0) as chain:
        _refused("requests_per_second", lambda: chain.w3.eth.block_number)


def test_an_asset_outside_the_terms_is_another_chains_and_each_money_is_named():
    with _lab(assets=[{"asset": "KGST"}]) as chain:
        aida, bek = chain.accounts[:2]
        there = {"to": chain.som.address, "gas": 100_000}
        assert _refused("chain_scope", chain.send, there, by=aida).permit == "LAB"
        chain.kgst.transfer(aida, bek, "1")
    both = [{"asset": "SOM", "per_transaction": "500"}, {"asset": "KGST", "per_transaction": "7"}]
    with _lab(assets=both) as chain:
        aida, bek = chain.accounts[:2]
        said = str(_refused("per_transaction", chain.som.transfer, aida, bek, "5.01"))
        assert "som" in said
        assert "5.01" in said
        assert _refused("per_transaction", chain.kgst.transfer, aida, bek, "8").asset == "KGST"
        chain.som.transfer(aida, bek, "5")


def test_contracts_outside_the_scope_are_refused_and_the_money_is_always_open(contracts):
    with _lab() as open_chain:
        where = open_chain.deploy(contracts["MerchantPayments"], open_chain.kgst.address).address
    with _lab(contracts=[{"address": where, "functions": []}]) as chain:
        aida, bek = chain.accounts[:2]
        chain.kgst.transfer(aida, bek, "1")
        chain.send({"to": where, "gas": 50_000}, by=aida)
        _refused("contract_scope", chain.send, {"to": bek.address, "gas": 50_000}, by=aida)


def test_under_contract_review_a_contract_pays_only_once_it_is_approved(contracts):
    with _lab(contract_review=True) as chain:
        aida, shop = chain.accounts[0], chain.accounts[-1]
        till = chain.deploy(contracts["MerchantPayments"], chain.kgst.address)
        chain.kgst.approve(aida, till, "100")
        pay = till.functions.pay(shop.address, 5 * KGST, bytes(32))
        _refused("contract_review", chain.send, pay, by=aida)
        chain.office.approve(till)
        chain.send(pay, by=aida)
        assert chain.kgst.balance(shop) == 5 * KGST


def test_counters_follow_a_snapshot_back():
    with _lab(transactions_per_day=1) as chain:
        aida, bek = chain.accounts[:2]
        with chain.snapshot():
            chain.kgst.transfer(aida, bek, "1")
            _refused("transactions_per_day", chain.kgst.transfer, aida, bek, "1")
        assert chain.kgst.balance(bek) == 10_000 * KGST
        chain.kgst.transfer(aida, bek, "1")
        _refused("transactions_per_day", chain.kgst.transfer, aida, bek, "1")


def test_a_term_that_begins_later_begins_now_in_a_lab_and_ends_by_travelling():
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    said = {"start": start.isoformat(), "end": (start + timedelta(days=10)).isoformat()}
    with _lab(**said) as chain:
        aida, bek = chain.accounts[:2]
        assert chain.now >= start
        chain.kgst.transfer(aida, bek, "1")
        chain.travel(to=start + timedelta(days=11))
        _refused("wind_down", chain.kgst.transfer, aida, bek, "1")


def test_a_terms_document_and_its_json_are_the_same_terms():
    now = datetime(2026, 11, 1, tzinfo=UTC)
    document = lab_terms.read({"deployments": 3}, now=now)
    assert isinstance(document, Terms)
    assert lab_terms.read(document.as_dict(), now=now) == document
    assert lab_terms.read(document, now=now) is document
    assert document.load.deployments == 3


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"deploiments": 1}, "sdk.terms_name"),
        ({"assets": [{"asset": "KGST", "per_transacton": "1"}]}, "sdk.terms_name"),
        ({"load": {"gas": 1}}, "sdk.terms_name"),
        ({"deployments": -1}, "terms"),
        ({"deployments": "many"}, "terms"),
        ({"assets": [{"asset": "USDT"}]}, "terms.unknown_asset"),
        ({"start": "2027-01-01T00:00:00+00:00", "end": "2026-01-01T00:00:00+00:00"}, "terms.end"),
    ],
)
def test_terms_that_are_none_are_refused_before_a_lab_starts(said, code):
    with pytest.raises((SdkError, InvalidInput)) as caught:
        lab(permit=said)
    assert caught.value.code.startswith(code)


def test_a_number_needs_its_form_and_a_notebook_server(monkeypatch):
    for number in ("draft 7", "SB-2026-0001/../x", ""):
        with pytest.raises(SdkError, match="not the number"):
            terms_of(number)
    monkeypatch.delenv("SYNAK_URL", raising=False)
    with pytest.raises(SdkError, match="notebook server") as caught:
        lab(permit="SB-2026-0001")
    assert "lab(permit=trial)" in caught.value.what_to_do_next()


def test_a_copy_from_outside_the_hub_says_how_one_is_had_there(monkeypatch):
    monkeypatch.delenv("SYNAK_URL", raising=False)
    with pytest.raises(SdkError, match="notebook server") as caught:
        lab(fork="trial")
    assert caught.value.code == "sdk.fork_outside"
    assert "lab(fork=trial)" in caught.value.what_to_do_next()
    assert "connect(" in caught.value.what_to_do_next("ky")


INCOMPLETE = {
    "code": "conditions.invalid",
    "status": 400,
    "params": {
        "missing": [
            {"part": "max_customers", "code": "limits.missing", "params": {}},
            {"part": "KGST.per_transaction", "code": "limits.missing", "params": {}},
        ]
    },
}
ELSE = {"code": "file.not_found", "status": 404, "params": {}}


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [(INCOMPLETE, 400, "sdk.draft_incomplete"), (ELSE, 404, "file.not_found")],
)
def test_a_draft_with_holes_names_them_and_another_problem_stays(monkeypatch, said, status, code):
    with served(lambda *_: (status, said)) as url:
        monkeypatch.setenv("SYNAK_URL", url)
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "t")
        with pytest.raises(SdkError) as caught:
            lab(permit="f-2026-0001")
    assert caught.value.code == code
    if code == "sdk.draft_incomplete":
        text = str(caught.value)
        assert "F-2026-0001" in text
        assert "max_customers, KGST.per_transaction" in text
        assert "lab(permit=" in caught.value.what_to_do_next("ru")


def _kgst(**limits):
    return {"assets": [{"asset": "KGST", **limits}]}


def test_what_one_customer_pays_in_the_whole_trial_is_held():
    with _lab(**_kgst(customer_total=7 * KGST)) as chain:
        aida, bek = chain.accounts[:2]
        chain.kgst.transfer(aida, bek, "7")
        chain.kgst.transfer(bek, aida, "7")
        refusal = _refused("customer_total", chain.kgst.transfer, aida, bek, "0.01")
        assert (refusal.limit, refusal.used, refusal.asset) == (7 * KGST, 7 * KGST, "KGST")
        assert "7.00\u00a0KGST" in str(refusal)


def test_a_week_holds_and_frees_after_a_week():
    with _lab(**_kgst(week_volume=5 * KGST)) as chain:
        aida, bek = chain.accounts[:2]
        chain.kgst.transfer(aida, bek, "5")
        refusal = _refused("week_volume", chain.kgst.transfer, aida, bek, "1")
        assert refusal.frees_at > chain.now + timedelta(days=6, hours=23)
        chain.travel(hours=7 * 24 + 6)
        chain.kgst.transfer(aida, bek, "5")


def test_the_people_of_a_lab_live_at_home_and_are_not_identified():
    said = {**_kgst(travel_rule=2 * KGST), "residences": ["KG"]}
    with _lab(**said) as chain:
        aida, bek = chain.accounts[:2]
        chain.kgst.transfer(aida, bek, "2")
        _refused("travel_rule", chain.kgst.transfer, aida, bek, "2.01")
        chain.describe(aida, level="full")
        chain.kgst.transfer(aida, bek, "3")
        chain.describe(aida, residence="KZ", level="full")
        _refused("residence", chain.kgst.transfer, aida, bek, "1")
        chain.kgst.transfer(chain.new_account(), bek, "0")


def test_what_exceeds_a_cap_goes_to_the_linked_wallet():
    with _lab(**_kgst(customer_cap=10_001 * KGST, waterfall=True)) as chain:
        aida, bek = chain.accounts[:2]
        _refused("customer_cap", chain.kgst.transfer, aida, bek, "2")
        desk = chain.w3.eth.account.create().address
        chain.register(desk)
        chain.kgst.transfer(aida, bek, "5")
        assert (chain.kgst.balance(bek), chain.kgst.balance(desk)) == (10_001 * KGST, 4 * KGST)
