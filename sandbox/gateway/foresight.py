"""What a transaction would do at the head, found by trying it out: storage, new contracts.

Rules:

- One trial of ``debug_traceCall`` with the prestate tracer's differences and without code:
  what it answers is bounded by the gas that the transaction pays for. Never a call trace.
- It is tried at the head, with the time that the next block will carry. What is queued
  before it can change what it does: that is seen after its block, never taken back.
- What cannot be tried in ``SECONDS`` is refused where something is watched over:
  ``gateway.cannot_foresee``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.chain.ipc import EngineError
from sandbox.chain.node import ChainNode
from sandbox.chain.transaction import SignedTx
from sandbox.gateway.layers import Overlay
from sandbox.kit.errors import Unavailable

SECONDS: Final = 3.0
"""How long trying one transaction may take."""


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
    call = {
        "from": transaction.sender,
        "data": "0x" + transaction.data.hex(),
        "gas": hex(transaction.gas),
        "gasPrice": "0x0",
    }
    if transaction.to is not None:
        call["to"] = transaction.to
    options: dict[str, Any] = {
        "tracer": "prestateTracer",
        "tracerConfig": {"diffMode": True, "disableCode": True},
        "blockOverrides": {"time": hex(node.next_timestamp())},
    }
    try:
        async with asyncio.timeout(SECONDS):
            found = await node.call("debug_traceCall", call, "latest", options)
    except (EngineError, TimeoutError) as error:
        reason = error.message[:120] if isinstance(error, EngineError) else "timeout"
        raise Unavailable("gateway.cannot_foresee", reason=reason) from error
    return read_difference(found, transaction.sender)


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
