"""Tree heads kept by the reader: they expose a log that was rewritten.

Rules:

1. The log's public key is remembered when it is first seen; another key later is an error.
2. Each head's signature is checked before anything else.
3. A head that is kept is never replaced by one that does not continue it.
4. The proof is checked here, not by the log.

Source: RFC 6962 section 2.1.2 (consistency proofs); RFC 8032 (Ed25519).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sandbox.domain.heads import head_bytes
from sandbox.kit.merkle import verify_consistency
from sandbox.locale.catalogue import Language
from sandbox.sdk.desk import Desk
from sandbox.sdk.errors import DeskProblem, LogRewritten
from sandbox.sdk.private_files import write_private


@dataclass(frozen=True)
class Head:
    """A signed tree head of the audit log.

    Attributes:
        size: entries in the log.
        root: the Merkle root over them, hex.
        at: when it was signed, ISO 8601.
        signature: Ed25519, hex.
        public_key: the log's key, hex.
    """

    size: int
    root: str
    at: str
    signature: str
    public_key: str

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Head:
        """Read what the desk or the kept file says."""
        return cls(
            int(said["size"]),
            str(said["root"]).removeprefix("0x"),
            str(said["at"]),
            str(said["signature"]).removeprefix("0x"),
            str(said["public_key"]).removeprefix("0x"),
        )

    def signed(self) -> bool:
        """Whether the signature is that of the head's own key."""
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_key))
            at = datetime.fromisoformat(self.at).astimezone(UTC).isoformat()
            key.verify(bytes.fromhex(self.signature), head_bytes(self.size, self.root, at))
        except (InvalidSignature, ValueError):
            return False
        return True

    def __str__(self) -> str:
        return f"{self.size} entries, root {self.root[:16]}…, signed {self.at}"


@dataclass(frozen=True)
class LogCheck:
    """The log continues what was seen before.

    Attributes:
        before: the head that was kept; ``None`` the first time.
        now: the head that is kept from now on.
    """

    before: Head | None
    now: Head

    def __str__(self) -> str:
        if self.before is None:
            return f"first head kept: {self.now}"
        return f"the log continues: {self.before.size} → {self.now.size} entries; {self.now}"

    __repr__ = __str__


class KeptHeads:
    """The heads one reader keeps.

    Args:
        path: ``~/.synak/heads.json``.
        log: which log: the address of its desk.
    """

    def __init__(self, path: Path, log: str) -> None:
        self._path = path
        self._log = log

    def last(self) -> Head | None:
        """The newest kept head of this log."""
        kept = self._read().get(self._log)
        return Head.of(kept) if kept else None

    def keep(self, head: Head) -> None:
        """Keep a head in place of the one it continues."""
        write_private(self._path, json.dumps({**self._read(), self._log: asdict(head)}, indent=1))

    def _read(self) -> dict[str, Any]:
        try:
            kept: dict[str, Any] = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        return kept


def check_log(desk: Desk, kept: KeptHeads, *, language: Language = "en") -> LogCheck:
    """Check that the log continues the kept head, then keep the new one.

    Args:
        desk: where the log is shown.
        kept: this reader's heads.
        language: the language of errors.

    Raises:
        LogRewritten: ``sdk.head_signature`` or ``sdk.log_rewritten``; the kept head stays.
    """
    before = kept.last()
    now = Head.of(desk.get("/audit/head"))
    if not now.signed() or (before and before.public_key != now.public_key):
        raise LogRewritten("sdk.head_signature", language=language, size=now.size)
    if before is not None and not _continues(desk, before, now):
        raise LogRewritten(
            "sdk.log_rewritten",
            language=language,
            first=before.size,
            second=now.size,
            kept_at=before.at,
        )
    kept.keep(now)
    return LogCheck(before, now)


def _continues(desk: Desk, before: Head, now: Head) -> bool:
    if now.size < before.size:
        return False
    if now.size == before.size:
        return now.root == before.root
    try:
        said = desk.get("/audit/consistency", first=before.size, second=now.size)
    except DeskProblem:
        return False
    proof = [bytes.fromhex(str(each).removeprefix("0x")) for each in said["proof"]]
    roots = bytes.fromhex(before.root), bytes.fromhex(now.root)
    return verify_consistency(before.size, now.size, *roots, proof)
