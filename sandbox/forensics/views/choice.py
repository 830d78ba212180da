"""Which movements of a trace a picture shows."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from sandbox.forensics.accounts import spelt
from sandbox.forensics.tracing import Trace


@dataclass(frozen=True)
class Choice:
    """A part of a trace; all of it unless said. The trace itself stays as it is.

    Attributes:
        hops: movements with a larger hop are not shown.
        least: movements of less traced value are not shown, minor units.
        account: only movements from it or to it are shown.
    """

    hops: int | None = None
    least: int = 0
    account: str | None = None

    def of(self, found: Trace) -> pl.DataFrame:
        """The movements that are shown, as in ``found.hops``."""
        rows = found.hops.filter(pl.col("tainted") >= self.least)
        if self.hops is not None:
            rows = rows.filter(pl.col("hop") <= self.hops)
        if self.account is not None:
            name = spelt(self.account)
            rows = rows.filter((pl.col("payer") == name) | (pl.col("payee") == name))
        return rows


ALL = Choice()
