"""What the chains bring to those who subscribed: heads, logs, the permit's own transactions.

Rules:

- Only sealed blocks are told, each once and in order, from the block after the subscription.
- A block is read once for all subscribers of one kind, and only while there are any.
- ``newPendingTransactions`` tells what was acknowledged for the asking permit (for a customer's
  token: from that customer's wallet); never anybody else's.
- Heads and logs are followed apart, so that neither waits for the other.
- Where a block's logs are too many for one answer, each filter is asked alone; whoever's own
  are still too many is closed with the reason, and the next block comes.
- A subscriber is handed text and never waited for: who cannot keep up is that connection's
  business.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

import orjson
import structlog

from sandbox.chain.events import BlockSealed
from sandbox.chain.ipc import EngineError
from sandbox.chain.node import ChainNode
from sandbox.gateway.identity import Identity
from sandbox.kit.errors import Conflict, InvalidInput, SynakError, Unavailable
from sandbox.kit.ids import Address, ChainName, TxHash

AT_ONCE: Final = 500
"""Looks at a log for a subscription, or hand-outs, before others get a turn."""
OF_PERMIT: Final = 256
"""Subscriptions of one permit on one chain."""
_RETRY: Final = 0.2
_TRIES: Final = 50
"""Times that an engine that cannot be asked is asked for a block, before it is passed over."""
TOO_MANY: Final = "gateway.too_many_logs"
"""Why a connection was closed whose subscription asks for too many logs."""
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
        lose: takes why a block cannot be told, and ends the subscription.
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
    lose: Callable[[str], None] = lambda _reason: None
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
        self._blocks: dict[tuple[ChainName, str], _Blocks] = {}
        self._own: dict[tuple[ChainName, str], set[Subscription]] = {}
        self._of_permit: Counter[tuple[ChainName, str]] = Counter()

    def add(self, node: ChainNode, made: Subscription) -> None:
        """Begin to tell a subscription.

        Args:
            node: its chain.
            made: whom to tell.

        Raises:
            Conflict: ``gateway.too_many_subscriptions_of_permit``.
            Unavailable: ``node.closed``.
        """
        key = (made.chain, made.identity.permit)
        if self._of_permit[key] >= OF_PERMIT:
            raise Conflict("gateway.too_many_subscriptions_of_permit", limit=OF_PERMIT)
        self._add(node, made)
        self._of_permit[key] += 1

    def _add(self, node: ChainNode, made: Subscription) -> None:
        if made.kind == "newPendingTransactions":
            self._own.setdefault((made.chain, made.identity.permit), set()).add(made)
            return
        blocks = self._blocks.get((made.chain, made.kind))
        if blocks is None or blocks.over:
            blocks = self._blocks[made.chain, made.kind] = _Blocks(node)
        blocks.subscribers.add(made)

    def remove(self, made: Subscription) -> None:
        """End a subscription; unknown ones are none.

        Args:
            made: as it was added.
        """
        key = (made.chain, made.identity.permit)
        own = self._own.get(key, set())
        blocks = self._blocks.get((made.chain, made.kind))
        if made in own or (blocks is not None and made in blocks.subscribers):
            self._of_permit[key] -= 1
            if not self._of_permit[key]:
                del self._of_permit[key]
        own.discard(made)
        if not own:
            self._own.pop(key, None)
        if blocks is not None:
            blocks.subscribers.discard(made)
            if not blocks.subscribers:
                blocks.stop()
                del self._blocks[made.chain, made.kind]

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
        self._of_permit.clear()


class _Blocks:
    """Follows one chain while somebody wants its blocks, for one kind of subscription."""

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
            try:
                block = await self._read("eth_getBlockByNumber", hex(number), False)
            except (EngineError, InvalidInput) as error:
                self._lose(number, heads, error)
                return
            header = orjson.dumps({k: v for k, v in block.items() if k not in _NOT_HEADER})
            for each in heads:
                each.tell(header)
        logs = [each for each in self.subscribers if each.kind == "logs"]
        if logs:
            await self._tell_logs(number, logs)

    async def _tell_logs(self, number: int, wanting: list[Subscription]) -> None:
        addresses = [each.addresses for each in wanting]
        some = None
        if None not in addresses:
            some = frozenset().union(*(each for each in addresses if each))
        try:
            found = await self._logs(number, some, ())
        except (EngineError, InvalidInput):
            await self._tell_apart(number, wanting)
        else:
            await self._hand_out(found, wanting)

    async def _tell_apart(self, number: int, wanting: list[Subscription]) -> None:
        """The block's logs are too many for one answer: ask for each filter alone."""
        alike: dict[Any, list[Subscription]] = {}
        for each in wanting:
            alike.setdefault((each.addresses, each.topics), []).append(each)
        for (addresses, topics), same in alike.items():
            staying = [each for each in same if each in self.subscribers]
            if not staying:
                continue
            try:
                found = await self._logs(number, addresses, topics)
            except (EngineError, InvalidInput) as error:
                self._lose(number, staying, error)
            else:
                await self._hand_out(found, staying)

    async def _logs(
        self,
        number: int,
        addresses: frozenset[str] | None,
        topics: tuple[frozenset[str] | None, ...],
    ) -> list[dict[str, Any]]:
        asked: dict[str, Any] = {"fromBlock": hex(number), "toBlock": hex(number)}
        if addresses is not None:
            asked["address"] = sorted(addresses)
        if topics:
            asked["topics"] = [None if each is None else sorted(each) for each in topics]
        found: list[dict[str, Any]] = await self._read("eth_getLogs", asked)
        return found

    async def _hand_out(self, found: list[dict[str, Any]], wanting: list[Subscription]) -> None:
        """Each log to whom it may concern, with turns for others by the work that was done."""
        concerned = Concerned(wanting)
        work = 0
        for log in found:
            written: bytes | None = None
            for each in concerned.by(log):
                if each in self.subscribers and each.wants(log):
                    written = written or orjson.dumps(log)
                    each.tell(written)
                work += 1
                if work % AT_ONCE == 0:
                    await asyncio.sleep(0)
            work += 1
            if work % AT_ONCE == 0:
                await asyncio.sleep(0)

    def _lose(self, number: int, wanting: list[Subscription], error: SynakError) -> None:
        """Who cannot be told a block is not told the next ones as if nothing were missing."""
        _log.warning(
            "gateway.block_not_told",
            chain=self._node.spec.chain,
            block=number,
            code=error.code,
            subscriptions=len(wanting),
        )
        for each in wanting:
            each.lose(TOO_MANY if error.code == "history.too_many_logs" else error.code)

    async def _read(self, method: str, *params: Any) -> Any:
        """Ask until the engine answers: it may just be starting anew. What it refuses is final."""
        tries = 0
        while True:
            try:
                return await self._node.call(method, *params)
            except Unavailable as error:
                if self._node.stats()["state"] == "closed":
                    raise Unavailable("node.closed", chain=self._node.spec.chain) from error
                tries += 1
                if tries >= _TRIES:
                    raise InvalidInput(error.code) from error
            await asyncio.sleep(_RETRY)


class Concerned:
    """Subscriptions by what a log must have: of an address, of a first topic, or neither.

    Args:
        wanting: all of kind ``logs``.
    """

    def __init__(self, wanting: list[Subscription]) -> None:
        self._others: list[Subscription] = []
        self._by_address: dict[str, list[Subscription]] = {}
        self._by_topic: dict[str, list[Subscription]] = {}
        for each in wanting:
            if each.addresses is not None:
                for address in each.addresses:
                    self._by_address.setdefault(address, []).append(each)
            elif each.topics and each.topics[0] is not None:
                for topic in each.topics[0]:
                    self._by_topic.setdefault(topic, []).append(each)
            else:
                self._others.append(each)

    def by(self, log: dict[str, Any]) -> Iterator[Subscription]:
        """Whom a log may concern, each once.

        Args:
            log: as the engine gives it.
        """
        first = log["topics"][0] if log["topics"] else ""
        return chain(
            self._others,
            self._by_address.get(log["address"].lower(), ()),
            self._by_topic.get(first, ()),
        )
