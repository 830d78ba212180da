"""A work as it is shown beside another: its cells in segments, matched, given, or neither."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from sandbox.domain.similarity.comparing import Pair, given_parts
from sandbox.domain.similarity.tokens import without_words
from sandbox.domain.similarity.works import Cell, Given, Work

Span = tuple[int, int, int]
"""Characters of a cell from and to, and the number of the match."""


HIDDEN: Final = "…"
"""In the place of a file's name that its student chose."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a cell.

    Attributes:
        match: the number of the match that it belongs to; 0 for none.
        given: whether it was given with the assignment.
    """

    text: str
    match: int = 0
    given: bool = False


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell; ``tokens`` of it are matched."""

    key: str
    segments: tuple[Segment, ...]
    tokens: int


def shown(work: Work, pair: Pair, given: Given, *, whole: bool = True) -> tuple[ShownCell, ...]:
    """The first work of a pair; for the second, turn the pair round.

    Args:
        work: the first.
        pair: what it has in common with the second.
        given: what everybody got.
        whole: whether what does not match is shown too; if not, neither is what comments and
            texts say, nor the name of a file that was not given: they may tell whose work it is.
    """
    spans: dict[str, list[Span]] = {}
    tokens: dict[str, int] = {}
    for number, match in enumerate(pair.matches, 1):
        spans.setdefault(match.first_cell, []).append((*match.first, number))
        tokens[match.first_cell] = tokens.get(match.first_cell, 0) + match.tokens
    cells = [each for each in work.cells if whole or each.key in spans]
    parts = given_parts(cells, given)
    files = {_file(each.key) for each in given.cells}
    return tuple(
        ShownCell(
            cell.key if whole or _file(cell.key) in files else HIDDEN,
            _segments(cell, spans.get(cell.key, []), parts[cell.key], whole=whole),
            tokens.get(cell.key, 0),
        )
        for cell in cells
    )


def _segments(
    cell: Cell, spans: Sequence[Span], given: Iterable[tuple[int, int]], *, whole: bool
) -> tuple[Segment, ...]:
    given = tuple(given)
    text = cell.text if whole else without_words(cell.text, cell.language)
    cuts = {0, len(cell.text)}
    cuts.update(min(edge, len(cell.text)) for start, end, _ in spans for edge in (start, end))
    cuts.update(edge for part in given for edge in part)
    ordered = sorted(cuts)
    found: list[Segment] = []
    for start, end in pairwise(ordered):
        number = next((n for first, last, n in spans if first <= start and end <= last), 0)
        if not whole and not number:
            continue
        is_given = any(first <= start and end <= last for first, last in given)
        found.append(Segment(text[start:end], 0 if is_given else number, is_given))
    return tuple(found)


def _file(key: str) -> str:
    """The notebook or file that a cell is of."""
    return key.rpartition(":")[0] or key
