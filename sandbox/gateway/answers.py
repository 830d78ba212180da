"""Methods that the gateway answers itself, and reads that go to the engine.

Rules: fees are what the chain's own terms say (the engine answers 1 gwei even
when gas is free); the next nonce of a wallet is that of our queue, since the
engine only ever knows the next block; a log range is bounded, measured against
the head; a revert is answered in words with its data.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from sandbox import __version__
from sandbox.chain.ipc import EngineError
from sandbox.chain.national import GAS_PRICES
from sandbox.gateway import parameters as p
from sandbox.gateway.reverts import revert_data, reverted
from sandbox.gateway.submission import Where
from sandbox.gateway.top_call import top_call
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import CHAIN_IDS, ChainName, PermitNumber, checksum

_FEES: Final = frozenset({"gasPrice", "maxFeePerGas", "maxPriorityFeePerGas"})
"""Left out of calls where gas is free: a client that offers 1 wei could not pay even that."""
_BLOCKS: Final = frozenset({"eth_getBlockByHash", "eth_getBlockByNumber"})
"""The engine wants to be told whether with whole transactions; left out, it is without."""
_TRACES: Final = frozenset({"debug_traceCall", "debug_traceTransaction"})
FEE_BLOCKS: Final = 1024

Answer = Callable[[Where, list[Any]], Awaitable[Any]]


async def _count(where: Where, params: list[Any]) -> Any:
    """``eth_getTransactionCount``: ``pending`` is our queue, everything else the engine."""
    address = checksum(params[0])
    if len(params) > 1 and params[1] == "pending":
        return hex(where.node.pending_nonce(address))
    tag = params[1] if len(params) > 1 else "latest"
    return await where.node.call("eth_getTransactionCount", address, tag)


async def _fee_history(where: Where, params: list[Any]) -> Any:
    """``eth_feeHistory``: base fees of zero and one price for everybody."""
    count, newest = int(params[0], 16), params[1]
    percentiles = params[2] if len(params) > 2 else []
    if not 1 <= count <= FEE_BLOCKS:
        raise p.wrong(f"block count: 1 to {FEE_BLOCKS}")
    head = where.node.head.number
    last = min(int(newest, 16), head) if newest.startswith("0x") else head
    last = 0 if newest == "earliest" else last
    count = min(count, last + 1)
    price = hex(GAS_PRICES[where.chain])
    answer: dict[str, Any] = {
        "oldestBlock": hex(last - count + 1),
        "baseFeePerGas": ["0x0"] * (count + 1),
        "gasUsedRatio": [0.0] * count,
    }
    if percentiles:
        answer["reward"] = [[price] * len(percentiles)] * count
    return answer


def _constant(value: Callable[[ChainName], Any]) -> Answer:
    async def answer(where: Where, _params: list[Any]) -> Any:
        return value(where.chain)

    return answer


ANSWERS: Final[dict[str, Answer]] = {
    "eth_chainId": _constant(lambda chain: hex(CHAIN_IDS[chain])),
    "eth_feeHistory": _fee_history,
    "eth_gasPrice": _constant(lambda chain: hex(GAS_PRICES[chain])),
    "eth_getTransactionCount": _count,
    "eth_maxPriorityFeePerGas": _constant(lambda chain: hex(GAS_PRICES[chain])),
    "eth_syncing": _constant(lambda _chain: False),
    "net_listening": _constant(lambda _chain: True),
    "net_version": _constant(lambda chain: str(CHAIN_IDS[chain])),
    "web3_clientVersion": _constant(lambda _chain: f"synak/{__version__}"),
}


async def read(
    where: Where,
    permit: PermitNumber,
    method: str,
    params: list[Any],
    *,
    most: int | None = None,
) -> Any:
    """Ask the engine.

    Args:
        where: the chain.
        permit: the authenticated permit, for the words of a refusal.
        method: of kind READ.
        params: as its schema read them.
        most: the longest answer that is taken, bytes.

    Raises:
        AnswerTooLong: it is longer.
        SynakError: ``gateway.reverted`` with the data of the revert.
        InvalidInput: ``gateway.log_range``.
        EngineError, Unavailable: as ``ChainNode.call``.
    """
    if method == "eth_getLogs":
        _check_range(params[0], where.node.head.number)
    if GAS_PRICES[where.chain] == 0 and params and isinstance(params[0], dict):
        params = [{name: v for name, v in params[0].items() if name not in _FEES}, *params[1:]]
    if method in _BLOCKS and len(params) == 1:
        params = [*params, False]
    try:
        found = await where.node.call(method, *params, most=most)
        if method in _TRACES:
            return top_call(found)
        return with_margin(found) if method == "eth_estimateGas" else found
    except EngineError as error:
        if error.rpc_code == 3 or "reverted" in error.message:
            raise reverted(revert_data(error.data), where.chain, permit) from error
        raise


def with_margin(estimate: str) -> str:
    """An estimate with a tenth to spare, at most what one transaction may use.

    A transfer that opens a new half hour of the rolling window costs a little more than the
    same one estimated just before.

    Args:
        estimate: the engine's, as a quantity.
    """
    gas = int(estimate, 16)
    return hex(min(gas + gas // 10, p.TRANSACTION_GAS))


def _check_range(log_filter: dict[str, Any], head: int) -> None:
    """A range of blocks, measured against the head; tags stand for the head or block 0."""
    if "blockHash" in log_filter:
        return
    tags = {"earliest": 0, "latest": head, "safe": head, "finalized": head}

    def number(value: str) -> int:
        return tags[value] if value in tags else int(value, 16)

    first, last = number(log_filter["fromBlock"]), min(number(log_filter["toBlock"]), head)
    if last - first >= p.LOG_RANGE:
        raise InvalidInput("gateway.log_range", limit=p.LOG_RANGE, requested=last - first + 1)
