"""The desk's course interface in processes that are killed: one parent, one child for each trial.

The parent reads a line for each trial from its input: after how many steps the child dies, 0 for
never. It forks, the child serves on a free port and writes the port; once armed it kills itself
(SIGKILL) at that step. A step is a statement to the database, its commit, or a file that is made,
renamed, made durable or taken away. The parent writes how the child ended, and after how many
steps.
"""

import asyncio
import ctypes
import os
import signal
import socket
import sys
from pathlib import Path

import httpx
import uvicorn
from sqlalchemy import event
from starlette.applications import Starlette

from sandbox.api.app import create_api
from sandbox.api.hub_door import HubClient, HubDoor
from sandbox.api.parts import DeskParts
from sandbox.kit.clock import SystemClock
from sandbox.services import classroom_exchange
from sandbox.store import Store
from tests.exchange.conftest import hub_app

STEPS = ("os.rename", "os.remove", "tempfile.mkstemp")
classroom_exchange.MOST_AN_HOUR = 10_000
"""There are more trials than a student may hand in within an hour."""


class Fuse:
    """Counts steps once it is armed, and kills the process at one of them."""

    def __init__(self, fatal, told):
        self.fatal, self.done, self.armed, self.told = fatal, 0, False, told

    def step(self):
        if not self.armed:
            return
        self.done += 1
        os.write(self.told, b".")
        if self.done == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def lay(fuse, store):
    sys.addaudithook(lambda name, _args: fuse.step() if name in STEPS else None)
    fsync = os.fsync

    def counted(handle):
        fuse.step()
        fsync(handle)
        fuse.step()

    os.fsync = counted
    event.listen(store.engine, "before_cursor_execute", lambda *_: fuse.step())
    event.listen(store.engine, "commit", lambda _: fuse.step())
    event.listen(store.engine, "after_cursor_execute", lambda *_: fuse.step())


def serve(root, fatal, port, told):
    store = Store(f"sqlite:///{root / 'desk.sqlite'}")
    fuse = Fuse(fatal, told)
    lay(fuse, store)
    hub = httpx.AsyncClient(transport=httpx.ASGITransport(hub_app()))
    parts = DeskParts(
        store=store,
        ports=None,
        hub=HubDoor(HubClient("http://hub/hub/api", "http://desk", "service-desk", "s"), hub),
        clock=SystemClock(),
        head_key=None,
        public_url="http://desk",
        session_secret="s",
        hub_secret="s",
        node_modules=root,
        blobs=root / "blobs",
        receipt_key=root / "receipt.key",
    )
    outer = Starlette()
    outer.mount("/desk/api/v1", create_api(parts))

    async def armed(scope, receive, send):
        """The first request with this mark arms the fuse."""
        if (b"x-arm", b"1") in scope.get("headers", ()):
            fuse.armed = True
        await outer(scope, receive, send)

    config = uvicorn.Config(armed, log_level="critical", lifespan="off")
    asyncio.run(uvicorn.Server(config).serve([port]))


def main(root):
    for line in sys.stdin:
        port = socket.socket()
        port.bind(("127.0.0.1", 0))
        port.listen(64)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # not to outlive the parent
            serve(root, int(line), port, writing)
            os._exit(0)
        os.close(writing)
        print(child, port.getsockname()[1], flush=True)
        port.close()
        steps = 0
        while piece := os.read(reading, 4096):
            steps += len(piece)
        os.close(reading)
        status = os.waitpid(child, 0)[1]
        print(os.waitstatus_to_exitcode(status), steps, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
