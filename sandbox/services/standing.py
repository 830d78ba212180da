"""How permits stand: their days from the explorer's index, and the rules about permits, daily.

Rules:

1. Days follow the index in whole blocks, once each: rows and cursor are one transaction.
2. A rule looks at a day once it is over and the index is followed up to its end, an hour later at
   the earliest; days that the worker missed are looked at one by one, as they ended.
3. What rules are given comes from :data:`SOURCES`; the live look and the dry run ask the same.
4. Alerts are found as elsewhere (``alert_watch``), by the rule set in force at the day's end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.alerts.complaint_rate import COMPLAINT, PAYMENTS
from sandbox.domain.alerts.engine import Finding, day_number, watch_permits
from sandbox.domain.alerts.facts import Kind, Payment, Tally
from sandbox.domain.alerts.loss_cap import TAKEN, UNCOVERED
from sandbox.domain.alerts.overdue_report import OVERDUE
from sandbox.domain.alerts.permit_days import PermitDay, Role, Roles, day_end, fold
from sandbox.domain.alerts.reserve_shortfall import COVERED, HELD, RESERVE
from sandbox.domain.alerts.rule import About
from sandbox.domain.alerts.rule_set import RuleSet
from sandbox.domain.supervision import RuleVersions, SettingKind
from sandbox.kit.errors import IntegrityFailure
from sandbox.kit.ids import ChainName
from sandbox.services.alert_parties import Parties, parties_of
from sandbox.services.alert_watch import keep, next_payments, unit_of
from sandbox.services.desk_limits import watch_limits
from sandbox.services.drills import run_drills
from sandbox.services.explorer_follow import CHAINS
from sandbox.services.loops import Loop
from sandbox.services.publication import Desk
from sandbox.store import UnitOfWork
from sandbox.store.alerts import Cursor

STREAM: Final = "permits"
SETTLES: Final = timedelta(hours=1)
"""How long after a day's end its figures are taken as whole."""
DAY: Final = timedelta(days=1)
_ROLES: Final = {
    Kind.CUSTOMER: Role.CUSTOMER,
    Kind.MERCHANT: Role.MERCHANT,
    Kind.TEAM: Role.TEAM,
    Kind.SETTLEMENT: Role.SETTLEMENT,
}
Source = Callable[[UnitOfWork, datetime, datetime], Iterable[tuple[str, Tally]]]
"""Tallies by permit: events and daily sums in ``(since, until]``, levels also from before."""


@dataclass
class DayBook:
    """Keeps the days of permits on one chain.

    Attributes:
        desk: store and clock.
        chain: which.
    """

    desk: Desk
    chain: ChainName

    def turn(self) -> int:
        """Fold the next whole blocks.

        Returns:
            How many payments were folded.

        Raises:
            IntegrityFailure: ``alerts.other_chain``.
        """
        stream = stream_of(self.chain)
        with self.desk.store.unit(read_only=True) as u:
            index, cursor = u.explorer.cursor(self.chain), u.alert_watch.cursor(stream)
            if index is None:
                return 0
            if cursor is not None and cursor.genesis != index.genesis:
                raise IntegrityFailure("alerts.other_chain", chain=self.chain)
            after = cursor.place if cursor else -1
            if index.block <= after:
                return 0
            payments, upto = next_payments(u, self.chain, index, after)
            roles = roles_of(u, self.chain, payments)
            known = u.permit_days.newest({permit for permit, _ in roles.values()})
            newest = {permit: day for (chain, permit), day in known.items() if chain == self.chain}
        days = fold(self.chain, payments, roles, newest)
        with self.desk.store.unit() as u:
            if u.alert_watch.hold(stream) != cursor:
                return 0
            u.permit_days.put(days.values())
            u.alert_watch.move(Cursor(stream, index.genesis, upto, self.desk.clock.now()))
            self.desk.at_step("standing.before_commit")
            u.commit()
        return len(payments)


def stream_of(chain: str) -> str:
    """The name of a chain's stream of days."""
    return f"days.{chain}"


def roles_of(u: UnitOfWork, chain: str, payments: Sequence[Payment]) -> Roles:
    """What the parties of some payments are to their permits."""
    sides = {side for each in payments for side in (each.payer, each.payee)}
    parties = parties_of(u, sides)
    found = {
        address: (str(known.permit), Role.CONTRACT)
        for address, known in u.explorer.addresses(chain, sides).items()
        if known.contract and known.permit
    }
    for address, permit in parties.permits.items():
        role = _ROLES.get(parties.kinds[address])
        if role is not None:
            found[address] = (permit, role)
    return found


def complaints(u: UnitOfWork, since: datetime, until: datetime) -> Iterable[tuple[str, Tally]]:
    """Complaints that count (``domain.alerts.complaint_rate``), each of one person."""
    for each in u.complaints.counting(since, until):
        who = each.counts_as or each.id
        yield str(each.permit), Tally(each.filed_at, COMPLAINT, of=who, ref=each.id)


