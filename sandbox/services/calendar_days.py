"""The calendar of working days and the days of each deadline, kept by the regulators.

Rules: an entry needs a reason, as it was announced; a transfer enters two days at once and is taken
out at once; whatever is entered gives running deadlines more time where it does, never less; every
change is an audit entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sandbox.domain.application import plain_text
from sandbox.domain.calendar import (
    SATURDAY,
    CalendarDay,
    DayKind,
    holiday_of,
    lunar_missing,
)
from sandbox.domain.regime import RULES, DeadlineKind, Rule, require_days
from sandbox.domain.seats import Actor, Right, require_act_of_law
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.services.acts import earlier, remember
from sandbox.services.timekeeping import move_with_calendar
from sandbox.store import UnitOfWork
from sandbox.store.regime_days import RegimeDay

REASON_LENGTH: Final = 200
YEARS: Final = (2020, 2100)


@dataclass(frozen=True)
class EnterDay:
    """Enter a day off, or a working day.

    Attributes:
        instead: for a transfer: the day that becomes the opposite.
    """

    day: date
    kind: DayKind
    reason: str
    instead: date | None = None
    key: str | None = None


@dataclass(frozen=True)
class RemoveDay:
    """Take an entered day out, and the other day of its transfer."""

    day: date
    key: str | None = None


@dataclass(frozen=True)
class SetDays:
    """Set the working days of a deadline, for those that begin from now on."""

    kind: str
    days: int
    key: str | None = None


@dataclass(frozen=True)
class DayLine:
    """A day of the year that is not as its weekday says. ``entered``: by hand, so removable."""

    day: date
    working: bool
    holiday: str | None
    entered: CalendarDay | None


@dataclass(frozen=True)
class RuleLine:
    """A deadline's rule with the number of days that is in force."""

    kind: DeadlineKind
    rule: Rule
    days: int


def enter_day(u: UnitOfWork, actor: Actor, command: EnterDay, *, at: datetime) -> int:
    """Enter a day, or both days of a transfer.

    Returns:
        How many running deadlines got more time.

    Raises:
        InvalidInput: ``calendar.no_change``, ``calendar.year``, ``text.*``.
        Conflict: ``calendar.entered_already``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    if earlier(u, actor, "enter_day", command.key) is not None:
        return 0
    reason = plain_text("reason", command.reason, limit=REASON_LENGTH, name=True)
    if not reason:
        raise InvalidInput("text.empty", field="reason")
    opposite = DayKind.OFF if command.kind is DayKind.WORKING else DayKind.WORKING
    days = [(command.day, command.kind, command.instead)]
    if command.instead is not None:
        days.append((command.instead, opposite, command.day))
    for day, kind, pair in days:
        _enter(u, CalendarDay(day, kind, reason, actor.account, at, pair))
    moved = move_with_calendar(u, at=at)
    data = {
        "day": command.day.isoformat(),
        "as": command.kind.value,
        "instead": command.instead.isoformat() if command.instead else None,
        "reason": reason,
        "moved": moved,
    }
    _log(u, actor, "calendar.entered", command.day.isoformat(), data, at)
    remember(u, actor, "enter_day", command.key, command.day.isoformat(), at=at)
    return moved


def remove_day(u: UnitOfWork, actor: Actor, command: RemoveDay, *, at: datetime) -> int:
    """Take a day out; running deadlines keep the time that they have, or get more.

    Raises:
        NotFound: ``calendar.not_found``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    if earlier(u, actor, "remove_day", command.key) is not None:
        return 0
    found = u.calendar.find(command.day, lock=True)
    if found is None:
        raise NotFound("calendar.not_found", id=command.day.isoformat())
    u.calendar.remove(found.day)
    if found.pair is not None:
        u.calendar.remove(found.pair)
    moved = move_with_calendar(u, at=at)
    data = {"day": found.day.isoformat(), "as": found.kind.value, "moved": moved}
    _log(u, actor, "calendar.removed", found.day.isoformat(), data, at)
    remember(u, actor, "remove_day", command.key, found.day.isoformat(), at=at)
    return moved


def set_days(u: UnitOfWork, actor: Actor, command: SetDays, *, at: datetime) -> None:
    """Set the working days of a deadline.

    Raises:
        InvalidInput: ``regime.unknown_deadline``, ``regime.days_out_of_bounds``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    if earlier(u, actor, "set_days", command.key) is not None:
        return
    try:
        kind = DeadlineKind(command.kind)
    except ValueError as error:
        raise InvalidInput("regime.unknown_deadline", kind=command.kind[:40]) from error
    require_days(kind, command.days)
    before = u.regime.days(kind)
    u.regime.put(RegimeDay(kind, command.days, actor.account, at))
    data = {"deadline": kind.value, "before": before, "days": command.days}
    _log(u, actor, "regime.days_set", kind.value, data, at)
    remember(u, actor, "set_days", command.key, kind.value, at=at)


def year_view(u: UnitOfWork, year: int) -> tuple[tuple[DayLine, ...], bool]:
    """A year's days that are not as their weekday says, and whether lunar holidays are missing.

    Raises:
        InvalidInput: ``calendar.year``.
    """
    _check_year(year)
    entered = {each.day: each for each in u.calendar.of_year(year)}
    lines = []
    day = date(year, 1, 1)
    while day.year == year:
        holiday = holiday_of(day)
        if day in entered or (holiday is not None and day.weekday() < SATURDAY):
            by_hand = entered.get(day)
            working = by_hand is not None and by_hand.kind is DayKind.WORKING
            lines.append(DayLine(day, working, holiday, by_hand))
        day += timedelta(days=1)
    kinds = {day: each.kind for day, each in entered.items()}
    return tuple(lines), lunar_missing(year, kinds)


def rules(u: UnitOfWork) -> tuple[RuleLine, ...]:
    """Every deadline's rule as it is in force."""
    days = u.regime.all_days()
    return tuple(RuleLine(kind, rule, days[kind]) for kind, rule in RULES.items())


def _enter(u: UnitOfWork, record: CalendarDay) -> None:
    _check_year(record.day.year)
    if u.calendar.find(record.day, lock=True) is not None:
        raise Conflict("calendar.entered_already", day=record.day.isoformat())
    works = u.calendar.calendar().is_working(record.day)
    if works == (record.kind is DayKind.WORKING):
        raise InvalidInput("calendar.no_change", day=record.day.isoformat())
    u.calendar.add(record)


def _check_year(year: int) -> None:
    if not YEARS[0] <= year <= YEARS[1]:
        raise InvalidInput("calendar.year", first=YEARS[0], last=YEARS[1])


def _log(
    u: UnitOfWork, actor: Actor, kind: str, subject: str, data: Mapping[str, object], at: datetime
) -> None:
    u.audit.append(kind=kind, actor=actor.account, subject=f"calendar/{subject}", data=data, at=at)
