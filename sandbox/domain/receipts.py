"""Receipts of submissions: signed by the desk, kept by the student, checked offline.

Rules:

- A receipt says who handed in what, of which organisation, when by the desk's clock, each
  file by its SHA-256. The signature is Ed25519 over the canonical JSON of the body.
- It is checked with a key that the checker trusts, never with the one that it carries; the one
  that it carries must be the same.
- One signature has one spelling: base64 with other unused bits, a name written twice, a part
  that nobody signed are refused. So no byte can be changed but white space between the parts.

Source: RFC 8032 (Ed25519), RFC 8785 (canonical JSON).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sandbox.domain.classroom import Action
from sandbox.domain.coursework import MAX_FILES, Bundle, Entry, manifest_hash
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import IntegrityFailure, InvalidInput, SynakError
from sandbox.kit.strict_json import read_object

MAX_RECEIPT: Final = 2**18
"""Bytes of a receipt at most: a hundred files with the longest names are well below it."""
MOST_OPENINGS: Final = MAX_FILES + 8
KEY_FILE: Final = "platform-key.txt"
"""Beside kept receipts: the platform's public key, as it was at the first of them."""
_HEX: Final = re.compile(r"[0-9a-f]{64}")
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
    if action.organisation is not None:
        body["organisation"] = action.organisation
    signature = key.private.sign(canonical(body))
    return {
        "body": body,
        "signature": base64.b64encode(signature).decode(),
        "public_key": key.public_hex,
    }


def receipt_text(receipt: Mapping[str, Any]) -> str:
    """A receipt as the file that is kept."""
    return json.dumps(receipt, indent=1, ensure_ascii=False) + "\n"


def read_receipt(content: bytes) -> Mapping[str, Any]:
    """Read a kept file; whether it holds is for `verify_receipt` to say.

    Args:
        content: of the file.

    Raises:
        IntegrityFailure: ``receipt.malformed``.
    """
    try:
        if len(content) <= MAX_RECEIPT:
            return read_object(content, openings=MOST_OPENINGS)
    except (TypeError, ValueError) as error:
        raise IntegrityFailure("receipt.malformed") from error
    raise IntegrityFailure("receipt.malformed")


def public_key(text: str) -> str:
    """Read the platform's public key as people keep it: 64 hexadecimal digits.

    Raises:
        InvalidInput: ``receipt.bad_key``.
    """
    found = text.strip().lower()
    if not _HEX.fullmatch(found):
        raise InvalidInput("receipt.bad_key")
    return found


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
        InvalidInput: ``receipt.bad_key``.
        IntegrityFailure: ``receipt.malformed``, ``receipt.other_key``,
            ``receipt.wrong_signature``, ``receipt.other_files``.
    """
    known = public_key(public_hex)
    body, signature, entries = _parts(receipt)
    if receipt["public_key"] != known:
        raise IntegrityFailure("receipt.other_key")
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(known))
        public.verify(signature, canonical(body))
    except (InvalidSignature, ValueError) as error:
        raise IntegrityFailure("receipt.wrong_signature") from error
    except SynakError as error:
        raise IntegrityFailure("receipt.malformed") from error
    if body["content"] != manifest_hash(entries):
        raise IntegrityFailure("receipt.other_files")
    if files is not None and Bundle.of(files).hash != body["content"]:
        raise IntegrityFailure("receipt.other_files")
    return body


def _parts(receipt: Mapping[str, Any]) -> tuple[Mapping[str, Any], bytes, tuple[Entry, ...]]:
    """Body, signature and files of what has a receipt's form."""
    try:
        body, written = receipt["body"], receipt["signature"]
        signature = base64.b64decode(written, validate=True)
        entries = tuple(Entry(e["path"], e["sha256"], e["size"]) for e in body["files"])
        right = (
            set(receipt) == {"body", "signature", "public_key"}
            and body["kind"] == KIND
            and base64.b64encode(signature).decode() == written
        )
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityFailure("receipt.malformed") from error
    if not right:
        raise IntegrityFailure("receipt.malformed")
    return body, signature, entries
