"""The queue: what is acknowledged and not yet in a block.

Rules:

- A sender's transactions are mined in nonce order. The next nonce is one more than
  the last one mined; it follows from the journal alone.
- Across senders the order is the order in which transactions became executable,
  which is the order of acknowledgement unless a gap had to be filled first.
- The same nonce again replaces the former one, in its place in the order, when it
  pays at least a tenth more for gas (anything, where gas is free); the former one
  is dropped with a record. What is being mined cannot be replaced.
- A gap is bounded in width and number, and in time: what waits behind one longer
  than ``gap_age`` is dropped with a record.
- Only durable entries are handed out (``take``); an entry that is not durable yet
  holds back those behind it, so the order never depends on the disk.

The queue does no I/O and knows no clock; ``at`` is seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.chain.records import Place
from sandbox.chain.transaction import SignedTx
from sandbox.kit.errors import Conflict, InvalidInput, Unavailable
from sandbox.kit.ids import Address, TxHash


@dataclass(frozen=True)
class QueueLimits:
    """How much may wait.

    Attributes:
        transactions: in all.
        bytes: of raw transactions, in all.
        sender: transactions of one sender.
        gap: how far a nonce may lie beyond the next free one, and how many of one
            sender may wait behind a gap.
        gap_age: seconds that one may wait behind a gap.
    """

    transactions: int = 20_000
    bytes: int = 256 << 20
    sender: int = 2_000
    gap: int = 64
    gap_age: float = 180.0


@dataclass(slots=True, eq=False)
class Entry:
    """One acknowledged (or just being journalled) transaction.

    Attributes:
        tx: the transaction.
        meta: what the gateway wants to remember with it.
        at: when it was received.
        durable: it is on the disk.
        taken: it is being mined.
        gapped_since: since when it has been waiting behind a gap; None when it is not.
        replaces: the entry whose place it takes.
        place: where its record lies in the journal, once durable.
    """

    tx: SignedTx
    meta: dict[str, Any]
    at: float
    durable: bool = False
    taken: bool = False
    gapped_since: float | None = None
    replaces: Entry | None = None
    place: Place | None = None


@dataclass(slots=True)
class _Lane:
    """One sender: nonces below ``ready`` (and not below ``mined``) can be executed."""

    mined: int
    ready: int
    entries: dict[int, Entry] = field(default_factory=dict)


class Queue:
    """Acknowledged transactions in their order.

    Args:
        limits: how much may wait.
    """

    def __init__(self, limits: QueueLimits | None = None) -> None:
        self.limits = limits or QueueLimits()
        self._mined: dict[Address, int] = {}
        self._lanes: dict[Address, _Lane] = {}
        self._order: dict[tuple[Address, int], None] = {}
        self._by_hash: dict[TxHash, Entry] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._by_hash)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._by_hash.values())

    def get(self, tx_hash: TxHash) -> Entry | None:
        """The waiting entry with this hash."""
        return self._by_hash.get(tx_hash)

    @property
    def executable(self) -> int:
        """How many could go into a block."""
        return len(self._order)

    def next_nonce(self, sender: Address) -> int:
        """The first free nonce behind what can be executed; gaps are not jumped."""
        lane = self._lanes.get(sender)
        return lane.ready if lane else self._mined.get(sender, 0)

    def mined_nonce(self, sender: Address) -> int:
        """How many transactions of this sender are in blocks."""
        return self._mined.get(sender, 0)

    def waiting(self, sender: Address) -> int:
        """How many transactions of this sender wait."""
        lane = self._lanes.get(sender)
        return len(lane.entries) if lane else 0

    def as_dict(self) -> dict[str, Any]:
        """Nonces and what waits as JSON; all that waits must be on the disk and not taken."""
        waiting = [
            [entry.place.as_dict(), entry.gapped_since]
            for entry in self._by_hash.values()
            if entry.place is not None
        ]
        number = {tx_hash: at for at, tx_hash in enumerate(self._by_hash)}
        order = [number[self._lanes[of].entries[nonce].tx.hash] for of, nonce in self._order]
        return {"mined": self._mined, "waiting": waiting, "order": order}

    def restore(self, body: Mapping[str, Any], entries: Sequence[Entry]) -> None:
        """Fill an empty queue again.

        Args:
            body: from ``as_dict``.
            entries: what waited, in the order of ``body["waiting"]``.
        """
        self._mined.update(body["mined"])
        for entry in entries:
            sender, mined = entry.tx.sender, self.mined_nonce(entry.tx.sender)
            lane = self._lanes.setdefault(sender, _Lane(mined, mined))
            lane.entries[entry.tx.nonce] = entry
            self._by_hash[entry.tx.hash] = entry
            self._bytes += len(entry.tx.raw)
        for at in body["order"]:
            tx = entries[at].tx
            self._order[tx.sender, tx.nonce] = None
            lane = self._lanes[tx.sender]
            lane.ready = max(lane.ready, tx.nonce + 1)

    def check(self, tx: SignedTx) -> Entry | None:
        """Whether the transaction may join.

        Args:
            tx: the transaction.

        Returns:
            The entry it would replace, or None.

        Raises:
            Conflict: ``tx.nonce_too_low``, ``tx.already_known``, ``tx.too_many_queued``,
                ``tx.nonce_gap_too_wide``.
            InvalidInput: ``tx.replacement_underpriced``.
            Unavailable: ``queue.full``.
        """
        if tx.hash in self._by_hash:
            raise Conflict("tx.already_known", hash=tx.hash)
        mined, free = self.mined_nonce(tx.sender), self.next_nonce(tx.sender)
        lane = self._lanes.get(tx.sender)
        former = lane.entries.get(tx.nonce) if lane else None
        if tx.nonce < mined or (former is not None and former.taken):
            raise Conflict("tx.nonce_too_low", expected=free, nonce=tx.nonce, sender=tx.sender)
        if former is not None:
            self._check_replacement(tx, former)
            return former
        self._check_room(tx, free)
        return None

    @staticmethod
    def _check_replacement(tx: SignedTx, former: Entry) -> None:
        if not former.durable:
            raise Conflict("tx.already_known", hash=former.tx.hash)
        price = former.tx.gas_price
        minimum = price + max(1, price // 10) if price else 0
        if tx.gas_price < minimum:
            raise InvalidInput(
                "tx.replacement_underpriced", minimum=str(minimum), hash=former.tx.hash
            )

    def _check_room(self, tx: SignedTx, free: int) -> None:
        limits = self.limits
        if len(self._by_hash) >= limits.transactions or self._bytes + len(tx.raw) > limits.bytes:
            raise Unavailable("queue.full", limit=limits.transactions)
        if self.waiting(tx.sender) >= limits.sender:
            raise Conflict("tx.too_many_queued", limit=limits.sender, sender=tx.sender)
        if tx.nonce > free:
            lane = self._lanes.get(tx.sender)
            behind = sum(nonce >= free for nonce in lane.entries) if lane else 0
            if tx.nonce - free > limits.gap or behind >= limits.gap:
                raise Conflict(
                    "tx.nonce_gap_too_wide", expected=free, nonce=tx.nonce, limit=limits.gap
                )

    def add(self, entry: Entry, at: float) -> None:
        """Take an entry in; ``check`` has let it pass (or the journal holds it).

        Args:
            entry: the entry; one with the same nonce is replaced.
            at: now, for the age of a gap.
        """
        tx = entry.tx
        lane = self._lanes.get(tx.sender)
        if lane is None:
            mined = self.mined_nonce(tx.sender)
            lane = self._lanes[tx.sender] = _Lane(mined, mined)
        former = lane.entries.get(tx.nonce)
        if former is not None:
            self._forget(former)
            entry.replaces, entry.gapped_since = former, former.gapped_since
        elif tx.nonce > lane.ready:
            entry.gapped_since = at
        lane.entries[tx.nonce] = entry
        self._by_hash[tx.hash] = entry
        self._bytes += len(tx.raw)
        self._advance(tx.sender, lane)

    def settle(self, entry: Entry, place: Place) -> None:
        """The entry is on the disk; what it replaced is gone for good.

        Args:
            entry: the entry.
            place: where its record lies.
        """
        entry.durable, entry.replaces, entry.place = True, None, place

    def earliest(self) -> Place | None:
        """Where the oldest record of a waiting entry lies."""
        places = [entry.place for entry in self._by_hash.values() if entry.place is not None]
        return min(places, key=lambda place: place.sequence, default=None)

    def undo(self, entry: Entry, at: float) -> None:
        """The entry could not be written: as if it had never come.

        Args:
            entry: added and not settled.
            at: now, for the age of a gap.
        """
        former = entry.replaces
        if former is None:
            self.drop(entry, at)
            return
        self._forget(entry)
        self._lanes[former.tx.sender].entries[former.tx.nonce] = former
        self._by_hash[former.tx.hash] = former
        self._bytes += len(former.tx.raw)
        former.gapped_since = entry.gapped_since
        entry.replaces = None

    def take(self, gas: int, count: int) -> list[Entry]:
        """What may go into the next block and was not taken before, in order.

        They stay in the queue until they are mined, dropped or put back.

        Args:
            gas: the most the gas limits may sum up to.
            count: the most entries.
        """
        found: list[Entry] = []
        for sender, nonce in self._order:
            entry = self._lanes[sender].entries[nonce]
            if entry.taken:
                continue
            gas -= entry.tx.gas
            if not entry.durable or gas < 0 or len(found) >= count:
                break
            entry.taken = True
            found.append(entry)
        return found

    def put_back(self, entries: Iterable[Entry]) -> None:
        """What was taken was not mined: it waits again, where it was."""
        for entry in entries:
            entry.taken = False

    def mined(self, entry: Entry) -> None:
        """The entry is in a sealed block."""
        tx = entry.tx
        lane = self._lanes[tx.sender]
        self._forget(entry)
        del lane.entries[tx.nonce]
        self._order.pop((tx.sender, tx.nonce), None)
        self._mined[tx.sender] = lane.mined = tx.nonce + 1
        lane.ready = max(lane.ready, lane.mined)
        self._tidy(tx.sender, lane)

    def drop(self, entry: Entry, at: float) -> None:
        """The entry failed for good; those behind it in its lane now wait behind a gap.

        Args:
            entry: the entry.
            at: now, for the age of the gap.
        """
        tx = entry.tx
        lane = self._lanes.get(tx.sender)
        if lane is None or lane.entries.get(tx.nonce) is not entry:
            return
        self._forget(entry)
        del lane.entries[tx.nonce]
        self._order.pop((tx.sender, tx.nonce), None)
        for nonce in range(tx.nonce + 1, lane.ready):
            self._order.pop((tx.sender, nonce), None)
            lane.entries[nonce].gapped_since = at
            lane.entries[nonce].taken = False
        lane.ready = min(lane.ready, tx.nonce)
        self._tidy(tx.sender, lane)

    def expired(self, at: float) -> list[Entry]:
        """Durable entries that have waited behind a gap for too long.

        Args:
            at: now.
        """
        if len(self._order) == len(self._by_hash):
            return []
        limit = at - self.limits.gap_age
        return [
            entry
            for entry in self._by_hash.values()
            if entry.durable and entry.gapped_since is not None and entry.gapped_since <= limit
        ]

    def _advance(self, sender: Address, lane: _Lane) -> None:
        while (entry := lane.entries.get(lane.ready)) is not None:
            entry.gapped_since = None
            self._order[sender, lane.ready] = None
            lane.ready += 1

    def _forget(self, entry: Entry) -> None:
        self._by_hash.pop(entry.tx.hash, None)
        self._bytes -= len(entry.tx.raw)

    def _tidy(self, sender: Address, lane: _Lane) -> None:
        if not lane.entries:
            del self._lanes[sender]
