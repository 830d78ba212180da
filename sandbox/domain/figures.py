"""The figures of a permit for a period: pure functions of what journal, index and log hold.

Rules:

1. The same facts give the same figures, whenever they are computed: nothing here reads a clock,
   a store or a chain, and what happened after the period's end plays no part.
2. A payment is a movement whose payer is a customer of the permit, as in the charts
   (``alerts.hours``, rule 1). Its amount is volume, redemption too: money leaves a
   customer.
3. What customers hold is what they received less what they paid, from the ledger's beginning on.
4. A peak is the greatest value at any moment of the period, its beginning included. Windows slide
   exactly: at a moment ``t`` the last 24 hours are ``(t - 24 h, t]``. The Supervisor counts in
   buckets that free late, so it may have held more against the limit, never less.
5. The median of an even number of payments is the lower of the two in the middle: a figure that
   was really paid.
6. What cannot be known is None, never zero.

>>> from datetime import UTC
>>> at = datetime(2026, 1, 1, tzinfo=UTC)
>>> median([5, 1, 9, 7])
5
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sandbox.domain.alerts.facts import Payment
from sandbox.domain.ledger import ZERO
from sandbox.domain.periods import Period
from sandbox.domain.terms import AssetTerms, Terms
from sandbox.domain.words import MemberKind
from sandbox.kit.money import NO_LIMIT, limit_to_json

DAY: Final = timedelta(days=1)
WINDOWS: Final[Mapping[str, timedelta]] = {
    "window_volume": DAY,
    "week_volume": 7 * DAY,
    "month_volume": 30 * DAY,
}
"""The limits of volume and how far each looks back."""
LONGEST: Final = max(WINDOWS.values())
ACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "suspensions": ("file.suspend", "file.sponsor_gone"),
    "halts": ("file.halt",),
    "reinstatements": ("file.reinstate", "file.lift_automatic"),
    "variations": ("file.vary", "file.tighten", "file.extend", "file.change_sponsor"),
    "contracts_approved": ("review.in_force",),
    "contracts_withdrawn": ("review.withdrawn", "review.lapsed"),
    "complaints_received": ("complaint.filed",),
    "complaints_answered": ("complaint.answered",),
    "complaints_escalated": ("complaint.escalated",),
    "complaints_closed": ("complaint.closed",),
}
"""Figures that count entries of the audit log, and which kinds."""
JOINED, LEFT = "permit.customer_registered", "permit.customer_released"
KINDS: Final = frozenset({JOINED, LEFT}.union(*ACTS.values()))
"""Every kind of the audit log that a figure counts."""


class Unit(StrEnum):
    """What a figure counts."""

    COUNT = "count"
    MONEY = "money"


class Section(StrEnum):
    """Where a figure stands."""

    PEOPLE = "people"
    MONEY = "money_of_customers"
    LIMITS = "limits"
    REFUSALS = "refusals"
    COMPLAINTS = "complaints"
    INCIDENTS = "incidents"
    ACTS = "acts"
    CONTRACTS = "contracts"


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        section: where it stands.
        name: what it is.
        about: the clause it is about; empty for none.
        asset: which money; empty for counts.
        value: minor units or a count; None when it cannot be known.
        end: for a limit: the value at the period's end; ``value`` is its peak.
        limit: for a limit: as JSON has it, a decimal string or ``no limit``.
    """

    section: Section
    name: str
    value: int | None
    about: str = ""
    asset: str = ""
    end: int | None = None
    limit: str | None = None

    @property
    def key(self) -> str:
        """Its name among the figures of a report."""
        return ".".join(part for part in (self.name, self.about, self.asset) if part)

    @property
    def unit(self) -> Unit:
        """What it counts."""
        return Unit.MONEY if self.asset else Unit.COUNT

    def as_dict(self) -> dict[str, Any]:
        """JSON; numbers as decimal strings."""
        found = {"section": self.section.value, "name": self.name, "value": _text(self.value)}
        more = {"about": self.about, "asset": self.asset, "limit": self.limit}
        found |= {name: value for name, value in more.items() if value}
        return found | ({"end": str(self.end)} if self.end is not None else {})

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Figure:
        """As ``as_dict`` gave it."""
        return cls(
            section=Section(data["section"]),
            name=data["name"],
            value=_number(data["value"]),
            about=data.get("about", ""),
            asset=data.get("asset", ""),
            end=_number(data.get("end")),
            limit=data.get("limit"),
        )


@dataclass(frozen=True)
class Event:
    """An entry of the audit log about the permit."""

    at: datetime
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """A transaction under the permit. ``gas``: its limit; ``created``: it deployed a contract."""

    at: datetime
    gas: int
    succeeded: bool
    created: bool


