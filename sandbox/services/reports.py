"""Periodic reports: written, submitted, signed, judged.

Rules (states: ``domain.reports``):

1. Owner and compliance officer of the firm write and submit; the sponsor that holds the permit
   signs; a regulator accepts or returns with a reason. Submitting, signing and judging are acts of
   law, each once, with its audit entry in the same transaction.
2. What is submitted are the figures that the system has then. Had they changed since the firm
   saw them, it is told and looks at them first.
3. The text of a draft is the firm's own until it is submitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.regime import DeadlineKind
from sandbox.domain.reports import (
    WRITABLE,
    Report,
    ReportAct,
    ReportState,
    ReportVersion,
    after,
    digest_of,
    read_corrections,
    read_narrative,
    require_told,
)
from sandbox.domain.seats import Actor, FileSeat, Right, require, require_act_of_law
from sandbox.kit.errors import Conflict, NotFound
from sandbox.services.acts import earlier, remember, take_seat
from sandbox.services.report_access import is_firm, is_sponsor, reporting_permit
from sandbox.services.report_figures import figures_of
from sandbox.services.reviews import needed_text
from sandbox.services.timekeeping import meet, open_deadline
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class WriteReport:
    """What the firm says: texts by field, corrections as ``(value, reason)`` by figure's key."""

    report: str
    narrative: Mapping[str, str]
    corrections: Mapping[str, tuple[str, str]]
    key: str | None = None


@dataclass(frozen=True)
class SignReport:
    """The sponsor's signature. ``digest``: of what the sponsor was shown."""

    report: str
    digest: str
    key: str | None = None


@dataclass(frozen=True)
class JudgeReport:
    """Accept, or return with a reason. ``digest``: of what the regulator was shown."""

    report: str
    act: ReportAct
    digest: str
    reason: str = ""
    key: str | None = None


def save_report(u: UnitOfWork, actor: Actor, command: WriteReport, *, at: datetime) -> Report:
    """Keep what the firm has written so far.

    Args:
        u: a writing unit of work; the caller commits.
        actor: of the firm, with the right to apply.
        command: what.
        at: now.

    Raises:
        NotAllowed: ``seat.right_missing``.
        NotFound: ``report.not_found``.
        InvalidInput: ``text.*``, ``report.no_such_figure``, ``report.correction_incomplete``,
            ``report.too_many_corrections``.
        Conflict: ``report.not_from_here``.
    """
    del at
    require(actor, Right.APPLY)
    report, _, _ = _firms(u, actor, command.report)
    return u.reports.save(_written(report, command))


def refresh_report(u: UnitOfWork, actor: Actor, report_id: str, *, at: datetime) -> Report:
    """Compute the figures of a draft again.

    Raises:
        NotAllowed: ``seat.right_missing``.
        NotFound: ``report.not_found``.
        Conflict: ``report.not_from_here``.
    """
    require(actor, Right.APPLY)
    report, permit, _ = _firms(u, actor, report_id)
    made = figures_of(u, permit, report.period)
    fresh = replace(report, figures=made.figures, based_on=made.based_on, computed_at=at)
    return u.reports.save(fresh)


def submit_report(u: UnitOfWork, actor: Actor, command: WriteReport, *, at: datetime) -> Report:
    """Submit a report, as the firm.

    Raises:
        NotAllowed: ``seat.right_missing``, ``seat.needs_browser``, ``seat.second_seat_in_file``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        NotFound: ``report.not_found``.
        InvalidInput: as ``save_report``, and ``text.empty``.
        Conflict: ``report.not_from_here``, ``report.figures_changed``.
    """
    require_act_of_law(actor, Right.APPLY, at)
    done = earlier(u, actor, "submit_report", command.key)
    if done is not None:
        return u.reports.get(done)
    report, permit, file = _firms(u, actor, command.report)
    report = _written(report, command)
    require_told(report.narrative)
    if figures_of(u, permit, report.period).figures != report.figures:
        raise Conflict("report.figures_changed")
    take_seat(u, file, actor, FileSeat.APPLICANT, at=at)
    state = after(report.state, ReportAct.SUBMIT, sponsor_signs=report.sponsor_signs)
    version = report.version + 1
    saved = u.reports.save(
        replace(report, state=state, version=version, submitted_at=report.submitted_at or at)
    )
    u.report_versions.add(
        ReportVersion(
            report=saved.id,
            version=version,
            figures=saved.figures,
            based_on=saved.based_on,
            narrative=saved.narrative,
            corrections=saved.corrections,
            digest=digest_of(saved),
            submitted_by=actor.account,
            submitted_at=at,
        )
    )
    for kind in (DeadlineKind.PERIODIC_REPORT, DeadlineKind.REPORT_CORRECTION):
        meet(u, file.id, kind, saved.id, at=at)
    _answer_begins(u, saved, at=at)
    _note(u, saved, "submitted", actor, {"digest": digest_of(saved)}, at=at)
    remember(u, actor, "submit_report", command.key, saved.id, at=at)
    return saved


