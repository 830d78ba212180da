"""Step 8: is there room in the permit's quotas?

The key is the permit, never the network address: all its tokens, wallets and
chains draw from the same counters (``sandbox.domain.usage``). Requests a
second are charged for every request, also for reads and for refused ones; compute
units for every request that is offered; transactions, their gas and deployments
only for what goes towards the journal.
"""

from __future__ import annotations

from datetime import datetime

from sandbox.chain.transaction import SignedTx
from sandbox.domain.admission import payload_refusals
from sandbox.domain.policy import Policy
from sandbox.domain.usage import Place, Usage
from sandbox.gateway.ledger import UnitLedger
from sandbox.kit.money import NoLimit


def request(policy: Policy, usage: Usage, now: float) -> None:
    """Charge one request.

    Args:
        policy: of the asking permit.
        usage: all counters.
        now: seconds of a monotonic clock.

    Raises:
        Refused: ``refused.requests_per_second``.
    """
    usage.request(policy, now)


def units(policy: Policy, usage: Usage, ledger: UnitLedger, price: int, at: datetime) -> bool:
    """Charge the compute units of one request.

    Args:
        policy: of the asking permit.
        usage: all counters.
        ledger: keeps the units over a restart.
        price: of the request.
        at: now.

    Returns:
        Whether the ledger's file holds them already, or need not for this permit.

    Raises:
        Refused: ``refused.units_per_day``.
    """
    usage.charge(policy, price, at)
    held = ledger.note(policy.permit, price, at)
    return held or isinstance(policy.limits["units_per_day"], NoLimit)


def payload(policy: Policy, length: int) -> None:
    """Refuse a body that is longer than the permit allows.

    Args:
        policy: of the asking permit.
        length: bytes of the HTTP body.

    Raises:
        Refused: ``refused.payload_bytes``.
    """
    for refused in payload_refusals(policy, length):
        raise refused


def transaction(policy: Policy, usage: Usage, signed: SignedTx, at: datetime) -> Place:
    """Take room for one transaction, before anything is awaited.

    Args:
        policy: of the asking permit.
        usage: all counters.
        signed: the transaction.
        at: now.

    Raises:
        Refused: ``refused.transactions_per_day``, ``refused.gas_per_day``,
            ``refused.deployments``.
    """
    deployment = signed.to is None
    return usage.take(policy, signed.hash, at, deployment=deployment, gas=signed.gas)
