"""How honest a statement about a link is: the log score, against what can be known.

Rules:

1. Known is the probability of each account, as anybody finds it who counts; a mixer tells no more.
   An answer is marked against that, not against who it turned out to be: luck earns nothing.
2. The score is ``1 - D(known, said) / D(known, same)``: D is the mean loss of log score (the
   divergence of Kullback and Leibler), ``same`` gives everybody the same probability. What is
   known scores 1. Saying the same of everybody scores 0, and so does whoever says less than that.
3. A probability below ``LEAST`` counts as ``LEAST``: certainty about one of several is a bounded
   loss, which is still far more than can be gained.
4. The score is proper: nobody does better by saying something else than what they believe.

Source: Good, "Rational Decisions" (1952), the logarithmic score; ours: the scale and the floor.

>>> known = {"A": 0.5, "B": 0.25, "C": 0.25, "D": 0.0}
>>> link_score(known, known), link_score({"A": 1.0}, known)
(1.0, 0.0)
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, log
from typing import Final

from sandbox.forensics.scoring.errors import CannotScore

LEAST: Final = 0.001
"""A probability that is said to be less counts as this."""
ROUNDED: Final = 0.1
"""How far from 1 the probabilities of a statement may add up: people round. Then all are scaled."""


def link_score(said: Mapping[str, float], known: Mapping[str, float]) -> float:
    """Mark a statement about who stands behind a withdrawal.

    Args:
        said: account → probability; who is not named has none.
        known: of every account that could be thought of, at least two, some of them 0 perhaps;
            they add up to 1 and are not all the same.

    Returns:
        0 to 1.

    Raises:
        CannotScore: ``scoring.chances_wrong``: below 0, above 1, or they do not add up to 1;
            ``scoring.chances_nothing_known``: ``known`` says the same of everybody.
    """
    chances = {name: said.get(name, 0.0) for name in known}
    total = sum(said.values())
    if not all(isfinite(each) and 0 <= each <= 1 for each in said.values()):
        raise CannotScore("scoring.chances_wrong")
    if abs(total - 1) > ROUNDED:
        raise CannotScore("scoring.chances_wrong")
    same = dict.fromkeys(known, 1 / len(known))
    most = _lost(known, same)
    if most < LEAST:
        raise CannotScore("scoring.chances_nothing_known")
    scaled = {name: each / total for name, each in chances.items()}
    return min(1.0, max(0.0, 1 - _lost(known, scaled) / most))


def _lost(known: Mapping[str, float], said: Mapping[str, float]) -> float:
    return sum(
        each * (log(each) - log(max(said[name], LEAST))) for name, each in known.items() if each
    )
