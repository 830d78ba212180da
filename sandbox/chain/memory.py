"""What the journal says, in memory: the same rules at start and in flight.

Rules (a journal that breaks one is refused with ``journal.bad_record``):

- The header is the first record, once.
- A dropped or sealed transaction was acknowledged before, and is neither twice.
- Seals are numbered without gaps, their times rise, and they hold each sender's
  transactions in nonce order.
- An epoch lies at the newest seal; an anchor is of records before it.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from dataclasses import replace as changed
from typing import Any, Final, NamedTuple

from sandbox.chain.events import RefusalEvidence
from sandbox.chain.evidence_places import EvidencePlaces
from sandbox.chain.producer import Head, hashes
from sandbox.chain.queue import Entry, Queue, QueueLimits
from sandbox.chain.records import Kind, Place, Record, Stored, bad
from sandbox.chain.tally import Tally
from sandbox.chain.transaction import SignedTx, payload
from sandbox.kit.ids import Address, TxHash

CURSOR_BITS: Final = 16
"""Evidence of one record is told apart by this many low bits of its cursor."""
KEPT_DROPS: Final = 100_000
"""How many dropped transactions are answered from memory."""
KEPT_METAS: Final = 20_000
"""Of how many transactions settled before the epoch the meta is kept in memory."""
KEPT_EPOCHS: Final = 4
"""How many of the newest epochs are kept in memory: more than there are snapshots."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Why an acknowledged transaction will never be mined.

    Attributes:
        hash: the transaction.
        reason: ``gap_expired``, ``replaced``, ``engine_refused`` or ``engine_failed``.
        params: what belongs to the reason.
        at: seconds since 1970.
    """

    hash: TxHash
    reason: str
    params: dict[str, Any]
    at: float

    def record(self) -> Record:
        """As a record of the journal."""
        return Record(
            Kind.DROP,
            {"hash": self.hash, "reason": self.reason, "params": self.params, "at": self.at},
        )


@dataclass(frozen=True, slots=True)
class Epoch:
    """A boundary at which the engine was restarted from its own dump.

    Attributes:
        head: the newest block then.
        at: seconds since 1970.
        digest: SHA-256 of the snapshot, hex.
        resume: from where on the journal holds what the snapshot does not.
    """

    head: Head
    at: float
    digest: str
    resume: Place

    def record(self) -> Record:
        """As a record of the journal."""
        body = head_body(self.head) | {"at": self.at, "digest": self.digest}
        return Record(Kind.EPOCH, body | {"resume": self.resume.as_dict()})

    @classmethod
    def from_body(cls, body: dict[str, Any]) -> Epoch:
        """From the body of its record."""
        return cls(read_head(body), body["at"], body["digest"], Place.from_dict(body["resume"]))


class Settled(NamedTuple):
    """A transaction of a sealed block.

    Attributes:
        hash: its hash.
        block: the block's number.
        sender: who signed.
        to: None for a deployment.
        meta: what was remembered with it.
    """

    hash: TxHash
    block: int
    sender: Address
    to: Address | None
    meta: dict[str, Any]


@dataclass(slots=True)
class Counts:
    """How many of what, since the chain began."""

    acknowledged: int = 0
    mined: int = 0
    failed: int = 0
    dropped: int = 0
    refusals: int = 0
    since_epoch: int = 0
    epochs: int = 0


def head_body(head: Head) -> dict[str, Any]:
    """A head as JSON."""
    return {
        "number": head.number,
        "time": head.time,
        "hash": head.hash,
        "state_root": head.state_root,
    }


def read_head(body: dict[str, Any]) -> Head:
    """A head from JSON."""
    return Head(body["number"], body["time"], body["hash"], body["state_root"])


def tx_record(entry: Entry) -> Record:
    """An acknowledged transaction as a record; ``data`` is only in the raw bytes."""
    tx = entry.tx
    body = {
        "hash": tx.hash,
        "sender": tx.sender,
        "nonce": tx.nonce,
        "type": tx.type,
        "chain_id": tx.chain_id,
        "to": tx.to,
        "value": str(tx.value),
        "gas": tx.gas,
        "gas_price": str(tx.gas_price),
        "meta": entry.meta,
        "at": entry.at,
    }
    return Record(Kind.TX, body, tx.raw)


def read_tx(record: Record) -> SignedTx:
    """The transaction without ``data``: enough for the queue, and fast."""
    body = record.body
    return SignedTx(
        record.blob,
        body["hash"],
        body["sender"],
        body["nonce"],
        body["type"],
        body["chain_id"],
        body["to"],
        int(body["value"]),
        body["gas"],
        int(body["gas_price"]),
        b"",
    )


@dataclass(slots=True)
class Created:
    """What contracts created, as the gateway wrote it down.

    Attributes:
        hashes: transactions since the newest epoch that have a record.
        totals: made and failed, by permit.
        factories: addresses of contracts that created, lower case.
    """

    hashes: set[TxHash] = field(default_factory=set)
    totals: dict[str, tuple[int, int]] = field(default_factory=dict)
    factories: set[str] = field(default_factory=set)

    def note(self, body: dict[str, Any]) -> None:
        """Take in a record."""
        made, failed = self.totals.get(body["permit"], (0, 0))
        self.totals[body["permit"]] = made + int(body["made"]), failed + int(body["failed"])
        self.hashes.add(TxHash(body["hash"]))
        self.factories.update(body["factories"])


@dataclass
class Memory:
    """The state of a chain as its journal tells it.

    Args:
        limits: of the queue.

    ``blocks`` holds the transactions of each block behind the newest epoch, in order.
    ``expected`` (number and hash of a block) may be set before reading; ``contradicted``
    says afterwards that the journal has another block there.
    """

    limits: QueueLimits = field(default_factory=QueueLimits)

    def __post_init__(self) -> None:
        self.expected: tuple[int, str] | None = None
        self.forget()
        self._handlers: dict[Kind, Callable[[Stored], None]] = {
            Kind.HEADER: self._header,
            Kind.TX: self._tx,
            Kind.DROP: self._drop,
            Kind.REFUSAL: self._refusal,
            Kind.SEAL: self._seal,
            Kind.EPOCH: self._epoch,
            Kind.ANCHOR: self._anchor,
            Kind.CREATED: self._created,
        }

    def forget(self) -> None:
        """Be as if nothing had been read."""
        self.header: dict[str, Any] | None = None
        self.queue = Queue(self.limits)
        self.head: Head | None = None
        self.sealed_at = Place()
        self.epochs: deque[Epoch] = deque(maxlen=KEPT_EPOCHS)
        self.dropped: OrderedDict[TxHash, Drop] = OrderedDict()
        self.evidence = EvidencePlaces()
        self.counts = Counts()
        self.anchor: dict[str, Any] | None = None
        self.created = Created()
        self.tally = Tally()
        self.contradicted = False
        self.blocks: dict[int, list[Settled]] = {}
        self._mined: dict[TxHash, Settled] = {}
        self._metas: OrderedDict[TxHash, dict[str, Any]] = OrderedDict()

    def visit(self, stored: Stored) -> None:
        """Take in the next record of a journal.

        Raises:
            IntegrityFailure: ``journal.bad_record``.
        """
        if (stored.record.kind is Kind.HEADER) != (stored.at.sequence == 0):
            raise bad(stored.at, "header")
        try:
            self._handlers[stored.record.kind](stored)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise bad(stored.at, "content") from error

    def finish(self) -> None:
        """The journal was read to its end: read the waiting transactions in full."""
        for entry in self.queue:
            entry.tx = changed(entry.tx, data=payload(entry.tx.raw))

    def _header(self, stored: Stored) -> None:
        self.header = stored.record.body
        self.head = read_head(self.header["genesis_block"])

    def _tx(self, stored: Stored) -> None:
        body = stored.record.body
        entry = Entry(read_tx(stored.record), body["meta"], body["at"])
        self.queue.add(entry, entry.at)
        former = entry.replaces
        self.acknowledged(entry, stored.at)
        self.tally.acknowledged(body)
        if former is not None:
            self.dropping(Drop(former.tx.hash, "replaced", {"by": entry.tx.hash}, entry.at))

    def _drop(self, stored: Stored) -> None:
        body = stored.record.body
        drop = Drop(body["hash"], body["reason"], body["params"], body["at"])
        if drop.hash not in self.dropped and self.queue.get(drop.hash) is None:
            raise bad(stored.at, "dropped_unknown")
        self.dropping(drop)

    def _refusal(self, stored: Stored) -> None:
        self.refused(stored.at, stored.record.body["permit"])

    def _seal(self, stored: Stored) -> None:
        body = stored.record.body
        head = read_head(body)
        if self.head is None or head.number != self.head.number + 1 or head.time <= self.head.time:
            raise bad(stored.at, "seal_order")
        if self.expected is not None and head.number == self.expected[0]:
            self.contradicted = head.hash != self.expected[1]
        entries = [self.queue.get(tx_hash) for tx_hash in hashes(stored.record.blob)]
        following: dict[str, int] = {}
        for entry in entries:
            if entry is None:
                raise bad(stored.at, "sealed_unknown")
            sender = entry.tx.sender
            if entry.tx.nonce != following.get(sender, self.queue.mined_nonce(sender)):
                raise bad(stored.at, "sealed_out_of_order")
            following[sender] = entry.tx.nonce + 1
        sealed = [entry for entry in entries if entry is not None]
        self.sealed(head, sealed, stored.at, body["failures"])
        if self.tally.deploying:
            failed = {failure["index"] for failure in body["failures"]}
            for place, entry in enumerate(sealed):
                if entry.tx.to is None:
                    self.tally.mined(entry.tx.hash, failed=place in failed)

    def _epoch(self, stored: Stored) -> None:
        epoch = Epoch.from_body(stored.record.body)
        if epoch.head != self.head:
            raise bad(stored.at, "epoch_order")
        self.turned(epoch)

    def _anchor(self, stored: Stored) -> None:
        """Up to where the audit log knows this journal."""
        if Place.from_dict(stored.record.body["end"]).sequence > stored.at.sequence:
            raise bad(stored.at, "anchor_ahead")
        self.anchor = stored.record.body

    def _created(self, stored: Stored) -> None:
        self.created.note(stored.record.body)

    def acknowledged(self, entry: Entry, place: Place) -> None:
        """The entry's record is durable."""
        self.queue.settle(entry, place)
        self.dropped.pop(entry.tx.hash, None)
        self.counts.acknowledged += 1

    def dropping(self, drop: Drop) -> None:
        """The drop's record is durable."""
        if drop.hash in self.dropped:
            return
        self.tally.dropped(drop.hash)
        entry = self.queue.get(drop.hash)
        if entry is not None:
            self.keep_meta(entry)
            self.queue.drop(entry, drop.at)
        self.dropped[drop.hash] = drop
        self.counts.dropped += 1
        if len(self.dropped) > KEPT_DROPS:
            self.dropped.popitem(last=False)

    def meta(self, tx_hash: TxHash) -> dict[str, Any] | None:
        """What was remembered with a queued or recently settled transaction."""
        entry = self.queue.get(tx_hash)
        if entry is not None:
            return entry.meta
        settled = self._mined.get(tx_hash)
        return settled.meta if settled is not None else self._metas.get(tx_hash)

    def keep_meta(self, entry: Entry) -> None:
        """Remember the meta of an entry that leaves the queue, for a while."""
        self._metas[entry.tx.hash] = entry.meta
        if len(self._metas) > KEPT_METAS:
            self._metas.popitem(last=False)

    def refused(self, place: Place, permit: str | None) -> int:
        """The refusal's record is durable.

        Returns:
            Its cursor.
        """
        cursor = place.sequence << CURSOR_BITS
        self.evidence.add(cursor, place, permit)
        self.counts.refusals += 1
        return cursor

    def sealed(
        self, head: Head, entries: list[Entry], place: Place, failures: list[dict[str, Any]]
    ) -> list[RefusalEvidence]:
        """The seal's record is durable.

        Args:
            head: the block.
            entries: its transactions.
            place: of the record.
            failures: evidence bodies, from the record.

        Returns:
            The evidence of the failures.
        """
        self.head, self.sealed_at = head, place
        block = self.blocks[head.number] = []
        for entry in entries:
            self.queue.mined(entry)
            tx = entry.tx
            settled = Settled(tx.hash, head.number, tx.sender, tx.to, entry.meta)
            self._mined[tx.hash] = settled
            block.append(settled)
        self.counts.mined += len(entries)
        self.counts.since_epoch += len(entries)
        self.counts.failed += len(failures)
        found = []
        for index, body in enumerate(failures):
            cursor = (place.sequence << CURSOR_BITS) | index
            self.evidence.add(cursor, place, body["permit"])
            found.append(RefusalEvidence(cursor, body["at"], body["permit"], body))
        return found

    def resume(self) -> Place:
        """From where on the journal holds everything that is not in a block.

        Not from the journal's end: its last records may be on the disk and not yet here.
        Whatever was acknowledged before the newest seal is here; what is not here lies
        behind it.
        """
        return self.queue.earliest() or self.sealed_at

    def turned(self, epoch: Epoch) -> None:
        """The epoch's record is durable."""
        self._metas.update((each.hash, each.meta) for each in self._mined.values())
        self._mined.clear()
        self.blocks.clear()
        while len(self._metas) > KEPT_METAS:
            self._metas.popitem(last=False)
        self.epochs.append(epoch)
        self.counts.epochs += 1
        self.counts.since_epoch = 0
        self.created.hashes.clear()
