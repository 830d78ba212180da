"""The flow diagram: bands between accounts, as wide as what moved (after Sankey, 1898)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sandbox.forensics.asset import Asset
from sandbox.forensics.tracing import Trace
from sandbox.forensics.views.choice import ALL, Choice
from sandbox.forensics.views.layers import Band, Layers, layers_of
from sandbox.forensics.views.said import Said
from sandbox.forensics.views.view import (
    BAND,
    INK,
    STOPPED,
    WIDTH,
    Frame,
    View,
    behind,
    label,
    pointed,
    short,
)
from sandbox.locale.catalogue import Language

ACCOUNTS: Final = 40
_HEIGHT: Final = 440.0
_TOP: Final = 24.0
_GAP: Final = 28.0
_BAR: Final = 14.0
_SIDE: Final = 110.0
"""Room for names on both sides."""


def flow(
    found: Trace,
    *,
    language: Language = "en",
    asset: Asset | None = None,
    choice: Choice = ALL,
) -> View:
    """Where traced value went, or came from: accounts in columns by hop, bands between them.

    Args:
        found: the trace.
        language: ``ky``, ``ru`` or ``en``.
        asset: in what amounts are written; minor units unless given.
        choice: which movements are shown; all, unless given.
    """
    said, rows = Said(found, language, asset or Asset()), choice.of(found)
    layers = layers_of(rows, most=ACCOUNTS, backward=found.backward)
    drawing = _Drawing(layers, said, said.below(layers, rows))
    frame = Frame(
        title=said.title("flow"),
        description=said.description(layers, rows),
        width=drawing.width,
        height=drawing.height + 2 * _TOP,
        words=said.words,
    )
    svg = frame.picture(drawing.marks())
    return View(frame.title, svg, behind(rows), said.words)


@dataclass
class _Bar:
    """An account's place; how much of its height is taken on either side."""

    x: float
    y: float
    height: float
    came: float = 0.0
    went: float = 0.0


class _Drawing:
    def __init__(self, layers: Layers, said: Said, below: str) -> None:
        self._layers, self._said, self._below = layers, said, below
        deepest = max((len(each) for each in layers.columns), default=1)
        self.height = max(_HEIGHT, 1.3 * _GAP * deepest)
        self._scale = self._fitting()
        across, self._step = layers.across(WIDTH - 2 * _SIDE - _BAR)
        self.width = across + 2 * _SIDE + _BAR
        self._bars = dict(self._placed())

    def marks(self) -> Iterator[str]:
        for band in self._layers.bands:
            yield self._band(band)
        for name, bar in self._bars.items():
            yield self._account(name, bar)
        yield label(8, self.height + 2 * _TOP - 4, self._below)

    def _fitting(self) -> float:
        """Points for one minor unit, so that the fullest column fits."""
        scales = [self.height]
        for names in self._layers.columns:
            total = sum(self._layers.passed[each] for each in names)
            scales.append((self.height - _GAP * (len(names) - 1)) / max(total, 1))
        return min(scales)

    def _placed(self) -> Iterator[tuple[str, _Bar]]:
        for number, names in enumerate(self._layers.columns):
            x, y = _SIDE + self._step * number, _TOP
            for name in names:
                height = max(self._layers.passed[name] * self._scale, 1.0)
                yield name, _Bar(x, y, height)
                y += height + _GAP

    def _band(self, band: Band) -> str:
        payer, payee = self._bars[band.payer], self._bars[band.payee]
        width = max(band.value * self._scale, 1.0)
        left, right = payer.x + _BAR, payee.x
        one, other = payer.y + payer.went + width / 2, payee.y + payee.came + width / 2
        payer.went += width
        payee.came += width
        middle = (left + right) / 2
        path = (
            f"M{left:.1f},{one:.1f} C{middle:.1f},{one:.1f} {middle:.1f},{other:.1f} "
            f"{right:.1f},{other:.1f}"
        )
        drawn = (
            f'<path d="{path}" fill="none" stroke="{BAND}" stroke-opacity="0.35" '
            f'stroke-width="{width:.1f}"/>'
        )
        return pointed(self._said.band(band), drawn)

    def _account(self, name: str, bar: _Bar) -> str:
        tag = self._said.tag(name)
        colour = STOPPED if tag else INK
        rect = (
            f'<rect x="{bar.x:.1f}" y="{bar.y:.1f}" width="{_BAR}" height="{bar.height:.1f}" '
            f'fill="{colour}"/>'
        )
        first = bar.x <= _SIDE
        x, anchor = (bar.x - 4, "end") if first else (bar.x + _BAR + 4, "start")
        y = bar.y + min(bar.height / 2 + 4, 14)
        names = label(x, y, short(name), anchor=anchor)
        tags = label(x, y + 14, tag, anchor=anchor, colour=STOPPED) if tag else ""
        return pointed(self._said.account(name), rect, names, tags)
