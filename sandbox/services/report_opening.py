"""At a period's end the worker opens the report, with everything the system knows filled in.

Rules:

1. A requirement of the kind ``report`` that comes back after a number of months that divides the
   year asks for one report for each such period. Its day is that of the next report, which is about
   the last whole period before it.
2. With the report begins its deadline; the requirement's day moves on to the next period's end and
   the regime's working days behind it.
3. One report for a permit and a period, however often the worker looks or is killed.
4. A period that ended before the grant has none. Periods that begin after the trial's end have
   none either, and the requirement is lifted by itself: of a revoked permit only when no appeal can
   bring it back, and then from the revocation on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from sandbox.domain.lifecycle import FileState
from sandbox.domain.periods import Period, before
from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.regime import DeadlineKind
from sandbox.domain.reports import SPONSOR_SIGNS, Report, ReportState, periodic
from sandbox.domain.requirements import Requirement, RequirementState
from sandbox.kit.errors import SynakError
from sandbox.services.appeals import may_still_appeal
from sandbox.services.publication import Desk
from sandbox.services.report_figures import figures_of
from sandbox.services.timekeeping import open_deadline
from sandbox.store import UnitOfWork

_log = structlog.get_logger()
SYSTEM: Final = "system"
ENDED: Final = frozenset(
    {
        *(FileState.EXPIRED, FileState.REVOKED, FileState.SURRENDERED, FileState.COMPLETED),
        *(FileState.GRADUATED, FileState.REVOCATION_APPEALED),
    }
)
"""States in which a trial is over."""
MOMENT: Final = timedelta(seconds=1)


def open_reports(desk: Desk) -> int:
    """Open what is to be opened, each in a transaction of its own.

    Returns:
        How many requirements moved on.
    """
    at = desk.clock.now()
    with desk.store.unit(read_only=True) as u:
        waiting = [each.id for each in u.report_requirements.of_reports() if _ended(each, at)]
    done = 0
    for requirement in waiting:
        try:
            with desk.store.unit() as u:
                done += open_report(u, requirement, at=desk.clock.now())
                desk.at_step("report.before_commit")
                u.commit()
        except SynakError as error:
            _log.warning("report.not_opened", requirement=requirement, code=error.code)
    return done


def open_report(u: UnitOfWork, requirement_id: str, *, at: datetime) -> bool:
    """Open one report, or move its requirement on; the caller commits.

    Returns:
        Whether anything was done: not when somebody was faster, nor while an appeal may bring back
        a revoked permit.
    """
    file = u.files.get(u.requirements.get(requirement_id).file, lock=True)
    requirement = u.requirements.get(requirement_id, lock=True)
    if not _ended(requirement, at) or file.permit is None:
        return False
    permit, period = u.permits.get(file.permit), _period(requirement)
    if file.state in ENDED and _over_since(u, file) <= period.start:
        if _may_come_back(u, file, at):
            return False
        _lift(u, requirement, file, at=at)
        return True
    known = u.reports.of_period(permit.number, period.months, period.start)
    if period.end > permit.granted_at and known is None:
        _open(u, requirement, permit, period, at=at)
    days = u.regime.days(DeadlineKind.PERIODIC_REPORT)
    due = u.calendar.calendar().deadline(period.next.end - MOMENT, days)
    u.requirements.save(replace(requirement, due=due))
    return True


def _open(
    u: UnitOfWork, requirement: Requirement, permit: Permit, period: Period, *, at: datetime
) -> None:
    made = figures_of(u, permit, period)
    report = u.reports.add(
        Report(
            id=f"R-{at.year}-{u.counters.next(f'report:{at.year}'):05d}",
            permit=permit.number,
            file=permit.file,
            requirement=requirement.id,
            months=period.months,
            start=period.start,
            end=period.end,
            due=requirement.due,
            sponsor_signs=SPONSOR_SIGNS and permit.sponsor is not None,
            state=ReportState.DUE,
            opened_at=at,
            figures=made.figures,
            based_on=made.based_on,
            computed_at=at,
        )
    )
    open_deadline(
        u,
        permit.file,
        DeadlineKind.PERIODIC_REPORT,
        at=period.end - MOMENT,
        subject=report.id,
        due=report.due,
    )
    u.audit.append(
        kind="report.opened",
        actor=SYSTEM,
        subject=permit.number,
        data={"report": report.id, "period": period.name, "due": report.due.isoformat()},
        at=at,
    )


def _over_since(u: UnitOfWork, file: PermitFile) -> datetime:
    """When a trial ended: a revoked one with its revocation, whatever an appeal did since."""
    if file.state not in {FileState.REVOKED, FileState.REVOCATION_APPEALED}:
        return file.updated_at
    began = (
        each.since for each in u.deadlines.of_file(file.id) if each.kind is DeadlineKind.SETTLEMENT
    )
    return max(began, default=file.updated_at)


def _may_come_back(u: UnitOfWork, file: PermitFile, at: datetime) -> bool:
    if file.state is FileState.REVOKED:
        return may_still_appeal(u, file, at)
    return file.state is FileState.REVOCATION_APPEALED


def _lift(u: UnitOfWork, requirement: Requirement, file: PermitFile, *, at: datetime) -> None:
    u.requirements.save(replace(requirement, state=RequirementState.LIFTED, judged_at=at))
    u.audit.append(
        kind="file.requirement_lifted",
        actor=SYSTEM,
        subject=file.id,
        data={"requirement": requirement.id, "state": file.state.value},
        at=at,
    )


def _period(requirement: Requirement) -> Period:
    assert requirement.every_months is not None
    return before(requirement.due, requirement.every_months)


def _ended(requirement: Requirement, at: datetime) -> bool:
    return periodic(requirement) and _period(requirement).end <= at
