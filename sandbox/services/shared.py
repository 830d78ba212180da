"""Readings that many readers share: made by the first who asks, given to whoever asks soon after.

Rules:

1. What is shared must be the same for everybody who may see it; whoever asks has been let in first.
2. One makes a reading, the others wait for it; a failure is the maker's and is not kept.
3. A reading is given for ``age`` seconds after its making began, and at most ``MOST`` are kept.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

T = TypeVar("T")
MOST: Final = 4_096


class SharedReadings:
    """Readings by name; safe for threads.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}
        self._made: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()

    def get(self, name: Hashable, make: Callable[[], T], *, age: float) -> T:
        """A reading that is at most so old, or a new one.

        Args:
            name: what it is a reading of.
            make: makes it.
            age: seconds.
        """
        found = self._young(name, age)
        if found is not None:
            kept: T = found[1]
            return kept
        with self._lock:
            turn = self._making.setdefault(name, threading.Lock())
        try:
            with turn:
                found = self._young(name, age)
                if found is not None:
                    waited: T = found[1]
                    return waited
                began = self._clock()
                made = make()
                with self._lock:
                    self._made[name] = (began, made)
                    self._made.move_to_end(name)
                    while len(self._made) > MOST:
                        self._made.popitem(last=False)
                return made
        finally:
            with self._lock:
                if not turn.locked():
                    self._making.pop(name, None)

    def _young(self, name: Hashable, age: float) -> tuple[float, Any] | None:
        with self._lock:
            found = self._made.get(name)
        return found if found is not None and self._clock() - found[0] <= age else None
