"""Extension, surrender, appeal, calendar and duty as people do them: pages and forms."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.calendar import HOLIDAYS, LUNAR
from sandbox.domain.life import DeadlineState, PetitionKind, PetitionState
from sandbox.domain.lifecycle import Act
from sandbox.domain.records import Account
from sandbox.domain.regime import RULES, Consequence, DeadlineKind, Owner
from sandbox.domain.seats import Seat
from sandbox.services.automatic import run_deadlines
from sandbox.services.publication import Desk
from sandbox.services.seed import AUTHORITIES
from sandbox.web import life_words
from tests.web.seams import PEOPLE
from tests.web.world import START, World

PLAN = "Every customer redeems in full within three days; the bank answers for it."


def file_of(desk: World, number: str) -> str:
    with desk.parts.store.unit(read_only=True) as u:
        return str(u.permits.get(number).file)


def sign(desk: World, file_id: str, who: str = "feruza") -> None:
    """The second signature under the newest proposal of a file."""
    page = desk.browser(who).get(f"/desk/files/{file_id}").text
    path = re.search(r'action="([^"]+/countersign)"', page)[1]
    done = desk.browser(who).act(path)
    assert done.status_code == 303, done.text


def later(desk: World, **ahead: int) -> None:
    """Move the clock and let the worker draw what is due."""
    desk.clock.forward(timedelta(**ahead))
    run_deadlines(Desk(desk.parts.store, desk.gateway, desk.clock))


@pytest.fixture
def others(desk: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Two regulators more, for appeals."""
    desk.under_review()
    with desk.parts.store.unit() as u:
        for name in ("gulnara", "zarina"):
            monkeypatch.setitem(PEOPLE, name, (name.title(), "nbkr", Seat.REGULATOR))
            seats = (Seat.REGULATOR,)
            record = Account(name, name.title(), f"p-{name}", "nbkr", seats, "en", True, START)
            if u.accounts.find(name) is None:
                u.accounts.add(record)
        u.commit()
    return desk


def test_every_value_of_the_vocabularies_has_a_word() -> None:
    extra = {"interim", "term"}
    assert {each.value for each in DeadlineKind} | extra == set(life_words.DEADLINES)
    assert {each.value for each in Owner} <= set(life_words.OWNERS)
    assert {each.value for each in DeadlineState} == set(life_words.STATES)
    assert {each.value for each in Consequence} == set(life_words.CONSEQUENCES)
    assert {each.value for each in PetitionKind} == set(life_words.PETITIONS)
    assert {each.value for each in PetitionState} == set(life_words.PETITION_STATES)
    assert {Act.SPONSOR_GONE, Act.RETURN_LAPSES, Act.LIMIT_PASSED} == set(life_words.AUTOMATIC)
    assert {each.name for each in HOLIDAYS} | set(LUNAR.values()) == set(life_words.HOLIDAYS)
    competence = {each.source for each in AUTHORITIES if each.source}
    assert {rule.source.text for rule in RULES.values()} | competence == set(life_words.SOURCES)


def test_an_extension_from_the_request_to_the_second_signature(desk: World) -> None:
    number = desk.granted()
    file_id = file_of(desk, number)
    path = f"/desk/files/{file_id}"
    assert "Ask for an extension" not in desk.browser("bakyt").get(path).text
    damira = desk.browser("damira")
    assert "Ask for an extension" in damira.get(path).text
    wrong = damira.act(f"{path}/extension", {"until": "2028-01-01", "reasons": "A late start."})
    assert wrong.status_code == 400
    assert "by 6 months at most" in wrong.text
    assert "A late start." in wrong.text
    asked = damira.act(f"{path}/extension", {"until": "2027-03-31", "reasons": "A late start."})
    assert asked.status_code == 303, asked.text
    ermek = desk.browser("ermek")
    assert "Request for an extension" in ermek.get(path).text
    done = ermek.act(f"{path}/extension/proposal", {"until": "", "reasons": "In order."})
    assert done.status_code == 303, done.text
    page = desk.browser("feruza").get(path).text
    assert f"Extend the term of {number}" in page
    assert "31 March 2027" in page
    sign(desk, file_id)
    with desk.parts.store.unit(read_only=True) as u:
        end = u.permits.get(number).terms.end
    assert end.date().isoformat() == "2027-03-31"
    assert "Ask for an extension" not in damira.get(path).text


