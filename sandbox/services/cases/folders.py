"""The folder of a case: what a trainee may have, what the server runs, what is sealed.

Rules:

1. ``public`` is the trainee's: each token's movements and the chains' blocks and transactions
   (Parquet and CSV), tags, reports and papers (JSON), the foreign ledgers in explorers' forms
   (``foreign_*``), and ``manifest.json`` with the SHA-256 of each file, the newest block's hash of
   each chain and the commitments to the truth and to that of the foreign part. Folders made before
   there were foreign ledgers have none.
2. ``engine`` is the server's: genesis and dump of each chain, to start a node from in a moment.
3. ``sealed`` holds truth, salt and seed: mode 0600 in a folder of mode 0700, never served.
4. A case is written beside and renamed: it is whole or not there. What an interruption left is
   found by the next one, removed, and begun again; a lock keeps two from making it at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from sandbox.forensics.cases import Case, foreign_files
from sandbox.forensics.cases.case import TOKENS, VERSION
from sandbox.forensics.cases.foreign import foreign
from sandbox.forensics.cases.scene import LedgerName
from sandbox.kit.canonical import canonical
from sandbox.kit.commitment import commit, opens
from sandbox.kit.errors import Conflict, IntegrityFailure, NotFound, Unavailable
from sandbox.kit.ids import ChainName
from sandbox.kit.money import DECIMALS
from sandbox.services.cases import chains
from sandbox.services.cases.execution import Executed

if TYPE_CHECKING:
    import polars as pl

    from sandbox.forensics.ledger import Ledger

FORMAT: Final = 1
"""Of the folder."""
PUBLIC, ENGINE, SEALED = "public", "engine", "sealed"
MANIFEST: Final = "manifest.json"
TRUTH: Final = "truth.json"
_HEADER: Final = {
    "hash": "hash",
    "state_root": "stateRoot",
    "transactions_root": "transactionsRoot",
    "receipts_root": "receiptsRoot",
}


@dataclass(frozen=True, repr=False)
class Sealed:
    """What is sealed of a case.

    Attributes:
        version: of the planner.
        seed: of the case, 32 bytes.
        salt: of the commitment, 32 bytes.
        truth: as ``Truth.as_data`` gives it.
        foreign: what is true of the foreign ledgers, as ``Foreign.truth``; empty in old folders.
    """

    version: int
    seed: bytes
    salt: bytes
    truth: Mapping[str, Any]
    foreign: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, case: Case, seed: bytes) -> Sealed:
        """What is sealed of a planned case."""
        return cls(VERSION, seed, case.salt, case.truth().as_data(), foreign(case).truth)

    def as_data(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "version": self.version,
            "seed": self.seed.hex(),
            "salt": self.salt.hex(),
            "truth": self.truth,
            "foreign": self.foreign,
        }


@dataclass(frozen=True)
class Made:
    """A case in its folder.

    Attributes:
        folder: where it lies.
        manifest: of its public part, as it stands in the file.
    """

    folder: Path
    manifest: Mapping[str, Any] = field(repr=False)

    @property
    def public(self) -> Path:
        """What a trainee may have."""
        return self.folder / PUBLIC

    @property
    def seal(self) -> bytes:
        """The commitment to the truth, 32 bytes."""
        return bytes.fromhex(self.manifest["seal"])

    def table(self, ledger: LedgerName) -> pl.DataFrame:
        """One token's movements: ``execution.COLUMNS``."""
        import polars as pl  # noqa: PLC0415 - starting a node does without it

        return pl.read_parquet(self.public / f"{ledger}.parquet")

    def ledger(self, ledger: LedgerName) -> Ledger:
        """One token's movements, to be traced."""
        from sandbox.forensics.ledger import Ledger  # noqa: PLC0415 - as above

        return Ledger.read(self.public / f"{ledger}.parquet")

    @cached_property
    def tags(self) -> list[dict[str, str]]:
        """What tag packs say: address, label, category, confidence."""
        return list(json.loads((self.public / "tags.json").read_text("utf-8")))

    @cached_property
    def reports(self) -> list[dict[str, Any]]:
        """What victims reported: ``transaction`` (ledger, block, index), ``hash``, ``moment``."""
        return list(json.loads((self.public / "reports.json").read_text("utf-8")))

    @property
    def foreign(self) -> dict[str, Path]:
        """The foreign ledgers by file name; none in a folder made before there were any."""
        names = sorted(set(foreign_files.NAMES) & set(self.manifest["files"]))
        return {name: self.public / name for name in names}

    def engine_file(self, chain: ChainName, what: str) -> Path:
        """A file of the server's own: ``genesis`` or ``dump``."""
        return self.folder / ENGINE / f"{chain}.{what}"

    def sealed(self) -> Sealed:
        """What is sealed; never on a trainee's way.

        Raises:
            NotFound: ``cases.not_sealed_here``: it was taken away.
            IntegrityFailure: ``cases.file_changed``: it is not what was committed to.
        """
        path = self.folder / SEALED / TRUTH
        try:
            said = json.loads(path.read_bytes())
            found = Sealed(
                said["version"],
                bytes.fromhex(said["seed"]),
                bytes.fromhex(said["salt"]),
                said["truth"],
                said.get("foreign", {}),
            )
            right = opens(self.seal, found.truth, salt=found.salt)
            if "foreign" in self.manifest:
                seal = bytes.fromhex(self.manifest["foreign"])
                right = right and opens(seal, found.foreign, salt=found.salt)
        except FileNotFoundError:
            raise NotFound("cases.not_sealed_here") from None
        except (ValueError, KeyError, TypeError) as error:
            raise IntegrityFailure("cases.file_changed", name=TRUTH) from error
        if not right:
            raise IntegrityFailure("cases.file_changed", name=TRUTH)
        return found


