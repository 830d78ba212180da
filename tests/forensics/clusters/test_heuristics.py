"""Every heuristic against brute force, and each positive beside its nearest negative."""

from __future__ import annotations

import random

import polars as pl
import pytest

from sandbox.forensics import CannotTrace
from sandbox.forensics.clusters.airdrops import AirdropReuse
from sandbox.forensics.clusters.authorisations import SelfAuthorisation
from sandbox.forensics.clusters.deposits import DepositReuse
from sandbox.forensics.clusters.funders import CommonFunder
from sandbox.forensics.clusters.links import Known
from tests.forensics.clusters import ledgers, oracle
from tests.forensics.clusters.ledgers import HOT, SERVICES, Story


def proposed(heuristic, whole):
    """What a heuristic says: links, what it left aside, deposit addresses."""
    found = heuristic.propose(whole, Known.read(whole, SERVICES))
    links = {each[:4] for each in found.links}
    assert len(links) == len(found.links)
    assert all(list(each.rows) == sorted(each.rows) for each in found.links)
    aside = {(each.account, each.size) for each in found.aside}
    return links, aside, {each.account: each.service for each in found.deposits}


def same_as_brute_force(name, number, scale):
    """Tell one story, and hold a heuristic with chosen bounds against the oracle."""
    chance = random.Random(number)
    story = ledgers.told(chance)
    given = ledgers.approvals(chance, story)
    whole = ledgers.ledger(story, scale=scale)
    assert (whole.amount.dtype == object) == (scale > 1)
    rows, most = story.rows, chance.choice([2, 3, 9])
    if name == "deposit":
        bounds = {"blocks": chance.choice([2, 6, 99]), "payers": most}
        keeps = chance.choice([0, 0, 1, 2])
        links, found, aside = oracle.deposits(rows, story.opening, HOT, keeps=keeps, **bounds)
        said = proposed(DepositReuse(keeps=keeps * scale, **bounds), whole)
        assert said == (links, aside, found)
    elif name == "funder":
        bounds = {"blocks": chance.choice([0, 2, 9]), "most": most}
        links, aside = oracle.funders(rows, story.opening, HOT, **bounds)
        assert proposed(CommonFunder(**bounds), whole)[:2] == (links, aside)
    elif name == "airdrop":
        bounds = {"recipients": chance.choice([2, 3, 4]), "gap": chance.choice([0, 1, 5])}
        bounds |= {"gather": chance.choice([1, 2]), "most": most}
        links, aside = oracle.airdrops(rows, HOT, **bounds)
        assert proposed(AirdropReuse(**bounds), whole)[:2] == (links, aside)
    else:
        bounds = {"blocks": chance.choice([1, 4, 99]), "owners": chance.choice([1, 2, 9])}
        links, aside = oracle.authorisations(rows, given, HOT, **bounds)
        table = approvals(*[(*each[:3], each[3] * scale) for each in given])
        assert proposed(SelfAuthorisation(approvals=table, **bounds), whole)[:2] == (links, aside)
    return bool(links), bool(aside)


def approvals(*given):
    """Block, owner, spender, amount each, as a table; each stands before its block's rows."""
    count = len(given)
    return pl.DataFrame(
        {
            "block": [each[0] for each in given],
            "transaction": [-1] * count,
            "log": list(range(count)),
            "owner": [str(each[1]) for each in given],
            "spender": [str(each[2]) for each in given],
            "amount": [str(each[3]) for each in given],
        }
    )


@pytest.mark.parametrize("name", ["deposit", "funder", "airdrop", "authorisation"])
def test_a_heuristic_finds_what_brute_force_finds(name):
    said = [
        same_as_brute_force(name, number, 10**20 if number % 4 == 0 else 1) for number in range(100)
    ]
    assert sum(links for links, _ in said) > 8
    assert sum(not links for links, _ in said) > 8
    assert any(aside for _, aside in said)


