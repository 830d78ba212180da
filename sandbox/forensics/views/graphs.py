"""The graph: accounts as points, in columns by hop, arrows for what moved between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from typing import Final

import polars as pl

from sandbox.forensics.accounts import ZERO
from sandbox.forensics.asset import Asset
from sandbox.forensics.tracing import Trace
from sandbox.forensics.views.choice import ALL, Choice
from sandbox.forensics.views.layers import Band, Layers, layers_of
from sandbox.forensics.views.said import Said
from sandbox.forensics.views.view import (
    INK,
    SOFT,
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

ACCOUNTS: Final = 60
Link = Callable[[str], str]
"""The address of an account's page."""
_STEP: Final = 64.0
_SIDE: Final = 80.0
_TOP: Final = 36.0
_RADIUS: Final = 9.0
_ARROW: Final = (
    f'<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
    f'markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0,0 L8,4 L0,8 z" '
    f'fill="{SOFT}"/></marker></defs>'
)


def graph(
    found: Trace,
    *,
    language: Language = "en",
    asset: Asset | None = None,
    choice: Choice = ALL,
    link: Link | None = None,
) -> View:
    """Who was reached: a point for each account, a square for a service, arrows between them.

    Args:
        found: the trace.
        language: ``ky``, ``ru`` or ``en``.
        asset: in what amounts are written; minor units unless given.
        choice: which movements are shown; all, unless given.
        link: where an account's point leads, on a page that has a place for it; nowhere unless
            given.

    Returns:
        The picture; the table behind it is ``found.nodes``, of the accounts that are shown.
    """
    said, rows = Said(found, language, asset or Asset()), choice.of(found)
    layers = layers_of(rows, most=ACCOUNTS, backward=found.backward)
    nodes = found.nodes.filter(pl.col("account").is_in(list(layers.passed)))
    deepest = max((len(each) for each in layers.columns), default=1)
    height = 2 * _TOP + _STEP * deepest
    frame = Frame(
        title=said.title("graph"),
        description=said.description(layers, rows),
        width=layers.across(WIDTH - 2 * _SIDE)[0] + 2 * _SIDE,
        height=height,
        words=said.words,
        linked=link is not None,
    )
    svg = frame.picture(_marks(layers, said, height, said.below(layers, rows), link))
    return View(frame.title, svg, behind(nodes), said.words)


def _marks(
    layers: Layers, said: Said, height: float, below: str, link: Link | None
) -> Iterator[str]:
    places = dict(_places(layers, height))
    yield _ARROW
    for band in layers.bands:
        yield _arrow(band, places[band.payer], places[band.payee], said)
    for name, (x, y) in places.items():
        drawn = _account(name, x, y, said)
        place = "" if link is None or name == ZERO else link(name)
        yield f'<a href="{escape(place)}">{drawn}</a>' if place else drawn
    yield label(8, height - 6, below)


def _places(layers: Layers, height: float) -> Iterator[tuple[str, tuple[float, float]]]:
    """Columns side by side, each in the middle of the height."""
    step = layers.across(WIDTH - 2 * _SIDE)[1]
    for number, names in enumerate(layers.columns):
        x = _SIDE + step * number
        first = (height - _STEP * (len(names) - 1)) / 2
        for row, name in enumerate(names):
            yield name, (x, first + _STEP * row)


def _arrow(band: Band, one: tuple[float, float], other: tuple[float, float], said: Said) -> str:
    across, down = other[0] - one[0], other[1] - one[1]
    length = max((across**2 + down**2) ** 0.5, 1.0)
    along, aside = (across / length, down / length), 0.12 * length
    start = (one[0] + along[0] * _RADIUS, one[1] + along[1] * _RADIUS)
    end = (other[0] - along[0] * (_RADIUS + 1), other[1] - along[1] * (_RADIUS + 1))
    bend = (
        (one[0] + other[0]) / 2 - along[1] * aside,
        (one[1] + other[1]) / 2 + along[0] * aside,
    )
    path = f"M{start[0]:.1f},{start[1]:.1f} Q{bend[0]:.1f},{bend[1]:.1f} {end[0]:.1f},{end[1]:.1f}"
    drawn = f'<path d="{path}" fill="none" stroke="{SOFT}" marker-end="url(#arrow)"/>'
    return pointed(said.band(band), drawn)


def _account(name: str, x: float, y: float, said: Said) -> str:
    tag = said.tag(name)
    if tag:
        side = 2 * _RADIUS
        mark = (
            f'<rect x="{x - _RADIUS:.1f}" y="{y - _RADIUS:.1f}" width="{side}" height="{side}" '
            f'fill="{STOPPED}"/>'
        )
    else:
        mark = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}" fill="{INK}"/>'
    names = label(x, y + 22, short(name), anchor="middle")
    tags = label(x, y + 36, tag, anchor="middle", colour=STOPPED) if tag else ""
    return pointed(said.account(name), mark, names, tags)
