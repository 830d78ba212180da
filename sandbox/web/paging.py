"""Lists in parts: where a part begins, and the addresses of those beside it.

>>> start_of("40"), start_of("-1"), start_of("99999999")
(40, 0, 0)
>>> beside("/list?start={}".format, start=20, most=20, more=True)
{'newer': '/list?start=0', 'older': '/list?start=40'}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.kit.digits import is_digits

DIGITS: Final = 6
"""Of a place in a list, as an address may have it."""


def start_of(text: str) -> int:
    """Where a part begins by its address; what is no place is the beginning."""
    return int(text) if is_digits(text) and len(text) <= DIGITS else 0


def beside(address: Callable[[int], str], *, start: int, most: int, more: bool) -> dict[str, str]:
    """The parts before and after, those that there are.

    Args:
        address: of the part that begins at a place.
        start: where this part begins.
        most: lines of a part.
        more: whether anything follows.
    """
    found = {"newer": address(max(0, start - most))} if start else {}
    return found | ({"older": address(start + most)} if more else {})
