"""The lab's well-known keys: published, worthless anywhere else.

Rules: each key is keccak-256 of a name, so that every lab is the same and a
worked example stays true; the chain id of a lab is nobody else's, so nothing
signed in a lab means anything on a trial chain.

>>> account("customer 1").address
'0x2d0F869822dF7739655420B49ECe8329FF549335'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Final

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from sandbox.kit.ids import Address, checksum

LAB_CHAIN_ID: Final = 31337
PERMIT: Final = "LAB"
CUSTOMERS: Final = 7
MERCHANTS: Final = 3
SYSTEM: Final = (
    "admin",
    "registrar",
    "regulator 1",
    "regulator 2",
    "issuer",
    "central bank",
    "bank",
)


@dataclass(frozen=True)
class LabAccount:
    """A person's or an office's account in a lab.

    Attributes:
        name: what it is called in the lab.
        key: the private key, 32 bytes; known to everybody.
    """

    name: str
    key: bytes = field(repr=False)

    @property
    def address(self) -> Address:
        """The account's address."""
        return checksum(self.local.address)

    @property
    def local(self) -> LocalAccount:
        """The account as eth-account knows it."""
        return _signer(self.key)


@cache
def _signer(key: bytes) -> LocalAccount:
    """The public key of a private one is worth remembering: it costs a third of a millisecond."""
    signer: LocalAccount = Account.from_key(key)
    return signer


def account(name: str) -> LabAccount:
    """The well-known account of that name.

    Args:
        name: for example ``customer 1``, ``merchant 2``, ``registrar``.
    """
    return LabAccount(name, keccak(text=f"synak lab {name}"))


def people() -> list[LabAccount]:
    """The ten accounts a lab starts with: seven customers, then three merchants."""
    customers = [account(f"customer {number}") for number in range(1, CUSTOMERS + 1)]
    return customers + [account(f"merchant {number}") for number in range(1, MERCHANTS + 1)]