@pytest.mark.slow
@pytest.mark.parametrize("thousand", range(1, 11))
@pytest.mark.parametrize("name", ["deposit", "funder", "airdrop", "authorisation"])
def test_a_heuristic_agrees_with_brute_force_on_ten_thousand_ledgers(name, thousand):
    for number in range(thousand * 1_000, thousand * 1_000 + 1_000):
        same_as_brute_force(name, number, 10**20 if number % 10 == 0 else 1)


def story(*rows):
    """A story of rows: block, payer, payee, amount."""
    made = Story(random.Random(1))
    made.opening, made.held, made.rows = {}, {}, list(rows)
    return ledgers.ledger(made)


TWO_PAY = [(1, 0, 1, 9), (1, 0, 2, 9), (2, 1, 5, 9), (3, 5, 11, 9), (4, 2, 5, 9), (6, 5, 11, 9)]


def test_two_who_pay_one_deposit_address_are_linked_with_all_four_rows():
    assert proposed(DepositReuse(), story(*TWO_PAY)) == (
        {(2, 1, 5, (2, 3, 4, 5))},
        set(),
        {5: 11},
    )


@pytest.mark.parametrize(
    ("change", "bounds"),
    [
        ({5: (6, 5, 12, 9)}, {}),  # another hot wallet
        ({5: (6, 5, 13, 9)}, {}),  # a service, but no hot wallet
        ({5: (6, 5, 11, 8)}, {}),  # something stays behind
        ({}, {"blocks": 1}),  # too late
    ],
)
def test_who_does_not_forward_all_to_one_hot_wallet_in_time_is_no_deposit_address(change, bounds):
    rows = [change.get(at, row) for at, row in enumerate(TWO_PAY)]
    assert proposed(DepositReuse(**bounds), story(*rows)) == (set(), set(), {})


def test_what_stays_behind_for_gas_and_what_is_still_on_its_way_do_no_harm():
    rows = [*TWO_PAY[:5], (6, 5, 11, 8), (7, 1, 5, 0), (8, 0, 3, 4), (8, 3, 5, 4), (9, 0, 9, 1)]
    links, _, found = proposed(DepositReuse(keeps=1, blocks=2), story(*rows))
    assert found == {5: 11}
    assert links == {(2, 1, 5, (2, 3, 4, 5)), (3, 1, 5, (2, 3, 8))}
    later = [*rows, (40, 0, 9, 1)]
    assert proposed(DepositReuse(keeps=1, blocks=2), story(*later))[2] == {}


def test_an_address_that_many_pay_is_shared_and_links_nobody():
    assert proposed(DepositReuse(payers=1), story(*TWO_PAY)) == (set(), {(5, 2)}, {5: 11})


def test_without_a_hot_wallet_deposit_reuse_says_so():
    whole = story(*TWO_PAY)
    found = DepositReuse(tags=("bank",)).propose(whole, Known.read(whole, SERVICES))
    assert [(each.account, each.bound) for each in found.aside] == [(-1, "tags")]


FUNDED = [(1, 0, 1, 9), (2, 1, 2, 3), (5, 1, 3, 3), (9, 1, 4, 1)]


def test_accounts_funded_one_after_the_other_are_linked_in_that_order():
    links, _, _ = proposed(CommonFunder(blocks=3), story(*FUNDED))
    assert links == {(3, 2, 1, (1, 2))}
    links, _, _ = proposed(CommonFunder(blocks=4), story(*FUNDED))
    assert links == {(3, 2, 1, (1, 2)), (4, 3, 1, (2, 3))}


def test_a_service_or_the_issuer_is_no_funder_and_a_large_one_is_left_out():
    by_service = [(1, 0, 13, 9), (2, 13, 2, 3), (3, 13, 3, 3)]
    assert proposed(CommonFunder(), story(*by_service)) == (set(), set(), {})
    assert proposed(CommonFunder(), story((1, 0, 1, 9), (1, 0, 2, 9))) == (set(), set(), {})
    assert proposed(CommonFunder(most=2), story(*FUNDED)) == (set(), {(1, 3)}, {})


