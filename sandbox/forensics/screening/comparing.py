"""Two names compared: a score from 0 to 1, with all that led to it.

Definition (ours; sources of its parts below). The parts of the shorter name are each paired with a
part of the longer one, so that the score is highest. A pair has a likeness and a weight:

| by | when | likeness |
|---|---|---|
| `same` | written alike, but for capitals | 1 |
| `spelling` | one form in both (``letters``): another script or habit | 1 |
| `father` | both patronymics, of one father: Асанович, Асан уулу | 1; son and daughter 0.7 |
| `surname` | Асан уулу, and Асанов or Асан | 0.95 |
| `ending` | a man's and a woman's form of a surname | 0.95 |
| `initial` | an initial, and a part that begins with it | 0.8 |
| `typo` | d letters of n (the longer) apart, d at most 0.3 n | 1 - d/n |
| `differs` | everything else | 0 |

A patronymic with an ending and a name are a typo apart only where d is 1; patronymics are compared
by their fathers. A pair weighs 0.6 where it has an initial or is of two patronymics, else 1. The
score is the weighted mean of the likenesses, times a factor for each part without a partner
(``missing``): 0.94 for a patronymic or an initial; for a name 0.9 where two other names have met,
else 0.7. If one name has one word more, two neighbours are also tried as one word (Нур Султан,
Нурсултан).

Then the dates of birth, where both are known (``born``): `equal` takes away half of what is missing
to 1 (a quarter where a year alone is known) from 0.75 on; `near` (one year apart, or day and month
exchanged) changes nothing; `differs` multiplies by 0.85.

The score is symmetric, 1 for a name and itself, and rounded to four places.

Sources: optimal string alignment, Boytsov, "Indexing methods for approximate dictionary searching"
(2011), 2.1. The weights and factors are ours, set on the made-up corpus whose error rates are
published, and no authority's.

>>> found = compare("Асанов Бакыт Эмилович", "Bakyt Asanov")
>>> found.score, [(pair.one, pair.other, pair.by) for pair in found.pairs]
(0.94, [('Асанов', 'Asanov', 'spelling'), ('Бакыт', 'Bakyt', 'spelling')])
>>> compare("Асанов Бакыт", "Усенов Бакыт").score
0.5
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Final

import polars as pl
from rapidfuzz.distance import OSA

from sandbox.forensics.screening.births import Birth, births
from sandbox.forensics.screening.names import Kind, Part, Parts, taken_apart, with_two_joined

TENTHS: Final = 3
"""The largest distance of a typo, in tenths of the longer length."""
LIGHT: Final = 0.6
SIBLING: Final = 0.7
CHANGED: Final = 0.95
INITIAL: Final = 0.8
WITHOUT_PATRONYMIC: Final = 0.94
WITHOUT_NAME: Final = 0.9
ONE_NAME_ALONE: Final = 0.7
BIRTH_COUNTS_FROM: Final = 0.75
OTHER_BIRTH: Final = 0.85
PLACES: Final = 4
_TABLE: Final = {
    **dict.fromkeys(("one", "other", "by"), pl.String),
    **dict.fromkeys(("likeness", "weight"), pl.Float64),
}


@dataclass(frozen=True)
class Pair:
    """Two parts that were compared.

    Attributes:
        one: of the first name, as it was written.
        other: of the second one.
        by: see the module's table.
        likeness: 0 to 1.
        weight: of the pair.
    """

    one: str
    other: str
    by: str
    likeness: float
    weight: float


@dataclass(frozen=True)
class Comparison:
    """What two names have in common.

    Attributes:
        score: 0 to 1.
        pairs: the parts that were compared, in the order of the first name.
        missing: parts without a partner, with the factor of each.
        born: ``equal``, ``equal year``, ``near``, ``differs``, or nothing where one is not known.
        names: the score before the dates of birth.
    """

    score: float
    pairs: tuple[Pair, ...]
    missing: tuple[tuple[str, float], ...]
    born: str
    names: float

    @property
    def table(self) -> pl.DataFrame:
        """The working: ``one``, ``other``, ``by``, ``likeness``, ``weight``.

        Parts without a partner stand at the end, ``by`` is ``missing`` and their factor the
        likeness.
        """
        met = [(each.one, each.other, each.by, each.likeness, each.weight) for each in self.pairs]
        alone = [(text, None, "missing", factor, None) for text, factor in self.missing]
        return pl.DataFrame([*met, *alone], schema=_TABLE, orient="row")


def compare(
    one: str, other: str, *, born: Birth | str | None = None, other_born: Birth | str | None = None
) -> Comparison:
    """How alike two names are, and why.

    Args:
        one: a name, in Cyrillic or Latin letters, parts in any order.
        other: another.
        born: of the first: ``1971``, ``1971-05-03`` or a date.
        other_born: of the second.

    Raises:
        CannotScreen: ``screening.name_empty``, ``screening.name_too_long``,
            ``screening.birth_malformed``.
    """
    agreed = births(Birth.read(born), Birth.read(other_born))
    return compare_parts(taken_apart(one), taken_apart(other), agreed)


def compare_parts(one: Parts, other: Parts, born: str = "") -> Comparison:
    """As ``compare``, of names that were taken apart already.

    Args:
        one: parts.
        other: parts.
        born: what ``births`` says.
    """
    best = max(
        (found for pair in _forms(one, other) for found in _pairings(*pair)), key=_first_is_best
    )
    names, pairs, missing = best
    score = names
    if born == "differs":
        score *= OTHER_BIRTH
    elif born.startswith("equal") and names >= BIRTH_COUNTS_FROM:
        score += (1 - names) / (4 if born == "equal year" else 2)
    return Comparison(round(score, PLACES), pairs, missing, born, round(names, PLACES))


_Found = tuple[float, tuple[Pair, ...], tuple[tuple[str, float], ...]]


def _first_is_best(found: _Found) -> tuple[float, float]:
    """The highest score; of equal ones the one that says more of likeness."""
    return round(found[0], 9), sum(each.likeness for each in found[1])


def _forms(one: Parts, other: Parts) -> Iterator[tuple[Parts, Parts]]:
    yield one, other
    more = _names(one) - _names(other)
    if more == 1:
        yield from ((each, other) for each in with_two_joined(one))
    elif more == -1:
        yield from ((one, each) for each in with_two_joined(other))


def _names(parts: Parts) -> int:
    return sum(each.kind is Kind.NAME for each in parts)


def _pairings(one: Parts, other: Parts) -> Iterator[_Found]:
    """Every way to pair the shorter name with parts of the longer one, scored."""
    table = [[likeness(a, b) for b in other] for a in one]
    few, many = sorted((len(one), len(other)))
    for chosen in permutations(range(many), few):
        placed = (
            list(enumerate(chosen))
            if len(one) <= len(other)
            else sorted((place, number) for number, place in enumerate(chosen))
        )
        pairs = tuple(table[a][b] for a, b in placed)
        used = ({a for a, _ in placed}, {b for _, b in placed})
        left = [
            part
            for parts, taken in zip((one, other), used, strict=True)
            for place, part in enumerate(parts)
            if place not in taken
        ]
        met = sum(
            one[a].kind is other[b].kind is Kind.NAME and table[a][b].likeness > 0
            for a, b in placed
        )
        missing = tuple((part.text, _factor(part, met)) for part in left)
        weight = sum(each.weight for each in pairs)
        score = sum(each.likeness * each.weight for each in pairs) / weight
        for _, factor in missing:
            score *= factor
        yield score, pairs, missing


def _factor(part: Part, met: int) -> float:
    if part.kind is not Kind.NAME:
        return WITHOUT_PATRONYMIC
    return WITHOUT_NAME if met > 1 else ONE_NAME_ALONE


def likeness(one: Part, other: Part) -> Pair:
    """One pair of the module's table."""
    kinds = {one.kind, other.kind}
    light = Kind.INITIAL in kinds or kinds == {Kind.PATRONYMIC}
    found, by = _alike(one, other)
    return Pair(one.text, other.text, by, found, LIGHT if light else 1.0)