def opened(folder: Path) -> Made:
    """A case that was made.

    Args:
        folder: as ``make`` was told.

    Raises:
        NotFound: ``cases.not_made``: there is none, or it was not finished.
        IntegrityFailure: ``cases.file_changed``: the manifest cannot be read.
    """
    try:
        manifest = json.loads((folder / PUBLIC / MANIFEST).read_bytes())
        right = manifest["format"] == FORMAT and len(bytes.fromhex(manifest["seal"])) == 32
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound("cases.not_made") from None
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityFailure("cases.file_changed", name=MANIFEST) from error
    if not right:
        raise IntegrityFailure("cases.file_changed", name=MANIFEST)
    return Made(folder, manifest)


def require_unchanged(made: Made) -> None:
    """Every public file is what the manifest says, and no other lies there.

    Raises:
        IntegrityFailure: ``cases.file_changed`` with the file's name.
    """
    files = made.manifest["files"]
    there = {each.name for each in made.public.iterdir()} - {MANIFEST}
    for name in sorted(there ^ set(files)):
        raise IntegrityFailure("cases.file_changed", name=name)
    for name, said in files.items():
        if _digest((made.public / name).read_bytes()) != said:
            raise IntegrityFailure("cases.file_changed", name=name)


@contextlib.contextmanager
def begun(to: Path) -> Iterator[Path]:
    """A case's folder while it is made.

    Args:
        to: where it will be.

    Yields:
        The same, for ``kept``.

    Raises:
        Conflict: ``cases.folder_taken``, ``cases.being_made``.
        Unavailable: ``cases.folder_unwritable``.
    """
    lock = to.with_name(f".{to.name}.lock")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Unavailable("cases.folder_unwritable", reason=error.strerror or "") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(descriptor), lock.stat()):
                raise Conflict("cases.being_made")  # of a maker that has just ended
        except (BlockingIOError, FileNotFoundError):
            raise Conflict("cases.being_made") from None
        if to.exists():
            raise Conflict("cases.folder_taken")
        shutil.rmtree(_beside(to), ignore_errors=True)
        try:
            yield to
        finally:
            shutil.rmtree(_beside(to), ignore_errors=True)
            lock.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def kept(to: Path, executed: Executed, sealed: Sealed) -> Made:
    """Write an executed case; within ``begun``.

    Args:
        to: the folder.
        executed: the case.
        sealed: what is sealed of it.

    Raises:
        Unavailable: ``cases.folder_unwritable``.
    """
    beside = _beside(to)
    try:
        public = _public_files(executed)
        manifest = _manifest(executed, {name: _digest(said) for name, said in public.items()})
        manifest["foreign"] = commit(sealed.foreign, salt=sealed.salt).hex()
        for name, said in (public | {MANIFEST: canonical(manifest)}).items():
            _write(beside / PUBLIC / name, said)
        for chain, run in executed.chains.items():
            _write(beside / ENGINE / f"{chain}.genesis", orjson.dumps(run.spec.genesis))
            _write(beside / ENGINE / f"{chain}.dump", run.dump)
        _write(beside / SEALED / TRUTH, canonical(sealed.as_data()), secret=True)
        for each in (beside / PUBLIC, beside / ENGINE, beside / SEALED, beside):
            _sync(each)
        beside.rename(to)
        _sync(to.parent)
    except OSError as error:
        raise Unavailable("cases.folder_unwritable", reason=error.strerror or "") from error
    return opened(to)


