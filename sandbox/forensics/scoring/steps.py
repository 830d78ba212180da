"""The steps by which a person marks a part: a checklist of three levels each, the same for all.

Rules:

1. A part that a person marks has steps; each is 0 (not so), 1 (in part) or 2 (so). The part's share
   is the sum of its levels by the most that there is: nobody types points.
2. The steps have a version of their own; marks that a person gave name it.
3. What the steps say stands in the wordings ``scoring.step.*``.

>>> share_of("clarity", {"facts": 2, "followed": 1, "exact": 2, "plain": 0, "bounds": 0})
Fraction(1, 2)
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from sandbox.forensics.scoring.errors import CannotScore
from sandbox.locale import wording
from sandbox.locale.catalogue import Language

VERSION: Final = 1
MOST: Final = 2
"""The highest level of a step."""
STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "method": ("policy", "heuristics", "limits", "repeated"),
    "clarity": ("facts", "followed", "exact", "plain", "bounds"),
}
"""By part, in the order in which they are read."""


def share_of(part: str, levels: Mapping[str, int]) -> Fraction:
    """The share of a part that its steps give.

    Args:
        part: ``method`` or ``clarity``.
        levels: of every step, 0 to ``MOST``.

    Raises:
        CannotScore: ``scoring.steps_wrong``.
    """
    wanted = STEPS.get(part, ())
    right = all(type(each) is int and 0 <= each <= MOST for each in levels.values())
    if not wanted or set(levels) != set(wanted) or not right:
        raise CannotScore("scoring.steps_wrong", part=part[:40])
    return Fraction(sum(levels.values()), MOST * len(wanted))


def step_title(part: str, step: str, language: Language = "en") -> str:
    """What a step asks.

    Args:
        part: of ``STEPS``.
        step: of the part.
        language: ``en``, ``ru`` or ``ky``.
    """
    return wording(f"scoring.step.{part}.{step}", {}, language)
