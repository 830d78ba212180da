"""The public side over HTTP: raw ASGI, since every microsecond here is paid per transaction.

``POST /rpc/{chain}`` with ``Authorization: Bearer``, ``POST /rpc/{chain}/{permit key}``,
the same addresses for WebSocket (``sandbox.gateway.websocket``), ``GET /rpc/healthz``.
No CORS header is ever sent: a page of another origin can neither read an answer nor pass
the preflight that a bearer token needs. Paths are never logged: they may hold a permit key.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import orjson

from sandbox.gateway.errors import as_object, failure, http_status
from sandbox.gateway.identity import Credential, next_id
from sandbox.gateway.pipeline import Incoming, Outgoing, Pipeline
from sandbox.gateway.submission import chain_name
from sandbox.gateway.websocket import Opening, Sockets, refuse
from sandbox.kit.errors import InvalidInput, SynakError
from sandbox.kit.ids import ChainName
from sandbox.locale import Language, language

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Health = Callable[[], Awaitable[dict[str, Any]]]

MAX_BODY: Final = 1_048_576
"""Longest body that is read, bytes; a permit may set less."""
DRAINED: Final = 8 * MAX_BODY
"""How much of a longer body is read away, so that its sender sees the answer."""


class PublicApp:
    """The ASGI application of the public side.

    Args:
        pipeline: all steps.
        health: what ``/rpc/healthz`` answers.
        sockets: serves WebSocket connections.
    """

    def __init__(self, pipeline: Pipeline, health: Health, sockets: Sockets) -> None:
        self._pipeline = pipeline
        self._health = health
        self._sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request (ASGI)."""
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # the lifespan is the composition's business
        headers = {name: value for name, value in scope["headers"] if name in _WANTED}
        lang = _language(headers)
        try:
            outgoing = await self._answer(scope, headers, receive, lang)
        except SynakError as error:
            said = as_object(error, request_id=next_id(), language=lang)
            outgoing = Outgoing(http_status(error), orjson.dumps(failure(None, said)))
        await _send(send, outgoing)

    async def _answer(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, lang: Language
    ) -> Outgoing:
        parts = scope["path"].split("/")
        if parts[-1] == "healthz" and parts == ["", "rpc", "healthz"]:
            health = await self._health()
            return Outgoing(200 if health["status"] == "ok" else 503, orjson.dumps(health))
        if scope["method"] != "POST":
            raise InvalidInput("gateway.post_only", method=scope["method"][:16])
        chain, in_path = _address(parts)
        body = await _read(headers, receive)
        credential = Credential(_bearer(headers), in_path)
        return await self._pipeline.handle(Incoming(chain, credential, body, lang))

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket handshake, and what follows it."""
        headers = dict(scope["headers"])
        lang = _language(headers)
        try:
            chain, in_path = _address(scope["path"].split("/"))
        except SynakError as error:
            await receive()
            await refuse(send, error, lang)
            return
        origin, host = headers.get(b"origin"), headers.get(b"host", b"")
        opening = Opening(
            chain,
            Credential(_bearer(headers), in_path),
            lang,
            None if origin is None else origin.decode("latin-1"),
            host.decode("latin-1"),
        )
        await self._sockets.serve(opening, scope, receive, send)


def _address(parts: list[str]) -> tuple[ChainName, str | None]:
    """The chain and, where it is there, the key of a path.

    Raises:
        InvalidInput: ``gateway.chain_unknown``.
    """
    chain = chain_name(parts[2] if 3 <= len(parts) <= 4 and parts[1] == "rpc" else "")
    return chain, parts[3] if len(parts) == 4 and parts[3] else None


_WANTED: Final = frozenset({b"authorization", b"accept-language", b"content-length"})


def _language(headers: dict[bytes, bytes]) -> Language:
    """English unless the client asks for another: most callers are programs."""
    asked = headers.get(b"accept-language")
    return language(asked.decode("latin-1"), otherwise="en") if asked else "en"


def _bearer(headers: dict[bytes, bytes]) -> str | None:
    """The token of ``Authorization: Bearer``. Source: RFC 6750, 2.1."""
    value = headers.get(b"authorization")
    if value is None:
        return None
    scheme, _, token = value.decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _read(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    """The whole body, bounded.

    Raises:
        InvalidInput: ``gateway.body_too_long``.
    """
    stated = headers.get(b"content-length", b"0")
    if stated.isdigit() and int(stated) > DRAINED:
        raise InvalidInput("gateway.body_too_long", limit=MAX_BODY, requested=int(stated))
    chunks: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidInput("gateway.not_json")
        chunk = message.get("body", b"")
        length += len(chunk)
        if length <= MAX_BODY:
            chunks.append(chunk)
        if not message.get("more_body", False):
            break
        if length > DRAINED:
            break
    if length > MAX_BODY:
        raise InvalidInput("gateway.body_too_long", limit=MAX_BODY, requested=length)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _send(send: Send, outgoing: Outgoing) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(outgoing.body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if outgoing.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="synak"'))
    await send({"type": "http.response.start", "status": outgoing.status, "headers": headers})
    await send({"type": "http.response.body", "body": outgoing.body})
