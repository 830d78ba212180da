"""Receipts of submissions: signed by the desk, kept by the student, checked offline.

A receipt says who handed in what, when by the desk's clock, each file by its SHA-256.
The signature is Ed25519 over the canonical JSON of the body.

Source: RFC 8032 (Ed25519), RFC 8785 (canonical JSON).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sandbox.domain.classroom import Action
from sandbox.domain.coursework import Bundle, Entry, manifest_hash
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import IntegrityFailure

KIND: Final = "synak-submission-receipt"


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """The desk's key for receipts."""

    private: Ed25519PrivateKey

    @classmethod
    def from_seed(cls, seed: bytes) -> ReceiptKey:
        """The key of a 32-byte seed."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public_hex(self) -> str:
        """The public key, 32 bytes as hex."""
        return self.private.public_key().public_bytes_raw().hex()


def receipt_for(action: Action, entries: tuple[Entry, ...], key: ReceiptKey) -> dict[str, Any]:
    """The receipt of a submission; the same submission always has the same receipt.

    Args:
        action: the submission.
        entries: its files.
        key: the desk's.
    """
    body = {
        "kind": KIND,
        "version": 1,
        "submission": action.id,
        "number": action.number,
        "course": action.course,
        "assignment": action.assignment,
        "student": action.student,
        "at": action.at.isoformat(),
        "content": action.bundle,
        "files": [{"path": e.path, "sha256": e.sha256, "size": e.size} for e in sorted(entries)],
    }
    signature = key.private.sign(canonical(body))
    return {
        "body": body,
        "signature": base64.b64encode(signature).decode(),
        "public_key": key.public_hex,
    }


def verify_receipt(
    receipt: Mapping[str, Any], public_hex: str, files: Mapping[str, bytes] | None = None
) -> Mapping[str, Any]:
    """Check a receipt, and perhaps the files it speaks of.

    Args:
        receipt: as the desk gave it.
        public_hex: the desk's public key, from where the checker trusts it.
        files: the files that are said to have been handed in.

    Returns:
        The receipt's body.

    Raises:
        IntegrityFailure: ``receipt.malformed``, ``receipt.wrong_signature``,
            ``receipt.other_files``.
    """
    try:
        body = receipt["body"]
        signature = base64.b64decode(receipt["signature"], validate=True)
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))
        entries = tuple(Entry(e["path"], e["sha256"], e["size"]) for e in body["files"])
        if body["kind"] != KIND:
            raise IntegrityFailure("receipt.malformed")
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityFailure("receipt.malformed") from error
    try:
        public.verify(signature, canonical(body))
    except InvalidSignature as error:
        raise IntegrityFailure("receipt.wrong_signature") from error
    if body["content"] != manifest_hash(entries):
        raise IntegrityFailure("receipt.other_files")
    if files is not None and Bundle.of(files).hash != body["content"]:
        raise IntegrityFailure("receipt.other_files")
    checked: Mapping[str, Any] = body
    return checked
