"""Dry runs: what another pack would have found over the same days.

Rules: both packs see the whole ledger; what they find in the range is compared. An alert of one
pack is the same as one of the other about the same account under the same name, less than the
first pack's ``silence`` (at least a second) away; each is matched once, in the order of time.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import polars as pl

from sandbox.forensics.rules.engine import Found, Rows, read, watch
from sandbox.forensics.rules.errors import CannotWatch
from sandbox.forensics.rules.looks import DAY, MINUTE
from sandbox.forensics.rules.pack import Pack
from sandbox.forensics.rules.tables import seconds

Moment = datetime | int | None
_OUTCOMES: Final = ("lost", "gained", "same")


@dataclass(frozen=True, eq=False)
class Comparison:
    """What changes from one pack to another.

    Attributes:
        before: what the first finds, over the whole ledger.
        after: what the second finds.
        rules: a row for each rule: ``name``, hits ``before`` and ``after``, ``gained``, ``lost``,
            ``same``.
        typologies: the same for alerts.
        alerts: each alert in the range: ``outcome``, ``typology``, ``account``, ``level``,
            ``score``, ``block``, ``time``; the same ones as the second pack tells them.
        workload: alerts per analyst and day, ``before`` and ``after``.
    """

    before: Found
    after: Found
    rules: pl.DataFrame
    typologies: pl.DataFrame
    alerts: pl.DataFrame
    workload: Mapping[str, float]


def compare(  # noqa: PLR0913 - one for each thing that can be given
    rows: Rows,
    before: Pack,
    after: Pack,
    *,
    tables: Mapping[str, pl.DataFrame] | None = None,
    unit: int = 1,
    since: Moment = None,
    until: Moment = None,
    analysts: int = 1,
) -> Comparison:
    """Try a pack beside another.

    Args:
        rows: as ``watch``.
        before: the pack in force.
        after: the pack that is tried.
        tables: as ``watch``.
        unit: as ``watch``.
        since: the first moment of the range; the ledger's first, unless said.
        until: the first moment behind it; none, unless said.
        analysts: who share the alerts, > 0.

    Raises:
        CannotTrace: as ``watch``.
        CannotWatch: as ``watch``; ``alert_pack.analysts``, ``alert_pack.range``.
    """
    checked_analysts(analysts)
    rows = read(rows)
    found = [watch(rows, pack, tables=tables, unit=unit) for pack in (before, after)]
    since, until = (_second(each) for each in (since, until))
    if since is not None and until is not None and since >= until:
        raise CannotWatch("alert_pack.range")
    silence = max(before["silence"] * MINUTE, 1)
    hits = [_within(each.hits, since, until) for each in found]
    alerts = [_within(each.alerts, since, until) for each in found]
    span = _span(found[0], since, until)
    outcomes = matched(alerts[0], alerts[1], "typology", silence)
    return Comparison(
        before=found[0],
        after=found[1],
        rules=_counts(matched(hits[0], hits[1], "rule", silence), "rule", [*before.rules]),
        typologies=_counts(outcomes, "typology", sorted({*before.typologies, *after.typologies})),
        alerts=outcomes.select(
            "outcome", "typology", "account", "level", "score", "block", "time"
        ).sort("outcome", "typology", "time", "account", "score"),
        workload={
            name: len(table) / (analysts * span)
            for name, table in zip(("before", "after"), alerts, strict=True)
        },
    )


def matched(before: pl.DataFrame, after: pl.DataFrame, name: str, silence: int) -> pl.DataFrame:
    """Rows of both tables with an ``outcome``; a matched pair stands once, as it is in the second.

    Args:
        before: hits or alerts.
        after: the same of another pack.
        name: ``rule`` or ``typology``.
        silence: seconds that two of a pair are apart at most, less one.
    """
    waiting: dict[tuple[str, str], deque[tuple[int, int]]] = defaultdict(deque)
    moments = seconds(before["time"]).tolist() if len(before) else []
    keys = zip(before[name].to_list(), before["account"].to_list(), strict=True)
    for row, (key, moment) in enumerate(zip(keys, moments, strict=True)):
        waiting[key].append((moment, row))
    lost, same = set(range(len(before))), []
    moments = seconds(after["time"]).tolist() if len(after) else []
    keys = zip(after[name].to_list(), after["account"].to_list(), strict=True)
    for key, moment in zip(keys, moments, strict=True):
        there = waiting[key]
        while there and there[0][0] <= moment - silence:
            there.popleft()
        same.append(bool(there) and there[0][0] < moment + silence)
        if same[-1]:
            lost.discard(there.popleft()[1])
    gone = before[sorted(lost)].with_columns(pl.lit("lost").alias("outcome"))
    flags = pl.Series(same, dtype=pl.Boolean)
    said = pl.when(flags).then(pl.lit("same")).otherwise(pl.lit("gained")).alias("outcome")
    return pl.concat([gone, after.with_columns(said)])


def days(span: int) -> float:
    """Days of a span in seconds, at least one."""
    return max(span / DAY, 1.0)


def _counts(outcomes: pl.DataFrame, name: str, names: list[str]) -> pl.DataFrame:
    counted = outcomes.group_by(name).agg(
        (pl.col("outcome") == each).sum().cast(pl.Int64).alias(each) for each in _OUTCOMES
    )
    every = pl.DataFrame({name: names}, schema={name: pl.String})
    table = every.join(counted, on=name, how="left", maintain_order="left").fill_null(0)
    return table.select(
        pl.col(name).alias("name"),
        (pl.col("lost") + pl.col("same")).alias("before"),
        (pl.col("gained") + pl.col("same")).alias("after"),
        *("gained", "lost", "same"),
    )


def _within(table: pl.DataFrame, since: int | None, until: int | None) -> pl.DataFrame:
    when = pl.Series(seconds(table["time"]))
    chosen = pl.Series([True] * len(table), dtype=pl.Boolean)
    if since is not None:
        chosen &= when >= since
    if until is not None:
        chosen &= when < until
    return table.filter(chosen)


def _second(moment: Moment) -> int | None:
    """As ``tables.seconds``: without a zone it is UTC, wherever the machine stands."""
    if not isinstance(moment, datetime):
        return moment
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _span(found: Found, since: int | None, until: int | None) -> float:
    begin = found.begin if since is None else max(since, found.begin)
    end = found.begin + found.span if until is None else min(until, found.begin + found.span)
    return days(end - begin)


def checked_analysts(analysts: int) -> None:
    """Refuse what is no number of people."""
    if type(analysts) is not int or analysts < 1:
        raise CannotWatch("alert_pack.analysts")
