"""Chance that is the same on every machine: numbered blocks of SHAKE-256 under a label.

Rules:

1. A draw depends on the seed, the label and its number under that label, on nothing else: draws
   under one label never shift those under another.
2. Whole numbers only. Logarithms and roots differ in their last bit between C libraries.
3. Without the seed nothing about a draw can be told from all the others (a keyed XOF).

Source: FIPS 202 (SHAKE-256); rejection of the last, incomplete range as in Lemire, "Fast Random
Integer Generation in an Interval" (2019), section 2.

>>> one, other = Chance(bytes(32), "salaries", 7), Chance(bytes(32), "salaries", 8)
>>> one.below(1000), one.below(1000), other.below(1000)
(88, 184, 635)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

_Thing = TypeVar("_Thing")
_BLOCK: Final = 512
_WORD: Final = 8
_WORDS: Final = 2**64
PERMILLE: Final = 1000


class Chance:
    """One stream of draws.

    Args:
        seed: of the case, secret.
        *label: what the draws are for; texts and whole numbers.
    """

    def __init__(self, seed: bytes, *label: str | int) -> None:
        said = "\0".join(str(each) for each in label).encode()
        self._key = hashlib.sha256(len(seed).to_bytes(4, "big") + seed + said).digest()
        self._block, self._rest = 0, b""

    def bytes(self, count: int) -> bytes:
        """Bytes that nobody can foresee.

        Args:
            count: how many.
        """
        while len(self._rest) < count:
            numbered = self._key + self._block.to_bytes(8, "big")
            self._rest += hashlib.shake_256(numbered).digest(_BLOCK)
            self._block += 1
        found, self._rest = self._rest[:count], self._rest[count:]
        return found

    def below(self, end: int) -> int:
        """A whole number from 0 to ``end`` - 1, each alike.

        Args:
            end: 1..2**64.
        """
        fair = _WORDS - _WORDS % end
        while (word := int.from_bytes(self.bytes(_WORD), "big")) >= fair:
            pass
        return word % end

    def between(self, least: int, most: int) -> int:
        """A whole number from ``least`` to ``most``, each alike."""
        return least + self.below(most - least + 1)

    def happens(self, permille: int) -> bool:
        """True in so many of a thousand cases."""
        return self.below(PERMILLE) < permille

    def one(self, things: Sequence[_Thing]) -> _Thing:
        """One of several, each alike."""
        return things[self.below(len(things))]

    def weighed(self, weights: Mapping[str, int]) -> str:
        """A name, as often as its weight says.

        Args:
            weights: by name, in the order in which they are given; not all 0.
        """
        left = self.below(sum(weights.values()))
        for name, weight in weights.items():
            if left < weight:
                return name
            left -= weight
        raise AssertionError

    def shuffled(self, things: Sequence[_Thing]) -> list[_Thing]:
        """All of them, in an order of which each is as likely. Source: Fisher and Yates."""
        found = list(things)
        for last in range(len(found) - 1, 0, -1):
            other = self.below(last + 1)
            found[last], found[other] = found[other], found[last]
        return found

    def some(self, things: Sequence[_Thing], count: int) -> list[_Thing]:
        """So many different ones of them; all, where there are no more."""
        return self.shuffled(things)[:count]

    def along(self, quantiles: Sequence[int]) -> int:
        """A draw from a law that is given by its quantiles, straight between them.

        Args:
            quantiles: at equal steps from the least to the most, at least two.
        """
        step, within = divmod(self.below((len(quantiles) - 1) * PERMILLE), PERMILLE)
        low, high = quantiles[step], quantiles[step + 1]
        return low + (high - low) * within // PERMILLE


class Deck:
    """Cards that are dealt until none is left, and shuffled anew then.

    A few draws come out close to the weights, which independent ones do not.

    Args:
        chance: that shuffles.
        weights: how many cards of each name.
    """

    def __init__(self, chance: Chance, weights: Mapping[str, int]) -> None:
        self._chance, self._rest = chance, list[str]()
        self._all = [name for name, count in weights.items() for _ in range(count)]

    def deal(self) -> str:
        """The next card."""
        self._rest = self._rest or self._chance.shuffled(self._all)
        return self._rest.pop()
