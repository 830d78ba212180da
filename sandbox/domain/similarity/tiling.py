"""Fingerprints of a row of tokens, and the longest parts that two rows share.

>>> letters = "abcdefghijklmnopqrstuvwxyz"
>>> tiles(Stream("-" + letters), Stream(letters + "+"))
[(1, 0, 26)]
>>> tiles(Stream("-" + letters[:24]), Stream(letters[:24]))
[]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from zlib import crc32

GRAM: Final = 15
"""Tokens of a fingerprint: nothing shorter is ever a match."""
WINDOW: Final = 11
SHORTEST: Final = GRAM + WINDOW - 1
"""Tokens of the shortest match; one of so many is always found ("Winnowing", section 3)."""
EDGE: Final = "\0"
"""Between the cells of a work; no match crosses it."""
_MOST_REPEATS: Final = 5
"""Places of one fingerprint in one work that are tried."""
_MOST_STEPS: Final = 300_000
"""Tokens of runs that are looked at for one pair, then the rest is not: a work that repeats one
statement all over would take hours."""


@dataclass(frozen=True)
class Stream:
    """What is compared of a work: its tokens, and for each the cell and the characters it is."""

    codes: str
    places: Sequence[tuple[int, int, int]] = field(default=())

    @cached_property
    def prints(self) -> tuple[tuple[str, int], ...]:
        """Its fingerprints, each with its place."""
        return tuple(fingerprints(self.codes))

    @cached_property
    def by_print(self) -> dict[str, list[int]]:
        """Where each fingerprint is, first places first."""
        found: dict[str, list[int]] = defaultdict(list)
        for gram, place in self.prints:
            if len(found[gram]) < _MOST_REPEATS:
                found[gram].append(place)
        return dict(found)

    @property
    def tokens(self) -> int:
        """How many tokens it has."""
        return len(self.codes) - self.codes.count(EDGE)

    def without(self, grams: frozenset[str]) -> Stream:
        """The stream without what some fingerprints cover."""
        gone = {
            place + step for gram, place in self.prints if gram in grams for step in range(GRAM)
        }
        if not gone:
            return self
        kept = [place for place in range(len(self.codes)) if place not in gone]
        return Stream(
            "".join(self.codes[place] for place in kept), [self.places[place] for place in kept]
        )


def fingerprints(codes: str) -> Iterator[tuple[str, int]]:
    """The fingerprints of a row: of each window the least, of equal ones the last."""
    count = len(codes) - GRAM + 1
    hashes = [crc32(codes[place : place + GRAM].encode()) for place in range(count)]
    chosen = -1
    for start in range(max(1, count - WINDOW + 1) if count > 0 else 0):
        end = min(start + WINDOW, count)
        if chosen < start:
            least = min(range(start, end), key=lambda place: (hashes[place], -place))
        elif hashes[end - 1] <= hashes[chosen]:
            least = end - 1
        else:
            continue
        chosen = least
        gram = codes[chosen : chosen + GRAM]
        if EDGE not in gram:
            yield gram, chosen


def tiles(first: Stream, second: Stream) -> list[tuple[int, int, int]]:
    """The parts that two rows share, none overlapping another, the longest first.

    Returns:
        For each: place in the first, place in the second, tokens (at least ``SHORTEST``).
    """
    runs = sorted(_runs(first, second), key=lambda run: (-run[2], run[0], run[1]))
    taken_first, taken_second = bytearray(len(first.codes)), bytearray(len(second.codes))
    found = []
    for one, other, length in runs:
        for skip, tokens in _free(taken_first, taken_second, (one, other, length)):
            found.append((one + skip, other + skip, tokens))
            taken_first[one + skip : one + skip + tokens] = b"\1" * tokens
            taken_second[other + skip : other + skip + tokens] = b"\1" * tokens
    return found


def _runs(first: Stream, second: Stream) -> Iterator[tuple[int, int, int]]:
    """Every run of equal tokens round an equal fingerprint, as long as it is."""
    reached: dict[int, int] = {}
    left = _MOST_STEPS
    for gram, place in first.prints:
        for other in second.by_print.get(gram, ()):
            if place < reached.get(place - other, 0):
                continue
            start, end = _stretched(first.codes, second.codes, place, other)
            reached[place - other] = end
            left -= end - start
            if left < 0:
                return
            if end - start >= SHORTEST:
                yield start, start - place + other, end - start


def _stretched(first: str, second: str, place: int, other: int) -> tuple[int, int]:
    """How far two rows are equal round two places: from and to, in the first."""
    back = 0
    while (
        back < min(place, other)
        and first[place - back - 1] == second[other - back - 1]
        and first[place - back - 1] != EDGE
    ):
        back += 1
    ahead, most = GRAM, min(len(first) - place, len(second) - other)
    while (
        ahead < most
        and first[place + ahead] == second[other + ahead]
        and first[place + ahead] != EDGE
    ):
        ahead += 1
    return place - back, place + ahead


def _free(first: bytearray, second: bytearray, run: tuple[int, int, int]) -> list[tuple[int, int]]:
    """The parts of a run that nothing has taken in either row, those that are long enough."""
    one, other, length = run
    both = zip(first[one : one + length], second[other : other + length], strict=True)
    taken = bytes(a | b for a, b in both)
    found, start = [], 0
    for part in taken.replace(b"\1", b"\1|").split(b"|"):
        free = len(part.rstrip(b"\1"))
        if free >= SHORTEST:
            found.append((start, free))
        start += len(part)
    return found
