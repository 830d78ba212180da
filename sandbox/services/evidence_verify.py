"""Checking an evidence file on any machine: no store, no settings, no network.

1. The container is whole and holds the parts of its format, no other.
2. The signed head is signed by the key it names.
3. Every audit entry is what the log committed to, and is in the log of that head.
4. The manifest is the one that the export's own entry names; the entries are those it lists.
5. Every part is the one that the manifest was made over.
6. Earlier heads are beginnings of this log; so is the head that the reader kept.
7. Every journal record is in the batch that an entry commits to; none that is listed is missing.
8. Every block's header is the one that was sealed; transactions and receipts are in it.
9. Every version of the permit carries the signatures of the addresses it names, and was published
   by the Supervisor of the manifest; nothing else lies outside the period.

What cannot be shown by any file: that the key is the platform's (give ``--key`` or ``--head``),
that chain and Supervisor are the platform's (compare them with those it publishes), and that a
record of the permit was not left out when the file was made (a full replay shows it).

What keeps a check from being made (no such file, a mistyped key, a head newer than the file) is an
obstacle, never an alteration: ``evidence_verdict``.
"""

from __future__ import annotations

import errno
import hashlib
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sandbox.kit.errors import IntegrityFailure
from sandbox.services import evidence_check_log as logs
from sandbox.services.evidence_check_blocks import Outcome, check_blocks
from sandbox.services.evidence_check_journal import Journal, check_complete, check_journal
from sandbox.services.evidence_check_permit import check_permit
from sandbox.services.evidence_file import FORMAT, LOG, MANIFEST, Parts, parts_for
from sandbox.services.evidence_report import Report

MANIFEST_FIELDS = frozenset(
    {
        *("format", "id", "permit", "period", "recipient", "legal_basis", "redaction", "made_at"),
        *("made_by", "log", "chains", "parts", "notice"),
    }
)

WITHIN = {
    "period": {"since", "until"},
    "redaction": {"without_names", "statement"},
    "made_by": {"seat", "organisation", "account"},
    "log": {"public_key", "entries", "hidden"},
}
OF_CHAIN = {"chain_id", "supervisor", "covers", "not_batched", "records", "not_sealed"}
_KEY: Final = re.compile("[0-9a-fA-F]{64}")
_FORMAT: Final = re.compile("synak-evidence/[1-9][0-9]{0,3}")
_DISK: Final = {errno.EIO, errno.ESTALE, errno.EACCES, errno.EPERM}
"""Of the machine that reads, not of the file."""


def verify_file(
    path: Path, *, kept: Mapping[str, Any] | None = None, key: str | None = None
) -> Report:
    """Check an evidence file.

    Args:
        path: the file.
        kept: a signed head that was kept earlier (``size, root, at, signature, public_key``).
        key: the platform's public key, hex, from somewhere else than this file.
    """
    report = Report()
    if not _readable(path, report):
        return report
    if key is not None and not _KEY.fullmatch(key):
        report.cannot("key_malformed")
        key = None
    try:
        with Parts(path) as parts:
            _verify(parts, report, kept, key)
    except IntegrityFailure as error:
        large = error.code == "evidence.too_large"
        code = "too_large" if large else "container"
        report.add(path.name, str(error.params.get("part", "")), "", code)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError):
        report.add(path.name, "", "", "container")
    except Exception as error:  # noqa: BLE001 - zlib, struct: whatever a broken container raises
        if isinstance(error, OSError) and error.errno in _DISK:
            report.cannot("file_unreadable", error.strerror)
        else:
            report.add(path.name, "", type(error).__name__, "container")
    return report


def _readable(path: Path, report: Report) -> bool:
    """Whether this machine gives the file at all: if not, nothing is said of it."""
    try:
        with path.open("rb") as file:
            file.read(1)
    except FileNotFoundError:
        report.cannot("file_missing", path)
        return False
    except (OSError, ValueError) as error:
        report.cannot("file_unreadable", getattr(error, "strerror", None) or error)
        return False
    return True


