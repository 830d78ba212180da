r"""One byte form for each JSON value, so that a hash means something.

Source: RFC 8785 (JSON Canonicalization Scheme), by the library ``rfc8785``.

>>> canonical({"b": 1, "a": "сом"})
b'{"a":"\xd1\x81\xd0\xbe\xd0\xbc","b":1}'
"""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785

from sandbox.kit.errors import InvalidInput


def canonical(value: Any) -> bytes:
    """Write a JSON value in its only form.

    Args:
        value: dicts with string keys, lists, strings, booleans, None, and integers
            within ±(2**53 - 1); larger amounts are strings.

    Returns:
        UTF-8 bytes.

    Raises:
        InvalidInput: ``canonical.not_json``.
    """
    try:
        return bytes(rfc8785.dumps(value))
    except (rfc8785.CanonicalizationError, TypeError, UnicodeEncodeError) as error:
        raise InvalidInput("canonical.not_json", reason=str(error)[:200]) from error


def content_hash(value: Any) -> bytes:
    """SHA-256 of the canonical form, 32 bytes."""
    return hashlib.sha256(canonical(value)).digest()
