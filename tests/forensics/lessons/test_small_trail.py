"""A trail made from a number: the same everywhere, covered, with its traps, and nobody else's."""

from __future__ import annotations

from collections import Counter

import pytest

from sandbox.forensics.lessons import small_trail
from tests.forensics.lessons.trail_answers import answers

NUMBERS = (10_000, 47_110, 99_999, 2**64 - 1)
ZERO = "0x" + "00" * 20


@pytest.mark.parametrize("number", NUMBERS)
def test_nobody_pays_more_than_they_hold_and_each_place_is_one_row(number):
    held, mine = Counter(), small_trail(number)
    for row in mine.rows:
        assert row["amount"] > 0
        assert row["payer"] != row["payee"]
        assert row["payer"] == ZERO or held[row["payer"]] >= row["amount"]
        held[row["payer"]] -= row["amount"]
        held[row["payee"]] += row["amount"]
    places = [(row["block"], row["transaction"]) for row in mine.rows]
    assert places == sorted(set(places))
    assert small_trail(number) == mine
    assert small_trail(number - 1) != mine


@pytest.mark.parametrize("number", range(500, 540))
def test_every_trail_has_its_traps(number):
    mine, found = small_trail(number), answers(small_trail(number))
    rows = list(mine.rows)
    places = [f"{row['block']}/{row['transaction']}" for row in rows]
    theft = rows[places.index(mine.theft)]
    out = [row for row in rows if row["payer"] == theft["payee"]]
    assert len({row["payee"] for row in out}) == len(out) - 1, "one address is paid twice"
    assert places.index(found["early"]) < places.index(mine.theft) < places.index(found["arrival"])
    assert all(row["amount"] % 100 for row in out)
    assert found["fifo"] != found["lifo"]
    assert min(found["fifo"], found["left"], found["kept"]) > 0
    (wallet,) = mine.tags
    assert any(row["payer"] == wallet for row in rows), "the exchange pays others"
    shares = Counter()
    for row in out:
        shares[row["payee"]] += row["amount"]
    innocent = rows[places.index(mine.theft) + 1]
    assert innocent["payer"] not in {theft["payee"], *shares}
    assert innocent["amount"] in shares.values(), "an innocent sum as great as a share"


def test_two_numbers_share_no_value():
    seen = Counter()
    for number in range(10_000, 10_080):
        seen.update(str(each) for each in answers(small_trail(number)).values())
    assert [value for value, count in seen.items() if count > 1] == []
