"""One message to one address: looked up once, checked, connected to exactly there, bounded.

1. The host's name is looked up; one address that is not public and nothing is sent.
2. The connection goes to an address that was looked up, never to the name again, so that a name
   that answers otherwise a moment later changes nothing. The certificate is the name's.
3. The request is written; no proxy of the environment is used.
4. The answer's head is read, at most ``LONGEST_HEAD`` bytes; redirects are answers like others.
5. A little of the body is read for the log, and the connection is closed.

All of it takes at most ``PATIENCE`` seconds, however slowly the other side speaks.

Source: RFC 9110, RFC 9112; OWASP Server Side Request Forgery Prevention Cheat Sheet.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urlsplit

from sandbox.domain.webhooks import Outcome, is_public, printable_head

PATIENCE: Final = 15.0
"""Seconds for everything. Source: Standard Webhooks: 15 to 30."""
LONGEST_HEAD: Final = 16_384
BODY_LOOKED_AT: Final = 4_096
BODY_PATIENCE: Final = 1.0
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: |\r?\n|$)")

Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class Said:
    """What came of it.

    Attributes:
        head: the beginning of the answer, printable.
    """

    outcome: Outcome
    milliseconds: int
    status: int | None = None
    head: str = ""


def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the machine's resolver answers.

    Raises:
        OSError: there are none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True)
class Wire:
    """How messages go out.

    Attributes:
        loopback: whether this machine itself may be told (development).
        own: ports of this machine that are not told even then.
        resolve: looks a name up.
        trust: whose certificates are believed.
        patience: seconds for one message.
    """

    loopback: bool = False
    own: range = range(0)
    resolve: Resolve = look_up
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    patience: float = PATIENCE

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Said:
        """Send a message and say what came of it; never raises for what the other side does.

        Args:
            url: as ``domain.webhooks.read_url`` let it pass.
            headers: beside those of every message.
            body: the JSON.
        """
        began = time.monotonic()
        answer = b""
        try:
            answer = asyncio.run(self._within(urlsplit(url), headers, body))
            outcome, status = _judged(answer)
        except _NotPublic:
            outcome, status = Outcome.NOT_PUBLIC, None
        except TimeoutError:
            outcome, status = Outcome.TOO_SLOW, None
        except ssl.SSLError:
            outcome, status = Outcome.NO_TLS, None
        except (OSError, UnicodeError):
            outcome, status = Outcome.OUT_OF_REACH, None
        took = int((time.monotonic() - began) * 1000)
        return Said(outcome, took, status, printable_head(answer))

    async def _within(self, to: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
        async with asyncio.timeout(self.patience):
            return await self._exchange(to, headers, body)

    async def _exchange(self, to: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
        host, tls = to.hostname or "", to.scheme == "https"
        port = to.port or (443 if tls else 80)
        loop = asyncio.get_running_loop()
        addresses = await loop.run_in_executor(None, self.resolve, host, port)  # 1
        if not addresses or not all(self._may(each, port) for each in addresses):
            raise _NotPublic
        reader, writer = await self._connect(addresses, port, host if tls else None)  # 2
        try:
            writer.write(_request(to, headers, body))  # 3
            await writer.drain()
            return await _answer(reader)  # 4, 5
        finally:
            writer.transport.abort()

    def _may(self, address: str, port: int) -> bool:
        if is_public(address):
            return True
        here = ipaddress.ip_address(address.partition("%")[0]).is_loopback
        return self.loopback and here and port not in self.own

    async def _connect(
        self, addresses: Sequence[str], port: int, name: str | None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        last: OSError = OSError("no address")
        for address in addresses:
            try:
                return await asyncio.open_connection(
                    address,
                    port,
                    ssl=self.trust if name else None,
                    server_hostname=name,
                    limit=LONGEST_HEAD,
                )
            except ssl.SSLError:
                raise
            except OSError as error:
                last = error
        raise last


class _NotPublic(Exception):
    pass


def _request(to: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    path = (to.path or "/") + (f"?{to.query}" if to.query else "")
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {to.netloc}",
        "User-Agent: Synak-Webhooks/1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Accept: */*",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """The head of the final answer and the beginning of its body."""
    head = b""
    for _ in range(5):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            return error.partial
        except asyncio.LimitOverrunError:
            return await reader.read(LONGEST_HEAD)
        if not head.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")):
            break
    body = b""
    with contextlib.suppress(TimeoutError, OSError):
        async with asyncio.timeout(BODY_PATIENCE):
            while len(body) < BODY_LOOKED_AT and (more := await reader.read(BODY_LOOKED_AT)):
                body += more
    return head + body


def _judged(answer: bytes) -> tuple[Outcome, int | None]:
    found = _STATUS.match(answer)
    if not found or b"\n" not in answer:
        return Outcome.NO_ANSWER, None
    status = int(found[1])
    if 200 <= status < 300:
        return Outcome.TAKEN, status
    return (Outcome.GONE if status == 410 else Outcome.REJECTED), status
