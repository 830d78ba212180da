"""Travel-rule messages joined to the transfers on a chain: complete, missing, late, mismatched.

Rules (ours, after FATF Recommendation 16 and its Interpretive Note; INR.15 paragraph 7 b):

1. A message is owed for each transfer of more than ``threshold`` from an account of one provider to
   an account of another. What stays inside one provider, or goes to or comes from an account of
   nobody (``unhosted``), owes none. The provider of who pays owes it.
2. A message belongs to one transfer. Transfers in their order take, of the messages that are left:
   first the one with their hash; else, of those without a hash, one with both accounts and the
   same providers that was sent within ``window``: with the same amount before others, then the
   nearest in time, then by id; else one of the same providers and amount, within ``window``.
3. ``missing``: no message; or one with its hash that was refused (its error stands in ``why``).
4. ``mismatched``: something in the message is not as on the chain or in the register of accounts:
   ``amount``, ``payer_account``, ``payee_account``, ``sender``, ``receiver``, ``originator_name``,
   ``beneficiary_name``. A name fits from ``name`` on, by the score of name screening; without a
   registered name it is not judged.
5. ``late``: sent later than ``delay`` after the transfer. Else ``complete``. What is mismatched and
   late is ``mismatched``, with both in ``why``.

Sources: "more than USD/EUR 1,000": INR.15; 85,000 KGS for it is to be confirmed; "immediately" (at
or before the transfer): INR.15 paragraph 7 b. Window and name score are ours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from sandbox.forensics.accounts import spelt
from sandbox.forensics.amounts import integers
from sandbox.forensics.errors import CannotMatch
from sandbox.forensics.ledger import PLACE
from sandbox.forensics.moments import in_utc
from sandbox.forensics.screening.comparing import compare
from sandbox.forensics.travel_rule.messages import Feed, Message, accounts, names
from sandbox.kit.errors import InvalidInput

THRESHOLD: Final = 85_000 * 10**18
"""More than this owes a message: 85,000 KGST. To be confirmed."""
_NEEDED: Final = (*PLACE, "payer", "payee", "amount", "time", "hash")
_COLUMNS: Final[dict[str, Any]] = {
    **dict.fromkeys(PLACE, pl.Int64),
    **dict.fromkeys(("hash", "payer", "payee"), pl.String),
    "amount": pl.Int128,
    "time": pl.Datetime("us", "UTC"),
    **dict.fromkeys(("sender", "receiver", "message", "status"), pl.String),
    "why": pl.List(pl.String),
    **dict.fromkeys(("latency", "originator", "beneficiary"), pl.Float64),
}


@dataclass(frozen=True)
class Demands:
    """What is asked of messages.

    Attributes:
        threshold: minor units; more owes a message.
        delay: how long after the transfer a message may be sent.
        window: how far apart a message without a hash and its transfer may be.
        name: the score from which on a name fits, above 0 to 1.
    """

    threshold: int = THRESHOLD
    delay: timedelta = timedelta(0)
    window: timedelta = timedelta(hours=24)
    name: float = 0.9

    def __post_init__(self) -> None:
        times = min(self.delay, self.window) >= timedelta(0)
        if not (self.threshold >= 0 and times and 0 < self.name <= 1):
            raise CannotMatch("travel.demands_malformed")


@dataclass(frozen=True)
class Matched:
    """Transfers and what was told of them.

    Attributes:
        transfers: a row for each transfer that owes a message: its place, hash, accounts, amount,
            time; ``sender`` and ``receiver``, the providers by the register; ``message``, its id;
            ``status``, ``why``; ``latency``, seconds from the transfer to the message (below 0:
            before it); ``originator`` and ``beneficiary``, the scores of the names.
        unused: ids of messages that belong to no transfer that owes one.
        unhosted: how many transfers above the threshold have an account of nobody.
        feed: as it was read.
        demands: as they were.
    """

    transfers: pl.DataFrame
    unused: tuple[str, ...]
    unhosted: int
    feed: Feed
    demands: Demands


@dataclass(frozen=True)
class _Transfer:
    place: tuple[int, ...]
    hash: str
    payer: str
    payee: str
    amount: int
    time: datetime
    sender: str
    receiver: str


def match(
    transfers: pl.DataFrame,
    register: pl.DataFrame,
    feed: Feed,
    demands: Demands | None = None,
) -> Matched:
    """Join transfers with messages.

    Args:
        transfers: ``block``, ``transaction``, ``log``, ``payer``, ``payee``, ``amount`` (minor
            units), ``time`` (datetimes; without a zone: UTC), ``hash``; in any order.
        register: ``account``, ``provider``, perhaps ``name`` (who holds it); each account once.
        feed: the messages.
        demands: as shipped, if nothing else is given.

    Raises:
        CannotMatch: ``travel.transfers_malformed``, ``travel.register_malformed``.
    """
    asked = demands or Demands()
    holders = _register(register)
    owed, unhosted = _owed(transfers, holders, asked.threshold)
    left = _Messages(feed.messages)
    refused = {
        str(row["hash"]).lower(): row["code"] for row in feed.refused.to_dicts() if row["hash"]
    }
    rows = []
    for each in owed:
        found = left.take(each, asked.window)
        rows.append(_judged(each, found, holders, asked, refused.get(each.hash)))
    table = pl.DataFrame(rows, schema=_COLUMNS, orient="row")
    return Matched(table, left.ids(), unhosted, feed, asked)


_Holders = dict[str, tuple[str, str | None]]


def _register(register: pl.DataFrame) -> _Holders:
    texts = all(register.schema.get(each) == pl.String for each in ("account", "provider"))
    if not texts or register.select("account", "provider").null_count().sum_horizontal()[0]:
        raise CannotMatch("travel.register_malformed")
    known = register["name"] if "name" in register.columns else [None] * len(register)
    rows = zip(register["account"], register["provider"], known, strict=True)
    holders = {spelt(account): (provider, name) for account, provider, name in rows}
    if len(holders) < len(register):
        raise CannotMatch("travel.register_malformed")
    return holders


def _owed(table: pl.DataFrame, holders: _Holders, threshold: int) -> tuple[list[_Transfer], int]:
    """Transfers that owe a message, in their order; and how many have an account of nobody."""
    timed = in_utc(table) if all(name in table.columns for name in _NEEDED) else None
    if timed is None:
        raise CannotMatch("travel.transfers_malformed")
    ordered = timed.select(_NEEDED).sort(PLACE)
    try:
        amounts = integers(ordered["amount"]).tolist()
    except InvalidInput as error:
        raise CannotMatch("travel.transfers_malformed") from error
    if ordered.null_count().sum_horizontal().sum():
        raise CannotMatch("travel.transfers_malformed")
    owed, unhosted = [], 0
    for row, amount in zip(ordered.iter_rows(named=True), amounts, strict=True):
        if amount <= threshold:
            continue
        payer, payee = spelt(row["payer"]), spelt(row["payee"])
        if payer not in holders or payee not in holders:
            unhosted += payer in holders or payee in holders
            continue
        (sender, _), (receiver, _) = holders[payer], holders[payee]
        if sender != receiver:
            place = tuple(row[each] for each in PLACE)
            known = (row["hash"].lower(), payer, payee, amount, row["time"], sender, receiver)
            owed.append(_Transfer(place, *known))
    return owed, unhosted


class _Messages:
    """Messages that no transfer has taken yet."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._left = {each.id: each for each in messages}
        self._by: dict[tuple[Any, ...], list[Message]] = defaultdict(list)
        for each in self._left.values():
            if each.hash:
                self._by["hash", each.hash.lower()].append(each)
                continue
            providers = (each.sender, each.receiver)
            self._by["amount", *providers, each.units].append(each)
            for payer in accounts(each.originators):
                for payee in accounts(each.beneficiaries):
                    self._by["accounts", *providers, payer, payee].append(each)

    def take(self, one: _Transfer, window: timedelta) -> Message | None:
        """The message of a transfer, by the module's second rule."""
        providers = (one.sender, one.receiver)
        near = timedelta.max
        for key, most in (
            (("hash", one.hash), near),
            (("accounts", *providers, one.payer, one.payee), window),
            (("amount", *providers, one.amount), window),
        ):
            fitting = [
                each
                for each in self._by.get(key, ())
                if each.id in self._left and abs(each.sent - one.time) <= most
            ]
            if fitting:
                best = min(
                    fitting,
                    key=lambda each: (each.units != one.amount, abs(each.sent - one.time), each.id),
                )
                return self._left.pop(best.id)
        return None

    def ids(self) -> tuple[str, ...]:
        """Who is left."""
        return tuple(self._left)