def money(u: UnitOfWork, since: datetime, until: datetime) -> Iterable[tuple[str, Tally]]:
    """What the days of permits say, in tyiyn."""
    for day in u.permit_days.newest(upto=since).values():
        yield from _levels(day)
    for day in u.permit_days.within(since, until):
        yield day.permit, Tally(day.until, PAYMENTS, day.payments, day.chain)
        yield from _levels(day)


def _levels(day: PermitDay) -> Iterable[tuple[str, Tally]]:
    unit = unit_of(day.chain)
    amounts = {
        TAKEN: day.taken,
        UNCOVERED: day.uncovered,
        HELD: day.held,
        RESERVE: day.reserve,
    }
    for what, amount in amounts.items():
        yield day.permit, Tally(day.until, what, amount // unit, day.chain, unit="amount")
    yield day.permit, Tally(day.until, COVERED, day.covered, day.chain, unit="percent")


def reports(u: UnitOfWork, since: datetime, until: datetime) -> Iterable[tuple[str, Tally]]:
    """Reports that came late or not at all: when they were due, and when they came."""
    for each in u.reports.late_between(since, until):
        yield each.permit, Tally(each.due, OVERDUE, of=each.id, ref=each.id)
        if each.submitted_at is not None:
            yield each.permit, Tally(each.submitted_at, OVERDUE, 0, of=each.id, ref=each.id)


SOURCES: Final[tuple[Source, ...]] = (complaints, money, reports)
"""Where rules about permits get their facts; another rule's facts are another source."""


def tallies(u: UnitOfWork, since: datetime, until: datetime) -> dict[str, list[Tally]]:
    """What all sources say, by permit and in order."""
    found: dict[str, list[Tally]] = {}
    for source in SOURCES:
        for permit, tally in source(u, since, until):
            found.setdefault(permit, []).append(tally)
    for own in found.values():
        own.sort(key=lambda each: each.at)
    return found


def days_between(since: datetime, until: datetime) -> list[datetime]:
    """The ends of days in ``(since, until]``."""
    end, found = day_end(since), []
    while end <= until:
        found.append(end)
        end += DAY
    return found


def watch_standing(desk: Desk) -> int:
    """Look at the next day that is over.

    Returns:
        1 when a day was looked at.
    """
    now = desk.clock.now()
    with desk.store.unit(read_only=True) as u:
        cursor = u.alert_watch.cursor(STREAM)
        until = _next_day(cursor, now)
        if until is None or until + SETTLES > now or not _followed(u):
            return 0
        versions = RuleVersions.of(u.supervision.confirmed(SettingKind.RULES))
        version, rules = versions.at(until)
        since = until - versions.longest(About.PERMITS)
        known = tallies(u, since, until)
        last = u.alerts.last("", set(known), since)
        found = [(version, rules, each) for each in watch_permits(rules, known, [until], last)]
    with desk.store.unit() as u:
        if u.alert_watch.hold(STREAM) != cursor:
            return 0
        _keep(u, found, known, at=now)
        u.alert_watch.move(Cursor(STREAM, "", day_number(until), now))
        u.commit()
    return 1


def _next_day(cursor: Cursor | None, now: datetime) -> datetime | None:
    """The end of the next day to look at; before the first time the last one that is over."""
    over = day_end(now) - DAY
    if cursor is None:
        return over
    missed = day_number(over) - cursor.place
    return over - DAY * (missed - 1) if missed > 0 else None


def _followed(u: UnitOfWork) -> bool:
    """Whether the days know every block that the index knows."""
    for chain in CHAINS:
        index, cursor = u.explorer.cursor(chain), u.alert_watch.cursor(stream_of(chain))
        if index is not None and (cursor is None or cursor.place < index.block):
            return False
    return True


def _keep(
    u: UnitOfWork,
    found: Iterable[tuple[int, RuleSet, Finding]],
    known: Mapping[str, object],
    *,
    at: datetime,
) -> None:
    keep(u, "", found, Parties(permits={permit: permit for permit in known}), at=at)


def standing_loops(desk: Desk, chains: Sequence[ChainName] = CHAINS) -> list[Loop]:
    """The day books and the daily look as loops of the worker."""
    return [
        *(
            Loop(f"supervision.days.{chain}", DayBook(desk, chain).turn, 1.0, patience=300)
            for chain in chains
        ),
        Loop("desk_limits", lambda: watch_limits(desk), 2.0, patience=300),
        Loop("drills", lambda: run_drills(desk), 0.5, patience=300),
        Loop("supervision.permits", lambda: watch_standing(desk), 5.0, patience=300),
    ]
