"""Limits that the desk watches: used, shown, and the suspension when one is passed.

Rules:

1. Used of ``loss_cap`` is the newest ``uncovered`` of the permit's day book; used of
   ``complaint_rate`` is the rate of the last 30 days over at least 1,000 payments
   (``domain.alerts.complaint_rate``).
2. At the limit a permit goes on; above it the worker suspends it at its next look, in the
   interim, until a duty officer confirms or lifts that. A limit lowered below what is used is
   passed, undoes nothing, and money may go home.
3. Where people let the permit go on (the officer lifts it, or two reinstate), the firm gets the
   days of ``limit_cure`` once; then it is suspended again while the reason stands. That holds for
   the limits as they were: with any of them changed there is no such time.
4. Each look asks a fixed number of questions, however many permits there are.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from sandbox.domain.alerts.complaint_rate import rate_of
from sandbox.domain.alerts.permit_days import day_end
from sandbox.domain.life import AutomaticAct, AutomaticState, Deadline, DeadlineState
from sandbox.domain.lifecycle import Act, FileState
from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.regime import DeadlineKind
from sandbox.domain.terms import CHAIN_OF
from sandbox.domain.words import DecisionKind, DecisionStatus
from sandbox.kit.errors import SynakError
from sandbox.kit.ids import AssetCode, PermitNumber
from sandbox.kit.money import DECIMALS, NO_LIMIT, Limit, NoLimit, limit_to_json
from sandbox.services.acts import move
from sandbox.services.policies import touch
from sandbox.services.publication import Desk
from sandbox.services.timekeeping import open_deadline
from sandbox.services.views import UsageLine
from sandbox.store import UnitOfWork

_log = structlog.get_logger()
SYSTEM: Final = "system"
RATE_WINDOW: Final = timedelta(days=30)
RATE_BASE: Final = 1_000
"""Payments that a rate is counted over at least."""


@dataclass(frozen=True)
class DeskUse:
    """One limit and what is used of it.

    Attributes:
        clause: ``loss_cap`` or ``complaint_rate``.
        asset: for a limit of value.
        limit: minor units, or people for each 10,000 payments.
        used: in the limit's unit.
    """

    clause: str
    asset: AssetCode | None
    limit: Limit
    used: int

    @property
    def passed(self) -> bool:
        """Whether more is used than the limit allows."""
        return not isinstance(self.limit, NoLimit) and self.used > self.limit

    @property
    def name(self) -> str:
        """As in the form: ``KGST.loss_cap``."""
        return f"{self.asset}.{self.clause}" if self.asset else self.clause


def uses(
    u: UnitOfWork, permits: Sequence[Permit], *, at: datetime
) -> dict[PermitNumber, tuple[DeskUse, ...]]:
    """What is used of each limit that is set, by permit.

    Args:
        u: a reading unit of work.
        permits: of which; those without such limits have none in the answer.
        at: now.
    """
    capped = [each for each in permits if _caps(each)]
    rated = [each for each in permits if each.terms.complaint_rate != NO_LIMIT]
    days = u.permit_days.newest([each.number for each in capped]) if capped else {}
    rates = _rates(u, [each.number for each in rated], at) if rated else {}
    found: dict[PermitNumber, list[DeskUse]] = {}
    for permit in capped:
        for asset, cap in _caps(permit):
            day = days.get((CHAIN_OF[asset], permit.number))
            use = DeskUse("loss_cap", asset, cap, day.uncovered if day else 0)
            found.setdefault(permit.number, []).append(use)
    for permit in rated:
        use = DeskUse("complaint_rate", None, permit.terms.complaint_rate, rates[permit.number])
        found.setdefault(permit.number, []).append(use)
    return {number: tuple(each) for number, each in found.items()}


def _caps(permit: Permit) -> list[tuple[AssetCode, Limit]]:
    assets = permit.terms.assets
    return [(each.asset, each.loss_cap) for each in assets if each.loss_cap != NO_LIMIT]


def rate_now(u: UnitOfWork, number: PermitNumber, at: datetime) -> int:
    """The complaint rate of the last 30 days, whether or not there is a limit."""
    return _rates(u, [number], at)[number]


def _rates(u: UnitOfWork, numbers: Sequence[str], at: datetime) -> dict[str, int]:
    since = at - RATE_WINDOW
    people: dict[str, set[str]] = {number: set() for number in numbers}
    payments = dict.fromkeys(numbers, 0)
    for each in u.complaints.counting(since, at, numbers):
        people[str(each.permit)].add(each.counts_as or each.id)
    for day in u.permit_days.within(since, day_end(at), numbers):
        payments[day.permit] += day.payments
    return {number: rate_of(len(people[number]), payments[number], RATE_BASE) for number in numbers}


def desk_lines(
    u: UnitOfWork, permits: Sequence[Permit], *, at: datetime
) -> dict[PermitNumber, tuple[UsageLine, ...]]:
    """The same as lines of a permit's use of its limits."""
    return {
        number: tuple(
            UsageLine(
                clause=each.clause,
                asset=each.asset,
                limit=limit_to_json(each.limit),
                used=str(each.used),
                decimals=DECIMALS[each.asset] if each.asset else 0,
                held_by="desk",
            )
            for each in lines
        )
        for number, lines in uses(u, permits, at=at).items()
    }


