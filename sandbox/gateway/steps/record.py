"""Step 12: a refusal is evidence.

What a clause refused is written against the authenticated permit before the
request is answered; a foreign sender, a malformed transaction and everything
that is no clause of the permit is an error and leaves no record.
"""

from __future__ import annotations

from sandbox.chain.node import ChainNode
from sandbox.gateway.refusals import Attempt, Refusals
from sandbox.kit.errors import Refused, SynakError


async def record(refusals: Refusals, node: ChainNode, attempt: Attempt, error: SynakError) -> None:
    """Write an error down if it is evidence.

    Args:
        refusals: the recorder.
        node: of the chain where it happened.
        attempt: what was attempted.
        error: what came of it.

    Raises:
        Unavailable: when the evidence cannot be kept.
    """
    if isinstance(error, Refused):
        await refusals.record(node, attempt, error)
