"""HTTP over a unix socket that leaves no socket open when nobody listens.

httpcore makes a socket and, when it cannot be connected, leaves closing it to the garbage
collector, which warns. So whether somebody listens is tried first, with a socket of our own;
connections are kept, so that is done once for each.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import httpcore
import httpx

_LIMITS: Final = httpx.Limits(max_connections=100, max_keepalive_connections=20)
"""httpx's own defaults."""


class _Tried(httpcore.SyncBackend):
    """Connects when somebody listens."""

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as tried:
            tried.settimeout(timeout)
            try:
                tried.connect(path)
            except TimeoutError as error:
                raise httpcore.ConnectTimeout(str(error)) from error
            except OSError as error:
                raise httpcore.ConnectError(str(error)) from error
        return super().connect_unix_socket(path, timeout, socket_options)


class UnixTransport(httpx.HTTPTransport):
    """Requests go to one unix socket.

    Args:
        path: the socket.
        retries: how often connecting is tried again.
    """

    def __init__(self, path: Path, retries: int = 1) -> None:
        super().__init__(uds=str(path), retries=retries)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            uds=str(path),
            retries=retries,
            network_backend=_Tried(),
            max_connections=_LIMITS.max_connections,
            max_keepalive_connections=_LIMITS.max_keepalive_connections,
            keepalive_expiry=_LIMITS.keepalive_expiry,
        )
