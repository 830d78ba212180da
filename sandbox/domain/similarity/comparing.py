"""All works of an assignment held against each other: an index of fingerprints, then pairs."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from sandbox.domain.similarity.tiling import EDGE, GRAM, SHORTEST, Stream, tiles
from sandbox.domain.similarity.tokens import Row, Words, row_of
from sandbox.domain.similarity.works import Cell, Given, Work

LEAST: Final = 60
"""Tokens that two works have in common at least, to be a pair."""
FEW: Final = 5
"""Works from which on what more than half of them have is left out."""
MOST_PAIRS: Final = 300
"""Pairs that are told: those with most in common."""
_MOST_MEETINGS: Final = 3_000_000
"""Meetings of two works at a fingerprint that are counted, the rarest fingerprints first."""


@dataclass(frozen=True, slots=True)
class Match:
    """A part that two works share.

    Attributes:
        first_cell: key of the cell in the first work; ``second_cell`` likewise.
        first: characters of that cell, from and to; ``second`` likewise.
    """

    first_cell: str
    first: tuple[int, int]
    second_cell: str
    second: tuple[int, int]
    tokens: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two works with something in common.

    Attributes:
        first: id of the work; ``second`` likewise. The first is never of an earlier run.
        tokens: in common.
        first_share: per cent of what the first student wrote; ``second_share`` likewise.
        matches: in the order of the first work.
    """

    first: str
    second: str
    tokens: int
    first_share: int
    second_share: int
    matches: tuple[Match, ...]

    @property
    def share(self) -> int:
        """The larger share, per cent."""
        return max(self.first_share, self.second_share)


def compare(works: Sequence[Work], given: Given) -> tuple[Pair, ...]:
    """Find the pairs of works that have most in common.

    Args:
        works: one of each student; those of this run first.
        given: what everybody got.

    Returns:
        At most ``MOST_PAIRS``, those with the largest share first.
    """
    streams = _streams(works, given)
    pairs = [
        _pair(works[one], works[other], streams[one], streams[other])
        for one, other in _candidates(works, streams)
    ]
    found = [each for each in pairs if each.tokens >= LEAST]
    found.sort(key=lambda each: (-each.share, -each.tokens, each.first, each.second))
    return tuple(found)


def given_parts(cells: Iterable[Cell], given: Given) -> dict[str, tuple[tuple[int, int], ...]]:
    """Where the cells of a work hold what was given: characters from and to, by cell."""
    words, grams = Words(given.names), _given_grams(given)
    found = {}
    for cell in cells:
        row = row_of(cell.text, words, cell.language)
        hidden = _given_places(cell.text, row, given.lines, grams)
        parts: list[tuple[int, int]] = []
        for place in sorted(hidden):
            if parts and place - 1 in hidden:
                parts[-1] = (parts[-1][0], row.ends[place])
            else:
                parts.append((row.starts[place], row.ends[place]))
        found[cell.key] = tuple(parts)
    return found


def _streams(works: Sequence[Work], given: Given) -> list[Stream]:
    words, grams, lines = Words(given.names), _given_grams(given), given.lines
    streams = [_stream(work, words, grams, lines) for work in works]
    if len(works) < FEW:
        return streams
    counts = Counter(gram for stream in streams for gram in stream.by_print)
    common = frozenset(gram for gram, count in counts.items() if 2 * count > len(works))
    return [stream.without(common) for stream in streams] if common else streams


def _stream(work: Work, words: Words, grams: frozenset[str], lines: frozenset[str]) -> Stream:
    codes: list[str] = []
    places: list[tuple[int, int, int]] = []
    for number, cell in enumerate(work.cells):
        row = row_of(cell.text, words, cell.language)
        hidden = _given_places(cell.text, row, lines, grams)
        for place, code in enumerate(row.codes):
            if place not in hidden:
                codes.append(code)
                places.append((number, row.starts[place], row.ends[place]))
        codes.append(EDGE)
        places.append((number, len(cell.text), len(cell.text)))
    return Stream("".join(codes), places)


def _given_grams(given: Given) -> frozenset[str]:
    words = Words(given.names)
    rows = ("".join(row_of(cell.text, words, cell.language).codes) for cell in given.cells)
    return frozenset(
        codes[place : place + GRAM] for codes in rows for place in range(len(codes) - GRAM + 1)
    )


def _given_places(
    text: str, row: Row, lines: frozenset[str], grams: frozenset[str]
) -> frozenset[int]:
    """The tokens that stand in a given line, or in a given run of tokens."""
    codes = "".join(row.codes)
    found: set[int] = set()
    for place in range(len(codes) - GRAM + 1):
        if codes[place : place + GRAM] in grams:
            found.update(range(place, place + GRAM))
    begins, given = [0], []
    for line in text.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))
        given.append(line.strip() in lines)
    for place, start in enumerate(row.starts):
        at = bisect_right(begins, start) - 1
        if at < len(given) and given[at]:
            found.add(place)
    return frozenset(found)


def _candidates(works: Sequence[Work], streams: Sequence[Stream]) -> list[tuple[int, int]]:
    """The pairs that share most fingerprints, by their places in ``works``."""
    holders: dict[str, list[int]] = defaultdict(list)
    for number, stream in enumerate(streams):
        for gram in stream.by_print:
            holders[gram].append(number)
    shared: Counter[tuple[int, int]] = Counter()
    left = _MOST_MEETINGS
    for gram in sorted(holders, key=lambda gram: (len(holders[gram]), gram)):
        meeting = [
            (one, other)
            for one, other in combinations(holders[gram], 2)
            if not works[one].earlier or not works[other].earlier
        ]
        left -= len(meeting)
        if left < 0:
            break
        shared.update(meeting)
    fewest = max(1, (LEAST - SHORTEST) // SHORTEST)
    counted = [(pair, count) for pair, count in shared.items() if count >= fewest]
    counted.sort(key=lambda each: (-each[1], each[0]))
    return [pair if not works[pair[0]].earlier else pair[::-1] for pair, _ in counted[:MOST_PAIRS]]


def _pair(one: Work, other: Work, first: Stream, second: Stream) -> Pair:
    matches = []
    for here, there, tokens in tiles(first, second):
        a, b = first.places[here], second.places[there]
        matches.append(
            Match(
                one.cells[a[0]].key,
                (a[1], first.places[here + tokens - 1][2]),
                other.cells[b[0]].key,
                (b[1], second.places[there + tokens - 1][2]),
                tokens,
            )
        )
    places = {cell.key: number for number, cell in enumerate(one.cells)}
    matches.sort(key=lambda match: (places[match.first_cell], match.first))
    total = sum(match.tokens for match in matches)
    return Pair(
        first=one.id,
        second=other.id,
        tokens=total,
        first_share=_percent(total, first.tokens),
        second_share=_percent(total, second.tokens),
        matches=tuple(matches),
    )


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0
