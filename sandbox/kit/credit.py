"""Partial credit in words: what a test's author gives points for, step by step.

An author writes in a test, whose last value is its score::

    score = 0
    score += credit(0.75, answer(7) == 21, "three times the number")
    score += credit(0.25, lambda: answer(0) == 0, "nothing stays nothing")
    score

Rules:

- It gives the points or 0 and does nothing else, so that the test scores the same wherever it runs.
- Whoever runs a test in `collected` learns of each step; the grader tells students of it.
- Only True holds. What only counts as true could be an object of the student's.
- A claim is tried: an error on the way is a no, and costs this step alone.

>>> with collected() as steps:
...     credit(0.5, 1 + 1 == 2, "sums") + credit(0.5, 1 + 1 == 3, "more sums")
0.5
>>> [step.holds for step in steps]
[True, False]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a test.

    Attributes:
        points: that it gives when it holds.
        what: what should hold, in the author's words.
    """

    points: float
    holds: bool
    what: str


_STEPS: Final[ContextVar[list[Step] | None]] = ContextVar("steps", default=None)


Claim = Callable[[], object]
"""Something to be tried: it holds when it gives True."""


def credit(points: float, holds: bool | Claim, what: str) -> float:  # noqa: FBT001 (it is the claim)
    """The points of a step that holds.

    Args:
        points: > 0.
        holds: whether it does, or a claim.
        what: what the work should do, for students; never with which input it was tried.

    Returns:
        The points, or 0.

    Raises:
        TypeError: ``holds`` is neither True, nor False, nor a claim.
    """
    held = _tried(holds) if callable(holds) else holds
    if type(held) is not bool:
        raise TypeError("a step holds or does not: True, False or a claim")
    steps = _STEPS.get()
    if steps is not None:
        steps.append(Step(float(points), held, what))
    return points if held else 0


def _tried(claim: Claim) -> bool:
    try:
        return claim() is True
    except Exception:  # noqa: BLE001 (the student's code may raise anything)
        return False


@contextmanager
def collected() -> Iterator[list[Step]]:
    """The steps that are credited inside, in their order."""
    steps: list[Step] = []
    token = _STEPS.set(steps)
    try:
        yield steps
    finally:
        _STEPS.reset(token)
