"""Periodic reports: states, who is next, what the firm adds, versions.

============ ========= ============================================== ==============
from         act       who                                            to
============ ========= ============================================== ==============
due          submit    the firm, with a recent password               submitted
returned     submit    the firm                                       submitted
submitted    sign      the sponsor, where the regime asks for it      signed
submitted    accept    a regulator, where no sponsor has to sign      accepted
signed       accept    a regulator                                    accepted
submitted    return    a regulator, with a reason                     returned
signed       return    a regulator, with a reason                     returned
============ ========= ============================================== ==============

Rules:

1. The system fills the figures in; nobody changes them. What the firm holds to be wrong it says
   beside the figure, with a reason; both stay.
2. What was submitted is a version: it is kept as it was, with the hash of its canonical JSON, and
   what the sponsor signs and the regulator judges is that hash.
3. How often: the permit's requirement of the kind ``report`` that comes back after a number of
   months that divides the year. Until when: working days after the period's end
   (``regime.DeadlineKind.PERIODIC_REPORT``).

Source: NBKR, standard monthly report of banks for virtual assets; ADGM's schedule of reports
(secondary sources, to be confirmed). The fields of :data:`NARRATIVE` are ours (to be confirmed).

>>> after(ReportState.DUE, ReportAct.SUBMIT, sponsor_signs=True).value
'report_submitted'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sandbox.domain.application import plain_text
from sandbox.domain.figures import Figure
from sandbox.domain.periods import LENGTHS, Period
from sandbox.domain.requirements import Requirement, RequirementKind, RequirementState
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import AccountName, FileId, PermitNumber

SPONSOR_SIGNS: Final = True
"""Whether the sponsor signs a report before the regulator judges it. Source: the sponsor holds the
permit for virtual assets (NBKR, special regulatory regime; to be confirmed)."""
NARRATIVE: Final = ("happened", "changes", "customers", "risks", "measures", "plans")
"""What the firm tells beside the figures; the first has to be said."""
LONGEST_TEXT: Final = 6_000
LONGEST_VALUE: Final = 80
LONGEST_REASON: Final = 500
MOST_CORRECTIONS: Final = 40


class ReportState(StrEnum):
    """Where a report stands."""

    DUE = "report_due"
    SUBMITTED = "report_submitted"
    SIGNED = "report_signed"
    RETURNED = "report_returned"
    ACCEPTED = "report_accepted"


class ReportAct(StrEnum):
    """What is done with a report."""

    SUBMIT = "submit"
    SIGN = "sign"
    ACCEPT = "accept"
    RETURN = "return"


WRITABLE: Final = frozenset({ReportState.DUE, ReportState.RETURNED})
"""States in which the firm writes."""
_S, _A = ReportState, ReportAct
_TABLE: Final[Mapping[tuple[ReportState, ReportAct], ReportState]] = {
    (_S.DUE, _A.SUBMIT): _S.SUBMITTED,
    (_S.RETURNED, _A.SUBMIT): _S.SUBMITTED,
    (_S.SUBMITTED, _A.RETURN): _S.RETURNED,
    (_S.SIGNED, _A.RETURN): _S.RETURNED,
    (_S.SIGNED, _A.ACCEPT): _S.ACCEPTED,
}


@dataclass(frozen=True)
class Correction:
    """What the firm says instead of a figure. ``value``: as typed, never reckoned with."""

    value: str
    reason: str


@dataclass(frozen=True)
class Report:
    """A report of one permit for one period.

    Attributes:
        requirement: the one that asks for it.
        sponsor_signs: fixed when the report is opened.
        due: the last moment, as its deadline says; written again with the first submission.
        figures: as last computed.
        based_on: what they were computed from: chain to its last block, ``audit`` to the log's
            size, ``refusals`` to the newest number; ``incomplete`` where the index lags.
        computed_at: when.
        narrative: the firm's texts by field, as saved.
        corrections: by figure's key.
        version: of the last submission; 0 before the first.
        submitted_at: of the first submission.
    """

    id: str
    permit: PermitNumber
    file: FileId
    requirement: str
    months: int
    start: datetime
    end: datetime
    due: datetime
    sponsor_signs: bool
    state: ReportState
    opened_at: datetime
    figures: tuple[Figure, ...]
    based_on: Mapping[str, Any]
    computed_at: datetime
    narrative: Mapping[str, str] = field(default_factory=dict)
    corrections: Mapping[str, Correction] = field(default_factory=dict)
    version: int = 0
    submitted_at: datetime | None = None
    accepted_at: datetime | None = None
    revision: int = 1

    @property
    def period(self) -> Period:
        """What it is about."""
        return Period(self.start, self.end, self.months)

    def late(self, at: datetime) -> bool:
        """Whether the first submission came, or has not come, after its day."""
        return (self.submitted_at or at) > self.due

    def overdue_days(self, at: datetime) -> int:
        """Whole days past the due moment without any submission, from 1; 0 when not overdue."""
        if self.submitted_at is not None or at <= self.due:
            return 0
        return (at - self.due).days + 1


@dataclass(frozen=True)
class ReportVersion:
    """What was submitted once, and what became of it.

    Attributes:
        digest: SHA-256 of the canonical JSON of permit, period, figures, texts, corrections; hex.
        outcome: ``accept`` or ``return``; None while it waits.
    """

    report: str
    version: int
    figures: tuple[Figure, ...]
    based_on: Mapping[str, Any]
    narrative: Mapping[str, str]
    corrections: Mapping[str, Correction]
    digest: str
    submitted_by: AccountName
    submitted_at: datetime
    signed_by: AccountName | None = None
    signed_at: datetime | None = None
    outcome: ReportAct | None = None
    judged_by: AccountName | None = None
    judged_at: datetime | None = None
    reason: str = ""
    revision: int = 1


def after(state: ReportState, act: ReportAct, *, sponsor_signs: bool) -> ReportState:
    """The state that an act leads to.

    Raises:
        Conflict: ``report.not_from_here``, ``report.sponsor_first``.
    """
    if state is _S.SUBMITTED and act in {_A.ACCEPT, _A.SIGN}:
        if sponsor_signs:
            if act is _A.SIGN:
                return _S.SIGNED
            raise Conflict("report.sponsor_first")
        if act is _A.ACCEPT:
            return _S.ACCEPTED
    target = _TABLE.get((state, act))
    if target is None:
        raise Conflict("report.not_from_here", state=state.value)
    return target


def periodic(requirement: Requirement) -> bool:
    """Whether a requirement asks for periodic reports with figures."""
    return (
        requirement.kind is RequirementKind.REPORT
        and requirement.every_months in LENGTHS
        and requirement.state is not RequirementState.LIFTED
    )


def read_narrative(texts: Mapping[str, str]) -> dict[str, str]:
    """The firm's texts; empty ones are left out.

    Raises:
        InvalidInput: the codes of ``plain_text``.
    """
    read = {name: plain_text(name, texts.get(name, ""), limit=LONGEST_TEXT) for name in NARRATIVE}
    return {name: text for name, text in read.items() if text}


def read_corrections(
    figures: Iterable[Figure], given: Mapping[str, tuple[str, str]]
) -> dict[str, Correction]:
    """What the firm says instead of figures: only of figures that there are, with a reason.

    Args:
        figures: of the report.
        given: key to value and reason, as typed; both empty: none.

    Raises:
        InvalidInput: ``report.no_such_figure``, ``report.correction_incomplete``,
            ``report.too_many_corrections``, the codes of ``plain_text``.
    """
    known, found = {each.key for each in figures}, {}
    for key, (value, reason) in given.items():
        said = plain_text("correction", value, limit=LONGEST_VALUE, name=True)
        why = plain_text("reason", reason, limit=LONGEST_REASON)
        if not said and not why:
            continue
        if key not in known:
            raise InvalidInput("report.no_such_figure", key=key[:60])
        if not said or not why:
            raise InvalidInput("report.correction_incomplete", key=key)
        found[key] = Correction(said, why)
    if len(found) > MOST_CORRECTIONS:
        raise InvalidInput("report.too_many_corrections", most=MOST_CORRECTIONS)
    return found


def require_told(narrative: Mapping[str, str]) -> None:
    """Refuse a submission that says nothing.

    Raises:
        InvalidInput: ``text.empty``.
    """
    if not narrative.get(NARRATIVE[0]):
        raise InvalidInput("text.empty", field=NARRATIVE[0])


def digest_of(report: Report) -> str:
    """What sponsor and regulator refer to: SHA-256 of the canonical JSON, hex."""
    return content_hash(
        {
            "report": report.id,
            "permit": report.permit,
            "start": report.start.isoformat(),
            "end": report.end.isoformat(),
            "figures": [each.as_dict() for each in report.figures],
            "based_on": dict(report.based_on),
            "narrative": dict(report.narrative),
            "corrections": corrections_json(report.corrections),
        }
    ).hex()


def corrections_json(corrections: Mapping[str, Correction]) -> dict[str, dict[str, str]]:
    """JSON of corrections."""
    return {key: {"value": each.value, "reason": each.reason} for key, each in corrections.items()}


def differing(before: Iterable[Figure], after: Iterable[Figure]) -> tuple[str, ...]:
    """Keys of figures that are not the same in two lists, or are in one alone; sorted."""
    one = {each.key: each for each in before}
    other = {each.key: each for each in after}
    return tuple(sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key)))
