"""Side tables: what rules have to know beside the movements themselves.

Rules: a table has at least the columns that ``COLUMNS`` names; others are left alone. ``account``
is never empty; of other columns an empty entry is "not known". Amounts are whole minor units of
the ledger; moments are of the ledger's own type.

- ``customers``: one row an account: when it was opened, declared income in a month, age, and what
  it shares with others (a device, an address, a document; one text that is equal where they are).
- ``tags``: ``exchange``, ``merchant``, ``mixer``, ``bridge``, ``cash_out``, ``frozen``,
  ``weak_travel_rule``, ``no_travel_rule``… An account may have several.
- ``taint``: of ``whole`` that an account held or got, ``tainted`` came from the category
  (``mixer``, ``theft``, ``scam``, ``sanctions``…) over ``hops`` payments at least, as of ``time``,
  by whatever policy the one who made the table has declared.
- ``screening``: how much a name is like one on a list, percent.
- ``travel``: of a transfer between providers: whether the data were sent, how many seconds after
  the transfer, and how much of them matches, percent.
- ``clusters``: accounts of one owner, as a heuristic says.
- ``conversions``: what was given and got, in one measure.
- ``reserves``: a provider's assets and liabilities; ``published``: whether this is the reading
  that it showed.
- ``attestations``: a token's supply, and what was attested when.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.forensics.accounts import all_spelt
from sandbox.forensics.amounts import integers
from sandbox.forensics.errors import CannotTrace
from sandbox.forensics.rules.errors import CannotWatch

COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "customers": {
        "account": "text",
        "opened": "time",
        "declared": "amount",
        "age": "whole",
        "device": "text",
    },
    "tags": {"account": "text", "category": "text"},
    "taint": {
        "account": "text",
        "category": "text",
        "tainted": "amount",
        "whole": "amount",
        "hops": "whole",
        "time": "time",
    },
    "screening": {"account": "text", "score": "whole", "time": "time"},
    "travel": {
        "block": "whole",
        "transaction": "whole",
        "log": "whole",
        "sent": "flag",
        "late": "whole",
        "match": "whole",
    },
    "clusters": {"account": "text", "cluster": "text"},
    "conversions": {"account": "text", "time": "time", "given": "amount", "got": "amount"},
    "reserves": {
        "account": "text",
        "time": "time",
        "assets": "amount",
        "liabilities": "amount",
        "published": "flag",
    },
    "attestations": {
        "account": "text",
        "time": "time",
        "supply": "amount",
        "attested": "amount",
        "attested_at": "time",
    },
}
"""Every side table with its columns and what they hold."""
MAY_BE_EMPTY: Final = frozenset(
    {("customers", each) for each in ("opened", "declared", "age", "device")}
    | {("travel", "late"), ("travel", "match")}
)
ONCE: Final = frozenset({"customers", "clusters"})
"""Tables in which an account stands once."""


def checked(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The side tables, with names as they are kept in ledgers.

    Args:
        tables: by name.

    Raises:
        CannotWatch: ``alert_pack.table_unknown``, ``alert_pack.column_missing``,
            ``alert_pack.column_malformed``, ``alert_pack.account_twice``.
    """
    for name in tables:
        if name not in COLUMNS:
            raise CannotWatch(
                "alert_pack.table_unknown", name=str(name)[:40], known=", ".join(COLUMNS)
            )
    return {name: _checked(name, tables[name]) for name in COLUMNS if name in tables}


def _checked(name: str, table: pl.DataFrame) -> pl.DataFrame:
    wanted = COLUMNS[name]
    for column, kind in wanted.items():
        if column not in table.columns:
            raise CannotWatch("alert_pack.column_missing", table=name, name=column)
        values = table[column]
        empty = values.null_count() > 0 and (name, column) not in MAY_BE_EMPTY
        if empty or not (_is(kind, values) or values.null_count() == len(values)):
            raise CannotWatch("alert_pack.column_malformed", table=name, name=column)
    table = table.select(*wanted)
    if "account" in wanted:
        table = table.with_columns(all_spelt(table["account"].cast(pl.String)))
    if name in ONCE and table["account"].n_unique() < len(table):
        raise CannotWatch("alert_pack.account_twice", table=name)
    return table


def _is(kind: str, values: pl.Series) -> bool:
    if kind == "time":
        return isinstance(values.dtype, pl.Datetime) or values.dtype.is_integer()
    if kind == "whole":
        return values.dtype.is_integer()
    if kind == "flag":
        return values.dtype == pl.Boolean
    if kind == "text":
        return values.dtype == pl.String
    try:
        integers(values.drop_nulls())
    except CannotTrace:
        return False
    return True


def seconds(moments: pl.Series) -> NDArray[np.int64]:
    """Moments as whole seconds: a date and time since 1970 (UTC), a whole number as it is.

    Args:
        moments: without empty ones.
    """
    if isinstance(moments.dtype, pl.Datetime):
        moments = moments.dt.epoch("s")
    return np.array(moments.cast(pl.Int64).to_numpy())  # a copy that kernels may take


def amounts(column: pl.Series) -> list[int]:
    """Amounts as Python's integers.

    Args:
        column: a checked one, without empty entries.
    """
    found: list[Any] = integers(column).tolist()
    return found
