"""The policies in one sentence each, for papers; exactly: ``sandbox.forensics.policies``."""

from __future__ import annotations

from typing import Final

from sandbox.forensics.policies import Policy
from sandbox.locale.catalogue import N_

DEFINITIONS: Final = {
    Policy.POISON: N_(
        "Poison: a payment is traced in full as soon as the payer holds one traced unit, and what "
        "arrives at such an account becomes traced as well."
    ),
    Policy.HAIRCUT: N_(
        "Haircut: of a payment that share is traced which is traced in the payer's balance, "
        "rounded down to the minor unit."
    ),
    Policy.FIFO: N_(
        "First in, first out: units leave an account in the order in which they arrived."
    ),
    Policy.LIFO: N_("Last in, first out: the unit that arrived last leaves an account first."),
    Policy.LIBR: N_(
        "Lowest intermediate balance: untraced money leaves an account first, and what arrives "
        "later does not restore what was spent."
    ),
}
SOURCES: Final = {
    Policy.POISON: "Möser, Böhme, Breuker (2014)",
    Policy.HAIRCUT: "Möser, Böhme, Breuker (2014); Barlow Clowes v Vaughan [1992] 4 All ER 22",
    Policy.FIFO: "Clayton's case, Devaynes v Noble (1816) 1 Mer 572",
    Policy.LIFO: "—",
    Policy.LIBR: "Roscoe v Winder [1915] 1 Ch 62",
}
"""Where each comes from; of LIFO no court's rule is known to us."""
