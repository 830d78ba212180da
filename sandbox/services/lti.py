"""Launches from a learning platform: LTI 1.3.

1. The platform sends the browser with its own name and a hint of whom it means (``begin``). It goes
   back to the platform's configured address, with a state that we sealed and a nonce made from it.
2. The platform posts a token. The state is ours, not too old, and was not used before; the token is
   checked like any other (``outside_tokens``), its nonce made again from the state.
3. What the token says is read (``domain.lti``, ``domain.passback``).

The post comes from another site, so no cookie of ours comes along that is worth anything; the
browser is then sent to a page of ours, where the cookie of step 1 has to be there (``web.lti``).

Source: 1EdTech Security Framework 1.0, 5.1.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from sandbox.domain.lti import LtiPlatform, launched
from sandbox.domain.outside_accounts import Outsider, origin
from sandbox.domain.passback import GradeService, grade_service
from sandbox.kit.errors import NotAuthenticated
from sandbox.services.keyed import Keyed
from sandbox.services.outside_tokens import Expected, Keys, checked
from sandbox.services.outside_wire import Outside
from sandbox.store import UnitOfWork

STATE_AGE: Final = timedelta(minutes=10)
LONGEST_HINT: Final = 4000


@dataclass(frozen=True)
class Came:
    """A launch that was checked.

    Attributes:
        outsider: who came.
        wanted: the page of the desk that it leads to.
        service: the platform's grade book; None: none that may be used.
    """

    outsider: Outsider
    wanted: str
    service: GradeService | None


@dataclass
class Lti:
    """One platform.

    Attributes:
        platform: as configured.
        public: this install's public address.
        keyed: makes nonces.
    """

    platform: LtiPlatform
    public: str
    keyed: Keyed

    def __post_init__(self) -> None:
        outside = Outside(self.platform.name, frozenset({origin(self.platform.jwks)}))
        self._keys = Keys(lambda: outside.get(self.platform.jwks))

    @property
    def redirect(self) -> str:
        """Where this platform posts its tokens."""
        return f"{self.public}/desk/lti/{self.platform.name}/launch"

    def begin(self, asked: Mapping[str, str], state: str) -> str:
        """Where a browser goes that the platform sent to sign in.

        Args:
            asked: what the platform sent along.
            state: sealed by us.

        Raises:
            NotAuthenticated: ``outside.token`` naming what is not the platform's.
        """
        own = self.platform
        if asked.get("iss") != own.issuer:
            raise NotAuthenticated("outside.token", reason="iss")
        if asked.get("client_id", own.client_id) != own.client_id:
            raise NotAuthenticated("outside.token", reason="client_id")
        if asked.get("lti_deployment_id", own.deployments[0]) not in own.deployments:
            raise NotAuthenticated("outside.token", reason="deployment_id")
        hints = {
            name: asked[name][:LONGEST_HINT]
            for name in ("login_hint", "lti_message_hint")
            if asked.get(name)
        }
        if "login_hint" not in hints:
            raise NotAuthenticated("outside.token", reason="login_hint")
        query = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": self.platform.client_id,
            "redirect_uri": self.redirect,
            "state": state,
            "nonce": self._nonce(state),
            **hints,
        }
        place = self.platform.authorize
        return f"{place}{'&' if '?' in place else '?'}{urlencode(query)}"

    def came(self, state: str, token: str) -> Came:
        """Who came by a token, where to, and where their marks go.

        Args:
            state: unsealed already, so that it is ours and not too old.
            token: as posted.

        Raises:
            NotAuthenticated: ``outside.token``.
            Unavailable: ``outside.unreachable``.
        """
        found = self.platform
        expected = Expected(found.issuer, found.client_id, self._nonce(state), found.algorithms)
        claims = checked(token, self._keys, expected)
        return Came(*launched(found, claims, self.public), grade_service(found, claims))

    def _nonce(self, state: str) -> str:
        return self.keyed.of("lti nonce", state)


def use_up(u: UnitOfWork, state: str, *, at: datetime) -> None:
    """Note that a launch was made with a state.

    Raises:
        NotAuthenticated: ``login.state_unknown``: it was before.
    """
    digest = hashlib.sha256(f"lti {state}".encode()).hexdigest()
    if not u.passkeys.use_up(digest, at, forget=at - STATE_AGE):
        raise NotAuthenticated("login.state_unknown")
