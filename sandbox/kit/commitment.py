"""Salted commitments: the log proves what was said without saying it.

The Merkle tree holds commitments; the body and its salt lie beside. Erasing
both leaves every proof valid and the body unguessable.

>>> kept = commit({"kind": "permit.granted"}, salt=bytes(32))
>>> opens(kept, {"kind": "permit.granted"}, salt=bytes(32))
True
>>> opens(kept, {"kind": "permit.refused"}, salt=bytes(32))
False
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from sandbox.kit.canonical import canonical
from sandbox.kit.errors import InvalidInput

SALT_BYTES = 32


def commit(body: Any, *, salt: bytes) -> bytes:
    """Commit to a JSON body.

    Args:
        body: a JSON value.
        salt: 32 random bytes, kept beside the body.

    Returns:
        SHA-256 of salt and canonical body, 32 bytes.

    Raises:
        InvalidInput: ``commitment.salt_length`` or ``canonical.not_json``.
    """
    if len(salt) != SALT_BYTES:
        raise InvalidInput("commitment.salt_length", length=len(salt))
    return hashlib.sha256(salt + canonical(body)).digest()


def opens(commitment: bytes, body: Any, *, salt: bytes) -> bool:
    """Whether a body and salt are those that were committed to."""
    return hmac.compare_digest(commitment, commit(body, salt=salt))
