"""Who is asking: from the hub's answer or a secret's digest to an ``Actor``."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.domain.records import Account
from sandbox.domain.seats import Actor, Channel, rights_of
from sandbox.domain.words import KeyKind
from sandbox.kit.errors import InvalidInput, NotAuthenticated
from sandbox.kit.ids import AccountName, PermitNumber, PersonId
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
) -> Actor:
    """The actor behind an account that the hub vouches for.

    Args:
        u: a unit of work.
        account: the hub's user name.
        channel: how the actor came.
        reauthenticated_at: when the password was last checked.
        permit: the permit whose server the token belongs to.

    Raises:
        NotAuthenticated: ``account.unknown`` when the desk has no such active account.
    """
    found = u.accounts.find(account[:32])
    if found is None or not found.active:
        raise NotAuthenticated("account.unknown", account=account[:32])
    return replace(
        actor_from(found), channel=channel, reauthenticated_at=reauthenticated_at, permit=permit
    )


def actor_from(account: Account) -> Actor:
    """The actor that an account would be in a browser, before any password."""
    return Actor(
        account=account.name,
        person=account.person,
        org=account.org,
        seats=frozenset(account.seats),
        language=account.language,
    )


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
    return actor_of(u, key.created_by, channel=Channel.PERMIT_KEY, permit=key.permit)


def digest_of(secret: str) -> str:
    """SHA-256 of a secret, hex: what is stored and what the gateway compares."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def system_actor() -> Actor:
    """The actor of automatic acts."""
    return Actor(AccountName("system"), PersonId("system"), None, frozenset(), Channel.SYSTEM)


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
        for org in u.organisations.all()
        if org.kind.may_sponsor
    )
