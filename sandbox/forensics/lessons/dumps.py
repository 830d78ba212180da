"""The text of a phone: chats, history, files; addresses stand in it, and much that is none.

Rules:

1. A line that begins with a tab goes on where the line before it broke off.
2. Addresses stand alone, at the end of a sentence, in a link, broken over two lines; of an EVM
   ledger with a checksum and without, of Tron, of a coin ledger (its test net).
3. What is none: a hash of a transaction or of a file, an address that was mistyped or cut off, a
   number of a device. All are drawn; nobody has a key to them, but for two of the scene's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.lessons.spellings import base58check, bech32, kind_of
from sandbox.kit.ids import Address, checksum

_TRON: Final = b"\x41"
_DIGITS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_CUT: Final = 39


def dump_of(draw: Chance, own: Sequence[Address]) -> str:
    """The text of a scene.

    Args:
        draw: chance of its own.
        own: addresses of the scene's phrase, of which two are spoken of.
    """
    made = _Made(draw)
    lines = [
        f"chat  kassa: бүгүн ушул жакка: {own[0]}",
        f"chat  B: биринчи эмес, бул: {made.evm()}.",
        f"chat  B: {made.wrong_evm()}, азыр салам",
        f"chat  A: окуп жатам: {made.cut()}",
        f"chat  kassa: Tron менен: {made.tron()}, комиссиясы аз",
        f"chat  C: прислал на {made.wrong_tron()}",
        f"chat  C: вот биток, тестовый: {made.coin()}",
        f"chat  C: или сюда {made.coin().upper()}",
        f"chat  A: не сюда, а на {made.wrong_coin()}",
        f"web   https://explorer.invalid/address/{own[1]}?tab=tokens",
        f"web   https://explorer.invalid/tx/0x{draw.bytes(32).hex()}",
        f"note  {made.evm().lower()}",
        f"note  долг Б. {draw.between(20, 990)} 000, адрес {made.broken()}",
        f"note  wallet.dat sha1 {draw.bytes(20).hex()}",
        f"note  0x{draw.bytes(32).hex()} төлөндү",
        f"app   device {draw.bytes(8).hex()}-{draw.bytes(12).hex()}",
        f"app   contact {made.tron()};{made.evm()};",
        f"app   push token {made.token()}",
    ]
    day = draw.between(1, 20)
    stamped = [
        f"2026-10-{day + place // 9:02d} {8 + place % 9:02d}:{draw.below(60):02d}  {line}"
        for place, line in enumerate(draw.shuffled(lines))
    ]
    return "\n".join(stamped) + "\n"


class _Made:
    """Strings that are addresses, and strings that are not."""

    def __init__(self, draw: Chance) -> None:
        self._draw = draw

    def evm(self) -> str:
        return checksum("0x" + self._draw.bytes(20).hex())

    def tron(self) -> str:
        return base58check(_TRON + self._draw.bytes(20))

    def coin(self) -> str:
        return bech32("tb", self._draw.bytes(20))

    def wrong_evm(self) -> str:
        """An address with one digit exchanged, so that its capitals do not fit."""
        return self._mistyped(self.evm(), "0123456789abcdef")

    def wrong_tron(self) -> str:
        return self._mistyped(self.tron(), _DIGITS)

    def wrong_coin(self) -> str:
        return self._mistyped(self.coin(), "qpzry9x8gf2tvdw0s3jn54khce6mua7l")

    def cut(self) -> str:
        return self.evm()[: 2 + self._draw.between(30, _CUT)]

    def broken(self) -> str:
        """An address over two lines."""
        whole, place = self.evm(), self._draw.between(12, 30)
        return whole[:place] + "\n\t" + whole[place:]

    def token(self) -> str:
        return "".join(self._draw.one(_DIGITS) for _ in range(52))

    def _mistyped(self, text: str, letters: str) -> str:
        while True:
            place = self._draw.between(6, len(text) - 1)
            found = text[:place] + self._draw.one(letters) + text[place + 1 :]
            if kind_of(found) == "wrong":
                return found
