"""What a transaction would do at the head, found by trying it out: storage, new contracts.

Rules:

- One trial of ``debug_traceCall`` with the prestate tracer's differences and without code:
  what it answers is bounded by the gas that the transaction pays for. Never a call trace:
  each call's input would be copied into it. Whose code whom runs is asked with a tracer of
  our own that keeps one pair of addresses for each delegate call and no input (``delegates``).
- It is tried at the head, with the time that the next block will carry. What is queued
  before it can change what it does: that is seen after its block, never taken back.
- What cannot be tried in ``SECONDS`` is refused where something is watched over:
  ``gateway.cannot_foresee``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.chain.ipc import EngineError
from sandbox.chain.node import ChainNode
from sandbox.chain.transaction import SignedTx
from sandbox.gateway.layers import Overlay
from sandbox.kit.errors import Unavailable

SECONDS: Final = 3.0
"""How long trying one transaction may take."""
TRACED_GAS: Final = 3_000_000
"""What a transaction that touches a watched contract may have as its gas limit: each of its
calls is looked at, some 30,000 at the most."""
_DELEGATES: Final = """{found: {}, watched: %s,
enter: function(frame) {
  var kind = frame.getType();
  if (kind != 'DELEGATECALL' && kind != 'CALLCODE') return;
  var account = toHex(frame.getFrom()).toLowerCase();
  if (this.watched[account]) this.found[account + ' ' + toHex(frame.getTo()).toLowerCase()] = 1;
},
exit: function() {}, fault: function() {}, result: function() { return this.found; }}"""


@dataclass(frozen=True)
class Foreseen:
    """What a transaction would leave behind.

    Attributes:
        overlay: the changed storage.
        created: addresses of contracts that it would create, itself included.
    """

    overlay: Overlay
    created: tuple[str, ...]


async def foresee(node: ChainNode, transaction: SignedTx) -> Foreseen:
    """Try a transaction at the head.

    Args:
        node: the chain.
        transaction: decoded.

    Raises:
        Unavailable: ``gateway.cannot_foresee``.
    """
    tracing = {
        "tracer": "prestateTracer",
        "tracerConfig": {"diffMode": True, "disableCode": True},
    }
    return read_difference(await _tried(node, transaction, tracing), transaction.sender)


async def delegates(
    node: ChainNode, transaction: SignedTx, watched: Collection[str]
) -> frozenset[tuple[str, str]]:
    """Whose code watched accounts would run as their own, at any moment of a transaction.

    Args:
        node: the chain.
        transaction: decoded.
        watched: addresses.

    Returns:
        Pairs of account and the address of the code, lower-case.

    Raises:
        Unavailable: ``gateway.cannot_foresee``.
    """
    accounts = json.dumps({each.lower(): 1 for each in watched})
    found = await _tried(node, transaction, {"tracer": _DELEGATES % accounts})
    return frozenset((pair[:42], pair[43:]) for pair in found)


async def touches(node: ChainNode, transaction: SignedTx) -> frozenset[str]:
    """Every account that a transaction would read or call, lower-case.

    Args:
        node: the chain.
        transaction: decoded.

    Raises:
        Unavailable: ``gateway.cannot_foresee``.
    """
    tracing = {"tracer": "prestateTracer", "tracerConfig": {"disableCode": True}}
    return frozenset(map(str.lower, await _tried(node, transaction, tracing)))


async def _tried(node: ChainNode, transaction: SignedTx, tracing: Mapping[str, Any]) -> Any:
    call = {
        "from": transaction.sender,
        "data": "0x" + transaction.data.hex(),
        "gas": hex(transaction.gas),
        "gasPrice": "0x0",
    }
    if transaction.to is not None:
        call["to"] = transaction.to
    options = {**tracing, "blockOverrides": {"time": hex(node.next_timestamp())}}
    try:
        async with asyncio.timeout(SECONDS):
            return await node.call("debug_traceCall", call, "latest", options)
    except (EngineError, TimeoutError) as error:
        reason = error.message[:120] if isinstance(error, EngineError) else "timeout"
        raise Unavailable("gateway.cannot_foresee", reason=reason) from error


def read_difference(found: Mapping[str, Any], sender: str) -> Foreseen:
    """Read the prestate tracer's answer.

    Args:
        found: ``{"pre", "post"}`` by lower-case address.
        sender: its nonce grows without it being a contract.

    >>> post = {"0x02": {"nonce": 1}, "0x01": {"nonce": 8}, "0x03": {"storage": {"0x0": "0x1"}}}
    >>> seen = read_difference({"pre": {"0x01": {"nonce": 7}, "0x03": {}}, "post": post}, "0x01")
    >>> seen.created, dict(seen.overlay.storage)
    (('0x02',), {'0x03': {'0x0': '0x1'}})
    """
    pre, post = found.get("pre") or {}, found.get("post") or {}
    storage: dict[str, Mapping[str, str]] = {}
    created = []
    for account, after in post.items():
        before = pre.get(account) or {}
        kept, changed = before.get("storage") or {}, after.get("storage") or {}
        cells = {**dict.fromkeys(kept, "0x" + "0" * 64), **changed}
        if cells:
            storage[account.lower()] = cells
        new = "nonce" in after and not before.get("nonce")
        if new and account.lower() != sender.lower():
            created.append(account)
    for account, before in pre.items():
        cleared = set(before.get("storage") or {})
        if cleared and account.lower() not in storage:
            storage[account.lower()] = dict.fromkeys(cleared, "0x" + "0" * 64)
    return Foreseen(Overlay(storage), tuple(created))
