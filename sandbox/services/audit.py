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
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sandbox.domain.audit import erasure_of, is_sound
from sandbox.domain.heads import head_bytes
from sandbox.domain.records import AuditEntry, TreeHead
from sandbox.domain.seats import Actor, Right, require, rights_of
from sandbox.domain.sight import acting_sight_of
from sandbox.kit.errors import IntegrityFailure, InvalidInput, NotFound
from sandbox.kit.merkle import Frontier, consistency_proof, inclusion_proof, root
from sandbox.services.views import AuditLine, HeadView, ProofView, VerifyReport
from sandbox.store import UnitOfWork

LARGEST_PAGE = 500
TELLS: Final = 10_000
"""After so many records a verification says how far it is."""
HANDED_OVER: Final = "work.handed_over"
"""About the people of the authority that is its subject, and nobody else's."""
Progress = Callable[[int], None]


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
    return _view(last)


def kept_head(u: UnitOfWork, size: int) -> HeadView:
    """The head that was signed when the log had so many entries.

    Raises:
        NotFound: ``audit.no_such_size``.
    """
    found = u.audit.heads_after(size - 1, limit=1)
    if not found or found[0].size != size:
        raise NotFound("audit.no_such_size", size=size)
    return _view(found[0])


def signed_heads(u: UnitOfWork, *, after: int, limit: int) -> tuple[HeadView, ...]:
    """Heads of more than ``after`` entries, oldest first."""
    return tuple(_view(each) for each in u.audit.heads_after(after, limit=limit))


def _view(head: TreeHead) -> HeadView:
    return HeadView(head.size, head.root, head.at, head.signature, head.key_id, head.public_key)


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
    """A page of the log; what happened only for those who may read it, leaves for all others.

    What concerns a file, a Committee or people of another authority is a leaf, as for everybody.

    Raises:
        NotAllowed: ``seat.right_missing`` without the right to verify.
    """
    require(actor, Right.VERIFY_AUDIT)
    bodies = Right.READ_AUDIT in rights_of(actor.seats)
    limit = max(1, min(limit, LARGEST_PAGE + 1))  # one more tells whether there is more
    found = u.audit.newest(limit) if newest_first else u.audit.page(after=after, limit=limit)
    others = _of_others(u, actor, found) if bodies else frozenset()
    return tuple(
        AuditLine(
            index=each.index,
            at=each.at,
            kind=each.kind if bodies else "",
            actor=each.actor if bodies and each.index not in others else "",
            subject=each.subject if bodies and each.index not in others else "",
            leaf=each.leaf,
            data=(each.body or {}).get("data") if bodies and each.index not in others else None,
        )
        for each in found
    )


def _of_others(u: UnitOfWork, actor: Actor, found: Sequence[AuditEntry]) -> frozenset[int]:
    """The entries that are about what another authority's alone is."""
    sight = acting_sight_of(actor)
    if sight.submitted and sight.only is None:
        return frozenset()
    named = {each.index: _named(each) for each in found}
    everything = {name for names in named.values() for name in names}
    hidden = u.listing.hidden(sight, everything) | u.sittings.of_others(actor.org, everything)
    return frozenset(
        each.index
        for each in found
        if named[each.index] & hidden or (each.kind == HANDED_OVER and each.subject != actor.org)
    )


