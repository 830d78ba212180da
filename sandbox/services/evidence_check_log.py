"""Checking an evidence file's log: the signed head, the entries, the earlier heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sandbox.domain.audit import JOURNAL_BATCH, leaf_of
from sandbox.domain.heads import head_bytes
from sandbox.kit.merkle import leaf_hash, verify_consistency, verify_inclusion
from sandbox.services.evidence_file import (
    ENTRIES,
    EXPORTED,
    HEAD,
    HEADS,
    MANIFEST,
    Parts,
    whole_number,
)
from sandbox.services.evidence_report import Report


@dataclass
class Log:
    """What the log's parts say, as far as it is proven.

    Attributes:
        head: the signed head, or empty.
        bodies: entries that are shown and proven, by place.
        places: every place that is in the file.
        exported: the entry that binds the manifest.
    """

    head: dict[str, Any] = field(default_factory=dict)
    bodies: dict[int, dict[str, Any]] = field(default_factory=dict)
    places: list[int] = field(default_factory=list)
    exported: dict[str, Any] | None = None

    def batches(self, chain: str) -> dict[int, Mapping[str, Any]]:
        """The proven batches of a chain, by place of their entry."""
        return {
            place: body["data"]
            for place, body in self.bodies.items()
            if body["kind"] == JOURNAL_BATCH and body["data"]["chain"] == chain
        }


def signed(head: Mapping[str, Any]) -> bool:
    """Whether a head is signed by the key it names."""
    try:
        signature, key = bytes.fromhex(head["signature"]), bytes.fromhex(head["public_key"])
        if signature.hex() != head["signature"] or key.hex() != head["public_key"]:
            return False
        message = head_bytes(head["size"], head["root"], head["at"])
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def check_head(parts: Parts, report: Report) -> dict[str, Any]:
    """The head that everything rests on."""
    head: dict[str, Any] = {}
    with report.reading(HEAD):
        found = parts.whole(HEAD)
        if set(found) != {"size", "root", "at", "signature", "public_key"}:
            report.add(HEAD, "", "", "malformed")
        elif not signed(found):
            report.add(HEAD, "", "signature", "signature")
        else:
            head = found
    return head


def check_entries(parts: Parts, log: Log, report: Report) -> None:
    """Every entry against the signed head."""
    for number, line in enumerate(parts.lines(ENTRIES), 1):
        record = f"line {number}"
        with report.reading(ENTRIES, record):
            entry = parts.value(line)
            record = f"entry {entry['index']}"
            _check_entry(entry, record, log, report)


def _check_entry(entry: Mapping[str, Any], record: str, log: Log, report: Report) -> None:
    if set(entry) != {"index", "commitment", "proof", "salt", "body"}:
        report.add(ENTRIES, record, "", "malformed")
        return
    index, size, root = entry["index"], log.head["size"], bytes.fromhex(log.head["root"])
    if log.places and index <= log.places[-1]:
        report.add(ENTRIES, record, "index", "order")
        return
    log.places.append(whole_number(index))
    body, salt = entry["body"], entry["salt"]
    commitment = bytes.fromhex(entry["commitment"])
    if commitment.hex() != entry["commitment"] or (body is None) != (salt is None):
        report.add(ENTRIES, record, "commitment", "malformed")
        return
    proof = [bytes.fromhex(node) for node in entry["proof"]]
    if [node.hex() for node in proof] != entry["proof"]:
        report.add(ENTRIES, record, "proof", "malformed")
    elif not verify_inclusion(leaf_hash(commitment), index, size, proof, root):
        report.add(ENTRIES, record, "proof", "proof")
    elif body is not None:
        opened, _ = leaf_of(body, bytes.fromhex(salt))
        if opened != commitment or body["index"] != index:
            report.add(ENTRIES, record, "body", "commitment")
        else:
            log.bodies[index] = body


def check_listed(manifest: Mapping[str, Any], log: Log, report: Report) -> None:
    """That the entries are those that the manifest lists, and shown where it says so."""
    listed, hidden = set(manifest["log"]["entries"]), set(manifest["log"]["hidden"])
    own = log.exported["index"] if log.exported else -1
    for place in sorted(listed - set(log.places)):
        report.add(ENTRIES, f"entry {place}", "", "missing")
    for place in sorted(set(log.places) - listed - {own}):
        report.add(ENTRIES, f"entry {place}", "", "unexpected")
    for place in sorted(listed & set(log.places)):
        if (place in log.bodies) == (place in hidden):
            report.add(ENTRIES, f"entry {place}", "body", "hidden")
    if log.head.get("public_key") != manifest["log"]["public_key"]:
        report.add(HEAD, "", "public_key", "other_key")


def check_heads(parts: Parts, log: Log, report: Report) -> dict[int, str]:
    """Earlier heads: signed by the same key, and beginnings of the same log.

    Returns:
        The root of each size that is proven, the newest among them.
    """
    newest, root = log.head["size"], bytes.fromhex(log.head["root"])
    roots: dict[int, str] = {newest: log.head["root"]}
    last = -1
    for number, line in enumerate(parts.lines(HEADS), 1):
        record = f"line {number}"
        with report.reading(HEADS, record):
            head = parts.value(line)
            record = f"head {head['size']}"
            proof = [bytes.fromhex(node) for node in head["proof"]]
            wrong = set(head) != {"size", "root", "at", "signature", "public_key", "proof"}
            if wrong or [node.hex() for node in proof] != head["proof"] or head["size"] <= last:
                report.add(HEADS, record, "", "malformed")
                continue
            last = head["size"]
            if not signed(head):
                report.add(HEADS, record, "signature", "signature")
            elif head["public_key"] != log.head["public_key"]:
                report.add(HEADS, record, "public_key", "other_key")
            elif not verify_consistency(
                head["size"], newest, bytes.fromhex(head["root"]), root, proof
            ):
                report.add(HEADS, record, "proof", "rewritten")
            else:
                roots[head["size"]] = head["root"]
    return roots


def check_manifest(manifest: Mapping[str, Any], digest: str, log: Log, report: Report) -> bool:
    """Whether the manifest is the one that the audit log names."""
    log.exported = _own(manifest, log)
    if log.exported is None:
        report.add(ENTRIES, "the export's own entry", "", "missing")
        return False
    said = log.exported["data"]
    fields = [name for name in ("id", "recipient", "legal_basis") if said[name] != manifest[name]]
    if said["seat"] != manifest["made_by"]["seat"]:
        fields.append("made_by")
    if log.exported["subject"] != manifest["permit"]:
        fields.append("permit")
    same = bool(said["manifest"] == digest)
    for name in fields or ([] if same else [""]):
        report.add(MANIFEST, "", name, "manifest")
    return same


def _own(manifest: Mapping[str, Any], log: Log) -> dict[str, Any] | None:
    """The export's own entry: not listed, since the manifest was made before it; or by its id."""
    exported = [body for body in log.bodies.values() if body["kind"] == EXPORTED]
    listed = set(manifest["log"]["entries"])
    unlisted = [body for body in exported if body["index"] not in listed]
    same = [body for body in exported if body["data"]["id"] == manifest["id"]]
    return next(iter([*unlisted, *same]), None)


def compare_kept(
    kept: Mapping[str, Any], log: Log, roots: Mapping[int, str], report: Report
) -> None:
    """Today's log against a head that somebody kept."""
    if not signed(kept):
        report.cannot("head_unsigned")
    elif kept["public_key"] != log.head["public_key"]:
        report.cannot("head_of_other_key", log.head["public_key"])
    elif kept["size"] > log.head["size"]:
        report.cannot("head_newer", log.head["size"])
    elif kept["size"] not in roots:
        report.cannot("head_between", kept["size"])
    elif roots[kept["size"]] != kept["root"]:
        report.add(HEAD, "", "root", "rewritten")
