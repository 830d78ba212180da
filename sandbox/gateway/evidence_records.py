"""A permit's records of one batch of a journal, each with its proof; of others only hashes.

Rules:

1. Shown are: the permit's transactions, its refusals, drops of its transactions, and seals of
   blocks that hold one of them; of a seal's failures only the permit's own. Outside the period
   that is asked for, only the transactions that published a version.
2. What is waiting for its block or its drop goes from batch to batch in ``waiting``.
3. A part is text and, where a record has raw bytes, those as hex; a part that is kept back is
   its hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.chain.batches import batch_between, leaf, part_hash, parts_of, unframed
from sandbox.chain.producer import hashes
from sandbox.chain.records import Kind, Place, Record, Stored
from sandbox.kit.merkle import Tree


@dataclass(slots=True)
class Wanted:
    """What is looked for.

    Attributes:
        permit: of this permit's number.
        since: seconds since 1970; only transactions and refusals from then on.
        until: before this moment.
        waiting: hashes of the permit's transactions that are in no block yet.
        published: signatures under versions; a transaction of the permit that carries one is
            shown whenever it was.
    """

    permit: str
    since: float = 0.0
    until: float = float("inf")
    waiting: set[str] = field(default_factory=set)
    published: Sequence[bytes] = ()


def shown(path: Path, start: Place, last: int, wanted: Wanted) -> dict[str, Any]:
    """What a batch holds of a permit.

    Args:
        path: the journal.
        start: where the batch begins.
        last: sequence of its last record.
        wanted: what is looked for; ``waiting`` is brought up to the batch's end.

    Returns:
        ``{root, records: [{sequence, kind, parts, proof}], waiting}``.

    Raises:
        IntegrityFailure: as ``batch_between``.
    """
    group = batch_between(path, start, last)
    tree = Tree([leaf(each) for each in group])
    records = []
    for place, stored in enumerate(group):
        names = _visible(stored.record, wanted)
        if names:
            proof = [node.hex() for node in tree.inclusion(place)]
            records.append({**_as_json(stored, names), "proof": proof})
    return {"root": tree.root().hex(), "records": records, "waiting": sorted(wanted.waiting)}


def _visible(record: Record, wanted: Wanted) -> set[str]:
    """Names of the parts to show; none when the record is not the permit's."""
    body = record.body
    if record.kind is Kind.TX:
        mine = body["meta"].get("permit") == wanted.permit
        if not (mine and (_within(body["at"], wanted) or _publishes(record.blob, wanted))):
            return set()
        wanted.waiting.add(body["hash"])
        return {"record", "who"}
    if record.kind is Kind.REFUSAL:
        mine = body["permit"] == wanted.permit and _within(body["at"], wanted)
        return {"record", "who"} if mine else set()
    if record.kind is Kind.DROP and body["hash"] in wanted.waiting:
        wanted.waiting.discard(body["hash"])
        return {"record"}
    if record.kind is Kind.SEAL:
        return _of_seal(record, wanted)
    return set()


def _of_seal(record: Record, wanted: Wanted) -> set[str]:
    found = {str(each) for each in hashes(record.blob)} & wanted.waiting
    if not found:
        return set()
    wanted.waiting -= found
    names = {"record"}
    for number, failure in enumerate(record.body["failures"]):
        if failure["tx_hash"] in found:
            names |= {f"failure.{number}", f"failure.{number}.who"}
    return names


def _within(at: float, wanted: Wanted) -> bool:
    return wanted.since <= at < wanted.until


def _publishes(raw: bytes, wanted: Wanted) -> bool:
    return any(signature in raw for signature in wanted.published)


def _as_json(stored: Stored, names: set[str]) -> dict[str, Any]:
    parts: Sequence[dict[str, Any]] = [
        {"name": part.name, **unframed(part)}
        if part.name in names
        else {"name": part.name, "hash": part_hash(part.name, part.data).hex()}
        for part in parts_of(stored.record)
    ]
    return {"sequence": stored.at.sequence, "kind": int(stored.record.kind), "parts": parts}
