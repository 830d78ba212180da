"""A picture with its table, as a notebook shows them.

Rules:

1. A picture says in its title and description what it shows; each mark says what it is when
   pointed at. Nothing is told by colour alone.
2. The table behind it is whole; what a picture leaves out, it counts.
3. It is as wide as it needs to be; a notebook lets it be moved sideways. It stands on white, also
   in a dark notebook, and carries the marking.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

import polars as pl

from sandbox.forensics.exhibits.notice import NOTICE
from sandbox.forensics.exhibits.tables import in_words
from sandbox.locale import Translator
from sandbox.locale.catalogue import N_

WIDTH: Final = 960
INK: Final = "#16211d"
SOFT: Final = "#4a5650"
BAND: Final = "#0b5a53"
STOPPED: Final = "#8a4b08"
SHOWN: Final = 200
"""Rows that a notebook shows; ``View.table`` has all."""
TABLE: Final = N_("The table behind it: %(count)s rows")


@dataclass(frozen=True, eq=False)
class View:
    """A picture and the table behind it.

    Attributes:
        title: what it shows.
        svg: the picture, standing alone.
        table: what was drawn, and what was not; amounts as text.
        words: the reader's.
    """

    title: str
    svg: str
    table: pl.DataFrame
    words: Translator

    def write(self, path: str | Path) -> Path:
        """Write the picture as a file of SVG."""
        target = Path(path)
        target.write_text(self.svg, encoding="utf-8")
        return target

    def _repr_html_(self) -> str:
        """The picture, and the table below it, folded."""
        head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in self.table.columns)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
            for row in self.table[:SHOWN].iter_rows()
        )
        said = self.words.gettext(TABLE) % {"count": len(self.table)}
        drawn = self.svg.replace("<svg ", "<svg style='max-width:none' ", 1)
        return (
            f"<figure style='overflow-x:auto;margin:0'>{drawn}"
            f"<figcaption>{escape(self.title)}</figcaption></figure>"
            f"<details style='overflow-x:auto'><summary>{escape(said)}</summary>"
            f"<table><thead><tr>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table></details>"
        )


@dataclass(frozen=True)
class Frame:
    """What stands round the marks of a picture.

    Attributes:
        title: what it shows.
        description: the same in words.
        width: points.
        height: points; the marking stands below.
        words: the reader's.
        linked: whether marks are links: it is a group then, since an image has nothing inside.
    """

    title: str
    description: str
    width: float
    height: float
    words: Translator
    linked: bool = False

    def picture(self, marks: Iterable[str]) -> str:
        """An SVG of marks, from back to front."""
        role = "group" if self.linked else "img"
        width, height = f"{self.width:.0f}", f"{self.height + 24:.0f}"
        notice = self.words.gettext(NOTICE)
        said = label(8, self.height + 16, notice, colour=SOFT)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="{role}" '
            f'font-family="sans-serif" font-size="12"><title>{escape(self.title)}</title>'
            f"<desc>{escape(self.description)}</desc>"
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>{"".join(marks)}{said}</svg>'
        )


def label(x: float, y: float, text: str, *, anchor: str = "start", colour: str = INK) -> str:
    """A text at a place."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">'
        f"{escape(text)}</text>"
    )


def pointed(said: str, *marks: str) -> str:
    """Marks that say what they are when pointed at."""
    return f"<g><title>{escape(said)}</title>{''.join(marks)}</g>"


def short(account: str) -> str:
    """An address for a narrow place; the whole is said when it is pointed at.

    >>> short("0x" + "ab" * 20)
    '0xabab…abab'
    """
    return account if len(account) <= 14 else f"{account[:6]}…{account[-4:]}"


def behind(table: pl.DataFrame) -> pl.DataFrame:
    """A table as it stands behind a picture: amounts and moments as text."""
    return in_words(table)
