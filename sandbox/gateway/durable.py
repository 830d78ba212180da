"""SQLite files of the gateway: what was written is on the disk when a transaction ends."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sandbox.kit.errors import Unavailable


def open_durable(path: Path, table: str, unwritable: str) -> sqlite3.Connection:
    """Open a file of one table; it may be used from other threads, one at a time.

    Args:
        path: of the file; its directory exists.
        table: the statement that makes the table when there is none.
        unwritable: code of the error.

    Raises:
        Unavailable: ``unwritable``.
    """
    try:
        file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("PRAGMA synchronous=FULL")
        file.execute(table)
    except sqlite3.Error as error:
        raise Unavailable(unwritable, reason=str(error)) from error
    return file
