"""Which contexts a user may start a server for: the desk's answer, asked each time.

A context is a named server: ``permit-<number>`` for an operator of that permit,
``course-<course>`` for who is enrolled. The desk out of reach means "not now", never
"yes". The plain server (``home``) is everybody's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from sandbox.domain.held_seats import Hold
from sandbox.kit.clock import utc
from sandbox.kit.errors import NotAllowed, SynakError, Unavailable
from sandbox.locale import Language, translator

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
        titles: by language, where there are several.
        limits: of its servers, by their names in a permit's terms; the role's for coursework.
    """

    name: str
    kind: str
    title: str
    limits: Mapping[str, int] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)

    def called(self, language: Language) -> str:
        """As the page of workspaces calls it.

        Args:
            language: the reader's.
        """
        if self.kind == HOME:
            return translator(language).gettext("Lab")
        return self.titles.get(language) or self.title or self.name


class Contexts:
    """Asks the desk.

    Args:
        url: the desk's internal endpoint.
        token: shared by hub and desk.
        by_role: limits of servers of coursework, by role.
    """

    def __init__(
        self, url: str, token: str, by_role: Mapping[str, Mapping[str, int]] | None = None
    ) -> None:
        self._url = url
        self._by_role = by_role or {}
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
                Context(
                    str(item["context"]),
                    str(item["kind"]),
                    str(item.get("title", "")),
                    dict(item.get("limits") or self._by_role.get(str(item.get("role")), {})),
                    {lang: str(text) for lang, text in dict(item.get("titles") or {}).items()},
                )
                for item in items
                if _NAME.match(str(item["context"]))
            ]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Unavailable("hub.desk_unreachable", reason=type(error).__name__) from error

    async def knows(self, user: str) -> bool:
        """Whether the desk has an active account of this name.

        Raises:
            Unavailable: ``hub.desk_unreachable``.
        """
        return (await self.groups_of(user)) is not None

    async def groups_of(self, user: str) -> list[str] | None:
        """The groups of an active account, as its seats at the desk have them; None for others.

        Raises:
            Unavailable: ``hub.desk_unreachable``.
        """
        answer = await self._ask("GET", "accounts", params={"user": user})
        groups = answer.get("groups", [])
        if not isinstance(groups, list):
            raise Unavailable("hub.desk_unreachable", reason="groups")
        return [str(each) for each in groups] if answer.get("active") is True else None

    async def opens(self, user: str, password: str) -> bool:
        """Whether a password is the account's own.

        Raises:
            Unavailable: ``hub.desk_unreachable``.
        """
        typed = {"user": user[:64], "password": password[:1000]}
        return (await self._ask("POST", "passwords", json=typed)).get("right") is True

    async def came(self, ticket: str) -> str | None:
        """Whom a ticket of the desk stands for; it is used up.

        Raises:
            Unavailable: ``hub.desk_unreachable``.
        """
        account = (await self._ask("POST", "tickets", json={"ticket": ticket[:100]})).get("account")
        return account if isinstance(account, str) else None

    async def bookings(self) -> tuple[Hold, ...]:
        """Which seats are booked from now on, for the next days.

        Raises:
            Unavailable: ``hub.desk_unreachable``.
        """
        answer = await self._ask("GET", "bookings")
        try:
            return tuple(_hold(each) for each in answer["bookings"])
        except (KeyError, TypeError, ValueError, SynakError) as error:
            raise Unavailable("hub.desk_unreachable", reason="bookings") from error

    async def _ask(self, method: str, what: str, **said: Any) -> dict[str, Any]:
        url = self._url.removesuffix("contexts") + what
        try:
            async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
                answer = await client.request(method, url, headers=self._headers, **said)
                answer.raise_for_status()
                return dict(answer.json())
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Unavailable("hub.desk_unreachable", reason=type(error).__name__) from error

    async def require(self, user: str, context: str) -> Context:
        """Refuse unless the user may work in the context.

        Returns:
            The context, with the limits of its servers.

        Raises:
            NotAllowed: ``hub.context_not_yours``.
            Unavailable: ``hub.desk_unreachable``.
        """
        if context == HOME:
            return Context(HOME, HOME, "", dict(self._by_role.get("student", {})))
        for one in await self.of(user):
            if one.name == context:
                return one
        raise NotAllowed("hub.context_not_yours", context=context)


def _hold(item: Mapping[str, Any]) -> Hold:
    begins, ends = (utc(datetime.fromisoformat(item[each])) for each in ("begins", "ends"))
    return Hold(
        id=str(item["id"]),
        begins=begins,
        ends=ends,
        seats=int(item["seats"]),
        server=str(item["server"]),
        people=frozenset(map(str, item["people"])),
    )
