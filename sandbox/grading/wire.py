"""Messages between the grading processes: frames of JSON.

A frame is four bytes of length (big endian) and that much JSON, at most `MAX_FRAME`, or
`MAX_RESULT` between the orchestrator and the warden.
What the JSON says of values is written and read by `sandbox.grading.data`.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from typing import Any, Final

MAX_FRAME: Final = 8 * 2**20
MAX_RESULT: Final = 15 * 2**20
"""Of a whole grading: below what the launcher answers at most."""

Message = dict[str, Any]


class WireError(Exception):
    """What arrived, or was to be sent, is not plain data in a proper frame."""


class LinkClosed(Exception):
    """The other side is gone."""


class LinkTimeout(Exception):
    """The other side did not answer in time."""


class Link:
    """One end of a stream socket that carries frames.

    Args:
        sock: the socket.
        most: bytes of a frame.

    Attributes:
        last_size: bytes of the last frame that was received.
    """

    def __init__(self, sock: socket.socket, most: int = MAX_FRAME) -> None:
        self._socket = sock
        self._most = most
        self._socket.setblocking(True)
        self.last_size = 0

    @property
    def socket(self) -> socket.socket:
        """The socket itself."""
        return self._socket

    def send(self, message: Message, *, seconds: float = 30.0) -> None:
        """Send one frame.

        Args:
            message: JSON-able.
            seconds: how long the other side may take to read it.

        Raises:
            WireError: too large, or nested too deep.
            LinkClosed: the other side is gone.
            LinkTimeout: the other side does not read.
        """
        try:
            body = json.dumps(message, separators=(",", ":")).encode()
        except (RecursionError, ValueError) as error:
            raise WireError("nested too deep") from error
        if len(body) > self._most:
            raise WireError("frame too large")
        self._socket.settimeout(seconds)
        try:
            self._socket.sendall(struct.pack(">I", len(body)) + body)
        except TimeoutError as error:
            raise LinkTimeout from error
        except OSError as error:
            raise LinkClosed from error

    def receive(self, *, seconds: float | None = None) -> Message:
        """Receive one frame.

        Args:
            seconds: how long to wait for the whole frame; None: for ever.

        Raises:
            WireError: not a JSON object, or too large.
            LinkClosed: the other side is gone.
            LinkTimeout: nothing, or not all of it, came in time.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        (length,) = struct.unpack(">I", self._exactly(4, deadline))
        if length > self._most:
            raise WireError("frame too large")
        body = self._exactly(length, deadline)
        self.last_size = length
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise WireError("not JSON") from error
        if not isinstance(message, dict):
            raise WireError("not an object")
        return message

    def _exactly(self, count: int, deadline: float | None) -> bytes:
        held = bytearray()
        while len(held) < count:
            if deadline is not None:
                left = deadline - time.monotonic()
                if left <= 0 or not select.select([self._socket], [], [], left)[0]:
                    raise LinkTimeout
            try:
                piece = self._socket.recv(min(count - len(held), 1 << 16))
            except OSError as error:
                raise LinkClosed from error
            if not piece:
                raise LinkClosed
            held += piece
        return bytes(held)

    def close(self) -> None:
        """Close this end."""
        self._socket.close()
