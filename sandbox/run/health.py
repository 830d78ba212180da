"""Asks each process whether it is well.

Every process answers ``{"status": "ok" | "failing", "checks": {...}}``: over HTTP,
over HTTP on a unix socket, or as one JSON line (the signer). Programs that are not
ours are asked what they offer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from sandbox.settings import Settings

_SECONDS = 5.0


@dataclass(frozen=True)
class Health:
    """The answer of one process.

    Attributes:
        name: of the process.
        ok: whether it is well.
        detail: why not, in English; empty when it is.
        checks: what it says about its own parts.
    """

    name: str
    ok: bool
    detail: str = ""
    checks: Mapping[str, Any] = field(default_factory=dict)


async def check(name: str, settings: Settings) -> Health:
    """Ask one process.

    Args:
        name: of the process.
        settings: of the install.
    """
    paths = settings.paths
    probes = {
        "proxy": lambda: _http(f"http://{settings.install.bind}:{paths.proxy_port}/_chp_healthz"),
        "bridge": lambda: _connects(paths.bridge_socket),
        "signer": lambda: _json_line(paths.signer_socket),
        "gateway": lambda: _http(f"http://127.0.0.1:{paths.gateway_port}/rpc/healthz"),
        "desk": lambda: _http(f"http://127.0.0.1:{paths.desk_port}/desk/healthz"),
        "worker": lambda: _http("http://worker/healthz", socket=paths.worker_socket),
        "hub": lambda: _http(f"http://127.0.0.1:{paths.hub_port}/hub/health"),
    }
    try:
        answer = await asyncio.wait_for(probes[name](), _SECONDS)
    except (OSError, httpx.HTTPError, TimeoutError, ValueError) as error:
        return Health(name, ok=False, detail=_why(error))
    status = str(answer.get("status", "ok")).lower()
    checks = answer.get("checks", {})
    if status == "ok":
        return Health(name, ok=True, checks=checks)
    return Health(name, ok=False, detail=_failing(checks) or str(status), checks=checks)


def _why(error: Exception) -> str:
    if isinstance(error, httpx.ConnectError | FileNotFoundError | ConnectionRefusedError):
        return "does not answer"
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return f"no answer within {_SECONDS:.0f} s"
    return str(error) or type(error).__name__


def _failing(checks: Mapping[str, Any]) -> str:
    def bad(value: object) -> bool:
        if isinstance(value, Mapping):
            return not value.get("ok", value.get("status", "ok") == "ok")
        return value is False

    named = [
        f"{name}: {value.get('detail', 'failing')}" if isinstance(value, Mapping) else name
        for name, value in checks.items()
        if bad(value)
    ]
    return "; ".join(named)


async def _http(url: str, socket: Path | None = None) -> dict[str, Any]:
    transport = httpx.AsyncHTTPTransport(uds=str(socket)) if socket else None
    async with httpx.AsyncClient(transport=transport, timeout=_SECONDS, trust_env=False) as client:
        response = await client.get(url)
    try:
        body = response.json()
    except ValueError:
        body = {}
    answer: dict[str, Any] = body if isinstance(body, dict) else {}
    if response.status_code >= 400 and str(answer.get("status", "ok")).lower() == "ok":
        raise ValueError(f"answers {response.status_code}")
    return answer


async def _connects(socket: Path) -> dict[str, Any]:
    _, writer = await asyncio.open_unix_connection(str(socket))
    writer.close()
    return {}


async def _json_line(socket: Path) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(str(socket))
    try:
        writer.write(b'{"op":"health"}\n')
        await writer.drain()
        answer = json.loads(await reader.readline() or b"{}")
    finally:
        writer.close()
    if not isinstance(answer, dict):
        raise TypeError("no object")
    inner = answer.get("result", answer)
    return inner if isinstance(inner, dict) else answer
