"""The ledgers of the trials as a rule pack reads them, for dry runs and for the watch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sandbox.domain.alerts.facts import Kind
from sandbox.domain.ledger import Movement
from sandbox.kit.errors import InvalidInput
from sandbox.services.alert_parties import parties_of
from sandbox.store import UnitOfWork

if TYPE_CHECKING:
    import polars as pl

MOST: Final = 100_000
"""Movements of one chain."""
TAGS: Final[Mapping[Kind, str]] = {Kind.MERCHANT: "merchant", Kind.ISSUER: "issuer"}
"""What a pack is told of a party."""


def movements_of(u: UnitOfWork, chain: str, until: datetime | None = None) -> Sequence[Movement]:
    """All that a chain's national token moved, in order.

    Args:
        u: a reading unit of work.
        chain: which.
        until: the last moment, UTC; the newest block that the explorer has, unless said.

    Raises:
        InvalidInput: ``alert_rules.ledger_too_large``.
    """
    index = u.explorer.cursor(chain)
    if index is None:
        return ()
    upto = index.block
    if until is not None:
        upto = min(upto, u.alert_watch.last_block_before(chain, until, -1))
    found = u.alert_watch.movements(chain, index.token, (-1, upto), MOST + 1)
    if len(found) > MOST:
        raise InvalidInput("alert_rules.ledger_too_large", limit=MOST)
    return found


def table_of(moved: Sequence[Movement]) -> pl.DataFrame:
    """Movements as a ledger, row by row; in each block they are numbered in its order.

    Args:
        moved: of ``movements_of``.
    """
    import polars as pl  # noqa: PLC0415 - the worker does without it until there is a pack

    seen = Counter[int]()
    numbers = []
    for each in moved:
        numbers.append(seen[each.block])
        seen[each.block] += 1
    return pl.DataFrame(
        {
            "block": [each.block for each in moved],
            "transaction": numbers,
            "log": [0] * len(moved),
            "payer": [each.payer for each in moved],
            "payee": [each.payee for each in moved],
            "amount": [str(each.amount) for each in moved],
            "time": [int(each.at.timestamp()) for each in moved],
        }
    )


def tags_of(u: UnitOfWork, moved: Sequence[Movement]) -> pl.DataFrame:
    """Merchants and the issuer among the parties, as a pack's side table.

    Args:
        u: a reading unit of work.
        moved: of ``movements_of``.
    """
    import polars as pl  # noqa: PLC0415

    sides = {side for each in moved for side in (each.payer, each.payee) if side}
    kinds = parties_of(u, sides).kinds
    rows = [(side, TAGS[kinds[side]]) for side in sorted(sides) if kinds.get(side) in TAGS]
    return pl.DataFrame(rows, schema=["account", "category"], orient="row")
