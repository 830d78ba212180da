"""The desk's door to the hub: OAuth with PKCE, who a token belongs to, a password checked again.

Rules:

- identity is the hub's answer, never an argument;
- a token is asked about at most every 30 s, only its digest is kept in memory,
  and a "no" of the hub is final at once;
- a hub out of reach is ``hub.unreachable`` (503), never a "yes".

Source: RFC 6749, RFC 7636; JupyterHub 6 demands PKCE of every client.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from sandbox.kit.errors import NotAllowed, NotAuthenticated, Unavailable

CACHE_SECONDS: Final = 30.0
CACHE_SIZE: Final = 4096


@dataclass(frozen=True)
class HubClient:
    """The desk as an OAuth client of the hub.

    Attributes:
        api: the hub's API as the server reaches it, ``http://127.0.0.1:8081/hub/api``.
        public: the public address, ``http://synak.localhost:8000``.
        client_id: ``service-desk``.
        secret: the client's secret.
    """

    api: str
    public: str
    client_id: str
    secret: str = field(repr=False)

    @property
    def redirect(self) -> str:
        """Where the hub sends the browser back to."""
        return f"{self.public}/desk/oauth_callback"


@dataclass(frozen=True)
class HubUser:
    """Whom the hub says a token belongs to."""

    name: str
    kind: str
    groups: tuple[str, ...]
    scopes: frozenset[str]

    @classmethod
    def of(cls, model: Mapping[str, Any]) -> HubUser:
        """Read the hub's user model."""
        return cls(
            name=str(model.get("name", "")),
            kind=str(model.get("kind", "user")),
            groups=tuple(model.get("groups") or ()),
            scopes=frozenset(model.get("scopes") or ()),
        )


def hub_http() -> httpx.AsyncClient:
    """An HTTP client for the hub that never keeps a cookie between two people's requests."""
    nobody = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    return httpx.AsyncClient(timeout=httpx.Timeout(10.0, connect=3.0), cookies=nobody)


@dataclass(frozen=True)
class Challenge:
    """A PKCE pair and the OAuth state."""

    state: str
    verifier: str

    @classmethod
    def new(cls) -> Challenge:
        """A fresh one."""
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(48))

    @property
    def code(self) -> str:
        """S256 of the verifier. Source: RFC 7636, 4.2."""
        digest = hashlib.sha256(self.verifier.encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


class HubDoor:
    """Asks the hub; holds no right of its own beyond its client secret.

    Args:
        client: who the desk is at the hub.
        http: an HTTP client without cookies; timeouts are its own.
    """

    def __init__(self, client: HubClient, http: httpx.AsyncClient) -> None:
        self.client = client
        self._http = http
        self._seen: dict[str, tuple[float, HubUser]] = {}

    def authorize_url(self, challenge: Challenge) -> str:
        """Where the browser goes to sign in."""
        query = {
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect,
            "response_type": "code",
            "state": challenge.state,
            "code_challenge": challenge.code,
            "code_challenge_method": "S256",
        }
        return f"{self.client.public}/hub/api/oauth2/authorize?{urlencode(query)}"

    async def token_for(self, code: str, verifier: str) -> str:
        """Trade the one-time code for a token.

        Raises:
            NotAuthenticated: ``login.code_refused``.
            Unavailable: ``hub.unreachable``.
        """
        data = {
            "client_id": self.client.client_id,
            "client_secret": self.client.secret,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect,
            "code_verifier": verifier,
        }
        answer = await self._send("POST", f"{self.client.api}/oauth2/token", data=data)
        token = answer.json().get("access_token") if answer.status_code == 200 else None
        if not isinstance(token, str):
            raise NotAuthenticated("login.code_refused")
        return token

    async def user_of(self, token: str, *, fresh: bool = False) -> HubUser:
        """Whose token this is.

        Args:
            token: as presented.
            fresh: ask the hub even if it answered less than 30 s ago.

        Raises:
            NotAuthenticated: ``token.unknown``.
            Unavailable: ``hub.unreachable``.
        """
        digest, now = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest(), time.monotonic()
        known = self._seen.get(digest)
        if known and not fresh and now - known[0] < CACHE_SECONDS:
            return known[1]
        headers = {"Authorization": f"token {token}"} if token.isascii() else {}
        answer = await self._send("GET", f"{self.client.api}/user", headers=headers)
        if answer.status_code != 200:
            self._seen.pop(digest, None)
            raise NotAuthenticated("token.unknown")
        user = HubUser.of(answer.json())
        if len(self._seen) >= CACHE_SIZE:
            self._seen.clear()
        self._seen[digest] = (now, user)
        return user

    async def check_password(self, account: str, password: str) -> None:
        """Check a password the way the hub's own login does.

        Args:
            account: the hub user.
            password: as typed; sent to the hub only, kept nowhere.

        Raises:
            NotAuthenticated: ``login.wrong_password``.
            NotAllowed: ``login.too_many`` when the hub slows log-ins down.
            Unavailable: ``hub.unreachable``.
        """
        login = self.client.api.removesuffix("/api") + "/login"
        page = await self._send("GET", login)
        token = page.cookies.get("_xsrf") or ""
        answer = await self._send(
            "POST",
            login,
            data={"username": account, "password": password, "_xsrf": token},
            headers={"Cookie": f"_xsrf={token}"},
        )
        if answer.status_code == 429:
            raise NotAllowed("login.too_many")
        if answer.status_code not in (302, 303):
            raise NotAuthenticated("login.wrong_password")

    async def healthy(self) -> bool:
        """Whether the hub answers at all."""
        try:
            return (await self._send("GET", f"{self.client.api}/")).status_code == 200
        except Unavailable:
            return False

    async def _send(self, method: str, url: str, **options: Any) -> httpx.Response:
        try:
            answer = await self._http.request(method, url, follow_redirects=False, **options)
        except httpx.HTTPError as error:
            raise Unavailable("hub.unreachable") from error
        if answer.status_code >= 500:
            raise Unavailable("hub.unreachable")
        return answer
