"""A ledger of coins (UTXO): transactions use up earlier outputs as a whole and make new ones.

Rules: an input names an output, not an amount; what the outputs lack is the fee; change goes back
to the payer, to an address that the wallet holds; every other output is somebody else's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sandbox.forensics.cases.chance import Chance

_ADDRESSES: Final = 5


@dataclass(frozen=True)
class Coins:
    """Some transactions and the addresses of one wallet in them.

    Attributes:
        wallet: addresses that were found on a paper, all of one person.
        transactions: in order: ``id``, ``inputs`` (``id`` and ``place`` of an output), ``outputs``
            (``place``, ``address``, ``amount`` in the smallest unit).
        purchase: the ``id`` of the one in which the wallet pays with two coins.
    """

    wallet: tuple[str, ...]
    transactions: tuple[dict[str, Any], ...]
    purchase: str


def coins(seed: bytes) -> Coins:
    """The coins of a ledger.

    Args:
        seed: of the ledger.
    """
    return _Press(seed).made()


class _Press:
    """Makes transactions of one ledger."""

    def __init__(self, seed: bytes) -> None:
        self._draw = Chance(seed, "coins")
        self._made: list[dict[str, Any]] = []

    def _address(self) -> str:
        return "tb1q" + self._draw.bytes(19).hex()

    def _amount(self, least: int) -> int:
        return self._draw.between(least * 100_000, least * 140_000) + 7

    def _pays(self, inputs: list[dict[str, Any]], paid: list[tuple[str, int]]) -> str:
        """Add a transaction, its outputs in an order that says nothing; its id."""
        name = self._draw.bytes(32).hex()
        outputs = [
            {"place": place, "address": address, "amount": amount}
            for place, (address, amount) in enumerate(self._draw.shuffled(paid))
        ]
        self._made.append({"id": name, "inputs": inputs, "outputs": outputs})
        return name

    def _outside(self) -> list[dict[str, Any]]:
        return [{"id": self._draw.bytes(32).hex(), "place": self._draw.below(4)}]

    def _coin(self, name: str, address: str) -> dict[str, Any]:
        (made,) = (each for each in self._made if each["id"] == name)
        (place,) = (each["place"] for each in made["outputs"] if each["address"] == address)
        return {"id": name, "place": place}

    def made(self) -> Coins:
        first, second, change, third, last = (self._address() for _ in range(_ADDRESSES))
        one, two = self._amount(40), self._amount(60)
        funded = self._pays(self._outside(), [(first, one), (self._address(), self._amount(90))])
        more = self._pays(self._outside(), [(second, two), (self._address(), self._amount(20))])
        fee, price = self._draw.between(1_201, 9_899), self._amount(65)
        inputs = [self._coin(funded, first), self._coin(more, second)]
        paid = [(self._address(), price), (change, one + two - price - fee)]
        purchase = self._pays(inputs, paid)
        again, extra = self._amount(25), self._amount(15)
        salary = self._pays(self._outside(), [(third, again), (first, extra)])
        tip = self._draw.between(1_201, 9_899)
        spent = self._amount(10)
        rest = [(self._address(), spent), (last, again - spent - tip)]
        self._pays([self._coin(salary, third)], rest)
        wallet = self._draw.shuffled([first, second, change, third, last])
        return Coins(tuple(wallet), tuple(self._made), purchase)
