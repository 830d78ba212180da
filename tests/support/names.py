"""httpx that resolves ``*.localhost`` to loopback; glibc does not, browsers do."""

from __future__ import annotations

import httpx


class LoopbackTransport(httpx.HTTPTransport):
    """Connects to 127.0.0.1 for every ``*.localhost``; the Host header stays."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host.endswith(".localhost"):
            asked = request.url
            request.url = asked.copy_with(host="127.0.0.1")
            try:
                return super().handle_request(request)
            finally:
                request.url = asked
        return super().handle_request(request)


def loopback_client(**options) -> httpx.Client:
    """A client for a running system, cookies kept."""
    return httpx.Client(transport=LoopbackTransport(), trust_env=False, timeout=60, **options)
