"""Words on a note: whether they are the phrase of a wallet, and which addresses it has.

Rules:

1. A phrase has 12, 15, 18, 21 or 24 words of the English list; its last bits are a checksum. Of
   random words on the list one phrase of 16 (12 words) passes it: a checksum that holds says that
   nothing was copied wrongly, not whose phrase it is.
2. A passphrase ("25th word") is checked by nothing: another one gives another wallet, an empty one.
3. An address depends on the path. Wallets differ: account or index counts up, or an older form.

Source: BIP-39 (words, checksum, seed), BIP-32 (derivation), BIP-44 (paths; 60' is Ethereum's).

>>> check("legal winner thank year wave sausage worth useful legal winner thank yellow").holds
True
>>> check("legal winner thank year wave sausage worth useful legal winner thank year").checksum
False
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from eth_account import Account
from eth_account.hdaccount import key_from_seed, seed_from_mnemonic
from eth_account.hdaccount.mnemonic import Mnemonic

from sandbox.forensics.errors import NotAPhrase
from sandbox.kit.ids import Address, checksum

COUNTS: Final = (12, 15, 18, 21, 24)
_PATH: Final = re.compile(r"m(/(0|[1-9][0-9]{0,8})'?){1,10}", re.ASCII)
_LONGEST: Final = 1_000


@dataclass(frozen=True)
class Words:
    """What can be said of words on a note.

    Attributes:
        count: how many there are.
        unknown: those that are not on the list, in their order.
        checksum: whether it holds; None where words are missing or unknown.
    """

    count: int
    unknown: tuple[str, ...]
    checksum: bool | None

    @property
    def holds(self) -> bool:
        """Whether a wallet would take them."""
        return self.checksum is True


def check(words: str) -> Words:
    """Look at words.

    Args:
        words: with spaces between them; capitals do not matter.
    """
    said = _said(words)
    unknown = tuple(each for each in said if each not in _known())
    if unknown or len(said) not in COUNTS:
        return Words(len(said), unknown, None)
    return Words(len(said), (), _english().is_mnemonic_valid(" ".join(said)))


def key_of(words: str, path: str, passphrase: str = "") -> bytes:
    """The key at a path, 32 bytes.

    Args:
        words: of the phrase.
        path: as ``m/44'/60'/0'/0/0``.
        passphrase: the "25th word", if there is one.

    Raises:
        NotAPhrase: ``lessons.not_a_phrase``, ``lessons.not_a_path``.
    """
    if not check(words).holds:
        raise NotAPhrase("lessons.not_a_phrase")
    if not _PATH.fullmatch(path):
        raise NotAPhrase("lessons.not_a_path", path=path[:60])
    return bytes(key_from_seed(_seed(" ".join(_said(words)), passphrase), path))


def address_of(words: str, path: str, passphrase: str = "") -> Address:
    """The address at a path, with its checksum; errors as ``key_of``."""
    return checksum(Account.from_key(key_of(words, path, passphrase)).address)


def table(words: str, paths: Iterable[str], passphrase: str = "") -> dict[str, Address]:
    """Path → address, for several paths; errors as ``key_of``."""
    return {path: address_of(words, path, passphrase) for path in paths}


def phrase_from(entropy: bytes) -> str:
    """The phrase of 16, 20, 24, 28 or 32 bytes."""
    return _english().to_mnemonic(entropy)


def words_of_the_list() -> list[str]:
    """All 2,048 words, in their order."""
    return list(_english().wordlist)


def _said(words: str) -> list[str]:
    return words[:_LONGEST].lower().split()


@lru_cache(maxsize=1)
def _english() -> Mnemonic:
    return Mnemonic()


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(_english().wordlist)


@lru_cache(maxsize=64)
def _seed(words: str, passphrase: str) -> bytes:
    return bytes(seed_from_mnemonic(words, passphrase))
