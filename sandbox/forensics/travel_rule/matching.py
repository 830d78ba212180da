"""Travel-rule messages joined to the transfers on a chain: complete, missing, late, mismatched.

Rules (ours, after FATF Recommendation 16 and its Interpretive Note; INR.15 paragraph 7 b):

1. A message is owed for each transfer of more than ``threshold`` from an account of one provider to
   an account of another. What stays inside one provider, or goes to or comes from an account of
   nobody (``unhosted``), owes none. The provider of who pays owes it.
2. A message belongs to one transfer. In four rounds, each over all transfers in their order that
   have none yet, a transfer takes of the messages that are left: (a) one with its hash and both
   accounts; (b) one without a hash, of the same providers, with both accounts, sent within
   ``window``; (c) one with its hash; (d) one without a hash, of the same providers and amount,
   within ``window``. Of several: the same amount before others, then the nearest in time, then the
   first by sender and id.
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
    **dict.fromkeys(("sender", "receiver", "message", "told_by", "status"), pl.String),
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
            time; ``sender`` and ``receiver``, the providers by the register; ``message``, its id,
            and ``told_by``, its sender; ``status``, ``why``; ``latency``, seconds from the transfer
            to the message (below 0: before it); ``originator`` and ``beneficiary``, the scores of
            the names.
        unused: sender and id of messages that belong to no transfer that owes one.
        unhosted: how many transfers above the threshold have an account of nobody.
        feed: as it was read.
        demands: as they were.
    """

    transfers: pl.DataFrame
    unused: tuple[tuple[str, str], ...]
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

    def key(self, round_: str) -> tuple[Any, ...]:
        """By what its message is looked for in a round."""
        ends = (self.sender, self.receiver)
        by: dict[str, tuple[Any, ...]] = {
            "hash and accounts": (self.hash, self.payer),
            "accounts": (*ends, self.payer),
            "hash": (self.hash,),
            "amount": (*ends, self.amount),
        }
        return by[round_]


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
    refused = {
        str(row["hash"]).lower(): row["code"] for row in feed.refused.to_dicts() if row["hash"]
    }
    taken, left = _taken(owed, feed.messages, asked.window)
    rows = [
        _judged(each, taken.get(place), holders, asked, refused.get(each.hash))
        for place, each in enumerate(owed)
    ]
    table = pl.DataFrame(rows, schema=_COLUMNS, orient="row")
    return Matched(table, left, unhosted, feed, asked)


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


def _taken(
    owed: list[_Transfer], messages: Iterable[Message], window: timedelta
) -> tuple[dict[int, Message], tuple[tuple[str, str], ...]]:
    """The message of each transfer that has one, by its place; and who is left. Rule 2."""
    left = {each.key: each for each in messages}
    taken: dict[int, Message] = {}
    for round_ in ("hash and accounts", "accounts", "hash", "amount"):
        known: dict[tuple[Any, ...], list[Message]] = defaultdict(list)
        for each in left.values():
            for key in _looked_up(round_, each):
                known[key].append(each)
        for place, one in enumerate(owed):
            if place not in taken:
                fitting = [e for e in known.get(one.key(round_), ()) if e.key in left]
                found = _nearest(one, fitting, round_, window)
                if found:
                    taken[place] = left.pop(found.key)
    return taken, tuple(left)


def _looked_up(round_: str, message: Message) -> list[tuple[Any, ...]]:
    """By what a message is found in a round: as ``_Transfer.key``; the payee is checked later."""
    ends = (message.sender, message.receiver)
    payers = accounts(message.originators)
    by: dict[str, list[tuple[Any, ...]]] = {}
    if message.hash:
        known = message.hash.lower()
        by["hash and accounts"] = [(known, payer) for payer in payers]
        by["hash"] = [(known,)]
    else:
        by["accounts"] = [(*ends, payer) for payer in payers]
        by["amount"] = [(*ends, message.units)]
    return by.get(round_, [])


def _nearest(
    one: _Transfer, fitting: Iterable[Message], round_: str, window: timedelta
) -> Message | None:
    """Of messages that were found for a transfer, the one that is meant."""

    def far(each: Message) -> timedelta:
        return abs(each.sent - one.time)

    meant = [
        each
        for each in fitting
        if ("hash" in round_ or far(each) <= window)
        and ("accounts" not in round_ or one.payee in accounts(each.beneficiaries))
    ]
    return min(
        meant, key=lambda each: (each.units != one.amount, far(each), each.key), default=None
    )


def _judged(
    one: _Transfer, found: Message | None, holders: _Holders, asked: Demands, refused: str | None
) -> tuple[Any, ...]:
    """A row of the result."""
    head = (*one.place, one.hash, one.payer, one.payee, one.amount, one.time)
    head = (*head, one.sender, one.receiver)
    if found is None:
        return (*head, None, None, "missing", [refused] if refused else [], None, None, None)
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
    return (
        *head,
        found.id,
        found.sender,
        status,
        [*why, *["late"] * late],
        latency,
        originator,
        beneficiary,
    )


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