def _named(entry: AuditEntry) -> set[str]:
    """The files, permits and sittings that an entry may be about."""
    data = (entry.body or {}).get("data", {})
    texts = {entry.subject, entry.subject.rpartition(":")[2]}
    texts |= {str(data[name]) for name in ("file", "permit", "sitting") if data.get(name)}
    texts |= set(str(data.get("path", "")).split("/"))  # of an act confirmed with a passkey
    return {each[:40] for each in texts}


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
    u: UnitOfWork,
    *,
    kept: KeptHead | None = None,
    public_key: str | None = None,
    sizes: Collection[int] = (),
    progress: Progress | None = None,
) -> VerifyReport:
    """Check the whole log, record by record, with a bounded part of it in memory.

    Args:
        u: a reading unit of work.
        kept: a head from outside; exposes a log that was rewritten as a whole.
        public_key: hex of the key that heads must be signed with; the heads' own when left out.
        sizes: the report says the roots at these sizes.
        progress: told how many records were checked, every ``TELLS`` records.

    Returns:
        A report; ``first_wrong`` is the first record that is not what was written, or the first
        record after the last head that still held.
    """
    walk = _Walk(u, public_key, frozenset({*sizes, kept.size if kept else 0}))
    for entry in u.audit.scan():
        code = walk.take(entry)
        if code is not None:
            return walk.report(walk.wrong_at(code), code)
        if progress is not None and walk.place % TELLS == 0:
            progress(walk.place)
    if walk.next_head is not None:
        return walk.report(walk.place, "audit.records_missing")
    if (silent := walk.erasures.silent()) is not None:
        return walk.report(silent, "audit.erasure_not_recorded")
    code = _against(kept, walk.roots, walk.place, public_key) if kept else None
    return walk.report(None, code)


class _Walk:
    """One pass over the log, its heads beside it in the same order."""

    def __init__(self, u: UnitOfWork, public_key: str | None, wanted: frozenset[int]) -> None:
        self.frontier, self.erasures = Frontier(), _Erasures()
        self.place = self.checked = self.sound_until = 0
        self.roots: dict[int, str] = {0: self.frontier.root().hex()}
        self._wanted, self._public_key = wanted, public_key
        self._heads = (each for each in u.audit.scan_heads() if each.size > 0)
        self._keys: set[str] = set()
        self.next_head = next(self._heads, None)

    def take(self, entry: AuditEntry) -> str | None:
        """Take in the next record. Returns what is wrong with it or with the head after it."""
        if not is_sound(entry, self.place):
            return "audit.record_wrong"
        self.erasures.note(entry)
        self.frontier.append(bytes.fromhex(entry.leaf))
        self.place += 1
        if self.place in self._wanted:
            self.roots[self.place] = self.frontier.root().hex()
        head = self.next_head
        if head is None or head.size != self.place:
            return None
        self._keys.add(head.public_key)
        if not _holds(head, self.frontier.root().hex(), self._public_key):
            return "audit.head_wrong"
        self.sound_until, self.checked = self.place, self.checked + 1
        self.next_head = next(self._heads, None)
        return None

    def wrong_at(self, code: str) -> int:
        """Which record is named: the one that is wrong, or the first behind the last good head."""
        return self.place if code == "audit.record_wrong" else self.sound_until

    def report(self, wrong: int | None, code: str | None) -> VerifyReport:
        """What was found so far."""
        keys = self._keys | ({self.next_head.public_key} if self.next_head else set())
        return VerifyReport(
            ok=code is None,
            size=self.place,
            root=self.frontier.root().hex(),
            first_wrong=wrong,
            code=code,
            params={} if wrong is None else {"index": wrong},
            checked_heads=self.checked,
            erased=tuple(self.erasures.places) if code is None else (),
            roots=self.roots,
            keys=frozenset(keys),
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
    if not is_signed(
        head_bytes(kept.size, kept.root, kept.at), kept.signature, public_key or kept.public_key
    ):
        return "audit.kept_head_not_signed"
    if kept.size > size:
        return "audit.records_missing"
    return None if roots[kept.size] == kept.root else "audit.log_rewritten"


def _holds(kept: TreeHead, root_hex: str, public_key: str | None) -> bool:
    message = head_bytes(kept.size, kept.root, kept.at.isoformat())
    key = public_key or kept.public_key
    named = kept.key_id == kept.public_key[:16]
    return named and kept.root == root_hex and is_signed(message, kept.signature, key)


def is_signed(message: bytes, signature: str, public_key: str) -> bool:
    """Whether an Ed25519 signature, hex, is a key's own; anything malformed is not."""
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