def watch_limits(desk: Desk) -> int:
    """Suspend what is above a limit that the desk watches.

    Returns:
        0: whatever is found is dealt with in this turn.
    """
    at = desk.clock.now()
    with desk.store.unit(read_only=True) as u:
        permits = u.permits.watched_by_the_desk()
        found = uses(u, permits, at=at).items()
    passed = [number for number, lines in found if any(each.passed for each in lines)]
    for number in passed:
        try:
            with desk.store.unit() as u:
                hold(u, number, at=desk.clock.now())
                desk.at_step("desk_limit.before_commit")
                u.commit()
        except SynakError as error:
            _log.warning("desk_limit.failed", permit=number, code=error.code)
    return 0


def hold(u: UnitOfWork, number: PermitNumber, *, at: datetime) -> None:
    """Suspend one permit if it is active, above a limit, and people did not let it go on."""
    permit = u.permits.get(number, lock=True)
    file = u.files.get(permit.file, lock=True)
    if file.state is not FileState.ACTIVE:
        return
    lines = uses(u, [permit], at=at).get(number, ())
    found, mark = [each for each in lines if each.passed], _mark(lines)
    if not found or _has_time(u, file, mark, at=at):
        return
    first = found[0]
    data = {"limit": first.name, "value": limit_to_json(first.limit), "used": str(first.used)}
    move(u, file, Act.LIMIT_PASSED, actor=SYSTEM, at=at, data=data)
    touch(u, permit)
    running = u.deadlines.running(file.id, [DeadlineKind.DUTY_CONFIRMATION])
    duty = max(running, key=lambda each: each.since)
    u.deadlines.save(replace(duty, subject=mark))
    if u.automatic.interim_of(file.id) is None:
        u.automatic.add(
            AutomaticAct(
                id=uuid.uuid4().hex,
                file=file.id,
                act=Act.LIMIT_PASSED,
                deadline=duty.id,
                at=at,
                state=AutomaticState.INTERIM,
            )
        )


def _mark(lines: Sequence[DeskUse]) -> str:
    """Stands for the limits at their values, in deadlines."""
    said = [f"{each.name}={limit_to_json(each.limit)}" for each in lines]
    return hashlib.sha256(" ".join(sorted(said)).encode()).hexdigest()[:16]


def _has_time(u: UnitOfWork, file: PermitFile, mark: str, *, at: datetime) -> bool:
    """Rule 3: whether the firm still has time; begins it where people let the permit go on."""
    deadlines = {each.id: each for each in u.deadlines.of_file(file.id)}
    since = _let_go_on(u, file, mark, deadlines)
    if since is None:
        return False
    given = [
        each
        for each in deadlines.values()
        if each.kind is DeadlineKind.LIMIT_CURE and each.subject == mark and each.since >= since
    ]
    if given:
        return any(each.state is DeadlineState.OPEN and at <= each.due for each in given)
    open_deadline(u, file.id, DeadlineKind.LIMIT_CURE, at=at, subject=mark)
    return True


def _let_go_on(
    u: UnitOfWork, file: PermitFile, mark: str, deadlines: Mapping[str, Deadline]
) -> datetime | None:
    """When people last let a permit go on that was suspended for these limits."""
    acts = [
        each
        for each in u.automatic.of_file(file.id)
        if each.act is Act.LIMIT_PASSED and deadlines[each.deadline].subject == mark
    ]
    if not acts:
        return None
    lifted = [each.decided_at for each in acts if each.state is AutomaticState.LIFTED]
    reinstated = [
        each.countersigned_at
        for each in u.decisions.of_file(file.id)
        if each.kind is DecisionKind.REINSTATE and each.status is not DecisionStatus.PROPOSED
    ]
    moments = [each for each in (*lifted, *reinstated) if each and each >= acts[0].at]
    return max(moments, default=None)
