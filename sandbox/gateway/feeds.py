"""What the chains bring to those who subscribed: heads, logs, the permit's own transactions.

Rules:

- Only sealed blocks are told, each once and in order, from the block after the subscription.
- A block is read once for all subscribers of its chain, and only while there are any.
- ``newPendingTransactions`` tells what was acknowledged for the asking permit (for a customer's
  token: from that customer's wallet); never anybody else's.
- A subscriber is handed text and never waited for: who cannot keep up is that connection's
  business.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import structlog

from sandbox.chain.events import BlockSealed
from sandbox.chain.ipc import EngineError
from sandbox.chain.node import ChainNode
from sandbox.gateway.identity import Identity
from sandbox.kit.errors import SynakError, Unavailable
from sandbox.kit.ids import Address, ChainName, TxHash

AT_ONCE: Final = 500
"""Logs that are handed out before others get a turn."""
_RETRY: Final = 0.2
_NOT_HEADER: Final = ("transactions", "uncles", "size", "withdrawals", "totalDifficulty")

_log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class Subscription:
    """One subscription of one connection.

    Attributes:
        kind: ``newHeads``, ``logs`` or ``newPendingTransactions``.
        chain: of which chain.
        identity: whose.
        deliver: takes the text of a notification.
        addresses: of a log's contract, lower case; None for any.
        topics: each a set of alternatives, None for any.
        id: as the client knows it.
    """

    kind: str
    chain: ChainName
    identity: Identity
    deliver: Callable[[str], None]
    addresses: frozenset[str] | None = None
    topics: tuple[frozenset[str] | None, ...] = ()
    id: str = field(default_factory=lambda: "0x" + secrets.token_hex(16))

    def tell(self, result: bytes) -> None:
        """Hand over one result.

        Args:
            result: JSON.
        """
        self.deliver(
            '{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"'
            f'{self.id}","result":{result.decode()}}}}}'
        )

    def wants(self, log: dict[str, Any]) -> bool:
        """Whether a log passes the filter. Source: go-ethereum, ``eth_newFilter``.

        Args:
            log: as the engine gives it.
        """
        if self.addresses is not None and log["address"].lower() not in self.addresses:
            return False
        found = log["topics"]
        return len(found) >= len(self.topics) and all(
            asked is None or topic in asked
            for asked, topic in zip(self.topics, found, strict=False)
        )


def filtered(
    named: dict[str, Any],
) -> tuple[frozenset[str] | None, tuple[frozenset[str] | None, ...]]:
    """Addresses and topics of a filter as ``parameters.subscribing`` read it.

    >>> filtered({"topics": [None, "0x11"]})
    (None, (None, frozenset({'0x11'})))
    """
    addresses = frozenset(named["address"]) if named.get("address") else None
    topics = []
    for each in named.get("topics", []):
        many = each if isinstance(each, list) else [each]
        topics.append(None if each is None or not many else frozenset(many))
    return addresses, tuple(topics)


class Feeds:
    """The feeds of all chains."""

    def __init__(self) -> None:
        self._blocks: dict[ChainName, _Blocks] = {}
        self._own: dict[tuple[ChainName, str], set[Subscription]] = {}

    def add(self, node: ChainNode, made: Subscription) -> None:
        """Begin to tell a subscription.

        Args:
            node: its chain.
            made: whom to tell.

        Raises:
            Unavailable: ``node.closed``.
        """
        if made.kind == "newPendingTransactions":
            self._own.setdefault((made.chain, made.identity.permit), set()).add(made)
            return
        blocks = self._blocks.get(made.chain)
        if blocks is None or blocks.over:
            blocks = self._blocks[made.chain] = _Blocks(node)
        blocks.subscribers.add(made)

    def remove(self, made: Subscription) -> None:
        """End a subscription; unknown ones are none.

        Args:
            made: as it was added.
        """
        key = (made.chain, made.identity.permit)
        own = self._own.get(key, set())
        own.discard(made)
        if not own:
            self._own.pop(key, None)
        blocks = self._blocks.get(made.chain)
        if blocks is not None:
            blocks.subscribers.discard(made)
            if not blocks.subscribers:
                blocks.stop()
                del self._blocks[made.chain]

    def acknowledged(
        self, chain: ChainName, identity: Identity, sender: Address, digest: TxHash
    ) -> None:
        """A transaction is in the journal.

        Args:
            chain: where.
            identity: whose.
            sender: its wallet.
            digest: its hash.
        """
        if not self._own:
            return
        for each in tuple(self._own.get((chain, identity.permit), ())):
            if each.identity.wallet in (None, sender):
                each.tell(orjson.dumps(digest))

    async def close(self) -> None:
        """Tell nobody anything more."""
        for blocks in self._blocks.values():
            blocks.stop()
        self._blocks.clear()
        self._own.clear()


class _Blocks:
    """Follows one chain while somebody wants its blocks."""

    def __init__(self, node: ChainNode) -> None:
        self.subscribers: set[Subscription] = set()
        self._node = node
        self._told = node.head.number
        self._events = node.subscribe()
        self._task = asyncio.create_task(self._follow())

    @property
    def over(self) -> bool:
        """It follows no longer."""
        return self._task.done()

    def stop(self) -> None:
        """Follow no longer."""
        self._task.cancel()

    async def _follow(self) -> None:
        while True:
            try:
                async for event in self._events:
                    if isinstance(event, BlockSealed):
                        await self._tell_up_to(event.number)
            except Unavailable:  # this listener was cut off: go on with what it missed
                self._events = self._node.subscribe()
                await self._tell_up_to(self._node.head.number)
            else:
                return

    async def _tell_up_to(self, number: int) -> None:
        while self._told < number:
            await self._tell(self._told + 1)
            self._told += 1

    async def _tell(self, number: int) -> None:
        heads = [each for each in self.subscribers if each.kind == "newHeads"]
        if heads:
            block = await self._read("eth_getBlockByNumber", hex(number), False)
            header = orjson.dumps({k: v for k, v in block.items() if k not in _NOT_HEADER})
            for each in heads:
                each.tell(header)
        logs = [each for each in self.subscribers if each.kind == "logs"]
        if logs:
            await self._tell_logs(number, logs)

    async def _tell_logs(self, number: int, wanting: list[Subscription]) -> None:
        asked: dict[str, Any] = {"fromBlock": hex(number), "toBlock": hex(number)}
        addresses = [each.addresses for each in wanting]
        if None not in addresses:
            asked["address"] = sorted(frozenset().union(*(each for each in addresses if each)))
        found = await self._read("eth_getLogs", asked)
        for place, log in enumerate(found, start=1):
            written: bytes | None = None
            for each in wanting:
                if each in self.subscribers and each.wants(log):
                    written = written or orjson.dumps(log)
                    each.tell(written)
            if place % AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _read(self, method: str, *params: Any) -> Any:
        """Ask until the engine answers: it may just be starting anew."""
        while True:
            with contextlib.suppress(EngineError, SynakError):
                return await self._node.call(method, *params)
            if self._node.stats()["state"] == "closed":
                raise Unavailable("node.closed", chain=self._node.spec.chain)
            await asyncio.sleep(_RETRY)
