"""Leaving the test: consent is withdrawn, the wallet is released, what names the person is erased.

Rules:

1. Money goes home first: whoever still holds any is told so and redeems it (also in wind-down).
2. From the commit on the wallet can do nothing: the gateway no longer knows it, the person's codes,
   sessions and tokens are ended.
3. The Supervisor releases the wallet afterwards. If money reached it meanwhile it stays a member,
   so that nothing is trapped, and the start-up can invite the person to the page again.
4. Once it is released, the salt of the person's id on chain and the label are erased: nobody can
   tell any more whose the entries on the ledger were. Complaints stay until they are closed.
5. What the intelligence service may need is kept under seal first (``sealing``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from sandbox.domain.customer_page import CustomerLabel
from sandbox.domain.records import Customer, OutboxRow, Permit
from sandbox.domain.seats import Actor
from sandbox.domain.terms import CHAIN_OF
from sandbox.domain.words import CustomerState, KeyKind
from sandbox.kit.errors import Conflict
from sandbox.kit.ids import permit_key
from sandbox.services.calls import call_data, read
from sandbox.services.customer_codes import end_codes
from sandbox.services.customer_home import balance_of, own
from sandbox.services.keys import push_keys
from sandbox.services.policies import push_after_commit, touch
from sandbox.services.ports import Ports
from sandbox.services.publication import Desk, where_of
from sandbox.services.sealing import seal
from sandbox.store import UnitOfWork

RELEASE: Final = "customer.release"
"""The outbox kind that takes a person who left out of the Supervisor."""


def leave(u: UnitOfWork, actor: Actor, *, at: datetime, ports: Ports) -> None:
    """Withdraw the consent. Twice is once.

    Raises:
        Conflict: ``customer.still_holding``, ``customer.being_registered``.
        Unavailable: gateway out of reach; nothing was changed.
    """
    person, permit, file = own(u, actor, lock=True)
    if person.state is CustomerState.RELEASED:
        return
    if person.state is CustomerState.CONSENTED:
        raise Conflict("customer.being_registered")
    registered = person.state is CustomerState.REGISTERED
    if registered:
        _require_nothing_held(permit, person, ports)
        permit = touch(u, u.permits.get(permit.number, lock=True))
    seal(u, person, at=at)
    u.customers.save(
        replace(
            person,
            state=CustomerState.RELEASED,
            salt=person.salt if registered else "",
            refusal=None,
        )
    )
    _end_access(u, person, at=at, ports=ports)
    u.audit.append(
        kind="permit.customer_left",
        actor="customer",
        subject=permit.number,
        data={"wallet": person.wallet, "person": person.person_hash},
        at=at,
    )
    if registered:
        push_after_commit(u, permit, file, ports)
        payload = {"customer": person.id}
        u.outbox.put(kind=RELEASE, subject=person.wallet, payload=payload, at=at)


def release(desk: Desk, row: OutboxRow) -> None:
    """Release the wallet of a person who left.

    Raises:
        Unavailable: gateway or chain out of reach: try again.
    """
    with desk.store.unit(read_only=True) as u:
        person = u.customers.get(row.payload["customer"])
        permit = u.permits.get(person.permit)
    desk.at_step("release.begun")
    national, held = desk.gateway.national(), False
    for chain in permit.chains:
        where = where_of(national, chain)
        member, _, _ = read(desk.gateway, chain, where.supervisor, "memberOf", person.wallet)
        if bytes(member) != permit_key(permit.number):
            continue
        receipt = desk.gateway.submit_system(
            chain,
            "system/registrar",
            where.supervisor,
            call_data("Supervisor", "release", person.wallet),
            idempotency_key=f"release:{chain}:{person.wallet}:{row.id}",
        )
        held = held or receipt.get("status") != "0x1"
    desk.at_step("release.sent")
    with desk.store.unit() as u:
        _released(u, row, person, held=held, at=desk.clock.now())
        u.commit()


def _released(u: UnitOfWork, row: OutboxRow, person: Customer, *, held: bool, at: datetime) -> None:
    now = u.customers.get(person.id, lock=True)
    if held:
        u.customers.save(replace(now, state=CustomerState.REGISTERED))
        touch(u, u.permits.get(person.permit, lock=True))
    else:
        seal(u, now, at=at)
        u.customers.save(replace(now, salt=""))
    u.audit.append(
        kind="permit.customer_kept" if held else "permit.customer_released",
        actor="system",
        subject=person.permit,
        data={"wallet": person.wallet, "person": person.person_hash},
        at=at,
    )
    u.outbox.done(row.id, at)


def _require_nothing_held(permit: Permit, person: Customer, ports: Ports) -> None:
    for each in permit.terms.assets:
        held = balance_of(CHAIN_OF[each.asset], each.asset, person.wallet, ports=ports)
        if held:
            raise Conflict("customer.still_holding", asset=each.asset, used=str(held))


def _end_access(u: UnitOfWork, person: Customer, *, at: datetime, ports: Ports) -> None:
    u.pages.labels.put(CustomerLabel(person.id, ""))
    if not u.returns.owed(person.id):
        u.payouts.forget(person.id)  # else once the money is paid out
    u.pages.sessions.end_all(person.id)
    end_codes(u, person.id, at=at)
    for key in u.keys.of_permit(person.permit, KeyKind.CUSTOMER_TOKEN):
        if key.customer == person.id and key.revoked_at is None:
            u.keys.save(replace(key, revoked_at=at))
    push_keys(u, ports, at=at)
