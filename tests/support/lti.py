"""A small learning platform (LTI 1.3) on loopback: real keys, real HTTP for its key set."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

from tests.support.oidc import CLIENT, Provider

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DEPLOYMENT = "deployment-1"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"


@dataclass
class Platform(Provider):
    """What the platform says; faults by ``change`` and ``sign`` as at a provider."""

    target: str = ""

    def hints(self) -> dict[str, str]:
        """What it sends along when a person follows a link."""
        return {
            "iss": self.url,
            "client_id": CLIENT,
            "login_hint": "hint-1",
            "lti_message_hint": "message-1",
            "lti_deployment_id": DEPLOYMENT,
            "target_link_uri": self.target,
        }

    def form(self, place: str) -> dict[str, str]:
        """What the person's browser posts after the platform signed them in."""
        asked = {name: value[0] for name, value in parse_qs(urlsplit(place).query).items()}
        assert place.startswith(f"{self.url}/authorize?")
        assert asked["client_id"] == CLIENT
        assert (asked["response_type"], asked["response_mode"]) == ("id_token", "form_post")
        assert (asked["login_hint"], asked["lti_message_hint"]) == ("hint-1", "message-1")
        return {"state": asked["state"], "id_token": self.token(asked)}

    def token(self, asked: dict[str, str]) -> str:
        """The signed launch."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": [CLIENT],
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            CLAIM + "message_type": "LtiResourceLinkRequest",
            CLAIM + "version": "1.3.0",
            CLAIM + "deployment_id": DEPLOYMENT,
            CLAIM + "target_link_uri": self.target,
            CLAIM + "resource_link": {"id": "link-1"},
            CLAIM + "roles": [INSTRUCTOR],
            **self.claims,
        }
        self.change(claims)
        if self.sign is not None:
            return self.sign(self, claims)
        return jwt.encode(claims, self.key.private, "RS256", headers={"kid": self.key.kid})
