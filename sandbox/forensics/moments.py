"""Moments of a table: one zone, whatever they were written in."""

from __future__ import annotations

import polars as pl


def in_utc(table: pl.DataFrame) -> pl.DataFrame | None:
    """A table whose ``time`` is in UTC.

    Args:
        table: with ``time``; moments without a zone are UTC.

    Returns:
        The table in microseconds of UTC; nothing where ``time`` is missing, of another kind, or not
        everywhere.
    """
    kind = table.schema.get("time")
    if not isinstance(kind, pl.Datetime) or table["time"].null_count():
        return None
    time = pl.col("time").dt
    zoned = time.convert_time_zone("UTC") if kind.time_zone else time.replace_time_zone("UTC")
    return table.with_columns(zoned.cast(pl.Datetime("us", "UTC")))
