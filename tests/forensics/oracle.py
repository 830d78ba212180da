"""The policies by brute force: every unit of money is a coin of its own, in a list.

Nothing here is quick, and nothing is shared with the kernels: a coin is True where it is tainted
and followed. Only the haircut, which splits no coins, is a formula, in fractions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor


@dataclass
class Found:
    """What a trace should find: by row, and by account."""

    moved: list[int] = field(default_factory=list)
    hop: list[int] = field(default_factory=list)
    stop: list[str] = field(default_factory=list)
    held: dict[int, int] = field(default_factory=dict)
    stopped: dict[int, int] = field(default_factory=dict)
    looked: int = 0


class Purses:
    """Coins of each account, in the order in which they came."""

    def __init__(self, policy, opening):
        self.policy = policy
        self.coins = {account: [False] * held for account, held in opening.items()}

    def tainted(self, account):
        return sum(self.coins.get(account, []))

    def take(self, account, count):
        there = self.coins[account]
        if self.policy == "fifo":
            gone, self.coins[account] = there[:count], there[count:]
        elif self.policy == "lifo":
            gone, self.coins[account] = there[::-1][:count], there[: len(there) - count]
        elif self.policy == "libr":
            ordered = sorted(there)  # clean ones first
            gone, self.coins[account] = ordered[:count], ordered[count:]
        else:  # poison: all or none are tainted
            assert len(set(there)) <= 1
            gone, self.coins[account] = there[:count], there[count:]
        return gone

    def put(self, account, coins):
        there = self.coins.setdefault(account, [])
        there.extend(coins)
        if self.policy == "poison" and account != 0 and any(there):
            self.coins[account] = [True] * len(there)


class Pots:
    """For the haircut: how much, and how much of that is tainted."""

    def __init__(self, _policy, opening):
        self.whole = dict(opening)
        self.part = {}

    def tainted(self, account):
        return self.part.get(account, 0)

    def take(self, account, count):
        moved = floor(Fraction(self.part.get(account, 0), self.whole[account]) * count)
        self.whole[account] -= count
        self.part[account] = self.part.get(account, 0) - moved
        return [True] * moved + [False] * (count - moved)

    def put(self, account, coins):
        self.whole[account] = self.whole.get(account, 0) + len(coins)
        self.part[account] = self.part.get(account, 0) + sum(coins)


def traced(policy, rows, seeds, *, opening=None, services=(), dust=0, hops=None, enough=None):
    """Trace ``rows``: payer, payee, amount each; account 0 is the zero address."""
    purses = (Pots if policy == "haircut" else Purses)(policy, opening or {})
    found, hop_of, located = Found(), {}, 0
    for row, (payer, payee, amount) in enumerate(rows):
        found.looked = row + 1
        if amount == 0 or payer == payee:
            found.moved.append(0)
            found.hop.append(-1)
            found.stop.append("")
            continue
        coins = [False] * amount if payer == 0 else purses.take(payer, amount)
        number = hop_of.get(payer, -2) + 1
        if not purses.tainted(payer):
            hop_of.pop(payer, None)
        if row in seeds:
            coins, number = [True] * amount, 0
        moved = sum(coins)
        tests = {
            "service": payee in services,
            "dust": moved < dust,
            "hops": hops is not None and number >= hops,
        }
        met = [name for name, holds in tests.items() if holds and moved and payee != 0]
        why = met[0] if met else ""
        if why:
            found.stopped[payee] = found.stopped.get(payee, 0) + moved
            coins = [False] * amount
        elif moved and payee != 0:
            hop_of[payee] = min(hop_of.get(payee, number), number)
        purses.put(payee, coins)
        found.moved.append(moved)
        found.hop.append(number if moved else -1)
        found.stop.append(why)
        located += moved if why == "service" else 0
        if enough and located >= enough:
            break
    accounts = {each for row in rows for each in row[:2]}
    found.held = {each: purses.tainted(each) for each in accounts if purses.tainted(each)}
    return found


def mixed(rows, seeds, opening=None):
    """The haircut without any rounding: the part of each row that is tainted, as a fraction."""
    whole, part, moved = dict(opening or {}), {}, []
    for row, (payer, payee, amount) in enumerate(rows):
        if amount == 0 or payer == payee:
            moved.append(Fraction(0))
            continue
        gone = Fraction(0)
        if payer != 0:
            gone = part.get(payer, Fraction(0)) * amount / whole[payer]
            whole[payer] -= amount
            part[payer] = part.get(payer, Fraction(0)) - gone
        if row in seeds:
            gone = Fraction(amount)
        if payee != 0:
            whole[payee] = whole.get(payee, 0) + amount
            part[payee] = part.get(payee, Fraction(0)) + gone
        moved.append(gone)
    return moved
