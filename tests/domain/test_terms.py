from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.domain.changes import above, changes, looser
from sandbox.domain.limits_form import (
    ASSET_DEFAULTS,
    DEFAULTS,
    field_names,
    read_terms,
    write_terms,
)
from sandbox.domain.policy import LIMIT_NAMES, Policy, PolicyWallet, limits_of
from sandbox.domain.scope import ContractScope, read_scope, wider
from sandbox.domain.steps import MOST_DAYS, MOST_FACTOR, RISING, Step, read_steps
from sandbox.domain.supervisor import supervisor_terms
from sandbox.domain.terms import (
    ASSET_FLAGS,
    DESK_LIMITS,
    DESK_VALUE_LIMITS,
    FLAGS,
    HUB_LIMITS,
    HUB_RANGE,
    LATER_VALUE_LIMITS,
    MAX_AMOUNT,
    MAX_RATE,
    MAX_UINT32,
    AssetTerms,
    LoadTerms,
    Terms,
    TrialState,
    stepped,
)
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import checksum
from sandbox.kit.money import MAX_UINT256, NO_LIMIT
from tests.services.world import KGST, LIMITS

AT = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
amounts = st.one_of(st.just(NO_LIMIT), st.integers(0, MAX_AMOUNT - 1))
counts = st.one_of(st.just(NO_LIMIT), st.integers(0, MAX_UINT32 - 1))
addresses = st.integers(1, 2**160 - 1).map(lambda number: checksum(f"0x{number:040x}"))
functions = st.lists(
    st.sampled_from(
        ["transfer(address,uint256)", "sell((uint256,address)[],bytes32)", "0x0a0b0c0d"]
    ),
    unique=True,
).map(tuple)
scopes = st.none() | st.lists(
    st.builds(ContractScope, addresses, functions),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each.address,
).map(tuple)


residences = st.none() | st.sets(
    st.sampled_from(["KG", "KZ", "RU", "UZ"]), min_size=1, max_size=4
).map(lambda codes: tuple(sorted(codes)))


steps = st.lists(
    st.builds(
        Step,
        st.integers(1, MOST_DAYS),
        st.integers(2, MOST_FACTOR),
        st.lists(st.sampled_from(RISING), min_size=1, unique=True).map(tuple),
    ),
    max_size=2,
).map(tuple)


@st.composite
def terms(draw, assets=("KGST", "SOM")):
    names = draw(st.lists(st.sampled_from(assets), min_size=1, max_size=2, unique=True))
    start = AT + timedelta(seconds=draw(st.integers(-1000, 1000)))
    return Terms(
        start=start,
        end=start + timedelta(seconds=draw(st.integers(1, 10**7))),
        max_customers=draw(counts),
        max_merchants=draw(counts),
        assets=tuple(
            AssetTerms(
                name, *(draw(amounts) for _ in range(10)), draw(st.booleans()), draw(amounts)
            )
            for name in names
        ),
        load=LoadTerms(
            *(draw(counts) for _ in range(7)),
            *(draw(st.just(NO_LIMIT) | st.integers(*HUB_RANGE[name])) for name in HUB_LIMITS),
        ),
        contract_review=draw(st.booleans()),
        failed_deployments_count=draw(st.booleans()),
        contracts=draw(scopes),
        residences=draw(residences),
        steps=draw(steps),
        complaint_rate=draw(st.one_of(st.just(NO_LIMIT), st.integers(0, MAX_RATE))),
    )


BASE = read_terms(LIMITS, at=AT)[0]


