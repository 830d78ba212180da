"""Who is asking: from the hub's answer or a secret's digest to an ``Actor``."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.domain.records import Account
from sandbox.domain.seats import Actor, Channel, Right, rights_of
from sandbox.domain.words import KeyKind
from sandbox.kit.errors import Conflict, InvalidInput, NotAuthenticated
from sandbox.kit.ids import AccountName, FileId, PermitNumber, PersonId
from sandbox.services.views import AccountView, OrganisationView
from sandbox.store import UnitOfWork

LANGUAGES = ("ky", "ru", "en")


@dataclass(frozen=True)
class SetLanguage:
    """Choose the language of pages and letters: ``ky``, ``ru`` or ``en``."""

    language: str


def actor_of(
    u: UnitOfWork,
    account: str,
    *,
    channel: Channel = Channel.BROWSER,
    reauthenticated_at: datetime | None = None,
    permit: PermitNumber | None = None,
    at: datetime | None = None,
) -> Actor:
    """The actor behind an account that the hub vouches for.

    Args:
        u: a unit of work.
        account: the hub's user name.
        channel: how the actor came.
        reauthenticated_at: when the password was last checked.
        permit: the permit whose server the token belongs to.
        at: now: what other authorities show at this moment is seen; nothing of it without.

    Raises:
        NotAuthenticated: ``account.unknown`` when the desk has no such active account.
    """
    found = u.accounts.find(account[:32])
    if found is None or not found.active:
        raise NotAuthenticated("account.unknown", account=account[:32])
    shared = shared_with(u, found, at) if at is not None else frozenset()
    return replace(
        actor_from(found, shared),
        stands_for=_stands_for(u, found, at) if at is not None else frozenset(),
        channel=channel,
        reauthenticated_at=reauthenticated_at,
        permit=permit,
    )


def shared_with(u: UnitOfWork, account: Account, at: datetime) -> frozenset[FileId]:
    """The files that other authorities show to an account's own, now."""
    supervises = Right.SEE_ALL_FILES in rights_of(frozenset(account.seats))
    return u.shares.files_for(account.org, at) if supervises and account.org else frozenset()


def _stands_for(
    u: UnitOfWork, account: Account, at: datetime
) -> frozenset[tuple[PersonId, FileId | None]]:
    if account.org is None or Right.DECIDE not in rights_of(frozenset(account.seats)):
        return frozenset()
    held = u.delegations.held(account.org, account.person, at)
    return frozenset((each.giver_person, each.file) for each in held)


def actor_from(account: Account, shared: frozenset[FileId] = frozenset()) -> Actor:
    """The actor that an account would be in a browser, before any password."""
    return Actor(
        account=account.name,
        person=account.person,
        org=account.org,
        seats=frozenset(account.seats),
        shared=shared,
        language=account.language,
    )


def require_unchanged(u: UnitOfWork, actor: Actor) -> None:
    """Refuse unless the account is still what the actor came as; so it stays for this unit.

    Raises:
        NotAuthenticated: ``account.unknown`` when it was closed.
        Conflict: ``account.changed`` when its seats or its organisation are others.
    """
    found = u.accounts.held(actor.account)
    if found is None or not found.active:
        raise NotAuthenticated("account.unknown", account=actor.account)
    if (frozenset(found.seats), found.org) != (actor.seats, actor.org):
        raise Conflict("account.changed")


def actor_of_secret(u: UnitOfWork, secret: str, *, at: datetime) -> Actor:
    """The actor behind a permit key or a customer's token.

    Raises:
        NotAuthenticated: ``key.unknown``, ``key.revoked`` or ``key.expired``.
    """
    key = u.keys.by_digest(digest_of(secret))
    if key is None:
        raise NotAuthenticated("key.unknown")
    if key.revoked_at is not None:
        raise NotAuthenticated("key.revoked")
    if at >= key.expires_at:
        raise NotAuthenticated("key.expired", expired=key.expires_at.isoformat())
    if key.kind is KeyKind.CUSTOMER_TOKEN and key.customer is not None:
        return Actor(
            account=AccountName("customer"),
            person=key.customer,
            org=None,
            seats=frozenset(),
            channel=Channel.CUSTOMER,
            permit=key.permit,
            customer=key.customer,
        )
    return actor_of(u, key.created_by, channel=Channel.PERMIT_KEY, permit=key.permit, at=at)


def digest_of(secret: str) -> str:
    """SHA-256 of a secret, hex: what is stored and what the gateway compares."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def me(u: UnitOfWork, actor: Actor) -> AccountView:
    """The signed-in account."""
    account = u.accounts.get(actor.account)
    org = u.organisations.find(account.org) if account.org else None
    return AccountView(
        account=account.name,
        display_name=account.display_name,
        org=account.org,
        org_name=org.name if org else None,
        seats=tuple(sorted(seat.value for seat in account.seats)),
        rights=tuple(sorted(right.value for right in rights_of(actor.seats))),
        language=account.language,
    )


def set_language(u: UnitOfWork, actor: Actor, command: SetLanguage, *, at: datetime) -> AccountView:  # noqa: ARG001
    """Keep the language an account chose.

    Raises:
        InvalidInput: ``language.unknown``.
    """
    if command.language not in LANGUAGES:
        raise InvalidInput("language.unknown", language=command.language[:10])
    account = u.accounts.get(actor.account)
    u.accounts.save(replace(account, language=command.language))
    return me(u, actor)


def sponsors(u: UnitOfWork, actor: Actor) -> tuple[OrganisationView, ...]:  # noqa: ARG001
    """Organisations that may sponsor an application."""
    return tuple(
        OrganisationView(org.id, org.name, org.kind.value)
        for org in u.organisations.that_may_sponsor()
    )
