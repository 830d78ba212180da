"""Proofs of marks: that a mark stands in the audit log's tree, to keep and to check offline.

Rules:

- Each mark of record is an entry of the log: feedback that was released, with its points; a mark
  that a teacher gave or changed. The tree has a salted commitment to the entry, so that nobody
  guesses a mark from it; entry and salt are in the proof, which only the student gets.
- A teacher's mark is the student's to see once feedback of that work is released, not before.
- A proof is checked with the key of tree heads that the checker trusts. It says that the mark was
  in the log when the head was signed; a later one may have corrected it.
- An entry that was erased has no proof any more; proofs given before hold as ever: the leaf stays.

Source: RFC 6962 (tree, inclusion proof); RFC 8785.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sandbox.domain.classroom import ActionKind
from sandbox.domain.coursework import CourseName
from sandbox.domain.heads import head_bytes
from sandbox.domain.receipts import public_key
from sandbox.domain.records import AuditEntry
from sandbox.kit.commitment import SALT_BYTES, commit
from sandbox.kit.errors import IntegrityFailure, InvalidInput, NotFound
from sandbox.kit.ids import AccountName
from sandbox.kit.merkle import leaf_hash, verify_inclusion
from sandbox.kit.strict_json import read_object
from sandbox.services import audit
from sandbox.services.audit import HeadKey, is_signed
from sandbox.store import UnitOfWork
from sandbox.store.classroom import Actions

KIND: Final = "synak-mark-proof"
KINDS: Final = ("course.feedback_released", "course.marked")
LARGEST: Final = 2**16
"""Bytes of a proof at most."""
MOST_OPENINGS: Final = 64
PLACES: Final = range(2**31)
"""Places that an entry of the log may have."""
_PARTS: Final = frozenset({"kind", "version", "entry", "salt", "proof", "head"})
_HEAD: Final = frozenset({"size", "root", "at", "signature", "public_key"})


def marks_of(u: UnitOfWork, account: AccountName, course: CourseName) -> tuple[AuditEntry, ...]:
    """The entries of a student's own marks in a course, oldest first; erased ones are left out."""
    subjects = list(_subjects(u, account, course))
    return u.audit.of_subjects(*subjects, only=KINDS) if subjects else ()


def prove(
    u: UnitOfWork, account: AccountName, index: int, *, at: datetime, key: HeadKey
) -> dict[str, Any]:
    """The proof of one's own mark. Needs a writing unit of work and its commit: see `audit.head`.

    Args:
        u: the unit of work.
        account: whose mark.
        index: of the entry.
        at: the present moment.
        key: signs tree heads.

    Raises:
        NotFound: ``mark_proof.not_found``: also for marks of others.
    """
    if index not in PLACES:
        raise NotFound("mark_proof.not_found", index=str(index)[:20])
    entry = next(u.audit.at_places([index]), None)
    data = (entry.body or {}).get("data", {}) if entry else {}
    if entry is None or entry.body is None or data.get("student") != account:
        raise NotFound("mark_proof.not_found", index=index)
    if entry.index not in {each.index for each in marks_of(u, account, data["course"])}:
        raise NotFound("mark_proof.not_found", index=index)
    head = audit.head(u, at=at, key=key)
    return {
        "kind": KIND,
        "version": 1,
        "entry": dict(entry.body),
        "salt": entry.salt,
        "proof": list(audit.inclusion(u, index, size=head.size).proof),
        "head": {
            "size": head.size,
            "root": head.root,
            "at": head.at.isoformat(),
            "signature": head.signature,
            "public_key": head.public_key,
        },
    }


def proof_text(proof: Mapping[str, Any]) -> str:
    """A proof as the file that is kept."""
    return json.dumps(proof, indent=1, ensure_ascii=False) + "\n"


def check(content: bytes, public_hex: str) -> dict[str, Any]:
    """Check a proof.

    Args:
        content: of the file.
        public_hex: of the key of tree heads, from where the checker trusts it.

    Returns:
        ``entry`` and ``head`` of it.

    Raises:
        InvalidInput: ``receipt.bad_key``.
        IntegrityFailure: ``mark_proof.malformed``, ``mark_proof.other_key``,
            ``mark_proof.wrong_signature``, ``mark_proof.not_in_log``.
    """
    known = public_key(public_hex)
    try:
        if len(content) > LARGEST:
            raise IntegrityFailure("mark_proof.malformed")
        said = read_object(content, openings=MOST_OPENINGS)
        head, entry = said["head"], said["entry"]
        message = head_bytes(head["size"], head["root"], head["at"])
        leaf = leaf_hash(commit(entry, salt=_hex(said["salt"], SALT_BYTES)))
        right = (
            said.keys() == _PARTS
            and head.keys() == _HEAD
            and (said["kind"], said["version"]) == (KIND, 1)
            and entry["kind"] in KINDS
            and type(entry["index"]) is int
            and type(head["size"]) is int
        )
        path, root = [_hex(each) for each in said["proof"]], _hex(head["root"])
        within = right and verify_inclusion(leaf, entry["index"], head["size"], path, root)
    except (KeyError, TypeError, ValueError, AttributeError, InvalidInput) as error:
        raise IntegrityFailure("mark_proof.malformed") from error
    if not right:
        raise IntegrityFailure("mark_proof.malformed")
    if head["public_key"] != known:
        raise IntegrityFailure("mark_proof.other_key")
    if not is_signed(message, str(head["signature"]), known):
        raise IntegrityFailure("mark_proof.wrong_signature")
    if not within:
        raise IntegrityFailure("mark_proof.not_in_log")
    return {"entry": entry, "head": head}


def _subjects(u: UnitOfWork, account: AccountName, course: CourseName) -> Iterator[str]:
    actions = Actions(u.session)
    released = actions.all_of(ActionKind.FEEDBACK_RELEASED, course, student=account)
    shown = {each.detail["submission"] for each in released}
    given = actions.all_of(ActionKind.MARKED, course, student=account)
    for action in (*released, *given):
        if action.detail["submission"] in shown:
            yield f"submission/{action.id}"


def _hex(text: str, size: int = 32) -> bytes:
    found = bytes.fromhex(text)
    if found.hex() != text or len(found) != size:
        raise ValueError("another spelling of a hash")
    return found
