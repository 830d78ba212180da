"""Webhooks for those who manage them: add, change, new secret, try out, send again, remove.

Rules:

1. Who may not manage an organisation's webhooks finds none: "not found", whatever is asked.
2. A browser or a notebook's server manages; a permit key, which others may hold, does not.
3. The secret is in the answer that made it and nowhere else; the store has it sealed.
4. The audit log names the host and the kinds, never the whole address, which may hold a secret.
5. The log of changes is the audit log's; the log of tries is kept for thirty days.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet

from sandbox.domain.seats import Actor, Channel, Right, rights_of
from sandbox.domain.webhooks import (
    MOST_OF_ONE,
    OVERLAP,
    SECRET_BYTES,
    TEST,
    Endpoint,
    EndpointState,
    Told,
    read_kinds,
    read_url,
    written_secret,
)
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound, Unavailable
from sandbox.services.acts import earlier, remember
from sandbox.services.webhook_events import post
from sandbox.services.webhook_views import (
    AttemptView,
    EndpointView,
    MadeEndpointView,
    attempt_view,
    endpoint_views,
)
from sandbox.store import UnitOfWork

TEST_PAUSE = timedelta(seconds=5)
"""How long after a test event the next may be asked for."""


class Seal:
    """Closes and opens the secrets of webhooks; the desk and the worker hold its key.

    Args:
        key: of the install, as ``Fernet`` makes it.
        loopback: whether http to this machine is allowed (development).
        own: ports of this machine that are not told even then.
    """

    def __init__(self, key: str, *, loopback: bool = False, own: range = range(0)) -> None:
        self._fernet = Fernet(key.encode("ascii"))
        self.loopback, self.own = loopback, own

    def url(self, text: str) -> str:
        """An address as typed, if it may be one here.

        Raises:
            InvalidInput: ``webhook.url_*``.
        """
        return read_url(text, loopback=self.loopback, own=self.own)

    def close(self, secret: bytes) -> str:
        """A secret as the store keeps it."""
        return self._fernet.encrypt(secret).decode("ascii")

    def open(self, sealed: str) -> bytes:
        """The secret again.

        Raises:
            cryptography.fernet.InvalidToken: closed under another key.
        """
        return self._fernet.decrypt(sealed.encode("ascii"))


@dataclass(frozen=True)
class AddEndpoint:
    """Be told at an address. ``kinds``: only these; all when empty."""

    url: str
    kinds: tuple[str, ...] = ()
    key: str | None = None


@dataclass(frozen=True)
class ChangeEndpoint:
    """Another address, other kinds, on or paused; what is None stays."""

    id: str
    url: str | None = None
    kinds: tuple[str, ...] | None = None
    state: str | None = None


@dataclass(frozen=True)
class RenewSecret:
    """A new secret. ``at_once``: the old one is not used beside it, since somebody has it."""

    id: str
    at_once: bool = False
    key: str | None = None


def add(
    u: UnitOfWork, actor: Actor, command: AddEndpoint, *, at: datetime, seal: Seal | None
) -> MadeEndpointView:
    """Add an address; its secret is in this answer and nowhere else.

    Raises:
        InvalidInput: ``webhook.url_*``, ``webhook.kind_unknown``.
        Conflict: ``webhook.too_many``.
        NotFound: ``webhook.not_found`` for whoever may not.
        NotAllowed: ``webhook.not_by_key``.
        Unavailable: ``webhook.not_set_up``.
    """
    org = _manages(actor)
    seal = _ready(seal)
    u.audit.lock()
    done = earlier(u, actor, "add_webhook", command.key)
    if done is not None:
        return _made(u, u.webhooks.endpoints.get(done), None)
    url, kinds = seal.url(command.url), read_kinds(command.kinds)
    if len(u.webhooks.endpoints.of_org(org)) >= MOST_OF_ONE:
        raise Conflict("webhook.too_many", most=MOST_OF_ONE)
    secret = secrets.token_bytes(SECRET_BYTES)
    endpoint = u.webhooks.endpoints.add(
        Endpoint(
            id=f"wh_{uuid.uuid4().hex[:20]}",
            org=org,
            url=url,
            kinds=kinds,
            state=EndpointState.ON,
            secret=seal.close(secret),
            created_by=actor.account,
            created_at=at,
            changed_at=at,
        )
    )
    _say(u, "webhook.added", actor, endpoint, at=at, kinds=list(kinds))
    remember(u, actor, "add_webhook", command.key, endpoint.id, at=at)
    return _made(u, endpoint, secret)


def list_endpoints(u: UnitOfWork, actor: Actor) -> tuple[EndpointView, ...]:
    """The organisation's addresses, oldest first."""
    return endpoint_views(u, u.webhooks.endpoints.of_org(_manages(actor)))


def endpoint(u: UnitOfWork, actor: Actor, endpoint_id: str) -> EndpointView:
    """One address.

    Raises:
        NotFound: ``webhook.not_found``, also when it is another organisation's.
    """
    return endpoint_views(u, [_own(u, actor, endpoint_id)])[0]


def attempts(
    u: UnitOfWork, actor: Actor, endpoint_id: str, *, before: int | None = None, limit: int = 50
) -> tuple[AttemptView, ...]:
    """The tries of an address, newest first.

    Args:
        u: a unit of work.
        actor: who asks.
        endpoint_id: which address.
        before: only tries before this number.
        limit: at most so many.
    """
    own = _own(u, actor, endpoint_id)
    found = u.webhooks.attempts.of_endpoint(own.id, before=before, limit=limit)
    return tuple(attempt_view(each) for each in found)


