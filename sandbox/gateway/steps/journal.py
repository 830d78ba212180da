"""Step 10: into the journal, and only then is anything acknowledged.

The policy is looked at once more on the line above the journal, without a pause
in between: a permit that was suspended while its transaction was being checked
is refused all the same.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.chain.node import ChainNode
from sandbox.chain.transaction import SignedTx
from sandbox.domain.usage import Place, Usage
from sandbox.gateway.identity import Identity
from sandbox.gateway.policies import PolicyStore, Standing
from sandbox.kit.ids import TxHash


async def journal(  # noqa: PLR0913
    node: ChainNode,
    transaction: SignedTx,
    *,
    identity: Identity,
    seen: Standing,
    policies: PolicyStore,
    usage: Usage,
    place: Place,
    recheck: Callable[[Standing], None],
    meta: dict[str, str],
) -> TxHash:
    """Make a transaction durable.

    Args:
        node: the chain.
        transaction: admitted.
        identity: whose it is.
        seen: the policy that it was admitted under.
        policies: the policies now.
        usage: all counters.
        place: the room it holds; given back when it does not get into the journal.
        recheck: the checks to repeat when the policy has changed meanwhile.
        meta: kept beside it in the journal.

    Raises:
        Refused: as ``recheck``.
        InvalidInput, Conflict, Unavailable: as ``ChainNode.submit``.
    """
    try:
        now = policies.standing(identity.permit)
        if now is not seen:
            recheck(now)
        return await node.submit(transaction, meta)
    except BaseException:
        usage.give_back(place)
        raise
