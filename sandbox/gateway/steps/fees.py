"""Before step 9: on the chain where gas is free, whoever offers a fee all the same can pay it.

Most clients take the price from ``eth_gasPrice`` and offer nothing there. Some never offer less
than one wei (cast: its least priority fee), and an account of zero balance could not send by them.
So the treasury lends such a wallet, once, native test money that is worth nothing and cannot be
sent on (native value is refused): a system transaction like any other, in the journal under its
own idempotency key, mined before the wallet's.

Nothing is lent for a fee above ``MOST``, nor twice: then it is the sender who must offer zero.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from sandbox.chain.national import GAS_PRICES
from sandbox.chain.node import ChainNode
from sandbox.chain.transaction import SignedTx
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import Address, ChainName, PermitNumber

LENT: Final = 10**15
"""Wei, lent once to a wallet: at one wei a unit of gas for about 60 million transactions."""
MOST: Final = 10**14
"""Wei: the highest fee of one transaction for which anything is lent."""

Lend = Callable[[ChainName, Address, PermitNumber, int], Awaitable[Mapping[str, Any]]]
"""Sends native test money from the treasury, once per wallet, and waits until it is there."""


async def fees(
    chain: ChainName, node: ChainNode, lend: Lend, permit: PermitNumber, transaction: SignedTx
) -> None:
    """Let the sender pay the fee that it offers, where no fee is asked.

    Args:
        chain: where the transaction goes.
        node: of that chain.
        lend: sends it.
        permit: the sender's, kept beside it in the journal.
        transaction: decoded.

    Raises:
        InvalidInput: ``gateway.insufficient_funds``.
        Unavailable: chain or signer out of reach.
    """
    needed = transaction.gas * transaction.fee_cap
    if GAS_PRICES[chain] or not needed:
        return
    if await _holds(node, transaction.sender) >= needed:
        return
    if needed <= MOST:
        await lend(chain, transaction.sender, permit, LENT)
        if await _holds(node, transaction.sender) >= needed:
            return
    raise InvalidInput("gateway.insufficient_funds", wallet=transaction.sender, needed=str(needed))


async def _holds(node: ChainNode, wallet: Address) -> int:
    return int(await node.call("eth_getBalance", wallet, "latest"), 16)
