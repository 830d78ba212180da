"""Graduated limits as people use them: asked for, proposed on a clean record, signed by two."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.alerts.cases import Alert, AlertState, Closing
from sandbox.domain.incidents import IncidentKind, IncidentState
from sandbox.services import steps
from sandbox.services.incidents import open_by_system
from sandbox.store.alerts import keep_alerts
from sandbox.web import steps as page_of_steps
from tests.services.alert_world import add_customers, complain
from tests.support.authority import another_authority, competent_elsewhere
from tests.web.seams import START
from tests.web.test_incidents import WENT_WRONG
from tests.web.world import LIMITS, World

STEPS = {"steps": "10 2 per_transaction max_customers\n30 3 customer_cap"}
DAY = timedelta(days=1)


@pytest.fixture
def graded(desk: World) -> World:
    """A permit granted with two steps."""
    file_id = desk.under_review()
    ermek = desk.browser("ermek")
    told = LIMITS | STEPS | {"reasons": "Small at first."}
    assert ermek.act(f"/desk/files/{file_id}/grant", told).status_code == 303
    page = desk.browser("feruza").get(f"/desk/files/{file_id}").text
    assert "after 10 days ×2" in page
    decision = re.search(r"/decisions/([^/]+)/countersign", page)[1]
    desk.number, desk.file = desk.grant(file_id, decision), file_id
    add_customers(desk.parts.store, desk.number, 6)
    return desk


def place(desk: World) -> str:
    return f"/desk/permits/{desk.number}/steps"


def alert(desk: World, name: str, at, **changed) -> None:
    told = Alert(
        *(name, "burst", 1, "kgst", "0x" + "aa" * 20, desk.number, "customer", int(name[-3:])),
        *(at - DAY, at, at, 10, 50, "KGST", {}),
    )
    with desk.parts.store.unit() as u:
        keep_alerts(u.session, [replace(told, **changed)])
        u.commit()


def ask(desk: World, who: str = "aigul"):
    return desk.browser(who).act(place(desk), {"reasons": "Everybody redeemed in time."})


def propose(desk: World):
    return desk.browser("ermek").act(f"{place(desk)}/proposal", {"reasons": "A clean record."})


def sign(desk: World):
    page = desk.browser("feruza").get(f"/desk/files/{desk.file}").text
    decision = re.search(r"/decisions/([^/]+)/countersign", page)[1]
    return desk.browser("feruza").act(f"/desk/files/{desk.file}/decisions/{decision}/countersign")


def in_force(desk: World):
    with desk.parts.store.unit(read_only=True) as u:
        return u.permits.get(desk.number).terms


def test_a_step_is_asked_for_after_its_days_proposed_by_one_and_signed_by_a_second(
    graded: World,
) -> None:
    before = in_force(graded)
    graded.clock.forward(9 * DAY)
    early = ask(graded)
    assert (early.status_code, "steps.not_yet" in early.text) == (409, True)
    graded.clock.forward(DAY)
    assert propose(graded).status_code == 404
    assert ask(graded).status_code == 303
    assert ask(graded, "damira").status_code == 409
    with competent_elsewhere(graded, graded.file):
        page = graded.browser("ermek").get(place(graded)).text
        assert ("Everybody redeemed in time." in page, "/steps/proposal" in page) == (True, False)
    page = graded.browser("ermek").get(place(graded)).text
    assert "/steps/proposal" in page
    assert "Everybody redeemed in time." in page
    assert propose(graded).status_code == 303
    assert in_force(graded) == before
    assert sign(graded).status_code == 303
    after = in_force(graded)
    assert after.assets[0].per_transaction == 2 * before.assets[0].per_transaction
    assert after.max_customers == 2 * before.max_customers
    assert after.steps == before.steps[1:]
    with graded.parts.store.unit(read_only=True) as u:
        (petition,) = u.petitions.of_file(graded.file)
    assert petition.state.value == "granted"
    assert ask(graded).status_code == 409


@pytest.mark.parametrize(
    ("changed", "clean"),
    [
        ({}, False),
        ({"state": AlertState.CLOSED, "closed_as": Closing.REFERRED}, False),
        ({"state": AlertState.CLOSED, "closed_as": Closing.FALSE_POSITIVE}, True),
    ],
)
def test_an_alert_keeps_the_step_from_being_proposed_and_the_firm_sees_no_difference(
    graded: World, changed: dict, clean: bool
) -> None:
    graded.clock.forward(11 * DAY)
    hidden = re.compile(r'value="[\w-]{16,}"|<span class="mono">[0-9a-f]{16}</span>')
    before = {
        who: hidden.sub("", graded.browser(who).get(place(graded)).text)
        for who in ("aigul", "damira")
    }
    alert(graded, "AL-2026-000001", START + 5 * DAY, **changed)
    for who, text in before.items():
        assert hidden.sub("", graded.browser(who).get(place(graded)).text) == text, who
        assert "Alerts" not in text
    assert ask(graded).status_code == 303
    done = propose(graded)
    assert (done.status_code == 303) is clean
    assert ("steps.not_clean" in done.text) is not clean
    shown = graded.browser("ermek").get(place(graded)).text
    assert ("/steps/proposal" in shown) is clean


@pytest.mark.slow
def test_an_alert_after_the_proposal_keeps_it_from_being_signed(graded: World) -> None:
    graded.clock.forward(11 * DAY)
    ask(graded)
    assert propose(graded).status_code == 303
    alert(graded, "AL-2026-000002", START + 11 * DAY)
    refused = sign(graded)
    assert (refused.status_code, "steps.not_clean" in refused.text) == (409, True)
    assert len(in_force(graded).steps) == 2
    declined = graded.browser("ermek").act(f"{place(graded)}/decline", {"reasons": "Later."})
    assert declined.status_code == 303
    assert "Later." in graded.browser("aigul").get(f"/desk/files/{graded.file}").text


@pytest.mark.slow
def test_complaints_and_a_suspension_are_told_to_the_firm_and_stand_against_it(
    graded: World,
) -> None:
    graded.clock.forward(11 * DAY)
    complain(graded.parts.store, 4, permit=graded.number, at=START + 10 * DAY)
    page = graded.browser("aigul").get(place(graded)).text
    assert re.search(r"People who complained[^<]*</th><td[^>]*>40 / 30<", page)
    assert "It can be asked for once everything in the record is met." in page
    assert ask(graded).status_code == 409
    told = {"reasons": "An incident.", "understood": "yes"}
    suspended = graded.browser("ermek").act(f"/desk/permits/{graded.number}/suspend", told)
    assert suspended.status_code == 303
    page = graded.browser("aigul").get(place(graded)).text
    assert re.search(r"Suspensions and halts[^<]*</th><td[^>]*>1</td><td><span[^>]*>not met", page)


@pytest.mark.slow
def test_an_account_of_an_incident_that_does_not_come_stands_against_the_firm(
    graded: World,
) -> None:
    told = {**WENT_WRONG, "permit": graded.number}
    assert graded.browser("aigul").act("/desk/incidents", told).status_code == 303
    late = re.compile(r"answers that are late</th><td[^>]*>(\d)</td><td><span[^>]*>(met|not met)")
    graded.clock.forward(11 * DAY)
    assert late.search(graded.browser("aigul").get(place(graded)).text).groups() == ("0", "met")
    graded.clock.forward(30 * DAY)
    page = graded.browser("aigul").get(place(graded)).text
    assert late.search(page).groups() == ("1", "not met")
    assert ask(graded).status_code == 409


def test_a_crash_of_the_platform_does_not_stand_against_the_firm(graded: World) -> None:
    with graded.parts.store.unit() as u:
        facts = {"chain": "kgst", "ended": START.isoformat()}
        where = {"permit": graded.number, "file": graded.file}
        made = open_by_system(u, IncidentKind.ENGINE, at=START, facts=facts, **where)
        u.commit()
    graded.clock.forward(40 * DAY)
    with graded.parts.store.unit() as u:
        permit = u.permits.get(graded.number)
        at = graded.clock.now()
        assert steps._duties(u, permit, at).met
        u.incidents.save(replace(made, state=IncidentState.OPEN))
        assert steps._duties(u, permit, at).have == 1, "confirmed, and no notice came"


@pytest.mark.slow
@pytest.mark.parametrize("who", ["aigul", "cholpon", "damira", "operator", None])
def test_only_those_who_see_alerts_have_the_list_of_all_steps(graded: World, who) -> None:
    answer = graded.browser(who).get("/desk/cohort/steps")
    assert answer.status_code in {303, 404}
    assert graded.number not in answer.text


@pytest.mark.slow
def test_the_list_holds_what_its_reader_may_see_part_by_part(graded: World, monkeypatch) -> None:
    path, second = "/desk/cohort/steps", "SB-2026-0099"
    with graded.parts.store.unit() as u:
        file, permit = u.files.get(graded.file), u.permits.get(graded.number)
        u.files.add(replace(file, id="F-2026-0099", permit=second, revision=1))
        u.permits.add(replace(permit, number=second, file="F-2026-0099", revision=1))
        u.commit()
    for module in (steps, page_of_steps):
        monkeypatch.setattr(module, "PART", 1)
    ermek = graded.browser("ermek")
    first, rest = ermek.get(path).text, ermek.get(f"{path}?start=1").text
    assert (second in first, graded.number in first) == (True, False)
    assert (second in rest, graded.number in rest) == (False, True)
    assert (f'href="{path}?start=1"' in first, f'href="{path}?start=0"' in rest) == (True, True)
    with graded.parts.store.unit() as u:
        another_authority(u, graded.clock.now())
        u.files.save(replace(u.files.get("F-2026-0099"), authority="market"))
        u.commit()
    page = ermek.get(path).text
    assert (second in page, graded.number in page) == (False, True), "filtered before the cut"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "title"),
    [("en", "Next step"), ("ru", "Следующая ступень"), ("ky", "Кийинки баскыч")],
)
def test_the_pages_are_in_the_readers_language(graded: World, lang: str, title: str) -> None:
    ermek = graded.browser("ermek", lang)
    for path in (place(graded), "/desk/cohort/steps", f"/desk/permits/{graded.number}"):
        assert title in ermek.get(path).text, path
    assert graded.number in ermek.get("/desk/cohort/steps").text
    assert graded.browser("bakyt").get(place(graded)).status_code == 200
    other = graded.browser("timur").get(place(graded))
    assert other.status_code == 404


@pytest.mark.slow
def test_a_permit_without_steps_has_no_such_page(desk: World) -> None:
    number = desk.granted()
    assert desk.browser("aigul").get(f"/desk/permits/{number}/steps").status_code == 404
    asked = desk.browser("aigul").act(f"/desk/permits/{number}/steps", {"reasons": "More."})
    assert asked.status_code in {404, 409}
