"""Small random ledgers in which people do what the heuristics look for, and other things."""

from __future__ import annotations

import random

import numpy as np
import polars as pl

from sandbox.forensics.ledger import Ledger

HOT = {11: "exchange", 12: "exchange", 13: "shop"}
"""Services of every ledger here, by number; people have 1 to 10."""
PEOPLE = range(1, 11)
SERVICES = {str(each): tag for each, tag in HOT.items()}


class Story:
    """Rows as they are told: block, payer, payee, amount; all covered."""

    def __init__(self, chance: random.Random):
        self.chance, self.block, self.rows = chance, 1, []
        self.opening = {each: 5 for each in PEOPLE if chance.random() < 0.1}
        self.held = dict(self.opening)

    def pay(self, payer, payee, amount):
        if payer and self.held.get(payer, 0) < amount:
            self.pay(0, payer, amount - self.held.get(payer, 0))
        self.rows.append((self.block, payer, payee, amount))
        if payer:
            self.held[payer] = self.held.get(payer, 0) - amount
        if payee:
            self.held[payee] = self.held.get(payee, 0) + amount
        self.block += self.chance.choice([0, 0, 1, 1, 2, 5])

    def anything(self):
        payee = self.chance.choice([0, *PEOPLE, *HOT])
        self.pay(self.chance.choice([*PEOPLE, *HOT]), payee, self.chance.randint(0, 6))

    def deposit(self):
        """Some pay one address; it forwards, mostly all."""
        address, hot = self.chance.choice(PEOPLE), self.chance.choice(list(HOT))
        for _ in range(self.chance.randint(1, 3)):
            self.pay(self.chance.choice([*PEOPLE, *HOT]), address, self.chance.randint(1, 5))
        left = self.held.get(address, 0) - self.chance.choice([0, 0, 0, 1, 2])
        if left > 0:
            self.pay(address, hot, left)

    def airdrop(self):
        """Somebody gives many the same; some pass it on to one of them."""
        giver, amount = self.chance.choice([0, *PEOPLE, *HOT]), self.chance.randint(1, 3)
        given = self.chance.sample(PEOPLE, self.chance.randint(2, 5))
        for each in given:
            self.pay(giver, each, amount)
        collector = self.chance.choice([*PEOPLE, *HOT])
        for each in given:
            if self.chance.random() < 0.7:
                self.pay(each, collector, amount)


def told(chance: random.Random, *, acts: int = 6) -> Story:
    """A ledger with a few acts."""
    story = Story(chance)
    for _ in range(acts):
        chance.choice([story.anything, story.deposit, story.deposit, story.airdrop])()
    return story


def approvals(chance: random.Random, story: Story):
    """Approvals, and takings of about what was approved, somewhere in a story.

    The places of approvals are (block, -1, row): before every row of their block.
    """
    given = []
    for _ in range(chance.randint(1, 5)):
        owner, spender = chance.choice(PEOPLE), chance.choice([*PEOPLE, *HOT])
        amount = chance.choice([0, 2, 4, 6])
        given.append((story.block, owner, spender, amount))
        story.block += 1
        for _ in range(chance.randint(0, 2)):
            story.pay(owner, spender, chance.randint(1, 4))
    return given


def ledger(story: Story, *, scale: int = 1, hashes: bool = False) -> Ledger:
    """A story as a ledger; account ``n`` is called ``n``, the zero address ``0``.

    ``scale`` above 1: amounts too wide for 64 bits, and somebody holds what shares no unit.
    """
    count = len(story.rows)
    opening = np.array([story.opening.get(each, 0) * scale for each in range(15)], dtype=object)
    opening[14] = 1
    places = pl.DataFrame(
        {
            "block": pl.Series([row[0] for row in story.rows], dtype=pl.Int64),
            "transaction": pl.Series(range(count), dtype=pl.Int64),
            "log": pl.Series([0] * count, dtype=pl.Int64),
        }
    )
    if hashes:
        places = places.with_columns(hash=pl.format("0x{}", "transaction"))
    return Ledger.coded(
        places,
        pl.Series("account", [str(each) for each in range(15)]),
        np.array([row[1] for row in story.rows], np.int32),
        np.array([row[2] for row in story.rows], np.int32),
        np.array([row[3] * scale for row in story.rows], dtype=object),
        opening,
    )
