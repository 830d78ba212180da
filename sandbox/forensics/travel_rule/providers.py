"""A supervisor's figures on the travel rule, for each provider that owes messages.

Definitions (ours): ``completeness`` is the share of transfers whose message is right, whenever it
came (``complete`` and ``late``); ``timely`` the share that is ``complete``. ``latency`` is of all
messages that were found, in seconds after the transfer (below 0: before it): the median, and the
value that nine of ten do not exceed (the nearest rank above).
"""

from __future__ import annotations

from typing import Final

import polars as pl

from sandbox.forensics.travel_rule.matching import Matched

STATES: Final = ("complete", "late", "mismatched", "missing")


def providers(matched: Matched) -> pl.DataFrame:
    """The figures, a row for each provider by name.

    Args:
        matched: what ``match`` gave.

    Returns:
        ``provider``, ``transfers``, the number of each status, ``refused`` (messages of this
        provider that broke the standard), ``completeness`` and ``timely`` (0 to 1),
        ``latency_median``, ``latency_nine_of_ten``.
    """
    refused = matched.feed.refused.group_by("sender").len("refused")
    counts = [(pl.col("status") == state).sum().alias(state) for state in STATES]
    latency = pl.col("latency").drop_nulls()
    return (
        matched.transfers.group_by(pl.col("sender").alias("provider"))
        .agg(
            pl.len().alias("transfers"),
            *counts,
            latency.median().alias("latency_median"),
            latency.quantile(0.9, "higher").alias("latency_nine_of_ten"),
        )
        .join(refused, left_on="provider", right_on="sender", how="left")
        .with_columns(
            pl.col("refused").fill_null(0),
            completeness=(pl.col("complete") + pl.col("late")) / pl.col("transfers"),
            timely=pl.col("complete") / pl.col("transfers"),
        )
        .select(
            *("provider", "transfers", *STATES, "refused", "completeness", "timely"),
            *("latency_median", "latency_nine_of_ten"),
        )
        .sort("provider")
    )
