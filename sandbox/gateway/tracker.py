"""From the chains' journals and blocks to the counters and the live events.

Rules:

- At start the counters are what the journal says of every acknowledged transaction, added
  up while it was read (``chain.tally``); how a deployment ended is in its seal.
- Afterwards each sealed block and each dropped transaction ends deployments: all that are
  no longer queued, so nothing is missed when this listener was cut off for a while.
- Events name the permit of each transaction, so that a page can show its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.chain.events import (
    BlockSealed,
    Event,
    RefusalEvidence,
    RefusalRecorded,
    TransactionDropped,
    TransactionFailed,
)
from sandbox.chain.node import ChainNode
from sandbox.chain.tally import WIDTH
from sandbox.domain.usage import Usage
from sandbox.gateway.reverts import ASSET_OF, VALUE_CLAUSES
from sandbox.gateway.system import SystemWallets
from sandbox.kit.clock import Clock
from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import ChainName, PermitNumber, TxHash

CLAIMED: Final = ("clause", "version", "limit", "used", "requested", "frees_at", "subject", "asset")
"""What only a refusal of the Supervisor itself may say."""
LISTENER_BACKLOG: Final = 2_000
"""Events that wait for one reader of the stream before it is cut off."""


class Tracker:
    """Follows the chains.

    Args:
        usage: the counters that are kept true.
        system: remembers what the platform's own wallets have sent.
        clock: for the rolling window.
    """

    def __init__(self, usage: Usage, system: SystemWallets, clock: Clock) -> None:
        self._usage = usage
        self._system = system
        self._clock = clock
        self._listeners: set[asyncio.Queue[dict[str, Any] | None]] = set()

    async def recount(self, chain: ChainName, node: ChainNode) -> None:
        """Derive the counters of a chain from its journal.

        Args:
            chain: its name.
            node: started.
        """
        tally = node.tally
        for key, digest in tally.system.items():
            self._system.remember(chain, key, digest)
        for permit, buckets in tally.recent.items():
            for number, (count, gas) in buckets.items():
                at = datetime.fromtimestamp(number * WIDTH, UTC)
                self._usage.recount(PermitNumber(permit), at, count, gas)
        for permit, (made, failed) in tally.deployed.items():
            self._usage.created(PermitNumber(permit), made, failed)
        for digest, permit in tally.deploying.items():
            self._usage.recount_deployment(PermitNumber(permit), digest)

    async def follow(self, chain: ChainName, node: ChainNode) -> None:
        """Keep the counters true while the chain runs; never returns before it stops.

        Args:
            chain: its name.
            node: started.
        """
        while True:
            await self._catch_up(node)
            try:
                async for event in node.subscribe():
                    await self._take(chain, node, event)
            except Unavailable:
                await asyncio.sleep(0.05)
            else:
                return

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """What happens from now on, as JSON-able objects.

        Raises:
            Unavailable: ``events.too_slow`` when the reader does not keep up.
        """
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            while (event := await queue.get()) is not None:
                yield event
                if queue.qsize() > LISTENER_BACKLOG:
                    raise Unavailable("events.too_slow", limit=LISTENER_BACKLOG)
        finally:
            self._listeners.discard(queue)

    def close(self) -> None:
        """End every stream."""
        for queue in self._listeners:
            queue.put_nowait(None)

    async def _take(self, chain: ChainName, node: ChainNode, event: Event) -> None:
        if isinstance(event, BlockSealed):
            await self._catch_up(node)
        elif isinstance(event, TransactionDropped):
            self._usage.ended(event.hash, succeeded=None)
        if self._listeners:
            said = {"chain": chain, **_as_json(chain, node, event)}
            for queue in tuple(self._listeners):
                if queue.qsize() <= LISTENER_BACKLOG + 1:
                    queue.put_nowait(said)

    async def _catch_up(self, node: ChainNode) -> None:
        """End the deployments that this chain has mined or dropped (few are ever under way)."""
        for digest in self._usage.under_way():
            if node.meta(digest) is None or node.status(digest) == "queued":
                continue
            if node.status(digest) == "dropped":
                self._usage.ended(digest, succeeded=None)
            elif await node.call("eth_getTransactionReceipt", digest) is not None:
                self._usage.ended(digest, succeeded=await _succeeded(node, digest))


async def _succeeded(node: ChainNode, digest: TxHash) -> bool:
    receipt = await node.call("eth_getTransactionReceipt", digest)
    return isinstance(receipt, dict) and receipt.get("status") == "0x1"


def _as_json(chain: ChainName, node: ChainNode, event: Event) -> dict[str, Any]:
    if isinstance(event, BlockSealed):
        transactions = [
            {"hash": digest, "permit": (node.meta(digest) or {}).get("permit")}
            for digest in event.transactions
        ]
        return {
            "type": "seal",
            "number": event.number,
            "time": event.time,
            "hash": event.hash,
            "transactions": transactions,
        }
    if isinstance(event, TransactionDropped):
        return {
            "type": "dropped",
            "hash": event.hash,
            "reason": event.reason,
            "permit": event.meta.get("permit"),
        }
    kinds = {TransactionFailed: "failure", RefusalRecorded: "refusal"}
    return {"type": kinds[type(event)], **evidence_as_json(chain, event.evidence)}


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat()


def evidence_as_json(
    chain: ChainName, evidence: RefusalEvidence, *, confirmed: bool = False
) -> dict[str, Any]:
    """A piece of evidence for the wire, the same form whoever refused.

    Args:
        chain: where it was kept.
        evidence: as the chain keeps it: the gateway's refusal, or a mined failure.
        confirmed: the clause of a mined failure is the Supervisor's own
            (``sandbox.gateway.mined``); otherwise it is told as ``claimed`` and is no clause.

    Returns:
        ``id`` (its name for ever), ``at`` and ``frees_at`` in ISO 8601 UTC, ``asset`` for a
        value limit, and the body's own fields.
    """
    body, meta = evidence.body, evidence.body.get("meta") or {}
    frees, at = body.get("frees_at"), body.get("at")
    said = {
        "method": meta.get("method"),
        "account": meta.get("account"),
        "request_id": meta.get("request_id"),
        "asset": ASSET_OF[chain] if body.get("clause") in VALUE_CLAUSES else None,
        "count": 1,
        **body,
        "id": f"{chain}:{evidence.cursor}",
        "cursor": evidence.cursor,
        "chain": chain,
        "permit": evidence.permit,
        "at": at if isinstance(at, str) else _iso(evidence.at),
    }
    if isinstance(frees, int):
        said["frees_at"] = _iso(frees)
    if body.get("source") == "mined" and not confirmed:
        said |= {"claimed": body.get("clause"), **dict.fromkeys(CLAIMED)}
    return said
