"""Bearer tokens of the JSON interface: a server's hub token, a permit key, a customer's token.

Rules:

- a cookie is never looked at here, so no page of anybody can make a browser act;
- the hub says whose a server token is and, by its scopes, for which context;
- no token carries an act of law (the services refuse by channel);
- who that is, is asked when the whole body has come (the framework reads it first), and once more
  as each writing unit of work begins.

>>> permit_of(frozenset({"access:servers!server=bakyt/permit-sb-2026-0001"}))
'SB-2026-0001'
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any, Final

import anyio.to_thread
from fastapi import Depends
from fastapi.security import HTTPBearer
from starlette.requests import Request

from sandbox.api.hub_door import HubUser
from sandbox.api.parts import DeskParts
from sandbox.domain.seats import Actor, Channel
from sandbox.domain.words import KeyKind
from sandbox.kit.errors import NotAllowed, NotAuthenticated, SynakError
from sandbox.kit.ids import PermitNumber, permit_number
from sandbox.locale import Language, language
from sandbox.services import identity
from sandbox.store import UnitOfWork

SERVER_SCOPE: Final = "access:servers!server="
LONGEST: Final = 512
SECRETS: Final = tuple(kind.prefix for kind in KeyKind)


@dataclass(frozen=True)
class Call:
    """One call of the interface.

    Attributes:
        parts: what the desk is made of.
        at: the present moment.
        lang: the caller's language (``Accept-Language``, else English).
        actor: who that is; None for a hub user without an account at the desk.
        hub_user: what the hub said, for a hub token.
        limited: the name of the key, where it is limited to parts of the chain.
        state: of the request; ``language`` in it is that of who named none.
    """

    parts: DeskParts
    at: datetime
    lang: Language
    actor: Actor | None
    hub_user: HubUser | None = None
    limited: str | None = None
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def known(self) -> Actor:
        """The actor.

        Raises:
            NotAuthenticated: ``account.unknown``.
        """
        if self.actor is None:
            name = self.hub_user.name if self.hub_user else ""
            raise NotAuthenticated("account.unknown", account=name)
        return self.actor

    @property
    def permit(self) -> PermitNumber:
        """The permit this token is for.

        Raises:
            NotAllowed: ``permit.no_context``.
        """
        if self.known.permit is None:
            raise NotAllowed("permit.no_context")
        return self.known.permit


def permit_of(scopes: frozenset[str]) -> PermitNumber | None:
    """The permit whose server a token belongs to, from the hub's scopes; None for others."""
    found = set()
    for scope in scopes:
        if not scope.startswith(SERVER_SCOPE):
            continue
        context = scope.removeprefix(SERVER_SCOPE).partition("/")[2]
        if context.startswith("permit-"):
            try:
                found.add(permit_number(context.removeprefix("permit-")))
            except SynakError:
                continue
    return found.pop() if len(found) == 1 else None


def token_of(request: Request) -> str:
    """The bearer token of a request.

    Raises:
        NotAuthenticated: ``token.missing`` or ``token.unknown`` (malformed).
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() not in ("bearer", "token") or not token:
        raise NotAuthenticated("token.missing")
    if len(token) > LONGEST or not token.isascii() or not token.isprintable():
        raise NotAuthenticated("token.unknown")
    return token


async def caller(request: Request) -> Call:
    """Work out who calls."""
    parts: DeskParts = request.app.state.parts
    at, lang = parts.clock.now(), language(request.headers.get("accept-language"), otherwise="en")
    token = token_of(request)
    if token.startswith(SECRETS):
        reading = request.method in ("GET", "HEAD")
        actor, limited = await anyio.to_thread.run_sync(_of_secret, parts, token, at, reading)
        return Call(_writing_as(parts, actor, token), at, lang, actor, limited=limited)
    user = await parts.hub.user_of(token)
    actor_or_none = await anyio.to_thread.run_sync(_of_hub, parts, user)
    writing = _writing_as(parts, actor_or_none)
    state = request.scope.setdefault("state", {})
    return Call(writing, at, lang, actor_or_none, user, state=state)


scheme = HTTPBearer(
    auto_error=False,
    description="A notebook server's hub token, a permit key (spk_…) or a customer token (sct_…).",
)
Caller = Annotated[Call, Depends(caller)]


async def unlimited(call: Caller) -> Call:
    """A call that is not made with a key that is limited to parts of the chain.

    Raises:
        NotAllowed: ``key.limited``.
    """
    if call.limited is not None:
        raise NotAllowed("key.limited", key=call.limited)
    return call


Unlimited = Annotated[Call, Depends(unlimited)]


def _of_secret(
    parts: DeskParts,
    token: str,
    at: datetime,
    reading: bool,  # noqa: FBT001 - handed on by a thread
) -> tuple[Actor, str | None]:
    """The actor of a key, and its name where it is limited: such a one changes nothing here.

    Raises:
        NotAllowed: ``key.scoped``.
    """
    with parts.store.unit(read_only=True) as u:
        actor = identity.actor_of_secret(u, token, at=at)
        key = u.keys.by_digest(identity.digest_of(token))
        limited = key.name if key is not None and key.scope is not None else None
        if limited is not None and not reading:
            raise NotAllowed("key.scoped", key=limited)
        return actor, limited


def _writing_as(parts: DeskParts, actor: Actor | None, secret: str = "") -> DeskParts:
    """What writes only as long as the caller's account and key are what they were.

    However long it takes until then (a contract is compiled for a minute).
    """

    def still(u: UnitOfWork) -> None:
        if secret:
            identity.actor_of_secret(u, secret, at=parts.clock.now())
        if actor is not None and actor.channel is not Channel.CUSTOMER:
            identity.require_unchanged(u, actor)

    return replace(parts, store=parts.store.beginning_with(still))


def _of_hub(parts: DeskParts, user: HubUser) -> Actor | None:
    at = parts.clock.now()
    with parts.store.unit(read_only=True) as u:
        try:
            return identity.actor_of(
                u, user.name, channel=Channel.SERVER, permit=permit_of(user.scopes), at=at
            )
        except NotAuthenticated:
            return None
