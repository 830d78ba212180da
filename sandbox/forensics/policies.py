"""The policies of tracing: which part of what an account pays is tainted.

Each is defined for an account ledger: an account holds a balance, of which a part is tainted.
What a row in ``seeds`` moves is tainted on arrival, whatever it was before. Forward, with ``B``
the payer's balance before a row, ``T`` the tainted part of it and ``v`` the amount, the row moves

- **poison**: all of ``v`` where ``T`` > 0: one tainted unit taints the pot. What arrives in a
  tainted pot is tainted as well; a pot that was emptied is a new one. Source: Möser, Böhme,
  Breuker, "Towards Risk Scoring of Bitcoin Transactions" (2014), with the account in place of the
  transaction's inputs.
- **haircut**: ``floor(T * v / B)`` minor units. Rounded down: what is left of a unit stays with
  the payer, so that no value is made or lost; a whole balance takes all its taint along. Source:
  the same; in law the rateable share of mixed funds (Barlow Clowes International v Vaughan [1992]
  4 All ER 22).
- **fifo**: of the units that leave, in the order in which they arrived, the tainted ones. Units of
  one row keep their order. Source: Clayton's case, Devaynes v Noble (1816) 1 Mer 572; Anderson,
  Shumailov, Ahmed, "Making Bitcoin Legal" (2018).
- **lifo**: as fifo, but the unit that arrived last leaves first. Source: the convention of book
  keeping; no court's rule that is known to us.
- **libr**, lowest intermediate balance: ``max(0, v - (B - T))``. Clean money leaves first, so that
  the tainted part is never more than the lowest balance since; later clean money does not restore
  it. Source: Roscoe v Winder [1915] 1 Ch 62.

TIHO (taint-in, highest-out) is left out: it sends the tainted inputs of one transaction to its
largest outputs, and a transaction of an account ledger has, as a rule, one. Each substitute for
that would be a rule of our own under somebody else's name. Source of the rule: Tironsakkul, Maarek,
Eross, Just, "Probing the Mystery of Cryptocurrency Theft" (2019), to be confirmed. On a ledger of
coins it is stated and computed: ``sandbox.forensics.foreign.highest_out``.

Backward, the same rules run over the ledger in reverse, with payer and payee exchanged: how much
of what the seeds moved came by each earlier row. For poison, fifo and lifo that is exactly the
transpose of forward: from row a forward to row b as much as from row b backward to row a; for
haircut up to the rounding. LIBR has no backward form: it says what a claimant may still claim, and
which of several arrivals was spent first it does not say.
"""

from __future__ import annotations

from enum import StrEnum

from sandbox.forensics.errors import CannotTrace


class Policy(StrEnum):
    """A rule that says which part of a payment is tainted; see the module."""

    POISON = "poison"
    HAIRCUT = "haircut"
    FIFO = "fifo"
    LIFO = "lifo"
    LIBR = "libr"


def policy_of(name: str, *, backward: bool) -> Policy:
    """A policy by its name.

    Args:
        name: as in ``Policy``, in any case.
        backward: whether it is to run backward.

    Raises:
        CannotTrace: ``forensics.policy_unknown``, ``forensics.policy_tiho``,
            ``forensics.policy_forward_only``.
    """
    wanted = str(name).lower()
    if wanted == "tiho":
        raise CannotTrace("forensics.policy_tiho")
    if wanted not in list(Policy):
        raise CannotTrace("forensics.policy_unknown", name=str(name)[:40], known=", ".join(Policy))
    if backward and wanted == Policy.LIBR:
        raise CannotTrace("forensics.policy_forward_only")
    return Policy(wanted)
