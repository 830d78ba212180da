"""Suspension orders: proposed, confirmed by a second person, held by the gateway, over in time.

Rules (the rest is in ``domain.orders``):

1. For everybody but the service there is no such page. What the service does is in the record of
   supervision; that an order of an authority began and ended is in the audit log, for the firm,
   without reason and without a name.
2. An order changes no state of the file: it lies over the permit's policy, so no act of anybody
   else loosens it, and what was before stands again when it is over; so does a settlement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from sandbox.domain.inquiries import read_days
from sandbox.domain.orders import DAYS, Order, OrderState, require_another, require_state
from sandbox.domain.seats import Actor, Right, require_act_of_law
from sandbox.domain.settlement import SettlementState
from sandbox.domain.suspicion import new_number
from sandbox.kit.errors import InvalidInput, NotFound, SynakError
from sandbox.kit.ids import Address, PermitNumber, checksum
from sandbox.services.acts import earlier, remember
from sandbox.services.policies import policy_of, push_after_commit, touch
from sandbox.services.ports import Ports
from sandbox.services.publication import Desk
from sandbox.services.reviews import needed_text
from sandbox.services.settlement_run import RUN
from sandbox.services.suspicion import readable_report, require_service
from sandbox.store import UnitOfWork

_log = structlog.get_logger()
PAGE: Final = 50
SOON: Final = timedelta(minutes=1)
"""After an order's end: a settlement that it stopped goes on, since the gateway knows by then."""
AUTHORITY: Final = "authority"
"""Who acted, as the audit log says it."""


@dataclass(frozen=True)
class ProposeOrder:
    """Propose an order.

    Attributes:
        wallet: of the permit; empty for the whole permit.
        days: working days, as typed.
        report: number of the report behind it, or empty.
        prolongs: number of the order in force that it prolongs, or empty.
    """

    permit: str
    wallet: str
    days: str
    basis: str
    reasons: str
    report: str = ""
    prolongs: str = ""
    key: str | None = None


@dataclass(frozen=True)
class OnOrder:
    """Confirm, withdraw, or lift an order."""

    order: str
    key: str | None = None


def listed(u: UnitOfWork, actor: Actor, *, start: int = 0) -> tuple[Order, ...]:
    """Orders, newest first: one page and one more, if there is one.

    Raises:
        NotFound: ``web.not_found``.
    """
    require_service(actor)
    return u.orders.newest(start, PAGE + 1)


def find_order(u: UnitOfWork, actor: Actor, number: str, *, lock: bool = False) -> Order:
    """One order.

    Raises:
        NotFound: ``web.not_found``.
    """
    require_service(actor)
    found = u.orders.find(number[:20], lock=lock)
    if found is None:
        raise NotFound("web.not_found")
    return found


def propose(u: UnitOfWork, actor: Actor, command: ProposeOrder, *, at: datetime) -> Order:
    """Propose an order.

    Raises:
        NotFound: ``web.not_found``.
        NotAllowed: ``seat.*``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        InvalidInput: ``inquiry.days``, ``inquiry.no_such_permit``, ``order.not_a_wallet``,
            ``text.*``, ``address.malformed``.
        Conflict: ``order.not_from_here``.
    """
    require_service(actor)
    done = earlier(u, actor, "order.propose", command.key)
    if done is not None:
        return u.orders.get(done)
    require_act_of_law(actor, Right.RECEIVE_REPORTS, at)
    before = find_order(u, actor, command.prolongs) if command.prolongs else None
    if before is not None:
        require_state(before, OrderState.IN_FORCE)
    number = before.permit if before else PermitNumber(command.permit.strip().upper()[:20])
    wallet = before.wallet if before else _wallet(u, number, command.wallet)
    report = readable_report(u, actor, command.report.strip()) if command.report.strip() else None
    order = u.orders.add(
        Order(
            id=new_number("ORD", at),
            permit=number,
            wallet=wallet,
            days=read_days(command.days or str(DAYS.usual), 1, DAYS.most),
            basis=needed_text("basis", command.basis),
            reasons=needed_text("reasons", command.reasons),
            report=report.id if report else None,
            prolongs=before.id if before else None,
            proposed_by=actor.account,
            person=actor.person,
            proposed_at=at,
        )
    )
    told = {"permit": number, "wallet": wallet, "days": order.days}
    _record(u, "order.proposed", actor.account, order.id, told, at)
    remember(u, actor, "order.propose", command.key, order.id, at=at)
    return order


def confirm(u: UnitOfWork, actor: Actor, command: OnOrder, *, at: datetime, ports: Ports) -> Order:
    """Put an order in force, as its second person; the gateway has it before the answer.

    Raises:
        NotFound: ``web.not_found``.
        NotAllowed: ``seat.*``, ``order.another_person``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        Conflict: ``order.not_from_here``.
    """
    order = find_order(u, actor, command.order, lock=True)
    if earlier(u, actor, f"order.confirm:{order.id}", command.key) is not None:
        return order
    require_act_of_law(actor, Right.RECEIVE_REPORTS, at)
    require_state(order, OrderState.PROPOSED)
    require_another(order.person, actor.person)
    since = at
    if order.prolongs is not None:
        before = find_order(u, actor, order.prolongs, lock=True)
        require_state(before, OrderState.IN_FORCE)
        since = before.until or at
    saved = u.orders.save(
        replace(
            order,
            state=OrderState.IN_FORCE,
            confirmed_by=actor.account,
            confirmed_at=at,
            until=u.calendar.calendar().deadline(since, order.days),
        )
    )
    _apply(u, saved, "permit.order_in_force", at=at, ports=ports)
    _record(u, "order.confirmed", actor.account, saved.id, {"until": str(saved.until)}, at)
    remember(u, actor, f"order.confirm:{saved.id}", command.key, saved.id, at=at)
    return saved


