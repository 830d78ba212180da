"""One compilation of a stranger's source at a time in each process, whatever it is for."""

from __future__ import annotations

from contextlib import AbstractContextManager
from threading import BoundedSemaphore

from sandbox.services.places import place

_compiling = BoundedSemaphore(1)


def alone() -> AbstractContextManager[None]:
    """Compile in here.

    Raises:
        Unavailable: ``verify.busy``: somebody else's is being compiled; come again.
    """
    return place(_compiling, "verify.busy")
