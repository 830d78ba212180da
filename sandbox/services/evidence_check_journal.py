"""Checking an evidence file's journal records: each in its batch, each saying what was signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from sandbox.chain.batches import RECORD, framed, leaf_of_parts, part_hash
from sandbox.chain.producer import hashes
from sandbox.chain.records import Kind
from sandbox.chain.transaction import SignedTx, decode
from sandbox.kit.merkle import verify_inclusion
from sandbox.services.evidence_file import MANIFEST, Parts, hex_bytes, journal_part, whole_number
from sandbox.services.evidence_report import Report

_KINDS = {kind.name.lower(): kind for kind in (Kind.TX, Kind.REFUSAL, Kind.DROP, Kind.SEAL)}
"""The kinds of record that an export shows."""
_FIELDS = {"batch", "sequence", "kind", "parts", "proof"}


class Shown(NamedTuple):
    """A part that is shown, and proven with its record.

    Attributes:
        text: its JSON.
        raw: the bytes behind it.
    """

    text: str
    raw: bytes


class Moment(NamedTuple):
    """When something was asked for: what a period bounds.

    Attributes:
        sequence: of the record.
        at: seconds since 1970.
        tx: the transaction's hash; None for a refusal.
    """

    sequence: int
    at: float
    tx: str | None


@dataclass
class Seal:
    """A sealed block as the journal says it."""

    sequence: int
    body: Mapping[str, Any]
    hashes: list[str]
    failed: dict[str, Mapping[str, Any]]


@dataclass
class Journal:
    """What the records of a chain say, as far as it is proven."""

    transactions: dict[str, SignedTx] = field(default_factory=dict)
    refusals: int = 0
    dropped: set[str] = field(default_factory=set)
    seals: dict[int, Seal] = field(default_factory=dict)
    sequences: dict[str, list[int]] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)


def check_journal(
    parts: Parts,
    chain: str,
    permit: str,
    batches: Mapping[int, Mapping[str, Any]],
    report: Report,
) -> Journal:
    """Every record against its batch, and its text against its raw bytes.

    Args:
        parts: of the file.
        chain: whose journal.
        permit: whose records they must be.
        batches: proven batches by place of their entry.
        report: gains what is wrong.
    """
    journal, part, last = Journal(), journal_part(chain), -1
    for number, line in enumerate(parts.lines(part), 1):
        record = f"line {number}"
        with report.reading(part, record):
            value = parts.value(line)
            record = f"record {value['sequence']}"
            if set(value) != _FIELDS or value["kind"] not in _KINDS:
                report.add(part, record, "", "malformed")
                continue
            if whole_number(value["sequence"]) <= last or whole_number(value["batch"]) < 0:
                report.add(part, record, "sequence", "order")
                continue
            last = value["sequence"]
            shown = _proven(value, batches, part, record, report)
            if shown is not None:
                _take(journal, value, shown, permit, (part, record), report)
    return journal


def _proven(
    value: Mapping[str, Any],
    batches: Mapping[int, Mapping[str, Any]],
    part: str,
    record: str,
    report: Report,
) -> dict[str, Shown] | None:
    """The shown parts of a record that its batch holds; None when it does not."""
    batch = batches.get(value["batch"])
    if batch is None or not batch["first"] <= value["sequence"] <= batch["last"]:
        report.add(part, record, "batch", "no_batch")
        return None
    kind = _KINDS[value["kind"]]
    digests: list[bytes] = []
    shown: dict[str, Shown] = {}
    for each, name in zip(value["parts"], _names(kind, len(value["parts"])), strict=True):
        if each["name"] != name or set(each) != _form(each, name):
            report.add(part, record, f"part {len(digests) + 1}", "malformed")
            return None
        if "hash" in each:
            digests.append(hex_bytes(each["hash"], size=32))
            continue
        data = framed(name, each["text"], each.get("raw"))
        shown[name] = Shown(each["text"], bytes.fromhex(each.get("raw", "")))
        digests.append(part_hash(name, data))
    leaf = leaf_of_parts(value["sequence"], int(kind), digests)
    proof = [hex_bytes(node, size=32) for node in value["proof"]]
    size, place = batch["last"] - batch["first"] + 1, value["sequence"] - batch["first"]
    if not verify_inclusion(leaf, place, size, proof, bytes.fromhex(batch["root"])):
        report.add(part, record, _suspect(value), "batch_proof")
        return None
    if RECORD not in shown:
        report.add(part, record, RECORD, "hidden")
        return None
    return shown


def _names(kind: Kind, count: int) -> list[str]:
    """The names that the parts of a record have, in order; each name stands once."""
    if kind is Kind.DROP:
        return [RECORD]
    if kind in {Kind.TX, Kind.REFUSAL}:
        return [RECORD, "who"]
    failures = range(count // 2)
    return [RECORD, *(f"failure.{each}{end}" for each in failures for end in ("", ".who"))]


def _form(each: Mapping[str, Any], name: str) -> set[str]:
    """The fields of a part: its hash or its text, never both; raw bytes behind a record alone."""
    if "hash" in each:
        return {"name", "hash"}
    return {"name", "text", "raw"} if name == RECORD else {"name", "text"}


def _suspect(value: Mapping[str, Any]) -> str:
    """The field that contradicts the raw bytes, when the record itself betrays it."""
    try:
        first = value["parts"][0]
        if value["kind"] == "tx":
            return next(
                iter(_differences(orjson.loads(first["text"]), bytes.fromhex(first["raw"]))), ""
            )
    except Exception:  # noqa: BLE001 - only to name it better
        return ""
    return ""


def _differences(body: Mapping[str, Any], raw: bytes) -> list[str]:
    tx = decode(raw)
    said = {"hash": tx.hash, "sender": tx.sender, "nonce": tx.nonce, "gas": tx.gas, "to": tx.to}
    said |= {"value": str(tx.value), "type": tx.type, "chain_id": tx.chain_id}
    return [name for name, right in said.items() if body[name] != right]


def _take(
    journal: Journal,
    value: Mapping[str, Any],
    shown: Mapping[str, Shown],
    permit: str,
    where: tuple[str, str],
    report: Report,
) -> None:
    """What a record says: from its proven parts, from nothing else that stands in its line."""
    first, kind = shown[RECORD], _KINDS[value["kind"]]
    body = orjson.loads(first.text)
    journal.sequences.setdefault(value["kind"], []).append(value["sequence"])
    if kind in {Kind.TX, Kind.REFUSAL} and body["permit"] != permit:
        report.add(*where, "permit", "other_permit")
    if kind is Kind.TX:
        for name in _differences(body, first.raw):
            report.add(*where, name, "raw")
        journal.transactions[body["hash"]] = decode(first.raw)
        journal.moments.append(Moment(value["sequence"], body["at"], body["hash"]))
    elif kind is Kind.REFUSAL:
        journal.refusals += 1
        journal.moments.append(Moment(value["sequence"], body["at"], None))
    elif kind is Kind.DROP:
        if body["hash"] not in journal.transactions:
            report.add(*where, "hash", "other_permit")
        journal.dropped.add(body["hash"])
    elif kind is Kind.SEAL:
        order = [str(each) for each in hashes(first.raw)]
        failed = {
            (text := orjson.loads(part.text))["tx_hash"]: text
            for name, part in shown.items()
            if name != RECORD and not name.endswith(".who")
        }
        if not set(order) & set(journal.transactions) or set(failed) - set(journal.transactions):
            report.add(*where, "failures" if failed else "hashes", "other_permit")
        journal.seals[body["number"]] = Seal(value["sequence"], body, order, failed)


def check_complete(
    manifest: Mapping[str, Any], chain: str, journal: Journal, report: Report
) -> None:
    """That no record is missing of those that the manifest lists, and each one came to an end."""
    part, said = journal_part(chain), manifest["chains"][chain]
    for kind in sorted({*said["records"], *journal.sequences}):
        listed = set(said["records"].get(kind, ()))
        found = set(journal.sequences.get(kind, ()))
        for sequence in sorted(listed - found):
            report.add(part, f"record {sequence}", kind, "missing")
        for sequence in sorted(found - listed):
            report.add(part, f"record {sequence}", kind, "unexpected")
    sealed = {each for seal in journal.seals.values() for each in seal.hashes}
    open_ones = set(said["not_sealed"])
    for tx_hash in sorted((open_ones - set(journal.transactions)) | (open_ones & sealed)):
        report.add(MANIFEST, f"transaction {tx_hash}", "not_sealed", "unexpected")
    settled = sealed | journal.dropped | open_ones
    for tx_hash in sorted(set(journal.transactions) - settled):
        report.add(part, f"transaction {tx_hash}", "its block", "missing")
