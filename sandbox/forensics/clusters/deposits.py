"""Deposit-address reuse: who pays the same deposit address of an exchange may be one person.

An exchange gives each customer an address of its own and moves what arrives there to a hot wallet.
Here an account is a **deposit address** of a known hot wallet when

1. it pays that hot wallet, at least once, and nobody else;
2. after each such payment it holds at most ``keeps``;
3. what arrives is forwarded within ``blocks`` blocks (counted from the first receipt since the
   payment before); at the end of the ledger that time may not be over yet;
4. it is no service itself.

Accounts that pay the same deposit address are linked to the first that did; a payer that is a
service or the zero address is not. With more than ``payers`` of them none is: then it is a
merchant's or a shared address.

Source: Victor, "Address Clustering Heuristics for Ethereum" (FC 2020), where a receipt and its
forwarding differ by at most 0.01 ether and 3,200 blocks. Ours: *all* that arrives must be
forwarded, not only some receipt (fewer deposit addresses, and surer ones); several receipts may be
forwarded in one payment; deposit addresses are told apart from their payers; ``payers``.

It errs where somebody forwards all to a hot wallet by hand: then who paid him is linked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.forensics.amounts import NARROW
from sandbox.forensics.clusters import kernels
from sandbox.forensics.clusters.links import Aside, Deposit, Known, Link, Proposed
from sandbox.forensics.kernels import Rows
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.rows import MOST_BLOCKS, blocks_of, moving, probabilities, whole_numbers
from sandbox.forensics.running import chosen, listed


@dataclass(frozen=True, kw_only=True)
class DepositReuse:
    """Accounts that pay one deposit address; see the module.

    Attributes:
        blocks: within which what arrives is forwarded (3,200: Victor).
        keeps: what may stay behind, minor units; on the ledger of a coin enough for gas.
        payers: more accounts than this share an address that is nobody's own (ours).
        tags: services with one of these are hot wallets.
        confidence: of a link (ours).
    """

    blocks: int = 3_200
    keeps: int = 0
    payers: int = 10
    tags: tuple[str, ...] = ("exchange",)
    confidence: float = 0.9

    name = "deposit"

    def propose(self, ledger: Ledger, known: Known) -> Proposed:
        """Find links in a ledger.

        Raises:
            CannotTrace: ``forensics.parameter_malformed``.
        """
        probabilities(confidence=self.confidence)
        whole_numbers(blocks=self.blocks, keeps=self.keeps, payers=self.payers)
        hot = known.marks(ledger, self.tags)
        if not hot.any():
            return Proposed(aside=[Aside(-1, "tags", 0)])
        people = known.people(ledger)
        target = np.where(people, self._targets(ledger, hot), kernels.NOT)
        found = Proposed()
        sweeps = _sweeps(ledger, target)
        payers = _payers(ledger, target, people)
        for account in np.flatnonzero(target >= 0).tolist():
            paid = payers.get(account, [])
            out = sweeps[account]
            found.deposits.append(Deposit(account, int(target[account]), len(paid), tuple(out)))
            if len(paid) > self.payers:
                found.aside.append(Aside(account, "payers", len(paid)))
                continue
            for payer, row in paid[1:]:
                first, at = paid[0]
                rows = {at, row, *_next(out, at), *_next(out, row)}
                found.links.append(Link(payer, first, account, tuple(sorted(rows))))
        return found

    def _targets(self, ledger: Ledger, hot: NDArray[np.bool_]) -> NDArray[Any]:
        """The hot wallet that each account forwards to."""
        amount, accounts = ledger.amount, len(ledger.names)
        state = kernels.Sweeping(
            hot.astype(np.uint8),
            min(self.blocks, MOST_BLOCKS),
            self.keeps if amount.dtype == object else min(self.keeps, NARROW),
            ledger.opening.copy(),
            np.full(accounts, -1, np.int64),
            np.full(accounts, kernels.NONE, np.int32),
        )
        rows = listed(Rows(ledger.payer, ledger.payee, amount, np.zeros(0, np.uint8)))
        run: Callable[..., Any] = chosen(amount, kernels.compiled_sweep, kernels.sweep)
        run(rows, blocks_of(ledger), state)
        return state.target


def _sweeps(ledger: Ledger, target: NDArray[Any]) -> dict[int, list[int]]:
    """The rows by which each deposit address forwards."""
    rows = np.flatnonzero(moving(ledger) & (ledger.payer > 0) & (target[ledger.payer] >= 0))
    found: dict[int, list[int]] = {}
    for row, payer in zip(rows.tolist(), ledger.payer[rows].tolist(), strict=True):
        found.setdefault(payer, []).append(row)
    return found


def _payers(
    ledger: Ledger, target: NDArray[Any], people: NDArray[np.bool_]
) -> dict[int, list[tuple[int, int]]]:
    """Who pays each deposit address, and first by which row; in the order of the ledger."""
    rows = np.flatnonzero(
        moving(ledger) & (target[ledger.payee] >= 0) & people[ledger.payer] & (ledger.payee > 0)
    )
    first = pl.DataFrame(
        {"account": ledger.payee[rows], "payer": ledger.payer[rows], "row": rows}
    ).unique(["account", "payer"], keep="first", maintain_order=True)
    found: dict[int, list[tuple[int, int]]] = {}
    for account, payer, row in first.iter_rows():
        found.setdefault(account, []).append((payer, row))
    return found


def _next(rows: list[int], row: int) -> list[int]:
    """The first of the rows behind one; none, or one."""
    at = int(np.searchsorted(rows, row))
    return rows[at : at + 1]
