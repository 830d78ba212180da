"""A small OpenID Connect provider on loopback: real keys, real HTTP, faults by attributes."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT, SECRET = "synak", "a secret of the client's: with / and +"


@dataclass
class SigningKey:
    """A key pair under a name."""

    kid: str
    private: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )

    @property
    def public(self) -> dict[str, Any]:
        """As it stands in a key set."""
        found = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**found, "kid": self.kid, "use": "sig", "alg": "RS256"}

    @property
    def pem(self) -> bytes:
        """The public key as text, which some take for a shared secret."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


@functools.cache
def first_key() -> SigningKey:
    """The key that each provider begins with: made once, since making one takes long."""
    return SigningKey("first")


@dataclass
class Provider:
    """What the provider says and knows.

    Attributes:
        claims: of whoever signs in next.
        change: what is done to the claims before they are signed.
        sign: makes the token; another one makes a bad one.
        asked: paths that were asked for.
    """

    url: str = ""
    key: SigningKey = field(default_factory=first_key)
    published: list[SigningKey] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "u-1"})
    change: Callable[[dict[str, Any]], Any] = lambda claims: None
    sign: Callable[[Provider, dict[str, Any]], str] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def log_in(self, place: str) -> str:
        """What the person's browser does at the provider: where it is sent back to."""
        asked = {name: value[0] for name, value in parse_qs(urlsplit(place).query).items()}
        assert asked["client_id"] == CLIENT
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.url}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def token(self, asked: dict[str, str]) -> str:
        """The signed token for one code."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **({"auth_time": now} if "max_age" in asked else {}),
            **self.claims,
        }
        self.change(claims)
        if self.sign is not None:
            return self.sign(self, claims)
        return jwt.encode(claims, self.key.private, "RS256", headers={"kid": self.key.kid})

    def answer(self, method: str, path: str, form: dict[str, str], basic: str) -> tuple[int, Any]:
        """One request."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                **self.metadata,
            }
        if path == "/keys":
            return 200, {"keys": [each.public for each in self.published or [self.key]]}
        if path == "/token" and method == "POST":
            return self._trade(form, basic)
        return 404, {}

    def _trade(self, form: dict[str, str], basic: str) -> tuple[int, Any]:
        asked = self.codes.pop(form["code"], None)
        client, _, secret = base64.b64decode(basic.removeprefix("Basic ")).decode().partition(":")
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        right = (
            asked is not None
            and parse_qs(f"s={secret}")["s"] == [SECRET]
            and client == CLIENT
            and form["redirect_uri"] == asked["redirect_uri"]
            and challenge == asked["code_challenge"]
        )
        if not right or asked is None:
            return 400, {"error": "invalid_grant"}
        return 200, {"token_type": "Bearer", "access_token": "x", "id_token": self.token(asked)}


@contextmanager
def served(found: Any) -> Iterator[Any]:
    """Serve something with ``answer`` on a port of its own; its ``url`` is set."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve("GET", {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self.body = body
            form = {name: value[0] for name, value in parse_qs(body).items()}
            self._serve("POST", form)

        def _serve(self, method: str, form: dict[str, str]) -> None:
            known = self.headers.get("authorization", "")
            whole = getattr(found, "whole", None)  # takes heads and body as they came
            body = getattr(self, "body", "")
            if whole is None:
                status, said = found.answer(method, self.path, form, known)
            else:
                status, said = whole(method, self.path, self.headers, body)
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            if isinstance(said, dict) and "location" in said:
                self.send_header("location", said["location"])
            kind = "text/html" if isinstance(said, bytes) else "application/json"
            self.send_header("content-type", kind)
            for name, value in getattr(found, "heads", {}).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
