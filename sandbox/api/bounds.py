"""How large a body may be and how long it may take, before anybody reads it.

Rules:

1. Bytes are counted as they arrive; what ``Content-Length`` states is only a reason to say no
   sooner.
2. No text in a body holds NUL, which PostgreSQL does not keep, nor half a character, which UTF-8
   does not hold: one clear error on every store, in whatever encoding the body comes.
3. A course's files may be as large as a bundle, for a caller who shows a token; everything else
   is a small form.
4. A body comes within ``BODY_SECONDS``, where files are taken within ``BUNDLE_SECONDS``: its sender
   is asked for when all of it is there, and nobody is kept waiting for the rest.

>>> limit_for("POST", "/desk/api/v1/courses/money/assignments/one/submissions", shows_token=False)
1000000
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, ClassVar, Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.api.problems import answer
from sandbox.domain.coursework import MAX_BUNDLE_BYTES
from sandbox.kit.errors import InvalidInput

BODY_BYTES: Final = 1_000_000
BODY_SECONDS: Final = 30.0
BUNDLE_SECONDS: Final = 300.0
BUNDLE_BODY_BYTES: Final = MAX_BUNDLE_BYTES * 4 // 3 + BODY_BYTES
"""A bundle in base64, its paths and the JSON around it."""
_FILES: Final = re.compile(
    r"/courses/[^/]+/(?:assignments/[^/]+/)?(submissions|self-check|release|uploads)(?:/[0-9a-f]{64})?"
)
_BUNDLES: Final = {
    ("POST", "submissions"): 1,
    ("POST", "self-check"): 1,
    ("PUT", "release"): 2,
    ("PUT", "uploads"): 1,
}
"""How many bundles a request carries: a release has the students' files and the master."""


_DOUBTFUL: Final = re.compile(rb"\\u0000|\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]|\x00")
"""What may stand for a NUL or half a character in a body; UTF-16 and UTF-32 have zero bytes."""
_HALF: Final = re.compile("[\ud800-\udfff]")
"""Half of a character that UTF-16 writes as two: nothing that UTF-8 can hold."""


class TooLarge(InvalidInput):
    """The body is larger than this address takes."""

    status: ClassVar[int] = 413


class TooSlow(InvalidInput):
    """The body did not come in time."""

    status: ClassVar[int] = 408


def limit_for(method: str, path: str, *, shows_token: bool) -> int:
    """Bytes that the body of a request may have.

    Args:
        method: of the request.
        path: of the request.
        shows_token: whether there is an ``Authorization`` header.
    """
    found = _FILES.search(path)
    bundles = _BUNDLES.get((method, found[1]), 0) if found and path.endswith(found[0]) else 0
    return bundles * BUNDLE_BODY_BYTES if bundles and shows_token else BODY_BYTES


class Bounds:
    """ASGI middleware: answers 413 or 408 instead of handing on a body too large or too slow.

    Args:
        app: the application behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        limit = limit_for(scope["method"], scope["path"], shows_token=b"authorization" in headers)
        stated = headers.get(b"content-length", b"")
        if stated.isdigit() and (len(stated) > 18 or int(stated) > limit):
            await _refuse(TooLarge("api.too_large", limit=limit), scope, receive, send)
            return
        body, started = _Body(receive, limit), False

        async def kept(message: Message) -> None:
            nonlocal started
            if body.wrong is None:
                started = True
                await send(message)

        try:
            await self.app(scope, body.receive, kept)
        except (TooLarge, TooSlow):
            if started:
                raise
        if body.wrong is not None and not started:
            await _refuse(body.wrong, scope, receive, send)


class _Body:
    """A body on its way.

    Args:
        receive: where it comes from.
        limit: bytes.
    """

    def __init__(self, receive: Receive, limit: int) -> None:
        self.wrong: InvalidInput | None = None
        self._receive, self._limit, self._received = receive, limit, 0
        self._seconds = BODY_SECONDS if limit == BODY_BYTES else BUNDLE_SECONDS
        self._until: float | None = 0.0

    async def receive(self) -> Message:
        """The next piece; what comes after the last one has all the time it wants.

        Raises:
            TooLarge: ``api.too_large``.
            TooSlow: ``api.too_slow``.
        """
        if self._until == 0.0:
            self._until = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            self.wrong = TooSlow("api.too_slow", seconds=int(self._seconds))
            raise self.wrong from None
        if not message.get("more_body", False):
            self._until = None
        self._received += len(message.get("body", b""))
        if self._received > self._limit:
            self.wrong = TooLarge("api.too_large", limit=self._limit)
            raise self.wrong
        return message


async def without_unkept(request: Request) -> None:
    """Refuse a JSON body with what no store keeps in any name or text: a NUL, half a character.

    Raises:
        InvalidInput: ``api.nul``, ``api.half_character``.
    """
    if not request.headers.get("content-type", "").partition(";")[0].strip().endswith("json"):
        return
    if not _DOUBTFUL.search(await request.body()):
        return
    try:
        todo: list[Any] = [await request.json()]
    except (ValueError, RecursionError):
        return  # said in other words by whoever reads it
    while todo:
        each = todo.pop()
        if isinstance(each, str) and "\x00" in each:
            raise InvalidInput("api.nul")
        if isinstance(each, str) and _HALF.search(each):
            raise InvalidInput("api.half_character")
        if isinstance(each, dict):
            todo += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            todo += each


async def _refuse(wrong: InvalidInput, scope: Scope, receive: Receive, send: Send) -> None:
    """Say 413 or 408 and that nothing more is read from this connection."""
    refusal = answer(Request(scope), wrong)
    refusal.headers["Connection"] = "close"
    await refusal(scope, receive, send)
