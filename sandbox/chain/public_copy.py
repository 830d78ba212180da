"""A chain's public record to go, enough to have a private copy of it run anywhere.

Rules:

1. It holds what everybody on the ledger may read anyway: the state at the newest epoch (or the
   first block), and the signed transactions of every sealed block since, in their order. What
   the journal keeps beside a transaction (permit, account, method), refusals, and what is not
   sealed yet are not in it.
2. The engine is not asked: it is read from the snapshot and the journal, both only ever added to.
3. It is bounded (:data:`MOST_BYTES`); an epoch bounds the blocks since.
4. Whoever rebuilds it reaches the block hash that it names, or knows that something is wrong.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from sandbox.chain.engine import EngineSpec
from sandbox.chain.epochs import Snapshots
from sandbox.chain.memory import Epoch
from sandbox.chain.producer import Head
from sandbox.chain.recovery import SealStep, steps
from sandbox.kit.errors import IntegrityFailure, Unavailable

MOST_BYTES: Final = 64 * 1_048_576
"""The longest copy, as it is sent."""


@dataclass(frozen=True)
class PublicCopy:
    """A copy of the public record.

    Attributes:
        spec: the engine that it runs on; its genesis is empty when there is a snapshot.
        snapshot: the engine's stripped dump, or None: then it begins with the genesis.
        blocks: number, time and signed transactions (``0x`` hex) of each block after it.
        head: the block that the copy ends with.
    """

    spec: EngineSpec
    snapshot: bytes | None
    blocks: tuple[tuple[int, int, tuple[str, ...]], ...]
    head: Head

    def as_bytes(self) -> bytes:
        """As it is sent: JSON in ASCII."""
        snapshot = None if self.snapshot is None else base64.b64encode(self.snapshot).decode()
        spec = self.spec.as_dict()
        body = {"spec": spec, "snapshot": snapshot, "blocks": self.blocks}
        return orjson.dumps({**body, "head": asdict(self.head)})

    @classmethod
    def from_bytes(cls, data: bytes) -> PublicCopy:
        """Read it again.

        Raises:
            IntegrityFailure: ``ledger.copy_damaged``.
        """
        try:
            body: dict[str, Any] = orjson.loads(data)
            snapshot = body["snapshot"]
            return cls(
                EngineSpec.from_dict(body["spec"]),
                None if snapshot is None else base64.b64decode(snapshot, validate=True),
                tuple((number, time, tuple(raws)) for number, time, raws in body["blocks"]),
                Head(**body["head"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise IntegrityFailure("ledger.copy_damaged", reason=str(error)[:120]) from error


def take(directory: Path, spec: EngineSpec, epoch: Epoch | None, journal: Path) -> PublicCopy:
    """Take a copy; reads files and nothing else, so it belongs into a thread.

    Args:
        directory: the chain's folder.
        spec: its engine.
        epoch: the newest one; None when there was none yet.
        journal: the chain's journal.

    Raises:
        Unavailable: ``ledger.copy_too_large``, ``ledger.copy_empty`` (no block yet).
        IntegrityFailure: ``epoch.bad_snapshot``, ``journal.bad_record``.
    """
    snapshot = None if epoch is None else Snapshots(directory / "epochs").read(epoch)
    size = len(snapshot or b"") * 4 // 3
    head, blocks = epoch.head if epoch else None, []
    for step in _sealed(journal, epoch):
        raws = tuple("0x" + raw.hex() for raw in step.raws)
        size += sum(len(raw) + 3 for raw in raws) + 40
        if size > MOST_BYTES:
            raise Unavailable("ledger.copy_too_large", most=MOST_BYTES)
        blocks.append((step.head.number, step.head.time, raws))
        head = step.head
    if head is None:
        raise Unavailable("ledger.copy_empty")
    begun = spec if snapshot is None else EngineSpec(spec.chain, spec.chain_id, {}, spec.gas_price)
    return PublicCopy(begun, snapshot, tuple(blocks), head)


def _sealed(journal: Path, epoch: Epoch | None) -> Iterator[SealStep]:
    """The blocks after an epoch, up to the next one (it may be turning just now)."""
    for step in steps(journal, epoch):
        if not isinstance(step, SealStep):
            return
        yield step
