"""Statistics of a calendar year over all permits, for those who supervise.

Rules:

1. Counts are of what the audit log, the hourly sums, refusals, complaints, incidents and reports
   say up to the year's end, or to now: asked for again later, a year that is over gives the same,
   but for what was still open (reports that came after it, alerts that were closed after it).
2. Days are working days from the first submission to the decision, and from filing to the first
   answer; a median is the lower of the two in the middle.
3. A permit's state at the year's end is where its last move before it led.
4. Nobody without the right to see alerts learns that this page exists: it counts alerts.
5. Whoever may see every file gets the whole and, where there are several authorities, each one's
   part beside it. An authority that may not gets its own part alone: it learns nothing of others'
   from a sum, nor of what another one shows to it.
6. A file counts for the authority that is competent for it now, with its whole year. What belongs
   to no file (complaints and incidents that name no permit) is in the whole alone; so parts add up
   to less, and medians do not add up at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.domain.alerts.hours import ALWAYS, EVERYBODY, Hour
from sandbox.domain.authorities import Authority
from sandbox.domain.calendar import BISHKEK, Calendar, day_of
from sandbox.domain.figures import JOINED, LEFT, median
from sandbox.domain.incidents import Incident
from sandbox.domain.lifecycle import Act
from sandbox.domain.periods import Period, year_of
from sandbox.domain.records import Permit
from sandbox.domain.reports import Report
from sandbox.domain.seats import Actor, Channel, Right, rights_of
from sandbox.domain.sight import sight_of
from sandbox.kit.errors import NotFound
from sandbox.kit.ids import OrgId
from sandbox.services.alert_watch import ASSETS
from sandbox.services.supervision import require_sees_alerts
from sandbox.store import UnitOfWork
from sandbox.store.statistics import Entry

FIRST_YEAR: Final = 2026
OUTCOMES: Final[Mapping[str, str]] = {
    "file.submit": "submitted",
    "file.countersign_grant": "granted",
    "file.countersign_refusal": "refused",
    "file.withdraw": "withdrawn",
    "file.return_lapses": "lapsed",
}
"""What becomes of applications: entries and what they are counted as."""
ENDS: Final = ("halt", "suspend", "expire", "revoke", "surrender", "complete", "graduate")
"""Acts on permits that are counted."""
MOVES: Final = frozenset(f"file.{act.value}" for act in Act)
COMPLAINTS: Final = frozenset(
    {"complaint.filed", "complaint.answered", "complaint.escalated", "complaint.closed"}
)


@dataclass(frozen=True)
class Line:
    """One figure of the year.

    Attributes:
        section: where it stands.
        name: what it is.
        about: the state, clause, category, kind or rule it is about; empty for none.
        asset: which money, where ``value`` is minor units; empty for counts.
        months: by month of the year, where that is known.
    """

    section: str
    name: str
    value: int
    about: str = ""
    asset: str = ""
    months: tuple[int, ...] = ()


@dataclass(frozen=True)
class Part:
    """The figures of one authority's files, or of the whole.

    Attributes:
        authority: whose; None for the whole.
        lines: its figures.
    """

    authority: Authority | None
    lines: tuple[Line, ...]

    def value(self, line: Line) -> int:
        """Its figure for a line of the whole; nought where it has none."""
        key = _key(line)
        return next((each.value for each in self.lines if _key(each) == key), 0)


@dataclass(frozen=True)
class YearStatistics:
    """A year's figures; ``until`` is now for the year under way; the first part holds the rest."""

    year: int
    until: datetime
    parts: tuple[Part, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """The figures of the first part."""
        return self.parts[0].lines


@dataclass(frozen=True)
class _Scope:
    """Which files and permits are counted; None for all, and for what belongs to none."""

    authority: OrgId | None = None
    files: frozenset[str] | None = None
    permits: frozenset[str] | None = None

    def has(self, permit: str | None) -> bool:
        """Whether what names a permit, or none, is counted."""
        return self.permits is None or permit in self.permits

    def moved(self, entries: Iterable[Entry]) -> list[Entry]:
        """Entries about its files."""
        return [each for each in entries if self.files is None or each.subject in self.files]

    def about(self, entries: Iterable[Entry]) -> list[Entry]:
        """Entries about its permits."""
        return [each for each in entries if self.has(each.subject)]


@dataclass(frozen=True)
class _Read:
    """What the figures of every part are counted from, read once.

    Attributes:
        calendar: of working days.
        moves, people, answered: entries of the log: of files, of customers, of complaints.
        permits: every one.
        refused: number by permit and clause.
        complaints: permit, category and filing by number.
        incidents, reports: of the year.
        alerts: permit, rule and reason of closing of each of the year.
    """

    calendar: Calendar
    moves: tuple[Entry, ...]
    people: tuple[Entry, ...]
    answered: tuple[Entry, ...]
    permits: tuple[Permit, ...]
    refused: Counter[tuple[str, str]]
    complaints: Mapping[str, tuple[str | None, str, datetime]]
    incidents: tuple[Incident, ...]
    alerts: tuple[tuple[str | None, str, str | None], ...]
    reports: tuple[Report, ...]


def _read(u: UnitOfWork, period: Period) -> _Read:
    refused: Counter[tuple[str, str]] = Counter()
    for permit, clause, count in u.statistics.refusals(period.start, period.end):
        refused[permit, clause] += count
    return _Read(
        calendar=u.calendar.calendar(),
        moves=tuple(u.statistics.entries(MOVES, period.end)),
        people=tuple(u.statistics.entries({JOINED, LEFT}, period.end)),
        answered=tuple(u.statistics.entries(COMPLAINTS, period.end)),
        permits=tuple(u.permits.all()),
        refused=refused,
        complaints=u.statistics.complaints(period.end),
        incidents=u.incidents.between(period.start, period.end),
        alerts=tuple(u.statistics.alerts(period.start, period.end)),
        reports=u.reports.due_between(period.start, period.end),
    )


def years(at: datetime) -> tuple[int, ...]:
    """The years that can be asked for, the newest first."""
    return tuple(range(at.astimezone(BISHKEK).year, FIRST_YEAR - 1, -1))


def statistics_of(u: UnitOfWork, actor: Actor, year: int, *, at: datetime) -> YearStatistics:
    """The statistics of a year.

    Args:
        u: a reading unit of work.
        actor: somebody who sees alerts, and every file or an authority's own.
        year: one of ``years``.
        at: now.

    Raises:
        NotFound: ``web.not_found``: no such page for this reader, or no such year.
    """
    require_sees_alerts(actor)
    wanted = _parts_for(u, actor)
    if year not in years(at) or not wanted:
        raise NotFound("web.not_found")
    period = year_of(year)
    until = min(period.end, at)
    read = _read(u, period)
    parts = [Part(each, _lines(u, _scope(u, each), read, period, until)) for each in wanted]
    return YearStatistics(year, until, tuple(parts))


def opens_to(u: UnitOfWork, actor: Actor) -> bool:
    """Whether there are statistics for a reader."""
    return Right.SEE_ALERTS in rights_of(actor.seats) and bool(_parts_for(u, actor))


def _parts_for(u: UnitOfWork, actor: Actor) -> tuple[Authority | None, ...]:
    """Whose figures a reader gets; None stands for the whole."""
    if actor.channel is not Channel.BROWSER:
        return ()
    sight = sight_of(actor)
    if u.listing.sees_every(sight):
        authorities = u.authorities.all()
        return (None, *authorities) if len(authorities) > 1 else (None,)
    own = u.authorities.find(sight.authority) if sight.authority else None
    return (own,) if own else ()


def _scope(u: UnitOfWork, authority: Authority | None) -> _Scope:
    if authority is None:
        return _Scope()
    return _Scope(authority.org, *u.statistics.of_authority(authority.org))


def _lines(
    u: UnitOfWork, scope: _Scope, read: _Read, period: Period, until: datetime
) -> tuple[Line, ...]:
    own = scope.moved(read.moves)
    clauses = (
        (clause, count) for (permit, clause), count in read.refused.items() if scope.has(permit)
    )
    return (
        *_applications(own, period, read.calendar),
        *_permits(read, scope, own, period),
        *_customers(read, scope, period),
        *_money(u, scope, period),
        *_complaints(read, scope, period),
        *_incidents(read, scope, period),
        *_counted("refusals", "refusals", clauses),
        *_alerts(read, scope),
        *_reports(read, scope, until),
    )


def _key(line: Line) -> tuple[str, str, str, str]:
    return line.section, line.name, line.about, line.asset


def _applications(moves: list[Entry], period: Period, calendar: Calendar) -> Iterator[Line]:
    first: dict[str, datetime] = {}
    counts: Counter[str] = Counter()
    taken: dict[str, list[int]] = {"granted": [], "refused": []}
    for each in moves:
        name = OUTCOMES.get(each.kind)
        if name is None:
            continue
        again = each.subject in first
        if name == "submitted":
            first.setdefault(each.subject, each.at)
        if not period.covers(each.at) or (name == "submitted" and again):
            continue
        counts[name] += 1
        if name in taken and again:
            began = first[each.subject]
            taken[name].append(calendar.between(day_of(began), day_of(each.at)))
    for name in OUTCOMES.values():
        yield Line("applications", "applications", counts[name], about=name)
    both = [days for each in taken.values() for days in each]
    yield Line("applications", "days_median", median(both))
    yield Line("applications", "days_longest", max(both, default=0))


def _permits(read: _Read, scope: _Scope, moves: list[Entry], period: Period) -> Iterator[Line]:
    known = (each for each in read.permits if scope.has(each.number))
    file_of = {each.file: each for each in known if each.granted_at < period.end}
    last = {each.subject: str(each.data.get("to", "")) for each in moves}
    states = Counter(state for file, state in last.items() if file in file_of)
    granted = sum(period.covers(each.granted_at) for each in file_of.values())
    yield Line("permits", "permits_granted", granted)
    for state, count in sorted(states.items()):
        yield Line("permits", "permits_at_end", count, about=state)
    acts = Counter(each.kind for each in moves if period.covers(each.at))
    for act in ENDS:
        yield Line("permits", "acts", acts[f"file.{act}"], about=f"file.{act}")


def _customers(read: _Read, scope: _Scope, period: Period) -> Iterator[Line]:
    entries = scope.about(read.people)
    joined = [each.at for each in entries if each.kind == JOINED]
    left = [each.at for each in entries if each.kind == LEFT]
    yield Line("customers", "people_new", *_monthly(joined, period))
    yield Line("customers", "people_left", *_monthly(left, period))
    yield Line("customers", "people_end", len(joined) - len(left))


def _monthly(moments: Iterable[datetime], period: Period) -> tuple[int, str, str, tuple[int, ...]]:
    """The arguments of a line behind its name: the sum, and the months."""
    found = Counter(at.astimezone(BISHKEK).month for at in moments if period.covers(at))
    return found.total(), "", "", tuple(found[month] for month in range(1, 13))


def _money(u: UnitOfWork, scope: _Scope, period: Period) -> Iterator[Line]:
    hours = (
        u.alert_watch.hours(EVERYBODY, period.start)
        if scope.authority is None
        else u.alert_watch.hours_of_authority(scope.authority, period.start)
    )
    for chain, asset in ASSETS.items():
        mine = [each for each in hours if each.chain == chain]
        inside = [each for each in mine if each.hour != ALWAYS and period.covers(each.hour)]
        after = [each for each in mine if each.hour != ALWAYS and each.hour >= period.end]
        held = sum(each.came - each.went for each in mine if each.hour == ALWAYS)
        held -= sum(each.came - each.went for each in after)
        payments, volume = _by_month(inside, "payments"), _by_month(inside, "volume")
        yield Line("money", "payments", sum(payments), about=asset, months=payments)
        yield Line("money", "volume", sum(volume), asset=asset, months=volume)
        yield Line("money", "held_at_end", held, asset=asset)


def _by_month(hours: Iterable[Hour], name: str) -> tuple[int, ...]:
    found: Counter[int] = Counter()
    for each in hours:
        found[each.hour.astimezone(BISHKEK).month] += getattr(each, name)
    return tuple(found[month] for month in range(1, 13))


def _complaints(read: _Read, scope: _Scope, period: Period) -> Iterator[Line]:
    known = {
        number: (about, at)
        for number, (permit, about, at) in read.complaints.items()
        if scope.has(permit)
    }
    filed = [each for each in known.values() if period.covers(each[1])]
    yield Line("complaints", "complaints_received", *_monthly((at for _, at in filed), period))
    yield from _counted("complaints", "complaints_about", ((about, 1) for about, _ in filed))
    first: dict[str, datetime] = {}
    late, closed, outcomes = 0, set(), Counter[str]()
    for each in scope.about(read.answered):
        number = str(each.data.get("complaint", ""))
        inside = period.covers(each.at)
        if each.kind == "complaint.answered":
            first.setdefault(number, each.at)
        elif each.kind == "complaint.escalated":
            late += inside and each.data.get("why") == "overdue"
        elif each.kind == "complaint.closed":
            closed.add(number)
            if inside and each.data.get("outcome"):
                outcomes[str(each.data["outcome"])] += 1
    days = [
        read.calendar.between(day_of(known[number][1]), day_of(at))
        for number, at in first.items()
        if number in known and period.covers(at)
    ]
    yield Line("complaints", "complaints_answered", len(days))
    yield Line("complaints", "answer_median", median(days))
    yield Line("complaints", "answer_longest", max(days, default=0))
    yield Line("complaints", "complaints_overdue", late)
    yield from _counted("complaints", "complaints_concluded", outcomes.items())
    yield Line("complaints", "complaints_open_at_end", len(known.keys() - closed))


def _incidents(read: _Read, scope: _Scope, period: Period) -> Iterator[Line]:
    found = [each for each in read.incidents if scope.has(each.permit) and not each.lifted]
    moments = [each.reported_at for each in found]
    yield Line("incidents", "incidents_reported", *_monthly(moments, period))
    yield from _counted("incidents", "incidents_kind", ((e.kind.value, 1) for e in found))
    yield from _counted("incidents", "incidents_grave", ((e.severity.value, 1) for e in found))
    yield Line("incidents", "notices_late", sum(each.noticed_late is True for each in found))
    still = sum(each.closed_at is None or each.closed_at >= period.end for each in found)
    yield Line("incidents", "incidents_open_at_end", still)


def _alerts(read: _Read, scope: _Scope) -> Iterator[Line]:
    found = [(rule, closed) for permit, rule, closed in read.alerts if scope.has(permit)]
    yield Line("alerts", "alerts_all", len(found))
    yield from _counted("alerts", "alerts_rule", ((rule, 1) for rule, _ in found))
    closed = ((str(each), 1) for _, each in found if each is not None)
    yield from _counted("alerts", "alerts_closed", closed)


def _reports(read: _Read, scope: _Scope, until: datetime) -> Iterator[Line]:
    due = [each for each in read.reports if scope.has(each.permit)]
    sent = [each.submitted_at for each in due if each.submitted_at is not None]
    late = sum(each.submitted_at is not None and each.submitted_at > each.due for each in due)
    missing = sum(each.submitted_at is None and each.due < until for each in due)
    yield Line("reports", "reports_due", len(due))
    yield Line("reports", "reports_in_time", len(sent) - late)
    yield Line("reports", "reports_late", late)
    yield Line("reports", "reports_missing", missing)
    yield Line("reports", "reports_accepted", sum(each.accepted_at is not None for each in due))


def _counted(section: str, name: str, pairs: Iterable[tuple[str, int]]) -> Iterator[Line]:
    """A line for each thing that was counted, the most frequent first."""
    found: Counter[str] = Counter()
    for about, count in pairs:
        found[about] += count
    for about, count in sorted(found.items(), key=lambda each: (-each[1], each[0])):
        yield Line(section, name, count, about=about)
