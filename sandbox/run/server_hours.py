"""The book of permits' server hours: kept by the manager, so that no restart forgets it.

Rules:

- It is written at each look, at most :data:`LOOK` seconds apart, and when a server starts or
  ends; a manager that is killed forgets at most that much.
- Only contexts of permits are in it.
- A book that cannot be read or written is logged; what is counted meanwhile holds.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from sandbox.domain.server_limits import PERMIT, DayUse
from sandbox.kit.clock import Clock

LOOK: Final = 15.0
_LEAST: Final = 0.2
Key = tuple[str, str]
"""User and context."""

log = structlog.get_logger()


class ServerHours:
    """Counts running time by permit.

    Args:
        path: of the book.
        clock: the machine's.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._since: dict[Key, datetime] = {}
        self._limits: dict[str, int | None] = {}
        self._used = _read(path)

    def begin(self, key: Key, hours: int | None) -> None:
        """Refuse a server whose permit has no hours left, else count it from now.

        Args:
            key: of the server.
            hours: of the permit in a day; None: no limit.

        Raises:
            Refused: ``hub.server_hours_used``.
        """
        if not key[1].startswith(PERMIT):
            return
        self.count()
        now = self._clock.now()
        self.change(key, hours)
        if hours is not None:
            self._use(key[1]).require(key[1], hours, now)
        self._since[key] = now

    def change(self, key: Key, hours: int | None) -> None:
        """Hold another limit from now on."""
        if key[1].startswith(PERMIT):
            self._limits[key[1]] = hours

    def end(self, key: Key) -> None:
        """Count a server for the last time."""
        if key in self._since:
            self.count()
            del self._since[key]

    def count(self) -> None:
        """Count what ran since the last time, and write it down."""
        if not self._since:
            return
        now = self._clock.now()
        for key, since in self._since.items():
            self._used[key[1]] = self._use(key[1]).ran(since, now)
            self._since[key] = now
        self._write()

    def over(self) -> list[Key]:
        """The servers that run although their permit's hours are used."""
        now, found = self._clock.now(), []
        for key in self._since:
            hours = self._limits.get(key[1])
            if hours is not None and self._use(key[1]).left(hours, now) <= 0:
                found.append(key)
        return found

    def next_look(self) -> float:
        """Seconds until the next look: sooner where a permit's hours end sooner."""
        now, soonest = self._clock.now(), LOOK
        running = [context for _, context in self._since]
        for context in set(running):
            hours = self._limits.get(context)
            if hours is not None:
                left = self._use(context).left(hours, now)
                soonest = min(soonest, left / running.count(context))
        return max(_LEAST, soonest)

    def used(self, context: str) -> float:
        """Seconds of today that a permit's servers ran, as they were counted last."""
        return self._use(context).used(self._clock.now())

    @property
    def running(self) -> bool:
        """Whether any permit's server is counted."""
        return bool(self._since)

    def _use(self, context: str) -> DayUse:
        return self._used.get(context, DayUse())

    def _write(self) -> None:
        book = {name: {"day": use.day, "seconds": use.seconds} for name, use in self._used.items()}
        fresh = self._path.with_suffix(".new")
        try:
            fresh.write_text(json.dumps(book, indent=1))
            fresh.chmod(0o600)
            fresh.replace(self._path)
        except OSError:
            log.exception("server.hours_not_written")


def _read(path: Path) -> dict[str, DayUse]:
    try:
        kept = json.loads(path.read_text()) if path.exists() else {}
        return {
            str(name): DayUse(str(each["day"]), float(each["seconds"]))
            for name, each in kept.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        log.exception("server.hours_not_read")
        return {}
