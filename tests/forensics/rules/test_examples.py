"""Each rule of the shipped pack: a case that just meets its definition, and some beside it."""

from __future__ import annotations

from itertools import pairwise

import polars as pl
import pytest

from sandbox.forensics.accounts import ZERO
from sandbox.forensics.rules import watch
from sandbox.forensics.rules.pack import RULES
from tests.forensics.rules import cases

T = 8_500_000
"""The shipped threshold, tyiyn."""
HOUR, DAY = 3_600, 86_400
START = 1_000 * DAY
TAGS = ("account", "category")
CUSTOMERS = ("account", "opened", "declared", "age", "device")
TAINT = ("account", "category", "tainted", "whole", "hops", "time")
TRAVEL = ("block", "transaction", "log", "sent", "late", "match")
RESERVES = ("account", "time", "assets", "liabilities", "published")
GOLD = ("account", "time", "supply", "attested", "attested_at")


def side(name, columns, *rows):
    """A side table."""
    return {
        name: cases.frames({name: [dict(zip(columns, row, strict=True)) for row in rows]})[name]
    }


def tags(**by_category):
    """Accounts by their tag."""
    return side("tags", TAGS, *((account, tag) for tag, account in by_category.items()))


def pays(payer, payee, amount, *moments):
    """Payments of one amount, seconds after the start."""
    return [(payer, payee, amount, START + each) for each in moments]


def regular(last):
    return [*pays("a", "b", 100, 0, DAY, 2 * DAY, 3 * DAY, 4 * DAY), *pays("x", "y", 1, last)]


def surges(amount):
    """A hundred new accounts that get 1,000; one that gets more."""
    others = [row for n in range(100) for row in pays(ZERO, f"n{n}", 1_000, n)]
    return [*others, *pays(ZERO, "a", amount, 200)]


def cycles(back):
    """Three times in and out."""
    return [
        row
        for n in range(3)
        for row in (
            *pays("x", "a", 100_000, n * DAY),
            *pays("a", "y", back, n * DAY + HOUR),
        )
    ]


def scattered(middlemen):
    paid = [row for n in range(middlemen) for row in pays("a", f"m{n}", 50_000, n)]
    return paid + [row for n in range(middlemen) for row in pays(f"m{n}", "z", 45_000, HOUR + n)]


def round_trip(back):
    there = [*pays("a", "b", 200_000, 0), *pays("b", "c", 180_000, 1)]
    return [*there, *pays("c", "a", back, 2)]


def peeled(hops):
    ends, amount, rows = ["a", *(f"p{n}" for n in range(hops))], 1_000_000, []
    for number, (payer, payee) in enumerate(pairwise(ends)):
        rows += pays(payer, payee, amount, number)
        amount = amount * 9 // 10
    return rows


def conversions(count):
    rows = [("a", START + n, 1_000, 969) for n in range(count)]
    return side("conversions", ("account", "time", "given", "got"), *rows)


def taint(category, tainted, hops=1):
    return side("taint", TAINT, ("a", category, tainted, 100, hops, START))


def customers(*rows):
    return side("customers", CUSTOMERS, *rows)


def message(**said):
    row = {"sent": True, "late": 0, "match": 100} | said
    return side("travel", TRAVEL, (0, 0, 0, row["sent"], row["late"], row["match"]))


def reading(*rows):
    return side("reserves", RESERVES, *(("a", START + at, *rest) for at, *rest in rows))


def gold(attested, age):
    return side("attestations", GOLD, ("a", START, 100, attested, START - age))


