"""A paper as data: headings, texts, facts and tables in order, for each form of file alike.

>>> Paper(title="t", lang="en", head="h", foot="f", page_word="page", blocks=(Heading("A"),)).title
't'
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """A heading; ``level`` 0 is the paper's title."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Text:
    """A text as typed; ``small`` for remarks."""

    text: str
    small: bool = False


@dataclass(frozen=True)
class Facts:
    """Labels with a text each."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        head: the columns' names, repeated on each page.
        rows: as many cells each.
        widths: shares of the page's width, as many.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]


@dataclass(frozen=True)
class NewPage:
    """What follows begins a page."""


Block = Heading | Text | Facts | Grid | NewPage


@dataclass(frozen=True)
class Paper:
    """A paper.

    Attributes:
        title: of the document, for programs.
        lang: of its texts, ``ky``, ``ru`` or ``en``.
        head: stands at the head of each page.
        foot: stands at the foot of each page.
        page_word: ``page`` in the reader's language.
        blocks: what stands on the pages.
    """

    title: str
    lang: str
    head: str
    foot: str
    page_word: str
    blocks: tuple[Block, ...]