def _verify(parts: Parts, report: Report, kept: Mapping[str, Any] | None, key: str | None) -> None:
    with report.step("the file is whole and has the parts of its format"):
        manifest = _container(parts, report)
    whole = not report.problems
    if manifest is None or not set(LOG) <= set(parts.names()):
        return
    log = logs.Log()
    with report.step("the head of the log is signed"):
        log.head = logs.check_head(parts, report)
        if key is not None and log.head.get("public_key") not in {None, key.lower()}:
            report.cannot("other_key", log.head["public_key"])
    sound = False
    if log.head:
        with report.step("every audit entry is in the log of that head"):
            logs.check_entries(parts, log, report)
        with report.step("the manifest is the one that the audit log names"):
            digest = hashlib.sha256(parts.data(MANIFEST)).hexdigest()
            with report.reading(MANIFEST):
                sound = logs.check_manifest(manifest, digest, log, report)
    if sound and whole:
        with report.step("no audit entry is missing or added"):
            logs.check_listed(manifest, log, report)
        with report.step("every part is the one that the manifest was made over"):
            _digests(parts, manifest, report)
    if log.head:
        with report.step("the log only grew since its earlier heads"):
            roots = logs.check_heads(parts, log, report)
            if kept is not None:
                logs.compare_kept(kept, log, roots, report)
    if whole:
        _contents(parts, manifest, log, report, sound=sound)


def _container(parts: Parts, report: Report) -> dict[str, Any] | None:
    names = parts.names()
    if MANIFEST not in names:
        report.add(MANIFEST, "", "", "missing")
        return None
    with report.reading(MANIFEST):
        manifest: dict[str, Any] = parts.whole(MANIFEST)
        if manifest["format"] != FORMAT:
            if _FORMAT.fullmatch(manifest["format"]):
                report.cannot("unknown_format", manifest["format"])
            else:
                report.add(MANIFEST, "", "format", "malformed")
            return None
        inner = [(manifest, MANIFEST_FIELDS), *((manifest[name], WITHIN[name]) for name in WITHIN)]
        inner += [(said, OF_CHAIN) for said in manifest["chains"].values()]
        if any(set(value) != fields for value, fields in inner):
            report.add(MANIFEST, "", "", "malformed")
            return None
        expected = parts_for(manifest["chains"])
        for name in expected:
            if names.count(name) != 1:
                report.add(name, "", "", "unexpected" if name in names else "missing")
        for name in sorted(set(names) - set(expected)):
            report.add(name, "", "", "unexpected")
        return manifest
    return None


def _digests(parts: Parts, manifest: Mapping[str, Any], report: Report) -> None:
    expected = sorted({*parts_for(manifest["chains"])} - {MANIFEST, *LOG})
    if [part["name"] for part in manifest["parts"]] != expected:
        report.add(MANIFEST, "", "parts", "malformed")
    for part in manifest["parts"]:
        with report.reading(part["name"]):
            if set(part) != {"name", "sha256", "bytes"} or part["bytes"] != parts.size(
                part["name"]
            ):
                report.add(part["name"], "", "bytes", "digest")
            if parts.digest(part["name"]) != part["sha256"]:
                report.add(part["name"], "", "", "digest")
    listed = {part["name"] for part in manifest["parts"]}
    for name in parts_for(manifest["chains"]):
        if name not in {*listed, MANIFEST, *LOG}:
            report.add(MANIFEST, name, "", "missing")


def _contents(
    parts: Parts, manifest: Mapping[str, Any], log: logs.Log, report: Report, *, sound: bool
) -> None:
    """Steps 7 to 9, and what the reader is told."""
    journals: dict[str, Journal] = {}
    outcomes: dict[str, Outcome] = {}
    with report.reading(MANIFEST):
        for chain in manifest["chains"]:
            with report.step(f"every record of the {chain} journal is in a batch of the log"):
                found = check_journal(parts, chain, manifest["permit"], log.batches(chain), report)
                journals[chain] = found
                if sound:
                    check_complete(manifest, chain, found, report)
            with report.step(f"every {chain} transaction and receipt is in a sealed block"):
                outcomes |= check_blocks(parts, chain, found, report)
        with report.step("every version of the permit is signed by the addresses it names"):
            versions = check_permit(parts, manifest, journals, outcomes, report)
        report.facts = {
            **{name: manifest[name] for name in ("id", "permit", "period", "recipient")},
            **{name: manifest[name] for name in ("legal_basis", "made_at", "made_by")},
            "redaction": manifest["redaction"]["statement"],
            "notice": manifest["notice"]["en"],
            **{
                name: {chain: said[name] for chain, said in manifest["chains"].items()}
                for name in ("chain_id", "supervisor", "covers", "not_batched")
            },
            "signed_by": log.head.get("public_key"),
            "log_size": log.head.get("size"),
            "transactions": sum(len(each.transactions) for each in journals.values()),
            "succeeded": sum(each.succeeded for each in outcomes.values()),
            "failed": sum(not each.succeeded for each in outcomes.values()),
            "dropped": sum(len(each.dropped) for each in journals.values()),
            "refusals": sum(each.refusals for each in journals.values()),
            "versions": versions,
        }
