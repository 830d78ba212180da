"""uvicorn's HTTP protocol for one request that is whole and one answer that is whole.

Every request here is a short body and a short answer, paid for per transaction, so what ASGI
needs for bodies in pieces is left out: a request is handed on when it has come in whole, head
and body of the answer are written together, and one timer watches over a connection instead of
one per answer (decision 30).

What stays uvicorn's: the parser (llhttp), pipelined requests one after the other, upgrades to
WebSocket, the graceful stop. Nothing is logged: a path may hold a permit key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import unquote

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

MAX_BODY: Final = 1_048_576
"""Longest body that is kept, bytes; a permit may set less."""
DRAINED: Final = 8 * MAX_BODY
"""How much of a longer body is read away, so that its sender sees the answer."""
MAX_HEAD: Final = 65_536
"""Bytes in which the head of a request must have come."""
_MOST: Final = 2 * DRAINED
"""Bytes of one request after which its connection is cut."""
UNFINISHED: Final = 60.0
"""Seconds in which a request must have come whole."""
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_HEADERS: Final = (
    b"content-type: application/json\r\n"
    b"cache-control: no-store\r\n"
    b"x-content-type-options: nosniff\r\n"
)
_CLOSE: Final = b"connection: close\r\n"
_CHALLENGE: Final = b'www-authenticate: Bearer realm="synak"\r\n'
_INTERNAL: Final = (
    b'{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"gateway.internal"}}'
)

_log = structlog.get_logger(__name__)


class Asked:
    """One request.

    Attributes:
        method: of HTTP.
        path: decoded, without the query.
        headers: names in small letters; of a name that is there twice the last.
        length: bytes of the body, as far as it was read or as its header says.
        body: empty when it is longer than ``MAX_BODY``.
        connection: what the application keeps while the connection lasts.
    """

    __slots__ = ("body", "connection", "headers", "length", "method", "path")

    def __init__(
        self, method: str, path: str, headers: dict[bytes, bytes], connection: dict[str, Any]
    ) -> None:
        self.connection = connection
        self.method = method
        self.path = path
        self.headers = headers
        self.length = 0
        self.body = b""


Answerer = Callable[[Asked], Awaitable[tuple[int, bytes]]]
"""Answers a request with an HTTP status and a body of JSON; raises nothing."""


class _Event:
    """What uvicorn's protocol tells an exchange that waits for more of a body; none does."""

    def set(self) -> None:
        """Nobody waits."""


class Exchange:
    """A request and its answer; what uvicorn's protocol calls a cycle."""

    __slots__ = (
        "asked",
        "disconnected",
        "held",
        "keep_alive",
        "response_complete",
        "task",
        "turn",
        "waits_for_continue",
        "whole",
    )
    message_event: Final = _Event()
    task: asyncio.Task[None]

    def __init__(self, asked: Asked, *, keep_alive: bool, waits_for_continue: bool) -> None:
        self.asked = asked
        self.keep_alive = keep_alive
        self.waits_for_continue = waits_for_continue
        self.held: bytes | bytearray = b""
        self.whole = self.turn = self.disconnected = self.response_complete = False

    def take(self, piece: bytes) -> None:
        """Keep a piece of the body, or only count it when it is too long anyway."""
        asked = self.asked
        asked.length += len(piece)
        if asked.length > MAX_BODY:
            self.held = b""
        elif not self.held:
            self.held = piece
        else:
            if isinstance(self.held, bytes):
                self.held = bytearray(self.held)
            self.held += piece

    def close_body(self) -> None:
        """No more of the body is wanted."""
        self.whole = True
        self.asked.body = bytes(self.held)
        self.held = b""


