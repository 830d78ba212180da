"""Measured against truth: how much of what happened rules and typologies find, and at what cost.

Rules:

1. Truth names accounts, the typology that they took part in, and when they first did. An alert is
   true when it is about such an account and not earlier than that moment; every other alert is
   false, about an innocent account or before anything happened.
2. Recall of a typology of the truth is the part of its accounts about which there is a true alert.
3. Time to alert is from an account's first moment to its first true alert; of all found accounts
   the middle one (of an even number the smaller).
4. Ratios are for reading, and floats; what was counted stands beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from sandbox.forensics.accounts import all_spelt
from sandbox.forensics.rules.engine import Found
from sandbox.forensics.rules.errors import CannotWatch
from sandbox.forensics.rules.tables import seconds
from sandbox.forensics.rules.trials import checked_analysts, days

ANY: Final = "any"
"""In the column ``truth``: of all typologies of the truth together."""


@dataclass(frozen=True, eq=False)
class Measures:
    """How good a pack is on a case.

    Attributes:
        rules: a row for each rule and each typology of the truth, ``any`` first: ``name``,
            ``truth``, ``computable``; ``accounts`` that took part, ``found``, ``recall``;
            ``true`` and ``false`` alerts, ``false_per_true`` (empty without a true one);
            ``per_day``, alerts per analyst and day; ``seconds``, time to alert (empty without
            one). ``false`` and ``per_day`` are the same for each typology of the truth: nobody
            knows beforehand which one an alert is about.
        typologies: the same for the pack's typologies.
    """

    rules: pl.DataFrame
    typologies: pl.DataFrame


def measured(found: Found, truth: pl.DataFrame, *, analysts: int = 1) -> Measures:
    """Compare what was found with what happened.

    Args:
        found: by ``watch``.
        truth: ``account``, ``typology``, ``since`` (a moment of the ledger's own type); one row
            for each account and typology.
        analysts: who share the alerts, > 0.

    Raises:
        CannotWatch: ``alert_pack.truth``, ``alert_pack.analysts``.
    """
    return measured_over([(found, truth)], analysts=analysts)


def measured_over(watched: Sequence[tuple[Found, pl.DataFrame]], *, analysts: int = 1) -> Measures:
    """The same over several cases: accounts of different ones never are the same, days add up.

    Args:
        watched: what was found in each by the same pack, and its truth; at least one.
        analysts: who share the alerts of all, > 0.

    Raises:
        CannotWatch: ``alert_pack.truth``, ``alert_pack.analysts``, ``alert_pack.several``.
    """
    checked_analysts(analysts)
    if len({found.pack.hash for found, _ in watched}) != 1:
        raise CannotWatch("alert_pack.several")
    pack = watched[0][0].pack
    truth = pl.concat(_apart(number, _truth(each)) for number, (_, each) in enumerate(watched))
    shared = analysts * sum(days(found.span) for found, _ in watched)
    lacking = {name for found, _ in watched for name in found.not_computable}
    hits, alerts = (
        pl.concat(
            _apart(number, _told(getattr(found, table), name))
            for number, (found, _) in enumerate(watched)
        )
        for table, name in (("hits", "rule"), ("alerts", "typology"))
    )
    rules = _measures(hits, [*pack.rules], truth, shared)
    return Measures(
        rules.with_columns((~pl.col("name").is_in(sorted(lacking))).alias("computable")),
        _measures(alerts, [*pack.typologies], truth, shared),
    )


def _apart(number: int, table: pl.DataFrame) -> pl.DataFrame:
    """Accounts of one case under names that no other case has."""
    return table.with_columns((pl.lit(f"{number}:") + pl.col("account")).alias("account"))


def _told(table: pl.DataFrame, name: str) -> pl.DataFrame:
    return table.select(
        pl.col(name).alias("name"), "account", pl.Series("when", seconds(table["time"]), pl.Int64)
    )


def _truth(truth: pl.DataFrame) -> pl.DataFrame:
    bad = CannotWatch("alert_pack.truth")
    if not {"account", "typology", "since"} <= set(truth.columns):
        raise bad
    truth = truth.select("account", "typology", "since")
    kinds = truth.schema
    moments = isinstance(kinds["since"], pl.Datetime) or kinds["since"].is_integer()
    texts = kinds["account"] == kinds["typology"] == pl.String
    if not (moments and texts) or sum(truth.null_count().row(0)):
        raise bad
    if truth.select("account", "typology").is_duplicated().any():
        raise bad
    if (truth["typology"] == ANY).any():
        raise bad
    return truth.with_columns(
        all_spelt(truth["account"]), pl.Series("since", seconds(truth["since"]), pl.Int64)
    )


def _measures(
    told: pl.DataFrame, names: list[str], truth: pl.DataFrame, shared: float
) -> pl.DataFrame:
    told = told.with_row_index("alert")
    whole = (
        truth.group_by("account").agg(pl.min("since")).with_columns(pl.lit(ANY).alias("typology"))
    )
    every = pl.concat([whole.select("account", "typology", "since"), truth]).rename(
        {"typology": "truth"}
    )
    right = told.join(every, on="account").filter(pl.col("when") >= pl.col("since"))
    first = right.group_by("name", "truth", "account").agg(
        (pl.col("when") - pl.col("since")).min().alias("seconds")
    )
    caught = first.group_by("name", "truth").agg(
        pl.len().cast(pl.Int64).alias("found"),
        pl.col("seconds").sort().gather((pl.len() - 1) // 2).first().alias("seconds"),
    )
    true = right.group_by("name", "truth").agg(
        pl.col("alert").n_unique().cast(pl.Int64).alias("true")
    )
    anybody = right.select("alert").unique()
    totals = told.group_by("name").agg(pl.len().cast(pl.Int64).alias("alerts"))
    false = (
        told.join(anybody, on="alert", how="anti")
        .group_by("name")
        .agg(pl.len().cast(pl.Int64).alias("false"))
    )
    sizes = every.group_by("truth").agg(pl.len().cast(pl.Int64).alias("accounts"))
    kinds = pl.DataFrame({"truth": [ANY, *sorted(truth["typology"].unique())]})
    table = pl.DataFrame({"name": names}, schema={"name": pl.String}).join(kinds, how="cross")
    for part, keys in ((sizes, ["truth"]), (caught, ["name", "truth"]), (true, ["name", "truth"])):
        table = table.join(part, on=keys, how="left", maintain_order="left")
    for part in (totals, false):
        table = table.join(part, on="name", how="left", maintain_order="left")
    counts = ("accounts", "found", "true", "alerts", "false")
    table = table.with_columns(pl.col(each).fill_null(0) for each in counts)
    return table.select(
        *("name", "truth", "accounts", "found"),
        pl.when(pl.col("accounts") > 0).then(pl.col("found") / pl.col("accounts")).alias("recall"),
        *("alerts", "true", "false"),
        pl.when(pl.col("true") > 0).then(pl.col("false") / pl.col("true")).alias("false_per_true"),
        (pl.col("alerts") / shared).alias("per_day"),
        "seconds",
    )
