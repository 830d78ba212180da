"""The audit log: append, signed heads, proofs, and finding the first wrong record.

Rules:

1. An entry is appended in the transaction of the act it records.
2. A head is signed when the log has grown and is kept; the first head of a size stays.
3. ``verify_log`` checks every record against its own commitment, every kept head against the
   root of its size, and, with a head kept elsewhere, that today's log begins with it.
4. An erased record holds only if a later record of the log says that it was erased.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sandbox.domain.audit import erasure_of, is_sound
from sandbox.domain.heads import head_bytes
from sandbox.domain.records import AuditEntry, TreeHead
from sandbox.domain.seats import Actor, Right, require, rights_of
from sandbox.kit.errors import IntegrityFailure, InvalidInput, NotFound
from sandbox.kit.merkle import Frontier, consistency_proof, inclusion_proof, root
from sandbox.services.views import AuditLine, HeadView, ProofView, VerifyReport
from sandbox.store import UnitOfWork

LARGEST_PAGE = 500


class HeadKey:
    """The key that signs tree heads (Ed25519). Source: RFC 8032."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw().hex()
        self.key_id = self.public[:16]

    @classmethod
    def load(cls, path: Path) -> HeadKey:
        """Read the key, or make one of mode 0600 when there is none.

        Args:
            path: 32 bytes, raw, in the process's secrets folder.

        Raises:
            IntegrityFailure: ``audit.key_malformed``.
        """
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            secret = Ed25519PrivateKey.generate().private_bytes_raw()
            fresh = path.with_name(f".{path.name}.{os.getpid()}")
            with os.fdopen(
                os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
            ) as out:
                out.write(secret)
                out.flush()
                os.fsync(out.fileno())
            try:
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        raw = path.read_bytes()
        if len(raw) != 32:
            raise IntegrityFailure("audit.key_malformed", path=path.name)
        return cls(Ed25519PrivateKey.from_private_bytes(raw))

    def sign(self, message: bytes) -> str:
        """A signature, hex."""
        return self._private.sign(message).hex()


def audit_append(
    u: UnitOfWork, *, kind: str, actor: str, subject: str, data: Mapping[str, Any], at: datetime
) -> AuditEntry:
    """Append an entry inside the unit of work.

    Args:
        u: the transaction it belongs to.
        kind: what happened, dotted.
        actor: who did it.
        subject: what it happened to.
        data: JSON values only.
        at: when.

    Raises:
        InvalidInput: ``canonical.not_json``.
    """
    return u.audit.append(kind=kind, actor=actor, subject=subject, data=data, at=at)


def head(u: UnitOfWork, *, at: datetime, key: HeadKey) -> HeadView:
    """The signed head of the log as it is now.

    Needs a writing unit of work and its commit: a new head is kept before it is shown.
    """
    size = u.audit.size()
    last = u.audit.last_head()
    if last is None or last.size != size or last.key_id != key.key_id:
        hash_of_root = root(u.audit.leaves(0, size)).hex()
        moment = at.isoformat()
        last = u.audit.add_head(
            TreeHead(
                size=size,
                root=hash_of_root,
                at=at,
                signature=key.sign(head_bytes(size, hash_of_root, moment)),
                key_id=key.key_id,
                public_key=key.public,
            )
        )
    return HeadView(last.size, last.root, last.at, last.signature, last.key_id, last.public_key)


def inclusion(u: UnitOfWork, leaf: int, *, size: int | None = None) -> ProofView:
    """The proof that an entry is in the log of a size (today's when left out).

    Raises:
        InvalidInput: ``merkle.index_outside``.
    """
    leaves = _leaves(u, size)
    proof = inclusion_proof(leaves, leaf)
    return ProofView(leaf, len(leaves), tuple(each.hex() for each in proof), leaves[leaf].hex())


def consistency(u: UnitOfWork, first: int, second: int | None = None) -> ProofView:
    """The proof that the log of size ``second`` begins with the log of size ``first``.

    Raises:
        InvalidInput: ``merkle.index_outside``.
    """
    leaves = _leaves(u, second)
    proof = consistency_proof(leaves, first)
    return ProofView(first, len(leaves), tuple(each.hex() for each in proof))


def entries(
    u: UnitOfWork, actor: Actor, *, after: int = -1, limit: int = 100, newest_first: bool = False
) -> tuple[AuditLine, ...]:
    """A page of the log; bodies only for those who may read them.

    Raises:
        NotAllowed: ``seat.right_missing`` without the right to verify.
    """
    require(actor, Right.VERIFY_AUDIT)
    bodies = Right.READ_AUDIT in rights_of(actor.seats)
    limit = max(1, min(limit, LARGEST_PAGE))
    found = u.audit.newest(limit) if newest_first else u.audit.page(after=after, limit=limit)
    return tuple(
        AuditLine(
            index=each.index,
            at=each.at,
            kind=each.kind,
            actor=each.actor if bodies else "",
            subject=each.subject if bodies else "",
            leaf=each.leaf,
            data=(each.body or {}).get("data") if bodies else None,
        )
        for each in found
    )


