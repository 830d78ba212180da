"""The score of a provider: every point with the indicator, value, band and weight it comes from.

Rules:

1. Points of an indicator: those of the last band that begins at or below its value. Its
   contribution is points times weight, in hundredths of a point; the score is the sum of all
   contributions, exactly: weights sum to 100, so it lies between 0 and 100 points.
2. **What is missing counts as the worst band.** Withholding a figure never lowers a score.
   ``least`` is the score with the best bands in place of what is missing: what data could bring.
3. Nothing to measure (0 of 0: no transfer owed a message) is not missing; it counts as 0.
4. The tier is the last that begins at or below the score. It proposes a measure; a person decides.
5. What a person answers names the person.

>>> found = rate("exchange-a", {})
>>> found.points, found.tier.id, found.least, len(found.missing)
('100.00', 'critical', 0, 13)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sandbox.forensics.provider_risk.errors import CannotRate
from sandbox.forensics.provider_risk.model import WHOLE, Indicator, Model, Tier
from sandbox.locale import wording
from sandbox.locale.catalogue import Language

_LONGEST: Final = 300


@dataclass(frozen=True)
class Value:
    """What was measured or answered.

    Attributes:
        part: of a share, what is counted; else the count or the number of the level.
        whole: of a share, of how many or how much; else 1.
        by: who answered; empty of what was measured.
        note: why, or from what.
    """

    part: int
    whole: int = 1
    by: str = ""
    note: str = ""


@dataclass(frozen=True)
class Line:
    """One indicator of a rating.

    Attributes:
        indicator: which.
        value: what was measured or answered; nothing where it is missing.
        start: where its band begins.
        points: of the band, 0 to 100.
    """

    indicator: Indicator
    value: Value | None
    start: int
    points: int

    @property
    def contribution(self) -> int:
        """Points times weight."""
        return self.points * self.indicator.weight

    def explain(self, language: Language = "en") -> str:
        """The line in words."""
        one, value = self.indicator, self.value
        said = {
            "title": one.titles[language],
            "points": self.points,
            "weight": one.weight,
            "contribution": decimal(self.contribution),
        }
        if value is None:
            return wording("provider_risk.line_missing", said, language)
        if one.unit == "level":
            said |= {"level": one.levels[value.part][language], "by": value.by or "—"}
            kind = "answered" if one.source == "person" else "level"
            return wording(f"provider_risk.line_{kind}", said, language)
        begins = f"{decimal(self.start)} %" if one.unit == "share" else str(self.start)
        said |= {"part": str(value.part), "whole": str(value.whole), "start": begins}
        return wording(f"provider_risk.line_{one.unit}", said, language)


@dataclass(frozen=True)
class Change:
    """What one indicator alone would do.

    Attributes:
        indicator: its name.
        start: the band in which it would lie.
        score: what the score would be, hundredths.
        tier: the tier that it would be.
    """

    indicator: str
    start: int
    score: int
    tier: Tier


@dataclass(frozen=True)
class Rating:
    """A score with its working.

    Attributes:
        provider: who is rated.
        model: by what.
        lines: one for each indicator, in the model's order.
    """

    provider: str
    model: Model
    lines: tuple[Line, ...]

    @cached_property
    def score(self) -> int:
        """Hundredths of a point, 0 to 10,000."""
        return sum(each.contribution for each in self.lines)

    @property
    def points(self) -> str:
        """The score as a decimal of two places."""
        return decimal(self.score)

    @cached_property
    def least(self) -> int:
        """The score if all that is missing were as good as it can be, hundredths."""
        spare = [each.indicator for each in self.lines if each.value is None]
        return self.score - sum((one.worst[1] - one.bands[0][1]) * one.weight for one in spare)

    @property
    def missing(self) -> tuple[str, ...]:
        """Indicators without a value."""
        return tuple(each.indicator.id for each in self.lines if each.value is None)

    @property
    def tier(self) -> Tier:
        """The tier, and with it the measure that is proposed."""
        return tier_of(self.model, self.score)

    @property
    def axes(self) -> dict[str, int]:
        """What each axis contributes, hundredths."""
        return {
            axis: sum(each.contribution for each in self.lines if each.indicator.axis == axis)
            for axis in self.model.axes
        }

    def changes(self) -> tuple[Change, ...]:
        """Each band of a single indicator that alone would make another tier.

        Returns:
            The smallest change of the score first, then by name and band.
        """
        found = []
        for line in self.lines:
            one = line.indicator
            for start, points in one.bands:
                score = self.score + (points - line.points) * one.weight
                tier = tier_of(self.model, score)
                if tier != self.tier:
                    found.append(Change(one.id, start, score, tier))
        order = sorted(found, key=lambda e: (abs(e.score - self.score), e.indicator, e.start))
        return tuple(order)

    def explain(self, language: Language = "en") -> tuple[str, ...]:
        """The whole rating in words: the head, a sentence for each indicator, the proposal."""
        said = {
            "provider": self.provider,
            "score": self.points,
            "tier": self.tier.titles[language],
            "version": self.model.version,
        }
        head = [wording("provider_risk.head", said, language)]
        if self.missing:
            least = {"count": len(self.missing), "least": decimal(self.least)}
            head.append(wording("provider_risk.head_missing", least, language))
        measure = {"measure": self.tier.measure_titles[language]}
        lines = [each.explain(language) for each in self.lines]
        return (*head, *lines, wording("provider_risk.proposal", measure, language))


def rate(provider: str, values: Mapping[str, Value | None], model: Model | None = None) -> Rating:
    """Rate a provider.

    Args:
        provider: its name, up to 300 signs.
        values: by indicator; what is not there, or None, is missing.
        model: as shipped, if nothing else is given.

    Raises:
        CannotRate: ``provider_risk.provider``, ``provider_risk.indicators`` (a name that the model
            does not know), ``provider_risk.value``, ``provider_risk.person``.
    """
    chosen = model or Model.shipped()
    if not 0 < len(provider.strip()) <= _LONGEST:
        raise CannotRate("provider_risk.provider")
    unknown = sorted(values.keys() - chosen.indicators.keys())
    if unknown:
        raise CannotRate("provider_risk.indicators", what=", ".join(unknown)[:_LONGEST])
    lines = [_line(one, values.get(name)) for name, one in chosen.indicators.items()]
    return Rating(provider, chosen, tuple(lines))


def tier_of(model: Model, score: int) -> Tier:
    """The tier of a score in hundredths."""
    return [each for each in model.tiers if each.start * 100 <= score][-1]


def decimal(hundredths: int) -> str:
    """Hundredths as a decimal of two places."""
    return f"{hundredths // 100}.{hundredths % 100:02}"


def _line(one: Indicator, value: Value | None) -> Line:
    if value is None:
        return Line(one, None, *one.worst)
    _check(one, value)
    begun = [(start, points) for start, points in one.bands if _reaches(one, value, start)]
    return Line(one, value, *begun[-1])


def _reaches(one: Indicator, value: Value, start: int) -> bool:
    if one.unit == "share":
        return start == 0 or (value.whole > 0 and value.part * WHOLE >= start * value.whole)
    return value.part >= start


def _check(one: Indicator, value: Value) -> None:
    """That a value can be one of this indicator's.

    Raises:
        CannotRate: ``provider_risk.value``, ``provider_risk.person``.
    """
    part, whole = value.part, value.whole
    most = {"share": whole, "count": part, "level": len(one.levels) - 1}[one.unit]
    fits = type(part) is int and type(whole) is int and (one.unit == "share" or whole == 1)
    if not fits or not 0 <= part <= most or len(value.by) > _LONGEST or len(value.note) > _LONGEST:
        raise CannotRate("provider_risk.value", what=one.id)
    if one.source == "person" and not value.by.strip():
        raise CannotRate("provider_risk.person", what=one.id)
