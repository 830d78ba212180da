"""Checking an evidence file's journal records: each in its batch, each saying what was signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from sandbox.chain.batches import RECORD, framed, leaf_of_parts, part_hash
from sandbox.chain.producer import hashes
from sandbox.chain.records import Kind
from sandbox.chain.transaction import SignedTx, decode
from sandbox.kit.merkle import verify_inclusion
from sandbox.services.evidence_file import Parts, journal_part
from sandbox.services.evidence_report import Report

_KINDS = {kind.name.lower(): kind for kind in Kind}
_FIELDS = {"batch", "sequence", "kind", "parts", "proof"}


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
            if value["sequence"] <= last:
                report.add(part, record, "sequence", "order")
                continue
            last = value["sequence"]
            texts = _proven(value, batches, part, record, report)
            if texts is not None:
                _take(journal, value, texts, permit, (part, record), report)
    return journal


def _proven(
    value: Mapping[str, Any],
    batches: Mapping[int, Mapping[str, Any]],
    part: str,
    record: str,
    report: Report,
) -> dict[str, bytes] | None:
    """The shown parts of a record that its batch holds; None when it does not."""
    batch = batches.get(value["batch"])
    if batch is None or not batch["first"] <= value["sequence"] <= batch["last"]:
        report.add(part, record, "batch", "no_batch")
        return None
    digests, shown = [], {}
    for each in value["parts"]:
        if "hash" in each:
            digests.append(bytes.fromhex(each["hash"]))
            continue
        data = framed(each["name"], each["text"], each.get("raw"))
        shown[each["name"]] = data
        digests.append(part_hash(each["name"], data))
    leaf = leaf_of_parts(value["sequence"], int(_KINDS[value["kind"]]), digests)
    proof = [bytes.fromhex(node) for node in value["proof"]]
    size, place = batch["last"] - batch["first"] + 1, value["sequence"] - batch["first"]
    if not verify_inclusion(leaf, place, size, proof, bytes.fromhex(batch["root"])):
        report.add(part, record, _suspect(value), "batch_proof")
        return None
    return shown


def _suspect(value: Mapping[str, Any]) -> str:
    """The field that contradicts the raw bytes, when the record itself betrays it."""
    try:
        first = value["parts"][0]
        if value["kind"] == "tx":
            return next(iter(_differences(orjson.loads(first["text"]), first["raw"])), "")
    except Exception:  # noqa: BLE001 - only to name it better
        return ""
    return ""


def _differences(body: Mapping[str, Any], raw: str) -> list[str]:
    tx = decode(bytes.fromhex(raw))
    said = {"hash": tx.hash, "sender": tx.sender, "nonce": tx.nonce, "gas": tx.gas, "to": tx.to}
    said |= {"value": str(tx.value), "type": tx.type, "chain_id": tx.chain_id}
    return [name for name, right in said.items() if body[name] != right]


def _take(
    journal: Journal,
    value: Mapping[str, Any],
    texts: Mapping[str, bytes],
    permit: str,
    where: tuple[str, str],
    report: Report,
) -> None:
    first = value["parts"][0]
    body, kind = orjson.loads(first["text"]), _KINDS[value["kind"]]
    journal.sequences.setdefault(value["kind"], []).append(value["sequence"])
    if kind in {Kind.TX, Kind.REFUSAL} and body["permit"] != permit:
        report.add(*where, "permit", "other_permit")
    if kind is Kind.TX:
        for name in _differences(body, first["raw"]):
            report.add(*where, name, "raw")
        journal.transactions[body["hash"]] = decode(bytes.fromhex(first["raw"]))
    elif kind is Kind.REFUSAL:
        journal.refusals += 1
    elif kind is Kind.DROP:
        journal.dropped.add(body["hash"])
    elif kind is Kind.SEAL:
        order = [str(each) for each in hashes(bytes.fromhex(first["raw"]))]
        failed = {
            (text := orjson.loads(data))["tx_hash"]: text
            for name, data in texts.items()
            if name != RECORD and not name.endswith(".who")
        }
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
    settled = sealed | journal.dropped | set(said["not_sealed"])
    for tx_hash in sorted(set(journal.transactions) - settled):
        report.add(part, f"transaction {tx_hash}", "its block", "missing")
