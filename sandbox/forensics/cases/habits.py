"""Habits of Kyrgyz money: sums as people say them, hours at which they pay, days that are free.

Amounts of the planner are whole hundredths: tyiyn of a som, cents of gold-backed dollars.

The figures are ours, in the order of magnitude of 2026 (an average wage near 45,000 som); the
hours are local, UTC+6 without summer time.

>>> from sandbox.forensics.cases.chance import Chance
>>> spoken(Chance(bytes(32), "x"), 1_234_567)
1234000
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Final

from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.cases.recipes import Recipe

SOM: Final = 100
"""Tyiyn in a som."""
MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400
BISHKEK: Final = timedelta(hours=6)
_HOURS: Final = (
    2,
    1,
    1,
    1,
    1,
    2,
    6,
    18,
    36,
    52,
    60,
    62,
    66,
    62,
    58,
    56,
    58,
    66,
    70,
    64,
    50,
    34,
    18,
    7,
)
"""How often people pay in each hour of the day."""
_NIGHT_ENDS: Final = 7
_FIGURES: Final[Mapping[str, int]] = {"2": 430, "3": 330, "4": 150, "5": 90}
"""With how many figures people say a sum, be it small or large. Ours; it holds for everybody, so
that the last figures tell nothing about who pays."""

WAGE: Final = (9_000, 13_000, 17_000, 22_500, 34_000, 70_000)
RENT: Final = (14_000, 20_000, 26_000, 32_000, 40_000, 60_000)
UTILITY: Final = (180, 400, 800, 1_500, 2_600, 5_200)
MOBILE: Final = (80, 100, 200, 300, 400, 700)
MARKET: Final = (60, 250, 600, 1_400, 3_500, 18_000)
FAMILY: Final = (300, 1_000, 2_500, 5_000, 10_000, 40_000)
GIFT: Final = (1_000, 1_500, 2_000, 3_000, 5_000, 10_000)
SAVING: Final = (3_000, 8_000, 15_000, 30_000, 70_000, 250_000)
CIRCLE: Final = (3_000, 5_000, 5_000, 10_000, 10_000, 20_000)
"""Laws of sums in som, by quantiles at each fifth; a wage is paid in two halves, of which each is
one."""


def spoken(chance: Chance, amount: int) -> int:
    """A sum as people say it, not more than it was.

    Args:
        chance: of who says it.
        amount: hundredths.
    """
    unit: int = 10 ** max(len(str(amount)) - int(chance.weighed(_FIGURES)), 0)
    return amount // unit * unit


def sum_of(chance: Chance, law: tuple[int, ...]) -> int:
    """A sum from a law in som, as people say it, in hundredths."""
    return max(spoken(chance, chance.along([each * SOM for each in law])), SOM)


@dataclass(frozen=True)
class Days:
    """The days of a case; moments are seconds since its first midnight in Bishkek.

    Attributes:
        recipe: which says how many and which are free.
    """

    recipe: Recipe

    @property
    def end(self) -> int:
        """The last moment."""
        return self.recipe.days * DAY

    @cached_property
    def _first(self) -> datetime:
        return datetime.combine(self.recipe.begins, time(), tzinfo=UTC) - BISHKEK

    def utc(self, moment: int) -> datetime:
        """A moment on the clock, UTC."""
        return self._first + timedelta(seconds=moment)

    def day(self, moment: datetime) -> int:
        """The day to which a moment belongs; 0 is the first."""
        return (moment - self._first).days

    def date(self, day: int) -> date:
        """A day of the calendar.

        Args:
            day: 0 is the first.
        """
        return self.recipe.begins + timedelta(days=day)

    def works(self, day: int) -> bool:
        """Whether offices work."""
        date = self.date(day)
        return date.weekday() < 5 and date not in self.recipe.free

    def working(self, day: int) -> int:
        """The day itself or the last working one before it; wages are paid then."""
        while day > 0 and not self.works(day):
            day -= 1
        return day

    def busy(self, day: int) -> int:
        """How much is bought: more on weekends, most before a holiday, little on one."""
        if self.date(day) in self.recipe.free:
            return 5
        if self.date(day + 1) in self.recipe.free:
            return 22
        return 10 if self.works(day) else 15

    def at(self, chance: Chance, day: int) -> int:
        """A moment of a day, as people's hours go."""
        hour = int(chance.weighed({str(hour): often for hour, often in enumerate(_HOURS)}))
        return day * DAY + hour * HOUR + chance.below(HOUR)

    def office(self, chance: Chance, day: int) -> int:
        """A moment in office hours."""
        return day * DAY + 9 * HOUR + chance.below(8 * HOUR)

    def awake(self, chance: Chance, moment: int) -> int:
        """A moment, mostly moved behind the night where it falls into it."""
        night = moment % DAY < _NIGHT_ENDS * HOUR
        if not night or chance.happens(150):
            return moment
        return moment - moment % DAY + _NIGHT_ENDS * HOUR + chance.below(4 * HOUR)