def _judged(
    one: _Transfer, found: Message | None, holders: _Holders, asked: Demands, refused: str | None
) -> tuple[Any, ...]:
    """A row of the result."""
    head = (*one.place, one.hash, one.payer, one.payee, one.amount, one.time)
    head = (*head, one.sender, one.receiver)
    if found is None:
        return (*head, None, "missing", [refused] if refused else [], None, None, None)
    originator = _score(names(found.originators), holders[one.payer][1])
    beneficiary = _score(names(found.beneficiaries), holders[one.payee][1])
    latency = (found.sent - one.time).total_seconds()
    wrong = {
        "amount": found.units != one.amount,
        "payer_account": one.payer not in accounts(found.originators),
        "payee_account": one.payee not in accounts(found.beneficiaries),
        "sender": found.sender != one.sender,
        "receiver": found.receiver != one.receiver,
        "originator_name": originator is not None and originator < asked.name,
        "beneficiary_name": beneficiary is not None and beneficiary < asked.name,
    }
    why = [name for name, holds in wrong.items() if holds]
    late = found.sent - one.time > asked.delay
    status = "mismatched" if why else "late" if late else "complete"
    return (*head, found.id, status, [*why, *["late"] * late], latency, originator, beneficiary)


def _score(told: Iterable[str], registered: str | None) -> float | None:
    """The best score of the names that were told; nothing where no name is registered."""
    if not registered:
        return None
    return max(_compared(each, registered) for each in told)


def _compared(told: str, registered: str) -> float:
    try:
        return compare(told, registered).score
    except InvalidInput:  # not in letters that can be compared
        return float(told.casefold() == registered.casefold())
