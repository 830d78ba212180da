"""What of a provider can be measured: from the ledger, messages, screening, reserves and alerts.

Rules:

1. What a source does not say is missing, never 0: a source that was not given; a provider that
   keeps no account in the register, or whose accounts nothing moved through; messages of a sender
   too few to be judged for signs, though some were owed.
2. Nothing to measure in a source that was looked at is 0 of 0 (no transfer owed a message).
3. Between accounts of one provider nothing counts; what is issued or destroyed counts for nothing.
4. Shares of value are whole minor units, shares of transfers and accounts are counts: exact.
5. ``unhosted``: of what entered or left, the part whose other account stands in no register.
   ``listed``: of what entered, the part paid by a listed account. ``near_threshold``: of transfers
   that left, those from four fifths of the threshold up to the threshold.
6. ``alerted``: of accounts through which something moved, those with an alert. ``backlog``: of
   alerts about the provider's accounts that are ``OLD`` or older at the moment, those without a
   decision by then.
7. ``missed_names``: of the customers whom screening would stop (verdict ``block``), those not told.
8. ``travel_wrong``: of transfers that owe a message, those ``missing`` or ``mismatched``;
   ``travel_late``: those, and those that are ``late``: so that a late message that is withheld
   lowers neither.
9. ``reserves``: 3 of ``short``, ``hidden``, ``negative``; 2 of ``dressed``, ``unsigned``; 1 of
   ``buffer``, ``window_open``; 0 of no finding. The worst counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from sandbox.forensics.accounts import ZERO, spelt
from sandbox.forensics.amounts import integers
from sandbox.forensics.provider_risk.errors import CannotRate
from sandbox.forensics.provider_risk.rating import Value
from sandbox.forensics.reserves.attestation import Reserves
from sandbox.forensics.travel_rule.matching import THRESHOLD, Matched
from sandbox.kit.errors import InvalidInput

OLD: Final = timedelta(days=3)
"""An alert of this age should be decided. Ours."""
_FINDINGS: Final = {
    **dict.fromkeys(("short", "hidden", "negative"), 3),
    **dict.fromkeys(("dressed", "unsigned"), 2),
    **dict.fromkeys(("buffer", "window_open"), 1),
}
_Figures = dict[str, Value | None]


@dataclass(frozen=True)
class Sources:
    """What a supervisor has; what is None is not known.

    Attributes:
        register: ``account``, ``provider``: which provider keeps which account.
        transfers: ``payer``, ``payee``, ``amount`` (minor units) of one token.
        listed: accounts on the supervisor's list of crimes.
        matched: what ``match`` gave.
        signs: what ``faked`` gave.
        hits: of the provider's customers, ``Screening.hits``.
        told: customer and entry of hits that the provider had reported.
        reserves: what ``check_reserves`` gave.
        alerts: ``account``, ``time``, ``decided`` (datetimes with a zone; empty: not decided).
        at: the moment at which alerts are judged, with a zone.
        threshold: minor units, of the travel rule.
    """

    register: pl.DataFrame
    transfers: pl.DataFrame | None = None
    listed: AbstractSet[str] | None = None
    matched: Matched | None = None
    signs: pl.DataFrame | None = None
    hits: pl.DataFrame | None = None
    told: AbstractSet[tuple[str, str]] = frozenset()
    reserves: Reserves | None = None
    alerts: pl.DataFrame | None = None
    at: datetime | None = None
    threshold: int = THRESHOLD


def figures(provider: str, sources: Sources) -> _Figures:
    """Measure a provider.

    Args:
        provider: as the register and the messages name it.
        sources: what there is.

    Returns:
        By indicator, all that are not a person's answers; None where it is missing.

    Raises:
        CannotRate: ``provider_risk.table_malformed``.
    """
    rows = _rows(sources.register, "register", "account", "provider")
    keepers = {spelt(account): keeper for account, keeper in rows}
    moves = None
    if sources.transfers is not None:
        moves = _moves(sources.transfers, keepers, provider)
    return {
        **_of_ledger(moves, keepers, sources),
        **_of_alerts(moves, keepers, provider, sources),
        **_of_messages(provider, sources),
        "missed_names": _missed(sources),
        "reserves": _reserves(sources.reserves),
    }


@dataclass(frozen=True)
class _Move:
    mine: str
    other: str
    amount: int
    into: bool


def _moves(table: pl.DataFrame, keepers: dict[str, str], provider: str) -> list[_Move] | None:
    """What entered or left the provider's accounts; nothing where nothing did."""
    rows = _rows(table, "transfers", "payer", "payee", "amount")
    try:
        amounts = integers(table["amount"]).tolist()
    except InvalidInput as error:
        raise CannotRate("provider_risk.table_malformed", name="transfers", columns="amount") from (
            error
        )
    found = []
    for (payer, payee, _), amount in zip(rows, amounts, strict=True):
        one, other = spelt(payer), spelt(payee)
        ends = keepers.get(one) == provider, keepers.get(other) == provider
        if ends[0] != ends[1] and ZERO not in (one, other):
            mine, far = (other, one) if ends[1] else (one, other)
            found.append(_Move(mine, far, int(amount), into=ends[1]))
    return found or None