@settings(deadline=None)
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
    optional = {
        *DEFAULTS,
        *FLAGS,
        *DESK_LIMITS,
        "contracts",
        "residences",
        "steps",
        "start",
        "end",
        "assets",
    }
    optional |= {f"KGST.{name}" for name in (*ASSET_DEFAULTS, *ASSET_FLAGS)}
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
        ({"complaint_rate": -1}, "terms.below_zero"),
        ({"complaint_rate": MAX_RATE + 1}, "terms.too_large"),
        ({"complaint_rate": 0.3}, "terms.not_whole"),
        ({"residences": ()}, "terms.residence_malformed"),
        ({"residences": ("KZ", "KG")}, "terms.residence_malformed"),
        ({"residences": ("kg",)}, "terms.residence_malformed"),
        ({"residences": tuple(f"A{chr(65 + n)}" for n in range(17))}, "terms.residence_malformed"),
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
    assert made["contractReview"] is False
    assert made["end"] - made["start"] == 90 * 86_400
    assert made["further"] is None


def compiled(terms, chain="kgst"):
    return supervisor_terms(
        terms,
        number="SB-2026-0001",
        version=1,
        state=TrialState.ACTIVE,
        chain=chain,
        tokens={"KGST": "0x01", "SOM": "0x02"},
    )


def test_what_the_desk_watches_is_in_the_document_and_compiled_for_no_chain():
    asset = replace(BASE.assets[0], loss_cap=7)
    watched = replace(BASE, assets=(asset,), complaint_rate=MAX_RATE)
    assert compiled(watched) == compiled(BASE)
    said = watched.as_dict()
    assert (said["assets"][0]["loss_cap"], said["complaint_rate"]) == ("7", "10000")
    assert "loss_cap" not in str(BASE.as_dict())
    assert "complaint_rate" not in BASE.as_dict()
    assert [each.limit for each in looser(watched, BASE)] == ["complaint_rate", "KGST.loss_cap"]
    assert looser(BASE, watched) == ()


def test_a_step_multiplies_its_limits_and_is_gone_and_leaves_the_rest():
    steps = read_steps("30 2 per_transaction week_volume max_customers; 60 3 customer_cap")
    before = replace(BASE, steps=steps)
    after = stepped(before)
    asset, old = after.assets[0], before.assets[0]
    assert asset.per_transaction == 2 * old.per_transaction
    assert (asset.customer_cap, asset.week_volume) == (old.customer_cap, NO_LIMIT)
    assert after.max_customers == 2 * before.max_customers
    assert after.steps == steps[1:]
    assert replace(before, steps=()).as_dict() == BASE.as_dict()
    assert [each.limit for each in looser(before, after)] == [
        "max_customers",
        "steps",
        "KGST.per_transaction",
    ]
    assert [each.limit for each in looser(BASE, before)] == ["steps"]
    assert looser(before, BASE) == ()
    large = replace(old, per_transaction=MAX_AMOUNT - 1)
    with pytest.raises(InvalidInput, match=r"terms\.too_large"):
        stepped(replace(before, assets=(large,)))


@pytest.mark.parametrize(
    "text",
    [
        "0 2 customer_cap",
        "731 2 customer_cap",
        "30 1 customer_cap",
        "30 11 customer_cap",
        "30 2",
        "30 2 loss_cap",
        "30 2 complaint_rate",
        "30 2 customer_cap customer_cap",
        "thirty 2 customer_cap",
        "-3 2 customer_cap",
        ";".join(["30 2 customer_cap"] * 6),
    ],
)
def test_steps_outside_their_ranges_are_refused_where_they_were_typed(text):
    found, problems = read_terms({**LIMITS, "steps": text}, at=AT)
    assert found is None
    assert [(each.part, each.code) for each in problems] == [("steps", "terms.steps_malformed")]


@pytest.mark.parametrize("name", sorted(LATER_VALUE_LIMITS - DESK_VALUE_LIMITS))
def test_a_further_limit_is_compiled_beside_the_terms_and_nowhere_else(name):
    asset = replace(BASE.assets[0], **{name: 7})
    made = compiled(replace(BASE, assets=(asset,)))
    assert made["assets"] == compiled(BASE)["assets"]
    (said,) = made["further"]["assets"]
    assert sorted(said.values(), key=str).count(7) == 1
    assert [value for value in said.values() if value == MAX_UINT256] == [MAX_UINT256] * 4
    assert (made["further"]["residences"], said["waterfall"]) == ([], False)


