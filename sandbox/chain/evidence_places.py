"""Where evidence lies in the journal: the newest in memory, all of it within reach.

The newest places are kept; of older ones only every so many, as marks from which the
journal is read again. So memory stays bounded however long a chain lives.

>>> places = EvidencePlaces(kept=2, every=1)
>>> for number in range(4):
...     places.add(number, Place(sequence=number), None)
>>> [cursor for cursor, _ in places.find(1, None, 9)], places.find(0, None, 9)
([2, 3], None)
>>> places.mark(1).sequence
1
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from sandbox.chain.records import Place

KEPT: Final = 50_000
EVERY: Final = 4_096


class EvidencePlaces:
    """Cursors, places and permits of evidence, in order.

    Args:
        kept: how many of the newest are kept at least.
        every: of how many older ones one is kept.
    """

    def __init__(self, kept: int = KEPT, every: int = EVERY) -> None:
        self._kept = kept
        self._every = every
        self._newest: list[tuple[int, Place, str | None]] = []
        self._marks: list[tuple[int, Place]] = []
        self._count = 0

    def add(self, cursor: int, place: Place, permit: str | None) -> None:
        """The next evidence.

        Args:
            cursor: larger than all before.
            place: of its record.
            permit: the permit's number, or None.
        """
        if self._count % self._every == 0:
            self._marks.append((cursor, place))
        self._count += 1
        self._newest.append((cursor, place, permit))
        if len(self._newest) >= 2 * self._kept:
            del self._newest[: self._kept]

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "count": self._count,
            "marks": [[cursor, place.as_dict()] for cursor, place in self._marks],
            "newest": [
                [cursor, place.offset, place.sequence, permit]
                for cursor, place, permit in self._newest
            ],
        }

    def restore(self, body: Mapping[str, Any]) -> None:
        """Fill an empty one again; from the newest places nobody reads on, so no chain is kept.

        Args:
            body: from ``as_dict``.
        """
        self._count = body["count"]
        self._marks = [(cursor, Place.from_dict(place)) for cursor, place in body["marks"]]
        self._newest = [
            (cursor, Place(offset, sequence), permit)
            for cursor, offset, sequence, permit in body["newest"]
        ]

    def find(self, after: int, permit: str | None, limit: int) -> list[tuple[int, Place]] | None:
        """Cursors and places after a cursor.

        Args:
            after: a cursor; only later ones.
            permit: only of this permit's number; None for all.
            limit: the most.

        Returns:
            None when what is wanted begins before what is kept.
        """
        if self._count > len(self._newest) and after < self._newest[0][0] - 1:
            return None
        start = bisect_right(self._newest, after, key=lambda each: each[0])
        wanted = (
            (cursor, place)
            for cursor, place, of in islice(self._newest, start, None)
            if permit is None or of == permit
        )
        return list(islice(wanted, limit))

    def mark(self, after: int) -> Place:
        """From where on the journal holds all evidence after a cursor."""
        at = bisect_right(self._marks, after, key=lambda each: each[0])
        return self._marks[max(0, at - 1)][1]
