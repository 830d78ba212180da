"""A real Jupyter server for tests, without a hub: started, waited for, stopped."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx

WITHIN = 120.0
"""Seconds until a server has to answer, and for one request."""


@contextlib.contextmanager
def answering(
    command: Sequence[str],
    *,
    home: Path,
    environment: Mapping[str, str],
    url: str,
    headers: Mapping[str, str] | None = None,
) -> Iterator[httpx.Client]:
    """Run a server in a home until it answers; the client's addresses begin at its ``url``.

    Args:
        command: what starts it.
        home: where.
        environment: all of its variables.
        url: its base address.
        headers: of each request.
    """
    log = home / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            command, env=environment, cwd=home, stdout=out, stderr=subprocess.STDOUT
        )
    with httpx.Client(base_url=url, trust_env=False, headers=headers, timeout=WITHIN) as client:
        try:
            until = time.monotonic() + WITHIN
            while True:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                with contextlib.suppress(httpx.TransportError):
                    if client.get("api").status_code == 200:
                        break
                time.sleep(0.2)
            yield client
        finally:
            process.terminate()
            process.wait(60)
