"""The calendar of working days and the days of each deadline, kept by the regulators.

Rules: ``domain.calendar_changes``; an entry needs a reason, as it was announced; a transfer enters
two days at once and is taken out at once; whatever is confirmed gives running deadlines more time
where it does, never less; each proposal and what became of it is an audit entry.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from sandbox.domain.application import plain_text
from sandbox.domain.authorities import ChangeState
from sandbox.domain.calendar import (
    SATURDAY,
    CalendarDay,
    DayKind,
    holiday_of,
    lunar_missing,
)
from sandbox.domain.calendar_changes import CalendarAct, CalendarChange, require_second
from sandbox.domain.regime import RULES, DeadlineKind, Rule, require_days
from sandbox.domain.seats import Actor, Right, require_act_of_law, rights_of
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.services.acts import earlier, remember
from sandbox.services.timekeeping import move_with_calendar
from sandbox.store import UnitOfWork
from sandbox.store.regime_days import RegimeDay

REASON_LENGTH: Final = 200
YEARS: Final = (2020, 2100)
_KINDS: Final = {
    CalendarAct.ENTER: "calendar.entered",
    CalendarAct.REMOVE: "calendar.removed",
    CalendarAct.SET: "regime.days_set",
}


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
class SettleChange:
    """Confirm a proposed change as the second person, or drop it."""

    change: str
    confirm: bool
    key: str | None = None


@dataclass(frozen=True)
class ChangeLine:
    """What waits; ``may_confirm``: this reader may, who did not propose it."""

    change: CalendarChange
    may_confirm: bool


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


def enter_day(u: UnitOfWork, actor: Actor, command: EnterDay, *, at: datetime) -> str:
    """Propose to enter a day, or both days of a transfer.

    Returns:
        The change's id.

    Raises:
        InvalidInput: ``calendar.no_change``, ``calendar.year``, ``text.*``.
        Conflict: ``calendar.entered_already``, ``calendar.change_waits``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "enter_day", command.key)
    if done is not None:
        return done
    reason = plain_text("reason", command.reason, limit=REASON_LENGTH, name=True)
    if not reason:
        raise InvalidInput("text.empty", field="reason")
    change = replace(
        _change(actor, CalendarAct.ENTER, at),
        day=command.day,
        kind=command.kind,
        instead=command.instead,
        reason=reason,
    )
    for record in _records(change, at):
        _check(u, record)
    return _propose(u, actor, change, "enter_day", command.key, at=at)


def remove_day(u: UnitOfWork, actor: Actor, command: RemoveDay, *, at: datetime) -> str:
    """Propose to take a day out.

    Raises:
        NotFound: ``calendar.not_found``.
        Conflict: ``calendar.change_waits``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "remove_day", command.key)
    if done is not None:
        return done
    found = _entered(u, command.day)
    change = replace(
        _change(actor, CalendarAct.REMOVE, at),
        day=found.day,
        kind=found.kind,
        instead=found.pair,
    )
    return _propose(u, actor, change, "remove_day", command.key, at=at)


def set_days(u: UnitOfWork, actor: Actor, command: SetDays, *, at: datetime) -> str:
    """Propose the working days of a deadline.

    Raises:
        InvalidInput: ``regime.unknown_deadline``, ``regime.days_out_of_bounds``.
        Conflict: ``calendar.change_waits``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "set_days", command.key)
    if done is not None:
        return done
    try:
        kind = DeadlineKind(command.kind)
    except ValueError as error:
        raise InvalidInput("regime.unknown_deadline", kind=command.kind[:40]) from error
    require_days(kind, command.days)
    change = replace(_change(actor, CalendarAct.SET, at), deadline=kind, days=command.days)
    return _propose(u, actor, change, "set_days", command.key, at=at)


