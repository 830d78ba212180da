"""The desk that sells foreign coins in a case: its law of fees and hours, and its orders.

The figures are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

COIN, TOKEN = "utxo", "trc20"
FEE: Final = (8_000, 24_000)
"""What the desk keeps, millionths."""
FLAT: Final = 15_000
"""Tyiyn for the network, of each order."""
SENDS: Final = (3, 90)
"""Minutes until the desk sends."""
STANDS: Final = 150
"""Minutes until what it sent stands in a block, at the latest; the letter says so."""


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody bought at the desk.

    Attributes:
        number: as the desk counts.
        time: when it was paid.
        card: as exchanges and the desk show it.
        tyiyn: paid.
        asset: ``utxo`` or ``trc20``.
        buyer: the deposit address whose record shows the payout; secret.
        payout: place of the deposit that was paid out; secret.
        stolen: whether it was the gang's; secret.
    """

    number: int
    time: datetime
    card: str
    tyiyn: int
    asset: str
    buyer: str
    payout: tuple[Any, ...]
    stolen: bool


@dataclass(frozen=True)
class Rates:
    """Tyiyn for a whole coin, and for a whole token; the same through the case."""

    coin: int
    token: int

    def of(self, asset: str) -> int:
        """Tyiyn for a whole one."""
        return self.coin if asset == COIN else self.token


@dataclass(frozen=True)
class Desk:
    """What the desk's letter says.

    Attributes:
        rates: of it.
        pays: its address by asset.
        orders: paid by the cards that were asked about, by moment.
        asked: when the letter was written.
    """

    rates: Rates
    pays: Mapping[str, str]
    orders: tuple[Order, ...]
    asked: datetime
