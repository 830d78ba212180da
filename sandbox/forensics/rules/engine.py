"""Watching: a pack's rules and typologies over a ledger and its side tables.

Rules:

1. A rule is looked at after each row. Where its definition is met, bands give a score to what was
   measured. After a hit the same rule is silent about the same account for the pack's ``silence``,
   unless the score is higher. A rule that has two parts is silent for each by itself.
2. A rule about behaviour leaves out accounts that are tagged as services of the pack.
3. What a rule needs and is not there makes it "not computable": it says so, and is not silent.
4. The same ledger, side tables and pack give the same tables, byte for byte.
5. A typology is looked at after each hit of one of its rules: each rule counts with its best score
   within the pack's ``memory``, weighed; silence as in 1, between alert and interdict.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from sandbox.forensics.amounts import money
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.rules import kernels
from sandbox.forensics.rules.errors import CannotWatch
from sandbox.forensics.rules.facts import Array, Facts, compiled
from sandbox.forensics.rules.looks import MINUTE, MONEY, MOST_PIECES, Looks, ranges
from sandbox.forensics.rules.pack import Pack, Rule
from sandbox.forensics.rules.registry import DEFINITIONS, Definition
from sandbox.forensics.rules.typologies import alerts_of
from sandbox.kit.canonical import canonical

Rows = pl.DataFrame | Ledger
_COLUMNS: Final = (
    *("rule", "account", "other", "since_block", "since", "block", "time", "row", "value"),
    *("score", "figures", "table", "evidence", "pieces"),
)
_SCHEMA: Final[dict[str, Any]] = {
    "number": pl.Int64,
    "account": pl.String,
    "other": pl.String,
    "since": pl.Int64,
    "time": pl.Int64,
    "row": pl.Int64,
    "value": pl.Int64,
    "score": pl.Int64,
    "figures": pl.String,
    "evidence": pl.List(pl.Int64),
    "pieces": pl.Int64,
}


@dataclass(frozen=True, eq=False)
class Found:
    """What a pack finds.

    Attributes:
        pack: by which rules.
        hits: a row each, by rule, moment and account. ``rule``; ``account`` and, where the
            definition names one, the ``other``; ``since_block`` and ``since``, the first of its
            evidence; ``block``, ``time`` and ``row``, where it was met; ``value`` measured,
            ``score`` (1 to 100); ``figures``, JSON; ``table`` (``ledger`` or a side table) and
            ``evidence``, numbers of its rows, the newest 500; ``pieces``, how many were counted.
            Blocks are empty for side tables.
        alerts: a row each, by typology, moment and account: ``typology``, ``account``, ``level``
            (``alert`` or ``interdict``), ``score``, ``block``, ``time``, and ``hits``, numbers of
            rows of ``hits``, of its account's newest 500.
        not_computable: side tables that a rule lacks, by rule.
        begin: moment of the first row of the ledger, seconds.
        span: seconds from there to the last row.
    """

    pack: Pack
    hits: pl.DataFrame
    alerts: pl.DataFrame
    not_computable: Mapping[str, tuple[str, ...]]
    begin: int
    span: int

    @property
    def digest(self) -> str:
        """SHA-256 over the pack's hash and both tables, hex: equal where everything is."""
        digest = hashlib.sha256(self.pack.hash.encode())
        digest.update(canonical({name: [*needs] for name, needs in self.not_computable.items()}))
        for table in (self.hits, self.alerts):
            digest.update(table.write_ndjson().encode())
        return digest.hexdigest()

    def lines(self) -> list[str]:
        """What could not be computed, a line for each rule."""
        return [
            f"{name} {self.pack.rules[name].titles['en']}: not computable: needs "
            + ", ".join(needs)
            for name, needs in self.not_computable.items()
        ]


def read(rows: Rows) -> Ledger:
    """The ledger that is watched; a table is read with the least opening balances that cover it."""
    return rows if isinstance(rows, Ledger) else Ledger.read(rows, opening="least")


def watch(
    rows: Rows,
    pack: Pack | None = None,
    *,
    tables: Mapping[str, pl.DataFrame] | None = None,
    unit: int = 1,
    only: Collection[str] = (),
) -> Found:
    """Let the rules of a pack look at a ledger.

    Args:
        rows: the movements of one token, with a column ``time``; a table is read with the least
            opening balances that cover it.
        pack: the shipped one, unless said.
        tables: side tables by name; see ``sandbox.forensics.rules.tables``.
        unit: minor units in one tyiyn.
        only: rules that look; all, if none is named. What the others would tell is not known to
            typologies then.

    Raises:
        CannotTrace: as ``Ledger.read``.
        CannotWatch: ``alert_pack.rule_unknown``, ``alert_pack.time_missing``,
            ``alert_pack.time_backwards``, ``alert_pack.unit``, ``alert_pack.table_unknown``,
            ``alert_pack.column_missing``, ``alert_pack.column_malformed``,
            ``alert_pack.account_twice``, ``alert_pack.place_unknown``.
    """
    ledger = read(rows)
    pack = pack or Pack.shipped()
    facts = Facts.of(ledger, pack, tables or {}, unit)
    chosen = _chosen(only)
    lacking = {
        name: tuple(each for each in definition.needs if each not in facts.tables)
        for name, definition in chosen.items()
    }
    lacking = {name: needs for name, needs in lacking.items() if needs}
    parts = [
        part for name in chosen if name not in lacking for part in _hits_of(facts, pack.rules[name])
    ]
    hits = _in_order(parts or [each.clear() for each in _hits_of(facts, pack.rules["R01"])])
    alerts = alerts_of(facts, hits)
    moments = _moment(facts)
    hits = hits.with_columns(moments("since"), moments("time")).select(_COLUMNS)
    begin, end = (int(facts.when[each]) if len(facts.when) else 0 for each in (0, -1))
    alerts = alerts.with_columns(moments("time"))
    return Found(pack, hits, alerts, lacking, begin, end - begin)