def test_residences_hold_on_every_chain_and_an_assets_limits_on_its_own():
    som = AssetTerms("SOM", *([NO_LIMIT] * 5), customer_total=5)
    both = replace(BASE, assets=(*BASE.assets, som))
    assert compiled(both)["further"] is None
    assert compiled(both, "som")["further"]["assets"][0]["customerTotal"] == 5
    made = compiled(replace(both, residences=("KG", "KZ")))
    assert made["further"]["residences"] == ["0x4b47", "0x4b5a"]


def test_an_asset_without_a_token_on_its_chain_is_refused_and_other_chains_leave_it_out():
    more = {"number": "SB-2026-0001", "version": 1, "state": TrialState.ACTIVE}
    with pytest.raises(InvalidInput, match=r"terms\.no_token"):
        supervisor_terms(BASE, chain="kgst", tokens={}, **more)
    assert supervisor_terms(BASE, chain="som", tokens={}, **more)["assets"] == []


def made_policy(terms, **changed):
    return Policy(
        permit="SB-2026-0001",
        revision=4,
        version=2,
        state="suspended",
        start=terms.start,
        end=terms.end,
        chains=("kgst",),
        assets=("KGST",),
        operators=("bakyt",),
        wallets=(PolicyWallet("0x01", "customer", "customer/SB-2026-0001/0"),),
        limits={**limits_of(terms), "deployments": NO_LIMIT},
        **changed,
    )


def test_a_policy_comes_back_from_json():
    policy = made_policy(BASE, contract_review=True, contracts=read_scope("0x" + "aa" * 20))
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


@settings(deadline=None)
@given(terms(), terms())
def test_what_is_looser_one_way_is_tighter_the_other_way(left, right):
    unordered = {"contracts", "residences", "steps"}  # each of two may open what the other does not
    there = {each.limit for each in looser(left, right)}
    back = {each.limit for each in looser(right, left)}
    assert (there | back) - unordered == {each.limit for each in changes(left, right)} - unordered
    assert there & back <= unordered
    assert changes(left, left) == ()


OLD = (
    '{"assets":[{"asset":"KGST","customer_cap":"20000000000000000000000",'
    '"merchant_cap":"300000000000000000000000","outstanding_cap":"no limit",'
    '"per_transaction":"5000000000000000000000","window_volume":"500000000000000000000000"}],'
    '"end":"2027-02-19T18:00:00+00:00","load":{"deployments":"3","gas_per_transaction":"16777216",'
    '"payload_bytes":"262144","requests_per_second":"50","transactions_per_day":"1000"},'
    '"max_customers":"20","max_merchants":"2","start":"2026-11-21T18:00:00+00:00"}'
)
"""A document as it was signed before compute units, contract review and scopes."""


def test_a_document_signed_before_the_later_conditions_keeps_its_canonical_form():
    read = Terms.from_dict(json.loads(OLD))
    assert canonical(read.as_dict()).decode() == OLD
    assert (read.load.units_per_day, read.load.gas_per_day) == (NO_LIMIT, NO_LIMIT)
    assert (read.contract_review, read.failed_deployments_count, read.contracts) == (
        False,
        False,
        None,
    )


def test_a_later_condition_is_written_once_it_is_set():
    made = replace(
        BASE,
        load=replace(BASE.load, units_per_day=0),
        contract_review=True,
        contracts=read_scope(CONTRACT),
    ).as_dict()
    assert (made["load"]["units_per_day"], made["contract_review"]) == ("0", True)
    assert made["contracts"] == [{"address": checksum(CONTRACT), "functions": []}]
    assert "gas_per_day" not in made["load"]
    assert "failed_deployments_count" not in made


