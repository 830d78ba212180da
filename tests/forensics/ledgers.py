"""Small random ledgers, one or thousands at once: accounts of different ones never meet."""

from __future__ import annotations

import random

import numpy as np
import polars as pl

from sandbox.forensics.ledger import Ledger

ACCOUNTS = 6
ROWS = 24


def rows(chance: random.Random, *, accounts=ACCOUNTS, length=ROWS):
    """Covered rows and opening balances: issues, payments, destruction, nothings, to oneself."""
    opening = {
        each: chance.randint(0, 9) for each in range(1, accounts + 1) if chance.random() < 0.3
    }
    held, made = dict(opening), []
    for _ in range(length):
        rich = [each for each, amount in held.items() if amount]
        if not rich or chance.random() < 0.2:
            payer, payee, amount = 0, chance.randint(1, accounts), chance.randint(0, 12)
        else:
            payer, payee = chance.choice(rich), chance.randint(0, accounts)
            most = held[payer]
            amount = most if chance.random() < 0.3 else chance.randint(0, most)
        made.append((payer, payee, amount))
        if payer:
            held[payer] -= amount
        if payee:
            held[payee] = held.get(payee, 0) + amount
    return made, opening


def seeds(chance: random.Random, made):
    """One to three rows."""
    return set(chance.sample(range(len(made)), chance.randint(1, 3)))


def ledger(made, opening, *, scale=1, stray=0):
    """Rows as a ledger; account ``n`` is called ``n``, the zero address ``0``.

    ``stray`` minor units are held by somebody who has nothing to do with anything.
    """
    count = max([0, *opening, *(each for row in made for each in row[:2])]) + 2
    held = np.array([opening.get(each, 0) * scale for each in range(count)], dtype=object)
    held[-1] = stray
    amount = np.array([each[2] * scale for each in made], dtype=object)
    return Ledger.coded(
        pl.DataFrame(
            {"block": range(len(made)), "transaction": [0] * len(made), "log": [0] * len(made)}
        ),
        pl.Series("account", [str(each) for each in range(count)]),
        np.array([each[0] for each in made], np.int32),
        np.array([each[1] for each in made], np.int32),
        amount,
        held,
    )


def side_by_side(ledgers):
    """Many ledgers as one: rows behind one another, accounts numbered on."""
    made, opening, first = [], {}, 0
    for some, held in ledgers:
        made += [tuple(end + first if end else 0 for end in row[:2]) + row[2:] for row in some]
        opening |= {each + first: amount for each, amount in held.items()}
        first += ACCOUNTS
    return made, opening
