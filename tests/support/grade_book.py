"""A learning platform with a grade book (LTI AGS 2.0) on loopback, which checks what it is shown.

It verifies our assertion by our published keys, gives tokens for the scopes that are asked for,
keeps line items, and takes a score that is later than the one before, as platforms do.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

from tests.support.lti import Platform
from tests.support.oidc import CLIENT

AGS = "https://purl.imsglobal.org/spec/lti-ags/"
SCORE, LINE_ITEM = f"{AGS}scope/score", f"{AGS}scope/lineitem"
ENDPOINT = f"{AGS}claim/endpoint"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KIND = "application/vnd.ims.lis.v1.score+json"
ITEM = "application/vnd.ims.lis.v2.lineitem+json"

Answer = tuple[int, Any]


@dataclass
class GradePlatform(Platform):
    """What the grade book holds, and how it fails.

    Attributes:
        keys: asks the tool for its published keys.
        items: line items by number.
        scores: what was taken, in order: number of the line item, score.
        fault: a status for a request, or None; it may raise, and then nothing is answered.
        lost: whether a score is taken and the answer lost.
        life: seconds that a token is good for.
        elsewhere: what a new line item's address begins with; empty: our own.
    """

    keys: Callable[[], Mapping[str, Any]] = dict
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    scores: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    fault: Callable[[str, str], int | None] = lambda _method, _path: None
    lost: bool = False
    life: int = 3600
    elsewhere: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    proofs: set[str] = field(default_factory=set)

    def link(self, item: str = "", *, scopes: tuple[str, ...] = (LINE_ITEM, SCORE)) -> None:
        """What launches say from now on; ``item``: the link's own line item."""
        said: dict[str, Any] = {"scope": list(scopes), "lineitems": f"{self.url}/items?type_id=1"}
        if item:
            self.items.setdefault(item, {"label": "link", "scoreMaximum": 100})
            said["lineitem"] = self.address(item)
        self.claims[ENDPOINT] = said

    def address(self, item: str) -> str:
        """Of a line item; with a query, as Moodle's have."""
        return f"{self.elsewhere or self.url}/items/{item}/lineitem?type_id=1"

    def whole(self, method: str, path: str, heads: Any, body: str) -> Answer:
        """One request."""
        place = urlsplit(path)
        if place.path == "/keys":
            return self.answer(method, path, {}, "")
        self.asked.append(path)
        fault = self.fault(method, place.path)
        if fault is not None:
            return fault, {}
        if place.path == "/token":
            return self._token(body)
        scope = self.tokens.get(heads.get("authorization", "").removeprefix("Bearer "), "")
        if not scope:
            return 401, {}
        parts = place.path.strip("/").split("/")
        if parts == ["items"] and scope == LINE_ITEM:
            return self._list(place.query) if method == "GET" else self._make(heads, body)
        if parts[0] == "items" and parts[2:] == ["lineitem", "scores"] and scope == SCORE:
            assert place.query == "type_id=1", "the query stays at the end"
            return self._take(parts[1], heads, body)
        return 403, {}

    def _token(self, body: str) -> Answer:
        form = {name: value[0] for name, value in parse_qs(body).items()}
        assert form["grant_type"] == "client_credentials"
        assert form["client_assertion_type"] == ASSERTION
        token = form["client_assertion"]
        kid = jwt.get_unverified_header(token)["kid"]
        known = [each for each in self.keys()["keys"] if each["kid"] == kid]
        if len(known) != 1:
            return 401, {"error": "invalid_client"}
        wanted = ["iss", "sub", "aud", "iat", "exp", "jti"]
        try:
            claims = jwt.decode(
                token,
                jwt.PyJWK(dict(known[0]), "RS256"),
                algorithms=["RS256"],
                audience=f"{self.url}/token",
                issuer=CLIENT,
                options={"require": wanted},
            )
        except jwt.PyJWTError:
            return 401, {"error": "invalid_client"}
        if claims["sub"] != CLIENT or claims["jti"] in self.proofs:
            return 401, {"error": "invalid_client"}
        self.proofs.add(claims["jti"])
        given = secrets.token_urlsafe(16)
        self.tokens[given] = form["scope"]
        said = {"access_token": given, "token_type": "Bearer", "expires_in": self.life}
        return 200, said | {"scope": form["scope"]}

    def _list(self, query: str) -> Answer:
        wanted = {name: value[0] for name, value in parse_qs(query).items()}
        found = [
            {"id": self.address(name), **item}
            for name, item in self.items.items()
            if item.get("resourceId") == wanted["resource_id"] and item.get("tag") == wanted["tag"]
        ]
        return 200, found

    def _make(self, heads: Any, body: str) -> Answer:
        assert heads["content-type"] == ITEM
        made = sum(name.startswith("made-") for name in self.items)
        name, said = f"made-{made + 1}", json.loads(body)
        self.items[name] = said
        return 201, {"id": self.address(name), **said}

    def _take(self, item: str, heads: Any, body: str) -> Answer:
        assert heads["content-type"] == KIND
        if item not in self.items:
            return 404, {}
        said = json.loads(body)
        before = [
            old for name, old in self.scores if (name, old["userId"]) == (item, said["userId"])
        ]
        if before and said["timestamp"] <= before[-1]["timestamp"]:
            return 409, {}
        self.scores.append((item, said))
        if self.lost:
            self.lost = False
            raise ConnectionAbortedError
        return 200, {}
