"""Sending side by side: one at a time for each key, a few for each owner, nobody held up by others.

What webhooks and marks for learning platforms have in common: the other side may be slow, and its
slowness is its own trouble.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from sandbox.kit.errors import SynakError

SIDE_BY_SIDE: Final = 32

_log = structlog.get_logger()


class Lanes:
    """What is under way.

    Args:
        name: in the log.
        of_one: so many at a time for one owner.
    """

    def __init__(self, name: str, *, of_one: int) -> None:
        self._name, self._of_one = name, of_one
        self._busy: dict[str, str] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix=name)

    @property
    def busy(self) -> frozenset[str]:
        """The keys that something is under way for."""
        with self._lock:
            return frozenset(self._busy)

    def begin(self, key: str, owner: str, work: Callable[[], None]) -> bool:
        """Begin with some work, unless the key is busy or its owner has enough under way."""
        with self._lock:
            if key in self._busy or Counter(self._busy.values())[owner] >= self._of_one:
                return False
            self._busy[key] = owner
        self._pool.submit(self._run, key, work)
        return True

    def settle(self, work_once: Callable[[], int]) -> None:
        """Wait until nothing is under way and nothing is due; for tests and at the end."""
        while work_once() or self.busy:
            threading.Event().wait(0.01)

    def _run(self, key: str, work: Callable[[], None]) -> None:
        try:
            work()
        except SynakError as error:
            _log.warning(f"{self._name}.not_noted", key=key, error=error.code)
        except Exception:  # noqa: BLE001 - one that is bad stops nobody
            _log.exception(f"{self._name}.broke", key=key)
        finally:
            with self._lock:
                self._busy.pop(key, None)
