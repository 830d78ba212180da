"""A small ledger is a ledger, deceives as it says, and is nobody else's."""

from __future__ import annotations

import itertools
from collections import Counter

import polars as pl
import pytest

from sandbox.forensics import Ledger
from sandbox.forensics.lessons import small_ledger
from sandbox.forensics.lessons.ledgers import ZERO
from sandbox.forensics.lessons.receipts import APPROVAL, TRANSFER
from tests.forensics.lessons.answers import answers

NUMBERS = [1000, 1016, 4711, 55_555, 99_999, *range(20_000, 20_100)]
MOST_ALIKE = 1
"""Of twelve values, how many two neighbours may share by chance."""


@pytest.fixture(scope="module")
def ledgers():
    return [small_ledger(number) for number in NUMBERS]


def test_the_same_number_gives_the_same_ledger_and_another_one_another():
    assert small_ledger(4711) == small_ledger(4711)
    assert small_ledger(4711) != small_ledger(4712)


def test_what_is_asked_of_two_neighbours_differs(ledgers):
    found = [list(answers(each).values()) for each in ledgers]
    assert {len(each) for each in found} == {12}
    alike = [sum(map(lambda a, b: a == b, *two)) for two in itertools.combinations(found, 2)]
    assert max(alike) <= MOST_ALIKE


def test_no_value_is_one_that_somebody_who_read_nothing_would_write(ledgers):
    assert all(
        value not in (0, 1, "", None) for each in ledgers for value in answers(each).values()
    )


def test_rows_are_a_ledger_that_is_always_covered_and_in_order(ledgers):
    for mine in ledgers:
        places = [(each["block"], each["transaction"], each["log"]) for each in mine.rows]
        assert places == sorted(set(places))
        Ledger.read(pl.DataFrame(list(mine.rows)))  # refuses what is not covered
        assert mine.rows[-1]["block"] < mine.head


def test_the_month_has_what_deceives_a_reader(ledgers):
    for mine in ledgers:
        names = {each[who] for each in mine.rows for who in ("payer", "payee")}
        alike = {each for each in names if (each[:10], each[-8:]) == ends(mine.account)}
        assert len(alike) == 2
        assert any(each["payer"] == each["payee"] == mine.account for each in mine.rows)
        after = [each for each in mine.rows if each["block"] > mine.height]
        assert any(mine.account in (each["payer"], each["payee"]) for each in after)
        assert {ZERO} < names


def ends(address):
    return address[:10], address[-8:]


def test_the_payment_is_handed_in_by_somebody_who_pays_nothing(ledgers):
    for mine in ledgers:
        approval, transfer = mine.payment["logs"]
        assert (approval["topics"][0], transfer["topics"][0]) == (APPROVAL, TRANSFER)
        assert mine.payment["from"][2:] not in "".join(transfer["topics"])
        assert {each["address"] for each in mine.payment["logs"]} == {mine.tokens["KGST"]}


def test_of_three_claims_one_is_real_one_foreign_and_one_failed(ledgers):
    orders = Counter()
    for mine in ledgers:
        kinds = [kind(each, mine) for each in mine.claims]
        assert sorted(kinds) == ["failed", "foreign", "real"]
        orders[tuple(kinds)] += 1
    assert len(orders) == 6, "their order says nothing"


def kind(claim, mine):
    if claim["status"] == 0:
        assert claim["logs"] == [], "what failed said nothing"
        return "failed"
    (said,) = claim["logs"]
    assert said["topics"][2].endswith(mine.shop[2:])
    return "real" if said["address"] == mine.tokens["KGST"] else "foreign"


def test_coins_are_used_once_and_nothing_comes_from_nowhere(ledgers):
    for mine in ledgers:
        made = {}
        for each in mine.coins.transactions:
            known = [(used["id"], used["place"]) for used in each["inputs"]]
            ours = [made.pop(place) for place in known if place in made]
            assert len(ours) in (0, len(known)), "none is used twice"
            paid = sum(out["amount"] for out in each["outputs"])
            assert not ours or sum(ours) > paid, "there is a fee"
            assert all(out["amount"] > 0 for out in each["outputs"])
            made |= {(each["id"], out["place"]): out["amount"] for out in each["outputs"]}
        assert len(set(mine.coins.wallet)) == 5