def sign_report(u: UnitOfWork, actor: Actor, command: SignReport, *, at: datetime) -> Report:
    """Sign a submitted report, as the sponsor that holds the permit.

    Raises:
        NotAllowed: ``seat.right_missing``, ``seat.needs_browser``, ``seat.second_seat_in_file``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        NotFound: ``report.not_found``.
        Conflict: ``report.not_from_here``, ``report.other_version``.
    """
    require_act_of_law(actor, Right.SPONSOR, at)
    done = earlier(u, actor, "sign_report", command.key)
    if done is not None:
        return u.reports.get(done)
    report, permit, file = held_report(u, actor, command.report)
    if not is_sponsor(actor, permit):
        raise NotFound("report.not_found", id=report.id)
    version = _judged(u, report, command.digest)
    state = after(report.state, ReportAct.SIGN, sponsor_signs=report.sponsor_signs)
    take_seat(u, file, actor, FileSeat.SPONSOR, at=at)
    saved = u.reports.save(replace(report, state=state))
    u.report_versions.save(replace(version, signed_by=actor.account, signed_at=at))
    meet(u, file.id, DeadlineKind.REPORT_SIGNATURE, saved.id, at=at)
    _answer_begins(u, saved, at=at)
    _note(u, saved, "signed", actor, {"digest": version.digest}, at=at)
    remember(u, actor, "sign_report", command.key, saved.id, at=at)
    return saved


def judge_report(u: UnitOfWork, actor: Actor, command: JudgeReport, *, at: datetime) -> Report:
    """Accept a report, or return it with a reason.

    Raises:
        NotAllowed: ``seat.right_missing``, ``seat.needs_browser``, ``seat.second_seat_in_file``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        NotFound: ``report.not_found``.
        InvalidInput: ``text.empty``, ``text.*``.
        Conflict: ``report.not_from_here``, ``report.sponsor_first``, ``report.other_version``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    name = f"{command.act.value}_report"
    done = earlier(u, actor, name, command.key)
    if done is not None:
        return u.reports.get(done)
    report, _, file = held_report(u, actor, command.report)
    returns = command.act is ReportAct.RETURN
    reason = needed_text("reason", command.reason) if returns else ""
    version = _judged(u, report, command.digest)
    state = after(report.state, command.act, sponsor_signs=report.sponsor_signs)
    take_seat(u, file, actor, FileSeat.REGULATOR, at=at)
    saved = u.reports.save(replace(report, state=state, accepted_at=None if returns else at))
    u.report_versions.save(
        replace(version, outcome=command.act, judged_by=actor.account, judged_at=at, reason=reason)
    )
    for kind in (DeadlineKind.REPORT_SIGNATURE, DeadlineKind.REPORT_ANSWER):
        meet(u, file.id, kind, saved.id, at=at)
    if returns:
        open_deadline(u, file.id, DeadlineKind.REPORT_CORRECTION, at=at, subject=saved.id)
    said = {"reason": reason} if returns else {}
    _note(u, saved, "returned" if returns else "accepted", actor, said, at=at)
    remember(u, actor, name, command.key, saved.id, at=at)
    return saved


def held_report(u: UnitOfWork, actor: Actor, report_id: str) -> tuple[Report, Permit, PermitFile]:
    """A report that an actor may see, held for writing, with its permit and file.

    Raises:
        NotFound: ``report.not_found``.
    """
    found = u.reports.find(report_id[:20])
    if found is None:
        raise NotFound("report.not_found", id=report_id[:20])
    permit, _ = reporting_permit(u, actor, found.permit, "report")
    file = u.files.get(found.file, lock=True)
    return u.reports.get(found.id, lock=True), permit, file


def _firms(u: UnitOfWork, actor: Actor, report_id: str) -> tuple[Report, Permit, PermitFile]:
    report, permit, file = held_report(u, actor, report_id)
    if not is_firm(actor, permit):
        raise NotFound("report.not_found", id=report.id)
    if report.state not in WRITABLE:
        raise Conflict("report.not_from_here", state=report.state.value)
    return report, permit, file


def _written(report: Report, command: WriteReport) -> Report:
    return replace(
        report,
        narrative=read_narrative(command.narrative),
        corrections=read_corrections(report.figures, command.corrections),
    )


def _judged(u: UnitOfWork, report: Report, digest: str) -> ReportVersion:
    """The version that waits, if it is the one that was shown."""
    if report.state not in {ReportState.SUBMITTED, ReportState.SIGNED}:
        raise Conflict("report.not_from_here", state=report.state.value)
    version = u.report_versions.get(report.id, report.version, lock=True)
    if version.digest != digest:
        raise Conflict("report.other_version", version=version.version)
    return version


def _answer_begins(u: UnitOfWork, report: Report, *, at: datetime) -> None:
    waits = report.state is ReportState.SUBMITTED and report.sponsor_signs
    kind = DeadlineKind.REPORT_SIGNATURE if waits else DeadlineKind.REPORT_ANSWER
    open_deadline(u, report.file, kind, at=at, subject=report.id)


def _note(
    u: UnitOfWork, report: Report, what: str, actor: Actor, data: Mapping[str, str], *, at: datetime
) -> None:
    """An entry. Kinds: ``report.submitted``, ``signed``, ``returned``, ``accepted``."""
    u.audit.append(
        kind=f"report.{what}",
        actor=actor.account,
        subject=report.permit,
        data={"report": report.id, "version": report.version, **data},
        at=at,
    )
