"""Step 6: what the permit's terms say, as far as the chain cannot see it.

1. State and dates: ``active`` within its dates lets everything through to the
   next check. ``suspended``, ``wind_down``, ``ended`` and a term that is over
   let members bring money home (the Supervisor says how): customers' tokens
   always, the settlement wallet unless the permit is suspended, and nobody
   deploys. ``activating`` and ``halted`` let nothing through.
2. Chain: only those of the permit.
3. Native value above gas is refused: it would be money that nobody counts.
4. Gas at most the permit's limit.
"""

from __future__ import annotations

from datetime import datetime

from sandbox.chain.transaction import SignedTx
from sandbox.domain.policy import Policy
from sandbox.gateway.errors import refusal
from sandbox.gateway.identity import Identity
from sandbox.kit.ids import ChainName
from sandbox.kit.money import NoLimit


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
        Refused: ``refused.state``, ``refused.not_started``, ``refused.chain_scope``,
            ``refused.native_value``, ``refused.gas_per_transaction``.
    """
    state(identity, policy, at, deployment=transaction.to is None)
    permit, version = policy.permit, policy.version
    if chain not in policy.chains:
        allowed = ", ".join(policy.chains)
        raise refusal("chain_scope", permit=permit, version=version, limit=allowed, requested=chain)
    if transaction.value:
        raise refusal(
            "native_value",
            permit=permit,
            version=version,
            asset="BNB",
            limit="0",
            requested=str(transaction.value),
        )
    most = policy.limits["gas_per_transaction"]
    if not isinstance(most, NoLimit) and transaction.gas > most:
        raise refusal(
            "gas_per_transaction",
            permit=permit,
            version=version,
            limit=str(most),
            requested=str(transaction.gas),
        )


def state(identity: Identity, policy: Policy, at: datetime, *, deployment: bool) -> None:
    """Refuse what the permit's state and dates do not allow.

    Args:
        identity: whose request it is.
        policy: of that permit.
        at: now.
        deployment: the transaction creates a contract.

    Raises:
        Refused: ``refused.state``, ``refused.not_started``.
    """
    if policy.state == "active" and at < policy.start:
        raise refusal(
            "not_started",
            permit=policy.permit,
            version=policy.version,
            limit=policy.start.isoformat(),
            frees_at=policy.start.isoformat(),
        )
    if policy.state == "active" and at < policy.end:
        return
    home = policy.state in ("active", "suspended", "wind_down", "ended")
    customer = identity.wallet is not None
    if home and not deployment and (customer or policy.state != "suspended"):
        return
    raise refusal(
        "state", permit=policy.permit, version=policy.version, limit=policy.state, used=policy.state
    )
