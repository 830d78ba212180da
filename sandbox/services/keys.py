"""Permit keys: made by the team, shown once, kept as a digest, revoked at once.

A key runs the trial from outside the hub and carries no act of law; it cannot make keys.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.application import plain_text
from sandbox.domain.key_scope import KeyScope
from sandbox.domain.records import AccessKey, Permit
from sandbox.domain.seats import Actor, Channel, Right, require
from sandbox.domain.words import KeyKind
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.kit.ids import AccountName, PermitNumber, PersonId
from sandbox.services.access import team_permit
from sandbox.services.acts import earlier, remember
from sandbox.services.identity import digest_of
from sandbox.services.policies import key_records
from sandbox.services.ports import Ports
from sandbox.services.views import KeyView
from sandbox.store import UnitOfWork

LONGEST_DAYS: Final = 366
MOST_KEYS: Final = 50
"""Usable keys of one permit at a time."""


@dataclass(frozen=True)
class CreateKey:
    """Make a permit key.

    Attributes:
        name: what it is for.
        days: how long it is good, 1 to 366.
        scope: what it is limited to; None for nothing beside the permit.
    """

    permit: PermitNumber
    name: str
    days: int = 30
    scope: KeyScope | None = None
    key: str | None = None


@dataclass(frozen=True)
class RevokeKey:
    """Revoke a key by its id."""

    key_id: str


def create_key(
    u: UnitOfWork, actor: Actor, command: CreateKey, *, at: datetime, ports: Ports
) -> KeyView:
    """Make a key; the secret is in this answer and nowhere else.

    Raises:
        InvalidInput: ``key.days``, ``key.scope_malformed``, ``text.*``.
        NotAllowed: ``seat.right_missing``, ``key.not_by_key``.
        Conflict: ``key.too_many``.
    """
    _require_person(actor)
    permit, _ = team_permit(u, actor, command.permit, lock=True)
    done = earlier(u, actor, "create_key", command.key)
    if done is not None:
        return key_view(u.keys.get(done))
    name = plain_text("name", command.name, limit=80, name=True)
    if not name:
        raise InvalidInput("text.empty", field="name")
    if not 1 <= command.days <= LONGEST_DAYS:
        raise InvalidInput("key.days", most=LONGEST_DAYS)
    usable = [
        each
        for each in u.keys.of_permit(permit.number, KeyKind.PERMIT_KEY)
        if each.revoked_at is None and each.expires_at > at
    ]
    if len(usable) >= MOST_KEYS:
        raise Conflict("key.too_many", most=MOST_KEYS)
    made, secret = new_key(
        KeyKind.PERMIT_KEY,
        permit.number,
        name=name,
        by=actor.account,
        at=at,
        until=at + timedelta(days=command.days),
        scope=_fitting(command.scope, permit),
    )
    u.keys.add(made)
    u.audit.append(
        kind="permit.key_created",
        actor=actor.account,
        subject=permit.number,
        data={
            "key": made.id,
            "name": name,
            "expires_at": made.expires_at.isoformat(),
            "scope": made.scope.as_dict() if made.scope else None,
        },
        at=at,
    )
    push_keys(u, ports, at=at)
    remember(u, actor, "create_key", command.key, made.id, at=at)
    return replace(key_view(made), secret=secret)


def list_keys(u: UnitOfWork, actor: Actor, number: str, *, at: datetime) -> tuple[KeyView, ...]:  # noqa: ARG001
    """A permit's keys, newest first, without secrets."""
    _require_person(actor)
    permit, _ = team_permit(u, actor, number)
    return tuple(key_view(each) for each in u.keys.of_permit(permit.number, KeyKind.PERMIT_KEY))


def revoke_key(
    u: UnitOfWork, actor: Actor, command: RevokeKey, *, at: datetime, ports: Ports
) -> KeyView:
    """Revoke a key; the gateway knows before the request is answered. Twice is once.

    Raises:
        NotFound: ``key.not_found``.
    """
    _require_person(actor)
    key = u.keys.get(command.key_id[:40], lock=True)
    permit, _ = team_permit(u, actor, key.permit)
    if key.revoked_at is None:
        key = u.keys.save(replace(key, revoked_at=at))
        u.audit.append(
            kind="permit.key_revoked",
            actor=actor.account,
            subject=permit.number,
            data={"key": key.id},
            at=at,
        )
        push_keys(u, ports, at=at)
    return key_view(key)


def new_key(  # noqa: PLR0913
    kind: KeyKind,
    permit: PermitNumber,
    *,
    name: str,
    by: AccountName,
    at: datetime,
    until: datetime,
    customer: PersonId | None = None,
    scope: KeyScope | None = None,
) -> tuple[AccessKey, str]:
    """A record and its secret: 256 random bits behind a readable prefix."""
    secret = kind.prefix + secrets.token_urlsafe(32)
    record = AccessKey(
        id=uuid.uuid4().hex,
        kind=kind,
        permit=permit,
        name=name,
        digest=digest_of(secret),
        hint=secret[:8],
        created_by=by,
        created_at=at,
        expires_at=until,
        customer=customer,
        scope=scope,
    )
    return record, secret


def push_keys(u: UnitOfWork, ports: Ports, *, at: datetime) -> None:
    """Send the gateway all keys once the transaction is durable; the worker sends them again."""

    def send() -> None:
        with ports.sending_keys:
            with u.another() as now:
                records = key_records(now, at)
            ports.gateway.put_keys(records)

    u.after_commit(send)


def key_view(key: AccessKey) -> KeyView:
    """A key without its secret."""
    return KeyView(
        id=key.id,
        name=key.name,
        hint=key.hint,
        permit=key.permit,
        created_by=key.created_by,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        scope=key.scope,
    )


def _fitting(scope: KeyScope | None, permit: Permit) -> KeyScope | None:
    """A scope names only chains that the permit has.

    Raises:
        InvalidInput: ``key.scope_malformed``.
    """
    if scope is not None and not set(scope.chains or ()) <= set(permit.chains):
        raise InvalidInput("key.scope_malformed", what=", ".join(scope.chains or ()))
    return scope


def _require_person(actor: Actor) -> None:
    require(actor, Right.MANAGE_KEYS)
    if actor.channel not in {Channel.BROWSER, Channel.SERVER}:
        raise NotAllowed("key.not_by_key")
