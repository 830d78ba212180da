"""The public side over HTTP and WebSocket.

``POST /rpc/{chain}`` with ``Authorization: Bearer``, ``POST /rpc/{chain}/{permit key}``,
the same addresses for WebSocket (``sandbox.gateway.websocket``), ``GET /rpc/healthz``.
HTTP comes whole from ``http_protocol``, since every microsecond here is paid per transaction;
WebSocket comes by ASGI. No CORS header is ever sent: a page of another origin can neither read
an answer nor pass the preflight that a bearer token needs. Paths are never logged: they may
hold a permit key.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson

from sandbox.gateway.errors import as_object, failure, http_status
from sandbox.gateway.http_protocol import MAX_BODY, Asked
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


class PublicApp:
    """What answers the public side.

    Args:
        pipeline: all steps.
        health: what ``/rpc/healthz`` answers.
        sockets: serves WebSocket connections.
    """

    def __init__(self, pipeline: Pipeline, health: Health, sockets: Sockets) -> None:
        self._pipeline = pipeline
        self._health = health
        self._sockets = sockets

    async def answer(self, asked: Asked) -> Outgoing:
        """Answer one HTTP request; whatever goes wrong becomes an answer.

        Args:
            asked: the request, whole.

        Returns:
            The HTTP status and JSON, empty for notifications only.
        """
        try:
            return await self._answer(asked)
        except SynakError as error:
            said = as_object(error, request_id=next_id(), language=_language(asked.headers))
            return Outgoing(http_status(error), orjson.dumps(failure(None, said)))

    async def _answer(self, asked: Asked) -> Outgoing:
        if asked.path == "/rpc/healthz":
            health = await self._health()
            return Outgoing(200 if health["status"] == "ok" else 503, orjson.dumps(health))
        if asked.method != "POST":
            raise InvalidInput("gateway.post_only", method=asked.method[:16])
        chain, credential, lang = _opening(asked)
        if asked.length > MAX_BODY:
            raise InvalidInput("gateway.body_too_long", limit=MAX_BODY, requested=asked.length)
        return await self._pipeline.handle(Incoming(chain, credential, asked.body, lang))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket connection (ASGI)."""
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send)

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


def _opening(asked: Asked) -> tuple[ChainName, Credential, Language]:
    """What path and headers say; read once for a connection that says the same again.

    Raises:
        InvalidInput: ``gateway.chain_unknown``.
    """
    headers, kept = asked.headers, asked.connection
    said = (asked.path, headers.get(b"authorization"), headers.get(b"accept-language"))
    if kept.get("said") != said:
        chain, in_path = _address(asked.path.split("/"))
        kept["meant"] = (chain, Credential(_bearer(headers), in_path), _language(headers))
        kept["said"] = said
    meant: tuple[ChainName, Credential, Language] = kept["meant"]
    return meant


def _address(parts: list[str]) -> tuple[ChainName, str | None]:
    """The chain and, where it is there, the key of a path.

    Raises:
        InvalidInput: ``gateway.chain_unknown``.
    """
    chain = chain_name(parts[2] if 3 <= len(parts) <= 4 and parts[1] == "rpc" else "")
    return chain, parts[3] if len(parts) == 4 and parts[3] else None


def _language(headers: dict[bytes, bytes]) -> Language:
    """English unless the client asks for another: most callers are programs."""
    asked = headers.get(b"accept-language")
    return language(asked.decode("latin-1"), otherwise="en") if asked else "en"


def _bearer(headers: dict[bytes, bytes]) -> str | None:
    """The token of ``Authorization: Bearer``. Source: RFC 6750, 2.1."""
    value = headers.get(b"authorization")
    if value is None:
        return None
    if value[:7] == b"Bearer ":
        return value[7:].decode("latin-1").strip()
    scheme, _, token = value.decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
