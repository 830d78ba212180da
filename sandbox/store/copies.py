"""A copy of the whole store as it is at one moment, taken while it is in use, and put back.

Rules:

1. SQLite: its online backup, into one file without a write-ahead log beside it.
2. PostgreSQL: ``pg_dump`` in the custom format, of a snapshot that this process holds open, so that
   what is said about the copy is said of exactly that state; put back by ``pg_restore`` in one
   transaction. Both come with the database's client.
3. A copy is only ever put into an empty database, and is whole there or not at all.

Source: SQLite Online Backup API; PostgreSQL 15 documentation, pg_dump, "--snapshot".
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, inspect, text
from sqlalchemy.engine import make_url

from sandbox.kit.errors import Conflict, IntegrityFailure, Unavailable
from sandbox.kit.merkle import root
from sandbox.store.store import MIGRATIONS, Store

SQLITE_NAME: Final = "store.sqlite"
POSTGRES_NAME: Final = "store.pgdump"
_LEAVES: Final = 'SELECT leaf FROM audit_entry ORDER BY "index"'
_PATIENCE: Final = 3_600
_DEBIAN: Final = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class CopyFacts:
    """What a copy of the store holds.

    Attributes:
        kind: ``sqlite`` or ``postgresql``.
        schema: the revision of its tables.
        log_size: entries of its audit log.
        log_root: the root over their leaves, hex.
    """

    kind: str
    schema: str
    log_size: int
    log_root: str


def newest_schema() -> str:
    """The revision that this version's tables have."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return str(ScriptDirectory.from_config(config).get_current_head())


def kind_of(url: str) -> str:
    """``sqlite`` or ``postgresql``."""
    return make_url(url).get_backend_name()


def is_there(url: str) -> bool:
    """Whether there is a store at all; a database server is asked when it is copied."""
    return kind_of(url) != "sqlite" or Path(str(make_url(url).database)).is_file()


def name_of(kind: str) -> str:
    """What a copy's file is called."""
    return SQLITE_NAME if kind == "sqlite" else POSTGRES_NAME


def copy_out(url: str, folder: Path) -> CopyFacts:
    """Write a copy of the store into a folder.

    Args:
        url: the store's SQLAlchemy URL.
        folder: exists; the copy is ``name_of(kind)`` in it, mode 0600.

    Raises:
        Unavailable: ``store.unavailable``, ``backup.no_client``, ``backup.client_failed``.
    """
    if kind_of(url) == "sqlite":
        target = folder / SQLITE_NAME
        copy_sqlite(Path(str(make_url(url).database)), target)
        return facts_of_sqlite(target)
    return _dump(url, folder / POSTGRES_NAME)


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy an SQLite file that others may be writing; mode 0600.

    Raises:
        Unavailable: ``store.unavailable``.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with (
            contextlib.closing(
                sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=60)
            ) as old,
            contextlib.closing(sqlite3.connect(target, timeout=60)) as new,
        ):
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise Unavailable("store.unavailable", reason=str(error)[:200]) from error


def facts_of_sqlite(path: Path) -> CopyFacts:
    """What an SQLite copy holds.

    Raises:
        IntegrityFailure: ``backup.unreadable``.
    """
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            (sound,) = db.execute("PRAGMA quick_check").fetchone()
            (schema,) = db.execute("SELECT version_num FROM alembic_version").fetchone()
            leaves = [leaf for (leaf,) in db.execute(_LEAVES)]
    except (sqlite3.Error, TypeError) as error:
        reason = str(error)[:200]
        raise IntegrityFailure("backup.unreadable", file=path.name, reason=reason) from error
    if sound != "ok":
        raise IntegrityFailure("backup.unreadable", file=path.name, reason=str(sound)[:200])
    return _facts("sqlite", schema, leaves)


def refuse_unless_empty(url: str) -> None:
    """Nothing is ever put over what is there.

    Raises:
        Conflict: ``backup.target_not_empty``.
        Unavailable: ``store.unavailable``.
    """
    if kind_of(url) == "sqlite":
        path = Path(str(make_url(url).database))
        if any(path.parent.glob(f"{path.name}*")):
            raise Conflict("backup.target_not_empty", what=str(path))
        return
    store = Store(url)
    try:
        store.ping()
        tables = inspect(store.engine).get_table_names()
    finally:
        store.close()
    if tables:
        raise Conflict("backup.target_not_empty", what=make_url(url).database or "")


def copy_in(url: str, folder: Path) -> None:
    """Put a copy into an empty store.

    Args:
        url: the store's SQLAlchemy URL.
        folder: where the copy is.

    Raises:
        Conflict: ``backup.target_not_empty``.
        Unavailable: ``backup.no_client``, ``backup.client_failed``.
    """
    refuse_unless_empty(url)
    if kind_of(url) == "sqlite":
        path = Path(str(make_url(url).database))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_name(f".{path.name}.partial")
        shutil.copyfile(folder / SQLITE_NAME, partial)
        partial.chmod(0o660)
        partial.replace(path)
        return
    arguments = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    _client("pg_restore", [*arguments, "--dbname", _libpq(url), str(folder / POSTGRES_NAME)], url)


def take_back(url: str) -> None:
    """Empty a store again that was filled by ``copy_in`` and turned out not to fit."""
    if kind_of(url) == "sqlite":
        path = Path(str(make_url(url).database))
        for each in path.parent.glob(f"{path.name}*"):
            each.unlink(missing_ok=True)
        return
    store = Store(url)
    try:
        with store.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    finally:
        store.close()


def _dump(url: str, target: Path) -> CopyFacts:
    store = Store(url)
    try:
        level = store.engine.execution_options(isolation_level="REPEATABLE READ")
        with level.connect() as connection:
            snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            schema = connection.execute(text("SELECT version_num FROM alembic_version"))
            leaves = connection.execute(text(_LEAVES)).scalars()
            facts = _facts("postgresql", schema.scalar_one(), leaves)
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            arguments = ["--format=custom", "--no-owner", "--no-privileges"]
            arguments += [f"--snapshot={snapshot}", f"--file={target}", f"--dbname={_libpq(url)}"]
            _client("pg_dump", arguments, url)
    finally:
        store.close()
    return facts


def _facts(kind: str, schema: object, leaves: Iterable[str]) -> CopyFacts:
    hashes = [bytes.fromhex(leaf) for leaf in leaves]
    return CopyFacts(kind, str(schema), len(hashes), root(hashes).hex())


def _libpq(url: str) -> str:
    """The URL as PostgreSQL's client reads it, without the password (which others could see)."""
    parsed = make_url(url)
    bare = URL.create(
        "postgresql",
        username=parsed.username,
        host=parsed.host,
        port=parsed.port,
        database=parsed.database,
        query=parsed.query,
    )
    return bare.render_as_string(hide_password=False)


def _client(name: str, arguments: Sequence[str], url: str) -> None:
    program = shutil.which(name) or _newest(name)
    if program is None:
        raise Unavailable("backup.no_client", program=name)
    password = make_url(url).password
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    done = subprocess.run(
        [program, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    if done.returncode != 0:
        raise Unavailable(
            "backup.client_failed", program=name, reason=done.stderr.strip()[-400:] or "?"
        )


def _newest(name: str) -> str | None:
    """The client of the newest installed version, as Debian lays them out."""
    found = sorted(_DEBIAN.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    return str(found[-1]) if found else None