def _public_files(executed: Executed) -> dict[str, bytes]:
    made = {"blocks": _blocks(executed), "transactions": _transactions(executed)}
    said = executed.case.public().as_data()
    hashes = _hashes(executed)
    reports = [each | {"hash": hashes[tuple(each["transaction"])]} for each in said["reports"]]
    found = {"tags.json": canonical(said["tags"]), "reports.json": canonical(reports)}
    found["papers.json"] = canonical(said["papers"])
    for name, table in [*executed.tables.items(), *made.items()]:
        found |= {f"{name}.parquet": _parquet(table), f"{name}.csv": table.write_csv().encode()}
    return {**found, **foreign(executed.case).files}


def _hashes(executed: Executed) -> dict[tuple[Any, ...], str]:
    return {
        (ledger, block, transaction): tx_hash
        for ledger, table in executed.tables.items()
        for block, transaction, tx_hash in table.select("block", "transaction", "hash").iter_rows()
    }


def _blocks(executed: Executed) -> pl.DataFrame:
    """Every block's header, to check receipts and transactions against."""
    import polars as pl  # noqa: PLC0415 - as above

    return pl.DataFrame(
        [
            {
                "chain": chain,
                "block": int(block["number"], 16),
                "time": datetime.fromtimestamp(int(block["timestamp"], 16), UTC),
                **{name: block[said] for name, said in _HEADER.items()},
            }
            for chain, run in executed.chains.items()
            for block in run.blocks
        ]
    )


def _transactions(executed: Executed) -> pl.DataFrame:
    """Every signed transaction: with the genesis they give the same blocks again."""
    import polars as pl  # noqa: PLC0415 - as above

    return pl.DataFrame(
        [
            {"chain": chain, "block": number, "transaction": index, "hash": tx_hash, "raw": raw}
            for chain, run in executed.chains.items()
            for number, (block, sent) in enumerate(zip(run.blocks, run.raw, strict=True), start=1)
            for index, (tx_hash, raw) in enumerate(zip(block["transactions"], sent, strict=True))
        ]
    )


def _manifest(executed: Executed, files: Mapping[str, str]) -> dict[str, Any]:
    public = executed.case.public()
    return {
        "format": FORMAT,
        "lab": public.lab,
        "seal": executed.case.seal().hex(),
        "ledgers": {
            name: {
                "chain": chains.chain_of(name),
                "token": chains.token(name),
                "decimals": DECIMALS[TOKENS[name]],
                "rows": len(table),
            }
            for name, table in executed.tables.items()
        },
        "chains": {
            name: {
                "chain_id": run.spec.chain_id,
                "blocks": len(run.blocks),
                "last": run.blocks[-1]["hash"],
                "genesis": run.blocks[0]["parentHash"],
            }
            for name, run in executed.chains.items()
        },
        "files": dict(files),
    }


def _parquet(table: pl.DataFrame) -> bytes:
    from io import BytesIO  # noqa: PLC0415 - one use

    table.write_parquet(made := BytesIO(), compression="zstd")
    return made.getvalue()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _beside(to: Path) -> Path:
    """Where a case is written until it is whole."""
    return to.with_name(f".{to.name}.making")


def _write(path: Path, data: bytes, *, secret: bool = False) -> None:
    path.parent.mkdir(mode=0o700 if secret else 0o755, parents=True, exist_ok=True)
    mode = 0o600 if secret else 0o644
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
