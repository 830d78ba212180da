"""Ports for tests that start servers of their own."""

from __future__ import annotations

import contextlib
import random
import socket


def free_port(*distances: int) -> int:
    """A port that nobody has, from below those that the kernel gives to outgoing calls.

    Args:
        distances: how far from it others lie that are wanted free as well.
    """
    for _ in range(200):
        port = random.randint(10_000, 32_000)
        with contextlib.ExitStack() as stack:
            try:
                for distance in (0, *distances):
                    probe = stack.enter_context(socket.socket())
                    probe.bind(("127.0.0.1", port + distance))
            except OSError:
                continue
        return port
    raise RuntimeError("no free ports")