def _of_ledger(moves: list[_Move] | None, keepers: dict[str, str], sources: Sources) -> _Figures:
    if moves is None:
        return dict.fromkeys(("unhosted", "listed", "near_threshold"))
    known = sources.listed
    listed = None if known is None else {spelt(each) for each in known}
    left = [each.amount for each in moves if not each.into]
    near = [each for each in left if 4 * sources.threshold <= 5 * each <= 5 * sources.threshold]
    strange = sum(each.amount for each in moves if each.other not in keepers)
    came = [each for each in moves if each.into]
    bad = None
    if listed is not None:
        dirty = sum(each.amount for each in came if each.other in listed)
        bad = Value(dirty, sum(each.amount for each in came))
    return {
        "unhosted": Value(strange, sum(each.amount for each in moves)),
        "listed": bad,
        "near_threshold": Value(len(near), len(left)),
    }


def _of_alerts(
    moves: list[_Move] | None, keepers: dict[str, str], provider: str, sources: Sources
) -> _Figures:
    found: _Figures = dict.fromkeys(("alerted", "backlog"))
    if sources.alerts is None:
        return found
    needed = ("account", "time", "decided")
    rows = list(_rows(sources.alerts, "alerts", *needed, empty="decided"))
    mine = [row for row in rows if keepers.get(spelt(row[0])) == provider]
    if moves is not None:
        active = {each.mine for each in moves}
        found["alerted"] = Value(len(active & {spelt(row[0]) for row in mine}), len(active))
    if sources.at is not None and moves is not None:
        found["backlog"] = _backlog(mine, sources.at)
    return found


def _backlog(mine: list[tuple[Any, ...]], at: datetime) -> Value:
    times = [each for row in mine for each in row[1:] if each is not None]
    if any(not isinstance(each, datetime) or each.tzinfo is None for each in (at, *times)):
        raise CannotRate("provider_risk.table_malformed", name="alerts", columns="time, decided")
    old = [row for row in mine if at - row[1] >= OLD]
    return Value(sum(row[2] is None or row[2] > at for row in old), len(old))


def _of_messages(provider: str, sources: Sources) -> _Figures:
    found: _Figures = dict.fromkeys(("travel_wrong", "travel_late", "made_up"))
    if sources.matched is None:
        return found
    mine = sources.matched.transfers.filter(pl.col("sender") == provider)["status"]
    wrong = int(mine.is_in(["missing", "mismatched"]).sum())
    found["travel_wrong"] = Value(wrong, len(mine))
    found["travel_late"] = Value(wrong + int((mine == "late").sum()), len(mine))
    if sources.signs is not None:
        signs = sources.signs.filter(pl.col("provider") == provider)["sign"]
        judged = len(signs) > 0 or len(mine) == 0
        found["made_up"] = Value(int(signs.sum())) if judged else None
    return found


def _missed(sources: Sources) -> Value | None:
    if sources.hits is None:
        return None
    rows = _rows(sources.hits, "hits", "customer", "entry", "verdict")
    stopped: dict[str, bool] = {}
    for customer, entry, verdict in rows:
        if verdict == "block":
            told = (customer, entry) in sources.told
            stopped[customer] = stopped.get(customer, True) and told
    return Value(sum(not told for told in stopped.values()), len(stopped))


def _reserves(found: Reserves | None) -> Value | None:
    if found is None:
        return None
    return Value(max((_FINDINGS[each] for each in found.findings), default=0))


def _rows(
    table: pl.DataFrame, name: str, *columns: str, empty: str = ""
) -> Iterator[tuple[Any, ...]]:
    """Rows of a table, in these columns."""
    there = set(columns) <= set(table.columns)
    if not there or any(table[each].null_count() for each in columns if each != empty):
        raise CannotRate("provider_risk.table_malformed", name=name, columns=", ".join(columns))
    return table.select(columns).iter_rows()
