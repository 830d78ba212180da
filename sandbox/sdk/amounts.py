"""Amounts as people write them in a notebook.

Rules: text or ``Decimal`` is whole tokens, ``int`` is minor units, a ``float``
is refused because it cannot hold money exactly.

>>> minor("5000.01", "KGST")
5000010000000000000000
>>> minor(500_001, "SOM")
500001
>>> minor(0.1, "KGST")
Traceback (most recent call last):
    ...
sandbox.kit.errors.InvalidInput: amount.float (text='0.1')
"""

from __future__ import annotations

from decimal import Decimal

from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AssetCode
from sandbox.kit.money import DECIMALS, MAX_UINT256, format_amount, parse_amount

Amount = str | int | Decimal


def minor(amount: Amount, asset: AssetCode) -> int:
    """Read an amount.

    Args:
        amount: whole tokens as text (``"5000.01"``, groups by spaces) or ``Decimal``;
            minor units as ``int``.
        asset: whose minor unit is meant.

    Returns:
        Minor units, 0 <= value < 2**256.

    Raises:
        InvalidInput: ``amount.float``, ``amount.malformed``, ``amount.too_fine``,
            ``amount.too_large``.
    """
    if isinstance(amount, (bool, float)):
        raise InvalidInput("amount.float", text=str(amount))
    if isinstance(amount, int):
        if not 0 <= amount <= MAX_UINT256:
            raise InvalidInput("amount.malformed", text=str(amount)[:80])
        return amount
    text = format(amount, "f") if isinstance(amount, Decimal) else amount
    return parse_amount(text, DECIMALS[asset])


def spoken(value: int, asset: AssetCode) -> str:
    """Minor units for a person: groups of three, then the asset's sign.

    >>> spoken(500_000, "SOM")
    '5 000.00 SOM'
    """
    whole, point, fraction = format_amount(value, DECIMALS[asset]).partition(".")
    return f"{int(whole):,}".replace(",", " ") + point + fraction + f" {asset}"
