"""Reads that did not change are not sent again.

Rules:

1. Every successful JSON answer to a GET has a strong ``ETag``: a hash of exactly its bytes, so it
   says nothing that the answer does not say.
2. ``If-None-Match`` with that tag (or ``*``) is answered with 304 and no body; who asks is worked
   out before, as for any read: a tag is no way round a token.
3. Answers are for their reader alone (``private, no-cache``): kept only to be asked about again.

>>> matches('"a", W/"b"', '"b"'), matches("*", '"x"'), matches('"a"', '"b"')
(True, True, False)

Source: RFC 9110, 8.8.3, 13.1.2 and 15.4.5.
"""

from __future__ import annotations

import hashlib
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST: Final = 8_000_000
"""Bytes of an answer that are held back to be hashed; a larger one is sent as it comes."""


def tag_of(body: bytes) -> str:
    """The entity tag of an answer."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def matches(header: str, tag: str) -> bool:
    """Whether ``If-None-Match`` names a tag; weak comparison."""
    named = [each.strip().removeprefix("W/") for each in header[:4_000].split(",")]
    return "*" in named or tag in named


class ETags:
    """ASGI middleware: tags of JSON answers to reads, and 304.

    Args:
        app: the application behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, _Held(Headers(scope=scope), send))


class _Held:
    """Holds an answer back until it is whole."""

    def __init__(self, asked: Headers, send: Send) -> None:
        self._asked = asked
        self._send = send
        self._start: Message | None = None
        self._body = b""
        self._passing = False

    async def __call__(self, message: Message) -> None:
        if self._passing:
            await self._send(message)
        elif message["type"] == "http.response.start":
            await self._begin(message)
        elif message["type"] == "http.response.body":
            await self._go_on(message)
        else:
            await self._send(message)

    async def _begin(self, message: Message) -> None:
        kind = Headers(raw=message["headers"]).get("content-type", "")
        if message["status"] == 200 and kind.startswith("application/json"):
            self._start = message
            return
        self._passing = True
        await self._send(message)

    async def _go_on(self, message: Message) -> None:
        assert self._start is not None
        self._body += message.get("body", b"")
        if message.get("more_body") and len(self._body) <= LARGEST:
            return
        self._passing = True
        if message.get("more_body"):
            await self._send(self._start)
            await self._send({**message, "body": self._body})
            return
        tag = tag_of(self._body)
        headers = MutableHeaders(raw=list(self._start["headers"]))
        headers["ETag"] = tag
        headers["Cache-Control"] = "private, no-cache"
        headers["Vary"] = "Authorization, Accept-Language"
        same = matches(self._asked.get("if-none-match", ""), tag)
        if same:
            del headers["content-length"]
            del headers["content-type"]
        await self._send({**self._start, "status": 304 if same else 200, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": b"" if same else self._body})
