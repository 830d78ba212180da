"""What an audit entry says and how it becomes a leaf of the log.

Rules:

1. The body names its place, time, kind, actor, subject and data; each is also a column, and a
   difference between the two is a wrong record.
2. The leaf is RFC 6962's hash of a salted commitment to the body: bodies can be erased while
   every proof still holds.
3. An erased entry says nothing beside its leaf: its columns have fixed values. That it was erased
   stands in a later entry of the log, which names its place and is never erased itself.

Source: RFC 6962 section 2.1; RFC 8785.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.domain.records import AuditEntry
from sandbox.kit.clock import utc
from sandbox.kit.commitment import SALT_BYTES, commit
from sandbox.kit.merkle import leaf_hash

ERASED: Final[Mapping[str, Any]] = {
    "actor": "",
    "subject": "",
    "kind": "erased",
    "at": datetime(1970, 1, 1, tzinfo=UTC),
}
"""The columns of an erased entry: nothing is left beside the leaf that nobody could check."""
ERASURE: Final = "audit.erased"
"""The kind of the entry that says which other one was erased."""
JOURNAL_BATCH: Final = "journal.batch"
"""The kind of the entry that commits to a batch of a chain's journal."""
JOURNAL_ACCEPTED: Final = "journal.accepted"
"""The kind of the entry by which two regulators go on with a journal after a loss."""
KEPT_FOR_EVER: Final = frozenset({ERASURE, JOURNAL_BATCH, JOURNAL_ACCEPTED})
"""Kinds that are never erased: others' proofs rest on what they say."""


def body_of(
    *, index: int, at: datetime, kind: str, actor: str, subject: str, data: Mapping[str, Any]
) -> dict[str, Any]:
    """The body of an entry, JSON."""
    return {
        "index": index,
        "at": utc(at).isoformat(),
        "kind": kind,
        "actor": actor,
        "subject": subject,
        "data": dict(data),
    }


def leaf_of(body: Mapping[str, Any], salt: bytes) -> tuple[bytes, bytes]:
    """The commitment to a body and its leaf hash, 32 bytes each."""
    commitment = commit(dict(body), salt=salt)
    return commitment, leaf_hash(commitment)


def is_sound(entry: AuditEntry, place: int) -> bool:
    """Whether an entry is what was once written at a place, as far as it says itself.

    Args:
        entry: as read from the store.
        place: where it stands in the order.
    """
    try:
        if entry.index != place or leaf_hash(bytes.fromhex(entry.commitment)).hex() != entry.leaf:
            return False
        if entry.body is None or entry.salt is None:
            return (
                entry.body is None
                and entry.salt is None
                and all(getattr(entry, name) == value for name, value in ERASED.items())
            )
        salt = bytes.fromhex(entry.salt)
        expected = body_of(
            index=entry.index,
            at=entry.at,
            kind=entry.kind,
            actor=entry.actor,
            subject=entry.subject,
            data=entry.body["data"],
        )
        if salt.hex() != entry.salt or len(salt) != SALT_BYTES or dict(entry.body) != expected:
            return False
        return commit(expected, salt=salt).hex() == entry.commitment
    except (ValueError, KeyError, TypeError):
        return False


def erasure_of(entry: AuditEntry) -> int | None:
    """The earlier place whose erasure a sound entry records, if it is such an entry."""
    if entry.kind != ERASURE or entry.body is None:
        return None
    place = entry.body["data"].get("index")
    return place if type(place) is int and 0 <= place < entry.index else None
