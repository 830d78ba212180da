"""Work that only so many may do at once: who comes too late is told, nobody waits."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from threading import BoundedSemaphore

from sandbox.kit.errors import Unavailable


@contextlib.contextmanager
def place(places: BoundedSemaphore, busy: str) -> Iterator[None]:
    """Do it in here.

    Args:
        places: how many at once.
        busy: the code of what somebody is told when all are taken.

    Raises:
        Unavailable: that code.
    """
    if not places.acquire(blocking=False):
        raise Unavailable(busy)
    try:
        yield
    finally:
        places.release()
