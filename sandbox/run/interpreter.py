"""The interpreter must work as another user before anything is started.

An interpreter below a home of mode 0700 starts as root, drops its rights, and then
fails to import modules one by one, long after the start: marks were silently lower
because of it. So the start-up imports, as the target user and inside the box, what
is loaded late.
"""

from __future__ import annotations

import asyncio
import sys

from sandbox.isolation.bubblewrap import Box
from sandbox.isolation.probe import Isolation
from sandbox.kit.errors import Unavailable
from sandbox.run.identity import Identities
from sandbox.run.parts import code
from sandbox.run.process import Command, start
from sandbox.settings import Settings

_LATE = "ssl, sqlite3, ctypes, decimal, encodings.idna, unicodedata, multiprocessing, sandbox.kit"
_SECONDS = 30.0


async def assert_interpreter(settings: Settings, ids: Identities, level: Isolation) -> None:
    """Import what is loaded late, as an unprivileged user.

    Raises:
        Unavailable: ``run.interpreter`` with the place of the log.
    """
    log = settings.paths.logs / "interpreter.log"
    box = Box(uid=ids.uid("grader"), read_only=code(), directory="/")
    running = await start(
        Command(
            name="interpreter",
            line=(sys.executable, "-c", f"import {_LATE}"),
            environment={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
            box=box,
            log=log,
        ),
        level,
    )
    try:
        code_ = await asyncio.wait_for(running.wait(), _SECONDS)
    finally:
        await running.stop(0)
    if code_ != 0:
        raise Unavailable("run.interpreter", python=sys.executable, log=str(log))
