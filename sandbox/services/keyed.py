"""Keyed hashes of short secrets and of network addresses.

Rules: what is short enough to type is short enough to try out, so it is never kept as a plain
hash: whoever has the store alone, without the desk's secret, can test no guess. Each purpose has
a key of its own.

>>> keyed = Keyed("a secret")
>>> keyed.of("code", "K7QXM2P94T") == keyed.of("code", "K7QXM2P94T")
True
>>> keyed.of("code", "K7QXM2P94T") == keyed.of("address", "K7QXM2P94T")
False
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress


class Keyed:
    """Makes and compares keyed hashes.

    Args:
        secret: the desk's session secret, any text; keys are derived from it.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def of(self, purpose: str, text: str) -> str:
        """A text's hash for one purpose, hex of 32 bytes."""
        key = hmac.digest(self._secret, b"synak keyed\x00" + purpose.encode(), hashlib.sha256)
        return hmac.digest(key, text.encode("utf-8", "replace"), hashlib.sha256).hex()

    def same(self, purpose: str, text: str, kept: str) -> bool:
        """Whether a text has a kept hash, in constant time."""
        return hmac.compare_digest(self.of(purpose, text), kept)

    def address(self, text: str) -> str:
        """The hash of a network address; of its /64 where it is IPv6, since one person has all."""
        try:
            found = ipaddress.ip_address(text)
        except ValueError:
            return self.of("address", "unknown")
        if isinstance(found, ipaddress.IPv6Address):
            if found.ipv4_mapped is not None:
                return self.of("address", str(found.ipv4_mapped))
            return self.of("address", str(ipaddress.ip_network((found, 64), strict=False)))
        return self.of("address", str(found))