DROP = [*[(1, 9, each, 2) for each in (1, 2, 3, 4)], (5, 1, 4, 2), (6, 2, 4, 2), (7, 3, 4, 1)]


def test_who_passes_an_airdrop_on_to_one_account_is_linked_with_it():
    links, _, _ = proposed(AirdropReuse(recipients=4), story((1, 0, 9, 9), *DROP))
    assert links == {(1, 4, 9, (1, 5)), (2, 4, 9, (2, 6))}


@pytest.mark.parametrize(
    "bounds",
    [{"recipients": 5}, {"recipients": 4, "gather": 3}, {"recipients": 4, "most": 1}],
)
def test_fewer_recipients_or_another_amount_are_no_airdrop_reuse(bounds):
    assert proposed(AirdropReuse(**bounds), story((1, 0, 9, 9), *DROP))[0] == set()


TAKEN = [(1, 0, 1, 9), (3, 1, 2, 4), (4, 1, 2, 3)]


def test_an_owner_is_linked_with_the_spender_that_took_what_was_approved():
    authorised = SelfAuthorisation(approvals=approvals((2, 1, 2, 5)))
    assert proposed(authorised, story(*TAKEN))[0] == {(1, 2, 2, (1,))}
    whole = story(*TAKEN)
    link = authorised.propose(whole, Known.read(whole, SERVICES)).links[0]
    assert link.beside == ("2/-1/0",)


@pytest.mark.parametrize(
    ("given", "bounds"),
    [
        ([(5, 1, 2, 5)], {}),  # approved afterwards
        ([(2, 1, 2, 5), (3, 1, 2, 0)], {}),  # taken back before
        ([(2, 1, 2, 2)], {}),  # more than was approved
        ([(2, 1, 3, 5)], {}),  # another spender
        ([(1, 1, 2, 5)], {"blocks": 1}),  # too long ago
        ([(2, 1, 2, 5), (2, 7, 2, 5)], {"owners": 1}),  # a drainer, or a contract
    ],
)
def test_what_was_not_approved_then_links_nobody(given, bounds):
    heuristic = SelfAuthorisation(approvals=approvals(*given), **bounds)
    assert proposed(heuristic, story(*TAKEN))[0] == set()


def test_a_boundless_approval_and_one_of_a_failed_transaction():
    table = approvals((2, 1, 2, 2**256 - 1))
    assert proposed(SelfAuthorisation(approvals=table), story(*TAKEN))[0] == {(1, 2, 2, (1, 2))}
    failed = table.with_columns(succeeded=pl.lit(value=False))
    assert proposed(SelfAuthorisation(approvals=failed), story(*TAKEN))[0] == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"owner": None}, "forensics.column_missing"),
        ({"log": "x"}, "forensics.place_malformed"),
        ({"spender": 5}, "forensics.account_missing"),
        ({"amount": -1}, "forensics.amount_malformed"),
        ({"amount": 0.5}, "forensics.amount_malformed"),
    ],
)
def test_a_table_of_approvals_that_cannot_be_right_is_refused(change, code):
    table = approvals((2, 1, 2, 5))
    for name, value in change.items():
        table = table.drop(name) if value is None else table.with_columns(pl.lit(value).alias(name))
    whole = story(*TAKEN)
    with pytest.raises(CannotTrace) as refused:
        SelfAuthorisation(approvals=table).propose(whole, Known.read(whole, SERVICES))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "heuristic",
    [
        DepositReuse(blocks=-1),
        DepositReuse(keeps=0.5),
        DepositReuse(confidence=1.1),
        CommonFunder(most=True),
        AirdropReuse(gather="2"),
        SelfAuthorisation(approvals=approvals((1, 1, 2, 3)), confidence="high"),
    ],
)
def test_a_parameter_that_cannot_be_right_is_refused(heuristic):
    with pytest.raises(CannotTrace, match="parameter_malformed"):
        proposed(heuristic, story(*TAKEN))