class GatewayHttp(HttpToolsProtocol):
    """One connection. The application, with nothing around it, offers ``answer`` beside ASGI."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._answer: Answerer = self.app.answer
        self._kept: dict[str, Any] = {}
        self._since = 0.0  # when the last request began or was answered, by the loop's clock
        self._upgrading = self._in_request = self._in_head = self._began = False
        self._received = 0

    def data_received(self, data: bytes) -> None:
        """Bytes have come; those of one request have an end, whatever they are.

        The parser keeps an unfinished header, however long, and reads headers behind a body.
        """
        self._began = False
        super().data_received(data)
        if not self._in_request or self._began or self._upgrading or self.transport.is_closing():
            return  # where it began in this piece, the piece holds the end of another, too
        self._received += len(data)
        if self._in_head and self._received > MAX_HEAD:
            self.send_400_response("The head of the request is too long.")
        elif self._received > _MOST:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_request = self._in_head = self._began = True
        self._received = 0
        self._since = self.loop.time()
        self.url = b""
        self.headers = []
        self.scope = {"headers": self.headers}  # type: ignore[typeddict-item]

    def on_header(self, name: bytes, value: bytes) -> None:
        """One of its headers is read; those behind a body say nothing here."""
        if self._in_head:
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Its head is read."""
        self._in_head = False
        parser = self.parser
        method = parser.get_method().decode("ascii")
        self.scope["method"] = method
        self._upgrading = parser.should_upgrade()
        if self._upgrading:  # the parser stops here, whatever it is upgraded to
            return
        modern = parser.get_http_version() == "1.1"
        headers = dict(self.headers)
        asked = Asked(method, _path(self.url), headers, self._kept)
        cycle: Any = Exchange(
            asked,
            keep_alive=modern and parser.should_keep_alive(),
            waits_for_continue=modern and headers.get(b"expect", b"").lower() == b"100-continue",
        )
        stated = int(headers.get(b"content-length", 0))
        if stated > DRAINED:
            asked.length, cycle.whole = stated, True
            if cycle.waits_for_continue:  # whether its body still comes nobody can tell
                cycle.keep_alive = False
        before, self.cycle = self.cycle, cycle
        if before is None or before.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def on_body(self, body: bytes) -> None:
        """A piece of its body is read."""
        cycle: Any = self.cycle
        if self._upgrading or cycle.whole:
            return
        cycle.take(body)
        if cycle.asked.length > DRAINED:
            self._whole(cycle)

    def on_message_complete(self) -> None:
        """All of it is read."""
        self._in_request = False
        cycle: Any = self.cycle
        if not self._upgrading and not cycle.whole:
            self._whole(cycle)

    def _whole(self, cycle: Exchange) -> None:
        cycle.close_body()
        if cycle.turn:
            self._begin(cycle)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:  # noqa: ARG002
        """It is this request's turn, whether it is whole or not."""
        cycle.turn = True
        if cycle.whole:
            self._begin(cycle)
        elif cycle.waits_for_continue:
            self.transport.write(_CONTINUE)

    def _begin(self, cycle: Exchange) -> None:
        cycle.task = self.loop.create_task(self._exchange(cycle))
        self.tasks.add(cycle.task)

    async def _exchange(self, cycle: Exchange) -> None:
        try:
            await self._reply(cycle)
        finally:
            self.tasks.discard(cycle.task)

    async def _reply(self, cycle: Exchange) -> None:
        try:
            status, body = await self._answer(cycle.asked)
        except Exception:  # noqa: BLE001 - the edge: a connection is never left without an answer
            _log.exception("gateway.internal_error")
            status, body = 500, _INTERNAL
        if self.flow.write_paused and not cycle.disconnected:
            await self.flow.drain()
        if cycle.disconnected or self.transport.is_closing():
            return
        self.transport.write(_written(cycle, status, body))
        cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def on_response_complete(self) -> None:
        """The next request, if it has come already; else the connection is idle."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        following = self.pipeline.pop() if self.pipeline else None
        if not self.pipeline:  # else each answer would let in another piece full of requests
            self.flow.resume_reading()
        self._since = self.loop.time()
        if following is not None:
            self._start_asgi_task(*following)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self._watch(self.timeout_keep_alive)

    def _watch(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    def timeout_keep_alive_handler(self) -> None:
        """Close what was idle, or has not finished its request, for long enough; or look again."""
        self.timeout_keep_alive_task = None
        if self.transport.is_closing():
            return
        patience = UNFINISHED if self._in_request else self.timeout_keep_alive
        answering = self.cycle is not None and not self.cycle.response_complete
        if self.pipeline or (answering and not self._in_request):
            self._watch(patience)  # it is ours to go on
        elif (left := self._since + patience - self.loop.time()) > 0:
            self._watch(left)
        elif self._in_request:
            self.transport.abort()
        else:
            self.transport.close()

    def _unset_keepalive_if_required(self) -> None:
        """Bytes have come; the timer looks at what they were when it is due."""

    def _forget_timer(self) -> None:
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def handle_websocket_upgrade(self) -> None:
        """The connection is another protocol's from now on; not before all is answered."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.close()
        elif self.scope["method"] != "GET":
            self._unsupported_upgrade_warning()
        else:
            self._forget_timer()
            super().handle_websocket_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        self.send_400_response("Only a WebSocket can be asked for. Ask without Upgrade.")

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read; what was read before it is answered first."""
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete:
            super().send_400_response(msg)
        elif cycle.whole:
            cycle.keep_alive = False
            self.flow.pause_reading()
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._forget_timer()
        super().connection_lost(exc)


def _path(url: bytes) -> str:
    """Decoded, without the query."""
    if url[:1] != b"/" or b"?" in url or b"#" in url:
        url = httptools.parse_url(url).path
    path = url.decode("ascii")
    return unquote(path) if "%" in path else path


def _written(cycle: Exchange, status: int, body: bytes) -> bytes:
    """The answer, head and body. Source: RFC 9112."""
    if status == 204:
        return STATUS_LINE[status] + (b"\r\n" if cycle.keep_alive else _CLOSE + b"\r\n")
    return b"".join(
        (
            STATUS_LINE[status],
            _HEADERS,
            _CHALLENGE if status == 401 else b"",
            b"" if cycle.keep_alive else _CLOSE,
            b"content-length: %d\r\n\r\n" % len(body),
            b"" if cycle.asked.method == "HEAD" else body,
        )
    )
