"""Reports, incidents and what figures and statistics are read from, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from sandbox.domain.figures import KINDS
from sandbox.domain.incidents import IncidentKind
from sandbox.domain.periods import containing
from sandbox.domain.requirements import Requirement, RequirementKind
from sandbox.services.exit_archives import order_archive
from sandbox.services.incidents import open_by_system
from sandbox.services.report_figures import figures_of
from sandbox.services.report_opening import open_report
from sandbox.services.statistics_year import statistics_of
from tests.services.alert_world import (
    FIRM,
    NUMBER,
    REGULATOR,
    START,
    Ledger,
    actor,
    look,
    open_permit,
    refuse,
)

pytestmark = pytest.mark.slow
AT = START + timedelta(days=40)


def test_a_report_is_opened_kept_and_computed_again_alike(store):
    open_permit(store)
    ledger = Ledger(store)
    ledger.block((0, 1, 900), (0, 2, 100))
    ledger.block((1, 12, 300), (2, 12, 50), minutes=5)
    refuse(store, 3, 4, count=2)
    look(store)
    with store.unit() as u:
        due = containing(START, 1).end + timedelta(days=10)
        u.requirements.add(
            Requirement(
                "q", "F-2026-0001", RequirementKind.REPORT, "", "", due, FIRM, START, every_months=1
            )
        )
        u.audit.append(kind="file.halt", actor=REGULATOR, subject="F-2026-0001", data={}, at=START)
        assert open_report(u, "q", at=AT)
        assert not open_report(u, "q", at=AT)
        open_by_system(u, IncidentKind.JOURNAL, at=AT)
        u.commit()
    with store.unit(read_only=True) as u:
        (report,) = u.reports.listed(None, permit=NUMBER, limit=10)
        assert u.reports.listed([], limit=10) == ()
        again = figures_of(u, u.permits.get(NUMBER), report.period)
        assert (again.figures, again.based_on) == (report.figures, report.based_on)
        found = {each.key: each.value for each in report.figures}
        assert (found["volume.KGST"], found["refusals_all"], found["halts"]) == (350 * 10**18, 4, 1)
        assert u.incidents.listed(None, text="nothing_%", limit=5) == ()
        assert len(u.incidents.listed(None, limit=5)) == 1
        assert len(list(u.statistics.entries(KINDS, AT))) == 1
        year = statistics_of(u, actor(REGULATOR, AT), 2026, at=AT)
    lines = {(each.name, each.about, each.asset): each.value for each in year.lines}
    assert lines["volume", "", "KGST"] == 350 * 10**18
    assert (lines["refusals", "per_transaction", ""], lines["incidents_reported", "", ""]) == (4, 1)


def test_two_orders_of_an_archive_at_once_are_one(store):
    open_permit(store)
    barrier, made = threading.Barrier(2), []

    def order(_place):
        barrier.wait()
        with store.unit() as u:
            made.append(order_archive(u, actor(FIRM, AT), NUMBER, at=AT).id)
            u.commit()

    threads = [threading.Thread(target=order, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(set(made))) == (2, 1)
