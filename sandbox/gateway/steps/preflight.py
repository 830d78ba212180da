"""Step 7: would the chain itself refuse this now?

A call at the head, with the time that the next block will carry, shows whether
the Supervisor would revert. If so, the transaction is refused here, with the
clause and its counters, and never reaches the journal. Only a wallet with
nothing queued is asked: behind a queued transaction the head is not the state
that this one will meet, and the chain decides anyway when it is mined.

Any other revert is the start-up's own business: the transaction is taken,
mined and fails there, as on any chain.
"""

from __future__ import annotations

from sandbox.chain.ipc import EngineError
from sandbox.chain.node import ChainNode
from sandbox.chain.transaction import SignedTx
from sandbox.contracts.typed import decode_refusal
from sandbox.gateway.reverts import chain_refusal, revert_data
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import ChainName, PermitNumber


async def preflight(
    node: ChainNode, chain: ChainName, permit: PermitNumber, transaction: SignedTx
) -> None:
    """Refuse what the Supervisor would revert at the head.

    Args:
        node: the chain.
        chain: its name, for the asset of a value limit.
        permit: the authenticated permit, for the words of the refusal.
        transaction: decoded.

    Raises:
        Refused: ``refused.<clause>``.
        InvalidInput: ``gateway.insufficient_funds``.
        Unavailable: ``engine.unavailable``.
    """
    if node.queued(transaction.sender):
        return
    call = {
        "from": transaction.sender,
        "data": "0x" + transaction.data.hex(),
        "gas": hex(transaction.gas),
        "gasPrice": hex(transaction.gas_price),
    }
    if transaction.to is not None:
        call["to"] = transaction.to
    try:
        await node.call("eth_call", call, "latest", {}, {"time": hex(node.next_timestamp())})
    except EngineError as error:
        found = decode_refusal(revert_data(error.data))
        if found is not None:
            raise chain_refusal(found, chain, permit) from error
        if "nsufficient funds" in error.message:
            raise InvalidInput(
                "gateway.insufficient_funds",
                wallet=transaction.sender,
                needed=str(transaction.gas * transaction.gas_price),
            ) from error
