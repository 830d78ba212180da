"""What every answer of the desk carries, whatever made it.

Rules:

- each request has an id, ours or a well-formed one of the proxy's; it is bound
  to every log event, sent back in ``X-Request-ID`` and shown on error pages;
- strict CSP: no inline script or style, nothing from elsewhere, never framed;
- private answers are never stored; only static files may be cached;
- no NUL goes in by a path or a query: PostgreSQL holds none, so that nothing is called so;
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


def without_nul(path: str, query: bytes) -> tuple[str, bytes]:
    """A path and a query that hold no NUL: a path with one names nothing, in a query it is a blank.

    Nothing is left out, so that what stands on both sides never comes together to another escape.

    >>> without_nul("/desk/files/" + chr(0), b"q=a%00b%0%000")
    ('/desk/files/�', b'q=a%20b%0%200')
    """
    return path.replace("\x00", "\ufffd"), query.replace(b"%00", b"%20").replace(b"\x00", b"%20")


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
        cleared = without_nul(scope["path"], scope["query_string"])
        scope["path"], scope["query_string"] = cleared
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
