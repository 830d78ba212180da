"""The bytes a tree head's signature is over: the same for the desk, the SDK and any witness."""

from __future__ import annotations

from sandbox.kit.canonical import canonical


def head_bytes(size: int, root_hex: str, at_iso: str) -> bytes:
    """A tree head in its only form.

    Args:
        size: entries in the log.
        root_hex: the root, 64 lower-case hex digits.
        at_iso: when it was signed, ISO 8601 with ``+00:00``, exactly as it is shown.

    >>> head_bytes(0, "e3", "2026-01-01T00:00:00+00:00")
    b'{"at":"2026-01-01T00:00:00+00:00","log":"synak-audit","root":"e3","size":0}'
    """
    return canonical({"log": "synak-audit", "size": size, "root": root_hex, "at": at_iso})
