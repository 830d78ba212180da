"""The form of a rule: parameters with ranges, bands with weights, where it comes from.

>>> weight_of((Band(5, 40), Band(8, 70)), 7)
40
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sandbox.domain.alerts.facts import Kind, Measured


class Unit(StrEnum):
    """What a parameter or a measured value counts."""

    COUNT = "count"
    PERCENT = "percent"
    MINUTES = "minutes"
    DAYS = "days"
    TYIYN = "tyiyn"


class About(StrEnum):
    """What a rule looks at."""

    PAYMENTS = "payments"
    REFUSALS = "refusals"
    PERMITS = "permits"
    """A permit as a whole, once a day."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a rule set gives to a rule.

    Attributes:
        name: in the rule set.
        unit: what it counts.
        low: the smallest that may be set.
        high: the greatest.
        default: as shipped.
    """

    name: str
    unit: Unit
    low: int
    high: int
    default: int


@dataclass(frozen=True, slots=True)
class Band:
    """From which measured value on which weight is given (1 to 100)."""

    start: int
    weight: int


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        name: in rule sets and alerts.
        unit: of the measured value.
        parameters: ``window`` (minutes) among them.
        bands: as shipped.
        measure: None when the definition is not met, whatever the bands say.
        source: where the typology comes from, and how sure that is.
        kinds: which parties it is about, as shipped; none unless it is about payments.
        about: payments, refusals or permits.
    """

    name: str
    unit: Unit
    parameters: tuple[Parameter, ...]
    bands: tuple[Band, ...]
    measure: Callable[[Any], Measured | None]
    source: str
    kinds: frozenset[Kind] = frozenset({Kind.CUSTOMER})
    about: About = About.PAYMENTS


WEEK: Final = 7 * 24 * 60
"""The longest window about payments or refusals, minutes."""
DAY: Final = 24 * 60
LONGEST: Final = 90 * DAY
"""The longest window about permits, minutes."""


def window(default: int, high: int = WEEK) -> Parameter:
    """The window of a rule, minutes."""
    return Parameter("window", Unit.MINUTES, 10, high, default)


def weight_of(bands: Sequence[Band], value: int) -> int:
    """The weight of the highest band that a value reaches; 0 below the first."""
    return max((band.weight for band in bands if band.start <= value), default=0)
