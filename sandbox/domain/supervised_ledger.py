"""Supervised ledgers: records of asking that a contract be admitted, deciding, closing.

Rules:

1. A contract that holds many people's money (a pool, a wallet service, a token of one's own) is
   admitted by two regulators, since it lets more happen; one refuses, and one closes, at once.
2. A contract is asked about once at a time; refused, it may be asked about again.
3. Admitted it is a ledger for ever: closing ends what comes in, payouts go on, and a closed ledger
   is never opened again (the contract ``SupervisedLedgers`` holds all of this).

>>> [state.value for state in WAITING]
['asked', 'signed']
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sandbox.kit.ids import AccountName, Address, ChainName, PermitNumber


class LedgerState(StrEnum):
    """Where a supervised ledger stands."""

    ASKED = "asked"
    SIGNED = "signed"
    ADMITTING = "admitting"
    ADMITTED = "admitted"
    REFUSED = "refused"
    FAILED = "failed"
    CLOSING = "ledger_closing"
    CLOSED = "ledger_closed"


WAITING: Final = (LedgerState.ASKED, LedgerState.SIGNED)
"""A decision is still to come."""
KEPT: Final = (LedgerState.ADMITTED, LedgerState.CLOSING, LedgerState.CLOSED)
"""The chain keeps claims for it."""
STANDING: Final = (*WAITING, LedgerState.ADMITTING, *KEPT)
"""Nobody asks about the same contract beside these."""


@dataclass(frozen=True)
class SupervisedLedger:
    """One contract that is, or shall become, a supervised ledger of one permit.

    Attributes:
        name: what it is called, for people.
        purpose: whose money it holds and what it does with it, in the team's words.
        signatures: ``{account, person, address, signature, at}`` of each regulator who admitted.
        nonce: the chain's, that the signatures carry.
        reason: the words of whoever decided last.
        failure: why the chain would not have the last decision; None: it did.
        tx_hash: of the transaction that put the last decision on chain.
    """

    id: str
    permit: PermitNumber
    chain: ChainName
    address: Address
    name: str
    purpose: str
    state: LedgerState
    asked_by: AccountName
    asked_at: datetime
    signatures: tuple[Mapping[str, Any], ...] = ()
    nonce: int = 0
    reason: str = ""
    decided_by: AccountName | None = None
    decided_at: datetime | None = None
    failure: str | None = None
    tx_hash: str | None = None
    revision: int = 0