def test_what_is_overdue_is_red_on_the_home_page_of_who_owes_it(desk: World) -> None:
    file_id = desk.under_review()
    asked = desk.browser("ermek").act(
        f"/desk/files/{file_id}/questions", {"text": "Who answers at night?"}
    )
    assert asked.status_code == 303
    home = desk.browser("aigul").get("/desk/").text
    assert "Answer to a question: until 4 December 2026" in home
    assert "badge-bad" not in home
    later(desk, days=20)
    home = desk.browser("aigul").get("/desk/").text
    assert "overdue since 4 December 2026" in home
    assert "badge-bad" in home
    assert "overdue" not in desk.browser("ermek").get("/desk/").text
    page = desk.browser("ermek").get(f"/desk/files/{file_id}").text
    assert "overdue since 4 December 2026" in page
    assert "stands still while a question is open" in page


def test_a_surrender_needs_its_box_and_a_plan_and_completion_says_what_is_outstanding(
    desk: World,
) -> None:
    number = desk.granted()
    path = f"/desk/files/{file_of(desk, number)}"
    damira = desk.browser("damira")
    fields = {"reasons": "No market.", "plan": PLAN}
    assert damira.act(f"{path}/surrender", fields).status_code == 400
    short = damira.act(f"{path}/surrender", fields | {"understood": "yes", "plan": "soon"})
    assert short.status_code == 400
    assert "settlement plan of at least 20" in short.text
    done = damira.act(f"{path}/surrender", fields | {"understood": "yes"})
    assert done.status_code == 303, done.text
    assert desk.gateway.policies[-1].state == "ended"
    assert PLAN in desk.browser("ermek").get(path).text
    assert desk.browser("omar").get(path).status_code == 404
    assert desk.browser("omar").act(f"{path}/surrender", fields).status_code == 404
    refused = desk.browser("ermek").act(f"{path}/complete")
    assert refused.status_code == 409
    assert "41,300.00\u00a0KGST are still outstanding" in refused.text
    desk.gateway.down = True
    unreachable = desk.browser("ermek").act(f"{path}/complete")
    assert unreachable.status_code == 503


def test_an_appeal_is_decided_by_two_who_did_not_sign(others: World) -> None:
    desk = others
    with desk.parts.store.unit(read_only=True) as u:
        file_id = u.files.select()[0].id
    path = f"/desk/files/{file_id}"
    assert desk.browser("ermek").act(f"{path}/refusal", {"reasons": "No."}).status_code == 303
    sign(desk, file_id)
    aigul = desk.browser("aigul")
    assert "Appeal the decision" in aigul.get(path).text
    assert aigul.act(f"{path}/appeal", {"grounds": ""}).status_code == 400
    assert aigul.act(f"{path}/appeal", {"grounds": "The plan was not read."}).status_code == 303
    assert "Decide the appeal" not in desk.browser("feruza").get(path).text
    fields = {"outcome": "overturn", "reasons": "It was not."}
    assert desk.browser("feruza").act(f"{path}/appeal/decision", fields).status_code == 403
    assert desk.browser("gulnara").act(f"{path}/appeal/decision", fields).status_code == 303
    sign(desk, file_id, "zarina")
    assert "Appeal granted" in aigul.get(path).text
    assert "Under review" in aigul.get(path).text


