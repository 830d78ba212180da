"""Addresses of a plan: which wallet stands behind which says nothing about the wallet.

Rules:

1. A wallet's public number is its place in an order shuffled under the seed: neither roles nor the
   order in which wallets were thought of can be read from it, also where whoever executes the plan
   derives addresses by number.
2. By default an address is 20 bytes drawn under the seed and its number. There is no key for it:
   such a case can be read and traced, not executed.

>>> default(bytes(32))(7) == default(bytes(32))(7) != default(bytes(32))(8)
True
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.cases.errors import CannotPlan
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import Address, checksum

ZERO: Final = checksum("0x" + "00" * 20)
"""The address from which tokens are issued and to which they are destroyed."""
AddressOf = Callable[[int], str]
"""A wallet's public number to its address."""


def default(seed: bytes) -> AddressOf:
    """Addresses without keys, under a seed.

    Args:
        seed: of the case.
    """
    return lambda number: checksum("0x" + Chance(seed, "address", number).bytes(20).hex())


def listed(count: int, seed: bytes, address_of: AddressOf) -> list[Address]:
    """The address of each wallet, by its secret number.

    Args:
        count: of wallets.
        seed: of the case.
        address_of: by public number.

    Raises:
        CannotPlan: ``cases.address_malformed``, ``cases.address_twice``.
    """
    found: list[Address] = []
    for number in range(count):  # in the order of the public numbers: keys may be made on the way
        try:
            found.append(checksum(address_of(number)))
        except InvalidInput as error:
            raise CannotPlan("cases.address_malformed", number=number) from error
    if len(set(found)) < count or ZERO in found:
        raise CannotPlan("cases.address_twice")
    return [found[number] for number in Chance(seed, "numbers").shuffled(range(count))]
