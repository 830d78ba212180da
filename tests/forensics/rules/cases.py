"""Small random ledgers on which rules have something to find, and side tables beside them."""

from __future__ import annotations

import copy
import json
import random

import polars as pl

from sandbox.forensics import Ledger
from sandbox.forensics.rules.pack import HERE
from sandbox.forensics.rules.tables import COLUMNS
from tests.forensics.rules import oracle_tables
from tests.forensics.rules.oracle import ZERO, Case

T = 10_000
"""The threshold of all rules in these cases, the least that a pack may have."""
EASY = {
    "threshold": T,
    "R01.n": 3,
    "R01.multiple": 2,
    "R02.n": 2,
    "R02.multiple": 1,
    "R03.n": 4,
    "R03.variation": 50,
    "R03.idle": 5,
    "R04.age": 3,
    "R04.idle": 7,
    "R04.quantile": 60,
    "R05.part": 50,
    "R05.floor": 5_000,
    "R06.part": 50,
    "R07.cycles": 2,
    "R07.tolerance": 10,
    "R07.floor": 2_000,
    "R08.n": 3,
    "R08.floor": 2_000,
    "R09.n": 3,
    "R09.floor": 2_000,
    "R10.n": 2,
    "R10.part": 50,
    "R10.floor": 2_000,
    "R11.part": 60,
    "R11.floor": 2_000,
    "R12.hops": 3,
    "R12.peel_most": 30,
    "R12.floor": 100,
    "R13.n": 2,
    "R15.n": 1,
    "R16.part": 30,
    "R16.floor": 2_000,
    "R17.n": 2,
    "R18.multiple": 2,
    "R18.multiple_risk": 1,
    "R19.points": 2,
    "R22.floor": 5_000,
    "R24.n": 1,
    "R25.hops": 2,
    "R25.window": 10_080,
    "R27.stale": 600,
}
"""Values with which few rows are enough."""
STEPS = (0, 0, 30, 600, 1_800, 3_600, 3_600, 20_000, 86_400, 600_000)
CATEGORIES = (
    *("exchange", "merchant", "mixer", "bridge", "bridge", "cash_out", "cash_out", "frozen"),
    *("weak_travel_rule", "no_travel_rule"),
)


def data(values=EASY, version=2, **top):
    """A pack's data with other values."""
    found = json.loads((HERE / "pack.json").read_text("utf-8"))
    for name, value in values.items():
        rule, _, parameter = name.rpartition(".")
        (found["rules"][rule] if rule else found)["parameters"][parameter]["value"] = value
    return {**found, "version": version, **copy.deepcopy(top)}