@dataclass(frozen=True)
class Facts:
    """What the figures are computed from; whatever is later than the period is not looked at.

    Attributes:
        terms: in force at the period's end; None when there were none.
        people: customers and merchants by wallet, lower case.
        payments: by asset: every movement of these people from the beginning, in the
            ledger's order.
        sent: transactions from a day before the period on, by time.
        refusals: ``(when, clause, how many)``.
        events: entries of :data:`KINDS` from the beginning, in order.
        incidents: ``(reported, closed or None)``.
    """

    period: Period
    terms: Terms | None
    people: Mapping[str, MemberKind]
    payments: Mapping[str, Sequence[Payment]]
    sent: Sequence[Sent] = ()
    refusals: Sequence[tuple[datetime, str, int]] = ()
    events: Sequence[Event] = ()
    incidents: Sequence[tuple[datetime, datetime | None]] = ()


def compute(facts: Facts) -> tuple[Figure, ...]:
    """Every figure of a report, in the order in which it shows them."""
    parts: tuple[Callable[[Facts], Iterable[Figure]], ...] = (
        _people,
        _money,
        _limits,
        _refusals,
        _complaints,
        _incidents,
        _acts,
    )
    return tuple(figure for part in parts for figure in part(facts))


def _people(facts: Facts) -> Iterable[Figure]:
    period = facts.period
    for kind in (MemberKind.CUSTOMER, MemberKind.MERCHANT):
        own = [
            each
            for each in facts.events
            if facts.people.get(str(each.data.get("wallet", "")).lower()) is kind
        ]
        joined = [each.at for each in own if each.kind == JOINED and each.at < period.end]
        left = [each.at for each in own if each.kind == LEFT and each.at < period.end]
        start = _until(joined, period.start) - _until(left, period.start)
        for name, value in (
            ("start", start),
            ("new", sum(map(period.covers, joined))),
            ("left", sum(map(period.covers, left))),
            ("end", len(joined) - len(left)),
        ):
            yield Figure(Section.PEOPLE, f"{kind.value}s_{name}", value)


def _money(facts: Facts) -> Iterable[Figure]:
    for asset, moved in facts.payments.items():
        gave = [each for each in _paid(facts, moved) if facts.period.covers(each.at)]
        paid = [each.amount for each in gave if each.payee != ZERO]
        home = [each.amount for each in gave if each.payee == ZERO]
        until = [each for each in moved if each.at < facts.period.end]
        held = sum(_change(facts, each, MemberKind.CUSTOMER) for each in until)
        yield Figure(Section.MONEY, "payments", len(paid), about=asset)
        yield Figure(Section.MONEY, "redemptions", len(home), about=asset)
        for name, value in (
            ("volume", sum(paid)),
            ("redeemed", sum(home)),
            ("largest_payment", max(paid, default=0)),
            ("median_payment", median(paid)),
            ("held_at_end", held),
        ):
            yield Figure(Section.MONEY, name, value, asset=asset)


def _limits(facts: Facts) -> Iterable[Figure]:
    if facts.terms is None:
        return
    for terms in facts.terms.assets:
        moved = [each for each in facts.payments.get(terms.asset, ()) if each.at < facts.period.end]
        yield from _volumes(facts, terms, moved)
        yield from _holdings(facts, terms, moved)
    for name, weight in (
        ("transactions_per_day", lambda _each: 1),
        ("gas_per_day", lambda each: each.gas),
    ):
        peak, end = rolling([(each.at, weight(each)) for each in facts.sent], DAY, facts.period)
        limit = limit_to_json(getattr(facts.terms.load, name))
        yield Figure(Section.LIMITS, "use", peak, about=name, end=end, limit=limit)


def _volumes(facts: Facts, terms: AssetTerms, moved: Sequence[Payment]) -> Iterable[Figure]:
    paid = _paid(facts, moved)
    for clause, window in WINDOWS.items():
        limit = limit_to_json(getattr(terms, clause))
        if getattr(terms, clause) == NO_LIMIT and clause != "window_volume":
            continue
        peak, end = rolling([(each.at, each.amount) for each in paid], window, facts.period)
        yield _use(clause, terms.asset, peak, end, limit)
    sums: Counter[tuple[str, str]] = Counter()
    for each in paid:
        if facts.period.covers(each.at):
            sums[each.hash, each.payer] += each.amount
    limit = limit_to_json(terms.per_transaction)
    yield _use("per_transaction", terms.asset, max(sums.values(), default=0), None, limit)


def _holdings(facts: Facts, terms: AssetTerms, moved: Sequence[Payment]) -> Iterable[Figure]:
    changes = [(each.at, _change(facts, each, MemberKind.CUSTOMER)) for each in moved]
    peak, end = level(changes, facts.period)
    cap = limit_to_json(terms.outstanding_cap)
    yield _use("outstanding_cap", terms.asset, peak, end, cap)
    own: dict[str, list[tuple[datetime, int]]] = {}
    for each in moved:
        own.setdefault(each.payer, []).append((each.at, -each.amount))
        own.setdefault(each.payee, []).append((each.at, each.amount))
    for clause, kind in (
        ("customer_cap", MemberKind.CUSTOMER),
        ("merchant_cap", MemberKind.MERCHANT),
    ):
        levels = [
            level(own.get(wallet, ()), facts.period)
            for wallet, held in facts.people.items()
            if held is kind
        ]
        peak = max((each[0] for each in levels), default=0)
        end = max((each[1] for each in levels), default=0)
        yield _use(clause, terms.asset, peak, end, limit_to_json(getattr(terms, clause)))


