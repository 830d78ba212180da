"""The test desk behind a real port, for a real browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import uvicorn

from sandbox.services.passkeys import Authority
from sandbox.web.app import create_app
from tests.support.ports import free_port
from tests.web.world import World, world


@contextmanager
def served(
    folder: Path, *, host: str = "127.0.0.1", passkeys: bool = False, case_workers: int = 0
) -> Iterator[tuple[World, str]]:
    """A world and the address it answers at.

    Args:
        folder: where it keeps what it has.
        host: the name in its address; passkeys need one that is no number.
        passkeys: whether acts of law may be confirmed by them.
        case_workers: whether cases of investigations are executed; who does it is the test's.
    """
    port = free_port()
    url = f"http://{host}:{port}"
    with world(folder, public_url=url) as found:
        if passkeys:
            found.parts = replace(found.parts, passkeys=Authority(host, url))
        if passkeys or case_workers:
            found.parts = replace(found.parts, case_workers=case_workers)
            found.app = create_app(found.parts)
        config = uvicorn.Config(
            found.app,
            host="127.0.0.1",
            port=port,
            log_config=None,
            access_log=False,
            ws="none",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started:
            assert time.monotonic() < deadline, "the desk did not start"
            time.sleep(0.02)
        try:
            yield found, url
        finally:
            server.should_exit = True
            thread.join(10)
