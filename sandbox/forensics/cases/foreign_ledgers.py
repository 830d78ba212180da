"""The foreign chains of a case: who pays whom there, and in which block it comes to stand.

Rules: a coin chain closes a block some ten minutes after the other, a token chain every three
seconds; what is sent stands in the next block; a transaction's id is drawn and no hash of it.
Stolen and innocent money uses the same lines.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.foreign.addresses import segwit, tron
from sandbox.forensics.foreign.coins import Coin, End, Spending
from sandbox.forensics.foreign.tokens import Moved

BETWEEN: Final = (20, 150, 380, 640, 1_050, 2_600)
"""Seconds between two blocks of the coin chain, at each fifth of the law (ours)."""
TOKEN_SECONDS: Final = 3
FEE: Final = (1_400, 9_000)
"""Smallest units of a coin transaction's fee, from and to."""
_DAYS: Final = 80


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that somebody has on a foreign chain.

    Attributes:
        address: whose.
        amount: smallest units.
        sent: when it was sent.
        where: the coin, or the token transfer's hash and 0.
    """

    address: str
    amount: int
    sent: datetime
    where: Coin


class CoinChain:
    """A UTXO chain.

    Args:
        seed: of the foreign part.
        begins: before anything happens.
    """

    def __init__(self, seed: bytes, begins: datetime) -> None:
        self._seed, self.made = seed, list[Spending]()
        chance = Chance(seed, "coin blocks")
        self._height = chance.between(2_310_000, 2_890_000)
        self._times = [begins - timedelta(hours=chance.between(1, 9))]
        while self._times[-1] < begins + timedelta(days=_DAYS):
            self._times.append(self._times[-1] + timedelta(seconds=chance.along(BETWEEN)))

    def address(self, *label: str | int) -> str:
        """An address that nobody else has."""
        return segwit(Chance(self._seed, "coin address", *label).bytes(20))

    def outside(self, address: str, amount: int, *label: str | int) -> End:
        """A coin that was made before the file begins."""
        chance = Chance(self._seed, "outside", *label)
        return End((chance.bytes(32).hex(), chance.below(6)), address, amount)

    def block(self, moment: datetime) -> tuple[int, datetime]:
        """Height and time of the block in which something sent then stands."""
        number = bisect_right(self._times, moment)
        return self._height + number, self._times[number]

    def send(self, uses: list[End], paid: list[tuple[str, int]], moment: datetime) -> list[End]:
        """A transaction; what its outputs lack is the fee.

        Args:
            uses: coins.
            paid: addresses with amounts, in the order in which they are to be returned.
            moment: when it is sent.

        Returns:
            The coins made, in the order of ``paid``.
        """
        chance = Chance(self._seed, "coin transaction", uses[0].name)
        txid, order = chance.bytes(32).hex(), chance.shuffled(range(len(paid)))
        made = [End((txid, place), *paid[at]) for place, at in enumerate(order)]
        fee = sum(each.value for each in uses) - sum(each.value for each in made)
        height, time = self.block(moment)
        used = tuple(chance.shuffled(uses))
        self.made.append(Spending(txid, height, time, used, tuple(made), fee))
        return [made[order.index(at)] for at in range(len(paid))]

    def fee(self, *label: str | int) -> int:
        """What a transaction pays the miners."""
        return Chance(self._seed, "coin fee", *label).between(*FEE)


class TokenChain:
    """A TRON-like chain with one token.

    Args:
        seed: of the foreign part.
        begins: before anything happens.
    """

    def __init__(self, seed: bytes, begins: datetime) -> None:
        self._seed, self._begins, self.made = seed, begins, list[Moved]()
        chance = Chance(seed, "token blocks")
        self._height = chance.between(61_000_000, 79_000_000)
        self.contract = tron(chance.bytes(20))

    def address(self, *label: str | int) -> str:
        """An address that nobody else has."""
        return tron(Chance(self._seed, "token address", *label).bytes(20))

    def send(self, payer: str, payee: str, amount: int, moment: datetime) -> Paid:
        """A transfer."""
        number = len(self.made)
        txid = Chance(self._seed, "token transaction", payer, payee, number).bytes(32).hex()
        blocks = int((moment - self._begins).total_seconds()) // TOKEN_SECONDS + 1
        time = self._begins + timedelta(seconds=blocks * TOKEN_SECONDS)
        height = self._height + blocks
        self.made.append(Moved(txid, height, time, payer, payee, amount, "USDX", self.contract))
        return Paid(payee, amount, moment, (txid, 0))