def test_either_party_is_named_for_the_last_day_to_ask_for_an_extension(desk: World) -> None:
    path = f"/desk/files/{file_of(desk, desk.granted())}"
    line = r"Last day to ask for an extension</th><td[^>]*>([^<]*)</td>"
    for name in ("aigul", "damira"):
        page = desk.browser(name).get(path).text
        assert re.search(line, page)[1] == "Sponsor or start-up", name
        assert f'action="{path}/extension"' in page, name


def test_the_duty_officer_lifts_what_the_clock_did(desk: World) -> None:
    number = desk.granted()
    path = f"/desk/files/{file_of(desk, number)}"
    left = desk.browser("damira").act(f"{path}/sponsor-leaves", {"reasons": "A new board."})
    assert left.status_code == 303
    later(desk, days=45)
    page = desk.browser("feruza").get(path).text
    assert "Nobody is on duty now" in page
    assert "/automatic/confirm" not in page
    duty = {"account": "feruza", "starts": "2027-01-05T00:00", "ends": "2027-01-12T00:00"}
    assert desk.browser("feruza").act("/desk/duty", duty).status_code == 403
    assert desk.browser("ermek").act("/desk/duty", duty).status_code == 303
    assert "Feruza Mamatova" in desk.browser("jyldyz").get("/desk/duty").text
    assert desk.browser("damira").get("/desk/duty").status_code == 403
    assert "/automatic/confirm" not in desk.browser("ermek").get(path).text
    assert "/automatic/confirm" in desk.browser("feruza").get(path).text
    lifted = desk.browser("feruza").act(f"{path}/automatic/lift", {"reasons": "A week more."})
    assert lifted.status_code == 303, lifted.text
    with desk.parts.store.unit(read_only=True) as u:
        assert u.files.get(file_of(desk, number)).state.value == "active"


def test_regulators_keep_the_calendar_and_deadlines_get_more_time_never_less(desk: World) -> None:
    file_id = desk.submitted()
    with desk.parts.store.unit(read_only=True) as u:
        (before,) = u.deadlines.of_file(file_id)
    ermek = desk.browser("ermek")
    day = {"day": "2026-11-30", "kind": "day_off", "instead": "2026-12-26", "reason": "A transfer"}
    assert desk.browser("aigul").act("/desk/calendar/days", day).status_code == 403
    assert ermek.act("/desk/calendar/days", day).status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        assert u.deadlines.of_file(file_id) == (before,), "what is proposed moves nothing"
        assert u.calendar.of_year(2026) == ()
        (waits,) = u.calendar_changes.waiting()
    confirm = f"/desk/calendar/changes/{waits.id}/confirm"
    assert ermek.act(confirm).status_code == 403
    for form in (day, day | {"day": "2026-12-26", "kind": "working_day", "instead": ""}):
        assert ermek.act("/desk/calendar/days", form).status_code == 409, "one thing at a time"
    for who, shown in (("ermek", False), ("feruza", True), ("jyldyz", False), ("aigul", False)):
        assert (confirm in desk.browser(who).get("/desk/calendar").text) == shown, who
        assert ("/desk/calendar#changes" in desk.browser(who).get("/desk/").text) == shown, who
    assert desk.browser("jyldyz").act(confirm).status_code == 403
    assert desk.browser("feruza").act(confirm).status_code == 303
    assert desk.browser("gulnara").act(confirm).status_code == 409
    with desk.parts.store.unit(read_only=True) as u:
        (after,) = u.deadlines.of_file(file_id)
    assert after.due == before.due + timedelta(days=3)
    page = ermek.get("/desk/calendar?year=2026").text
    assert "One regulator proposes a change and another confirms it" in page
    assert "A transfer" in page
    assert "instead of 26 December 2026" in page
    again = ermek.act("/desk/calendar/days", day)
    assert again.status_code == 409
    no_change = day | {"day": "2026-12-05", "instead": ""}
    assert ermek.act("/desk/calendar/days", no_change).status_code == 400
    desk.agreed("/desk/calendar/days/2026-11-30/remove")
    with desk.parts.store.unit(read_only=True) as u:
        assert u.deadlines.of_file(file_id) == (after,)
        assert u.calendar.of_year(2026) == ()
    assert "not entered yet" in ermek.get("/desk/calendar?year=2027").text
    assert ermek.get("/desk/calendar?year=1").status_code == 400


