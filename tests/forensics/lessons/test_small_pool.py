"""A small pool: the library finds what enumeration finds; nobody's neighbour has the same."""

from __future__ import annotations

import itertools

import polars as pl
import pytest

from sandbox.forensics import Ledger, mixed
from sandbox.forensics.lessons import small_pool
from tests.forensics.lessons.pools import answers, before, chances, events

NUMBERS = [1, 4711, 99_999, *range(20_000, 20_040)]


def looked(mine, reuse):
    """The pool by the library, and its letters."""
    ledger = Ledger.read(pl.DataFrame(list(mine.rows)))
    found = mixed(ledger, mine.address, mine.denomination, reuse=reuse)

    def of(withdrawal):
        rows = found.of(withdrawal).iter_rows()
        return {mine.letters[name]: chance for name, chance, _ in rows}

    return found, of


@pytest.mark.parametrize("number", NUMBERS[:12])
def test_the_library_says_what_all_assignments_say(number):
    mine = small_pool(number)
    _, of = looked(mine, 0)
    for withdrawal in range(3):
        wanted = {name: float(each) for name, each in chances(mine, withdrawal).items() if each}
        assert of(withdrawal) == pytest.approx(wanted)


def test_reuse_points_to_the_one_who_withdrew_to_himself():
    for number in NUMBERS[:12]:
        mine = small_pool(number)
        found, of = looked(mine, 0.9)
        assert list(found.revealed) == [2]
        right = answers(mine)
        assert of(2)[right["own"]] == pytest.approx(right["sure"])


def test_a_pool_has_what_tempts_and_its_letters_say_nothing():
    letters = set()
    for mine in map(small_pool, NUMBERS):
        said = events(mine)
        kinds = [kind for kind, _ in said]
        assert kinds.count("out") == 3
        assert kinds[-1] == "in", "who deposits after the last withdrawal cannot be behind it"
        first = [letter for kind, letter in said[: kinds.index("out")]]
        assert first.count(mine.twice) == 2
        assert first.count(mine.early) == 1
        others = {row["amount"] for row in mine.rows if row["payee"] == mine.address}
        assert len(others) == 2
        assert len(set(mine.letters.values())) == len(mine.letters)
        letters.add(answers(mine)["own"])
    assert len(letters) > 10


def test_a_neighbours_values_are_mostly_wrong():
    said = [list(answers(small_pool(each)).values()) for each in NUMBERS]
    alike = [sum(map(lambda a, b: a == b, *two)) for two in itertools.combinations(said, 2)]
    assert sum(alike) / len(alike) < 1.5
    assert {len(before(small_pool(each))) for each in NUMBERS} == {3}