def settle_change(u: UnitOfWork, actor: Actor, command: SettleChange, *, at: datetime) -> str:
    """Confirm a change as the second person, or drop it.

    Raises:
        NotAllowed: ``seat.*``, ``authority.second_person``.
        NotFound: ``calendar_change.not_found``; ``calendar.not_found``: taken out meanwhile.
        Conflict: ``calendar.change_settled``, ``calendar.entered_already``.
        InvalidInput: ``calendar.no_change``: the calendar says so by now.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "settle_change", command.key)
    if done is not None:
        return done
    u.calendar_changes.lock()
    change = u.calendar_changes.get(command.change[:40], lock=True)
    if change.state is not ChangeState.PROPOSED:
        raise Conflict("calendar.change_settled")
    state, data = ChangeState.DROPPED, _said(change)
    if command.confirm:
        require_second(change, actor.person, actor.account)
        state = ChangeState.CONFIRMED
        data |= _apply(u, change, at=at) | {"proposed_by": change.proposed_by}
    settled = replace(change, state=state, settled_by=actor.account, settled_at=at)
    u.calendar_changes.save(settled)
    kind = _KINDS[change.act] if command.confirm else "calendar.dropped"
    _log(u, actor, kind, change, data, at)
    remember(u, actor, "settle_change", command.key, change.id, at=at)
    return change.id


def waiting_changes(u: UnitOfWork, actor: Actor) -> tuple[ChangeLine, ...]:
    """What is proposed and not settled, for the regulators."""
    if Right.DECIDE not in rights_of(actor.seats):
        return ()
    return tuple(
        ChangeLine(each, each.waits_for(actor.person, actor.account))
        for each in u.calendar_changes.waiting()
    )


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


def _change(actor: Actor, act: CalendarAct, at: datetime) -> CalendarChange:
    return CalendarChange(
        id=uuid.uuid4().hex,
        act=act,
        proposed_by=actor.account,
        proposed_person=actor.person,
        proposed_at=at,
    )


def _propose(
    u: UnitOfWork, actor: Actor, change: CalendarChange, act: str, key: str | None, *, at: datetime
) -> str:
    u.calendar_changes.lock()
    if any(each.about & change.about for each in u.calendar_changes.waiting()):
        raise Conflict("calendar.change_waits")
    u.calendar_changes.add(change)
    _log(u, actor, "calendar.proposed", change, _said(change), at)
    remember(u, actor, act, key, change.id, at=at)
    return change.id


def _apply(u: UnitOfWork, change: CalendarChange, *, at: datetime) -> dict[str, object]:
    """Put a confirmed change in force.

    Returns:
        What the audit entry says of it: ``moved`` deadlines, or the number of days ``before``.
    """
    if change.deadline is not None and change.days is not None:
        before = u.regime.days(change.deadline)
        u.regime.put(RegimeDay(change.deadline, change.days, change.proposed_by, at))
        return {"before": before}
    if change.act is CalendarAct.ENTER:
        for record in _records(change, at):
            _check(u, record)
            u.calendar.add(record)
    elif change.day is not None:
        found = _entered(u, change.day)
        u.calendar.remove(found.day)
        if found.pair is not None:
            u.calendar.remove(found.pair)
    return {"moved": move_with_calendar(u, at=at)}


def _records(change: CalendarChange, at: datetime) -> list[CalendarDay]:
    """The day that a change enters, and the other day of its transfer."""
    if change.day is None or change.kind is None:
        return []
    day, kind, pair = change.day, change.kind, change.instead
    opposite = DayKind.OFF if kind is DayKind.WORKING else DayKind.WORKING
    days = [(day, kind, pair), *([(pair, opposite, day)] if pair is not None else [])]
    return [
        CalendarDay(one, as_, change.reason, change.proposed_by, at, other)
        for one, as_, other in days
    ]


def _check(u: UnitOfWork, record: CalendarDay) -> None:
    _check_year(record.day.year)
    if u.calendar.find(record.day, lock=True) is not None:
        raise Conflict("calendar.entered_already", day=record.day.isoformat())
    works = u.calendar.calendar().is_working(record.day)
    if works == (record.kind is DayKind.WORKING):
        raise InvalidInput("calendar.no_change", day=record.day.isoformat())


def _entered(u: UnitOfWork, day: date) -> CalendarDay:
    found = u.calendar.find(day, lock=True)
    if found is None:
        raise NotFound("calendar.not_found", id=day.isoformat())
    return found


def _check_year(year: int) -> None:
    if not YEARS[0] <= year <= YEARS[1]:
        raise InvalidInput("calendar.year", first=YEARS[0], last=YEARS[1])


def _said(change: CalendarChange) -> dict[str, object]:
    """What the audit log says of a change."""
    if change.deadline is not None:
        return {"deadline": change.deadline.value, "days": change.days}
    assert change.day is not None
    assert change.kind is not None
    return {
        "act": change.act.value,
        "day": change.day.isoformat(),
        "as": change.kind.value,
        "instead": change.instead.isoformat() if change.instead else None,
        "reason": change.reason,
    }


def _log(
    u: UnitOfWork,
    actor: Actor,
    kind: str,
    change: CalendarChange,
    data: Mapping[str, object],
    at: datetime,
) -> None:
    subject = f"calendar/{change.deadline.value if change.deadline else change.day}"
    u.audit.append(kind=kind, actor=actor.account, subject=subject, data=data, at=at)
