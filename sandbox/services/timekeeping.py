"""Deadlines follow acts: each move of a file begins, ends, stops or renews what the rules say.

Rules (the table is ``domain.regime.RULES``):

1. Every move of a file passes here, in the same transaction, so no act can forget its deadline.
2. A deadline that ended is never opened again; the next one is another record. One that runs is
   not begun a second time: a revocation after a surrender leaves the customers' time as it was.
3. A decision of people ends an automatic act that still waited for the duty officer.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from sandbox.domain.calendar import Calendar, day_of, end_of
from sandbox.domain.life import AutomaticState, Deadline, DeadlineState
from sandbox.domain.lifecycle import Act
from sandbox.domain.records import PermitFile
from sandbox.domain.regime import HOURLY, RULES, DeadlineKind, Rule
from sandbox.kit.ids import FileId
from sandbox.store import UnitOfWork

ENDS_AUTOMATIC: Final = frozenset(
    {
        *(Act.REINSTATE, Act.REVOKE, Act.EXPIRE, Act.SURRENDER),
        *(Act.SPONSOR_STAYS, Act.CHANGE_SPONSOR),
    }
)
"""Acts after which an automatic one no longer waits for a duty officer."""
OF_THE_SPONSOR: Final = frozenset({Act.SPONSOR_STAYS, Act.CHANGE_SPONSOR})
"""Those that answer a sponsor's withdrawal and nothing else that the clock did."""


def keep_time(u: UnitOfWork, file: PermitFile, act: Act, *, at: datetime) -> None:
    """Begin, end, stop or renew the deadlines that an act touches."""
    waits = u.automatic.interim_of(file.id)
    stays = waits is not None and waits.act is Act.LIMIT_PASSED and act in OF_THE_SPONSOR
    ended = [kind for kind, rule in RULES.items() if act in rule.closes]
    if stays:
        ended.remove(DeadlineKind.DUTY_CONFIRMATION)
    _close(u, file.id, ended, at=at)
    for kind, rule in RULES.items():
        if act in rule.pauses:
            _pause(u, file.id, kind, at=at)
        if act in rule.resumes:
            _resume(u, file.id, kind, at=at)
        if act in rule.renews:
            _renew(u, file.id, kind, at=at)
        if act in rule.opens and not u.deadlines.running(file.id, [kind]):
            open_deadline(u, file.id, kind, at=at)
    if act in ENDS_AUTOMATIC and waits is not None and not stays:
        u.automatic.save(replace(waits, state=AutomaticState.OVERTAKEN, decided_at=at))


def open_deadline(
    u: UnitOfWork,
    file: FileId,
    kind: DeadlineKind,
    *,
    at: datetime,
    subject: str = "",
    due: datetime | None = None,
) -> Deadline:
    """Begin a deadline.

    Args:
        u: the unit of work.
        file: whose.
        kind: which; its days and owner come from the rules.
        at: now.
        subject: the question, for an answer.
        due: the last moment, where a person chose it.
    """
    calendar, days = u.calendar.calendar(), u.regime.days(kind)
    last = due or calendar.deadline(at, days)
    counted = days if due is None else calendar.between(day_of(at), day_of(due))
    made = Deadline(
        id=uuid.uuid4().hex,
        file=file,
        kind=kind,
        owner=RULES[kind].owner,
        state=DeadlineState.OPEN,
        since=at,
        due=last,
        days=counted,
        subject=subject,
        next_at=_next_at(calendar, RULES[kind], last, at),
    )
    return u.deadlines.add(made)


def meet(u: UnitOfWork, file: FileId, kind: DeadlineKind, subject: str, *, at: datetime) -> None:
    """End the deadline of one subject, such as a question that was answered."""
    for each in u.deadlines.running(file, [kind]):
        if each.subject == subject:
            u.deadlines.save(_met(each, at))


def move_with_calendar(u: UnitOfWork, *, at: datetime) -> int:
    """Give running deadlines the time that an edited calendar gives them, never less.

    Those that run in hours stay as they are.

    Returns:
        How many moved.
    """
    calendar, moved = u.calendar.calendar(), 0
    for each in u.deadlines.all_running():
        if each.kind in HOURLY:
            continue
        due = calendar.deadline(each.since, each.days)
        if due > each.due and each.due > at:
            next_at = _next_at(calendar, RULES[each.kind], due, at)
            u.deadlines.save(replace(each, due=due, next_at=next_at))
            _move_subject(u, each, due)
            moved += 1
    return moved


def _move_subject(u: UnitOfWork, deadline: Deadline, due: datetime) -> None:
    """A question and a report say until when, as their deadlines do."""
    if deadline.kind is DeadlineKind.ANSWER:
        question = u.questions.get(deadline.subject)
        u.questions.save(replace(question, due=due))
    elif deadline.kind is DeadlineKind.PERIODIC_REPORT:
        report = u.reports.get(deadline.subject)
        u.reports.save(replace(report, due=due))


def renewed(u: UnitOfWork, deadline: Deadline, *, at: datetime) -> Deadline:
    """The same deadline, beginning now."""
    calendar, days = u.calendar.calendar(), u.regime.days(deadline.kind)
    due = calendar.deadline(at, days)
    return replace(
        deadline,
        state=DeadlineState.OPEN,
        since=at,
        due=due,
        days=days,
        next_at=_next_at(calendar, RULES[deadline.kind], due, at),
        closed_at=None,
    )


def _close(u: UnitOfWork, file: FileId, kinds: Collection[DeadlineKind], *, at: datetime) -> None:
    for each in u.deadlines.running(file, kinds) if kinds else ():
        u.deadlines.save(_met(each, at))


def _met(deadline: Deadline, at: datetime) -> Deadline:
    return replace(deadline, state=DeadlineState.MET, next_at=None, closed_at=at)


def _pause(u: UnitOfWork, file: FileId, kind: DeadlineKind, *, at: datetime) -> None:
    calendar = u.calendar.calendar()
    for each in u.deadlines.running(file, [kind]):
        if each.state is DeadlineState.OPEN:
            left = calendar.between(day_of(at), day_of(each.due))
            u.deadlines.save(replace(each, state=DeadlineState.PAUSED, days=left, next_at=None))


def _resume(u: UnitOfWork, file: FileId, kind: DeadlineKind, *, at: datetime) -> None:
    calendar = u.calendar.calendar()
    for each in u.deadlines.running(file, [kind]):
        if each.state is DeadlineState.PAUSED:
            due = calendar.deadline(at, each.days)
            next_at = _next_at(calendar, RULES[kind], due, at)
            u.deadlines.save(
                replace(each, state=DeadlineState.OPEN, since=at, due=due, next_at=next_at)
            )


def _renew(u: UnitOfWork, file: FileId, kind: DeadlineKind, *, at: datetime) -> None:
    passed = [
        each
        for each in u.deadlines.of_file(file)
        if each.kind is kind and each.state in {DeadlineState.OPEN, DeadlineState.PASSED}
    ]
    if passed:
        u.deadlines.save(renewed(u, passed[-1], at=at))


def _next_at(calendar: Calendar, rule: Rule, due: datetime, at: datetime) -> datetime:
    """When the worker looks next: at the reminder, if it is still to come, else at the end."""
    if rule.reminds:
        remind = end_of(calendar.before(day_of(due), rule.reminds))
        if at < remind < due:
            return remind
    return due
