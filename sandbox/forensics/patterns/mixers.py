"""Mixers of one denomination: which withdrawal may belong to which deposit, and how probably.

1. A **deposit** is a row that pays the pool exactly the denomination.
2. A **withdrawal** is a transaction in which the pool pays the denomination, in one row or in
   several (what a relayer keeps); the recipient is the payee of the largest, the first of equals.
   Other rows of the pool stand in ``aside``.
3. A withdrawal belongs to one deposit that stands before it, by at least ``after`` blocks; a
   deposit is withdrawn once. What the pool held before the ledger begins was deposited by nobody
   knows whom.
4. All ways to assign every withdrawal its deposit are equally likely: a mixer tells no more. With
   ``n`` deposits before the ``k``-th withdrawal it has ``n - k + 1`` of them left to choose from,
   however those before it have chosen, so that the probability of each pair is a product and
   needs no guessing. The **anonymity set** of a withdrawal are the deposits of probability above
   0, its effective size is 2 to the power of their entropy.
5. **Reuse** is the only thing that reveals: where the recipient, or an account that ``owners``
   gives the same owner, has made a deposit, the oldest of these that is left is his. That holds
   with the probability ``reuse`` for the whole pool, and with the rest it does not; where the
   other withdrawals could then not be assigned, it is no reveal.
6. **Time** reveals by the order and ``after`` alone. That a withdrawal follows soon upon a deposit
   changes nothing: somebody's deposit is always the last.

Source: of the set, Tornado Cash's own count of equal deposits; of reuse, Béres et al., "Blockchain
is Watching You" (2021), and Wu et al., "Tutela" (2022). Ours: that assignments are counted
as wholes, and the figure for reuse.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.forensics.accounts import spelt
from sandbox.forensics.errors import CannotTrace
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.rows import blocks_of, moving, probabilities, whole_numbers

Chances = NDArray[np.float64]
BEFORE: Final = -1
"""The row of a deposit from before the ledger begins."""


@dataclass(frozen=True, eq=False)
class Mixing:
    """What is known of a pool.

    Attributes:
        deposits: in order. Columns: ``row`` (-1: before the ledger begins), ``account``, ``block``.
        paid: withdrawals in order. Columns: ``row``, ``account``, ``block``, and ``before``: how
            many of the deposits it may belong to.
        aside: numbers of the pool's rows that are neither.
        revealed: withdrawal → deposit by reuse, numbers in these tables.
        reuse: the probability that reuse reveals.
    """

    deposits: pl.DataFrame
    paid: pl.DataFrame
    aside: tuple[int, ...]
    revealed: Mapping[int, int]
    reuse: float

    @cached_property
    def withdrawals(self) -> pl.DataFrame:
        """Every withdrawal and how well it is hidden.

        Columns: ``row``, ``account``, ``block``; ``candidates``, the size of its anonymity set, and
        ``effective``; ``likeliest``, the account of the most probable deposits (empty: from before
        the ledger begins) with its ``probability``; ``revealed``, the row of a deposit that reuse
        points to.
        """
        said, accounts = [], self.deposits["account"].to_list()
        rows = self.deposits["row"].to_list()
        for number in range(len(self.paid)):
            chances = self.chances(number)
            some = chances[chances > 0]
            effective = float(2 ** -(some * np.log2(some)).sum())
            sums: dict[str | None, float] = {}
            for account, chance in zip(accounts, chances.tolist(), strict=True):
                sums[account] = sums.get(account, 0.0) + chance
            likeliest = max(sums, key=sums.__getitem__)
            shown = self.revealed.get(number)
            row = None if shown is None else rows[shown]
            said.append((len(some), effective, likeliest, sums[likeliest], row))
        schema = {
            "candidates": pl.Int64,
            "effective": pl.Float64,
            "likeliest": pl.String,
            "probability": pl.Float64,
            "revealed": pl.Int64,
        }
        more = pl.DataFrame(said, schema=schema, orient="row")
        return self.paid.drop("before").hstack(more)

    def of(self, withdrawal: int) -> pl.DataFrame:
        """Who may have made the deposit of a withdrawal, the most probable first.

        Args:
            withdrawal: its number in ``withdrawals``.

        Returns:
            Columns: ``account`` (empty: from before the ledger begins), ``probability``, ``rows``:
            its deposits that are meant.
        """
        chances = pl.Series("probability", self.chances(withdrawal))
        return (
            self.deposits.with_columns(chances)
            .filter(pl.col("probability") > 0)
            .group_by("account", maintain_order=True)
            .agg(pl.sum("probability"), pl.col("row").alias("rows"))
            .sort("probability", descending=True, maintain_order=True)
        )

    def chances(self, withdrawal: int) -> Chances:
        """The probability of each deposit, in the order of ``deposits``.

        Args:
            withdrawal: its number in ``withdrawals``.
        """
        before = self.paid["before"].to_numpy()
        plain = np.zeros(len(self.deposits))
        plain[: before[withdrawal]] = equally(before, withdrawal)
        if not self.revealed:
            return plain
        told = np.zeros(len(self.deposits))
        if withdrawal in self.revealed:
            told[self.revealed[withdrawal]] = 1.0
        else:
            free, others, counts = self._rest
            at = int(np.searchsorted(others, withdrawal))
            told[free[: counts[at]]] = equally(counts, at)
        mixed: Chances = self.reuse * told + (1 - self.reuse) * plain
        return mixed

    @cached_property
    def _rest(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Without what is revealed: deposits, withdrawals, and how many are before each."""
        return without(self.revealed, self.paid["before"].to_numpy(), len(self.deposits))


