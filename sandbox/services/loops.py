"""Loops that do not die: each turn's failure is noted, waited out and visible in health."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from sandbox.kit.errors import SynakError

_log = structlog.get_logger()
LONGEST_PAUSE: Final = 5.0
"""Seconds between turns at most, however often they fail."""
STALLED: Final = 30.0
"""Seconds without a good turn after which an ordinary loop is failing."""


@dataclass
class Loop:
    """Something done again and again in a thread of its own.

    Attributes:
        name: for health and logs.
        turn: one turn; a count of what it did, for going on at once when there is more.
        pause: seconds between turns.
        patience: seconds without a good turn after which the loop is failing.
        tells: more of its state for health; nothing by default.
    """

    name: str
    turn: Callable[[], int]
    pause: float
    patience: float = STALLED
    tells: Callable[[], str] = str
    failures: int = 0
    last_good: float = field(default_factory=time.monotonic)
    last_error: str | None = None

    def run(self, stop: threading.Event) -> None:
        """Turn until told to stop."""
        while not stop.is_set():
            did = self.once()
            stop.wait(0 if did > 0 else self._pause())

    def once(self) -> int:
        """One turn; never raises. Returns what it did, 0 when it failed."""
        try:
            did = self.turn()
        except SynakError as error:
            self._failed(str(error))
            return 0
        except Exception as error:  # noqa: BLE001 - the loop goes on, health shows it
            _log.exception("worker.turn_broke", loop=self.name)
            self._failed(type(error).__name__)
            return 0
        if self.failures:
            _log.info("worker.turns_again", loop=self.name, failures=self.failures)
        self.failures, self.last_error, self.last_good = 0, None, time.monotonic()
        return did

    def health(self) -> dict[str, Any]:
        """``ok`` unless there was no good turn for ``patience`` seconds."""
        age = time.monotonic() - self.last_good
        detail = f"last good turn {age:.1f} s ago"
        if told := self.tells():
            detail += f"; {told}"
        if self.last_error:
            detail += f"; {self.failures} failures, last: {self.last_error}"
        return {"ok": age < self.patience, "detail": detail}

    def _failed(self, error: str) -> None:
        self.failures += 1
        if self.failures == 1 or error != self.last_error:
            _log.warning("worker.turn_failed", loop=self.name, error=error)
        self.last_error = error[:300]

    def _pause(self) -> float:
        return min(LONGEST_PAUSE, self.pause * (1 + self.failures))
