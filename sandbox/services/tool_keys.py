"""This install's own key pairs for learning platforms: one signs, all are published.

Rules:

1. Keys are RSA of 2048 bits and sign with RS256, which every platform takes.
2. The worker alone has the private halves; the desk publishes the public ones.
3. A key's id is its own thumbprint, so that no two keys ever share one.
4. Keys are renewed by configuration (``SYNAK_LTI_KEYS``): a new name behind the old one is
   published; before it, it signs; a name that is taken away is believed no more.

Source: 1EdTech Security Framework 1.0, 4.1 and 6; RFC 7517; RFC 7638 (thumbprint).
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from sandbox.kit.canonical import canonical

BITS: Final = 2048
ALGORITHM: Final = "RS256"
LIFE: Final = 300
"""Seconds for which what we sign is good."""


@dataclass(frozen=True)
class ToolKey:
    """A key pair that signs.

    Attributes:
        pem: the private half.
    """

    pem: str = field(repr=False)

    def assertion(self, client_id: str, audience: str) -> str:
        """What proves at a token address who asks; by the machine's clock, and good once.

        Args:
            client_id: what the platform calls this install.
            audience: whom it is for.
        """
        now = int(time.time())
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "iat": now,
            "exp": now + LIFE,
            "jti": uuid.uuid4().hex,
        }
        kid = public_half(self.pem.encode())["kid"]
        return jwt.encode(claims, self.pem, ALGORITHM, headers={"kid": kid})


def new_key() -> bytes:
    """A new private key, as PEM."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    return made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def public_half(pem: bytes) -> dict[str, Any]:
    """What is published of a private key: a JSON Web Key."""
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("not an RSA key")
    found = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    bare = {name: found[name] for name in ("e", "kty", "n")}
    digest = hashlib.sha256(canonical(bare)).digest()
    kid = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
    return {**bare, "kid": kid, "use": "sig", "alg": ALGORITHM}


def written(public: dict[str, Any]) -> bytes:
    """A public half as a file."""
    return json.dumps(public, sort_keys=True).encode("ascii") + b"\n"
