"""Settlement by people: order the return, confirm it, go on, pay out, name an account.

Rules (what follows is ``domain.settlement``):

1. The firm, which is the holder or the operator, returns alone what is left after the deadline; a
   regulator orders it and a second one confirms. Whoever is first, it is one settlement.
2. It carries on by itself (``settlement_run``); where it stopped, either side lets it go on.
3. An account to pay to is the person's own word, seen by the holder alone. What was returned
   without one is in custody until the holder says how it was paid out.
4. Amounts and pseudonyms are seen by everybody with the file; accounts are in no audit entry.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sandbox.domain.application import plain_text
from sandbox.domain.customer_page import ActState
from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.regime import DeadlineKind
from sandbox.domain.seats import Actor, FileSeat, Right, require_act_of_law, rights_of
from sandbox.domain.settlement import (
    LONGEST_ACCOUNT,
    LONGEST_CUSTODY,
    PayoutAccount,
    Settlement,
    SettlementState,
    require_ended,
    require_over,
    require_second,
)
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import FileId
from sandbox.services.access import readable_file
from sandbox.services.acts import earlier, remember, take_seat
from sandbox.services.appeals import may_still_appeal
from sandbox.services.customer_home import own
from sandbox.services.delegations import require_two
from sandbox.services.requirements import side_of
from sandbox.services.reviews import needed_text, regulators_file
from sandbox.services.settlement_run import RUN
from sandbox.store import UnitOfWork

SHORTEST_CUSTODY: Final = 5


@dataclass(frozen=True)
class ReturnMoney:
    """Return what is left. ``custody``: where money without an account is kept, and whose name."""

    file: FileId
    custody: str
    key: str | None = None


@dataclass(frozen=True)
class ConfirmReturn:
    """Confirm, as the second regulator, what the first has ordered."""

    file: FileId
    key: str | None = None


@dataclass(frozen=True)
class GoOn:
    """Let a settlement that stopped go on."""

    file: FileId
    key: str | None = None


@dataclass(frozen=True)
class PayOut:
    """Say how a person's som were paid out. ``reference``: of that payment."""

    file: FileId
    act: str
    reference: str
    key: str | None = None


@dataclass(frozen=True)
class NameAccount:
    """Say where one's money is to be paid; empty takes it back."""

    account: str
    key: str | None = None


def return_money(u: UnitOfWork, actor: Actor, command: ReturnMoney, *, at: datetime) -> Settlement:
    """Order the return of what is left; the firm's order runs at once.

    Raises:
        Conflict: ``settlement.not_ended``, ``settlement.plan_not_approved``,
            ``settlement.may_be_appealed``, ``settlement.too_early``, ``settlement.runs_already``,
            ``settlement.waits_for_second``.
        InvalidInput: ``text.empty``, ``settlement.custody_short``.
        NotAllowed: ``seat.*``.
        NotFound: ``file.not_found``.
    """
    rights = rights_of(actor.seats)
    require_act_of_law(actor, _right(actor), at)
    done = earlier(u, actor, "return_money", command.key)
    if done is not None:
        return u.settlements.get(done)
    custody = plain_text("custody", command.custody, limit=LONGEST_CUSTODY)
    if len(custody) < SHORTEST_CUSTODY:
        raise InvalidInput("settlement.custody_short", least=SHORTEST_CUSTODY)
    by_firm = Right.DECIDE not in rights
    file = _side_down(u, actor, command.file, by_firm=by_firm, at=at)
    permit = _returnable(u, file, at=at)
    before = u.settlements.open_of(permit.number)
    if before is not None and before.state is SettlementState.RUNNING:
        raise Conflict("settlement.runs_already")
    if before is not None and not by_firm:
        raise Conflict("settlement.waits_for_second")
    settlement = Settlement(
        id=before.id if before else uuid.uuid4().hex,
        file=file.id,
        permit=permit.number,
        state=SettlementState.RUNNING if by_firm else SettlementState.ORDERED,
        custody=custody,
        ordered_by=actor.account,
        ordered_person=actor.person,
        ordered_at=at,
        by_firm=by_firm,
        revision=before.revision if before else 1,
    )
    saved = u.settlements.save(settlement) if before else u.settlements.add(settlement)
    _enter(u, actor, saved, "return_begun" if by_firm else "return_ordered", at=at)
    if by_firm:
        _work(u, saved, at=at)
    remember(u, actor, "return_money", command.key, saved.id, at=at)
    return saved


