"""Rules that read side tables: conversions, taint, shared marks, lists, messages, reserves, gold.

Where a rule is met at a row of a side table, its evidence are rows of that table.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import polars as pl

from sandbox.forensics.rules import kernels
from sandbox.forensics.rules.errors import CannotWatch
from sandbox.forensics.rules.facts import Array, Facts, compiled
from sandbox.forensics.rules.looks import MINUTE, Looks, counted, measured
from sandbox.forensics.rules.pack import Rule
from sandbox.forensics.rules.tables import amounts, seconds

ILLICIT: Final = ("crime", "darknet", "ransom", "sanctions", "scam", "terrorism", "theft")
"""Categories of taint that are crimes."""
CRITICAL: Final = ("sanctions", "terrorism")
"""Those of which the smaller part counts."""


def conversions(facts: Facts, rule: Rule) -> Looks:
    """Conversions at a loss.

    Definition: within the window the account made ``n`` conversions or more, of each of which
    more than ``cost`` percent of what it gave were lost. Measured: how many.
    """
    table, moments = _with_moments(facts, "conversions")
    given, got = np.array(amounts(table["given"]), object), np.array(amounts(table["got"]), object)
    lossy = np.flatnonzero((100 * (given - got) > rule["cost"] * given).astype(bool))
    who = facts.numbers(table["account"])
    rows = lossy[np.lexsort((lossy, moments[lossy], who[lossy]))]
    ones = np.ones(len(rows), np.int64)
    first, _ = compiled(
        *(kernels.windows, who[rows].astype(np.int32), moments[rows], ones),
        rule["window"] * MINUTE,
    )
    count = counted(first)
    met = np.flatnonzero(count >= rule["n"])
    return Looks(
        who=who[rows[met]],
        row=rows[met],
        value=count[met],
        first=first[met],
        last=met + 1,
        pool=rows,
        figures={"conversions": count[met]},
        table="conversions",
        moments=moments,
    )


def mixer(facts: Facts, rule: Rule) -> list[Looks]:
    """Money to, from or through a mixer.

    Definition: either the account pays, or is paid by, an account tagged ``mixer``; or ``part`` or
    more of its money is tainted by the category ``mixer`` over at most ``hops`` payments. Measured:
    percent of its money; 100 for a direct payment.
    """
    events = facts.events
    mixers = facts.tagged("mixer")
    at = np.flatnonzero(mixers[events.other] & ~mixers[events.who])
    direct = Looks(
        *(events.who[at], events.row[at], np.full(len(at), 100), at, at + 1, events.row),
        figures={"total": events.amount[at]},
        other=events.other[at],
    )
    hops = facts.tables["taint"]["hops"].to_numpy() <= rule["hops"]
    return [direct, _tainted(facts, {("mixer",): rule["part"]}, hops)]


def illicit(facts: Facts, rule: Rule) -> Looks:
    """Money that comes from a listed crime.

    Definition: ``part`` or more of the account's money is tainted by a category of ``ILLICIT``, or
    ``part_critical`` or more by one of ``CRITICAL``. Measured: percent of its money.
    """
    every = np.ones(len(facts.tables["taint"]), bool)
    parts = {CRITICAL: min(rule["part"], rule["part_critical"]), ILLICIT: rule["part"]}
    return _tainted(facts, parts, every)


def _tainted(facts: Facts, parts: dict[tuple[str, ...], int], chosen: Array) -> Looks:
    """Rows of ``taint`` whose share is large enough, by the first group that has the category."""
    table, moments = _with_moments(facts, "taint")
    tainted = np.array(amounts(table["tainted"]), object)
    whole = np.array(amounts(table["whole"]), object)
    asked = np.full(len(table), 101, object)
    for categories, part in reversed(parts.items()):
        asked[table["category"].is_in(categories).to_numpy()] = part
    met = (whole > 0) & (100 * tainted >= asked * whole)
    rows = np.flatnonzero(met.astype(bool) & (asked <= 100).astype(bool) & chosen)
    rows = rows[np.lexsort((rows, moments[rows]))]
    share = measured(100 * tainted[rows] // whole[rows], rows >= 0)
    return _single(facts, "taint", rows, share, moments)


def shared(facts: Facts, rule: Rule) -> Looks:
    """Customers who share a device, an address or a document.

    Definition: ``n`` customers or more have the same entry in ``device``, counted in the order in
    which their accounts were opened; those whose opening is not known are left out. Met for the
    ``n``-th and each later one when it is opened, for the earlier ones with the ``n``-th.
    Measured: how many there are then.
    """
    customers = facts.tables["customers"].with_row_index("row")
    known = customers.drop_nulls(["device", "opened"]).sort("device", "opened", "account")
    opened = seconds(known["opened"])
    place = np.arange(len(known))
    begins = np.ones(len(known), bool)
    begins[1:] = (known["device"][1:] != known["device"][:-1]).to_numpy()
    start = place[begins][np.cumsum(begins) - 1] if len(known) else place
    size = place - start + 1
    late = np.flatnonzero(size >= rule["n"])
    crossing = np.flatnonzero(size == rule["n"])
    early = (crossing[:, None] - np.arange(1, rule["n"])[None, :]).ravel()
    at = np.concatenate([late, np.repeat(crossing, rule["n"] - 1)])
    who = np.concatenate([late, early])
    rows = known["row"].to_numpy().astype(np.int64)
    moments = np.zeros(len(customers), np.int64)
    moments[rows] = opened
    return Looks(
        who=facts.numbers(known["account"])[who],
        row=rows[at],
        value=size[at],
        first=start[at],
        last=at + 1,
        pool=rows,
        figures={"customers": size[at]},
        table="customers",
        moments=moments,
    )


def screening(facts: Facts, rule: Rule) -> Looks:
    """A name that is like one on a list.

    Definition: the score is ``score`` or more. Measured: the score, percent.
    """
    table, moments = _with_moments(facts, "screening")
    score = table["score"].to_numpy().astype(np.int64)
    rows = np.flatnonzero(score >= rule["score"])
    return _single(facts, "screening", rows, score[rows], moments)


def travel(facts: Facts, rule: Rule) -> Looks:
    """Data of payer and payee that do not travel with a transfer.

    Definition: of a payment above the threshold of all rules the data were not sent (3), or match
    by less than ``match`` percent (2), or came more than ``late`` minutes after it (1). The
    account is the payer. Measured: the largest of these numbers.
    """
    table = facts.tables["travel"]
    place = ["block", "transaction", "log"]
    there = facts.ledger.places.select(pl.col(place).cast(pl.Int64)).with_row_index("row")
    asked = table.with_columns(pl.col(place).cast(pl.Int64))
    found = asked.join(there, on=place, how="left", maintain_order="left")
    if found["row"].null_count():
        wrong = found.filter(pl.col("row").is_null()).select(place).row(0)
        raise CannotWatch("alert_pack.place_unknown", place=" / ".join(map(str, wrong)))
    grade = found.select(
        pl.when(~pl.col("sent"))
        .then(3)
        .when((pl.col("match") < rule["match"]).fill_null(value=False))
        .then(2)
        .when((pl.col("late") > rule["late"] * MINUTE).fill_null(value=False))
        .then(1)
        .otherwise(0)
        .alias("grade")
    )["grade"].to_numpy()
    row = found["row"].to_numpy().astype(np.int64)
    real = np.zeros(len(facts.ledger), bool)
    real[facts.payments] = True
    large = facts.amount[row] >= facts.least(facts.threshold + 1)
    met = np.flatnonzero((grade > 0) & real[row] & large)
    rows = row[met]
    at = np.arange(len(rows))
    return Looks(
        *(facts.payer[rows], rows, grade[met].astype(np.int64), at, at + 1, rows),
        figures={"total": facts.amount[rows]},
        other=facts.payee[rows],
    )


def reserves(facts: Facts, rule: Rule) -> list[Looks]:
    """Reserves that fall short, or were dressed for the day.

    Definition: either the assets of a reading are less than the liabilities and ``buffer`` percent
    of them; or those of a reading that was published exceed by more than ``spike`` percent both
    the reading before it and the one after it, at most ``around`` away each (met at the later
    one). Measured: percent that is missing; percent by which the larger of the two was exceeded.
    """
    table, moments = _with_moments(facts, "reserves")
    assets = amounts(table["assets"])
    needed = [(100 + rule["buffer"]) * each for each in amounts(table["liabilities"])]
    missing = [
        100 * (wanted - 100 * had) // wanted if wanted > 100 * had else -1
        for wanted, had in zip(needed, assets, strict=True)
    ]
    short = [row for row, each in enumerate(missing) if each >= 0]
    who = facts.numbers(table["account"])
    order = np.lexsort((np.arange(len(table)), moments, who)).tolist()
    published, away = table["published"].to_list(), rule["around"] * MINUTE
    dressed = []
    for one, two, three in zip(order, order[1:], order[2:], strict=False):
        alike = who[one] == who[two] == who[three] and published[two]
        near = moments[two] - moments[one] <= away and moments[three] - moments[two] <= away
        beside = max(assets[one], assets[three])
        if alike and near and 100 * assets[two] > (100 + rule["spike"]) * beside:
            more = 100 * (assets[two] - beside) // beside if beside else 10**6
            dressed.append((one, two, three, more))
    pool = np.array([row for each in dressed for row in each[:3]], np.int64)
    at = np.arange(len(dressed))
    rows = pool[3 * at + 2]
    spikes = Looks(
        *(who[rows], rows, np.array([each[3] for each in dressed], np.int64)),
        *(3 * at, 3 * at + 3, pool),
        table="reserves",
        moments=moments,
    )
    short_by = _whole(missing[row] for row in short)
    return [_single(facts, "reserves", _whole(short), short_by, moments), spikes]


def gold(facts: Facts, rule: Rule) -> Looks:
    """A token of gold that is not covered, or whose cover is not known any more.

    Definition: the supply is more than what was attested, or the attestation is older than
    ``stale``. Measured: 1 and the percent of the supply that is not covered; 0 for a stale one.
    """
    table, moments = _with_moments(facts, "attestations")
    supply, attested = amounts(table["supply"]), amounts(table["attested"])
    old = moments - seconds(table["attested_at"]) > rule["stale"] * MINUTE
    missing = [
        1 + 100 * (there - covered) // there if there > covered else 0
        for there, covered in zip(supply, attested, strict=True)
    ]
    met = [row for row, each in enumerate(missing) if each or old[row]]
    grade = _whole(missing[row] for row in met)
    return _single(facts, "attestations", _whole(met), grade, moments)


def _single(facts: Facts, name: str, rows: Array, value: Array, moments: Array) -> Looks:
    """Looks that rest on their row alone."""
    at = np.arange(len(rows))
    who = facts.numbers(facts.tables[name]["account"])[rows]
    return Looks(who, rows, value, at, at + 1, rows, table=name, moments=moments)


def _with_moments(facts: Facts, name: str) -> tuple[pl.DataFrame, Array]:
    table = facts.tables[name]
    return table, seconds(table["time"])


def _whole(values: Iterable[int]) -> Array:
    return np.array([min(each, 10**15) for each in values], np.int64)
