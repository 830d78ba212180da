"""The rule about overdue reports, from a report that does not come to one alert, and no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sandbox.domain.alerts.facts import Standing, Tally
from sandbox.domain.alerts.overdue_report import OVERDUE, measure
from sandbox.domain.periods import before
from sandbox.domain.reports import Report, ReportState
from sandbox.domain.requirements import Requirement, RequirementKind
from sandbox.services.standing import tallies
from tests.services.alert_world import FIRM, NUMBER, START, open_permit

DUE = datetime(2026, 3, 16, 17, 59, 59, tzinfo=UTC)
DAY = timedelta(days=1)


def _keep(store, number, submitted=None, due=DUE):
    with store.unit() as u:
        if not u.requirements.select():
            u.requirements.add(
                Requirement("q", "F-2026-0001", RequirementKind.REPORT, "", "", due, FIRM, START)
            )
        period = before(START - number * 31 * DAY, 1)
        u.reports.add(
            Report(
                id=f"R-2026-{number:05d}",
                permit=NUMBER,
                file="F-2026-0001",
                requirement="q",
                months=1,
                start=period.start,
                end=period.end,
                due=due,
                sponsor_signs=False,
                state=ReportState.DUE,
                opened_at=START,
                figures=(),
                based_on={},
                computed_at=START,
                submitted_at=submitted,
            )
        )
        u.commit()


def _measured(store, until):
    with store.unit(read_only=True) as u:
        own = tallies(u, until - 90 * DAY, until).get(NUMBER, [])
    return measure(Standing(NUMBER, until, own, {"window": 7 * 24 * 60}))


def test_what_is_missing_is_measured_until_it_comes_and_what_came_in_time_never(store):
    open_permit(store)
    _keep(store, 1)
    _keep(store, 2, submitted=DUE - DAY)
    _keep(store, 3, submitted=DUE + 5 * DAY, due=DUE + DAY)
    assert _measured(store, DUE) is None
    second = timedelta(seconds=1)
    assert _measured(store, DUE + second).value == 1
    found = _measured(store, DUE + 3 * DAY)
    assert (found.value, [each.ref for each in found.evidence]) == (
        4,
        ["R-2026-00001", "R-2026-00003"],
    )
    later = _measured(store, DUE + 40 * DAY)
    assert (later.value, later.figures[0].value) == (41, 1)
    with store.unit() as u:
        kept = u.reports.get("R-2026-00001")
        u.reports.save(replace(kept, submitted_at=DUE + 41 * DAY))
        u.commit()
    assert _measured(store, DUE + 41 * DAY) is None
    assert _measured(store, DUE + 40 * DAY).value == 41  # a dry run over the past says the same


def test_a_tally_of_another_name_is_none_of_its_business():
    own = [Tally(DUE, "overdue", of="R"), Tally(DUE, OVERDUE, 0, of="S")]
    assert measure(Standing(NUMBER, DUE + DAY, own, {"window": 60})) is None