def confirm_return(
    u: UnitOfWork, actor: Actor, command: ConfirmReturn, *, at: datetime
) -> Settlement:
    """Confirm the order of another regulator; it runs from now on.

    Raises:
        Conflict: ``settlement.not_waiting`` and as ``return_money``.
        NotAllowed: ``approval.author_cannot_countersign``, ``delegation.one_person``, ``seat.*``.
        NotFound: ``file.not_found``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "confirm_return", command.key)
    if done is not None:
        return u.settlements.get(done)
    file = regulators_file(u, actor, command.file, at=at)
    permit = _returnable(u, file, at=at)
    waiting = u.settlements.open_of(permit.number)
    if waiting is None:
        raise Conflict("settlement.not_waiting")
    require_second(waiting, actor.person, actor.account)
    require_two(u, file, (waiting.ordered_person, waiting.ordered_at), actor, at=at)
    saved = u.settlements.save(
        replace(
            waiting,
            state=SettlementState.RUNNING,
            confirmed_by=actor.account,
            confirmed_at=at,
        )
    )
    _enter(u, actor, saved, "return_begun", at=at)
    _work(u, saved, at=at)
    remember(u, actor, "confirm_return", command.key, saved.id, at=at)
    return saved


def go_on(u: UnitOfWork, actor: Actor, command: GoOn, *, at: datetime) -> Settlement:
    """Look again at what is left and return it, after something stood in the way.

    Raises:
        Conflict: ``settlement.not_running``.
        NotAllowed: ``seat.*``.
        NotFound: ``file.not_found``.
    """
    require_act_of_law(actor, _right(actor), at)
    done = earlier(u, actor, "return_goes_on", command.key)
    if done is not None:
        return u.settlements.get(done)
    by_firm = Right.DECIDE not in rights_of(actor.seats)
    file = _side_down(u, actor, command.file, by_firm=by_firm, at=at)
    running = u.settlements.open_of(file.permit) if file.permit else None
    if running is None or running.state is not SettlementState.RUNNING:
        raise Conflict("settlement.not_running")
    _work(u, running, at=at)
    remember(u, actor, "return_goes_on", command.key, running.id, at=at)
    return running


def pay_out(u: UnitOfWork, actor: Actor, command: PayOut, *, at: datetime) -> None:
    """Enter that a person's som were paid out; the last payment erases the account of who left.

    Raises:
        InvalidInput: ``text.empty``.
        Conflict: ``settlement.paid_already``, ``settlement.not_returned``.
        NotAllowed: ``seat.*``.
        NotFound: ``file.not_found``, ``money_return.not_found``: also for all but the holder.
    """
    require_act_of_law(actor, _right(actor), at)
    if earlier(u, actor, "pay_out", command.key) is not None:
        return
    reference = needed_text("reference", command.reference)[:LONGEST_ACCOUNT]
    file = _side_down(u, actor, command.file, by_firm=True, at=at)
    found = u.returns.find(command.act[:40], lock=True)
    settlement = u.settlements.find(found.settlement) if found else None
    if found is None or settlement is None or settlement.file != file.id:
        raise NotFound("money_return.not_found", id=command.act[:40])
    permit = u.permits.get(settlement.permit)
    if not sees_accounts(actor, permit):
        raise NotFound("money_return.not_found", id=command.act[:40])
    if u.pages.acts.get(found.act).state is not ActState.DONE:
        raise Conflict("settlement.not_returned")
    if found.paid_at is not None:
        raise Conflict("settlement.paid_already")
    u.returns.save(replace(found, paid_at=at, paid_by=actor.account, reference=reference))
    person = u.customers.get(found.customer)
    if not person.salt and not u.returns.owed(person.id):
        u.payouts.forget(found.customer)
    u.audit.append(
        kind="permit.return_paid",
        actor=actor.account,
        subject=settlement.permit,
        data={"settlement": settlement.id, "act": found.act, "reference": reference},
        at=at,
    )
    remember(u, actor, "pay_out", command.key, found.act, at=at)


def name_account(u: UnitOfWork, actor: Actor, command: NameAccount, *, at: datetime) -> str:
    """Keep where a person wants the money; the audit log learns that, not where.

    Returns:
        The account as kept.

    Raises:
        NotAllowed: ``customer.token_needed``.
        InvalidInput: ``text.too_long`` and as ``plain_text``.
    """
    person, permit, _ = own(u, actor, lock=True)
    account = plain_text("account", command.account, limit=LONGEST_ACCOUNT, name=True)
    if earlier(u, actor, "name_account", command.key) is not None:
        return account
    u.payouts.put(PayoutAccount(person.id, permit.number, account, at))
    u.audit.append(
        kind="permit.account_named",
        actor="customer",
        subject=permit.number,
        data={"person": person.person_hash, "named": "yes" if account else "no"},
        at=at,
    )
    remember(u, actor, "name_account", command.key, person.id, at=at)
    return account


def due_of(u: UnitOfWork, file: PermitFile) -> datetime:
    """Until when customers take their money home themselves.

    A file that ended before deadlines were kept has the days of the rule since then.
    """
    kept = [each for each in u.deadlines.of_file(file.id) if each.kind is DeadlineKind.SETTLEMENT]
    if kept:
        return max(kept, key=lambda each: each.since).due
    days = u.regime.days(DeadlineKind.SETTLEMENT)
    return u.calendar.calendar().deadline(file.updated_at, days)


def sees_accounts(actor: Actor, permit: Permit) -> bool:
    """Whether a reader pays out: the holder, or the operator of a permit without one."""
    rights = rights_of(actor.seats)
    if permit.sponsor is not None:
        return actor.org == permit.sponsor and Right.SPONSOR in rights
    return actor.org == permit.org and Right.APPLY in rights


def _right(actor: Actor) -> Right:
    """By which right an actor would do it: whoever has none of them is told of the first."""
    rights = rights_of(actor.seats)
    if Right.DECIDE in rights:
        return Right.DECIDE
    return Right.SPONSOR if Right.SPONSOR in rights else Right.APPLY


def _side_down(
    u: UnitOfWork, actor: Actor, file_id: FileId, *, by_firm: bool, at: datetime
) -> PermitFile:
    """The file, held for writing, with the actor in a seat of it."""
    if not by_firm:
        return regulators_file(u, actor, file_id, at=at)
    file = readable_file(u, actor, file_id, lock=True)
    seat: FileSeat | None = side_of(actor, file)
    if seat is None:
        raise NotAllowed("seat.right_missing", right=Right.APPLY.value)
    take_seat(u, file, actor, seat, at=at)
    return file


def _returnable(u: UnitOfWork, file: PermitFile, *, at: datetime) -> Permit:
    permit = u.permits.find(file.permit, lock=True) if file.permit else None
    if permit is None:
        raise Conflict("settlement.not_ended", state=file.state.value)
    require_ended(file.state, permit.base_state, appealable=may_still_appeal(u, file, at))
    require_over(due_of(u, file), at)
    return permit


def _work(u: UnitOfWork, settlement: Settlement, *, at: datetime) -> None:
    """A turn of its own: a turn that waits for a quota holds up nobody who says go on.

    Two turns at once do no harm: each redemption has one name.
    """
    subject = f"{settlement.id}:{uuid.uuid4().hex[:6]}"
    u.outbox.put(kind=RUN, subject=subject, payload={"settlement": settlement.id}, at=at)


def _enter(u: UnitOfWork, actor: Actor, settlement: Settlement, what: str, *, at: datetime) -> None:
    data = {"settlement": settlement.id, "custody": settlement.custody}
    if settlement.confirmed_by is not None:
        data["ordered_by"] = settlement.ordered_by
    u.audit.append(
        kind=f"permit.{what}", actor=actor.account, subject=settlement.permit, data=data, at=at
    )
