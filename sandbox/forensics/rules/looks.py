"""Looks: where a rule's definition is met, before anything is said about how often it is told.

A look is an account at a row. What it rests on is a range of a pool of rows: rules find thousands
of overlapping windows, and only those that become hits are written out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sandbox.forensics.rules.kernels import Events

Array = NDArray[Any]
MOST: Final = 10**15
"""Measured values are cut here, far above every band."""
MONEY: Final = frozenset({"came", "left", "total"})
"""Figures that are amounts; written as text, in minor units."""
MOST_PIECES: Final = 500
"""So many pieces of evidence are kept of a hit, the newest."""
MINUTE: Final = 60
DAY: Final = 24 * 60 * 60


@dataclass(frozen=True, eq=False)
class Looks:
    """Where a rule's definition is met; an entry each.

    Attributes:
        who: account.
        row: of the table, at which it is met.
        value: measured.
        first: where its evidence begins in ``pool``.
        last: one behind where it ends.
        pool: rows of the table.
        figures: what was counted, by name.
        other: another account, or nothing.
        table: ``ledger`` or the name of a side table.
        moments: of all rows of a side table, seconds.
    """

    who: Array
    row: Array
    value: Array
    first: Array
    last: Array
    pool: Array
    figures: Mapping[str, Array] = field(default_factory=dict)
    other: Array | None = None
    table: str = "ledger"
    moments: Array | None = None


def only(events: Events, chosen: Array) -> Events:
    """Some entries of events, in order."""
    return Events(*(each[chosen] for each in events))


def counted(first: Array) -> Array:
    """How many entries there are from each one's ``first`` up to itself."""
    count: Array = np.arange(len(first)) - first + 1
    return count


def ranges(first: Array, last: Array) -> tuple[Array, Array]:
    """Ranges written out: for each place the number of its range, and the place.

    >>> [each.tolist() for each in ranges(np.array([3, 0]), np.array([5, 1]))]
    [[0, 0, 1], [3, 4, 0]]
    """
    length = last - first
    number = np.repeat(np.arange(len(first)), length)
    inside = np.arange(len(number)) - np.repeat(np.cumsum(length) - length, length)
    return number, np.repeat(first, length) + inside


def percent(part: Array, whole: Array) -> Array:
    """Whole percent, rounded down; where the whole is nothing, ``MOST``."""
    return measured(100 * part // np.where(whole > 0, whole, 1), whole > 0)


def measured(values: Array, known: Array) -> Array:
    """Values as bands take them."""
    cut = np.minimum(values, MOST)
    found: Array = np.where(known, cut, MOST).astype(np.int64)
    return found


def looks(events: Events, met: Array, value: Array, first: Array, **figures: Array) -> Looks:
    """Looks at entries, each resting on the entries from its first up to itself.

    Args:
        events: of which account and row.
        met: at which entries the definition is met.
        value: measured, of every entry.
        first: of every entry.
        **figures: of every entry.
    """
    at = np.flatnonzero(met)
    return Looks(
        who=events.who[at],
        row=events.row[at],
        value=value[at],
        first=first[at],
        last=at + 1,
        pool=events.row,
        figures={name: each[at] for name, each in figures.items()},
    )
