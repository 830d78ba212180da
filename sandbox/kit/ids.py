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
from functools import lru_cache
from typing import Literal, NewType

from sandbox.kit.errors import InvalidInput
from sandbox.kit.keccak import keccak

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
    right = _checksummed(value[2:].lower())
    if not _may_stand_for(value, right):
        raise InvalidInput("address.malformed", value=value)
    return Address(right)


def with_checksum(value: str) -> str:
    """An address with its EIP-55 capitals; as it is when it has wrong ones or is none.

    >>> with_checksum("0x5fbdb2315678afecb367f032d93f642f64180aa3"), with_checksum("0x5f")
    ('0x5FbDB2315678afecb367f032d93F642f64180aa3', '0x5f')
    """
    if not _ADDRESS.fullmatch(value):
        return value
    right = _checksummed(value[2:].lower())
    return right if _may_stand_for(value, right) else value


def _may_stand_for(value: str, right: str) -> bool:
    return value[2:] in {value[2:].lower(), value[2:].upper(), right[2:]}


@lru_cache(maxsize=65_536)
def _checksummed(digits: str) -> str:
    """40 hex digits in lower case with EIP-55's capitals: where the hash's digit is 8 or more."""
    marks = keccak(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if mark >= "8" else digit for digit, mark in zip(digits, marks, strict=False)
    )


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
    return keccak(number.encode())
