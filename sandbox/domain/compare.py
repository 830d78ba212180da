"""Two versions of a text, word by word.

>>> compare("Caps of 5 000 som", "Caps of 3 000 som")
[('same', 'Caps of '), ('gone', '5'), ('new', '3'), ('same', ' 000 som')]
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import Final

_WORDS: Final = re.compile(r"\s+|\w+|[^\w\s]")
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")
MOST_PAIRS: Final = 60_000
"""Equal pieces of both sides, each with each: what the work grows with. Beyond it whole lines are
compared, and beyond it again only beginning and end: no text makes a page take seconds."""


def compare(before: str, after: str) -> list[tuple[str, str]]:
    """What stayed, what is gone and what is new, in reading order.

    Args:
        before: the earlier text.
        after: the later text.

    Returns:
        Pairs of ``same``, ``gone`` or ``new`` and the text. ``same`` and ``gone`` together are the
        earlier text, ``same`` and ``new`` together the later one.
    """
    for cut in (_WORDS, _LINES):
        old, new = cut.findall(before), cut.findall(after)
        if _pairs(old, new) <= MOST_PAIRS:
            return _compared(old, new)
    return _ends(before, after)


def _compared(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for what, start, end, begin, stop in SequenceMatcher(a=old, b=new).get_opcodes():
        if what == "equal":
            found.append(("same", "".join(old[start:end])))
            continue
        if end > start:
            found.append(("gone", "".join(old[start:end])))
        if stop > begin:
            found.append(("new", "".join(new[begin:stop])))
    return found


def _pairs(old: list[str], new: list[str]) -> int:
    """How many pairs the matcher may look at; it leaves out what is frequent in a long text."""
    frequent = len(new) // 100 + 1 if len(new) >= 200 else len(new)
    ours, theirs = Counter(old), Counter(new)
    return sum(count * theirs[piece] for piece, count in ours.items() if theirs[piece] <= frequent)


def _ends(before: str, after: str) -> list[tuple[str, str]]:
    """What both begin and end with, and what is between."""
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    parts = [
        ("same", before[:start]),
        ("gone", before[start : len(before) - end]),
        ("new", after[start : len(after) - end]),
        ("same", before[len(before) - end :]),
    ]
    return [each for each in parts if each[1]]


def _alike(one: str, other: str) -> int:
    """How many letters two texts begin with together."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