NOTHING = pays("x", "y", 1, 0)
BRIDGES = side("tags", TAGS, ("b1", "bridge"), ("b2", "bridge"))
MERCHANT = side("tags", TAGS, ("m", "merchant"), ("f", "cash_out"))
CHAIN = tags(bridge="br", cash_out="f")
EXAMPLES = {
    "R01": [
        (pays("a", "b", T * 8 // 10, 0, 1, 2, 3, DAY - 1), {}),
        (pays("a", "b", T * 8 // 10, 0, 1, 2, 3, DAY), {}),
        (pays("a", "b", T * 8 // 10 - 1, 0, 1, 2, 3, 4), {}),
        (pays("a", "b", T, 0, 1, 2, 3, 4), {}),
    ],
    "R02": [
        (pays("a", "b", 10 * T, 0, 1, 2), {}),
        (pays("a", "b", 10 * T - 1, 0, 1, 2), {}),
        (pays("a", "b", 10 * T, 0, 1, DAY), {}),
    ],
    "R03": [
        (regular(34 * DAY), {}),
        (regular(34 * DAY - 1), {}),
        ([*regular(34 * DAY)[:2], *pays("a", "b", 1, DAY + HOUR), *regular(34 * DAY)[2:]], {}),
    ],
    "R04": [(surges(1_001), {}), (surges(1_000), {})],
    "R05": [
        (pays("x", "a", 1_000_000, 0) + pays("a", "y", 900_000, HOUR - 1), {}),
        (pays("x", "a", 1_000_000, 0) + pays("a", "y", 900_000, HOUR), {}),
        (pays("x", "a", 1_000_000, 0) + pays("a", "y", 899_999, 1), {}),
        (pays("x", "a", 999_999, 0) + pays("a", "y", 999_999, 1), {}),
    ],
    "R06": [
        (pays("x", "a", 101, 0) + pays("a", "y", 91, DAY), customers(("a", None, 100, 30, None))),
        (pays("x", "a", 100, 0) + pays("a", "y", 91, DAY), customers(("a", None, 100, 30, None))),
        (pays("x", "a", 101, 0) + pays("a", "y", 90, DAY), customers(("a", None, 100, 30, None))),
        (
            pays("x", "a", 101, 0) + pays("a", "y", 91, 2 * DAY),
            customers(("a", None, 100, 30, None)),
        ),
    ],
    "R07": [(cycles(98_000), {}), (cycles(97_999), {})],
    "R08": [
        ([row for n in range(10) for row in pays(f"p{n}", "a", 10_000, n)], {}),
        ([row for n in range(9) for row in pays(f"p{n}", "a", 10_000, n, 20)], {}),
        ([row for n in range(10) for row in pays(f"p{n}", "a", 9_999, n)], {}),
    ],
    "R09": [
        ([row for n in range(10) for row in pays("a", f"p{n}", 10_000, n)], {}),
        ([row for n in range(9) for row in pays("a", f"p{n}", 10_000, n, 20)], {}),
        ([row for n in range(10) for row in pays("a", f"p{n}", 10_000, n * DAY // 9)], {}),
    ],
    "R10": [(scattered(3), {}), (scattered(2), {})],
    "R11": [
        (round_trip(160_000), {}),
        (round_trip(159_999), {}),
        (round_trip(160_000)[1:], {}),
    ],
    "R12": [(peeled(5), {}), (peeled(4), {}), (pays("a", "p2", 1, 0) + peeled(5), {})],
    "R13": [(NOTHING, conversions(5)), (NOTHING, conversions(4))],
    "R14": [
        (pays("a", "m", 1, 0), tags(mixer="m") | taint("salary", 0)),
        (pays("a", "m", 1, 0), tags(exchange="m") | taint("salary", 0)),
        (NOTHING, tags(mixer="m") | taint("mixer", 4)),
        (NOTHING, tags(mixer="m") | taint("mixer", 5, hops=4)),
    ],
    "R15": [
        (pays("a", "b1", 1, 0) + pays("a", "b2", 1, DAY - 1), BRIDGES),
        (pays("a", "b1", 1, 0) + pays("a", "b2", 1, DAY), BRIDGES),
        (pays("a", "b1", 1, 0, 1), BRIDGES),
    ],
    "R16": [
        (
            pays("m", "a", 300_000, 0) + pays("x", "a", 700_000, 0) + pays("a", "f", 1_000_000, 1),
            MERCHANT,
        ),
        (
            pays("m", "a", 300_001, 0) + pays("x", "a", 700_000, 0) + pays("a", "f", 1_000_000, 1),
            MERCHANT,
        ),
        (pays("x", "a", 10**6, 0) + pays("a", "f", 999_999, 1), MERCHANT),
    ],
    "R17": [
        (NOTHING, customers(*((each, START, None, None, "d") for each in "abc"))),
        (NOTHING, customers(*((each, START, None, None, "d") for each in "ab"))),
    ],
    "R18": [
        (pays("x", "a", 501, 0), customers(("a", None, 100, 30, None))),
        (pays("x", "a", 500, 0), customers(("a", None, 100, 30, None))),
        (pays("x", "a", 300, 0), customers(("a", None, 100, 65, None))),
    ],
    "R19": [
        (pays("a", "x", T, 0, 1), customers(("a", None, None, 60, None))),
        (pays("a", "x", T, 0, 1), customers(("a", None, None, 59, None))),
        (pays("a", "x", T - 1, 0, 1), customers(("a", None, None, 60, None))),
        (pays("a", "x", T, 0), customers(("a", None, None, 60, None))),
    ],
    "R20": [
        (NOTHING, taint("theft", 10)),
        (NOTHING, taint("theft", 9)),
        (NOTHING, taint("salary", 100)),
    ],
    "R21": [
        (NOTHING, side("screening", ("account", "score", "time"), ("a", 85, START))),
        (NOTHING, side("screening", ("account", "score", "time"), ("a", 84, START))),
    ],
    "R22": [
        (pays("a", "w", 500_000, 0, 1), tags(weak_travel_rule="w")),
        (pays("a", "w", 499_999, 0, 1), tags(weak_travel_rule="w")),
        (pays("a", "w", 500_000, 0, 1), tags(exchange="w")),
    ],
    "R23": [
        (pays("a", "x", T + 1, 0), message(sent=False)),
        (pays("a", "x", T, 0), message(sent=False)),
        (pays("a", "x", T + 1, 0), message(match=90)),
    ],
    "R24": [
        (
            pays("a", "b", 30, 0, 1, 2, 3, 4) + pays("a", "x", 350, 0)[:1],
            side("clusters", ("account", "cluster"), ("a", "one"), ("b", "one")),
        ),
        (
            pays("a", "b", 30, 0, 1, 2, 3, 4),
            side("clusters", ("account", "cluster"), ("a", "one"), ("b", "two")),
        ),
        (
            pays("a", "b", 30, 0, 1, 2, 3),
            side("clusters", ("account", "cluster"), ("a", "one"), ("b", "one")),
        ),
    ],
    "R25": [
        (pays("z", "b", 1, 0) + pays("b", "a", 1, 1), tags(frozen="z")),
        (pays("b", "a", 1, 0) + pays("z", "b", 1, 1), tags(frozen="z")),
        (
            pays(ZERO, "a", 1, 0) + pays("a", "f", 1, 1) + pays("a", "br", 1, 2),
            CHAIN,
        ),
    ],
    "R26": [
        (NOTHING, reading((0, 101, 100, False))),
        (NOTHING, reading((0, 102, 100, False))),
        (NOTHING, reading((0, 200, 100, False), (1, 240, 100, True), (2, 200, 100, False))),
    ],
    "R27": [(NOTHING, gold(99, 0)), (NOTHING, gold(100, DAY))],
}
"""For each rule what meets it, about the account ``a``; then what does not."""


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_met_where_its_definition_says_and_not_beside_it(rule):
    meeting, *missing = EXAMPLES[rule]
    assert missing
    for number, (rows, side_tables) in enumerate([meeting, *missing]):
        ordered = sorted(rows, key=lambda row: row[3])
        found = watch(cases.frame(ordered), tables=side_tables)
        assert rule not in found.not_computable
        told = set(found.hits.filter(pl.col("rule") == rule)["account"])
        assert ("a" in told) == (number == 0), (number, told)


def test_the_second_part_of_a_rule_is_met_too():
    chain = pays(ZERO, "a", 1, 0) + pays("a", "br", 1, 1) + pays("a", "f", 1, DAY - 1)
    dressed = reading((0, 200, 100, False), (1, 241, 100, True), (2, 200, 100, False))
    stale = gold(100, DAY + 1)
    for rule, rows, tables in (
        ("R14", NOTHING, tags(mixer="m") | taint("mixer", 5)),
        ("R18", pays("x", "a", 301, 0), customers(("a", None, 100, 65, None))),
        ("R20", NOTHING, taint("sanctions", 1)),
        ("R23", pays("a", "x", T + 1, 0), message(late=1)),
        ("R25", chain, CHAIN),
        ("R26", NOTHING, dressed),
        ("R27", NOTHING, stale),
    ):
        told = watch(cases.frame(rows), tables=tables).hits.filter(pl.col("rule") == rule)
        assert told["account"].to_list() == ["a"], rule
