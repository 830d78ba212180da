"""Money is an integer of minor units; text is read and written exactly.

Rules: no float ever; a fraction finer than the asset's minor unit is refused,
not rounded; 0 means zero, "no limit" is a value of its own; in JSON an amount
is a decimal string of minor units.

>>> parse_amount("5000.01", DECIMALS["SOM"])
500001
>>> format_amount(500_000, DECIMALS["SOM"])
'5000.00'
>>> limit_from_json("no limit") is NO_LIMIT
True
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AssetCode

DECIMALS: Final[dict[AssetCode, int]] = {"KGST": 18, "SOM": 2, "BNB": 18, "USDKG": 6}
"""Decimal places of each asset's minor unit (1 SOM = 100 tyiyn)."""

MAX_UINT256: Final = 2**256 - 1


class NoLimit(Enum):
    """The word "no limit": never written as a number off chain."""

    NO_LIMIT = "no limit"

    def __repr__(self) -> str:
        return "NO_LIMIT"


NO_LIMIT: Final = NoLimit.NO_LIMIT
Limit = int | NoLimit

_AMOUNT = re.compile(r"(\d{1,78})(?:\.(\d+))?")
_INTEGER = re.compile(r"0|[1-9]\d{0,77}")


def parse_amount(text: str, decimals: int) -> int:
    """Read an amount written by a person.

    Args:
        text: digits with at most one point; spaces between groups are allowed.
        decimals: decimal places of the minor unit.

    Returns:
        Minor units, >= 0, below 2**256.

    Raises:
        InvalidInput: ``amount.malformed`` (a sign, an exponent, a word),
            ``amount.too_fine`` (a fraction of a minor unit), ``amount.too_large``.
    """
    compact = text.strip().replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    match = _AMOUNT.fullmatch(compact)
    if match is None or not compact.isascii():
        raise InvalidInput("amount.malformed", text=text[:80])
    whole, fraction = match[1], match[2] or ""
    if len(fraction.rstrip("0")) > decimals:
        raise InvalidInput("amount.too_fine", text=text[:80], decimals=decimals)
    scale: int = 10**decimals
    value = int(whole) * scale + int(fraction[:decimals].ljust(decimals, "0") or "0")
    if value > MAX_UINT256:
        raise InvalidInput("amount.too_large", text=text[:80])
    return value


def format_amount(value: int, decimals: int) -> str:
    """Write minor units as a decimal number, exactly, trailing zeros kept to two places.

    Args:
        value: minor units, any sign.
        decimals: decimal places of the minor unit.

    Returns:
        For example ``5000.00``; at least two places when the asset has two.
    """
    sign, digits = ("-" if value < 0 else ""), str(abs(value)).rjust(decimals + 1, "0")
    if decimals == 0:
        return sign + digits
    whole, fraction = digits[:-decimals], digits[-decimals:]
    return f"{sign}{whole}.{fraction.rstrip('0').ljust(min(2, decimals), '0')}"


def amount_from_json(value: object) -> int:
    """Read minor units out of JSON.

    Args:
        value: a string of decimal digits (an ``int`` is taken from our own code only).

    Returns:
        Minor units, 0 <= value < 2**256.

    Raises:
        InvalidInput: ``amount.malformed`` or ``amount.too_large``.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise InvalidInput("amount.malformed", text=str(value)[:80])
    text = str(value)
    if not _INTEGER.fullmatch(text) or not text.isascii():
        raise InvalidInput("amount.malformed", text=text[:80])
    number = int(text)
    if number > MAX_UINT256:
        raise InvalidInput("amount.too_large", text=text[:80])
    return number


def limit_from_json(value: object) -> Limit:
    """Read a limit out of JSON: minor units as a string, or ``"no limit"``.

    Args:
        value: what the JSON holds.

    Returns:
        An integer or ``NO_LIMIT``.

    Raises:
        InvalidInput: as ``amount_from_json``.
    """
    return NO_LIMIT if value == NO_LIMIT.value else amount_from_json(value)


def limit_to_json(limit: Limit) -> str:
    """Write a limit for JSON: a decimal string, or ``"no limit"``."""
    return limit.value if isinstance(limit, NoLimit) else str(limit)