def withdraw(u: UnitOfWork, actor: Actor, command: OnOrder, *, at: datetime) -> Order:
    """Take back a proposal that nobody confirmed.

    Raises:
        NotFound: ``web.not_found``.
        NotAllowed: ``seat.*``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        Conflict: ``order.not_from_here``.
    """
    order = find_order(u, actor, command.order, lock=True)
    if earlier(u, actor, f"order.withdraw:{order.id}", command.key) is not None:
        return order
    require_act_of_law(actor, Right.RECEIVE_REPORTS, at)
    require_state(order, OrderState.PROPOSED)
    saved = u.orders.save(replace(order, state=OrderState.WITHDRAWN, ended_at=at))
    _record(u, "order.withdrawn", actor.account, saved.id, {}, at)
    remember(u, actor, f"order.withdraw:{saved.id}", command.key, saved.id, at=at)
    return saved


def lift(u: UnitOfWork, actor: Actor, command: OnOrder, *, at: datetime, ports: Ports) -> Order:
    """Ask to lift an order before its end, or lift it as the second person.

    Raises:
        NotFound: ``web.not_found``.
        NotAllowed: ``seat.*``, ``order.another_person``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        Conflict: ``order.not_from_here``.
    """
    order = find_order(u, actor, command.order, lock=True)
    if earlier(u, actor, f"order.lift:{order.id}", command.key) is not None:
        return order
    require_act_of_law(actor, Right.RECEIVE_REPORTS, at)
    require_state(order, OrderState.IN_FORCE)
    if order.lift_asked_by is None:
        saved = u.orders.save(replace(order, lift_asked_by=actor.person))
        _record(u, "order.lift_asked", actor.account, saved.id, {}, at)
    else:
        require_another(order.lift_asked_by, actor.person)
        saved = u.orders.save(replace(order, state=OrderState.LIFTED, ended_at=at))
        _apply(u, saved, "permit.order_ended", at=at, ports=ports)
        _record(u, "order.lifted", actor.account, saved.id, {}, at)
    remember(u, actor, f"order.lift:{saved.id}", command.key, saved.id, at=at)
    return saved


def end_orders(desk: Desk) -> int:
    """End what is over, each order in a transaction of its own; the worker pushes the policies.

    Returns:
        How many ended.
    """
    at = desk.clock.now()
    with desk.store.unit(read_only=True) as u:
        over = [each.id for each in u.orders.over(at)]
    done = 0
    for number in over:
        try:
            with desk.store.unit() as u:
                order = u.orders.get(number, lock=True)
                if order.state is not OrderState.IN_FORCE:
                    continue
                saved = u.orders.save(replace(order, state=OrderState.ENDED, ended_at=at))
                _apply(u, saved, "permit.order_ended", at=at, ports=None)
                _record(u, "order.ended", "system", saved.id, {}, at)
                u.commit()
            done += 1
        except SynakError as error:
            _log.warning("order.failed", order=number, code=error.code)
    return done


def _apply(u: UnitOfWork, order: Order, kind: str, *, at: datetime, ports: Ports | None) -> None:
    """Have the gateway hold what the orders in force say, and say that there is one."""
    permit = touch(u, u.permits.get(order.permit, lock=True))
    until = order.until.isoformat() if order.until else None
    u.audit.append(
        kind=kind,
        actor=AUTHORITY,
        subject=permit.number,
        data={"wallet": order.wallet, "until": until},
        at=at,
    )
    if kind == "permit.order_ended":
        _go_on(u, permit.number, order, at)
    if ports is not None:
        push_after_commit(u, permit, u.files.get(permit.file), ports)


def _go_on(u: UnitOfWork, permit: PermitNumber, order: Order, at: datetime) -> None:
    """Let a settlement go on that the order has stopped, once the gateway knows of the end."""
    stopped = u.settlements.open_of(permit)
    if stopped is not None and stopped.state is SettlementState.RUNNING:
        payload = {"settlement": stopped.id}
        u.outbox.put(kind=RUN, subject=f"{stopped.id}:{order.id}", payload=payload, at=at + SOON)


def _wallet(u: UnitOfWork, number: PermitNumber, text: str) -> Address | None:
    """The wallet as the permit knows it; None for the whole permit."""
    permit = u.permits.find(number)
    if permit is None:
        raise InvalidInput("inquiry.no_such_permit", number=number[:20])
    if not text.strip():
        return None
    wallet = checksum(text.strip()[:80])
    known = policy_of(u, permit, u.files.get(permit.file)).wallets
    if wallet not in {each.address for each in known}:
        raise InvalidInput("order.not_a_wallet", wallet=wallet, permit=number)
    return wallet


def _record(
    u: UnitOfWork, kind: str, who: str, subject: str, data: Mapping[str, Any], at: datetime
) -> None:
    u.supervision_record.append(kind=kind, actor=who, subject=subject, data=data, at=at)
