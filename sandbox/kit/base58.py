r"""Base58: bytes as text without letters that look alike; with a checksum as explorers write it.

Source: Bitcoin's Base58Check; the checksum is the first 4 bytes of SHA-256 twice.

>>> encode(b"\x00hello"), decode("1Cn8eVZg") == b"\x00hello"
('1Cn8eVZg', True)
"""

from __future__ import annotations

import hashlib
from typing import Final

ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_CHECK: Final = 4
LONGEST: Final = 200
"""Characters that are read."""


def encode(content: bytes) -> str:
    """Bytes as text; a leading zero byte is a 1."""
    number, found = int.from_bytes(content), ""
    while number:
        number, rest = divmod(number, len(ALPHABET))
        found = ALPHABET[rest] + found
    return ALPHABET[0] * (len(content) - len(content.lstrip(b"\0"))) + found


def decode(text: str) -> bytes:
    """The reverse of ``encode``.

    Raises:
        ValueError: another character, or more than ``LONGEST``.
    """
    if len(text) > LONGEST:
        raise ValueError("too long")
    number = 0
    for each in text:
        number = number * len(ALPHABET) + ALPHABET.index(each)
    zeros = len(text) - len(text.lstrip(ALPHABET[0]))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def encode_checked(content: bytes) -> str:
    """Bytes with their checksum behind them."""
    return encode(content + _checksum(content))


def decode_checked(text: str) -> bytes:
    """The reverse of ``encode_checked``.

    Raises:
        ValueError: no Base58, or the checksum is another.
    """
    content = decode(text)
    if len(content) < _CHECK or _checksum(content[:-_CHECK]) != content[-_CHECK:]:
        raise ValueError("another checksum")
    return content[:-_CHECK]


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(content).digest()).digest()[:_CHECK]
