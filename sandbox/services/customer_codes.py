"""Invitation codes: made by the start-up, exchanged by the person for a session.

Rules:

1. A code is made for a person whom the permit invited already; a new one ends the older unused
   ones. It is shown once; its keyed hash is kept.
2. A code that is not known, misspelt, used, expired, revoked or tried too often is answered with
   the same words after the same steps.
3. Tries are counted before anything is compared, for each code (whether it exists or not) and for
   each network address; the count stays when the exchange fails.
4. Exchanging a code ends the person's other sessions, and is in the audit log.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sandbox.domain.application import plain_text
from sandbox.domain.customer_page import (
    CODE_GOOD_FOR,
    LONGEST_LABEL,
    CustomerLabel,
    CustomerSession,
    Invitation,
    spoken_code,
)
from sandbox.domain.records import Customer
from sandbox.domain.seats import Actor, Channel
from sandbox.domain.words import CustomerState, MemberKind
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import AccountName, PermitNumber, PersonId
from sandbox.services.access import team_permit
from sandbox.services.keyed import Keyed
from sandbox.services.short_codes import Typed, fresh_code, typed_code
from sandbox.store import UnitOfWork

MOST_CODES_AT_ONCE: Final = 200
TOUCH_SECONDS: Final = 60


@dataclass(frozen=True)
class MakeCodes:
    """Make invitation codes.

    Attributes:
        people: ids of invited people of the permit, 1 to 200.
        label: the name that payers see; for one person at a time, None leaves it.
    """

    permit: PermitNumber
    people: tuple[str, ...]
    label: str | None = None


@dataclass(frozen=True)
class CodeView:
    """A code as it is handed out; ``code`` is in this answer and nowhere else."""

    customer: str
    kind: str
    address: str
    label: str
    code: str
    expires_at: datetime


@dataclass(frozen=True)
class Tried:
    """An attempt to exchange a code: a session and the cookie's value, or neither."""

    name: str | None = None
    session: CustomerSession | None = None


def make_codes(
    u: UnitOfWork, actor: Actor, command: MakeCodes, *, at: datetime, keyed: Keyed
) -> tuple[CodeView, ...]:
    """Make a code for each person.

    Raises:
        NotAllowed: ``seat.right_missing``, ``key.not_by_key``.
        NotFound: ``permit.not_found``, ``customer.not_found``.
        Conflict: ``customer.has_left``.
        InvalidInput: ``customer.count``, ``customer.label_for_merchants``, ``text.*``.
    """
    permit, _ = team_permit(u, actor, command.permit)
    if actor.channel not in {Channel.BROWSER, Channel.SERVER}:
        raise NotAllowed("key.not_by_key")
    ids = tuple(dict.fromkeys(command.people))
    if not 1 <= len(ids) <= MOST_CODES_AT_ONCE or (command.label is not None and len(ids) > 1):
        raise InvalidInput("customer.count", most=MOST_CODES_AT_ONCE)
    u.pages.tidy(at)
    made = []
    for each in ids:
        person = u.customers.find(each[:40])
        if person is None or person.permit != permit.number:
            raise NotFound("customer.not_found", id=each[:40])
        if person.state is CustomerState.RELEASED:
            raise Conflict("customer.has_left")
        if command.label is not None:
            if person.kind is not MemberKind.MERCHANT:
                raise InvalidInput("customer.label_for_merchants")
            label = plain_text("label", command.label, limit=LONGEST_LABEL, name=True)
            u.pages.labels.put(CustomerLabel(person.id, label))
        made.append(_make(u, actor, person, at=at, keyed=keyed))
    u.audit.append(
        kind="permit.codes_made",
        actor=actor.account,
        subject=permit.number,
        data={"wallets": [each.address for each in made]},
        at=at,
    )
    return tuple(made)


def exchange(u: UnitOfWork, text: str, *, address: str, at: datetime, keyed: Keyed) -> Tried:
    """Exchange a code for a session. The caller commits whatever comes of it: tries count.

    Args:
        u: a writing unit of work.
        text: as typed.
        address: the network address it came from.
        at: now.
        keyed: makes keyed hashes.

    Returns:
        A session, or an empty answer that does not say why.

    Raises:
        NotAllowed: ``customer_code.too_many``: this address tried too often; nothing was compared.
    """
    typed = Typed(text, address, at)
    found = typed_code(u, typed, u.pages.invitations.by_selector, purpose="", keyed=keyed)
    if found is None:
        return Tried()
    person = u.customers.get(found.customer, lock=True)
    if person.state is CustomerState.RELEASED:
        return Tried()
    u.pages.invitations.save(replace(found, used_at=at))
    u.pages.sessions.end_all(person.id)
    name = secrets.token_urlsafe(32)
    session = u.pages.sessions.add(
        CustomerSession(
            id_hash=session_hash(name),
            permit=person.permit,
            customer=person.id,
            csrf=secrets.token_urlsafe(32),
            created_at=at,
            seen_at=at,
        )
    )
    u.audit.append(
        kind="permit.code_used",
        actor="customer",
        subject=person.permit,
        data={"wallet": person.wallet},
        at=at,
    )
    return Tried(name, session)


def find_session(u: UnitOfWork, name: str, *, at: datetime) -> CustomerSession | None:
    """The living session of a cookie's value, if any."""
    found = u.pages.sessions.find(session_hash(name))
    return found if found is not None and found.lives(at) else None


def needs_touch(session: CustomerSession, at: datetime) -> bool:
    """Whether its last use is worth writing down."""
    return (at - session.seen_at).total_seconds() > TOUCH_SECONDS


def actor_of_session(session: CustomerSession) -> Actor:
    """The customer behind a session: one customer of one permit, without any seat."""
    return Actor(
        account=AccountName("customer"),
        person=session.customer,
        org=None,
        seats=frozenset(),
        channel=Channel.CUSTOMER,
        permit=session.permit,
        customer=session.customer,
    )


def session_hash(name: str) -> str:
    """What is kept of a session's name: 256 random bits need no key."""
    return hashlib.sha256(name.encode()).hexdigest()


def end_codes(u: UnitOfWork, customer: PersonId, *, at: datetime) -> None:
    """End every unused code of a person."""
    for each in u.pages.invitations.of_customer(customer):
        if each.works(at):
            u.pages.invitations.save(replace(each, revoked_at=at))


def _make(u: UnitOfWork, actor: Actor, person: Customer, *, at: datetime, keyed: Keyed) -> CodeView:
    end_codes(u, person.id, at=at)
    selector, proof = fresh_code(
        lambda first: (
            u.pages.tries.seen(keyed.of("selector", first))
            or u.pages.invitations.by_selector(first) is not None
        )
    )
    made = u.pages.invitations.add(
        Invitation(
            id=uuid.uuid4().hex,
            permit=person.permit,
            customer=person.id,
            selector=selector,
            digest=keyed.of("code", selector + proof),
            created_by=actor.account,
            created_at=at,
            expires_at=at + CODE_GOOD_FOR,
        )
    )
    label = u.pages.labels.find(person.id)
    return CodeView(
        customer=person.id,
        kind=person.kind.value,
        address=person.wallet,
        label=label.label if label else "",
        code=spoken_code(selector, proof),
        expires_at=made.expires_at,
    )
