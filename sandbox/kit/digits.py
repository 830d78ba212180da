"""Whether a text is a whole number that ``int`` reads.

``str.isdigit`` says yes to ``²``, which ``int`` refuses, and ``int`` refuses very long texts.
"""

from __future__ import annotations

from typing import Final

MOST: Final = 78
"""Digits of the largest number of the chain, 2²⁵⁶ - 1."""


def is_digits(text: str) -> bool:
    """Whether a text is ASCII digits only, and not too many.

    >>> is_digits("090"), is_digits("²"), is_digits("٣"), is_digits(""), is_digits("9" * 5000)
    (True, False, False, False, False)
    """
    return text.isascii() and text.isdecimal() and len(text) <= MOST
