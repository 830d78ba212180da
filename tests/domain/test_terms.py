from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.changes import above, changes, looser
from sandbox.domain.limits_form import DEFAULTS, field_names, read_terms, write_terms
from sandbox.domain.policy import LIMIT_NAMES, Policy, PolicyWallet, limits_of
from sandbox.domain.supervisor import supervisor_terms
from sandbox.domain.terms import (
    MAX_AMOUNT,
    MAX_UINT32,
    AssetTerms,
    LoadTerms,
    Terms,
    TrialState,
)
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import InvalidInput
from sandbox.kit.money import MAX_UINT256, NO_LIMIT
from tests.services.world import KGST, LIMITS

AT = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
amounts = st.one_of(st.just(NO_LIMIT), st.integers(0, MAX_AMOUNT - 1))
counts = st.one_of(st.just(NO_LIMIT), st.integers(0, MAX_UINT32 - 1))


@st.composite
def terms(draw, assets=("KGST", "SOM")):
    names = draw(st.lists(st.sampled_from(assets), min_size=1, max_size=2, unique=True))
    start = AT + timedelta(seconds=draw(st.integers(-1000, 1000)))
    return Terms(
        start=start,
        end=start + timedelta(seconds=draw(st.integers(1, 10**7))),
        max_customers=draw(counts),
        max_merchants=draw(counts),
        assets=tuple(AssetTerms(name, *(draw(amounts) for _ in range(5))) for name in names),
        load=LoadTerms(*(draw(counts) for _ in range(5))),
    )


BASE = read_terms(LIMITS, at=AT)[0]


@given(terms())
def test_terms_come_back_from_json_and_are_canonical(made):
    assert Terms.from_dict(made.as_dict()) == made
    assert canonical(made.as_dict())


@given(terms())
def test_terms_come_back_from_their_form(made):
    assert read_terms(write_terms(made), at=AT) == (made, [])


def test_the_issues_conditions_are_read_exactly():
    asset = BASE.assets[0]
    assert (BASE.start, BASE.end) == (AT, AT + timedelta(days=90))
    assert (asset.per_transaction, asset.window_volume) == (5_000 * KGST, 500_000 * KGST)
    assert (asset.customer_cap, asset.merchant_cap) == (20_000 * KGST, 300_000 * KGST)
    assert asset.outstanding_cap is NO_LIMIT
    assert (BASE.load.transactions_per_day, BASE.load.deployments) == (1000, 3)
    assert BASE.load.gas_per_transaction == DEFAULTS["gas_per_transaction"]


def test_an_empty_form_names_every_part_that_has_no_default():
    found = {each.part: each.code for each in read_terms({"assets": "KGST"}, at=AT)[1]}
    optional = {*DEFAULTS, "KGST.outstanding_cap", "start", "end", "assets"}
    needed = set(field_names(("KGST",))) - optional
    assert set(found) == needed
    assert set(found.values()) == {"limits.missing"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"end": AT}, "terms.end_before_start"),
        ({"end": AT - timedelta(days=1)}, "terms.end_before_start"),
        ({"end": AT + timedelta(days=3000)}, "terms.too_long"),
        ({"start": AT.replace(microsecond=1)}, "terms.fraction_of_second"),
        ({"assets": ()}, "terms.no_asset"),
        ({"max_customers": -1}, "terms.below_zero"),
        ({"max_customers": MAX_UINT32}, "terms.too_large"),
        ({"max_customers": 1.5}, "terms.not_whole"),
        ({"max_customers": True}, "terms.not_whole"),
    ],
)
def test_impossible_terms_cannot_be_made(change, code):
    with pytest.raises(InvalidInput, match=code.replace(".", r"\.")):
        replace(BASE, **change)


def test_the_same_asset_twice_is_refused():
    with pytest.raises(InvalidInput, match=r"terms\.asset_twice"):
        replace(BASE, assets=BASE.assets * 2)


def test_a_value_limit_is_below_what_the_chain_reads_as_no_limit():
    asset = BASE.assets[0]
    replace(BASE, assets=(replace(asset, customer_cap=MAX_AMOUNT - 1),))
    with pytest.raises(InvalidInput, match=r"terms\.too_large"):
        replace(BASE, assets=(replace(asset, customer_cap=MAX_AMOUNT),))


def test_the_same_moment_in_another_zone_is_the_same_term():
    bishkek = timezone(timedelta(hours=6))
    form = {**LIMITS, "start": AT.astimezone(bishkek).isoformat()}
    assert read_terms(form, at=AT + timedelta(days=1))[0] == BASE


def test_compiled_terms_say_no_limit_as_the_types_maximum_and_zero_as_zero():
    asset = replace(BASE.assets[0], per_transaction=0)
    made = supervisor_terms(
        replace(BASE, assets=(asset,), max_merchants=NO_LIMIT),
        number="SB-2026-0001",
        version=3,
        state=TrialState.WIND_DOWN,
        chain="kgst",
        tokens={"KGST": "0x01"},
    )
    assert made["assets"][0]["outstandingCap"] == MAX_UINT256
    assert made["assets"][0]["perTransaction"] == 0
    assert (made["state"], made["version"], made["maxMerchants"]) == (2, 3, 2**32 - 1)
    assert made["end"] - made["start"] == 90 * 86_400


def test_an_asset_without_a_token_on_its_chain_is_refused_and_other_chains_leave_it_out():
    more = {"number": "SB-2026-0001", "version": 1, "state": TrialState.ACTIVE}
    with pytest.raises(InvalidInput, match=r"terms\.no_token"):
        supervisor_terms(BASE, chain="kgst", tokens={}, **more)
    assert supervisor_terms(BASE, chain="som", tokens={}, **more)["assets"] == []


def test_a_policy_comes_back_from_json():
    policy = Policy(
        permit="SB-2026-0001",
        revision=4,
        version=2,
        state="suspended",
        start=BASE.start,
        end=BASE.end,
        chains=("kgst",),
        assets=("KGST",),
        operators=("bakyt",),
        wallets=(PolicyWallet("0x01", "customer", "customer/SB-2026-0001/0"),),
        limits={**limits_of(BASE), "deployments": NO_LIMIT},
    )
    assert Policy.from_dict(policy.as_dict()) == policy
    assert set(policy.as_dict()["limits"]) == set(LIMIT_NAMES)
    broken = {**policy.as_dict(), "limits": {}}
    with pytest.raises(InvalidInput, match=r"policy\.malformed"):
        Policy.from_dict(broken)


@given(
    st.one_of(st.just(NO_LIMIT), st.integers(0, 9)), st.one_of(st.just(NO_LIMIT), st.integers(0, 9))
)
def test_no_limit_is_above_every_number_and_nothing_is_above_itself(left, right):
    assert not above(left, left)
    assert not (above(left, right) and above(right, left))
    if left != right:
        assert above(left, right) or above(right, left)


@given(terms(), terms())
def test_what_is_looser_one_way_is_tighter_the_other_way(left, right):
    there = {each.limit for each in looser(left, right)}
    back = {each.limit for each in looser(right, left)}
    assert there | back == {each.limit for each in changes(left, right)}
    assert not there & back
    assert changes(left, left) == ()
