"""A trail: a theft of digital som, split, passed on, peeled off and mixed; followed by hand.

Rules:

1. The number is all that it depends on. Two numbers share hardly any answer: amounts, addresses,
   places and the order of the shares are drawn for each.
2. One share goes by layers to an exchange, whose wallet alone has a tag; one runs down a peel
   chain; one comes into an account with money of its own; further ones lie where they came.
3. It has what deceives a reader: a payment on the way that was made before the stolen money came,
   an address that is paid twice, an innocent sum as great as a share, an exchange that pays others.
4. Nobody pays more than they hold. It says nothing about what is right.

>>> small_trail(4711).theft == small_trail(4711).theft
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from sandbox.forensics.cases.chance import Chance

ZERO: Final = "0x" + "00" * 20
_SOM: Final = 100
Move = tuple[str, str, int]
"""Payer, payee, tyiyn."""


@dataclass(frozen=True)
class SmallTrail:
    """What one trainee follows.

    Attributes:
        number: of the trail.
        theft: the place ``block/transaction`` of the payment that the victim reported.
        tags: address → what is known of it.
        mixed: the account that had money of its own.
        payment: the place of the payment out of it that is asked about.
        rows: every movement of digital som, in order: ``block``, ``transaction``, ``payer``,
            ``payee``, ``amount`` (tyiyn).
    """

    number: int
    theft: str
    tags: Mapping[str, str]
    mixed: str
    payment: str
    rows: tuple[dict[str, Any], ...]


class _Scene:
    """Moves in their order; the stolen ones are told by where they are put."""

    def __init__(self, seed: bytes) -> None:
        self.seed, self.draw = seed, Chance(seed, "people")
        self.moves: list[Move] = []
        self.noise = Chance(seed, "noise")
        self.folk = [self.address() for _ in range(6)]
        self.bank = self.address()
        for each in self.folk:
            self.pay(ZERO, each, self.noise.between(60_000, 90_000) * _SOM * 10)

    def address(self) -> str:
        """Somebody new."""
        return "0x" + self.draw.bytes(20).hex()

    def pay(self, payer: str, payee: str, amount: int) -> int:
        """A movement; its number."""
        self.moves.append((payer, payee, amount))
        return len(self.moves) - 1

    def live(self, amount: int = 0) -> None:
        """Ordinary people pay each other; now and then as much as a share."""
        payer, payee, *_ = self.noise.shuffled(self.folk)
        self.pay(payer, payee, amount or self.sum(900, 9_000))

    def sum(self, least: int, most: int) -> int:
        """Tyiyn, with two places that are not 00."""
        return self.noise.between(least, most) * _SOM + self.noise.between(11, 99)


def small_trail(number: int) -> SmallTrail:
    """The trail of a number.

    Args:
        number: 0..2**64.
    """
    seed = number.to_bytes(32, "big")
    scene, draw = _Scene(seed), Chance(seed, "crime")
    victim, first, layered, peeled, mixed, idle = (scene.address() for _ in range(6))
    hot = scene.address()
    shares = {each: scene.sum(61_000, 99_000) for each in (layered, peeled, mixed, idle)}
    own = scene.sum(20_000, 40_000)
    stolen = sum(shares.values()) + scene.sum(1_500, 9_000)
    scene.pay(ZERO, victim, stolen + scene.sum(2_000, 9_000))
    scene.pay(ZERO, mixed, own)
    layers = [layered, *(scene.address() for _ in range(draw.between(1, 2)))]
    deposit = scene.address()
    _before(scene, layers)
    scene.live()
    theft = scene.pay(victim, first, stolen)
    scene.live(shares[layered])
    order = draw.shuffled(list(shares))
    twice = order[0]
    part = shares[twice] // 3
    scene.pay(first, twice, part)
    for each in order[1:]:
        scene.pay(first, each, shares[each])
        scene.live()
    scene.pay(first, twice, shares[twice] - part)
    legs = [
        _layers([*layers, deposit, hot], shares[layered]),
        _peels(scene, draw, peeled, shares[peeled]),
    ]
    taken = shares[mixed] * draw.between(310, 440) // 1_000
    asked = _mixing(scene, mixed, own, taken)
    for moves in draw.shuffled(legs):
        for move in moves:
            scene.pay(*move)
            scene.live()
    scene.pay(hot, scene.folk[0], scene.sum(900, 2_000))
    return _placed(scene, number, {hot: "exchange"}, mixed, theft=theft, asked=asked)


def _before(scene: _Scene, layers: list[str]) -> None:
    """Money of their own that went the same way before, all of it."""
    payer, payee = layers[0], layers[1]
    amount = scene.sum(3_000, 9_000)
    scene.pay(ZERO, payer, amount)
    scene.live()
    scene.pay(payer, payee, amount)
    scene.pay(payee, scene.folk[1], amount)


def _layers(way: list[str], amount: int) -> list[Move]:
    """All of a share, from address to address into the exchange."""
    return [(payer, payee, amount) for payer, payee in pairwise(way)]


def _peels(scene: _Scene, draw: Chance, first: str, amount: int) -> list[Move]:
    """At each step a small part to somebody, the rest to a fresh address."""
    found: list[Move] = []
    here, rest = first, amount
    for _ in range(draw.between(4, 6)):
        part, there = rest * draw.between(20, 150) // 1_000, scene.address()
        found += [(here, scene.address(), part), (here, there, rest - part)]
        here, rest = there, rest - part
    return found


def _mixing(scene: _Scene, account: str, own: int, taken: int) -> int:
    """Spends of its own, gets clean money, and pays the sum that is asked about."""
    spent = own - scene.sum(4_000, 9_000)
    scene.pay(account, scene.bank, spent)
    scene.live()
    later = scene.sum(11_000, 19_000)
    scene.pay(scene.folk[2], account, later)
    return scene.pay(account, scene.address(), own - spent + taken)


def _placed(
    scene: _Scene, number: int, tags: Mapping[str, str], mixed: str, *, theft: int, asked: int
) -> SmallTrail:
    """Blocks and transactions for the moves."""
    draw = Chance(scene.seed, "places")
    block, rows = draw.between(20_000, 90_000), []
    for payer, payee, amount in scene.moves:
        block += draw.between(1, 40)
        place = {"block": block, "transaction": draw.between(0, 19)}
        rows.append({**place, "payer": payer, "payee": payee, "amount": amount})
    where = [f"{row['block']}/{row['transaction']}" for row in rows]
    return SmallTrail(number, where[theft], dict(tags), mixed, where[asked], tuple(rows))