def _alike(one: Part, other: Part) -> tuple[float, str]:
    if one.kind is other.kind and {*one.keys} & {*other.keys}:
        return 1.0, "same" if one.text.casefold() == other.text.casefold() else "spelling"
    if Kind.INITIAL in {one.kind, other.kind}:
        short, whole = (one, other) if one.kind is Kind.INITIAL else (other, one)
        begins = any(key.startswith(short.keys) for key in whole.keys)
        return (INITIAL, "initial") if begins and whole.kind is not short.kind else (0.0, "differs")
    if one.kind is other.kind is Kind.PATRONYMIC:
        same, by = _near(one.father, other.father, "father")
        return (min(same, SIBLING) if one.daughter != other.daughter else same), by
    if _for_a_surname(one, other) or _for_a_surname(other, one):
        return CHANGED, "surname"
    if {*one.stem} & {*other.stem}:
        return CHANGED, "ending"
    return _near(one.keys, other.keys, "spelling", most=None if one.kind is other.kind else 1)


def _for_a_surname(child: Part, name: Part) -> bool:
    """Whether уулу or кызы stands for a surname, or was lost."""
    bare = {key.rstrip("aeiou") for key in name.keys}
    return child.particle and bool({*child.father} & {*name.root, *bare})


def _near(
    some: tuple[str, ...], others: tuple[str, ...], when_equal: str, most: int | None = None
) -> tuple[float, str]:
    """The best of several spellings; 0 where it is more than a typo, or than ``most``."""
    best = 0.0
    for one in some:
        for other in others:
            longest = max(len(one), len(other))
            distance = OSA.distance(one, other)
            if 10 * distance <= TENTHS * longest and (most is None or distance <= most):
                best = max(best, 1 - distance / longest)
    return best, when_equal if best == 1 else "typo" if best else "differs"
