"""uvicorn's WebSocket protocol with four things it lacks here.

1. ``cut``: a connection is closed with a code and a reason even when its client does not read,
   and its socket is gone ``GRACE`` seconds later, whatever the client does. Applications find
   it in the scope's extensions as ``synak.cut``.
2. Silence: a path may hold a permit key, so no line with a path is ever logged, whatever the
   level of the loggers.
3. A handshake that was answered with a refusal is complete, and no error of ours.
4. Text that is no UTF-8 closes the connection with 1007, and is no error of ours either.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

GRACE: Final = 5.0
"""Seconds that a closed connection may take to say goodbye."""

_silent = logging.getLogger("sandbox.gateway.websocket_protocol")
_silent.setLevel(logging.ERROR)


class GatewayWebSocket(WebSocketsSansIOProtocol):
    """One connection, from its first byte."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.logger = _silent
        self.conn.logger = _silent
        self.conn.debug = False

    def handle_connect(self, event: Request) -> None:
        """Begin a handshake; the application may cut the connection from now on."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions["synak.cut"] = self.cut

    async def send(self, message: Any) -> None:
        """Take a message of the application."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True

    def send_receive_event_to_app(self) -> None:
        """Hand a whole message to the application."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.cut(1007, "gateway.not_utf8")
                return
        super().send_receive_event_to_app()

    def cut(self, code: int, reason: str) -> None:
        """Close, without waiting for a client that does not read.

        Args:
            code: of the close frame. Source: RFC 6455, 7.4.
            reason: at most 123 bytes.
        """
        if self.transport.is_closing() or self.close_sent:
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(GRACE, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """A client that answers no ping is gone, and so is what waits for it."""
        super().keepalive_timeout()
        self.loop.call_later(GRACE, self.transport.abort)
