"""Keys, derived from one seed by their names.

Rules:

- A name says who a key is for: ``regulator/<account>``, ``sponsor/<organisation>``,
  ``system/<role>``, ``permit/<number>/<n>``, ``customer/<number>/<n>``. Nothing else
  is a name.
- HKDF-SHA256 of the seed, with the name as its information, gives 48 bytes; these
  modulo (order - 1), plus one, are the secp256k1 key (no bias worth naming).
- The seed's file is made once, mode 0600, with a checksum. A damaged seed, or one
  that others can read, stops the start: it is never made anew over an old one.

Source: RFC 5869 (HKDF); FIPS 186-5 appendix A.2.1 (extra random bits).

>>> Keys(bytes(32)).address("system/treasury") == Keys(bytes(32)).address("system/treasury")
True
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from functools import lru_cache
from pathlib import Path
from typing import Final

from coincurve import PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from eth_utils.crypto import keccak

from sandbox.kit.errors import IntegrityFailure, InvalidInput
from sandbox.kit.ids import Address, checksum

SYSTEM_ROLES: Final = (
    "deployer",
    "issuer",
    "centralbank",
    "registrar",
    "relayer",
    "treasury",
)
_NAME: Final = re.compile(
    r"regulator/[a-z][a-z0-9_-]{0,31}"
    r"|sponsor/[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
    r"|system/(?:" + "|".join(SYSTEM_ROLES) + ")"
    r"|(?:permit|customer)/SB-\d{4}-\d{4}/(?:0|[1-9]\d{0,8})",
    re.ASCII,
)
_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_SALT: Final = b"synak/signer/1"
_SEED_BYTES: Final = 32
_MARK: Final = b"synak-seed-1\n"


def check_name(name: object) -> str:
    """Read the name of a key.

    Raises:
        InvalidInput: ``signer.unknown_key``.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidInput("signer.unknown_key", key=str(name)[:100])
    return name


class Keys:
    """All keys of one seed.

    Args:
        seed: 32 secret bytes.
    """

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self.private = lru_cache(maxsize=4_096)(self._private)
        self.address = lru_cache(maxsize=65_536)(self._address)

    def _private(self, name: str) -> bytes:
        """The private key of a checked name, 32 bytes."""
        wide = HKDF(SHA256(), 48, _SALT, name.encode()).derive(self._seed)
        return (int.from_bytes(wide, "big") % (_ORDER - 1) + 1).to_bytes(32, "big")

    def _address(self, name: str) -> Address:
        """The address of a checked name."""
        public = PrivateKey(self.private(name)).public_key.format(compressed=False)
        return checksum("0x" + keccak(public[1:])[12:].hex())


def read_seed(path: Path) -> bytes:
    """Read the seed, or make it at the first start.

    Args:
        path: its file.

    Raises:
        IntegrityFailure: ``signer.seed_damaged``, ``signer.seed_readable_by_others``,
            ``signer.seed_unreadable``.
    """
    try:
        if not path.exists():
            _make(path)
        mode = path.stat().st_mode
        data = path.read_bytes()
    except OSError as error:
        raise IntegrityFailure("signer.seed_unreadable", reason=error.strerror or "") from error
    if stat.S_IMODE(mode) & 0o077:
        raise IntegrityFailure("signer.seed_readable_by_others", mode=oct(stat.S_IMODE(mode)))
    seed, check = data[len(_MARK) : -32], data[-32:]
    right = data.startswith(_MARK) and len(seed) == _SEED_BYTES
    if not right or hashlib.sha256(_MARK + seed).digest() != check:
        raise IntegrityFailure("signer.seed_damaged", path=path.name)
    return seed


def _make(path: Path) -> None:
    """Write beside, sync, link: a seed is whole or not there, and never replaced."""
    seed = os.urandom(_SEED_BYTES)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, _MARK + seed + hashlib.sha256(_MARK + seed).digest())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    with contextlib.suppress(FileExistsError):
        os.link(beside, path)
    beside.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
