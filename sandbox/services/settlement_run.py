"""The worker's part of a settlement: redeem what is left, person by person, and prove the end.

Numbered plan of one turn:

1. read what is left at a named block;
2. whoever holds something and has no redemption under way gets one, written down under its name;
3. the gateway is asked to do each once under that name; what came of it is written down;
4. read again: nothing left is the proof, entered in the audit log; else why it stopped.

Killed at any step and run again it ends the same: a name that the gateway's journal knows is
answered with the first transaction (``gateway.customer_acts``).

Rules: a clause of the permit that refuses (a daily quota) is waited for; whatever else refuses
stops nobody else's return, and is shown until somebody goes on.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sandbox.domain.customer_page import ActKind, ActState, CustomerAct
from sandbox.domain.records import OutboxRow
from sandbox.domain.settlement import (
    MoneyReturn,
    Settlement,
    SettlementState,
    Statement,
    Way,
)
from sandbox.kit.ids import PersonId
from sandbox.services.customer_acts import asked_of, settle_act
from sandbox.services.publication import Desk
from sandbox.services.settlement_reading import statement_of
from sandbox.store import UnitOfWork

RUN: Final = "settlement.run"
"""The outbox kind that returns what is left."""
SIDE_BY_SIDE: Final = 4
ROUNDS: Final = 3
"""How often money that came in meanwhile is looked for in one turn."""
OPEN: Final = frozenset({ActState.ASKED, ActState.SENT})
WAITED_FOR: Final = frozenset(
    {
        "refused.transactions_per_day",
        "refused.gas_per_day",
        "refused.units_per_day",
        "refused.requests_per_second",
    }
)
"""Refusals after which the same redemption fits later."""
LATER: Final = timedelta(minutes=10)
"""When a quota that does not say when it frees is tried again."""
SOON: Final = timedelta(seconds=3)
"""When a redemption without an answer is asked for again."""


def run(desk: Desk, row: OutboxRow) -> None:
    """One turn of a settlement.

    Raises:
        Unavailable: gateway or chain out of reach: try again.
    """
    settlement_id = str(row.payload["settlement"])
    with desk.store.unit(read_only=True) as u:
        settlement = u.settlements.get(settlement_id)
    desk.at_step("settlement.begun")
    left: Statement | None = None
    if settlement.state is SettlementState.RUNNING:
        for _ in range(ROUNDS):
            left = _plan(desk, settlement)
            desk.at_step("settlement.planned")
            if not _send(desk, settlement):
                break
            desk.at_step("settlement.sent")
        else:
            left = _plan(desk, settlement)
    with desk.store.unit() as u:
        if left is not None:
            _conclude(u, settlement, left, at=desk.clock.now())
        u.outbox.done(row.id, desk.clock.now())
        desk.at_step("settlement.before_commit")
        u.commit()


def _plan(desk: Desk, settlement: Settlement) -> Statement:
    """Steps 1 and 2."""
    with desk.store.unit(read_only=True) as u:
        left = statement_of(u, u.permits.get(settlement.permit), desk.gateway)
    with desk.store.unit() as u:
        u.settlements.get(settlement.id, lock=True)
        busy = {
            (act.customer, act.asset)
            for _, act in u.returns.with_acts(settlement.id)
            if act.state in OPEN
        }
        accounts = u.payouts.of_permit(settlement.permit)
        for held in left.held:
            if (held.customer, held.asset) in busy:
                continue
            act = CustomerAct(
                id=uuid.uuid4().hex,
                permit=settlement.permit,
                customer=held.customer,
                kind=ActKind.REDEEM,
                chain=held.chain,
                asset=held.asset,
                payee=None,
                amount=held.amount,
                reference="",
                bill=None,
                state=ActState.ASKED,
                asked_at=desk.clock.now(),
            )
            u.pages.acts.add(act)
            way = Way.of(accounts.get(held.customer, ""))
            u.returns.add(MoneyReturn(act.id, settlement.id, held.customer, way))
        u.commit()
    return left


def _send(desk: Desk, settlement: Settlement) -> int:
    """Step 3. Returns how many are done now that were not before."""
    with desk.store.unit(read_only=True) as u:
        acts = [act for _, act in u.returns.with_acts(settlement.id) if act.state in OPEN]
        wallets = {each.id: each for each in u.customers.of_permit(settlement.permit)}

    def one(act: CustomerAct) -> CustomerAct:
        asked = asked_of(act, wallets[act.customer])
        look = partial(desk.gateway.customer_act, act.chain, asked)
        return settle_act(desk.store, act, look, at=desk.clock.now())

    done = 0
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="settlement") as pool:
        for start in range(0, len(acts), 4 * SIDE_BY_SIDE):
            found = list(pool.map(one, acts[start : start + 4 * SIDE_BY_SIDE]))
            done += sum(each.state is ActState.DONE for each in found)
            if _full(found):
                break
    return done


def _full(acts: Sequence[CustomerAct]) -> bool:
    """Whether a quota of the permit is used up: to ask on would only be refused."""
    return any(_code(each) in WAITED_FOR for each in acts)


def _code(act: CustomerAct) -> str:
    return str((act.refusal or {}).get("code", ""))


def _conclude(u: UnitOfWork, settlement: Settlement, left: Statement, *, at: datetime) -> None:
    """Step 4."""
    now = u.settlements.get(settlement.id, lock=True)
    if now.state is not SettlementState.RUNNING:
        return
    found = u.returns.with_acts(now.id)
    if left.settled and not any(act.state in OPEN for _, act in found):
        proof = _proof(left, found)
        u.settlements.save(
            replace(now, state=SettlementState.SETTLED, note=None, proof=proof, settled_at=at)
        )
        _enter(u, now, "permit.return_settled", proof, at=at)
        return
    acts = [act for _, act in found]
    last = _last(acts)
    waits = [act for act in last if _code(act) in WAITED_FOR]
    note: dict[str, Any] = {
        "open": sum(act.state in OPEN for act in acts),
        "refused": sum(act.state is ActState.REFUSED for act in last),
        "contracts": {asset: str(amount) for asset, amount in left.in_contracts.items()},
        "waits": "yes" if waits else "",
    }
    u.settlements.save(replace(now, note=note))
    if waits or note["open"]:
        until = max((_until(act, at) for act in waits), default=at + SOON)
        u.outbox.put(kind=RUN, subject=now.id, payload={"settlement": now.id}, at=until)
    if note != now.note:
        _enter(u, now, "permit.return_stopped", note, at=at)


def _last(acts: Sequence[CustomerAct]) -> list[CustomerAct]:
    """The newest redemption of each person and asset."""
    newest: dict[tuple[PersonId, str], CustomerAct] = {}
    for act in acts:
        newest[act.customer, act.asset] = act
    return list(newest.values())


def _until(act: CustomerAct, at: datetime) -> datetime:
    """When a quota has room again: as the refusal says, at most a day from now."""
    said = (act.refusal or {}).get("frees_at")
    frees = datetime.fromisoformat(str(said)) if said else at + LATER
    return min(max(frees, at), at + timedelta(days=1))


def _proof(left: Statement, found: Sequence[tuple[MoneyReturn, CustomerAct]]) -> dict[str, Any]:
    """What the audit log keeps: blocks with their hashes, zeroes, the sums that were returned."""
    returned: Counter[str] = Counter()
    custody: Counter[str] = Counter()
    people = set()
    for each, act in found:
        if act.state is ActState.DONE:
            people.add(each.customer)
            returned[act.asset] += act.amount
            custody[act.asset] += act.amount if each.way is Way.CUSTODY else 0
    return {
        "blocks": {each.chain: {"number": each.number, "hash": each.hash} for each in left.blocks},
        "outstanding": {asset: str(amount) for asset, amount in left.outstanding.items()},
        "wallets_asked": left.people,
        "people": len(people),
        "returned": {asset: str(amount) for asset, amount in returned.items()},
        "custody": {asset: str(amount) for asset, amount in custody.items()},
    }


def _enter(
    u: UnitOfWork, settlement: Settlement, kind: str, data: dict[str, Any], *, at: datetime
) -> None:
    u.audit.append(
        kind=kind,
        actor="system",
        subject=settlement.permit,
        data={"settlement": settlement.id, **data},
        at=at,
    )
