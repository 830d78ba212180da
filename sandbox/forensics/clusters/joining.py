"""Links become clusters: the surest first, services never, no cluster beyond its size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from sandbox.forensics.clusters import kernels
from sandbox.forensics.compiled import ready

_ORDER: Final = ("confidence", "heuristic", "account", "other", "via", "ledger")


def joined(
    links: pl.DataFrame, services: Sequence[str], *, most: int, least: float
) -> pl.DataFrame:
    """Say of each link what it does.

    Args:
        links: with the columns ``account``, ``other`` (names), ``confidence``, ``heuristic``,
            ``via`` and ``ledger``.
        services: names that join nothing.
        most: accounts of a cluster.
        least: confidence of a link that joins.

    Returns:
        The links in the order in which they were looked at, with ``stopped`` and ``joins``.
    """
    links = links.sort(_ORDER, descending=[True, *[False] * (len(_ORDER) - 1)])
    names = pl.concat([links["account"], links["other"]]).unique()
    code = pl.DataFrame({"name": names, "number": np.arange(len(names), dtype=np.int32)})
    pairs = np.empty((len(links), 2), np.int32)
    for at, column in enumerate(("account", "other")):
        found = links.select(name=column).join(code, on="name", how="left", maintain_order="left")
        pairs[:, at] = found["number"].to_numpy()
    first = links.select(
        pl.when(pl.any_horizontal(pl.col("account", "other").is_in(list(services))))
        .then(pl.lit("service"))
        .when(pl.col("confidence") < least)
        .then(pl.lit("confidence"))
        .otherwise(pl.lit(""))
        .alias("stopped")
    )["stopped"]
    outcome = np.zeros(len(links), np.uint8)
    forest = kernels.Forest(np.arange(len(names), dtype=np.int32), np.ones(len(names), np.int32))
    allowed = (first == "").to_numpy().astype(np.uint8)
    ready(kernels.compiled_unite)(pairs, allowed, min(most, 2**31 - 1), forest, outcome)
    large = pl.Series(outcome == kernels.LARGE)
    return links.with_columns(
        stopped=first.zip_with(~large, pl.Series(["size"], dtype=pl.String)),
        joins=pl.Series(outcome == kernels.JOINED),
    )
