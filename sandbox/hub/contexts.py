"""Which contexts a user may start a server for: the desk's answer, asked each time.

A context is a named server: ``permit-<number>`` for an operator of that permit,
``course-<course>`` for who is enrolled. The desk out of reach means "not now", never
"yes". The plain server (``home``) is everybody's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.kit.errors import NotAllowed, Unavailable

HOME = "home"
_SECONDS = 5.0
_NAME = re.compile(r"^(permit|course)-[a-z0-9][a-z0-9-]{0,47}$")


@dataclass(frozen=True)
class Context:
    """One context that a user may work in.

    Attributes:
        name: of the server.
        kind: ``permit`` or ``course``.
        title: for people.
    """

    name: str
    kind: str
    title: str


class Contexts:
    """Asks the desk.

    Args:
        url: the desk's internal endpoint.
        token: shared by hub and desk.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    async def of(self, user: str) -> list[Context]:
        """The contexts of a user.

        Raises:
            Unavailable: ``hub.desk_unreachable``.
        """
        try:
            async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
                answer = await client.get(self._url, params={"user": user}, headers=self._headers)
                answer.raise_for_status()
                items: list[dict[str, Any]] = answer.json()
            return [
                Context(str(item["context"]), str(item["kind"]), str(item.get("title", "")))
                for item in items
                if _NAME.match(str(item["context"]))
            ]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Unavailable("hub.desk_unreachable", reason=type(error).__name__) from error

    async def require(self, user: str, context: str) -> None:
        """Refuse unless the user may work in the context.

        Raises:
            NotAllowed: ``hub.context_not_yours``.
            Unavailable: ``hub.desk_unreachable``.
        """
        if context == HOME:
            return
        if not any(one.name == context for one in await self.of(user)):
            raise NotAllowed("hub.context_not_yours", context=context)
