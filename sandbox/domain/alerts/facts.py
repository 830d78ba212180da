"""What the alert rules are given: payments, refusals, who the parties are, when one slept.

>>> Activity(DAY0, DAY0).moved(DAY0 + timedelta(days=40)).idle
3456000
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

DAY0: Final = datetime(2026, 1, 1, tzinfo=UTC)
SHORTEST_SLEEP: Final = timedelta(days=1)
"""A pause that is shorter is not kept: the shortest that a rule set may ask for."""


class Kind(StrEnum):
    """Who a party of a payment is."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    TEAM = "team"
    SETTLEMENT = "settlement"
    ISSUER = "issuer"
    OTHER = "other"
    """A contract, or an address that no permit has registered."""


WATCHED: Final = (Kind.CUSTOMER, Kind.MERCHANT, Kind.TEAM)
"""Kinds that an alert can be about."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A movement of the national money that the token logged.

    Attributes:
        block: where it is.
        order: grows in the order of the ledger.
        at: time of the block, UTC.
        payer: address, lower case.
        payee: likewise.
        amount: minor units of the asset.
        hash: of the transaction.
    """

    block: int
    order: int
    at: datetime
    payer: str
    payee: str
    amount: int
    hash: str


@dataclass(frozen=True, slots=True)
class Denied:
    """A refused request.

    Attributes:
        seq: the gateway's number.
        permit: whose request it was.
        sender: address; empty when it is not known.
        at: when, UTC.
        clause: which condition said no.
        count: how many equal ones this record stands for.
        hash: of the transaction, if there is one.
    """

    seq: int
    permit: str
    sender: str
    at: datetime
    clause: str
    count: int = 1
    hash: str | None = None


def count_of(raw: Mapping[str, object] | None) -> int:
    """How many equal refusals a kept record stands for.

    >>> count_of({"count": 3}), count_of({"count": "3"}), count_of(None)
    (3, 1, 1)
    """
    count = dict(raw or {}).get("count")
    return count if type(count) is int and count > 0 else 1


@dataclass(frozen=True, slots=True)
class Tally:
    """One thing that a day left behind about a permit: an event, a daily sum, or a level.

    Attributes:
        at: when; for a sum or a level the end of its day, UTC.
        what: its name, such as ``complaint``.
        value: a whole number of ``unit``.
        of: whose it is: a person, a chain.
        ref: the number of the record behind it; empty for sums and levels.
        unit: ``count``, ``percent`` or ``amount`` (tyiyn).
    """

    at: datetime
    what: str
    value: int = 1
    of: str = ""
    ref: str = ""
    unit: str = "count"


@dataclass(frozen=True, slots=True)
class Activity:
    """When an address was active, folded from its payments in order.

    Attributes:
        first: its first payment.
        last: its newest payment.
        woke: the payment that ended its newest pause of a day or more.
        idle: seconds of that pause; 0 for none.
    """

    first: datetime
    last: datetime
    woke: datetime | None = None
    idle: int = 0

    def moved(self, at: datetime) -> Activity:
        """The same after one more payment at ``at``, which is not before the last."""
        pause = at - self.last
        if pause < SHORTEST_SLEEP:
            return replace(self, last=at)
        return replace(self, last=at, woke=at, idle=int(pause.total_seconds()))


@dataclass(frozen=True, slots=True)
class Figure:
    """One counted value of an alert.

    Attributes:
        name: what was counted.
        value: a whole number.
        unit: ``count``, ``amount`` (minor units), ``percent`` or ``days``.
    """

    name: str
    value: int
    unit: str = "count"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a rule measured of one party.

    Attributes:
        value: compared with the bands.
        evidence: the payments, refusals or tallies that were counted, in order.
        figures: what else was counted.
    """

    value: int
    evidence: Sequence[Payment | Denied | Tally]
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Look:
    """What a rule sees: one party at the end of one block.

    Attributes:
        subject: the party's address.
        until: time of the block.
        payments: of the party in ``(until - window, until]``, in the ledger's order.
        settings: the rule's parameters by name.
        unit: minor units of the asset in one tyiyn.
        kinds: who the parties are; an address that is not in it is ``OTHER``.
        activity: of the party, this block included.
    """

    subject: str
    until: datetime
    payments: Sequence[Payment]
    settings: Mapping[str, int]
    unit: int = 1
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    activity: Activity | None = None

    def money(self, name: str) -> int:
        """A parameter in tyiyn as minor units of the asset."""
        return self.settings[name] * self.unit

    @property
    def paid(self) -> list[Payment]:
        """What the party paid to others."""
        return [each for each in self.payments if each.payer == self.subject != each.payee]

    @property
    def received(self) -> list[Payment]:
        """What the party received from others."""
        return [each for each in self.payments if each.payee == self.subject != each.payer]


@dataclass(frozen=True)
class Standing:
    """What a rule about permits sees: one permit at the end of one day.

    Attributes:
        permit: its number.
        until: the end of the day.
        tallies: up to ``until``, by time.
        settings: the rule's parameters by name.
    """

    permit: str
    until: datetime
    tallies: Sequence[Tally]
    settings: Mapping[str, int]

    def within(self, what: str) -> list[Tally]:
        """The tallies of a name in ``(until - window, until]``."""
        since = self.until - timedelta(minutes=self.settings["window"])
        named = (each for each in self.tallies if each.what == what)
        return [each for each in named if since < each.at <= self.until]

    def level(self, what: str) -> list[Tally]:
        """The newest tally of each ``of`` of a name, however old."""
        found: dict[str, Tally] = {}
        for each in self.tallies:
            if each.what == what and each.at <= self.until:
                found[each.of] = each
        return list(found.values())
