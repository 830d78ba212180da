"""JSON-RPC over WebSocket: the same steps for each message as for an HTTP body.

Rules:

1. A page of another origin is refused at the handshake; so is a wrong credential, and more
   connections of a permit than ``CONNECTIONS``.
2. The credential is looked at for every message, at once when keys or policies change, and every
   second: expired, revoked, no longer an operator or nothing heard from the desk closes the
   connection with the reason's code.
3. At most ``AT_ONCE`` messages of a connection are worked on; further ones wait in the socket.
4. Who does not read what is sent is cut off at ``UNSENT`` bytes; what waits for an answer
   counts too.
5. A notification never comes before the answer that names its subscription: those of a batch
   are released together, behind its one answer.

Paths are never logged: they may hold a permit key.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson
import structlog

from sandbox.gateway.errors import as_object, failure, http_status
from sandbox.gateway.feeds import Feeds, Subscription, filtered
from sandbox.gateway.identity import Credential, Identity
from sandbox.gateway.pipeline import Incoming, Pipeline
from sandbox.gateway.submission import Where
from sandbox.kit.errors import (
    Conflict,
    NotAllowed,
    NotAuthenticated,
    Refused,
    SynakError,
    Unavailable,
)
from sandbox.kit.ids import PermitNumber
from sandbox.kit.tasks import end
from sandbox.locale import Language

CONNECTIONS: Final = 32
"""Open connections of one permit."""
SUBSCRIPTIONS: Final = 64
"""Subscriptions of one connection."""
AT_ONCE: Final = 32
"""Messages of one connection that are worked on at the same time."""
UNSENT: Final = 4 * 1_048_576
"""Bytes that wait for a client before it is cut off."""
CHECKED_EVERY: Final = 1.0
"""Seconds between two looks at the credentials of all connections."""

NO_LONGER: Final = 4401
"""Close code: the credential is no longer good."""
TOO_SLOW: Final = 1008
LATER: Final = 1013

Message = dict[str, Any]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a handshake said.

    Attributes:
        chain: the path part after ``/rpc/``, one that exists.
        credential: what it carried.
        language: of messages.
        origin: of the page, None when no page asks.
        host: that was asked.
    """

    chain: str
    credential: Credential
    language: Language
    origin: str | None
    host: str


Authenticate = Callable[[Opening], Awaitable[Identity]]


class Sockets:
    """All open connections.

    Args:
        pipeline: all steps.
        feeds: what can be subscribed to.
        authenticate: whose credential it is; raises when it is nobody's any more.
    """

    def __init__(self, pipeline: Pipeline, feeds: Feeds, authenticate: Authenticate) -> None:
        self._pipeline = pipeline
        self._feeds = feeds
        self._authenticate = authenticate
        self._open: set[_Connection] = set()
        self._of_permit: Counter[PermitNumber] = Counter()
        self._changed = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None

    def policies_changed(self) -> None:
        """Keys or policies are others now: look at every connection at once."""
        self._changed.set()

    async def serve(
        self,
        opening: Opening,
        scope: Any,
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        """Serve one connection from its handshake to its end.

        Args:
            opening: what the handshake said.
            scope: of ASGI.
            receive: of ASGI.
            send: of ASGI.
        """
        await receive()
        try:
            _check_origin(opening)
            identity = await self._authenticate(opening)
            if self._of_permit[identity.permit] >= CONNECTIONS:
                raise Conflict("gateway.too_many_connections", limit=CONNECTIONS)
        except SynakError as error:
            await refuse(send, error, opening.language)
            return
        cut = scope["extensions"]["synak.cut"]
        connection = _Connection(opening, identity, self._pipeline, self._feeds, send, cut)
        self._open.add(connection)
        self._of_permit[identity.permit] += 1
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
        try:
            await send({"type": "websocket.accept"})
            await connection.run(receive, self._look_at)
        finally:
            self._open.discard(connection)
            self._of_permit[identity.permit] -= 1
            connection.end()

    async def close(self) -> None:
        """Let every connection end; what is worked on is finished."""
        if self._watching is not None:
            await end(self._watching)
        for connection in tuple(self._open):
            connection.cut(1012, "gateway.stopping")
            await connection.settle()

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), CHECKED_EVERY)
            self._changed.clear()
            for connection in tuple(self._open):
                await self._look_at(connection)

    async def _look_at(self, connection: _Connection) -> None:
        """Close a connection whose credential is no longer good."""
        try:
            identity = await self._authenticate(connection.opening)
        except (NotAuthenticated, NotAllowed) as error:
            connection.cut(NO_LONGER, error.code)
        except Unavailable as error:
            connection.cut(LATER, error.code)
        else:
            connection.identity = identity
            scope = identity.scope
            if connection.subscriptions and scope and not scope.allows_method("eth_subscribe"):
                connection.cut(NO_LONGER, "gateway.key_method")