def mixed(
    ledger: Ledger,
    pool: str,
    denomination: int,
    *,
    after: int = 0,
    reuse: float = 0.9,
    owners: Mapping[str, Hashable] | None = None,
) -> Mixing:
    """Look at a mixer's pool.

    Args:
        ledger: the movements of the token.
        pool: the account that takes deposits and pays withdrawals.
        denomination: minor units of each of them.
        after: blocks that must lie between a deposit and its withdrawal.
        reuse: the probability that an account which deposited withdraws its own (ours).
        owners: account → owner or cluster, where several accounts are one's own.

    Raises:
        CannotTrace: ``forensics.parameter_malformed``, ``forensics.pool_unknown``,
            ``forensics.pool_unbacked``.
    """
    probabilities(reuse=reuse)
    whole_numbers(after=after, denomination=denomination)
    number = ledger.number(pool)
    if not number:
        raise CannotTrace("forensics.pool_unknown", name=pool)
    if not denomination:
        raise CannotTrace("forensics.parameter_malformed", name="denomination")
    into, out, aside = _rows(ledger, number, denomination)
    block, opening = blocks_of(ledger), int(ledger.opening[number]) // denomination
    deposits = pl.DataFrame(
        {
            "row": [BEFORE] * opening + into.tolist(),
            "account": [None] * opening + ledger.names.gather(ledger.payer[into]).to_list(),
            "block": [None] * opening + block[into].tolist(),
        },
        schema={"row": pl.Int64, "account": pl.String, "block": pl.Int64},
    )
    early = np.searchsorted(block[into], block[out] - after, side="right")
    before = opening + np.minimum(early, np.searchsorted(into, out))
    if (before <= np.arange(len(out))).any():
        at = int(np.argmax(before <= np.arange(len(out))))
        raise CannotTrace("forensics.pool_unbacked", row=int(out[at]))
    paid = pl.DataFrame(
        {
            "row": out,
            "account": ledger.names.gather(ledger.payee[out]),
            "block": block[out],
            "before": before.astype(np.int64),
        }
    )
    revealed = _revealed(deposits["account"].to_list(), paid, owners or {}) if reuse else {}
    return Mixing(deposits, paid, aside, revealed, reuse)


def equally(before: NDArray[Any], withdrawal: int) -> Chances:
    """The probabilities of the deposits before a withdrawal, if all assignments are equal.

    Args:
        before: how many deposits each withdrawal may belong to, never falling.
        withdrawal: its number.

    >>> equally(np.array([2, 3]), 1).tolist()
    [0.25, 0.25, 0.5]
    """
    left = before[: withdrawal + 1] - np.arange(withdrawal + 1)
    stays = np.append(np.cumprod((1 - 1 / left[:-1])[::-1])[::-1], 1.0)
    first = np.searchsorted(before[: withdrawal + 1], np.arange(before[withdrawal]), side="right")
    chances: Chances = stays[first] / left[-1]
    return chances


def without(
    revealed: Mapping[int, int], before: NDArray[Any], deposits: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """A pool without the pairs that are revealed.

    Args:
        revealed: withdrawal → deposit.
        before: how many deposits each withdrawal may belong to.
        deposits: how many there are.

    Returns:
        The deposits and the withdrawals that are left, and how many of the former stand before
        each of the latter.
    """
    free = np.setdiff1d(np.arange(deposits), list(revealed.values()))
    others = np.setdiff1d(np.arange(len(before)), list(revealed))
    return free, others, np.searchsorted(free, before[others])


def _rows(
    ledger: Ledger, pool: int, denomination: int
) -> tuple[NDArray[Any], NDArray[Any], tuple[int, ...]]:
    """Rows of deposits, of withdrawals, and the pool's others."""
    moves = moving(ledger)
    into = np.flatnonzero(moves & (ledger.payee == pool))
    equal = np.asarray(ledger.amount[into] == denomination, bool)
    groups: dict[tuple[int, ...], list[int]] = {}
    places = ledger.places.select("block", "transaction")
    for row in np.flatnonzero(moves & (ledger.payer == pool)).tolist():
        groups.setdefault(places.row(row), []).append(row)
    out, aside = [], into[~equal].tolist()
    for rows in groups.values():
        if sum(int(ledger.amount[row]) for row in rows) == denomination:
            out.append(max(rows, key=lambda row: (int(ledger.amount[row]), -row)))
        else:
            aside += rows
    return into[equal], np.array(sorted(out), np.int64), tuple(sorted(aside))


def _revealed(
    accounts: list[str | None], paid: pl.DataFrame, owners: Mapping[str, Hashable]
) -> dict[int, int]:
    """What reuse points to: withdrawal → deposit, as far as the rest can still be assigned."""
    known = {spelt(name): (True, owner) for name, owner in owners.items()}
    own: dict[Hashable, list[int]] = {}
    for number, name in enumerate(accounts):
        if name is not None:
            own.setdefault(known.get(name, (False, name)), []).append(number)
    before, found = paid["before"].to_numpy(), dict[int, int]()
    for withdrawal, name in enumerate(paid["account"].to_list()):
        queue = own.get(known.get(name, (False, name)), [])
        if not queue or queue[0] >= before[withdrawal]:
            continue
        tried = {**found, withdrawal: queue[0]}
        _, others, counts = without(tried, before, len(accounts))
        if (counts > np.arange(len(others))).all():
            found = tried
            queue.pop(0)
    return found
