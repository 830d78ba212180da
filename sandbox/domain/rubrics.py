"""Rubrics: by which criteria a person marks a free answer, and what each level gives.

Rules:

- A rubric belongs to one cell. It has criteria; a criterion has levels, from nothing upwards, each
  worth more than the one before; titles stand in every language of the platform.
- The highest levels together give the cell's points, so that nobody can earn more or less.
- A mark by a rubric is one level of every criterion: their sum, reckoned in decimals as written.

>>> words = {"ky": "Себеп", "ru": "Причина", "en": "Reason"}
>>> levels = [{"points": 0, "titles": words}, {"points": 0.5, "titles": words}]
>>> rubric = rubric_of({"criteria": [{"titles": words, "levels": levels}]})
>>> rubric.most, points_for(rubric, (1,))
(0.5, 0.5)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from sandbox.kit.errors import InvalidInput

LANGUAGES: Final = frozenset({"ky", "ru", "en"})
MOST_CRITERIA: Final = 8
LEVELS: Final = range(2, 8)
"""How many levels a criterion may have."""
MOST_WORDS: Final = 300
"""Characters of a title."""
FORM: Final = (
    "grade id: {criteria: [{titles, levels: [{points, titles}, …]}, …]}; titles in ky, ru, en;"
    " levels from 0 points upwards"
)


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a criterion: what it gives, and its words by language."""

    points: float
    titles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Criterion:
    """What is looked at; levels from nothing upwards."""

    titles: Mapping[str, str]
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Rubric:
    """By what a free answer is marked."""

    criteria: tuple[Criterion, ...]

    @property
    def most(self) -> float:
        """What the highest levels give together."""
        return exact_sum(each.levels[-1].points for each in self.criteria)


def rubric_of(said: Any) -> Rubric | None:
    """A rubric from its description; None when it has not the form of one.

    Args:
        said: as read from ``course.yaml``; see `FORM`.
    """
    rows = said.get("criteria") if isinstance(said, dict) and set(said) == {"criteria"} else None
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_CRITERIA:
        return None
    found = [_criterion(each) for each in rows]
    whole = tuple(each for each in found if each is not None)
    return Rubric(whole) if len(whole) == len(found) else None


def points_for(rubric: Rubric, chosen: Sequence[int]) -> float:
    """What chosen levels give.

    Args:
        rubric: which.
        chosen: for each criterion the place of its level, from 0.

    Raises:
        InvalidInput: ``marking.levels_missing``, ``marking.no_such_level``.
    """
    if len(chosen) != len(rubric.criteria):
        raise InvalidInput("marking.levels_missing", needed=len(rubric.criteria))
    pairs = list(zip(rubric.criteria, chosen, strict=True))
    if any(not 0 <= place < len(each.levels) for each, place in pairs):
        raise InvalidInput("marking.no_such_level")
    return exact_sum(each.levels[place].points for each, place in pairs)


def exact_sum(values: Iterable[float]) -> float:
    """The sum of decimals as they were written: 0.1 and 0.2 are 0.3."""
    return float(sum((Fraction(repr(each)) for each in values), Fraction(0)))


def _criterion(said: Any) -> Criterion | None:
    if not isinstance(said, dict) or set(said) != {"titles", "levels"}:
        return None
    rows, titles = said["levels"], _titles(said["titles"])
    if titles is None or not isinstance(rows, list) or len(rows) not in LEVELS:
        return None
    found = [_level(each) for each in rows]
    levels = tuple(each for each in found if each is not None)
    points = [each.points for each in levels]
    rising = all(low < high for low, high in pairwise(points))
    if len(levels) != len(found) or points[0] != 0 or not rising:
        return None
    return Criterion(titles, levels)


def _level(said: Any) -> Level | None:
    if not isinstance(said, dict) or set(said) != {"points", "titles"}:
        return None
    points, titles = said["points"], _titles(said["titles"])
    number = type(points) in (int, float) and 0 <= points <= 1000
    return Level(float(points), titles) if number and titles is not None else None


def _titles(said: Any) -> Mapping[str, str] | None:
    """Words in every language, else None."""
    if not isinstance(said, dict) or set(said) != LANGUAGES:
        return None
    words = {lang: text.strip() for lang, text in said.items() if isinstance(text, str)}
    right = set(words) == LANGUAGES and all(0 < len(text) <= MOST_WORDS for text in words.values())
    return words if right else None
