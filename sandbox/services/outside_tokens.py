"""Tokens that a provider signed: read only after every check.

1. The head names an algorithm that is configured, and a key; a token with more in it than a head
   may decide (``jku``, ``x5u``, ``jwk``, ``crit``) gets no special treatment: keys come from the
   provider's key set and nowhere else.
2. The key is one of the provider's for signatures, and fits the algorithm. One that is not known
   has the key set fetched again, at most once in ``PAUSE`` seconds: keys change.
3. Signature, issuer, audience, expiry, time of issue; ``azp`` where there is more than one
   audience.
4. The nonce is the one that was sent.

Tokens are dated by the clocks of the world outside, so they are compared with the machine's clock,
never with the platform's, which can be moved in development.

Source: OpenID Connect Core 1.0, 3.1.3.7; RFC 8725 (best practice for JSON Web Tokens).
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import jwt

from sandbox.kit.errors import NotAuthenticated, Unavailable

LEEWAY: Final = 60
"""Seconds by which clocks may differ."""
PAUSE: Final = 30.0
FRESH: Final = 3600.0
OLDEST: Final = 600
"""Seconds since a token was made."""
LONGEST: Final = 16_384
KEY_TYPES: Final = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
NEEDED: Final = ("iss", "sub", "aud", "exp", "iat", "nonce")


@dataclass
class Keys:
    """A provider's keys.

    Attributes:
        fetch: asks the provider for its key set.
        now: seconds that only grow.
    """

    fetch: Callable[[], Mapping[str, Any]]
    now: Callable[[], float] = time.monotonic
    _kept: list[Mapping[str, Any]] = field(default_factory=list)
    _at: float = float("-inf")

    def named(self, kid: str | None, algorithm: str) -> jwt.PyJWK:
        """The key of that name that fits the algorithm.

        Raises:
            NotAuthenticated: ``outside.token`` when there is none, or more than one.
            Unavailable: ``outside.unreachable``.
        """
        age = self.now() - self._at
        if age > FRESH:
            self._renew()
        fitting = self._fitting(kid, algorithm)
        if not fitting and self.now() - self._at > PAUSE:
            self._renew()
            fitting = self._fitting(kid, algorithm)
        if len(fitting) != 1:
            raise NotAuthenticated("outside.token", reason="key")
        try:
            return jwt.PyJWK(dict(fitting[0]), algorithm)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
            raise NotAuthenticated("outside.token", reason="key") from error

    def _renew(self) -> None:
        found = self.fetch().get("keys")
        if not isinstance(found, list):
            raise Unavailable("outside.unreachable", provider="keys")
        self._kept = [each for each in found[:100] if isinstance(each, dict)]
        self._at = self.now()

    def _fitting(self, kid: str | None, algorithm: str) -> list[Mapping[str, Any]]:
        return [
            each
            for each in self._kept
            if each.get("kty") == KEY_TYPES[algorithm[:2]]
            and each.get("use", "sig") == "sig"
            and each.get("alg", algorithm) == algorithm
            and (kid is None or each.get("kid") == kid)
        ]


@dataclass(frozen=True)
class Expected:
    """What a token has to say.

    Attributes:
        issuer: who made it.
        audience: whom it is for.
        nonce: what was sent with the question.
        algorithms: of signatures that are believed.
    """

    issuer: str
    audience: str
    nonce: str
    algorithms: tuple[str, ...]


def checked(token: object, keys: Keys, expected: Expected) -> Mapping[str, Any]:
    """The claims of a token that passed every check.

    Raises:
        NotAuthenticated: ``outside.token``; ``reason`` is for the log and the operator.
        Unavailable: ``outside.unreachable``: the keys could not be had.
    """
    if not isinstance(token, str) or len(token) > LONGEST:
        raise NotAuthenticated("outside.token", reason="malformed")
    try:
        head = jwt.get_unverified_header(token)
        algorithm, kid = head.get("alg"), head.get("kid")
        if algorithm not in expected.algorithms:
            raise NotAuthenticated("outside.token", reason="algorithm")  # 1
        if kid is not None and not isinstance(kid, str):
            raise NotAuthenticated("outside.token", reason="key")
        key = keys.named(kid, algorithm)  # 2
        claims: dict[str, Any] = jwt.decode(  # 3
            token,
            key,
            algorithms=[algorithm],
            audience=expected.audience,
            issuer=expected.issuer,
            leeway=LEEWAY,
            options={"require": list(NEEDED)},
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        reason = type(error).__name__
        raise NotAuthenticated("outside.token", reason=reason) from error
    _party(claims, expected.audience)
    if time.time() - float(claims["iat"]) > OLDEST + LEEWAY:
        raise NotAuthenticated("outside.token", reason="iat")
    nonce = claims["nonce"]
    if not isinstance(nonce, str) or not hmac.compare_digest(  # 4
        nonce.encode("utf-8", "replace"), expected.nonce.encode()
    ):
        raise NotAuthenticated("outside.token", reason="nonce")
    return claims


def _party(claims: Mapping[str, Any], audience: str) -> None:
    """Refuse a token that was made for somebody else to hand on."""
    more = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    party = claims.get("azp", None if more else audience)
    if party != audience:
        raise NotAuthenticated("outside.token", reason="azp")
