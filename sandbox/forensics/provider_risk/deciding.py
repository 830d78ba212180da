"""What a person decides about a provider: the measure ladder is a proposal, never an act.

Rules: a decision names who decides, when and why, also when it is what was proposed; it keeps the
score, the tier, the proposal and the hash of the model, so that it can be looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.forensics.provider_risk.errors import CannotRate
from sandbox.forensics.provider_risk.model import MEASURES
from sandbox.forensics.provider_risk.rating import Rating

_LONGEST: Final = 300


@dataclass(frozen=True)
class Decision:
    """A decision about a provider.

    Attributes:
        provider: who is meant.
        measure: what was decided: ``standard``, ``enhanced``, ``limits`` or ``stop``.
        proposed: what the tier proposed.
        score: hundredths of a point.
        tier: of the rating.
        missing: indicators that had no value.
        model: hash of the model.
        by: who decided.
        why: in that person's words.
        at: when.
    """

    provider: str
    measure: str
    proposed: str
    score: int
    tier: str
    missing: tuple[str, ...]
    model: str
    by: str
    why: str
    at: datetime

    @property
    def milder(self) -> bool:
        """Whether it is milder than the proposal."""
        return MEASURES.index(self.measure) < MEASURES.index(self.proposed)


def decide(rating: Rating, measure: str, *, by: str, why: str, at: datetime) -> Decision:
    """Note a person's decision.

    Args:
        rating: what it is about.
        measure: one of the ladder, the proposed one or another.
        by: who decides.
        why: the reason; needed also where the proposal is followed.
        at: when, with a zone.

    Raises:
        CannotRate: ``provider_risk.measure``, ``provider_risk.decision``.
    """
    if measure not in MEASURES:
        raise CannotRate("provider_risk.measure", known=", ".join(MEASURES))
    told = all(0 < len(each.strip()) <= _LONGEST for each in (by, why))
    if not told or at.tzinfo is None:
        raise CannotRate("provider_risk.decision")
    tier = rating.tier
    return Decision(
        provider=rating.provider,
        measure=measure,
        proposed=tier.measure,
        score=rating.score,
        tier=tier.id,
        missing=rating.missing,
        model=rating.model.hash,
        by=by,
        why=why,
        at=at,
    )
