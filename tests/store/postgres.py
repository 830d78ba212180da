"""A real, private PostgreSQL cluster for tests: own folder, unix socket only, thrown away."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.store import Store

HOW = "PostgreSQL is not installed: apt-get install postgresql (make test does it)"


def binaries() -> Path | None:
    """The folder of the newest installed PostgreSQL, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def cluster(*, buffers: str = "16MB") -> Iterator[str]:
    """Start a cluster; yields the URL of its ``postgres`` database."""
    folder_of_binaries = binaries()
    assert folder_of_binaries is not None, HOW
    folder = Path(tempfile.mkdtemp(prefix="synak-pg-", dir="/tmp"))
    as_postgres: list[str] = []
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data, log = folder / "data", folder / "log"

    def run(*command: str) -> None:
        subprocess.run(
            [*as_postgres, *command], check=True, capture_output=True, timeout=120, cwd=folder
        )

    run(str(folder_of_binaries / "initdb"), "-D", str(data), "-U", "synak", "-A", "trust", "-N")
    options = f"-k {folder} -h '' -c fsync=off -c shared_buffers={buffers} -c max_connections=60"
    control = str(folder_of_binaries / "pg_ctl")
    run(control, "-D", str(data), "-l", str(log), "-o", options, "-w", "start")
    try:
        yield f"postgresql://synak@/postgres?host={folder}"
    finally:
        run(control, "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def new_database(url: str, *, like: str = "template1") -> str:
    """Create a database in the cluster, empty or like another one; returns its URL."""
    import psycopg

    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like} STRATEGY FILE_COPY")
    return url.replace("/postgres?", f"/{name}?")


@functools.cache
def _migrated(url: str) -> str:
    """The name of the cluster's migrated, empty database."""
    made = new_database(url)
    store = Store(made)
    store.migrate()
    store.close()
    return made.partition("?")[0].rpartition("/")[2]


def migrated_database(url: str) -> str:
    """Create a database of the newest revision in the cluster; returns its URL.

    All migrations run once for each cluster; later databases are copies of that one.
    """
    return new_database(url, like=_migrated(url))
