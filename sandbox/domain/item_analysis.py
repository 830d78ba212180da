"""What the marks of a class say about the tasks: how hard each was, and whom it told apart.

Rules:

- A task's difficulty is the mean share of its points, 0 to 1: the lower, the harder.
- Its discrimination is the correlation of its share with the share of all other tasks together
  (the item-rest correlation; for a task that is all or nothing the point-biserial one), -1 to 1.
  The task itself is left out of the rest, or it would correlate with itself.
- There is none where it cannot be: fewer than `FEWEST` answers, one task, or no difference.
- What waits for a person, and what gives no points, is left out.

Source: Lord and Novick, Statistical Theories of Mental Test Scores (1968), 15.

>>> [correlation([0, 1, 1], [0.0, 0.5, 1.0]) > 0.8, correlation([1, 1, 1], [0.0, 0.5, 1.0])]
[True, None]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from sandbox.domain.classroom import Mark, counted

FEWEST: Final = 3
"""Answers without which nothing correlates."""
ENOUGH: Final = 20
"""Answers below which the figures mean little: one student changes them visibly."""
FAILED: Final = frozenset({"failed", "partial"})


@dataclass(frozen=True, slots=True)
class Item:
    """One graded task.

    Attributes:
        points: the most there is.
        answers: how many were marked.
        difficulty: mean share of the points, 0 to 1.
        discrimination: -1 to 1, or None.
        failed: the marks that the platform did not give in full.
    """

    notebook: str
    cell: str
    title: str
    points: float
    answers: int
    difficulty: float
    discrimination: float | None
    failed: tuple[Mark, ...]


def analysed(answers: Iterable[Sequence[Mark]]) -> tuple[Item, ...]:
    """The tasks of an assignment, in the order of its notebooks.

    Args:
        answers: the marks of each student's submission.
    """
    pairs: dict[tuple[str, str], list[tuple[Mark, float | None]]] = {}
    for marks in answers:
        decided = [mark for mark in marks if _decided(mark)]
        got, most = sum(map(counted, decided)), sum(mark.points for mark in decided)
        for mark in decided:
            others = most - mark.points
            rest = (got - counted(mark)) / others if others else None
            pairs.setdefault((mark.notebook, mark.cell), []).append((mark, rest))
    found = sorted(pairs.values(), key=lambda each: (each[0][0].notebook, each[0][0].position))
    return tuple(_item(each) for each in found)


def _decided(mark: Mark) -> bool:
    return mark.points > 0 and (mark.mark is not None or mark.teacher_mark is not None)


def _item(pairs: Sequence[tuple[Mark, float | None]]) -> Item:
    first = pairs[0][0]
    shares = [_share(mark) for mark, _rest in pairs]
    told = [(_share(mark), rest) for mark, rest in pairs if rest is not None]
    return Item(
        notebook=first.notebook,
        cell=first.cell,
        title=first.title,
        points=first.points,
        answers=len(pairs),
        difficulty=sum(shares) / len(shares),
        discrimination=correlation([one for one, _ in told], [rest for _, rest in told]),
        failed=tuple(mark for mark, _rest in pairs if mark.status in FAILED),
    )


def _share(mark: Mark) -> float:
    return counted(mark) / mark.points


def correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Pearson's correlation of two rows of equal length; None where there is none."""
    if len(first) < FEWEST:
        return None
    mean, other = sum(first) / len(first), sum(second) / len(second)
    spread = sum((each - mean) ** 2 for each in first)
    second_spread = sum((each - other) ** 2 for each in second)
    if spread < 1e-12 or second_spread < 1e-12:
        return None
    both = sum((one - mean) * (two - other) for one, two in zip(first, second, strict=True))
    return max(-1.0, min(1.0, both / sqrt(spread * second_spread)))
