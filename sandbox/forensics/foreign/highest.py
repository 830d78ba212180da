"""Taint in, highest out (TIHO) on a UTXO ledger, as it is stated here.

1. A coin holds a tainted part, from nothing to its value. Seeds are coins, tainted as a whole,
   also where the taint of another seed reaches them.
2. The tainted parts of a transaction's inputs, added up, go to its outputs from the largest down
   (of equals the first), each filled to its value; what is left over is in the fee.
3. So no taint is lost: where no seed descends from another, seeds = unspent + fees.

TIHO says nothing about a ledger of accounts: there a payment has no outputs to compare. It stands
or falls with the guess that the largest output is what was paid; it errs where that is change.

Source: Tironsakkul, Maarek, Eross, Just, "Probing the Mystery of Cryptocurrency Theft" (2019), to
be confirmed; rule 3 and the order of equals are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sandbox.forensics.foreign.coins import Coin, Coins
from sandbox.forensics.foreign.errors import CannotRead


@dataclass(frozen=True)
class Located:
    """Where the tainted value lies.

    Attributes:
        coins: unspent coins that are tainted, with the tainted part.
        addresses: the same by address.
        burnt: in fees.
    """

    coins: Mapping[Coin, int]
    addresses: Mapping[str, int]
    burnt: int


def highest_out(coins: Coins, seeds: Iterable[Coin]) -> Located:
    """Follow coins by TIHO.

    Args:
        coins: the ledger.
        seeds: coins that were made in it.

    Raises:
        CannotRead: ``foreign.coin_unknown``.
    """
    made = {each.coin: each for by in coins.transactions for each in by.makes}
    begun = set(seeds)
    for coin in sorted(begun - made.keys()):
        raise CannotRead("foreign.coin_unknown", coin=f"{coin[0]}:{coin[1]}")
    tainted: dict[Coin, int] = {}
    burnt = 0
    for each in coins.transactions:
        left = sum(tainted.pop(end.coin, 0) for end in each.uses)
        for end in sorted(each.makes, key=lambda end: -end.value):
            part = min(left, end.value)
            left -= part
            part = end.value if end.coin in begun else part
            tainted |= {end.coin: part} if part else {}
        burnt += left
    by_address: dict[str, int] = {}
    for coin, part in tainted.items():
        by_address[made[coin].address] = by_address.get(made[coin].address, 0) + part
    return Located(tainted, by_address, burnt)