@dataclass(frozen=True)
class KeptHead:
    """A head somebody kept outside. Hex as in ``HeadView``."""

    size: int
    root: str
    at: str
    signature: str
    public_key: str

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> KeptHead:
        """Read what ``GET /audit/head`` once gave.

        Raises:
            InvalidInput: ``audit.head_malformed``.
        """
        try:
            kept = cls(
                int(data["size"]),
                str(data["root"]),
                str(data["at"]).replace("Z", "+00:00"),
                str(data["signature"]),
                str(data["public_key"]),
            )
            bytes.fromhex(kept.root + kept.signature + kept.public_key)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput("audit.head_malformed", reason=str(error)[:80]) from error
        return kept


def verify_log(
    u: UnitOfWork, *, kept: KeptHead | None = None, public_key: str | None = None
) -> VerifyReport:
    """Check the whole log.

    Args:
        u: a reading unit of work.
        kept: a head from outside; exposes a log that was rewritten as a whole.
        public_key: hex of the key that heads must be signed with; the heads' own when left out.

    Returns:
        A report; ``first_wrong`` is the first record that is not what was written, or the first
        record after the last head that still held.
    """
    heads = {each.size: each for each in u.audit.heads()}
    frontier, place, checked, sound_until = Frontier(), 0, 0, 0
    roots: dict[int, str] = {0: frontier.root().hex()}
    wanted = {*heads, kept.size if kept else 0}
    erasures = _Erasures()
    for entry in u.audit.scan():
        if not is_sound(entry, place):
            return _wrong(place, frontier, place, checked, "audit.record_wrong")
        erasures.note(entry)
        frontier.append(bytes.fromhex(entry.leaf))
        place += 1
        if place in wanted:
            roots[place] = frontier.root().hex()
        if place in heads:
            if not _holds(heads[place], roots[place], public_key):
                return _wrong(sound_until, frontier, place, checked, "audit.head_wrong")
            checked, sound_until = checked + 1, place
    beyond = [size for size in heads if size > place]
    if beyond:
        return _wrong(place, frontier, place, checked, "audit.records_missing")
    if (silent := erasures.silent()) is not None:
        return _wrong(silent, frontier, place, checked, "audit.erasure_not_recorded")
    code = _against(kept, roots, place, public_key) if kept else None
    if code is not None:
        return _wrong(None, frontier, place, checked, code)
    return VerifyReport(
        True, place, frontier.root().hex(), None, None, {}, checked, tuple(erasures.places)
    )


class _Erasures:
    """What of a log is erased, and of which places a later record says so."""

    def __init__(self) -> None:
        self.places: list[int] = []
        self._recorded: set[int] = set()

    def note(self, entry: AuditEntry) -> None:
        """Take in the next sound entry."""
        if entry.body is None:
            self.places.append(entry.index)
        elif (place := erasure_of(entry)) is not None:
            self._recorded.add(place)

    def silent(self) -> int | None:
        """The first place that was erased without a record of it."""
        return next((each for each in self.places if each not in self._recorded), None)


def _against(
    kept: KeptHead, roots: Mapping[int, str], size: int, public_key: str | None
) -> str | None:
    if not _signed(
        head_bytes(kept.size, kept.root, kept.at), kept.signature, public_key or kept.public_key
    ):
        return "audit.kept_head_not_signed"
    if kept.size > size:
        return "audit.records_missing"
    return None if roots[kept.size] == kept.root else "audit.log_rewritten"


def _wrong(
    place: int | None, frontier: Frontier, size: int, checked: int, code: str
) -> VerifyReport:
    params = {} if place is None else {"index": place}
    return VerifyReport(False, size, frontier.root().hex(), place, code, params, checked)


def _holds(kept: TreeHead, root_hex: str, public_key: str | None) -> bool:
    message = head_bytes(kept.size, kept.root, kept.at.isoformat())
    key = public_key or kept.public_key
    named = kept.key_id == kept.public_key[:16]
    return named and kept.root == root_hex and _signed(message, kept.signature, key)


def _signed(message: bytes, signature: str, public_key: str) -> bool:
    try:
        raw = bytes.fromhex(signature)
        if raw.hex() != signature:
            return False
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(raw, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _leaves(u: UnitOfWork, size: int | None) -> list[bytes]:
    leaves = u.audit.leaves(0, size)
    if size is not None and (size < 0 or len(leaves) != size):
        raise NotFound("audit.no_such_size", size=size)
    return leaves
