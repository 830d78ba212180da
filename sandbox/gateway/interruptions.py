"""What went down unasked: the gateway itself, an engine; on the disk, once for each time.

Rules:

1. The gateway writes down that it runs before it answers anybody, and strikes that out when it is
   told to stop. What a start finds still standing was a run that ended unasked: a kill, a crash,
   a power cut. It becomes an interruption, with the run's own name, when the gateway runs again.
2. A lost engine is written down at once, and becomes one when a fresh engine stands where the
   journal is, at the latest when the gateway runs again, however it was stopped in between. A
   restart at an epoch is part of the work and none; neither is a loss while the gateway stops.
3. Numbers grow and are never given twice, and what ends gets a number of its end, so whoever reads
   on from a number misses none.
4. The book stops nothing: what cannot be written or read is logged, and the work goes on.
"""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import structlog

from sandbox.gateway.durable import open_durable
from sandbox.kit.clock import Clock
from sandbox.kit.ids import ChainName

KEPT: Final = 1_000
"""Interruptions that are kept."""
PAGE: Final = 50
"""Most that one answer holds."""
_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS interruptions (number INTEGER PRIMARY KEY AUTOINCREMENT,"
    " id TEXT NOT NULL, what TEXT NOT NULL, chain TEXT NOT NULL, began REAL NOT NULL, ended REAL)"
)
_ADD: Final = "INSERT INTO interruptions (id, what, chain, began, ended) VALUES (?, ?, ?, ?, ?)"
_REMOVE: Final = "DELETE FROM interruptions WHERE id = ?"
_log = structlog.get_logger(__name__)


class Interruptions:
    """The book of interruptions.

    Args:
        path: of the file; its directory exists.
        clock: the platform's.

    Raises:
        Unavailable: ``gateway.interruptions_unwritable``.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._run: str | None = None
        self._lost: dict[ChainName, str] = {}
        self._file = open_durable(path, _TABLE, "gateway.interruptions_unwritable")

    def begin(self) -> None:
        """The gateway runs from now on; a run that was not struck out was an interruption.

        An engine that was lost before and did not come back has ended as well: the chain begins.
        """
        now, self._run = self._now(), uuid.uuid4().hex
        with self._transaction():
            unended = (
                "SELECT id, what, chain, began FROM interruptions WHERE ended IS NULL"
                " ORDER BY number"
            )
            for name, what, chain, began in self._file.execute(unended).fetchall():
                self._file.execute(_REMOVE, (name,))
                self._file.execute(_ADD, (name, what, chain, began, now))
                _log.warning(f"{what}.ended_unasked", id=name, chain=chain)
            self._file.execute(_ADD, (self._run, "gateway", "", now, None))
            self._file.execute(
                "DELETE FROM interruptions WHERE number <="
                " (SELECT max(number) FROM interruptions) - ?",
                (KEPT,),
            )

    def stopping(self) -> None:
        """The gateway was told to stop: what ends from now on ends as planned. Twice is once."""
        run, self._run = self._run, None
        if run is not None:
            with self._surely("gateway.stop_not_kept", run=run):
                self._file.execute(_REMOVE, (run,))

    def engine(self, chain: ChainName, began: float, ended: float | None) -> None:
        """An engine was lost; never raises.

        Args:
            chain: whose.
            began: when it was missed, seconds of the epoch.
            ended: when the chain went on; None while it does not.
        """
        name = self._lost.pop(chain, None)
        if name is None and self._run is None:
            return
        with self._surely("gateway.interruption_not_kept", chain=chain), self._transaction():
            if name is not None:
                self._file.execute(_REMOVE, (name,))
            name = name or uuid.uuid4().hex
            self._file.execute(_ADD, (name, "engine", chain, began, ended))
            if ended is None:
                self._lost[chain] = name

    def after(self, number: int) -> list[dict[str, Any]]:
        """What was interrupted since a number, in order, one page of it.

        Args:
            number: the last that is known; 0 for none.

        Returns:
            ``{number, id, what, chain, began, ended}``; ``what`` is ``gateway`` or ``engine``,
            ``began`` for the gateway is when the run that was cut off had started. None while the
            book cannot be read: the worker asks again.
        """
        names = ("number", "id", "what", "chain", "began", "ended")
        with self._surely("gateway.interruptions_unreadable"):
            rows = self._file.execute(
                f"SELECT {', '.join(names)} FROM interruptions"  # noqa: S608 - names of our own
                " WHERE number > ? AND ended IS NOT NULL ORDER BY number LIMIT ?",
                (number, PAGE),
            )
            return [dict(zip(names, row, strict=True)) for row in rows]
        return []

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _now(self) -> float:
        return self._clock.now().timestamp()

    @contextlib.contextmanager
    def _surely(self, event: str, **more: Any) -> Iterator[None]:
        """Log what the disk refuses, and go on."""
        try:
            yield
        except sqlite3.Error as error:
            _log.error(event, error=str(error), **more)

    def _transaction(self) -> _Transaction:
        return _Transaction(self._file)


class _Transaction:
    """All or nothing."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file

    def __enter__(self) -> None:
        self._file.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        self._file.execute("COMMIT" if kind is None else "ROLLBACK")