def _use(clause: str, asset: str, peak: int, end: int | None, limit: str) -> Figure:
    return Figure(Section.LIMITS, "use", peak, about=clause, asset=asset, end=end, limit=limit)


def _refusals(facts: Facts) -> Iterable[Figure]:
    found: Counter[str] = Counter()
    for at, clause, count in facts.refusals:
        if facts.period.covers(at):
            found[clause] += count
    yield Figure(Section.REFUSALS, "refusals_all", found.total())
    for clause, count in sorted(found.items(), key=lambda each: (-each[1], each[0])):
        yield Figure(Section.REFUSALS, "refusals", count, about=clause)


def _complaints(facts: Facts) -> Iterable[Figure]:
    for name in ("received", "answered", "escalated", "closed"):
        value = len(_happened(facts, f"complaints_{name}"))
        yield Figure(Section.COMPLAINTS, f"complaints_{name}", value)
        if name == "escalated":
            late = [
                each
                for each in _happened(facts, "complaints_escalated")
                if each.data.get("why") == "overdue"
            ]
            yield Figure(Section.COMPLAINTS, "complaints_overdue", len(late))
    until = [each for each in facts.events if each.at < facts.period.end]
    filed = {each.data.get("complaint") for each in until if each.kind == "complaint.filed"}
    closed = {each.data.get("complaint") for each in until if each.kind == "complaint.closed"}
    yield Figure(Section.COMPLAINTS, "complaints_open_at_end", len(filed - closed))


def _incidents(facts: Facts) -> Iterable[Figure]:
    period = facts.period
    reported = sum(period.covers(at) for at, _ in facts.incidents)
    still = sum(
        at < period.end and (closed is None or closed >= period.end)
        for at, closed in facts.incidents
    )
    yield Figure(Section.INCIDENTS, "incidents_reported", reported)
    yield Figure(Section.INCIDENTS, "incidents_open_at_end", still)


def _acts(facts: Facts) -> Iterable[Figure]:
    for name in ("suspensions", "halts", "reinstatements", "variations"):
        yield Figure(Section.ACTS, name, len(_happened(facts, name)))
    sent = [each for each in facts.sent if facts.period.covers(each.at)]
    made = sum(each.created and each.succeeded for each in sent)
    yield Figure(Section.CONTRACTS, "contracts_deployed", made)
    for name in ("contracts_approved", "contracts_withdrawn"):
        yield Figure(Section.CONTRACTS, name, len(_happened(facts, name)))
    yield Figure(Section.CONTRACTS, "transactions", len(sent))
    failed = sum(not each.succeeded for each in sent)
    yield Figure(Section.CONTRACTS, "transactions_failed", failed)


def _happened(facts: Facts, name: str) -> list[Event]:
    return [
        each for each in facts.events if each.kind in ACTS[name] and facts.period.covers(each.at)
    ]


def _paid(facts: Facts, moved: Sequence[Payment]) -> list[Payment]:
    return [each for each in moved if facts.people.get(each.payer) is MemberKind.CUSTOMER]


def _change(facts: Facts, each: Payment, kind: MemberKind) -> int:
    """What a movement adds to what people of a kind hold together."""
    came = facts.people.get(each.payee) is kind
    went = facts.people.get(each.payer) is kind
    return each.amount * (came - went)


def rolling(
    amounts: Sequence[tuple[datetime, int]], window: timedelta, period: Period
) -> tuple[int, int]:
    """The peak and the last value of a sliding sum within a period.

    Args:
        amounts: by time; those of the window before the period among them.
        window: how far back the sum reaches.
        period: which moments are looked at.

    Returns:
        The peak, and the sum at the period's end.
    """
    until = [each for each in amounts if each[0] < period.end]
    first = place = total = 0

    def at_moment(moment: datetime) -> int:
        nonlocal first, place, total
        while place < len(until) and until[place][0] <= moment:
            total += until[place][1]
            place += 1
        while first < place and until[first][0] <= moment - window:
            total -= until[first][1]
            first += 1
        return total

    peak = at_moment(period.start)
    for at, _ in until:
        if at > period.start:
            peak = max(peak, at_moment(at))
    return peak, at_moment(period.end)


def level(changes: Sequence[tuple[datetime, int]], period: Period) -> tuple[int, int]:
    """The peak and the last value of what was held; equal moments are one moment.

    Args:
        changes: by time, from the beginning.
        period: which moments are looked at.
    """
    held = sum(change for at, change in changes if at < period.start)
    peak = held
    inside = [each for each in changes if period.covers(each[0])]
    for place, (at, change) in enumerate(inside):
        held += change
        later = inside[place + 1][0] if place + 1 < len(inside) else None
        if later != at:
            peak = max(peak, held)
    return peak, held


def median(amounts: Sequence[int]) -> int:
    """The middle one; the lower of two; 0 of none."""
    return sorted(amounts)[(len(amounts) - 1) // 2] if amounts else 0


def _until(moments: Iterable[datetime], at: datetime) -> int:
    return sum(each < at for each in moments)


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
