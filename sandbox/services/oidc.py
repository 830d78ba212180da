"""Signing in by OpenID Connect: the authorization code flow with PKCE, state and nonce.

1. The browser goes to the provider with state, nonce and the verifier's hash; those stay with us,
   sealed, beside the provider's name.
2. It comes back to an address of that provider alone, with a code; where the provider names itself
   in the answer, it has to be itself.
3. The code and the verifier are traded for a token, at the address that the provider's own
   configuration names, within the configured origins.
4. The token is checked (``outside_tokens``), and says whose account it is.

Where an act is to be confirmed, the provider is asked to have its person sign in again, and what it
says about that is checked: it may pass over the wish.

Source: OpenID Connect Core 1.0, 3.1.2.1 (prompt, max_age, acr_values), and Discovery 1.0; RFC 7636
(PKCE); RFC 9207 (issuer in the answer).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from sandbox.domain.kept_acts import require_signed_in_after
from sandbox.domain.outside_accounts import LONGEST_SUBJECT, OidcProvider, Outsider, origin
from sandbox.kit.errors import NotAuthenticated, Unavailable
from sandbox.services.outside_tokens import Expected, Keys, checked
from sandbox.services.outside_wire import Outside

FRESH: Final = 3600.0
SHOWN: Final = ("email", "preferred_username", "name")


@dataclass(frozen=True)
class Flow:
    """A sign-in that has begun; sealed while the browser is away.

    Attributes:
        session: digest of the desk's session that it is to be linked from, or that an act waits in;
            empty: a sign-in.
        act: the act that it is to confirm (``domain.kept_acts``).
    """

    provider: str
    state: str
    nonce: str
    verifier: str = field(repr=False)
    wanted: str = ""
    session: str = ""
    act: str = ""

    @classmethod
    def new(cls, provider: str, wanted: str, session: str = "", act: str = "") -> Flow:
        """A fresh one."""
        one, two, three = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(provider, one, two, three + secrets.token_urlsafe(16), wanted, session, act)


@dataclass(frozen=True)
class Came:
    """What a browser came back with; empty where there is nothing."""

    state: str = ""
    code: str = ""
    issuer: str = ""
    error: str = ""


@dataclass
class Oidc:
    """One provider.

    Attributes:
        provider: as configured.
        secret: ours at the provider.
        public: this install's public address.
    """

    provider: OidcProvider
    secret: str = field(repr=False)
    public: str
    _metadata: Mapping[str, Any] = field(default_factory=dict)
    _at: float = float("-inf")

    def __post_init__(self) -> None:
        own = frozenset({origin(self.provider.issuer), *self.provider.origins})
        self._outside = Outside(self.provider.name, own)
        self._keys = Keys(lambda: self._outside.get(self._address("jwks_uri")))

    @property
    def redirect(self) -> str:
        """Where this provider, and no other, sends browsers back to."""
        return f"{self.public}/desk/outside/{self.provider.name}/callback"

    def authorize_url(self, flow: Flow) -> str:
        """Where the browser goes.

        Raises:
            Unavailable: ``outside.unreachable``, ``outside.not_configured``.
        """
        digest = hashlib.sha256(flow.verifier.encode("ascii")).digest()
        query = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": self.redirect,
            "scope": " ".join(self.provider.scopes),
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii"),
            "code_challenge_method": "S256",
        }
        if flow.act:
            query |= {"prompt": "login", "max_age": "0"}
            query |= {"acr_values": " ".join(self.provider.acr)} if self.provider.acr else {}
        place = self._address("authorization_endpoint")
        return f"{place}{'&' if '?' in place else '?'}{urlencode(query)}"

    def identify(self, flow: Flow, came: Came) -> Outsider:
        """Whose account it is.

        Raises:
            NotAuthenticated: ``login.state_unknown``, ``outside.refused``, ``outside.token``.
            Unavailable: ``outside.unreachable``, ``outside.not_configured``.
        """
        return self._outsider(self._claims(flow, came))

    def signed_in_after(self, flow: Flow, came: Came, asked: int) -> Outsider:
        """Who has just signed in there once more.

        Args:
            flow: as begun for an act.
            came: what the browser came back with.
            asked: when the act was asked, by the machine's clock, seconds since 1970.

        Raises:
            NotAuthenticated: as :meth:`identify`; ``confirm.no_time``, ``confirm.too_old``,
                ``confirm.weaker``.
            Unavailable: as :meth:`identify`.
        """
        claims = self._claims(flow, came)
        require_signed_in_after(claims.get("auth_time"), asked=asked, now=time.time())
        if self.provider.acr and claims.get("acr") not in self.provider.acr:
            raise NotAuthenticated("confirm.weaker")
        return self._outsider(claims)

    def _claims(self, flow: Flow, came: Came) -> Mapping[str, Any]:
        if not flow.state or not hmac.compare_digest(flow.state.encode(), came.state.encode()):
            raise NotAuthenticated("login.state_unknown")
        named = bool(self._known("authorization_response_iss_parameter_supported"))
        if (came.issuer or named) and came.issuer != self.provider.issuer:  # 2
            raise NotAuthenticated("outside.token", reason="iss")
        if came.error or not came.code:
            raise NotAuthenticated("outside.refused", provider=self.provider.title)
        answer = self._trade(came.code, flow.verifier)  # 3
        expected = Expected(
            self.provider.issuer, self.provider.client_id, flow.nonce, self.provider.algorithms
        )
        return checked(answer.get("id_token"), self._keys, expected)  # 4

    def _trade(self, code: str, verifier: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect,
            "code_verifier": verifier,
        }
        place = self._address("token_endpoint")
        ways = self._known("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        own = {"client_id": self.provider.client_id, "client_secret": self.secret}
        if "client_secret_basic" not in ways and "client_secret_post" in ways:
            return self._outside.post(place, form | own)
        # RFC 6749, 2.3.1: both are form-encoded before they are put together
        pair = quote(own["client_id"], safe=""), quote(own["client_secret"], safe="")
        return self._outside.post(place, form, auth=pair)

    def _outsider(self, claims: Mapping[str, Any]) -> Outsider:
        subject = claims.get(self.provider.subject)
        if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
            raise NotAuthenticated("outside.token", reason=self.provider.subject)
        number = claims.get(self.provider.number) if self.provider.number else ""
        shown = next((str(claims[each]) for each in SHOWN if claims.get(each)), subject)
        return Outsider(
            provider=self.provider.name,
            issuer=self.provider.issuer,
            subject=subject,
            number=number[:40] if isinstance(number, str) else "",
            shown="".join(each for each in shown[:120] if each.isprintable()),
        )

    def _address(self, name: str) -> str:
        found = self._known(name)
        if not isinstance(found, str) or origin(found) not in self._outside.origins:
            shown = origin(found) if isinstance(found, str) else name
            raise Unavailable("outside.not_configured", provider=self.provider.name, origin=shown)
        return found

    def _known(self, name: str) -> Any:
        if time.monotonic() - self._at > FRESH:
            place = self.provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
            found = self._outside.get(place)
            if found.get("issuer") != self.provider.issuer:
                raise Unavailable(
                    "outside.not_configured", provider=self.provider.name, origin="issuer"
                )
            self._metadata, self._at = found, time.monotonic()
        return self._metadata.get(name)
