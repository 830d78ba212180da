"""What who acts may see of a case at the clock's moment, and how long there is to wait.

Rules:

1. The ledger as it moved up to that moment, and nothing of what is still to come: no transfer, no
   address that nobody has used yet, no tag of one, no report and no paper of later.
2. Waiting ends with the next letter, whatever it says; that there is none to come is said too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sandbox.forensics.acting.acts import Act
from sandbox.forensics.acting.clock import News, State, state
from sandbox.forensics.acting.moving import Row
from sandbox.forensics.acting.world import World
from sandbox.forensics.cases.addresses import ZERO
from sandbox.forensics.cases.case import Account, Public, Transaction

FURTHEST: Final = timedelta(days=60)
"""How long after the first report the clock goes on (ours)."""


def seen(public: Public, now: State) -> Public:
    """What may be seen at the moment of a state.

    Args:
        public: what may be seen at the end of the case, if nobody acts.
        now: what acts came to.
    """
    planned = now.world.transactions
    rows = tuple(_transaction(each, planned) for each in now.moving.rows)
    used = {address for each in rows for address in (each.payer, each.payee)}
    own = {now.world.wallet, now.world.reserve} & used
    known = {each.address for each in public.accounts}
    reports = (each for each in public.reports if each.moment <= now.now)
    return replace(
        public,
        transactions=rows,
        accounts=(
            *(each for each in public.accounts if each.address in used),
            *(Account(each, 0, 0) for each in sorted(own - known)),
        ),
        tags=tuple(each for each in public.tags if each.address in used),
        reports=tuple(
            each
            for each in reports
            if (
                *(each.transaction.ledger, each.transaction.block),
                each.transaction.index,
            )
            in now.moving.place
        ),
        papers=tuple(each for each in public.papers if each.moment <= now.now),
    )


def next_news(world: World, acts: Iterable[Act], clock: datetime) -> News | None:
    """The next thing that somebody will say, or None.

    Args:
        world: the case.
        acts: that were done.
        clock: the moment now.
    """
    later = state(world, acts, furthest(world))
    return next((each for each in later.news if each.moment > clock), None)


def furthest(world: World) -> datetime:
    """Where the clock ends."""
    return min(each.moment for each in world.reports) + FURTHEST


def _transaction(row: Row, planned: tuple[Transaction, ...]) -> Transaction:
    """A row as the public part has it; one of an act's has no gas of anybody's."""
    if row.planned >= 0:
        found = planned[row.planned]
        return replace(found, block=row.block, index=row.index, time=row.time)
    return Transaction(
        ledger=row.ledger,
        block=row.block,
        index=row.index,
        kind="redeem" if row.payee == ZERO else "transfer",
        payer=row.payer,
        payee=row.payee,
        amount=row.amount,
        time=row.time,
        gas=0,
        tip=0,
    )
