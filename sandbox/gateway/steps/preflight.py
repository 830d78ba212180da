"""Step 9: would the chain itself refuse this now?

A call at the head, with the time that the next block will carry, shows whether
the Supervisor would revert. If so, the transaction is refused here, with the
clause and its counters, and never reaches the journal. Only a wallet with
nothing queued is asked: behind a queued transaction the head is not the state
that this one will meet, and the chain decides anyway when it is mined.

Revert data alone proves nothing: a contract may return whatever it likes, also
what looks like a refusal, and may hide one behind words of its own. Only what a
trace shows the Supervisor itself to have answered is one. Any other revert is the
start-up's own business: the transaction is taken, mined and fails there, as on any
chain.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from sandbox.chain.ipc import EngineError
from sandbox.chain.node import ChainNode
from sandbox.chain.transaction import SignedTx
from sandbox.contracts.trace import refusal_tracer, refusals_traced
from sandbox.contracts.typed import ChainRefusal, decode_refusal
from sandbox.gateway.reverts import chain_refusal, revert_data
from sandbox.kit.errors import InvalidInput, Unavailable
from sandbox.kit.ids import Address, ChainName, PermitNumber

CONFIRM_GAS: Final = 500_000
"""Gas for confirming a refusal: each call is looked at, which takes longer than its gas says."""
CONFIRM_SECONDS: Final = 2.0
"""How long confirming one may take."""


async def preflight(
    node: ChainNode,
    chain: ChainName,
    supervisor: Address,
    permit: PermitNumber,
    transaction: SignedTx,
) -> None:
    """Refuse what the Supervisor would revert at the head.

    Args:
        node: the chain.
        chain: its name, for the asset of a value limit.
        supervisor: whose answer counts.
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
    time = hex(node.next_timestamp())
    try:
        await node.call("eth_call", call, "latest", {}, {"time": time})
    except EngineError as error:
        found = await confirmed(node, supervisor, call, error, time=time)
        if found is not None:
            raise chain_refusal(found, chain, permit) from error
        if "nsufficient funds" in error.message:
            raise InvalidInput(
                "gateway.insufficient_funds",
                wallet=transaction.sender,
                needed=str(transaction.gas * transaction.gas_price),
            ) from error


async def confirmed(
    node: ChainNode,
    supervisor: Address,
    call: dict[str, Any],
    error: EngineError,
    *,
    time: str | None = None,
    overrides: dict[str, Any] | None = None,
) -> ChainRefusal | None:
    """The refusal behind a revert, if the Supervisor itself gave it.

    A contract between may have swallowed its words (Uniswap's router says "TransferHelper:
    TRANSFER_FROM_FAILED"): what the Supervisor said within a call that fails is found all the same.

    Args:
        node: the chain.
        supervisor: whose answer counts.
        call: what reverted, at the head.
        error: the engine's answer to it.
        time: the timestamp that it was called with, as a quantity.
        overrides: of the state that it was called on.

    Returns:
        None when the Supervisor refused nothing, a contract made its refusal up, or it cannot
        be confirmed cheaply: the transaction is then the chain's to refuse.
    """
    if error.rpc_code != 3 and "reverted" not in error.message:
        return None
    claimed = decode_refusal(revert_data(error.data))
    options: dict[str, Any] = {"tracer": refusal_tracer(supervisor)}
    if time is not None:
        options["blockOverrides"] = {"time": time}
    if overrides:
        options["stateOverrides"] = overrides
    bounded = {**call, "gas": hex(min(int(call["gas"], 16), CONFIRM_GAS))}
    try:
        async with asyncio.timeout(CONFIRM_SECONDS):
            answers = await node.call("debug_traceCall", bounded, "latest", options)
    except (EngineError, Unavailable, TimeoutError):
        return None
    given = refusals_traced(answers)
    if claimed is None:
        return given[-1] if given else None
    return claimed if claimed in given else None
