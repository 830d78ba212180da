"""Sending a form in two parts, with something happening in between."""

from __future__ import annotations

import asyncio
import urllib.parse
from collections.abc import Callable
from typing import Any

import anyio.to_thread

from tests.web.world import World


def in_two_parts(
    desk: World,
    path: str,
    fields: dict[str, str],
    cookies: str,
    between: Callable[[], object] | None,
    *,
    method: str = "POST",
    **headers: str,
) -> tuple[int, str]:
    """Send the head and five bytes of a form, do something, send the rest.

    Args:
        desk: with the application.
        path: where to.
        fields: of the form.
        cookies: the ``Cookie`` header.
        between: what happens meanwhile; None: the rest never comes.
        method: of the request.
        **headers: more of them, or others.

    Returns:
        The answer's status and body.
    """
    body = urllib.parse.urlencode(fields).encode()
    return asyncio.run(_send(desk, path, body, between, method, _headers(desk, cookies) | headers))


def cookies_of(client: Any) -> str:
    """A test client's cookies as a browser sends them."""
    return "; ".join(f"{each.name}={each.value}" for each in client.cookies.jar)


def _headers(desk: World, cookies: str) -> dict[str, str]:
    return {
        "host": "synak.localhost:8000",
        "origin": desk.parts.public_url,
        "sec-fetch-site": "same-origin",
        "cookie": cookies,
        "accept-language": "en",
        "content-type": "application/x-www-form-urlencoded",
    }


async def _send(
    desk: World,
    path: str,
    body: bytes,
    between: Callable[[], object] | None,
    method: str,
    headers: dict[str, str],
) -> tuple[int, str]:
    asked, answered = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        if asked == 1:
            return {"type": "http.request", "body": body[:5], "more_body": True}
        if asked == 2 and between is not None:
            await anyio.to_thread.run_sync(between)
            return {"type": "http.request", "body": body[5:], "more_body": False}
        await asyncio.sleep(3600)
        raise AssertionError

    async def send(message: Any) -> None:
        answered.append(message)

    headers |= {"content-length": str(len(body))}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("synak.localhost", 8000),
        "state": {},
    }
    await desk.app(scope, receive, send)
    text = b"".join(each.get("body", b"") for each in answered[1:])
    return int(answered[0]["status"]), text.decode()
