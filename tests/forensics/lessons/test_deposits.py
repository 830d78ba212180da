"""Days of an exchange deceive as they say, fit the answer, and are nobody else's."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from sandbox.forensics.acting.timing import terms
from sandbox.forensics.cases.services import EXCHANGES
from sandbox.forensics.lessons import exchange_days
from sandbox.forensics.lessons.deposits import ASKS, SITUATIONS
from sandbox.toolchain.layout import CHECKOUT

NUMBERS = [10_000, 99_999, *range(60_000, 60_060)]
FOLDER = CHECKOUT / "courses/following-money/basics/exchange-request"


@pytest.fixture(scope="module")
def days():
    return {number: exchange_days(number) for number in NUMBERS}


def found(mine):
    """What is asked, by another way than the course's: payees of the victim's payee, by kind."""
    between = mine.reported["payee"]
    table = pl.DataFrame(list(mine.rows))
    paid = table.filter(pl.col("payer") == between)
    passing = set(table["payer"]) & set(paid["payee"])
    (deposit,) = passing
    (hot,) = set(table.filter(pl.col("payer") == deposit)["payee"])
    stolen = [row for row in paid.iter_rows(named=True) if row["payee"] == deposit]
    return between, deposit, hot, stolen


def answered(mine):
    return [line.split(";") for line in mine.answer.splitlines()[1:]]


def test_the_same_number_gives_the_same_days(days):
    assert exchange_days(60_000) == days[60_000]


def test_one_address_passes_all_on_and_wages_come_to_it_too(days):
    for mine in days.values():
        between, deposit, hot, stolen = found(mine)
        assert len(stolen) == 2
        into = [row for row in mine.rows if row["payee"] == deposit]
        out = [row for row in mine.rows if row["payer"] == deposit]
        assert sum(row["amount"] for row in into) == sum(row["amount"] for row in out)
        assert {row["payer"] for row in into} - {between}, "wages"
        others = {row["payer"] for row in mine.rows if row["payee"] == hot}
        assert len(others) == 3
        spent = sum(row["amount"] for row in mine.rows if row["payer"] == between)
        assert spent < mine.reported["amount"]


def test_rows_are_in_order_and_no_two_at_one_place(days):
    for mine in days.values():
        moments = [(row["time"], row["block"]) for row in mine.rows]
        assert moments == sorted(moments)
        assert len({row["block"] for row in mine.rows}) == len(mine.rows)


def test_the_tag_of_the_deposit_address_is_false_and_of_low_confidence(days):
    for mine in days.values():
        _, deposit, hot, _ = found(mine)
        tags = {tag["address"]: tag for tag in mine.tags}
        assert {tags[hot]["name"], tags[deposit]["name"]} <= set(EXCHANGES)
        assert tags[hot]["name"] != tags[deposit]["name"]
        assert tags[deposit]["confidence"] < 50 < tags[hot]["confidence"]


def test_the_answer_fits_the_ledger_and_tells_of_somebody_nobody_asked_about(days):
    for mine in days.values():
        _, deposit, _, stolen = found(mine)
        lines = answered(mine)
        assert len({line[0] for line in lines}) == 2
        on_chain = {
            (row["payee"], row["time"], str(row["block"])): Decimal(row["amount"]).scaleb(-18)
            for row in mine.rows
        }
        came = [line for line in lines if line[4] == "deposit"]
        assert all(on_chain[line[2], line[3], line[6]] == Decimal(line[5]) for line in came)
        assert [line[2] for line in came].count(deposit) == 4
        late = [line for line in lines if line[4] == "payout" and line[2] == deposit]
        after = [line for line in late if line[3] >= stolen[0]["time"]]
        assert (len(late), len(after)) == (4, 3)
        by_card = Counter()
        for line in after:
            by_card[line[7]] += Decimal(line[5])
        (first, most), (_, second) = by_card.most_common(2)
        assert most > second, first


def test_the_period_of_a_request_is_one_that_the_desk_takes(days):
    for mine in days.values():
        first = date.fromisoformat(found(mine)[3][0]["time"][:10])
        assert 0 < (date.fromisoformat(mine.today) - first).days < terms().longest_period.days


def test_what_is_asked_of_two_neighbours_differs(days):
    values = [found(mine)[1:] for mine in days.values()]
    for one, other in itertools.combinations(values, 2):
        assert not {one[0], one[1]} & {other[0], other[1]}
    assert len({mine.asks for mine in days.values()}) == len(days)
    assert all(sorted(mine.asks) == list(range(ASKS)) for mine in days.values())
    assert all(sorted(mine.situations) == list(range(SITUATIONS)) for mine in days.values())


def test_the_lesson_says_the_terms_of_the_desk():
    cells = json.loads((FOLDER / "exchange-request.ipynb").read_text())["cells"]
    (lesson,) = ("".join(cell["source"]) for cell in cells if cell["id"] == "lesson2")
    assert f"more than {terms().most_addresses} addresses" in lesson
    assert f"more than {terms().longest_period.days} days" in lesson
