"""A permit's part of one chain, laid out: its journal records with proofs, and their blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from sandbox.chain.batches import RECORD, framed, part_hash
from sandbox.chain.producer import hashes
from sandbox.chain.records import Kind, Place
from sandbox.domain.evidence_tasks import Order
from sandbox.kit.errors import IntegrityFailure
from sandbox.kit.ids import ChainName
from sandbox.services.evidence_blocks import header_of, show
from sandbox.services.evidence_file import Writer, blocks_part, journal_part
from sandbox.services.journal_batches import batch_of, subject_of
from sandbox.services.ports import NationalChain
from sandbox.services.publication import Desk

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Asked:
    """What of one chain is laid out.

    Attributes:
        permit: of which permit.
        where: which chain, and its Supervisor.
        order: the period, and whether names are left out.
        signatures: under the permit's versions, ``0x`` hex; what published them is laid out also
            when it lies outside the period.
    """

    permit: str
    where: NationalChain
    order: Order
    signatures: frozenset[str]


@dataclass(frozen=True)
class LaidOut:
    """What came of one chain.

    Attributes:
        parts: for the manifest.
        entries: audit entries of the batches that the records are in.
        summary: which records there are, by kind and number.
        published: those of the signatures asked for that a transaction in a sealed block carries.
    """

    parts: list[dict[str, Any]]
    entries: set[int]
    summary: dict[str, Any]
    published: frozenset[str]


def lay_out_chain(desk: Desk, staging: Path, asked: Asked, *, size: int, told: Told) -> LaidOut:
    """Write ``journal/<chain>.jsonl`` and ``blocks/<chain>.jsonl``.

    Args:
        desk: store and gateway.
        staging: where the parts lie.
        asked: what of which chain.
        size: only batches among this many entries of the log.
        told: told how many records of how many were read.

    Raises:
        IntegrityFailure: ``evidence.batch_differs`` when the journal is not what the log commits
            to; ``evidence.block_differs``.
        Unavailable: the gateway is out of reach.
    """
    laid = _Chain(desk, staging, asked)
    try:
        batches = laid.batches(size)
        total = int(batches[-1]["end"]["sequence"]) if batches else 0
        start: Mapping[str, Any] = Place().as_dict()
        for batch in batches:
            laid.batch(batch, start)
            start = batch["end"]
            told(int(start["sequence"]), total)
        return laid.finish(total)
    finally:
        laid.drop()


class _Chain:
    """One chain while it is laid out."""

    def __init__(self, desk: Desk, staging: Path, asked: Asked) -> None:
        self._desk, self._permit, self._order = desk, asked.permit, asked.order
        self._where, self._signatures = asked.where, sorted(asked.signatures)
        self._chain: ChainName = asked.where.chain
        self._journal = Writer(staging, journal_part(self._chain))
        self._blocks = Writer(staging, blocks_part(self._chain))
        self._waiting: list[str] = []
        self._end: Mapping[str, Any] = Place().as_dict()
        self._mine: set[str] = set()
        self._entries: set[int] = set()
        self._sequences: dict[str, list[int]] = {}
        self._carried: dict[str, set[str]] = {}
        self._published: set[str] = set()

    def batches(self, size: int) -> list[dict[str, Any]]:
        """Every batch of the chain that the log holds below a size, in order."""
        with self._desk.store.unit(read_only=True) as u:
            found = u.audit.of_subjects(subject_of(self._chain), most=10**7)
            return [batch_of(each) for each in found if each.index < size]

    def batch(self, batch: Mapping[str, Any], start: Mapping[str, Any]) -> None:
        """Write what one batch holds of the permit."""
        self._end = batch["end"]
        if batch.get("accepted"):
            return
        period = {
            name: moment.timestamp() if moment else None
            for name, moment in (("since", self._order.since), ("until", self._order.until))
        }
        answer = self._desk.gateway.journal_records(
            {
                "chain": self._chain,
                "permit": self._permit,
                "start": dict(start),
                "last": batch["last"],
                "waiting": self._waiting,
                "published": self._signatures,
                **period,
            }
        )
        if answer["root"] != batch["root"]:
            raise IntegrityFailure(
                "evidence.batch_differs",
                chain=self._chain,
                entry=batch["entry"],
                first=batch["first"],
                last=batch["last"],
            )
        self._waiting = list(answer["waiting"])
        for record in answer["records"]:
            self._record(record, batch)

    def _record(self, record: dict[str, Any], batch: Mapping[str, Any]) -> None:
        kind = Kind(record["kind"])
        first = record["parts"][0]
        body = orjson.loads(first["text"])
        if kind is Kind.TX:
            self._mine.add(body["hash"])
            self._carried[body["hash"]] = {
                each for each in self._signatures if each.removeprefix("0x") in first["raw"]
            }
        if kind is Kind.SEAL:
            self._block(int(body["number"]), first["raw"])
        if self._order.without_names:
            record["parts"] = [_without_name(part) for part in record["parts"]]
        self._journal.line(
            {
                "batch": batch["entry"],
                "sequence": record["sequence"],
                "kind": kind.name.lower(),
                "parts": record["parts"],
                "proof": record["proof"],
            }
        )
        self._entries.add(int(batch["entry"]))
        self._sequences.setdefault(kind.name.lower(), []).append(record["sequence"])

    def _block(self, number: int, raw: str) -> None:
        """Header, receipts and proofs of the permit's transactions in a block."""
        order = [str(each) for each in hashes(bytes.fromhex(raw))]
        indexes = [index for index, each in enumerate(order) if each in self._mine]
        self._published.update(*(self._carried.pop(order[index], ()) for index in indexes))
        (bundle,) = self._desk.gateway.blocks(self._chain, number - 1, limit=1)
        header = header_of(bundle["block"])
        self._blocks.line(
            {
                "number": number,
                "header": header.hex(),
                "transactions": [
                    {
                        "index": each.index,
                        "hash": order[each.index],
                        "receipt": each.receipt.hex(),
                        "transaction_proof": [node.hex() for node in each.transaction_proof],
                        "receipt_proof": [node.hex() for node in each.receipt_proof],
                    }
                    for each in show(bundle["block"], bundle["receipts"], indexes)
                ],
            }
        )

    def drop(self) -> None:
        """Let go of the files."""
        self._journal.drop()
        self._blocks.drop()

    def finish(self, total: int) -> LaidOut:
        """Close the parts."""
        behind = self._desk.gateway.journal_behind(self._chain, self._end)
        return LaidOut(
            [self._journal.close(), self._blocks.close()],
            self._entries,
            {
                "chain_id": self._where.chain_id,
                "supervisor": self._where.supervisor,
                "covers": total,
                "not_batched": behind["records"],
                "records": self._sequences,
                "not_sealed": sorted(self._waiting),
            },
            frozenset(self._published),
        )


def _without_name(part: dict[str, Any]) -> dict[str, Any]:
    name = part["name"]
    if name == RECORD or not str(name).endswith("who") or "hash" in part:
        return part
    return {"name": name, "hash": part_hash(name, framed(name, part["text"], None)).hex()}