def change(
    u: UnitOfWork, actor: Actor, command: ChangeEndpoint, *, at: datetime, seal: Seal | None
) -> EndpointView:
    """Change an address. What waits goes to the new one; on again, it is tried at once.

    Raises:
        InvalidInput: ``webhook.url_*``, ``webhook.kind_unknown``, ``webhook.state_unknown``.
    """
    own = _own(u, actor, command.id, lock=True)
    wanted = replace(
        own,
        url=own.url if command.url is None else _ready(seal).url(command.url),
        kinds=own.kinds if command.kinds is None else read_kinds(command.kinds),
        state=own.state if command.state is None else _state(command.state),
    )
    if wanted == own:
        return endpoint_views(u, [own])[0]
    saved = u.webhooks.endpoints.save(replace(wanted, changed_at=at))
    if saved.state is EndpointState.ON and own.state is not EndpointState.ON:
        _try_at_once(u, own.id, at)
    data = {"kinds": list(saved.kinds), "state": saved.state.value}
    _say(u, "webhook.changed", actor, saved, at=at, **data)
    return endpoint_views(u, [saved])[0]


def renew_secret(
    u: UnitOfWork, actor: Actor, command: RenewSecret, *, at: datetime, seal: Seal | None
) -> MadeEndpointView:
    """A new secret; for a day messages are signed with the old one as well, unless ``at_once``."""
    own = _own(u, actor, command.id, lock=True)
    if earlier(u, actor, "renew_webhook", command.key) is not None:
        return _made(u, own, None)
    secret = secrets.token_bytes(SECRET_BYTES)
    saved = u.webhooks.endpoints.save(
        replace(
            own,
            secret=_ready(seal).close(secret),
            previous=None if command.at_once else own.secret,
            previous_until=None if command.at_once else at + OVERLAP,
        )
    )
    _say(u, "webhook.secret_renewed", actor, saved, at=at, at_once=command.at_once)
    remember(u, actor, "renew_webhook", command.key, own.id, at=at)
    return _made(u, saved, secret)


def send_test(
    u: UnitOfWork, actor: Actor, endpoint_id: str, *, at: datetime, key: str | None = None
) -> EndpointView:
    """Send an event that only shows that the address works, even to one that is paused.

    Raises:
        Conflict: ``webhook.test_waits`` while the last one was not tried.
    """
    own = _own(u, actor, endpoint_id, lock=True)
    if earlier(u, actor, "test_webhook", key) is None:
        if any(each.kind == TEST for each in u.webhooks.events.asked(own.id, at - TEST_PAUSE)):
            raise Conflict("webhook.test_waits")
        made = post(u, own, Told(TEST, at), at=at)
        u.webhooks.events.save(replace(made, taken_at=at, again_at=at))
        remember(u, actor, "test_webhook", key, made.id, at=at)
    return endpoint_views(u, [own])[0]


def send_again(
    u: UnitOfWork, actor: Actor, endpoint_id: str, event_id: str, *, at: datetime
) -> EndpointView:
    """Send an event once more, under the same id; asked twice before it went, it goes once.

    Raises:
        NotFound: ``webhook_event.not_found``: another address's, or no longer kept.
    """
    own = _own(u, actor, endpoint_id, lock=True)
    event = u.webhooks.events.get(event_id[:40])
    if event.endpoint != own.id:
        raise NotFound("webhook_event.not_found", id=event_id[:40])
    u.webhooks.events.save(replace(event, again_at=at))
    return endpoint_views(u, [own])[0]


def remove(u: UnitOfWork, actor: Actor, endpoint_id: str, *, at: datetime) -> None:
    """Tell an address nothing more, and forget all that was sent there."""
    own = _own(u, actor, endpoint_id, lock=True)
    u.webhooks.endpoints.remove(own.id)
    _say(u, "webhook.removed", actor, own, at=at)


def may_manage(actor: Actor) -> bool:
    """Whether an actor manages the webhooks of an organisation."""
    return actor.org is not None and Right.MANAGE_WEBHOOKS in rights_of(actor.seats)


def _manages(actor: Actor) -> Any:
    if not may_manage(actor):
        raise NotFound("webhook.not_found", id="")
    if actor.channel not in {Channel.BROWSER, Channel.SERVER}:
        raise NotAllowed("webhook.not_by_key")
    return actor.org


def _own(u: UnitOfWork, actor: Actor, endpoint_id: str, *, lock: bool = False) -> Endpoint:
    """An address of the actor's organisation; the log's lock comes first, as for telling."""
    org = _manages(actor)
    if lock:
        u.audit.lock()
    found = u.webhooks.endpoints.find(endpoint_id[:40], lock=lock)
    if found is None or found.org != org:
        raise NotFound("webhook.not_found", id=endpoint_id[:40])
    return found


def _ready(seal: Seal | None) -> Seal:
    if seal is None:
        raise Unavailable("webhook.not_set_up")
    return seal


def _state(text: str) -> EndpointState:
    if text not in {EndpointState.ON, EndpointState.PAUSED}:
        raise InvalidInput("webhook.state_unknown")
    return EndpointState(text)


def _try_at_once(u: UnitOfWork, endpoint_id: str, at: datetime) -> None:
    first = u.webhooks.events.first_waiting(endpoint_id)
    if first is not None:
        u.webhooks.events.save(replace(first, attempts=0, failing_since=None, next_at=at))


def _say(
    u: UnitOfWork, kind: str, actor: Actor, endpoint: Endpoint, *, at: datetime, **data: Any
) -> None:
    u.audit.append(
        kind=kind,
        actor=actor.account,
        subject=endpoint.id,
        data={"organisation": endpoint.org, "host": endpoint.host, **data},
        at=at,
    )


def _made(u: UnitOfWork, endpoint: Endpoint, secret: bytes | None) -> MadeEndpointView:
    view = endpoint_views(u, [endpoint])[0]
    return MadeEndpointView(view, written_secret(secret) if secret else None)