def rows(chance: random.Random, *, begin=1_000_000, mark="", length=48, accounts=9):
    """Rows (payer, payee, amount, when): issues, payments, chains, circles, nothings."""
    names = [f"{mark}a{number}" for number in range(accounts)]
    made, when = [], begin
    steps = chance.choice([STEPS, STEPS[:7], (3_600, 3_600, 3_600, 7_200, 600_000)])
    for number in range(length):
        when += chance.choice(steps)
        last = made[-1] if made else (ZERO, names[0], T, 0)
        kind = chance.random()
        if kind < 0.1:
            row = ZERO, chance.choice(names), chance.randint(0, 3 * T)
        elif kind < 0.14:
            row = chance.choice(names), ZERO, chance.randint(0, T)
        elif kind < 0.45 and last[1] != ZERO:
            amount = max(last[2] * chance.randint(70, 100) // 100, 1)
            fresh = chance.random() < 0.5
            row = last[1], f"{mark}b{number}" if fresh else chance.choice(names), amount
        else:
            amount = chance.choice([chance.randint(0, 3 * T), chance.randint(8 * T // 10, T - 1)])
            few = names[: chance.choice([2, 3, accounts])]
            row = chance.choice(few), chance.choice(names), amount
        made.append((*row, when))
    return made


def tables(chance: random.Random, made, *, mark="", first=0):
    """Every side table; blocks are counted from ``first``."""
    accounts = [*sorted({side for row in made for side in row[:2]} - {ZERO}), f"{mark}stranger"]
    begin, end = made[0][3], made[-1][3]

    def moment():
        return chance.randint(begin, end)

    def some(count):
        return [chance.choice(accounts) for _ in range(count)]

    def perhaps(value):
        return None if chance.random() < 0.15 else value

    taint = []
    for account in some(8):
        whole = chance.randint(0, 1_000)
        kind = chance.choice(["mixer", "theft", "sanctions", "salary"])
        tainted, hops = chance.randint(0, whole), chance.randint(0, 6)
        taint.append((account, kind, tainted, whole, hops, moment()))
    travel = [
        (
            *(first + at, 0, 0, chance.random() < 0.8),
            *(perhaps(chance.choice([0, 0, 40])), perhaps(chance.randint(80, 100))),
        )
        for at in chance.sample(range(len(made)), 8)
    ]
    at = [moment() for _ in range(8)]
    return {
        "customers": _table(
            ("account", "opened", "declared", "age", "device"),
            [
                (
                    *(each, perhaps(begin - chance.choice([0, 86_400, 10**7]))),
                    *(perhaps(chance.randint(0, 2 * T)), perhaps(chance.randint(16, 80))),
                    perhaps(mark + chance.choice(["d1", "d2", "d3"])),
                )
                for each in accounts
                if chance.random() < 0.7
            ],
        ),
        "tags": _table(
            ("account", "category"),
            [(each, chance.choice(CATEGORIES)) for each in accounts if chance.random() < 0.35],
        ),
        "taint": _table(("account", "category", "tainted", "whole", "hops", "time"), taint),
        "screening": _table(
            ("account", "score", "time"),
            [(each, chance.randint(70, 100), moment()) for each in some(5)],
        ),
        "travel": _table(("block", "transaction", "log", "sent", "late", "match"), travel),
        "clusters": _table(
            ("account", "cluster"),
            [(each, mark + chance.choice("xyz")) for each in accounts if chance.random() < 0.6],
        ),
        "conversions": _table(
            ("account", "time", "given", "got"),
            [(each, moment(), 1_000, chance.randint(900, 1_000)) for each in some(9)],
        ),
        "reserves": _table(
            ("account", "time", "assets", "liabilities", "published"),
            [
                (
                    *(mark + chance.choice("pq"), moment(), chance.randint(90, 140), 100),
                    chance.random() < 0.6,
                )
                for _ in range(10)
            ],
        ),
        "attestations": _table(
            ("account", "time", "supply", "attested", "attested_at"),
            [
                (
                    *(f"{mark}gold", each),
                    *(chance.randint(90, 110), 100),
                    each - chance.randint(0, 90_000),
                )
                for each in at
            ],
        ),
    }


KINDS = {
    **dict.fromkeys(("account", "category", "device", "cluster"), pl.String),
    **dict.fromkeys(("sent", "published"), pl.Boolean),
    **dict.fromkeys(("declared",), pl.Int128),
}
SHAPES = {name: tuple(columns) for name, columns in COLUMNS.items()}


def _table(columns, made):
    return [dict(zip(columns, each, strict=True)) for each in made]


def frames(given):
    """Side tables as the engine takes them."""
    return {
        name: pl.DataFrame(
            {column: [row[column] for row in made] for column in SHAPES[name]},
            schema={column: KINDS.get(column, pl.Int64) for column in SHAPES[name]},
        )
        for name, made in given.items()
    }


def frame(made):
    """A ledger's rows as a table; each in a block of its own."""
    return pl.DataFrame(
        {
            "block": range(len(made)),
            "transaction": [0] * len(made),
            "log": [0] * len(made),
            "payer": [row[0] for row in made],
            "payee": [row[1] for row in made],
            "amount": [str(row[2]) for row in made],
            "time": [row[3] for row in made],
        },
        schema_overrides=dict.fromkeys(("block", "transaction", "log", "time"), pl.Int64),
    )


class World:
    """Many small cases one after another as one: accounts of different ones never meet.

    ``parts`` are the cases; ``whole`` is all of it, for the rules that compare accounts or look
    at the rows of others.
    """

    def __init__(self, seeds, pack, *, scale=1, stray=0):
        made, given, self.parts, begin = [], {name: [] for name in SHAPES}, [], 1_000_000
        for seed in seeds:
            chance, mark = random.Random(seed), f"{seed}:"
            some = rows(chance, begin=begin, mark=mark)
            side = tables(chance, some, mark=mark, first=len(made))
            some = [(*row[:2], row[2] * scale, row[3]) for row in some]
            for row in side["customers"]:
                row["declared"] = row["declared"] and row["declared"] * scale
            firsts = {name: len(there) for name, there in given.items()}
            self.parts.append(Case(some, side, pack, unit=scale, first=len(made), firsts=firsts))
            made += some
            for name, there in given.items():
                there.extend(side[name])
            begin = some[-1][3] + 50_000
        if stray:  # somebody's amount that shares no unit with any other
            made.append((ZERO, "somebody", stray, begin))
        self.ledger = Ledger.read(frame(made), opening="least")
        opening = zip(self.ledger.names.to_list(), self.ledger.opening.tolist(), strict=True)
        self.whole = Case(made, given, pack, unit=scale, opening=opening)
        self.side = frames(given)

    def hits(self, rule):
        """What a rule should find."""
        parts = [self.whole] if rule in {"R03", "R04"} else self.parts
        return [hit for part in parts for hit in oracle_tables.hits(part, rule)]
