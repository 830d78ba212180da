"""A worker in a process of its own, which ends itself with SIGKILL at a named step."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from sandbox.kit.clock import SystemClock
from sandbox.services.gateway_client import GatewayClient
from sandbox.services.publication import Desk
from sandbox.services.worker import Worker
from sandbox.store import Store


def main() -> None:
    url, socket, fatal = sys.argv[1:]

    def at_step(name: str) -> None:
        if name == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    desk = Desk(Store(url), GatewayClient(Path(socket)), SystemClock(), at_step)
    Worker(desk).run(stop)


if __name__ == "__main__":
    main()
