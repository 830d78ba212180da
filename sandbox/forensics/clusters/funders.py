"""Common funder: accounts that were first paid by the same one, shortly after each other.

On the ledger of a chain's coin that is the first gas, on a token's ledger the first value. An
account's **funder** is the payer of the first row that brings it something. Accounts with the same
funder are linked each to the one before, in the order in which they were funded, where at most
``blocks`` blocks lie between; not where

1. funder or account is a service or the zero address;
2. the account held something before the ledger begins: then its first receipt is not known;
3. the funder has funded more than ``most`` accounts: it may be a service that nobody has named.

The funder itself is linked to nobody: who pays a salary is not who receives it.

Source: ours, after what projects publish about many accounts of one person in their airdrops; no
paper that we follow. It errs with families, employers and friends who bring others in.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sandbox.forensics.clusters.links import Aside, Known, Link, Proposed
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.rows import blocks_of, moving, probabilities, whole_numbers


@dataclass(frozen=True, kw_only=True)
class CommonFunder:
    """Accounts with one first funder; see the module. All figures are ours.

    Attributes:
        blocks: between two that are funded one after the other.
        most: accounts that a person funds.
        confidence: of a link.
    """

    blocks: int = 7_200
    most: int = 10
    confidence: float = 0.5

    name = "funder"

    def propose(self, ledger: Ledger, known: Known) -> Proposed:
        """Find links in a ledger.

        Raises:
            CannotTrace: ``forensics.parameter_malformed``.
        """
        probabilities(confidence=self.confidence)
        whole_numbers(blocks=self.blocks, most=self.most)
        people, block, found = known.people(ledger), blocks_of(ledger), Proposed()
        for funder, funded in _funded(ledger, people).items():
            if len(funded) > self.most:
                found.aside.append(Aside(funder, "most", len(funded)))
                continue
            for (other, before), (account, row) in pairwise(funded):
                if block[row] - block[before] <= self.blocks:
                    found.links.append(Link(account, other, funder, (before, row)))
        return found


def _funded(ledger: Ledger, people: NDArray[np.bool_]) -> dict[int, list[tuple[int, int]]]:
    """Whom each account has funded, and by which row; in the order of the ledger."""
    rows = np.flatnonzero(moving(ledger))
    accounts, at = np.unique(ledger.payee[rows], return_index=True)
    first = rows[at]
    fresh = np.asarray(ledger.opening[accounts] == 0, bool)
    counts = fresh & people[accounts] & people[ledger.payer[first]]
    found: dict[int, list[tuple[int, int]]] = {}
    for row in np.sort(first[counts]).tolist():
        found.setdefault(int(ledger.payer[row]), []).append((int(ledger.payee[row]), row))
    return found
