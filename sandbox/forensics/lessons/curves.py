"""What a rule costs at other values, as points of a picture; the table stands beside it.

Rules: a point is a dry run; left is quiet, high finds much; points with which another one does at
least as well in both are hollow; nothing is taken from anywhere but from the points.

>>> picture = Curve([("n = 4", 30, 16), ("n = 5", 12, 14), ("n = 6", 20, 14)], most=16)
>>> [name for name, _, _ in picture.front()]
['n = 5', 'n = 4']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

Point = tuple[str, int, int]
"""A name, false alerts, guilty accounts found."""
_WIDE: Final = 640
_HIGH: Final = 320
_LEFT: Final = 60
_BELOW: Final = 50


@dataclass(frozen=True)
class Curve:
    """A picture that a notebook shows.

    Attributes:
        points: names, false alerts (>= 0) and found (0 to ``most``).
        most: guilty accounts that there are, > 0.
    """

    points: Sequence[Point]
    most: int

    def front(self) -> list[Point]:
        """The points that no other one beats, from the quietest on."""
        best, found = -1, []
        for point in sorted(self.points, key=lambda each: (each[1], -each[2])):
            if point[2] > best:
                best = point[2]
                found.append(point)
        return found

    def _place(self, point: Point) -> tuple[int, int]:
        farthest = max((each[1] for each in self.points), default=0) or 1
        across = _LEFT + (_WIDE - _LEFT - 20) * point[1] // farthest
        return across, 20 + (_HIGH - _BELOW - 20) * (self.most - point[2]) // self.most

    def _dot(self, point: Point, kept: bool) -> str:  # noqa: FBT001 (full or hollow)
        across, down = self._place(point)
        name = escape(f"{point[0]}: {point[1]} / {point[2]}")
        return (
            f'<circle cx="{across}" cy="{down}" r="5" fill="{"#1d4f91" if kept else "#ffffff"}" '
            f'stroke="#1d4f91"><title>{name}</title></circle>'
        )

    def _repr_svg_(self) -> str:
        """The picture, as notebooks ask for it."""
        kept = self.front()
        line = " ".join("{},{}".format(*self._place(each)) for each in kept)
        ground = _HIGH - _BELOW
        dots = "".join(self._dot(each, each in kept) for each in self.points)
        farthest = max((each[1] for each in self.points), default=0)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" '
            f'width="{_WIDE}" role="img" font-family="sans-serif" font-size="14">'
            f'<rect width="{_WIDE}" height="{_HIGH}" fill="#ffffff"/>'
            f'<path d="M{_LEFT} 20V{ground}H{_WIDE - 20}" fill="none" stroke="#444444"/>'
            f'<polyline points="{line}" fill="none" stroke="#1d4f91" stroke-width="2"/>{dots}'
            f'<text x="8" y="26">{self.most}</text><text x="8" y="{ground}">0</text>'
            f'<text x="{_LEFT}" y="{_HIGH - 22}">0</text>'
            f'<text x="{_WIDE - 20}" y="{_HIGH - 22}" text-anchor="end">{farthest}</text></svg>'
        )
