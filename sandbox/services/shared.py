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
from collections.abc import Callable, Hashable, Sequence
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
        self._together = threading.Lock()
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
                self._keep(name, began, made)
                return made
        finally:
            with self._lock:
                if not turn.locked():
                    self._making.pop(name, None)

    def get_many(
        self,
        names: Sequence[Hashable],
        make: Callable[[list[int]], Sequence[T]],
        *,
        age: float,
    ) -> list[T]:
        """Many readings; those that are too old are made together, by one asker at a time.

        Args:
            names: what they are readings of.
            make: makes those at the given places of ``names``, in that order.
            age: seconds.
        """
        found = [self._young(name, age) for name in names]
        if not all(found):
            with self._together:
                found = [self._young(name, age) for name in names]
                old = [place for place, each in enumerate(found) if each is None]
                began = self._clock()
                for place, reading in zip(old, make(old) if old else (), strict=True):
                    found[place] = (began, reading)
                    self._keep(names[place], began, reading)
        return [each[1] for each in found if each is not None]

    def _keep(self, name: Hashable, began: float, made: object) -> None:
        with self._lock:
            self._made[name] = (began, made)
            self._made.move_to_end(name)
            while len(self._made) > MOST:
                self._made.popitem(last=False)

    def _young(self, name: Hashable, age: float) -> tuple[float, Any] | None:
        with self._lock:
            found = self._made.get(name)
        return found if found is not None and self._clock() - found[0] <= age else None
