"""One form of a text for searching: the same letters, whatever their case and however encoded.

Databases fold Latin letters and leave Cyrillic ones as they are (SQLite), or do what the machine's
locale says (PostgreSQL). So it is done here, when a text is written and when it is asked for.

>>> folded("  ӨНҮГҮҮ  Банкы ") == folded("өнүгүү банкы")
True

Source: Unicode Standard, 3.13 (default case folding) and UAX 15 (NFKC).
"""

from __future__ import annotations

import unicodedata


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
