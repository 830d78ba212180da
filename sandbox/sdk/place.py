"""Where a Synak is and which token opens it.

Rules: ``*.localhost`` is loopback (RFC 6761 section 6.3) even where the C
library does not resolve it: such a host is reached at 127.0.0.1 under its own
name; a token is never part of an address and never shown.

>>> place = Place.of("http://synak.localhost:8000", token="secret")
>>> place.base, place.headers()["Host"]
('http://127.0.0.1:8000', 'synak.localhost:8000')
>>> "secret" in repr(place)
False
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sandbox.kit.errors import InvalidInput


@dataclass(frozen=True)
class Place:
    """An address to connect to, the name to ask it under, and a token.

    Attributes:
        base: scheme, host and port to connect to, without a slash at the end.
        host: the Host header, when it differs from ``base``.
        token: a bearer token.
    """

    base: str
    host: str | None
    token: str = field(repr=False)

    @classmethod
    def of(cls, url: str, *, token: str) -> Place:
        """Read an address.

        Args:
            url: for example ``http://127.0.0.1:8000`` or ``http://synak.localhost:8000``.
            token: a permit key, a customer's token or a server's token.

        Raises:
            InvalidInput: ``sdk.address`` (not http or https, or with a user, query or path).
        """
        parts = urlsplit(url if "://" in url else f"http://{url}")
        plain = not (parts.username or parts.query or parts.fragment)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
            raise InvalidInput("sdk.address", url=url[:200])
        netloc = parts.netloc
        if parts.hostname.endswith(".localhost") and not _resolves(parts.hostname):
            port = f":{parts.port}" if parts.port else ""
            return cls(f"{parts.scheme}://127.0.0.1{port}", netloc, token)
        return cls(f"{parts.scheme}://{netloc}", None, token)

    def headers(self) -> dict[str, str]:
        """The headers of every request."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if self.host:
            headers["Host"] = self.host
        return headers

    @property
    def loopback(self) -> bool:
        """Whether it is this machine: then no proxy of the environment is used."""
        host = urlsplit(self.base).hostname or ""
        return host in {"127.0.0.1", "::1", "localhost"} or host.endswith(".localhost")

    def with_token(self, token: str) -> Place:
        """The same place for somebody else."""
        return Place(self.base, self.host, token)


def _resolves(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return False
    return True
