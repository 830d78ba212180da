"""What a string in a dump is: an address of which kind, or something that only looks like one.

Rules:

1. ``evm``: ``0x`` and 40 hexadecimals whose capitals are EIP-55's. ``evm_plain``: all small or all
   capitals: an address too, but a typing error in it is found by nobody.
2. ``tron``: base58 of 0x41, 20 bytes and a checksum. ``coin``: bech32 of a coin ledger
   (``bc1…``, ``tb1…``), or base58 of one of its version bytes.
3. ``wrong``: it has the form of one of these, and its checksum does not hold. ``none``: the rest,
   as a transaction's hash (64 hexadecimals), a file's hash, a name.

Source: EIP-55; BIP-173 and BIP-350 (bech32, bech32m); base58check as in BIP-13.

>>> kind_of("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")
'evm'
>>> kind_of("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"), kind_of("0x12")
('coin', 'none')
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Final

from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import checksum

ADDRESSES: Final = ("evm", "evm_plain", "tron", "coin")
"""Kinds that are addresses."""
_EVM: Final = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_BECH32: Final = re.compile(r"(bc|tb)1[02-9ac-hj-np-z]{11,71}", re.ASCII)
_BASE58: Final = re.compile(r"[1-9A-HJ-NP-Za-km-z]{26,35}", re.ASCII)
_FIRST: Final = "T13mn2"
"""With what base58 of a known version begins."""
_DIGITS: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LETTERS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_TRON: Final = 0x41
_COINS: Final = frozenset({0x00, 0x05, 0x6F, 0xC4})
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32M: Final = 0x2BC830A3
_BODY, _SUM = 21, 4


def kind_of(text: str) -> str:
    """The kind of a string: ``evm``, ``evm_plain``, ``tron``, ``coin``, ``wrong`` or ``none``.

    Args:
        text: one string, without blanks around it.
    """
    if _EVM.fullmatch(text):
        return _evm(text)
    small = text.lower()
    if text in (small, text.upper()) and _BECH32.fullmatch(small):
        return "coin" if _bech32_holds(small) else "wrong"
    if _BASE58.fullmatch(text) and text[0] in _FIRST:
        return _base58(text)
    return "none"


def is_address(text: str) -> bool:
    """Whether a string is an address of any kind."""
    return kind_of(text) in ADDRESSES


def base58check(body: bytes) -> str:
    """A version byte and 20 bytes in base58, with checksum."""
    return _spelt(body + _double(body))


def bech32(prefix: str, program: bytes) -> str:
    """A witness program of version 0 as bech32.

    Args:
        prefix: ``bc`` or ``tb``.
        program: 20 bytes.
    """
    values = [0, *_fives(program)]
    rest = _polymod([*_expanded(prefix), *values, *[0] * 6]) ^ 1
    values += [(rest >> 5 * (5 - place)) & 31 for place in range(6)]
    return prefix + "1" + "".join(_LETTERS[value] for value in values)


def _evm(text: str) -> str:
    try:
        right = checksum(text)
    except InvalidInput:
        return "wrong"
    return "evm" if text == right else "evm_plain"


def _base58(text: str) -> str:
    number = 0
    for each in text:
        number = number * len(_DIGITS) + _DIGITS.index(each)
    if number >= 256 ** (_BODY + _SUM):
        return "none"
    whole = number.to_bytes(_BODY + _SUM, "big")
    body, said = whole[:_BODY], whole[_BODY:]
    if not (body[0] == _TRON or body[0] in _COINS) or _spelt(whole) != text:
        return "none"
    if _double(body) != said:
        return "wrong"
    return "tron" if body[0] == _TRON else "coin"


def _spelt(whole: bytes) -> str:
    """Bytes in base58: each zero in front is a 1."""
    number, made = int.from_bytes(whole, "big"), ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        made = _DIGITS[digit] + made
    return "1" * (len(whole) - len(whole.lstrip(b"\0"))) + made


def _double(body: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(body).digest()).digest()[:_SUM]


def _bech32_holds(text: str) -> bool:
    prefix, _, rest = text.rpartition("1")
    values = [_LETTERS.index(each) for each in rest]
    wanted = 1 if values[0] == 0 else _BECH32M
    return _polymod([*_expanded(prefix), *values]) == wanted


def _expanded(prefix: str) -> list[int]:
    codes = prefix.encode()
    return [*(code >> 5 for code in codes), 0, *(code & 31 for code in codes)]


def _polymod(values: Sequence[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATORS):
            check ^= generator if (top >> place) & 1 else 0
    return check


def _fives(content: bytes) -> list[int]:
    """Bytes as groups of five bits; 20 bytes make 32 without a rest."""
    bits = "".join(f"{byte:08b}" for byte in content)
    return [int(bits[place : place + 5], 2) for place in range(0, len(bits), 5)]
