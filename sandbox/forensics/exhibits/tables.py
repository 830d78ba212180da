"""The one text of a table: the bytes that are hashed, and how a ledger is read back from them.

Rules:

1. CSV as in RFC 4180, UTF-8, lines ended by a line feed, a head line; rows in the ledger's order.
2. Amounts are digits in minor units. Moments are ISO 8601 in UTC. What is missing is empty.
3. What accounts held before the first row is a table of its own: the accounts that stand in a row
   and held something, by name. Another one changes nothing that can be traced.
4. The hash of a table is SHA-256 of that text: ``sha256sum ledger.csv`` says the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BytesIO
from typing import Final

import numpy as np
import polars as pl

from sandbox.forensics.errors import CannotTrace, NotAsWritten
from sandbox.forensics.ledger import PLACE, Ledger

LEDGER: Final = "ledger.csv"
OPENING: Final = "opening.csv"
_MOMENT: Final = "%Y-%m-%dT%H:%M:%S%.fZ"
_SLICE: Final = 250_000
"""Rows that are written at once, so that a long ledger is hashed in little memory."""
_AMOUNTS: Final = ("amount", "tainted", "held", "stopped", "received", "paid")
_TEXTS: Final = dict.fromkeys(("payer", "payee", "amount", "time", "hash"), pl.String)


def in_words(table: pl.DataFrame) -> pl.DataFrame:
    """A table of a ledger's rows with amounts and moments as text.

    Args:
        table: ``Ledger.table``, ``Trace.hops`` or ``Trace.nodes``.
    """
    amounts = [name for name in _AMOUNTS if name in table.columns]
    places = [name for name in PLACE if name in table.columns]
    table = table.with_columns(pl.col(amounts).cast(pl.String), pl.col(places).cast(pl.Int64))
    return table.with_columns(_spoken(table["time"])) if "time" in table.columns else table


def text(table: pl.DataFrame, *, head: bool = True) -> bytes:
    """A table as the CSV of rule 1.

    Args:
        table: as ``in_words`` gives it.
        head: with the line of names.
    """
    out = BytesIO()
    table.write_csv(out, include_header=head, line_terminator="\n", quote_style="necessary")
    return out.getvalue()


def ledger_text(ledger: Ledger) -> bytes:
    """All rows of a ledger as CSV."""
    return b"".join(_slices(ledger))


def opening_text(ledger: Ledger) -> bytes:
    """What accounts held before the first row, as CSV (rule 3)."""
    there = np.zeros(len(ledger.names), bool)
    there[ledger.payer] = there[ledger.payee] = True
    numbers = np.flatnonzero(there & (ledger.opening > 0))
    held = [str(amount) for amount in ledger.opening[numbers].tolist()]
    names = ledger.names.gather(numbers).alias("account")
    table = pl.DataFrame([names, pl.Series("amount", held, dtype=pl.String)])
    return text(table.sort("account"))


def digests(ledger: Ledger) -> tuple[str, str]:
    """SHA-256 of the rows and of what was there before them, hex."""
    rows = hashlib.sha256()
    for part in _slices(ledger):
        rows.update(part)
    return rows.hexdigest(), hashlib.sha256(opening_text(ledger)).hexdigest()


def first_rows(ledger: Ledger, count: int) -> Ledger:
    """The ledger as it was when it had so many rows; itself where it has no more.

    Args:
        ledger: perhaps of a chain that went on.
        count: rows, from the first.
    """
    if len(ledger) <= count:
        return ledger
    return Ledger.coded(
        ledger.places[:count],
        ledger.names,
        ledger.payer[:count],
        ledger.payee[:count],
        ledger.amount[:count],
        ledger.opening,
    )


def read_ledger(rows: bytes, opening: bytes) -> Ledger:
    """A ledger from its two texts.

    Args:
        rows: as ``ledger_text`` writes them.
        opening: as ``opening_text`` writes it.

    Raises:
        NotAsWritten: ``exhibits.not_a_table``.
    """
    try:
        table = pl.read_csv(rows, schema_overrides=_TEXTS)
        held = pl.read_csv(opening, schema_overrides={"account": pl.String, "amount": pl.String})
        before = {name: int(amount) for name, amount in held.select("account", "amount").rows()}
        if "time" in table.columns:
            table = table.with_columns(_moments(table["time"]))
        return Ledger.read(table, opening=before)
    except (pl.exceptions.PolarsError, CannotTrace, ValueError, TypeError) as error:
        raise NotAsWritten("exhibits.not_a_table", name=LEDGER) from error


def first_difference(said: pl.DataFrame, found: pl.DataFrame) -> dict[str, str] | None:
    """Where two tables differ first: row (from 1), column, what each has there; None: nowhere.

    Args:
        said: what was written.
        found: what there is.
    """
    if said.columns != found.columns:
        names = [", ".join(each.columns) for each in (said, found)]
        return {"row": "—", "column": "—", "said": names[0], "found": names[1]}
    both = min(len(said), len(found))
    differs = np.zeros(both, bool)
    for name in said.columns:
        differs |= said[name][:both].ne_missing(found[name][:both]).to_numpy()
    where = np.flatnonzero(differs)
    row = int(where[0]) if len(where) else both
    if row == both and len(said) == len(found):
        return None
    one, other = (each.row(row, named=True) if row < len(each) else None for each in (said, found))
    if one is None or other is None:
        return {"row": str(row + 1), "column": "—", "said": _row(one), "found": _row(other)}
    column = next(name for name in said.columns if one[name] != other[name])
    return {
        "row": str(row + 1),
        "column": column,
        "said": str(one[column]),
        "found": str(other[column]),
    }


def _row(row: dict[str, object] | None) -> str:
    return "—" if row is None else " / ".join(str(each) for each in row.values())


def _slices(ledger: Ledger) -> Iterator[bytes]:
    for first in range(0, max(len(ledger), 1), _SLICE):
        rows = ledger.rows(np.arange(first, min(first + _SLICE, len(ledger))))
        yield text(in_words(rows), head=not first)


def _spoken(times: pl.Series) -> pl.Series:
    if isinstance(times.dtype, pl.Datetime):
        zone = times.dtype.time_zone
        aware = times.dt.convert_time_zone("UTC") if zone else times
        return aware.dt.strftime(_MOMENT)
    return times.cast(pl.String)


def _moments(times: pl.Series) -> pl.Series:
    """Moments where the text is one that ``_spoken`` wrote; else the text."""
    found = times.str.to_datetime(_MOMENT, strict=False).dt.replace_time_zone("UTC")
    return found if _spoken(found).equals(times, null_equal=True) else times
