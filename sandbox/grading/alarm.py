"""A time limit inside a process: the polite half.

`within` raises `CellTimeout` in the main thread after so many seconds. Code that
swallows it meets the other half: the warden kills the process from outside.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType


class CellTimeout(BaseException):
    """The time for this cell is over."""


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise CellTimeout


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise `CellTimeout` in the body after a while.

    Args:
        seconds: of wall clock.
    """
    signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
