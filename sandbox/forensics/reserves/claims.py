"""What customers say that they are owed, held against the published root.

Each customer has a statement of the firm (what is owed) and perhaps a proof. Findings (ours):

- ``included``: the proof leads to the root, and its leaf has what is owed, or more;
- ``less``: it leads there, and its leaf has less: the rest is hidden;
- ``missing``: no proof was given: all of it is hidden;
- ``negative``, ``overflow``, ``malformed``, ``mismatch``: as ``check_proof``; the proof shows
  nothing, so all of it is hidden;
- ``shared``: the same leaf was shown to another customer before; it counts for the first of them.

``hidden`` is the least that the firm owes besides its published total. A supervisor who asks n of N
customers, of whom k are hidden, meets none of them with probability C(N-k, n) / C(N, n)
(``unnoticed``).

>>> round(unnoticed(1_000, 10, 100), 3)
0.347
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from sandbox.forensics.errors import CannotProve
from sandbox.forensics.reserves.tree import Node, Proof, check_proof

_COLUMNS: Final[dict[str, Any]] = {
    "customer": pl.String,
    "owed": pl.String,
    "finding": pl.String,
    "hidden": pl.String,
}


@dataclass(frozen=True)
class Claim:
    """One customer who was asked.

    Attributes:
        customer: who; anything that tells people apart.
        owed: by the firm's statement, minor units, not below 0.
        proof: what the firm gave; nothing if it gave none.
    """

    customer: str
    owed: int
    proof: Proof | None = None


@dataclass(frozen=True)
class Claims:
    """What customers' claims show.

    Attributes:
        table: ``customer``, ``owed``, ``finding``, ``hidden``; amounts as text, since they may be
            of 256 bits.
        hidden: sum of what is owed besides the published total, minor units.
    """

    table: pl.DataFrame
    hidden: int


def audit(claims: Iterable[Claim], root: Node, *, firm: int) -> Claims:
    """Hold claims against a root.

    Args:
        claims: in the order in which customers were asked.
        root: what the firm published.
        firm: its number; a leaf of another firm is a ``mismatch``.

    Raises:
        CannotProve: ``reserves.claim_malformed``: an amount below 0 or of another kind.
    """
    rows, shown, hidden = [], set[bytes](), 0
    for each in claims:
        if not isinstance(each.owed, int) or isinstance(each.owed, bool) or each.owed < 0:
            raise CannotProve("reserves.claim_malformed", customer=each.customer[:40])
        finding, counted = _found(each, root, firm)
        if each.proof and finding == "included":
            if each.proof.leaf.hash in shown:
                finding, counted = "shared", 0
            else:
                shown.add(each.proof.leaf.hash)
        rest = max(0, each.owed - counted)
        if finding == "included" and rest:
            finding = "less"
        hidden += rest
        rows.append((each.customer, str(each.owed), finding, str(rest)))
    return Claims(pl.DataFrame(rows, schema=_COLUMNS, orient="row"), hidden)


def _found(claim: Claim, root: Node, firm: int) -> tuple[str, int]:
    """The finding, and how much of the claim is in the total."""
    if claim.proof is None:
        return "missing", 0
    if claim.proof.firm != firm:
        return "mismatch", 0
    finding = check_proof(claim.proof, root)
    return finding, claim.proof.balance if finding == "included" else 0


def unnoticed(customers: int, hidden: int, asked: int) -> float:
    """The probability that nobody who is hidden is among those who are asked.

    Args:
        customers: how many there are.
        hidden: how many of them are hidden.
        asked: how many are asked, drawn by chance without returning.

    Raises:
        CannotProve: ``reserves.sample_malformed``.
    """
    if not (0 <= hidden <= customers and 0 <= asked <= customers):
        raise CannotProve("reserves.sample_malformed")
    return math.comb(customers - hidden, asked) / math.comb(customers, asked)
