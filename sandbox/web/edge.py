"""What every answer of the desk carries, whatever made it.

Rules:

- each request has an id, ours or a well-formed one of the proxy's; it is bound
  to every log event, sent back in ``X-Request-ID`` and shown on error pages;
- strict CSP: no inline script or style, nothing from elsewhere, never framed;
- private answers are never stored; only static files may be cached;
- one event per request, with path and status, never a query, a body, a key or a code.
"""

from __future__ import annotations

import re
import secrets
import time
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Source: CSP Level 3; https://www.w3.org/TR/CSP3/."""

HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

CODE: Final = re.compile(r"(/desk/c/join/).+")
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
log = structlog.get_logger("desk")


def spoken(path: str) -> str:
    """A path as the log has it: an invitation code, which a QR carries, is left out.

    >>> spoken("/desk/c/join/K7QX-M2P-94T"), spoken("/desk/c/pay")
    ('/desk/c/join/…', '/desk/c/pay')
    """
    return CODE.sub(r"\1…", path)


class Edge:
    """ASGI middleware: request id, security headers, one log event.

    Args:
        app: the application behind it.
        static_prefix: answers below it may be cached.
    """

    def __init__(self, app: ASGIApp, static_prefix: str = "/desk/static/") -> None:
        self.app = app
        self.static_prefix = static_prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = sent if _ID.fullmatch(sent) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        path, began, status = scope["path"], time.perf_counter(), 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if not (path.startswith(self.static_prefix) and status in (200, 304)):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            if not path.endswith("/healthz"):
                log.info(
                    "desk.answered",
                    method=scope["method"],
                    path=spoken(path),
                    status=status,
                    ms=round((time.perf_counter() - began) * 1000, 1),
                )
