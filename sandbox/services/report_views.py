"""Reports as their readers may see them: lists, one report, versions compared, computed again.

Rules:

1. The firm sees its draft; sponsor and supervisors see what was submitted, and of a report that was
   not submitted yet its figures alone.
2. Whoever sees a report may have its figures computed again; what differs is shown, never kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.domain.figures import Figure
from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.reports import (
    WRITABLE,
    Correction,
    Report,
    ReportAct,
    ReportState,
    ReportVersion,
    differing,
)
from sandbox.domain.seats import Actor, Channel, FileSeat, Right, rights_of
from sandbox.kit.errors import NotFound
from sandbox.services.access import competent_in
from sandbox.services.report_access import is_firm, is_sponsor, permits_seen, reporting_permit
from sandbox.services.report_figures import figures_of
from sandbox.store import UnitOfWork

MOST: Final = 5_000
"""Reports in one export."""
OVERDUE: Final = "overdue"


@dataclass(frozen=True)
class ReportLine:
    """A report in a list, with the permit's product and the firm's name."""

    report: Report
    title: str
    org_name: str
    overdue: int


@dataclass(frozen=True)
class ReportView:
    """One report as its reader sees it.

    Attributes:
        figures: of the draft for the firm, else of the shown version, else of the system.
        narrative, corrections: the firm's own while it writes, else of the shown version.
        shown: the version that is shown; None while there is none or the firm writes.
        versions: all that were submitted, in order.
        may: ``write``, ``sign``, ``accept``, ``return``.
        again: keys that came out differently when computed again; None when not asked for.
        overdue: days.
    """

    report: Report
    permit: Permit
    org_name: str
    sponsor_name: str | None
    figures: tuple[Figure, ...]
    narrative: Mapping[str, str]
    corrections: Mapping[str, Correction]
    shown: ReportVersion | None
    versions: tuple[ReportVersion, ...]
    may: frozenset[str]
    again: tuple[str, ...] | None
    overdue: int


@dataclass(frozen=True)
class Wanted:
    """Which reports a list shows; empty for any. ``state``: a state's word, or ``overdue``."""

    permit: str = ""
    state: str = ""
    start: int = 0


def list_reports(
    u: UnitOfWork, actor: Actor, wanted: Wanted, *, at: datetime, limit: int
) -> tuple[ReportLine, ...]:
    """The reports that an actor may see.

    Raises:
        NotFound: ``web.not_found`` for whoever sees no permit's reports by right.
    """
    rights = rights_of(actor.seats)
    seeing = {Right.SEE_ALL_FILES, Right.SEE_OWN_FILES, Right.SEE_SPONSORED_FILES}
    if not rights & seeing or actor.channel is not Channel.BROWSER:
        raise NotFound("web.not_found")
    state = ReportState(wanted.state) if wanted.state in set(ReportState) else None
    found = u.reports.listed(
        permits_seen(u, actor),
        permit=wanted.permit.strip().upper()[:20],
        state=state,
        overdue_at=at if wanted.state == OVERDUE else None,
        start=wanted.start,
        limit=limit,
    )
    titles = u.reports.titles({each.permit for each in found})
    names = u.organisations.names_of({org for _, org in titles.values()})
    return tuple(
        ReportLine(each, title, names.get(org, ""), each.overdue_days(at))
        for each in found
        for title, org in (titles[each.permit],)
    )


def report_view(
    u: UnitOfWork,
    actor: Actor,
    report_id: str,
    *,
    at: datetime,
    version: int | None = None,
    again: bool = False,
) -> ReportView:
    """One report.

    Args:
        u: a reading unit of work.
        actor: who reads.
        report_id: which.
        at: now.
        version: an earlier version instead of the last one.
        again: compute the figures again and say what differs.

    Raises:
        NotFound: ``report.not_found``.
    """
    report = u.reports.find(report_id[:20])
    if report is None:
        raise NotFound("report.not_found", id=report_id[:20])
    permit, file = reporting_permit(u, actor, report.permit, "report")
    versions = u.report_versions.of_report(report.id)
    firm = is_firm(actor, permit)
    shown = _shown(report, versions, version, firm=firm)
    names = u.organisations.names_of({permit.org, permit.sponsor})
    figures = shown.figures if shown else report.figures
    fresh = figures_of(u, permit, report.period).figures if again else None
    own = firm and shown is None
    return ReportView(
        report=report,
        permit=permit,
        org_name=names.get(permit.org, permit.org),
        sponsor_name=names.get(permit.sponsor) if permit.sponsor else None,
        figures=figures,
        narrative=shown.narrative if shown else (report.narrative if own else {}),
        corrections=shown.corrections if shown else (report.corrections if own else {}),
        shown=shown,
        versions=versions,
        may=_may(u, actor, file, report) if version is None else frozenset(),
        again=None if fresh is None else differing(figures, fresh),
        overdue=report.overdue_days(at),
    )


def compare_versions(
    u: UnitOfWork, actor: Actor, report_id: str, first: int, second: int, *, at: datetime
) -> tuple[ReportView, ReportVersion, ReportVersion]:
    """Two versions of a report.

    Raises:
        NotFound: ``report.not_found``.
    """
    view = report_view(u, actor, report_id, at=at)
    found = {each.version: each for each in view.versions}
    if first not in found or second not in found:
        raise NotFound("report.not_found", id=report_id[:20])
    return view, found[first], found[second]


def _shown(
    report: Report, versions: tuple[ReportVersion, ...], wanted: int | None, *, firm: bool
) -> ReportVersion | None:
    if wanted is not None:
        found = [each for each in versions if each.version == wanted]
        if not found:
            raise NotFound("report.not_found", id=report.id)
        return found[0]
    if firm and report.state in WRITABLE:
        return None
    return versions[-1] if versions else None


def _may(u: UnitOfWork, actor: Actor, file: PermitFile, report: Report) -> frozenset[str]:
    rights, found = rights_of(actor.seats), set()
    permit, seat = u.permits.get(report.permit), u.file_actors.of_file(file.id).get(actor.person)
    if Right.APPLY in rights and is_firm(actor, permit) and seat in {None, FileSeat.APPLICANT}:
        found |= {"write"} if report.state in WRITABLE else set()
    waits = report.state is ReportState.SUBMITTED and report.sponsor_signs
    if Right.SPONSOR in rights and is_sponsor(actor, permit) and seat in {None, FileSeat.SPONSOR}:
        found |= {"sign"} if waits else set()
    judged = report.state in {ReportState.SUBMITTED, ReportState.SIGNED}
    regulates = competent_in(actor, file, Right.REVIEW)
    if judged and regulates and seat in {None, FileSeat.REGULATOR}:
        found |= {ReportAct.RETURN.value} | (set() if waits else {ReportAct.ACCEPT.value})
    return frozenset(found)