def _chosen(only: Collection[str]) -> dict[str, Definition]:
    if unknown := sorted({*only} - {*DEFINITIONS}):
        raise CannotWatch("alert_pack.rule_unknown", what=unknown[0][:40])
    return {name: each for name, each in DEFINITIONS.items() if not only or name in only}


def _hits_of(facts: Facts, rule: Rule) -> Iterator[pl.DataFrame]:
    definition = DEFINITIONS[rule.id]
    found = definition.find(facts, rule)
    for each in found if isinstance(found, list) else [found]:
        yield _hits(facts, rule, each, behaviour=definition.behaviour)


def _hits(facts: Facts, rule: Rule, looks: Looks, *, behaviour: bool) -> pl.DataFrame:
    """The looks that are told, with their evidence."""
    moments = facts.when if looks.moments is None else looks.moments
    starts, scores = (np.array(each) for each in zip(*rule.bands, strict=True))
    score = scores[np.searchsorted(starts, looks.value, side="right") - 1]
    at = np.arange(len(looks.who))
    if behaviour:
        at = at[~facts.services[looks.who]]
    when = moments[looks.row]
    at = at[np.lexsort((at, -looks.value[at], looks.row[at], when[at], looks.who[at]))]
    at = at[
        compiled(
            kernels.kept,
            *(looks.who[at].astype(np.int64), looks.row[at], when[at], score[at]),
            facts.pack["silence"] * MINUTE,
        )
    ]
    evidence = _evidence(looks.first[at], looks.last[at], looks.pool)
    first = evidence["first"].to_numpy()
    other = None if looks.other is None else facts.names.gather(looks.other[at])
    return pl.DataFrame(
        {
            "number": looks.who[at].astype(np.int64),
            "account": facts.names.gather(looks.who[at]),
            "other": other,
            "since": moments[first],
            "time": when[at],
            "row": looks.row[at].astype(np.int64),
            "value": looks.value[at].astype(np.int64),
            "score": score[at].astype(np.int64),
            "figures": _figures(facts, looks, at),
            "evidence": evidence["evidence"],
            "pieces": (looks.last - looks.first)[at].astype(np.int64),
        },
        schema=_SCHEMA,
    ).with_columns(
        pl.lit(rule.id).alias("rule"),
        pl.lit(looks.table).alias("table"),
        _blocks(facts, looks, first).alias("since_block"),
        _blocks(facts, looks, looks.row[at]).alias("block"),
    )


def _evidence(first: Array, last: Array, pool: Array) -> pl.DataFrame:
    """The newest rows of each range, once and in order, and the first of them."""
    hit, places = ranges(np.maximum(first, last - MOST_PIECES), last)
    rows = pool[places].astype(np.int64)
    return (
        pl.DataFrame({"hit": hit, "evidence": rows}, schema={"hit": pl.Int64, "evidence": pl.Int64})
        .unique()
        .sort("hit", "evidence")
        .group_by("hit", maintain_order=True)
        .agg("evidence", pl.col("evidence").first().alias("first"))
    )


def _figures(facts: Facts, looks: Looks, at: Array) -> pl.Series:
    """Figures as JSON: counts as numbers, amounts as text in minor units."""
    columns: list[pl.Series] = []
    parts: list[pl.Expr] = []
    for name, values in sorted(looks.figures.items()):
        amount = name in MONEY
        column = (
            money(name, values[at], facts.common)
            if amount
            else pl.Series(name, values[at].astype(np.int64))
        )
        columns.append(column.cast(pl.String))
        quote = '"' if amount else ""
        begin = "," if parts else "{"
        parts += [pl.lit(f'{begin}"{name}":{quote}'), pl.col(name), pl.lit(quote)]
    if not parts:
        return pl.Series("figures", ["{}"] * len(at), dtype=pl.String)
    return pl.DataFrame(columns).select(pl.concat_str(*parts, pl.lit("}")).alias("figures"))[
        "figures"
    ]


def _blocks(facts: Facts, looks: Looks, rows: Array) -> pl.Expr | pl.Series:
    """The blocks of rows; none for those of a side table."""
    if looks.table != "ledger":
        return pl.lit(None, dtype=pl.Int64)
    return facts.ledger.places["block"].cast(pl.Int64).gather(rows)


def _in_order(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """All hits in one order, which does not depend on how accounts are numbered."""
    return pl.concat(parts).sort(
        "rule", "time", "row", "account", "value", "table", maintain_order=True
    )


def _moment(facts: Facts) -> Callable[[str], pl.Expr]:
    """Seconds as moments of the ledger's own type."""
    kind = facts.ledger.places["time"].dtype
    if isinstance(kind, pl.Datetime):
        factor = {"ms": 10**3, "us": 10**6, "ns": 10**9}[kind.time_unit]
        return lambda name: (pl.col(name) * factor).cast(kind)
    return lambda name: pl.col(name).cast(kind)
