"""One compilation of a stranger's source at a time, whatever it is for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from threading import Lock

from sandbox.kit.errors import Unavailable

_compiling = Lock()


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Compile in here.

    Raises:
        Unavailable: ``verify.busy``: somebody else's is being compiled; come again.
    """
    if not _compiling.acquire(blocking=False):
        raise Unavailable("verify.busy")
    try:
        yield
    finally:
        _compiling.release()
