"""Addresses of other chains: Bech32 of a UTXO chain, Base58Check of a TRON-like one.

Rules: an address is read only in its one spelling and with a right checksum. Cases use a test
network's prefix (``tb``), so that nobody's real coins are meant.

Source: BIP-173 (Bech32, witness version 0, 20 or 32 bytes); TRON's documentation (0x41 before 20
bytes, Base58Check, so that it begins with T).

>>> is_segwit(segwit(bytes(20))), is_segwit(segwit(bytes(20))[:-1] + "q")
(True, False)
>>> tron(bytes(20)), is_tron("T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb")
('T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb', True)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sandbox.kit import base58

HUMAN: Final = "tb"
TRON: Final = b"\x41"
_LETTERS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_FACTORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECK: Final = 6
_LENGTHS: Final = (20, 32)


def segwit(program: bytes) -> str:
    """The address of a witness program of version 0.

    Args:
        program: 20 or 32 bytes.
    """
    values = [0, *_regrouped(program, 8, 5)]
    check = _polymod([*_prefix(), *values, *([0] * _CHECK)]) ^ 1
    values += [check >> 5 * (_CHECK - 1 - at) & 31 for at in range(_CHECK)]
    return f"{HUMAN}1" + "".join(_LETTERS[each] for each in values)


def is_segwit(text: str) -> bool:
    """Whether a text is such an address."""
    try:
        return segwit(program_of(text)) == text
    except ValueError:
        return False


def program_of(address: str) -> bytes:
    """The witness program of an address.

    Raises:
        ValueError: it is none.
    """
    human, _, said = address.partition("1")
    values = [_LETTERS.index(each) for each in said[:100]]
    if human != HUMAN or values[:1] != [0] or _polymod([*_prefix(), *values]) != 1:
        raise ValueError("no such address")
    bits = values[1:-_CHECK]
    number = 0
    for each in bits:
        number = number << 5 | each
    length, rest = divmod(5 * len(bits), 8)
    if length not in _LENGTHS or number & ((1 << rest) - 1):
        raise ValueError("another length")
    return (number >> rest).to_bytes(length)


def tron(account: bytes) -> str:
    """The address of 20 bytes."""
    return base58.encode_checked(TRON + account)


def is_tron(text: str) -> bool:
    """Whether a text is such an address."""
    try:
        content = base58.decode_checked(text)
    except ValueError:
        return False
    return len(content) == 21 and content[:1] == TRON


def _prefix() -> list[int]:
    return [*(ord(each) >> 5 for each in HUMAN), 0, *(ord(each) & 31 for each in HUMAN)]


def _regrouped(content: bytes, wide: int, narrow: int) -> list[int]:
    bits = len(content) * wide
    number = int.from_bytes(content) << (-bits % narrow)
    count = -(-bits // narrow)
    return [number >> narrow * (count - 1 - at) & ((1 << narrow) - 1) for at in range(count)]


def _polymod(values: Iterable[int]) -> int:
    found = 1
    for each in values:
        top = found >> 25
        found = (found & 0x1FFFFFF) << 5 ^ each
        for at, factor in enumerate(_FACTORS):
            found ^= factor if top >> at & 1 else 0
    return found
