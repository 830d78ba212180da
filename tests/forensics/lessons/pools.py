"""The values that a small pool is asked for, by enumerating every way to assign the withdrawals."""

from __future__ import annotations

from fractions import Fraction
from itertools import product


def events(mine):
    """Deposits and withdrawals in order: ("in" or "out", letter)."""
    found = []
    for row in mine.rows:
        if row["amount"] == mine.denomination:
            if row["payee"] == mine.address:
                found.append(("in", mine.letters[row["payer"]]))
            elif row["payer"] == mine.address:
                found.append(("out", mine.letters[row["payee"]]))
    return found


def before(mine):
    """How many deposits lie before each withdrawal."""
    count, found = 0, []
    for kind, _ in events(mine):
        found += [count] if kind == "out" else []
        count += kind == "in"
    return found


def chances(mine, withdrawal):
    """The probability of each letter, all assignments being equally likely."""
    counts = before(mine)[: withdrawal + 1]
    letters = [letter for kind, letter in events(mine) if kind == "in"]
    ways = [way for way in product(*map(range, counts)) if len(set(way)) == len(way)]
    found = dict.fromkeys(letters, Fraction())
    for way in ways:
        found[letters[way[-1]]] += Fraction(1, len(ways))
    return found


def answers(mine):
    """Values by name."""
    counts = before(mine)
    letters = [letter for kind, letter in events(mine) if kind == "in"]
    own = next(letter for kind, letter in events(mine) if kind == "out" and letter in letters)
    first, second, third = (chances(mine, each) for each in range(3))
    return {
        "first": counts[0],
        "second": counts[1],
        "never": len(letters) - counts[1],
        "twice": float(first[mine.twice]),
        "late": float(second[mine.late]),
        "early": float(second[mine.early]),
        "own": own,
        "sure": float(Fraction(9, 10) + third[own] / 10),
    }