def test_a_policy_kept_by_an_older_gateway_is_read_with_the_defaults():
    policy = made_policy(BASE).as_dict()
    for name in ("contract_review", "failed_deployments_count", "contracts"):
        del policy[name]
    del policy["limits"]["units_per_day"], policy["limits"]["gas_per_day"]
    assert Policy.from_dict(policy) == made_policy(BASE)


@pytest.mark.parametrize("flag", FLAGS)
def test_switching_a_condition_off_is_looser_and_on_is_not(flag):
    on = replace(BASE, **{flag: True})
    assert [each.limit for each in looser(on, BASE)] == [flag]
    assert looser(BASE, on) == ()
    assert [each.limit for each in changes(BASE, on)] == [flag]


def test_a_waterfall_switched_on_is_looser_and_off_is_not():
    on = replace(BASE, assets=(replace(BASE.assets[0], waterfall=True),))
    assert [each.limit for each in looser(BASE, on)] == ["KGST.waterfall"]
    assert looser(on, BASE) == ()


@pytest.mark.parametrize(
    ("before", "after", "opens"),
    [
        (None, ("KG",), False),
        (("KG",), None, True),
        (("KG",), ("KG", "KZ"), True),
        (("KG", "KZ"), ("KG",), False),
        (("KG",), ("KZ",), True),
    ],
)
def test_a_residence_that_is_added_is_looser(before, after, opens):
    old, new = replace(BASE, residences=before), replace(BASE, residences=after)
    assert [each.looser for each in changes(old, new)] == [opens]


CONTRACT = "0x00000000000000000000000000000000000000aa"
OTHER = "0x00000000000000000000000000000000000000bb"


@pytest.mark.parametrize(
    ("before", "after", "opens"),
    [
        ("", CONTRACT, False),
        (CONTRACT, "", True),
        (CONTRACT, OTHER, True),
        (f"{CONTRACT}\n{OTHER}", OTHER, False),
        (CONTRACT, f"{CONTRACT} pay(uint256)", False),
        (f"{CONTRACT} pay(uint256)", CONTRACT, True),
        (f"{CONTRACT} pay(uint256)", f"{CONTRACT} pay(uint256) sell()", True),
        (f"{CONTRACT} transfer(address,uint256)", f"{CONTRACT} 0xa9059cbb", False),
    ],
)
def test_a_scope_is_wider_exactly_when_it_opens_something(before, after, opens):
    assert wider(read_scope(before), read_scope(after)) is opens
    found = looser(
        replace(BASE, contracts=read_scope(before)), replace(BASE, contracts=read_scope(after))
    )
    assert [each.limit for each in found] == (["contracts"] if opens else [])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0x12", "address.malformed"),
        (f"{CONTRACT}\n{CONTRACT.upper().replace('X', 'x')}", "terms.scope_malformed"),
        (f"{CONTRACT} transfer", "terms.scope_malformed"),
        (f"{CONTRACT} 0xA9059CBB", "terms.scope_malformed"),
        (f"{CONTRACT} <script>()", "terms.scope_malformed"),
        ("\n".join(f"0x{number:040x}" for number in range(65)), "terms.scope_malformed"),
    ],
)
def test_a_scope_that_cannot_be_read_is_named_as_a_problem_of_its_field(text, code):
    with pytest.raises(InvalidInput) as caught:
        read_scope(text)
    assert caught.value.code == code
    problems = read_terms({**LIMITS, "contracts": text}, at=AT)[1]
    assert [(each.part, each.code) for each in problems] == [("contracts", code)]


def test_a_switch_that_is_neither_yes_nor_no_is_a_problem():
    problems = read_terms({**LIMITS, "contract_review": "perhaps"}, at=AT)[1]
    assert [(each.part, each.code) for each in problems] == [
        ("contract_review", "limits.not_a_switch")
    ]
    assert read_terms({**LIMITS, "contract_review": "Yes"}, at=AT)[0].contract_review is True
