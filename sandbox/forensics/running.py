"""Runs the kernels: compiled where the amounts are 64 bits wide, interpreted where they are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sandbox.forensics import kernels
from sandbox.forensics.compiled import ready
from sandbox.forensics.kernels import Rows, State, Stops

_POTS: Final = {"poison": kernels.POISON, "haircut": kernels.HAIRCUT, "libr": kernels.LIBR}


def settled(
    payer: NDArray[np.int32], payee: NDArray[np.int32], amount: NDArray[Any], held: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], int]:
    """Closing balances, the lowest ones, and the first row that was not covered (-1: none).

    Args:
        payer: numbers.
        payee: numbers.
        amount: of each row.
        held: opening balances.
    """
    closing, lowest = held.copy(), held.copy()
    rows = listed(Rows(payer, payee, amount, np.zeros(0, np.uint8)))
    run = chosen(amount, kernels.compiled_settle, kernels.settle)
    return closing, lowest, int(run(rows, closing, lowest))


def run(policy: str, rows: Rows, stops: Stops, held: NDArray[Any]) -> tuple[State, int]:
    """Trace.

    Args:
        policy: ``poison``, ``haircut``, ``libr``, ``fifo`` or ``lifo``.
        rows: the ledger, in the order in which it is walked.
        stops: where not to follow.
        held: balances before the first of them.

    Returns:
        What was found, and how many rows were looked at.
    """
    state = _state(len(rows.payer), held)
    if policy in _POTS:
        walk = chosen(rows.amount, kernels.compiled_pots, kernels.pots)
        return state, int(walk(_POTS[policy], listed(rows), stops, state))
    walk = chosen(rows.amount, kernels.compiled_lots, kernels.lots)
    return state, int(walk(policy == "lifo", listed(rows), stops, state))


def _state(rows: int, held: NDArray[Any]) -> State:
    accounts, kind = len(held), held.dtype
    taint, stopped, added, spoiled = (np.zeros(accounts, kind) for _ in range(4))
    return State(
        balance=held.copy(),
        taint=taint,
        stopped=stopped,
        added=added,
        spoiled=spoiled,
        hop=np.full(accounts, -1, np.int32),
        why=np.zeros(accounts, np.uint8),
        moved=np.zeros(rows, kind),
        number=np.full(rows, -1, np.int32),
        stop=np.zeros(rows, np.uint8),
    )


def chosen(
    amount: NDArray[Any], compiled: Callable[..., Any], interpreted: Callable[..., Any]
) -> Callable[..., Any]:
    """A kernel as it runs on these amounts.

    Args:
        amount: of each row.
        compiled: the kernel, for 64 bits.
        interpreted: the same, for Python's integers.
    """
    picked: Callable[..., Any] = interpreted if amount.dtype == object else ready(compiled)
    return picked


def listed(rows: Rows) -> Rows:
    """For the interpreter lists of Python's integers: three times as quick as arrays."""
    if rows.amount.dtype != object:
        return rows
    return Rows(*(each.tolist() for each in rows))