def test_a_question_says_the_day_that_its_deadline_moved_to(desk: World) -> None:
    file_id = desk.under_review()
    ermek = desk.browser("ermek")
    ermek.act(f"/desk/files/{file_id}/questions", {"text": "Who?", "due": "2026-12-04"})
    assert "answer by 4 December 2026" in ermek.get(f"/desk/files/{file_id}").text
    form = {"day": "2026-12-02", "kind": "day_off", "reason": "Mourning"}
    desk.agreed("/desk/calendar/days", form)
    page = ermek.get(f"/desk/files/{file_id}").text
    assert "answer by 7 December 2026" in page
    assert "4 December 2026" not in page.split('id="application"')[0].split('id="questions"')[1]


def test_the_days_of_a_deadline_are_set_within_bounds(desk: World) -> None:
    ermek = desk.browser("ermek")
    for days, status in (("5", 303), ("0", 400), ("many", 400), ("99999", 400)):
        done = ermek.act("/desk/calendar/rules", {"rule": "answer", "days": days})
        assert done.status_code == status, days
    assert ermek.act("/desk/calendar/rules", {"rule": "no", "days": "5"}).status_code == 400
    aigul = desk.browser("aigul").act("/desk/calendar/rules", {"rule": "answer", "days": "5"})
    assert aigul.status_code == 403

    def days_now() -> int:
        with desk.parts.store.unit(read_only=True) as u:
            return u.regime.days(DeadlineKind.ANSWER)

    assert days_now() == 10
    with desk.parts.store.unit(read_only=True) as u:
        (waits,) = u.calendar_changes.waiting()
    dropped = desk.browser("feruza").act(f"/desk/calendar/changes/{waits.id}/drop")
    assert (dropped.status_code, days_now()) == (303, 10)
    assert ermek.act("/desk/calendar/changes/nothing/confirm").status_code == 404
    desk.agreed("/desk/calendar/rules", {"rule": "answer", "days": "5"})
    assert days_now() == 5


def test_a_transfer_that_no_longer_fits_is_not_confirmed(desk: World) -> None:
    ermek, feruza = desk.browser("ermek"), desk.browser("feruza")
    desk.agreed("/desk/calendar/days", {"day": "2026-12-01", "kind": "day_off", "reason": "A"})
    assert ermek.act("/desk/calendar/days/2026-12-01/remove").status_code == 303
    with desk.parts.store.unit() as u:
        (waits,) = u.calendar_changes.waiting()
        u.calendar.remove(waits.day)
        u.commit()
    path = f"/desk/calendar/changes/{waits.id}"
    assert feruza.act(f"{path}/confirm").status_code == 404
    assert feruza.act(f"{path}/drop").status_code == 303


def test_two_accounts_of_one_person_are_one_at_the_calendar(
    desk: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PEOPLE, "ermek2", ("Ermek", "nbkr", Seat.REGULATOR))
    with desk.parts.store.unit() as u:
        ermek = u.accounts.get("ermek")
        u.accounts.add(replace(ermek, name="ermek2"))
        u.commit()
    form = {"rule": "answer", "days": "5"}
    assert desk.browser("ermek").act("/desk/calendar/rules", form).status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        (waits,) = u.calendar_changes.waiting()
    refused = desk.browser("ermek2").act(f"/desk/calendar/changes/{waits.id}/confirm")
    assert (refused.status_code, "authority.second_person" in refused.text) == (403, True)


@pytest.mark.parametrize("path", ["/desk/calendar", "/desk/duty"])
def test_strangers_are_sent_to_sign_in(desk: World, path: str) -> None:
    assert desk.browser(None).get(path).status_code in {302, 303, 307}
