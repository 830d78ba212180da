"""The charts in words and numbers: tables for people, the same figures for the drawing.

Rules: money in a table is exact; the drawing gets the same value in whole som and tyiyn as decimal
text, which only decides how high a line is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sandbox.domain.alerts.hours import SIZES
from sandbox.kit.ids import AssetCode
from sandbox.kit.money import DECIMALS, NoLimit, format_amount
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import Language
from sandbox.services.charts import Chart


@dataclass(frozen=True)
class Words:
    """The words of charts in one language; templates call it ``charts``."""

    lang: Language

    def money(self, amount: int, asset: str) -> str:
        """Minor units with the asset's sign; below zero with a minus."""
        text = forms.money(abs(amount), cast("AssetCode", asset), self.lang)
        return f"−{text}" if amount < 0 else text

    def drawn(self, amount: int, asset: str) -> str:
        """Minor units as decimal text, cut to two places."""
        decimals = DECIMALS[cast("AssetCode", asset)]
        return format_amount(amount // 10 ** (decimals - 2), 2)

    def limit(self, limit: Any, asset: str) -> str:
        """A limit as decimal text; empty for none."""
        return "" if isinstance(limit, NoLimit) else self.drawn(limit, asset)

    def limited(self, limit: Any) -> bool:
        """Whether there is a limit."""
        return not isinstance(limit, NoLimit)

    def share(self, chart: Chart) -> int | None:
        """Percent of the cap that is held, rounded down, at most 100; None without a cap."""
        if isinstance(chart.held_limit, NoLimit):
            return None
        if chart.held_limit == 0:
            return 100 if chart.held > 0 else 0
        return max(0, min(100, 100 * chart.held // chart.held_limit))

    def over(self, chart: Chart) -> bool:
        """Whether more is held than the cap."""
        return not isinstance(chart.held_limit, NoLimit) and chart.held > chart.held_limit

    def moved(self, chart: Chart) -> bool:
        """Whether there is anything to draw."""
        return any(each.volume or each.held for each in chart.days)

    @property
    def starts(self) -> list[int]:
        """Where the classes of amounts begin, som."""
        return [0, *(each // 100 for each in SIZES)]

    def size(self, place: int) -> str:
        """A class of amounts in words."""
        gettext = translator(self.lang).gettext
        marks = [forms.number(each // 100, self.lang) for each in SIZES]
        if place == 0:
            return gettext("below %(high)s") % {"high": marks[0]}
        if place == len(SIZES):
            return gettext("from %(low)s") % {"low": marks[-1]}
        return f"{marks[place - 1]}–{marks[place]}"
