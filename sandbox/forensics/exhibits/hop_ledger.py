"""A hop ledger with its method, and the proof of it: it is made again and compared row by row.

Rules:

1. Its JSON is canonical (RFC 8785): one trace has one text. CSV and Parquet hold the rows alone,
   each value as in the JSON; their hashes stand in the exhibit.
2. It is true of a ledger if that ledger is the one that its method names, and the method gives the
   same rows and sums. A chain that went on is no other ledger: its first rows are looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import msgspec
import polars as pl

from sandbox.forensics.errors import CannotTrace, NotAsWritten
from sandbox.forensics.exhibits.method import Method, Pin, mark_of, method_of
from sandbox.forensics.exhibits.notice import NOTICE
from sandbox.forensics.exhibits.tables import first_difference, first_rows, in_words, text
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.tracing import Trace
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import InvalidInput

FORMAT: Final = "synak hop ledger 1"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The JSON of a hop ledger."""

    format: str
    notice: str
    method: Method
    complete: bool
    totals: dict[str, str]
    columns: list[str]
    rows: list[list[int | str | None]]


@dataclass(frozen=True, eq=False)
class HopLedger:
    """What a trace found, row by row, and how it was made.

    Attributes:
        method: how.
        complete: whether everything was followed to its end.
        totals: ``Trace.totals``, digits.
        rows: ``Trace.hops`` with amounts and moments as text.
    """

    method: Method
    complete: bool
    totals: Mapping[str, str]
    rows: pl.DataFrame

    @classmethod
    def of(cls, found: Trace, *, pin: Pin | None = None) -> HopLedger:
        """The hop ledger of a trace.

        Args:
            found: the trace.
            pin: up to which block its ledger was read, where that is known.

        Raises:
            NotAsWritten: ``exhibits.pin_malformed``, ``exhibits.pin_too_early``.
        """
        return cls(method_of(found, pin=pin), *_outcome(found))

    @classmethod
    def read(cls, content: bytes) -> HopLedger:
        """A hop ledger from its JSON.

        Raises:
            NotAsWritten: ``exhibits.not_a_hop_ledger``: not of this form, or not its one text;
                ``exhibits.number_too_large``: a number beyond ±(2**53 - 1), which is text there.
        """
        try:
            file = msgspec.json.decode(content, type=_File)
            table = pl.DataFrame(file.rows, schema=_schema(file.columns), orient="row", strict=True)
            found = cls(file.method, file.complete, file.totals, table)
            known = file.format == FORMAT and found.json() == content
        except InvalidInput as error:
            raise NotAsWritten("exhibits.number_too_large") from error
        except (msgspec.DecodeError, pl.exceptions.PolarsError, TypeError, ValueError) as error:
            raise NotAsWritten("exhibits.not_a_hop_ledger") from error
        if not known:
            raise NotAsWritten("exhibits.not_a_hop_ledger")
        return found

    def json(self) -> bytes:
        """Method, sums and rows: the canonical JSON."""
        file = _File(
            FORMAT,
            NOTICE,
            self.method,
            self.complete,
            dict(self.totals),
            self.rows.columns,
            [list(row) for row in self.rows.iter_rows()],
        )
        return canonical(msgspec.to_builtins(file))

    def csv(self) -> bytes:
        """The rows as CSV."""
        return text(self.rows)

    def parquet(self) -> bytes:
        """The rows as Parquet."""
        out = BytesIO()
        self.rows.write_parquet(out)
        return out.getvalue()

    def verify(self, ledger: Ledger) -> Trace:
        """Make the trace again and compare (rule 2).

        Args:
            ledger: read anew from the chain, or from an exhibit.

        Returns:
            The trace as it was made again.

        Raises:
            NotAsWritten: ``exhibits.other_ledger``, ``exhibits.row_differs``,
                ``exhibits.total_differs``: the first difference.
            CannotTrace: the method cannot be followed.
        """
        ledger = first_rows(ledger, self.method.ledger.rows)
        mark = mark_of(ledger)
        if mark != self.method.ledger:
            raise NotAsWritten(
                "exhibits.other_ledger", said=self.method.ledger.sha256, found=mark.sha256
            )
        found = self._again(ledger)
        complete, totals, rows = _outcome(found)
        difference = first_difference(self.rows, rows)
        if difference:
            raise NotAsWritten("exhibits.row_differs", **difference)
        if (complete, totals) != (self.complete, dict(self.totals)):
            raise NotAsWritten("exhibits.total_differs", said=_sums(self), found=str(totals))
        return found

    def _again(self, ledger: Ledger) -> Trace:
        try:
            return self.method.again(ledger)
        except (ValueError, TypeError, pl.exceptions.PolarsError) as error:
            if isinstance(error, CannotTrace):
                raise
            raise NotAsWritten("exhibits.not_a_hop_ledger") from error


def _outcome(found: Trace) -> tuple[bool, dict[str, str], pl.DataFrame]:
    totals = {name: str(value) for name, value in found.totals.items()}
    return found.complete, totals, in_words(found.hops)


def _schema(columns: list[str]) -> dict[str, Any]:
    numbers = {"block": pl.Int64, "transaction": pl.Int64, "log": pl.Int64, "hop": pl.Int32}
    return {name: numbers.get(name, pl.String) for name in columns}


def _sums(hops: HopLedger) -> str:
    return str(dict(hops.totals))
