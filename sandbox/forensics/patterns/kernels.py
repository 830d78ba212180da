"""The inner loop of patterns: what each account received and paid in all."""

from __future__ import annotations

from typing import Any, NamedTuple

from numba import njit
from numpy.typing import NDArray

from sandbox.forensics.kernels import Rows

Array = NDArray[Any]


class Turnover(NamedTuple):
    """Of each account; zeros, and -1 for rows, before the loop.

    Attributes:
        received: in all, as the amounts.
        payments: how many, int64.
        first: the row of the first receipt, int64; -1: none.
        largest: the row of the largest payment, the first of equals, int64; -1: none.
        last: the row of the last payment, int64; -1: none.
    """

    received: Array
    payments: Array
    first: Array
    largest: Array
    last: Array


def turn_over(rows: Rows, found: Turnover) -> None:
    """Sum up what accounts do.

    Args:
        rows: the ledger.
        found: becomes what is found.
    """
    payer, payee, amount, _ = rows
    received, payments, first, largest, last = found
    for i in range(len(payer)):
        x, y, v = payer[i], payee[i], amount[i]
        if v == 0 or x == y:
            continue
        received[y] = received[y] + v
        if first[y] < 0:
            first[y] = i
        payments[x] += 1
        last[x] = i
        if largest[x] < 0 or v > amount[largest[x]]:
            largest[x] = i


compiled_turn_over = njit(cache=True)(turn_over)
