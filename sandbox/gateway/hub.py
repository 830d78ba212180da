"""Asking the hub whose server token this is.

Rules: the hub's answer is the identity, nothing that the caller says is. An
answer is kept for at most ``KEPT`` seconds, "not known" for ``REFUSED_KEPT``;
equal questions at the same time are asked once; when the hub is out of reach
the answer is "unavailable", never an old one.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx

from sandbox.kit.errors import NotAuthenticated, SynakError, Unavailable

KEPT: Final = 30.0
REFUSED_KEPT: Final = 5.0
REMEMBERED: Final = 4096
AT_ONCE: Final = 8
SCOPE: Final = "custom:synak:trial"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,256}")
_SERVER = re.compile(r"access:servers!server=(?P<user>[^/]+)/permit-(?P<number>sb-\d{4}-\d{4})")


@dataclass(frozen=True, slots=True)
class HubUser:
    """A server token's owner and the permit of the server it was made for."""

    name: str
    permit: str


@dataclass(slots=True)
class _Kept:
    until: float
    user: HubUser | None
    error: SynakError | None


class HubTokens:
    """Server tokens and whose they are.

    Args:
        base: the hub's API, for example ``http://127.0.0.1:8081/hub/api``.
        monotonic: seconds of a clock that never steps.
    """

    def __init__(self, base: str, *, monotonic: Callable[[], float]) -> None:
        self._client = httpx.AsyncClient(base_url=base, timeout=5.0, trust_env=False)
        self._monotonic = monotonic
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._asking: dict[str, asyncio.Task[_Kept]] = {}
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def user(self, token: str) -> HubUser:
        """Whose token this is.

        Args:
            token: as sent.

        Raises:
            NotAuthenticated: ``gateway.token_unknown``, ``gateway.token_without_permit``.
            Unavailable: ``gateway.hub_unavailable``.
        """
        if not _TOKEN.fullmatch(token):
            raise NotAuthenticated("gateway.token_unknown")
        digest = hashlib.sha256(token.encode()).hexdigest()
        kept = self._kept.get(digest)
        if kept is None or kept.until <= self._monotonic():
            task = self._asking.get(digest)
            if task is None:
                task = self._asking[digest] = asyncio.create_task(self._ask(digest, token))
                task.add_done_callback(lambda _done: self._asking.pop(digest, None))
            kept = await asyncio.shield(task)
        if kept.user is None:
            raise kept.error or NotAuthenticated("gateway.token_unknown")
        return kept.user

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def _ask(self, digest: str, token: str) -> _Kept:
        try:
            async with self._at_once:
                answer = await self._client.get(
                    "/user", headers={"Authorization": f"token {token}"}
                )
        except httpx.HTTPError:
            return _Kept(0.0, None, Unavailable("gateway.hub_unavailable"))
        if answer.status_code in (401, 403):
            kept = self._refused("gateway.token_unknown")
        elif answer.status_code != 200:
            return _Kept(0.0, None, Unavailable("gateway.hub_unavailable"))
        else:
            user = read_user(answer.json())
            kept = (
                _Kept(self._monotonic() + KEPT, user, None)
                if user
                else self._refused("gateway.token_without_permit")
            )
        self._kept[digest] = kept
        self._kept.move_to_end(digest)
        while len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)
        return kept

    def _refused(self, code: str) -> _Kept:
        return _Kept(self._monotonic() + REFUSED_KEPT, None, NotAuthenticated(code))


def read_user(model: Any) -> HubUser | None:
    """Read the hub's answer: the user, and the one permit server the token is for.

    Args:
        model: the JSON of ``GET /hub/api/user``.

    Returns:
        None unless the token carries ``custom:synak:trial`` and exactly one permit's
        server of that very user.

    >>> scopes = ["custom:synak:trial", "access:servers!server=aigul/permit-sb-2026-0001"]
    >>> read_user({"kind": "user", "name": "aigul", "scopes": scopes}).permit
    'SB-2026-0001'
    """
    if not isinstance(model, dict) or model.get("kind") != "user":
        return None
    name, scopes = model.get("name"), model.get("scopes")
    if not isinstance(name, str) or not isinstance(scopes, list) or SCOPE not in scopes:
        return None
    matches = [_SERVER.fullmatch(scope) for scope in scopes if isinstance(scope, str)]
    permits = {found["number"].upper() for found in matches if found and found["user"] == name}
    return HubUser(name, permits.pop()) if len(permits) == 1 else None
