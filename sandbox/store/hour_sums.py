"""Hourly sums of many permits, added up by the database: one row for each chain and hour.

Rules:

1. A sum is exact on both stores. SQLite has no numbers of that size: amounts are texts of fixed
   width there, which are added up in pieces of :data:`_PIECE` digits.
2. Only sums leave the database: what a page reads does not grow with the permits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, Table, cast, func
from sqlalchemy.orm import Session

from sandbox.domain.alerts.hours import SIZES, Hour
from sandbox.store.alert_tables import LedgerHourRow
from sandbox.store.types import AMOUNT_DIGITS

_HOUR: Final[Table] = LedgerHourRow.__table__  # type: ignore[attr-defined]
_PIECE: Final = 13
"""Digits; so the sum of 900,000 permits' pieces is an integer of SQLite."""
_AMOUNTS: Final = (_HOUR.c.volume, _HOUR.c.came, _HOUR.c.went)
_CLASSES: Final = len(SIZES) + 1


def added_up(session: Session, chosen: Select[Any], permit: str) -> tuple[Hour, ...]:
    """The sums of the rows that a query chooses, by chain and hour, in that order.

    Args:
        session: of the unit of work.
        chosen: chooses rows of the hourly sums.
        permit: what the sums are named by.
    """
    postgres = session.get_bind().dialect.name == "postgresql"
    sums = [
        func.sum(_HOUR.c.payments),
        *(func.sum(_size(place, postgres=postgres)) for place in range(_CLASSES)),
        *(func.sum(each) for column in _AMOUNTS for each in _pieces(column, postgres=postgres)),
    ]
    query = (
        chosen.with_only_columns(_HOUR.c.chain, _HOUR.c.hour, *sums)
        .group_by(_HOUR.c.chain, _HOUR.c.hour)
        .order_by(_HOUR.c.chain, _HOUR.c.hour)
    )
    return tuple(_hour(row, permit) for row in session.execute(query))


def _size(place: int, *, postgres: bool) -> ColumnElement[int]:
    """Payments of one class of amount."""
    if postgres:
        return cast(func.jsonb_extract_path_text(_HOUR.c.sizes, str(place)), BigInteger)
    return cast(func.json_extract(_HOUR.c.sizes, f"$[{place}]"), BigInteger)


def _pieces(column: ColumnElement[int], *, postgres: bool) -> Iterator[ColumnElement[Any]]:
    """An amount as numbers that the database adds up exactly, the highest first."""
    if postgres:
        yield column
        return
    for place in range(0, AMOUNT_DIGITS, _PIECE):
        yield cast(func.substr(column, place + 1, _PIECE), BigInteger)


def _hour(row: Sequence[Any], permit: str) -> Hour:
    chain, hour, payments, *found = row
    sizes, pieces = found[:_CLASSES], found[_CLASSES:]
    each = len(pieces) // len(_AMOUNTS)
    volume, came, went = (
        _whole(pieces[place * each : (place + 1) * each]) for place in range(len(_AMOUNTS))
    )
    counts = tuple(int(size) for size in sizes)
    return Hour(chain, permit, hour, int(payments), volume, came, went, counts)


def _whole(pieces: Sequence[Any]) -> int:
    """The number of which these are the pieces; sums of pieces may be longer than a piece.

    >>> _whole([1, 10**13 + 2])
    20000000000002
    """
    found = 0
    for each in pieces:
        found = found * 10**_PIECE + int(each)
    return found
