"""Compute units of the last two days, kept so that no restart gives any back.

Reads are in no journal, so their price is kept here: one row for each permit and each part of
the day. Rules:

- What is on the disk is never less than what was used. Room is written down ahead of its use,
  as a lease; a request of a permit with a limit waits only when the lease is used up.
- A clean stop writes the exact figure. After a kill the lease counts as used: at most
  ``LEAST_LEASE`` units, or what the permit used between two writes.
- When nothing can be written, permits with a limit are refused (``gateway.units_unwritable``);
  without a limit the figure is for show, and nobody waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from sandbox.domain.usage import BUCKET, DAY, Usage
from sandbox.gateway.durable import open_durable
from sandbox.kit.clock import Clock
from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import PermitNumber

LEAST_LEASE: Final = 200
"""Units that are written down ahead at least."""
_SECONDS: Final = int(BUCKET.total_seconds())
_KEPT: Final = int((DAY + DAY).total_seconds())
_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS units (permit TEXT NOT NULL, bucket INTEGER NOT NULL,"
    " used INTEGER NOT NULL, PRIMARY KEY (permit, bucket)) WITHOUT ROWID"
)

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Bucket:
    """One permit's part of a day: used, and what the disk says."""

    number: int
    used: int
    written: int
    before: int = 0


class UnitLedger:
    """The units of all permits on disk.

    Args:
        path: of the file; its directory exists.
        clock: of the platform.

    Raises:
        Unavailable: ``gateway.units_unwritable``.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[PermitNumber, _Bucket] = {}
        self._wanted: set[PermitNumber] = set()
        self._over: list[tuple[PermitNumber, int, int]] = []
        self._writing: asyncio.Task[None] | None = None
        self._file = open_durable(path, _TABLE, "gateway.units_unwritable")

    def recover(self, usage: Usage) -> None:
        """Count again what was used before the start.

        Args:
            usage: the counters.
        """
        oldest = (int(self._clock.now().timestamp()) - _KEPT) // _SECONDS
        self._file.execute("DELETE FROM units WHERE bucket < ?", (oldest,))
        rows = self._file.execute("SELECT permit, bucket, used FROM units ORDER BY bucket")
        for name, bucket, used in rows.fetchall():
            permit = PermitNumber(name)
            at = datetime.fromtimestamp(bucket * _SECONDS, tz=UTC)
            usage.of(permit).units.add(at, used)
            self._held[permit] = _Bucket(bucket, used, used)

    def note(self, permit: PermitNumber, units: int, at: datetime) -> bool:
        """Units were counted.

        Args:
            permit: whose.
            units: how many.
            at: when.

        Returns:
            Whether the disk already says so; if not, ``flushed`` tells when it does.
        """
        number = int(at.timestamp()) // _SECONDS
        held = self._held.get(permit)
        if held is None or held.number < number:
            self._settle(permit, held)
            held = self._held[permit] = _Bucket(number, 0, 0)
        held.used += units
        if held.written - held.used < LEAST_LEASE // 2:
            self._wanted.add(permit)
            if self._writing is None:
                self._writing = asyncio.get_running_loop().create_task(self._write_wanted())
                self._writing.add_done_callback(self._written)
        return held.used <= held.written

    def _settle(self, permit: PermitNumber, held: _Bucket | None) -> None:
        """A part of the day is over: its exact figure is written, the rest of a lease freed."""
        if held is not None and held.written != held.used:
            self._over.append((permit, held.number, held.used))

    async def flushed(self, permit: PermitNumber) -> None:
        """Wait until the disk says what a permit has used.

        Args:
            permit: whose.

        Raises:
            Unavailable: ``gateway.units_unwritable``.
        """
        held = self._held[permit]
        while held.used > held.written:
            if self._writing is None:
                raise Unavailable("gateway.units_unwritable", reason="")
            await asyncio.shield(self._writing)

    async def close(self) -> None:
        """Write the exact figures and let go of the file."""
        if self._writing is not None:
            with contextlib.suppress(Exception):
                await self._writing
        with contextlib.suppress(sqlite3.Error):
            last = [(name, each.number, each.used) for name, each in self._held.items()]
            self._save([*self._over, *last])
        self._file.close()

    async def _write_wanted(self) -> None:
        while self._wanted:
            over, rows = self._over, []
            for permit in self._wanted:
                held = self._held[permit]
                lease = max(LEAST_LEASE, 2 * (held.used - held.before))
                rows.append((permit, held.number, held.used + lease))
                held.before = held.used
            self._wanted.clear()
            self._over = []
            try:
                await asyncio.to_thread(self._save, [*over, *rows])
            except sqlite3.Error as error:
                self._over = [*over, *self._over]
                raise Unavailable("gateway.units_unwritable", reason=str(error)) from error
            for permit, number, written in rows:
                held = self._held[permit]
                if held.number == number:
                    held.written = max(held.written, written)

    def _written(self, task: asyncio.Task[None]) -> None:
        self._writing = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("gateway.units_unwritable", reason=str(error))

    def _save(self, rows: list[tuple[PermitNumber, int, int]]) -> None:
        self._file.executemany(
            "INSERT INTO units VALUES (?, ?, ?)"
            " ON CONFLICT (permit, bucket) DO UPDATE SET used = excluded.used",
            rows,
        )
