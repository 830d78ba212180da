"""A follower in a process of its own, which ends itself with SIGKILL at a named step."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from sandbox.kit.clock import SystemClock
from sandbox.services.explorer_follow import Follower
from sandbox.services.gateway_client import GatewayClient
from sandbox.services.publication import Desk
from sandbox.store import Store

LATER = 2
"""The step is passed so often before it kills."""


def main() -> None:
    url, socket, fatal = sys.argv[1:]
    passed = 0

    def at_step(name: str) -> None:
        nonlocal passed
        passed += name == fatal
        if passed > LATER:
            os.kill(os.getpid(), signal.SIGKILL)

    desk = Desk(Store(url), GatewayClient(Path(socket)), SystemClock(), at_step)
    while Follower(desk, "kgst").turn():
        pass


if __name__ == "__main__":
    main()
