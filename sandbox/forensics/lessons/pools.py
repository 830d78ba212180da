"""A mixer's pool that is small enough for counting by hand, one for each number.

Rules:

1. Three withdrawals, each after some deposits; more deposits follow after the last of them.
2. It has what tempts a reader: an account that deposited twice, a deposit right before a
   withdrawal, a payment of another sum into the pool, and one recipient who had deposited himself.
3. It says nothing about who made which withdrawal: nobody can know it from a pool.

>>> small_pool(4711).rows == small_pool(4711).rows != small_pool(4712).rows
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, Final

from sandbox.forensics.cases.chance import Chance

DENOMINATION: Final = 5_000_000
"""Tyiyn."""
ZERO: Final = "0x" + "00" * 20
_ACCOUNTS: Final = 24


@dataclass(frozen=True)
class Pool:
    """What one trainee counts.

    Attributes:
        number: of it.
        address: of the pool.
        denomination: what it takes and pays, tyiyn.
        rows: every movement of digital som: ``block``, ``transaction``, ``log``, ``payer``,
            ``payee``, ``amount`` (tyiyn).
        letters: address → the letter by which it is called in this lesson.
        twice: the letter of the account that deposited twice before the first withdrawal.
        early: the letter of another that deposited once before the first withdrawal.
        late: the letter of one that deposited between the first and the second.
    """

    number: int
    address: str
    denomination: int
    rows: tuple[dict[str, Any], ...]
    letters: Mapping[str, str]
    twice: str
    early: str
    late: str


def small_pool(number: int) -> Pool:
    """The pool of a number.

    Args:
        number: 0..2**64.
    """
    draw = Chance(number.to_bytes(32, "big"), "pool")
    address, names = _address(draw), [_address(draw) for _ in range(_ACCOUNTS)]
    called = dict(zip(names, draw.shuffled(ascii_uppercase[:_ACCOUNTS]), strict=True))
    twice, again, early, *rest = names
    counts = draw.between(3, 9), draw.between(2, 5), draw.between(1, 4), draw.between(1, 3)
    first = draw.shuffled([twice, twice, again, early, *_taken(rest, counts[0])])
    second = _taken(rest, counts[1])
    takers = _taken(rest, 2)
    steps = [("in", each) for each in first] + [("out", takers[0])]
    steps += [("in", each) for each in second] + [("out", takers[1])]
    steps += [("in", each) for each in _taken(rest, counts[2])] + [("out", again)]
    steps += [("in", each) for each in _taken(rest, counts[3])]
    steps.insert(draw.between(1, len(first) - 1), ("other", early))
    return Pool(
        number=number,
        address=address,
        denomination=DENOMINATION,
        rows=tuple(_rows(draw, address, steps)),
        letters=called,
        twice=called[twice],
        early=called[early],
        late=called[second[-1]],
    )


def _rows(draw: Chance, pool: str, steps: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Everybody is issued what they pay in; then the steps in order."""
    block, found = draw.between(4_000, 90_000), list[dict[str, Any]]()
    other = DENOMINATION // 100 * draw.between(11, 79)

    def row(payer: str, payee: str, amount: int) -> None:
        place = {"block": block, "transaction": draw.between(0, 9), "log": draw.between(0, 5)}
        found.append({**place, "payer": payer, "payee": payee, "amount": amount})

    for kind, name in steps:
        if kind != "out":
            block += draw.between(1, 20)
            row(ZERO, name, other if kind == "other" else DENOMINATION)
    for kind, name in steps:
        block += 1 if kind == "out" else draw.between(2, 90)
        amount = other if kind == "other" else DENOMINATION
        row(*((pool, name) if kind == "out" else (name, pool)), amount)
    return found


def _taken(names: list[str], count: int) -> list[str]:
    """The next ones that nobody has been yet."""
    found = names[:count]
    del names[:count]
    return found


def _address(draw: Chance) -> str:
    return "0x" + draw.bytes(20).hex()
