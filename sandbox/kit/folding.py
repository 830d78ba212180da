"""One form of a text for searching and sorting, whatever its case and however encoded.

Databases fold Latin letters and leave Cyrillic ones as they are (SQLite), or do what the machine's
locale says (PostgreSQL). So it is done here, when a text is written and when it is asked for.

>>> folded("  ӨНҮГҮҮ  Банкы ") == folded("өнүгүү банкы")
True

Source: Unicode Standard, 3.13 (default case folding) and UAX 15 (NFKC).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_FIGURES: Final = re.compile(r"([0-9]{1,18})")
_ALPHABET: Final = "абвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюя"
_PLACES: Final = {letter: f"{place:02d}" for place, letter in enumerate(_ALPHABET)}


def folded(text: str) -> str:
    """A text without differences of case, encoding and blanks.

    Args:
        text: any.

    Returns:
        NFKC, case-folded, one blank between words; folding it again changes nothing.
    """
    once = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", once).split())


def has_words(wanted: str, *texts: str) -> bool:
    """Whether every word that is looked for stands, perhaps within others, in some texts.

    >>> has_words("өмүр эк-1", "Өмүрбекова Айгүл", "ЭК-12-26"), has_words("өмүр эк-2", "Өмүрбекова")
    (True, False)
    """
    whole = folded(" ".join(texts))
    return all(word in whole for word in folded(wanted).split())


def natural(text: str) -> tuple[tuple[str | int, ...], str]:
    """The key that sorts texts as people read them: numbers within them by their value.

    >>> sorted(["ЭК-10", "ЭК-2", "эк-1", "ЭК", "10", "9"], key=natural)
    ['9', '10', 'ЭК', 'эк-1', 'ЭК-2', 'ЭК-10']
    """
    parts = _FIGURES.split(folded(text))
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts)), text


def alphabetical(name: str) -> str:
    """The key that sorts names of people as the Kyrgyz alphabet does; Latin ones come after.

    >>> sorted(["Өмүр", "Осмон", "Пак", "Ниязов", "Ңыязов", "Яров", "Үсөн"], key=alphabetical)
    ['Ниязов', 'Ңыязов', 'Осмон', 'Өмүр', 'Пак', 'Үсөн', 'Яров']
    """
    return "".join(_PLACES.get(each, each) for each in folded(name))
