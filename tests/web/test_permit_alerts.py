"""Alerts about a permit as a whole, as regulators read them and tune their rules."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sandbox.services.standing import DayBook, watch_standing
from tests.services.alert_world import Ledger, add_customers, complain
from tests.web.alert_desk import newest_alert, try_rules, watcher
from tests.web.seams import START
from tests.web.test_alerts import draft_form
from tests.web.world import World

pytestmark = pytest.mark.slow
HOME = "/desk/cohort/alerts"


@pytest.fixture
def found(desk: World) -> World:
    """A desk on which a permit was complained about and customers' money is not covered."""
    desk.number = desk.granted()
    store = desk.parts.store
    add_customers(store, desk.number, 12)
    ledger = Ledger(store, at=START)
    ledger.block((0, 1, 20_000), (1, 12, 4_000))
    complain(store, 3, permit=desk.number, at=START)
    desk.clock.forward(timedelta(days=1, hours=12))
    while DayBook(watcher(desk), "kgst").turn():
        pass
    assert watch_standing(watcher(desk)) == 1
    return desk


@pytest.mark.parametrize(
    ("lang", "name", "figure"),
    [
        ("en", "Complaint rate", "People who complained"),
        ("ru", "Доля жалоб", "Пожаловавшихся"),
        ("ky", "Даттануулардын үлүшү", "Даттангандар"),
    ],
)
def test_a_regulator_reads_what_was_counted_and_goes_to_each_complaint(
    found: World, lang: str, name: str, figure: str
) -> None:
    alert = newest_alert(found)
    ermek = found.browser("ermek", lang=lang)
    page = ermek.get(f"{HOME}/{alert}").text
    assert name in page
    assert figure in page
    assert re.findall(r"/desk/complaints/(C-per\d+)", page) == [
        "C-per001",
        "C-per002",
        "C-per003",
    ]
    assert f'href="/desk/permits/{found.number}"' in page
    assert "/desk/explorer//" not in page
    listed = ermek.get(HOME).text
    assert name in listed
    assert "/desk/explorer//" not in listed


@pytest.mark.parametrize("who", ["aigul", "cholpon", "damira", "operator"])
def test_the_firm_its_sponsor_and_the_operator_learn_nothing(found: World, who: str) -> None:
    alert = newest_alert(found)
    browser = found.browser(who)
    assert browser.get(f"{HOME}/{alert}").status_code == 404
    assert alert not in browser.get(f"/desk/permits/{found.number}").text


def test_the_rules_about_permits_are_tuned_in_the_same_form(found: World) -> None:
    ermek = found.browser("ermek")
    fields = draft_form(ermek)
    assert fields["complaint_rate.least"] == "2"
    assert "burst.kind.customer" in fields
    assert "complaint_rate.kind.customer" not in ermek.get("/desk/cohort/rules/draft").text
    fields |= {"complaint_rate.least": "4", "reasons": "Too soon."}
    saved = ermek.act("/desk/cohort/rules", fields)
    assert saved.status_code == 303, saved.text
    place = saved.headers["location"].partition("?")[0]
    ermek.act(f"{place}/trial", {"days": "7"})
    try_rules(found)
    page = ermek.get(place).text
    row = re.search(r"Complaint rate</th><td[^>]*>(\d+)</td><td[^>]*>(\d+)<", page)
    assert row.groups() == ("0", "1")
