"""Compile the kernels of the rules ahead; ``sandbox.forensics.warm`` does it at set-up."""

from __future__ import annotations

import polars as pl

from sandbox.forensics.rules.engine import watch
from sandbox.forensics.rules.tables import COLUMNS

_KINDS = {"text": pl.String, "flag": pl.Boolean}


def main() -> None:
    """Let every rule look at an empty ledger: kernels are compiled for what they are given."""
    whole = ("block", "transaction", "log", "amount", "time")
    rows = pl.DataFrame(
        schema={**dict.fromkeys(whole, pl.Int64), "payer": pl.String, "payee": pl.String}
    )
    tables = {
        name: pl.DataFrame(
            schema={column: _KINDS.get(kind, pl.Int64) for column, kind in columns.items()}
        )
        for name, columns in COLUMNS.items()
    }
    watch(rows, tables=tables)
