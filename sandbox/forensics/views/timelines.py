"""The timeline: traced movements as points, from left to right in time, a lane for each hop."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from sandbox.forensics.asset import Asset
from sandbox.forensics.tracing import Trace
from sandbox.forensics.views.choice import ALL, Choice
from sandbox.forensics.views.layers import layers_of
from sandbox.forensics.views.said import Said
from sandbox.forensics.views.view import (
    BAND,
    SOFT,
    STOPPED,
    WIDTH,
    Frame,
    View,
    behind,
    label,
    pointed,
)
from sandbox.locale.catalogue import Language

MOVEMENTS: Final = 1_000
_LANES: Final = 12
"""Lanes at most; what is further away lies on the last one."""
_LANE: Final = 38.0
_LEFT: Final = 110.0
_RIGHT: Final = 50.0
_TOP: Final = 20.0
_LARGEST: Final = 15.0
_TICKS: Final = 5


def timeline(
    found: Trace,
    *,
    language: Language = "en",
    asset: Asset | None = None,
    choice: Choice = ALL,
) -> View:
    """When traced value moved: by the column ``time`` where the ledger has moments, else by block.

    Args:
        found: the trace.
        language: ``ky``, ``ru`` or ``en``.
        asset: in what amounts are written; minor units unless given.
        choice: which movements are shown; all, unless given.

    Returns:
        The picture; the table behind it is ``found.hops``, of the movements that are shown.
    """
    said, shown = Said(found, language, asset or Asset()), choice.of(found)
    rows = shown.sort("tainted", descending=True, maintain_order=True)
    drawn = rows[:MOVEMENTS].rows(named=True)
    lanes = min(max((each["hop"] for each in drawn), default=0), _LANES - 1) + 1
    height = 2 * _TOP + _LANE * lanes + 24
    frame = Frame(
        title=said.title("timeline"),
        description=said.description(layers_of(shown, most=len(found.ledger.names)), shown),
        width=WIDTH,
        height=height,
        words=said.words,
    )
    svg = frame.picture(_marks(drawn, rows[MOVEMENTS:], lanes, said, said.chosen(shown)))
    return View(frame.title, svg, behind(shown), said.words)


def _marks(
    drawn: list[dict[str, Any]], rest: pl.DataFrame, lanes: int, said: Said, below: str
) -> Iterator[str]:
    axis = _Axis(drawn)
    _ = said.words.gettext
    for lane in range(lanes):
        y = _TOP + _LANE * (lane + 0.5)
        hop = _("hop %(number)s") % {"number": f"{lane}+" if lane == _LANES - 1 else lane}
        yield label(8, y + 4, hop, colour=SOFT)
        yield _line(_LEFT, y, WIDTH - _RIGHT, y)
    bottom = _TOP + _LANE * lanes
    for x, text in axis.ticks():
        yield _line(x, _TOP, x, bottom)
        yield label(x, bottom + 16, text, anchor="middle", colour=SOFT)
    yield label(8, bottom + 16, "UTC" if axis.timed else _("block"), colour=SOFT)
    largest = max((each["tainted"] for each in drawn), default=1)
    for row in drawn:
        yield _point(row, axis.place(row), largest, said)
    if len(rest):
        words = _("Not drawn: %(count)s smaller movements, %(amount)s in all.")
        left = said.amount(sum(rest["tainted"].to_list()))
        below = f"{below} {words % {'count': len(rest), 'amount': left}}".strip()
    yield label(8, bottom + 34, below)


class _Axis:
    """Time or block to points."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        moments = [each.get("time") for each in rows]
        self.timed = bool(moments) and all(isinstance(each, datetime) for each in moments)
        values = [self._value(each) for each in rows]
        self._first, self._last = (min(values), max(values)) if values else (0.0, 0.0)

    def place(self, row: dict[str, Any]) -> float:
        """Where a movement stands."""
        return self._x(self._value(row))

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Places with what stands at them."""
        if self._first == self._last:
            yield self._x(self._first), self._text(self._first)
            return
        seen = set()
        for number in range(_TICKS):
            value = self._first + (self._last - self._first) * number / (_TICKS - 1)
            value = value if self.timed else float(round(value))
            if value not in seen:
                yield self._x(value), self._text(value)
            seen.add(value)

    def _value(self, row: dict[str, Any]) -> float:
        return float(row["time"].timestamp() if self.timed else row["block"])

    def _x(self, value: float) -> float:
        across = WIDTH - _LEFT - _RIGHT - 2 * _LARGEST
        share = (value - self._first) / ((self._last - self._first) or 1.0)
        return _LEFT + _LARGEST + across * share

    def _text(self, value: float) -> str:
        if not self.timed:
            return str(int(value))
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M")


def _point(row: dict[str, Any], x: float, largest: int, said: Said) -> str:
    """A movement: the area of its point as its amount; a square where it was not followed."""
    size = max(_LARGEST * math.sqrt(row["tainted"] / largest), 2.0)
    y = _TOP + _LANE * (min(row["hop"], _LANES - 1) + 0.5)
    place = " / ".join(str(row[each]) for each in ("block", "transaction", "log"))
    amount = said.amount(row["tainted"])
    text = f"{place} · {row['payer']} → {row['payee']} · {amount}"
    if row["stop"]:
        mark = (
            f'<rect x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size:.1f}" '
            f'height="{2 * size:.1f}" fill="{STOPPED}" fill-opacity="0.6"/>'
        )
        return pointed(f"{text} · {row['stop']}", mark)
    circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="{BAND}" fill-opacity="0.6"/>'
    return pointed(text, circle)


def _line(x: float, y: float, right: float, bottom: float) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{bottom:.1f}" stroke="#d5dad6"/>'
