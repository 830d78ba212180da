"""The inner loops of clustering: balances row by row, and the joining of links.

As in ``sandbox.forensics.kernels``: written once, compiled where amounts are 64 bits wide, else
interpreted on Python's integers.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from numba import njit
from numba.extending import register_jitable
from numpy.typing import NDArray

from sandbox.forensics.kernels import Rows

Array = NDArray[Any]
NONE: Final = -1
"""An account that has paid nobody."""
NOT: Final = -2
"""An account that is no deposit address."""
JOINED: Final = 1
TOGETHER: Final = 2
LARGE: Final = 3


class Sweeping(NamedTuple):
    """What makes a deposit address, and what is known of each account so far.

    Attributes:
        hot: whether an account is a hot wallet, uint8.
        blocks: how many blocks money may wait.
        keeps: what may stay behind, minor units.
        held: balances, as the amounts.
        waiting: since which block money waits, int64; -1: none does.
        target: number of the hot wallet that is paid, int32; ``NONE`` or ``NOT``.
    """

    hot: Array
    blocks: int
    keeps: int
    held: Array
    waiting: Array
    target: Array


def sweep(rows: Rows, block: Array, state: Sweeping) -> None:  # noqa: C901 - a call would cost more than a row
    """Find the accounts that forward all they are paid to one hot wallet, in time.

    Args:
        rows: the ledger.
        block: of each row, int64.
        state: ``held`` with the opening balances; ``target`` is what is found.
    """
    payer, payee, amount, _ = rows
    hot, blocks, keeps, held, waiting, target = state
    for i in range(len(payer)):
        x, y, v = payer[i], payee[i], amount[i]
        if v == 0 or x == y:
            continue
        if x != 0:
            held[x] = held[x] - v
            late = waiting[x] >= 0 and block[i] - waiting[x] > blocks
            if late or not hot[y] or held[x] > keeps:
                target[x] = NOT
            elif target[x] == NONE:
                target[x] = y
            elif target[x] != y:
                target[x] = NOT
            waiting[x] = -1
        if y != 0:
            held[y] = held[y] + v
            if waiting[y] < 0:
                waiting[y] = block[i]
    for account in range(len(target)):
        if waiting[account] >= 0 and block[len(payer) - 1] - waiting[account] > blocks:
            target[account] = NOT


class Forest(NamedTuple):
    """Clusters as trees.

    Attributes:
        parent: of each account, int32; itself at a root.
        size: of the cluster, at its root, int32.
    """

    parent: Array
    size: Array


def root(parent: Array, account: int) -> Any:
    """The root of an account's tree; the way there is halved."""
    while parent[account] != account:
        parent[account] = parent[parent[account]]
        account = parent[account]
    return account


def unite(pairs: Array, allowed: Array, most: int, forest: Forest, outcome: Array) -> None:
    """Join links into clusters, in their order.

    Args:
        pairs: two accounts each, int32.
        allowed: whether a link may join at all, uint8.
        most: accounts of a cluster.
        forest: each account a cluster of its own; becomes the clusters.
        outcome: zeros; becomes ``JOINED``, ``TOGETHER`` (they were already) or ``LARGE``.
    """
    parent, size = forest
    for i in range(len(pairs)):
        if not allowed[i]:
            continue
        one, two = root(parent, pairs[i, 0]), root(parent, pairs[i, 1])
        if one == two:
            outcome[i] = TOGETHER
        elif size[one] + size[two] > most:
            outcome[i] = LARGE
        else:
            if size[one] < size[two]:
                one, two = two, one
            parent[two] = one
            size[one] += size[two]
            outcome[i] = JOINED


register_jitable(root)
compiled_sweep = njit(cache=True)(sweep)
compiled_unite = njit(cache=True)(unite)
