"""Typed ids: no bare ``str`` crosses a boundary.

Addresses are EIP-55 checksummed; a permit's key on chain is the keccak-256 of
its number in UTF-8.

>>> checksum("0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359")
'0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359'
>>> permit_key(PermitNumber("SB-2026-0001")).hex()[:8]
'a56a616c'
"""

from __future__ import annotations

import re
from typing import Literal, NewType

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from sandbox.kit.errors import InvalidInput

AccountName = NewType("AccountName", str)
"""A hub user name: lower-case ASCII letters, digits, ``-``, ``_``."""
OrgId = NewType("OrgId", str)
FileId = NewType("FileId", str)
"""A permit file: ``F-<year>-<4 digits>``."""
PermitNumber = NewType("PermitNumber", str)
"""A permit: ``SB-<year>-<4 digits>``."""
PersonId = NewType("PersonId", str)
Address = NewType("Address", str)
"""An EIP-55 checksummed address."""
TxHash = NewType("TxHash", str)
"""``0x`` and 64 lower-case hex digits."""
ChainName = Literal["kgst", "som"]
AssetCode = Literal["KGST", "SOM", "BNB", "USDKG"]

CHAIN_IDS: dict[ChainName, int] = {"kgst": 56417, "som": 417}
"""EIP-155 chain ids (417 is the som's number in ISO 4217)."""

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_PERMIT = re.compile(r"SB-\d{4}-\d{4}")
_ACCOUNT = re.compile(r"[a-z][a-z0-9_-]{0,31}")


def checksum(value: str) -> Address:
    """Read an address.

    Args:
        value: 20 bytes as hex, with or without checksum; a wrong checksum is refused.

    Returns:
        The address with its EIP-55 checksum.

    Raises:
        InvalidInput: ``address.malformed``.

    Source: EIP-55.
    """
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise InvalidInput("address.malformed", value=str(value)[:64])
    right = to_checksum_address(value)
    if value[2:] not in (value[2:].lower(), value[2:].upper(), right[2:]):
        raise InvalidInput("address.malformed", value=value)
    return Address(right)


def permit_number(value: str) -> PermitNumber:
    """Read a permit number.

    Args:
        value: ``SB-2026-0001``, in either case.

    Raises:
        InvalidInput: ``permit.malformed_number``.
    """
    upper = value.upper()
    if not _PERMIT.fullmatch(upper):
        raise InvalidInput("permit.malformed_number", value=value[:64])
    return PermitNumber(upper)


def account_name(value: str) -> AccountName:
    """Read a hub user name.

    Args:
        value: what the hub or a form says.

    Raises:
        InvalidInput: ``account.malformed_name``.
    """
    if not _ACCOUNT.fullmatch(value):
        raise InvalidInput("account.malformed_name", value=value[:64])
    return AccountName(value)


def permit_key(number: PermitNumber) -> bytes:
    """The 32 bytes that stand for a permit on chain.

    Args:
        number: the permit's number.

    Returns:
        keccak-256 of the number in UTF-8, 32 bytes.
    """
    return keccak(text=number)
