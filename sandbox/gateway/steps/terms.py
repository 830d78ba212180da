"""Step 7: what the permit's terms say, as far as the chain cannot see it.

The rules are ``sandbox.domain.admission``; here the first that refuses is raised.
"""

from __future__ import annotations

from datetime import datetime

from sandbox.chain.transaction import SignedTx
from sandbox.domain.admission import Intent, terms_refusals
from sandbox.domain.policy import Policy
from sandbox.gateway.identity import Identity
from sandbox.kit.ids import ChainName


def terms(
    identity: Identity, policy: Policy, chain: ChainName, transaction: SignedTx, at: datetime
) -> None:
    """Refuse what the terms do not allow.

    Args:
        identity: whose request it is.
        policy: of that permit.
        chain: where the transaction goes.
        transaction: decoded.
        at: now.

    Raises:
        Refused: the first of ``terms_refusals``.
    """
    for refused in terms_refusals(policy, intent_of(identity, chain, transaction), at):
        raise refused


def intent_of(identity: Identity, chain: ChainName, transaction: SignedTx) -> Intent:
    """A signed transaction as the rules look at it.

    Args:
        identity: whose request it is.
        chain: where it goes.
        transaction: decoded.
    """
    return Intent(
        chain,
        deployment=transaction.to is None,
        value=transaction.value,
        gas=transaction.gas,
        customer=identity.wallet is not None,
    )
