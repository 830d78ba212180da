"""The exit report: filled from the data, filed by the firm, accepted or returned by a regulator.

Rules: ``domain.exit_report``. Whoever sees the file sees the report once it is filed; before, its
draft is shown to those who may file it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sandbox.domain.exit_report import (
    SHORTEST_LESSONS,
    ExitReport,
    ReportState,
    digest_of,
    require_fileable,
    require_judgeable,
)
from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.seats import Actor, Right, require_act_of_law, rights_of
from sandbox.domain.settlement import ENDED
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import FileId
from sandbox.services.access import competent_in, readable_file
from sandbox.services.acts import earlier, remember, require_read, take_seat
from sandbox.services.exit_facts import exit_facts
from sandbox.services.requirements import side_of
from sandbox.services.reviews import needed_text, regulators_file
from sandbox.store import UnitOfWork

REPORTED: Final = ENDED | {FileState.COMPLETED, FileState.GRADUATED}
"""States of a file in which there is a report."""


@dataclass(frozen=True)
class FileReport:
    """File the report with the firm's lessons."""

    file: FileId
    lessons: str
    key: str | None = None


@dataclass(frozen=True)
class JudgeReport:
    """Accept the report, or return it with a reason; ``digest``: of what was read."""

    file: FileId
    digest: str
    accept: bool
    reason: str = ""
    key: str | None = None


@dataclass(frozen=True)
class ReportView:
    """The report as its reader may see it.

    Attributes:
        report: None while nothing is filed.
        facts: as filed, else as they are now.
        can: ``file``, ``judge``.
    """

    file: str
    permit: str
    report: ExitReport | None
    facts: Mapping[str, Any]
    can: frozenset[str]


def file_report(u: UnitOfWork, actor: Actor, command: FileReport, *, at: datetime) -> ExitReport:
    """File the report; its figures are those of this moment.

    Raises:
        InvalidInput: ``text.empty``, ``exit_report.lessons_short``.
        Conflict: ``exit_report.not_ended``, ``exit_report.filed_already``.
        NotAllowed: ``seat.*``.
        NotFound: ``file.not_found``.
    """
    sponsors = Right.SPONSOR in rights_of(actor.seats)
    require_act_of_law(actor, Right.SPONSOR if sponsors else Right.APPLY, at)
    done = earlier(u, actor, "file_report", command.key)
    if done is not None:
        return u.exit_reports.get(done)
    lessons = needed_text("lessons", command.lessons)
    if len(lessons) < SHORTEST_LESSONS:
        raise InvalidInput("exit_report.lessons_short", least=SHORTEST_LESSONS)
    file = readable_file(u, actor, command.file, lock=True)
    seat = side_of(actor, file)
    if seat is None:
        raise NotFound("file.not_found", id=command.file[:20])
    take_seat(u, file, actor, seat, at=at)
    permit = _ended(u, file)
    before = u.exit_reports.find(file.id, lock=True)
    require_fileable(before)
    facts = exit_facts(u, permit, file, at=at)
    report = ExitReport(
        file=file.id,
        permit=permit.number,
        state=ReportState.FILED,
        facts=facts,
        lessons=lessons,
        digest=digest_of(facts, lessons),
        filed_by=actor.account,
        filed_at=at,
        revision=before.revision if before else 1,
    )
    saved = u.exit_reports.save(report) if before else u.exit_reports.add(report)
    _enter(u, actor, saved, "filed", at=at)
    remember(u, actor, "file_report", command.key, file.id, at=at)
    return saved


def judge_report(u: UnitOfWork, actor: Actor, command: JudgeReport, *, at: datetime) -> ExitReport:
    """Accept the report, or return it.

    Raises:
        InvalidInput: ``text.empty``: returned without a reason.
        Conflict: ``exit_report.not_waiting``, ``act.other_than_read``.
        NotAllowed: ``seat.*``.
        NotFound: ``file.not_found``, ``report.not_found``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "judge_report", command.key)
    if done is not None:
        return u.exit_reports.get(done)
    reason = "" if command.accept else needed_text("reason", command.reason)
    file = regulators_file(u, actor, command.file, at=at)
    report = u.exit_reports.get(file.id, lock=True)
    require_judgeable(report)
    require_read(command.digest, report.digest)
    saved = u.exit_reports.save(
        replace(
            report,
            state=ReportState.ACCEPTED if command.accept else ReportState.RETURNED,
            judged_by=actor.account,
            judged_at=at,
            reason=reason,
        )
    )
    _enter(u, actor, saved, "accepted" if command.accept else "returned", at=at)
    remember(u, actor, "judge_report", command.key, file.id, at=at)
    return saved


def accepted_report(u: UnitOfWork, file: PermitFile) -> ExitReport:
    """The report that a graduation refers to.

    Raises:
        Conflict: ``exit_report.not_accepted``.
    """
    report = u.exit_reports.find(file.id)
    if report is None or report.state is not ReportState.ACCEPTED:
        raise Conflict("exit_report.not_accepted", file=file.id)
    return report


def report_view(u: UnitOfWork, actor: Actor, file_id: str, *, at: datetime) -> ReportView:
    """The report of a file, or its draft.

    Raises:
        NotFound: ``file.not_found``; ``report.not_found`` where there is nothing for this reader.
    """
    file = readable_file(u, actor, file_id)
    if file.permit is None or file.state not in REPORTED:
        raise NotFound("exit_report.not_found", id=file.id)
    report, mine = u.exit_reports.find(file.id), side_of(actor, file) is not None
    if report is None and not mine:
        raise NotFound("exit_report.not_found", id=file.id)
    can = set()
    if mine and (report is None or report.state is ReportState.RETURNED):
        can.add("file")
    judges = competent_in(actor, file, Right.REVIEW)
    if judges and report is not None and report.state is ReportState.FILED:
        can.add("judge")
    permit = u.permits.get(file.permit)
    draft = report is None or "file" in can
    facts = exit_facts(u, permit, file, at=at) if draft else report.facts  # type: ignore[union-attr]
    return ReportView(file.id, permit.number, report, facts, frozenset(can))


def has_report(u: UnitOfWork, actor: Actor, file: PermitFile) -> bool:
    """Whether a reader has the page."""
    if file.permit is None or file.state not in REPORTED:
        return False
    return side_of(actor, file) is not None or u.exit_reports.find(file.id) is not None


def _ended(u: UnitOfWork, file: PermitFile) -> Permit:
    if file.permit is None or file.state not in REPORTED:
        raise Conflict("exit_report.not_ended", state=file.state.value)
    return u.permits.get(file.permit)


def _enter(u: UnitOfWork, actor: Actor, report: ExitReport, what: str, *, at: datetime) -> None:
    data = {"permit": report.permit, "digest": report.digest}
    if report.reason:
        data["reason"] = report.reason
    u.audit.append(
        kind=f"file.report_{what}", actor=actor.account, subject=report.file, data=data, at=at
    )
