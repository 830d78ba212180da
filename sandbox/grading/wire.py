"""Messages between the grading processes: frames of JSON, and plain data only.

Rules:

- A frame is four bytes of length (big endian) and that much JSON, at most `MAX_FRAME`, or
  `MAX_RESULT` between the orchestrator and the warden.
- Plain data are None, bool, int, float, str, bytes, bytearray, list, tuple, set,
  frozenset and dict, exact types after decoding: a subclass whose ``__eq__`` lies
  arrives as its plain value or not at all.
- Anything else crosses as a numbered handle; what is done with it is done on the
  side that holds it. Nothing is pickled.

>>> decode(encode({"a": (1, b"x")}))
{'a': (1, b'x')}
"""

from __future__ import annotations

import base64
import json
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

MAX_FRAME: Final = 8 * 2**20
MAX_RESULT: Final = 15 * 2**20
"""Of a whole grading: below what the launcher answers at most."""
MAX_DEPTH: Final = 24
MAX_DIGITS: Final = 4000

Message = dict[str, Any]
Keep = Callable[[object], int]
Make = Callable[[int, str], object]


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
    """

    def __init__(self, sock: socket.socket, most: int = MAX_FRAME) -> None:
        self._socket = sock
        self._most = most
        self._socket.setblocking(True)

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


def encode(value: object, keep: Keep | None = None, depth: int = 0) -> Message:
    """Write a value as tagged JSON.

    Args:
        value: anything.
        keep: holds what is not plain and gives its number; None: such a value is refused.
        depth: of nesting so far.

    Raises:
        WireError: nested too deep, or not plain and not kept.
    """
    if depth > MAX_DEPTH:
        raise WireError("nested too deep")
    scalar = _encode_scalar(value)
    if scalar is not None:
        return scalar
    if isinstance(value, Mapping):
        return {
            "d": [
                [encode(k, keep, depth + 1), encode(v, keep, depth + 1)] for k, v in value.items()
            ]
        }
    for tag, kind in _SEQUENCES.items():
        if isinstance(value, kind):
            return {tag: [encode(item, keep, depth + 1) for item in value]}  # type: ignore[attr-defined]
    if keep is None:
        raise WireError(f"a {type(value).__name__} cannot cross")
    return {"h": keep(value), "n": type(value).__name__[:80]}


_SEQUENCES: Final[dict[str, type]] = {
    "l": list, "t": tuple, "s": set, "z": frozenset,
}  # fmt: skip


def _encode_scalar(value: object) -> Message | None:
    encoded: Message | None = None
    if value is None or value is True or value is False:
        encoded = {"p": value}
    elif isinstance(value, str):
        encoded = {"p": str.__str__(value).encode("utf-8", "replace").decode("utf-8")}
    elif isinstance(value, int):
        if int.bit_length(value) > MAX_DIGITS * 3:
            raise WireError("integer too long")
        encoded = {"i": hex(int.__int__(value))}
    elif isinstance(value, float):
        encoded = {"f": float.__repr__(value)}
    elif isinstance(value, bytearray):
        encoded = {"y": base64.b64encode(value).decode()}
    elif isinstance(value, bytes):
        encoded = {"b": base64.b64encode(value).decode()}
    return encoded


def decode(message: Message, make: Make | None = None, depth: int = 0) -> Any:
    """Read tagged JSON.

    Args:
        message: what `encode` wrote, or what a liar sent.
        make: makes a stand-in for a handle from its number and type name.
        depth: of nesting so far.

    Raises:
        WireError: anything but plain data in the form of `encode`.
    """
    if depth > MAX_DEPTH or not isinstance(message, dict) or not message:
        raise WireError("not tagged data")
    tag, content = next(iter(message.items()))
    try:
        if tag in _DECODERS:
            return _DECODERS[tag](content)
        if tag == "d":
            return {decode(k, make, depth + 1): decode(v, make, depth + 1) for k, v in content}
        if tag in _SEQUENCES:
            return _SEQUENCES[tag](decode(item, make, depth + 1) for item in content)
        if tag == "h" and make is not None and type(content) is int:
            return make(content, str(message.get("n", "object"))[:80])
    except (TypeError, ValueError, KeyError) as error:
        raise WireError("malformed data") from error
    raise WireError("unknown tag")


def _plain(content: object) -> object:
    if content is None or type(content) in (bool, str):
        return content
    raise ValueError


def _integer(content: str) -> int:
    if len(content) > MAX_DIGITS:
        raise ValueError
    return int(content, 16)


_DECODERS: Final[dict[str, Callable[[Any], object]]] = {
    "p": _plain,
    "i": _integer,
    "f": float,
    "b": lambda content: base64.b64decode(content, validate=True),
    "y": lambda content: bytearray(base64.b64decode(content, validate=True)),
}