class _Connection:
    """One connection."""

    def __init__(
        self,
        opening: Opening,
        identity: Identity,
        pipeline: Pipeline,
        feeds: Feeds,
        send: Callable[[Any], Awaitable[None]],
        cut: Callable[[int, str], None],
    ) -> None:
        self.opening = opening
        self.identity = identity
        self.subscriptions: dict[str, Subscription] = {}
        self.feeds = feeds
        self._pipeline = pipeline
        self._send = send
        self._cut = cut
        self._over = False
        self._unsent: deque[str] = deque()
        self._bytes = 0
        self._waiting = asyncio.Event()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._working: set[asyncio.Task[None]] = set()

    async def run(
        self,
        receive: Callable[[], Awaitable[Message]],
        look_at: Callable[[_Connection], Awaitable[None]],
    ) -> None:
        """Take messages until the connection ends."""
        writing = asyncio.create_task(self._write())
        try:
            while True:
                await self._room.acquire()
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    return
                text = message.get("text")
                body = text.encode() if text is not None else message.get("bytes") or b""
                task = asyncio.create_task(self._answer(body, look_at))
                self._working.add(task)
                task.add_done_callback(self._worked)
        finally:
            self._over = True
            await end(writing)

    def _worked(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        self._room.release()

    async def settle(self) -> None:
        """Wait for what is worked on: a transaction on its way is never given up."""
        if self._working:
            await asyncio.wait(self._working)

    def end(self) -> None:
        """Subscriptions end with their connection."""
        for each in self.subscriptions.values():
            self.feeds.remove(each)
        self.subscriptions.clear()

    def cut(self, code: int, reason: str) -> None:
        """Close with a reason; nothing more is sent."""
        if not self._over:
            self._over = True
            self._unsent.clear()
            self.end()
            _log.info("gateway.websocket_closed", permit=self.identity.permit, reason=reason)
            self._cut(code, reason)

    def put(self, text: str) -> None:
        """Send when the client takes it; one that takes nothing is cut off."""
        if self.count(text):
            self.send(text)

    def count(self, text: str) -> bool:
        """Take text into the bound of what waits; False when the connection is over by it."""
        if self._over:
            return False
        self._bytes += len(text)
        if self._bytes > UNSENT:
            self.cut(TOO_SLOW, "gateway.too_slow")
        return not self._over

    def send(self, text: str) -> None:
        """Send what was counted."""
        if not self._over:
            self._unsent.append(text)
            self._waiting.set()

    async def _write(self) -> None:
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            while self._unsent and not self._over:
                text = self._unsent.popleft()
                try:
                    await self._send({"type": "websocket.send", "text": text})
                except (OSError, RuntimeError):  # the client is gone; receive says so too
                    return
                self._bytes -= len(text)

    async def _answer(self, body: bytes, look_at: Callable[[_Connection], Awaitable[None]]) -> None:
        feed, opening = _MessageFeed(self), self.opening
        incoming = Incoming(opening.chain, opening.credential, body, opening.language, feed)
        outgoing = await self._pipeline.handle(incoming)
        if outgoing.status == 401:
            await look_at(self)
        if outgoing.body:
            self.put(outgoing.body.decode())
        feed.release()


class _MessageFeed:
    """Subscriptions that one message makes; they speak once its answer is on its way."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._held: list[str] | None = []

    async def subscribe(
        self, where: Where, identity: Identity, kind: str, filter_: dict[str, Any]
    ) -> str:
        """Begin; the id that ends it."""
        mine = self._connection.subscriptions
        if len(mine) >= SUBSCRIPTIONS:
            raise Conflict("gateway.too_many_subscriptions", limit=SUBSCRIPTIONS)
        connection = self._connection
        made = Subscription(
            kind,
            where.chain,
            identity,
            self._deliver,
            *filtered(filter_),
            lose=lambda reason: connection.cut(LATER, reason),
        )
        self._connection.feeds.add(where.node, made)
        mine[made.id] = made
        return made.id

    def unsubscribe(self, number: str) -> bool:
        """End one; False when there is none of that id."""
        found = self._connection.subscriptions.pop(number, None)
        if found is not None:
            self._connection.feeds.remove(found)
        return found is not None

    def _deliver(self, text: str) -> None:
        if self._held is None:
            self._connection.put(text)
        elif self._connection.count(text):
            self._held.append(text)
        else:
            self._held.clear()

    def release(self) -> None:
        """The answer is on its way."""
        held, self._held = self._held or [], None
        for text in held:
            self._connection.send(text)


def _check_origin(opening: Opening) -> None:
    """Browsers name the page's origin; programs do not. Source: RFC 6455, 10.2.

    Raises:
        Refused: ``gateway.other_origin``.
    """
    if opening.origin is None:
        return
    scheme, _, host = opening.origin.partition("://")
    if scheme not in ("http", "https") or host != opening.host:
        raise NotAllowed("gateway.other_origin", origin=opening.origin[:100])


async def refuse(
    send: Callable[[Any], Awaitable[None]], error: SynakError, language: Language
) -> None:
    """Answer a handshake with an error.

    Args:
        send: of ASGI.
        error: why.
        language: of its words.
    """
    status = http_status(error)
    if status == 200:
        kinds = ((Conflict, 429), (NotAllowed, 403), (Refused, 403), (Unavailable, 503))
        status = next((number for kind, number in kinds if isinstance(error, kind)), 400)
    said = as_object(error, request_id=secrets.token_hex(8), language=language)
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    body = orjson.dumps(failure(None, said))
    await send({"type": "websocket.http.response.body", "body": body})
