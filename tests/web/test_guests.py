"""What another authority shows is read, and nothing is done about it, on any page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sandbox.domain.incidents import IncidentKind
from sandbox.domain.regime import DeadlineKind
from sandbox.domain.seats import Seat
from sandbox.services.incidents import open_by_system
from sandbox.services.report_opening import open_reports
from sandbox.services.timekeeping import open_deadline
from tests.web.alert_desk import watcher
from tests.web.seams import PEOPLE
from tests.web.test_authorities import MARKET, beside, share
from tests.web.test_incidents import WENT_WRONG

pytestmark = pytest.mark.slow
WRITTEN = {"happened": "Three merchants joined.", "risks": "One phone was lost."}
SAID = {"text": "Because of a cable."}


@pytest.fixture
def two(desk, monkeypatch):
    """A desk with a permit and two authorities; ``number`` is the permit's, of the first."""
    for name in MARKET:
        monkeypatch.setitem(PEOPLE, name, (name.title(), "market", Seat.REGULATOR))
    desk.number = beside(desk, desk.granted)
    with desk.parts.store.unit(read_only=True) as u:
        desk.file = u.permits.get(desk.number).file
    return desk


def text(desk, who, path):
    answer = desk.browser(who).get(path)
    assert answer.status_code == 200, (who, path, answer.text)
    return answer.text


def incident_and_report(desk):
    """An incident of the permit and a report of it; the number of an incident of the platform."""
    told = {**WENT_WRONG, "permit": desk.number}
    assert desk.browser("aigul").act("/desk/incidents", told).status_code == 303
    form = {"kind": "report", "what": "Monthly.", "expected": "It.", "due": "2026-12-14"}
    asked = f"/desk/files/{desk.file}/requirements"
    assert desk.browser("ermek").act(asked, {**form, "every": "1"}).status_code == 303
    desk.clock.forward(timedelta(days=10))
    assert open_reports(watcher(desk)) == 1
    with desk.parts.store.unit() as u:
        opened = open_by_system(u, IncidentKind.JOURNAL, at=desk.clock.now()).id
        u.commit()
    return opened


def test_a_guest_reads_the_drills_of_a_permit_and_neither_begins_nor_ends_one(two):
    path = f"/desk/permits/{two.number}/drills"
    ermek, guest = two.browser("ermek"), two.browser("saltanat")
    assert guest.act(path, {"reasons": "Ours."}).status_code == 404
    assert share(two, two.file).status_code == 303
    assert f'action="{path}"' in ermek.get(path).text
    assert f'action="{path}' not in text(two, "saltanat", path)
    begun = guest.act(path, {"reasons": "Ours."})
    assert (begun.status_code, "authority.reads_only" in begun.text) == (403, True)
    assert ermek.act(path, {"reasons": "Once in a month."}).status_code == 303
    drill = re.search(r"DR-\d{4}-\d{4}", text(two, "saltanat", path))[0]
    assert f'action="{path}' not in text(two, "saltanat", path)
    assert guest.act(f"{path}/{drill}/end").status_code == 403
    with two.parts.store.unit(read_only=True) as u:
        assert [each.id for each in u.drills.running(two.number)] == [drill]
    assert two.browser("feruza").act(f"{path}/{drill}/end").status_code == 303


def test_lists_of_reports_and_incidents_hold_what_their_reader_may_see_and_the_platforms(two):
    opened = incident_and_report(two)
    lists = (
        "/desk/incidents",
        "/desk/reports",
        "/desk/incidents?form=csv",
        "/desk/reports?form=csv",
    )
    for path in lists:
        assert two.number not in text(two, "saltanat", path), path
        assert two.number not in text(two, "omar", path), path
        for who in ("ermek", "jyldyz", "aigul", "damira"):
            assert two.number in text(two, who, path), (who, path)
    for who, platforms in {"saltanat": True, "ermek": True, "aigul": False, "omar": False}.items():
        assert (opened in text(two, who, "/desk/incidents")) is platforms, who
    assert f'value="{two.number}"' in text(two, "aigul", "/desk/incidents")
    assert share(two, two.file).status_code == 303
    for path in lists:
        assert two.number in text(two, "saltanat", path), path


def test_what_the_desk_offers_a_guest_it_does_not_refuse_afterwards(two):
    incident_and_report(two)
    with two.parts.store.unit(read_only=True) as u:
        (report,) = u.reports.select()
        (incident,) = (each for each in u.incidents.select() if each.file)
    written = two.browser("aigul").act(f"/desk/reports/{report.id}/submit", WRITTEN)
    assert written.status_code == 303, written.text
    assert two.browser("aigul").act(f"/desk/incidents/{incident.id}/final", SAID).status_code == 303
    assert share(two, two.file).status_code == 303
    shown = text(two, "ermek", f"/desk/reports/{report.id}")
    told = {"digest": re.search(r'name="digest" value="([0-9a-f]{64})"', shown)[1], "reason": "No."}
    for path, act, form in (
        (f"/desk/reports/{report.id}", "return", told),
        (f"/desk/incidents/{incident.id}", "follow_up", SAID),
        (f"/desk/incidents/{incident.id}", "close", SAID),
    ):
        assert f'action="{path}/{act}"' in text(two, "ermek", path), act
        assert f'action="{path}/{act}"' not in text(two, "saltanat", path), act
        assert two.browser("saltanat").act(f"{path}/{act}", form).status_code == 403, act


def test_a_shown_file_waits_for_the_authority_that_acts_in_it_and_not_for_a_guest(two):
    assert share(two, two.file).status_code == 303
    with two.parts.store.unit() as u:
        open_deadline(u, two.file, DeadlineKind.REPORT_ANSWER, at=two.clock.now())
        u.commit()
    two.clock.forward(timedelta(days=4))
    waits = f'href="/desk/files/{two.file}"'
    assert waits in text(two, "ermek", "/desk/")
    assert waits not in text(two, "saltanat", "/desk/")
    assert waits in text(two, "saltanat", "/desk/files")
    assert two.file in text(two, "saltanat", "/desk/files?form=csv")


def test_a_year_of_every_authority_is_for_who_sees_every_file(two):
    path = "/desk/cohort/statistics"
    tab = f'href="{path}"'
    for who in ("ermek", "jyldyz", "saltanat"):
        assert tab in text(two, who, "/desk/cohort"), who
    together = "All authorities together"
    assert together not in text(two, "saltanat", f"{path}?form=csv")
    assert "Permit granted,0,,MARKET" in text(two, "saltanat", f"{path}?form=csv")
    assert together in text(two, "jyldyz", f"{path}?form=csv")
    assert share(two, two.file).status_code == 303
    shown = text(two, "saltanat", f"{path}?form=csv")
    assert together in shown, "now there is no file that it may not see"
