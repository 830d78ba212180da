"""A person's open work on one page, and handing it over: one act, both told, nobody else learns."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox.domain.alerts.cases import Alert, AlertState, Closing
from sandbox.domain.committee import Appointment, AppointmentState, CommitteeRole
from sandbox.domain.mail import Mailbox
from sandbox.domain.review import OPEN
from sandbox.services import open_work
from sandbox.services.notices import follow
from sandbox.services.publication import Desk
from sandbox.store import UnitOfWork
from tests.web.alert_desk import look_at_payments, newest_alert, with_ledger
from tests.web.review_world import ask, name, with_review
from tests.web.seams import START
from tests.web.world import Browser, World


def names(page: str) -> list[str]:
    """What can be ticked on a page of open work."""
    return re.findall(r'name="(take\.[^"]+)"', page)


def on_duty(desk: World, who: str, by: str) -> None:
    day = (START + timedelta(days=1)).date().isoformat()
    form = {"account": who, "starts": f"{day}T09:00", "ends": f"{day}T18:00"}
    done = desk.browser(by).act("/desk/duty", form)
    assert done.status_code == 303, done.text


def give(browser: Browser, account: str, taker: str, taken: list[str], **more: str):
    form = {"taker": taker, "reasons": "On leave.", **dict.fromkeys(taken, "yes"), **more}
    return browser.act(f"/desk/work/{account}/hand-over", form)


def told(desk: World) -> None:
    desk_of = Desk(desk.parts.store, desk.parts.ports.gateway, desk.clock)
    while follow(desk_of, public_url=desk.parts.public_url, mail=True):
        pass


def test_work_goes_to_a_colleague_in_one_act_and_both_are_told(desk: World) -> None:
    file, _ = desk.proposed()
    on_duty(desk, "ermek", "feruza")
    ermek, gulnara = desk.browser("ermek"), desk.browser("gulnara")
    page = ermek.get("/desk/work").text
    (duty,) = names(page)
    assert f'href="/desk/files/{file}"' in page, "the proposal waits for its second signature"
    assert give(ermek, "ermek", "ermek", [duty]).status_code == 400
    assert give(ermek, "ermek", "aigul", [duty]).status_code == 400
    assert give(ermek, "ermek", "gulnara", []).status_code == 400
    gone = give(ermek, "ermek", "gulnara", [duty, "take.alert:AL-2026-9999"])
    assert (gone.status_code, "AL-2026-9999" in gone.text) == (409, True)
    assert names(gulnara.get("/desk/work").text) == [], "nothing went by halves"
    done = give(ermek, "ermek", "gulnara", [duty])
    assert (done.status_code, done.headers["location"]) == (
        303,
        "/desk/work/ermek?said=handed_over",
    )
    assert names(ermek.get("/desk/work").text) == []
    assert len(names(gulnara.get("/desk/work").text)) == 1
    assert f'href="/desk/files/{file}"' in ermek.get("/desk/work").text, "a signature stays"
    told(desk)
    notice = gulnara.get("/desk/notices").text
    assert "Open work handed over" in notice
    assert "Open work handed over" not in ermek.get("/desk/notices").text, "it was their own act"
    assert "Open work handed over" not in desk.browser("feruza").get("/desk/notices").text
    entry = re.search(r"/desk/notices/(\d+)", notice)[0]
    assert gulnara.get(entry).headers["location"] == "/desk/work"
    assert "Open work handed over" in ermek.get("/desk/audit").text


def test_the_chair_hands_over_for_a_colleague_and_nobody_else_does(desk: World) -> None:
    desk.under_review()
    on_duty(desk, "ermek", "feruza")
    feruza, gulnara = desk.browser("feruza"), desk.browser("gulnara")
    (duty,) = names(desk.browser("ermek").get("/desk/work").text)
    shown = gulnara.get("/desk/work/ermek").text
    assert (names(shown), "the chair of the Committee for them" in shown) == ([], True)
    assert give(gulnara, "ermek", "feruza", [duty]).status_code == 403
    with desk.parts.store.unit() as u:
        chair = u.accounts.get("feruza")
        recorded = ("gulnara", u.accounts.get("gulnara").person, START)
        u.appointments.add(
            Appointment(
                "chair",
                chair.name,
                chair.person,
                CommitteeRole.CHAIR,
                "1",
                START.date(),
                None,
                None,
                *recorded,
                AppointmentState.CONFIRMED,
            )
        )
        u.commit()
    last = (START + timedelta(days=20)).date().isoformat()
    done = give(feruza, "ermek", "gulnara", [duty], until=last)
    assert done.status_code == 303, done.text
    assert "Gulnara Bekova acts for Ermek Abdyldaev" in gulnara.get("/desk/delegations").text
    told(desk)
    for who in ("ermek", "gulnara"):
        assert "Open work handed over" in desk.browser(who).get("/desk/notices").text
    again = give(feruza, "ermek", "feruza", [], until=last)
    assert again.status_code == 409, "by the rules of delegations"


@pytest.mark.slow
def test_an_alert_goes_with_its_case_and_others_never_learn_of_the_page(desk: World) -> None:
    with_ledger(desk)
    look_at_payments(desk)
    alert, ermek = newest_alert(desk), desk.browser("ermek")
    given = ermek.post(f"/desk/cohort/alerts/{alert}/assign", {"assignee": "ermek"})
    assert given.status_code == 303, given.text
    taken = names(ermek.get("/desk/work").text)
    assert taken == [f"take.alert:{alert}"]
    for who in (None, "aigul", "damira", "operator", "timur", "jyldyz", "meerim"):
        for path in ("/desk/work", "/desk/work/ermek"):
            assert desk.browser(who).get(path).status_code in {303, 401, 404}, (who, path)
        if who is not None:
            tried = desk.browser(who).act("/desk/work/ermek/hand-over", {"taker": "feruza"})
            assert tried.status_code == 404, who
    assert ermek.get("/desk/work/aigul").status_code == 404
    assert give(ermek, "ermek", "feruza", taken).status_code == 303
    assert names(desk.browser("feruza").get("/desk/work").text) == taken
    assert "Feruza Mamatova" in ermek.get(f"/desk/cohort/alerts/{alert}").text
    told(desk)
    assert alert not in ermek.get("/desk/audit").text, "the log must not know of alerts"
    with desk.parts.store.unit(read_only=True) as u:
        (entry,) = [each for each in u.audit.scan() if each.kind == "work.handed_over"]
    assert entry.body["data"] == {"from": "ermek", "to": "feruza", "reasons": "On leave."}


@pytest.mark.parametrize("change", ["closed", "another"])
def test_a_case_that_changes_while_it_is_handed_over_stays_as_it_became(
    desk: World, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """What the list said is not believed: somebody acts between the list and the lock."""
    desk.under_review()
    case = Alert(
        "AL-2026-0001",
        *("fan_in", 1, "kgst", "0x" + "01" * 20, None, "", 1, START, START, START, 1, 1, "KGST"),
        {},
        AlertState.IN_WORK,
        "ermek",
    )
    became = (
        replace(case, state=AlertState.CLOSED, closed_as=Closing.EXPLAINED)
        if change == "closed"
        else replace(case, assignee="feruza")
    )
    with desk.parts.store.unit() as u:
        u.alerts.add(case)
        u.commit()
    listed = open_work.work_of

    def overtaken(u: UnitOfWork, *args: Any, **more: Any) -> open_work.OpenWork:
        found = listed(u, *args, **more)
        u.alerts.save(replace(became, revision=u.alerts.get(case.id).revision))
        return found

    ermek = desk.browser("ermek")
    monkeypatch.setattr(open_work, "work_of", overtaken)
    refused = give(ermek, "ermek", "gulnara", [f"take.alert:{case.id}"])
    assert (refused.status_code, "handover.changed" in refused.text) == (409, True)
    monkeypatch.setattr(open_work, "work_of", listed)
    assert give(ermek, "ermek", "gulnara", [f"take.alert:{case.id}"]).status_code == 303


@pytest.mark.slow
def test_a_review_goes_by_its_own_act_and_not_to_whoever_signed_it(desk: World) -> None:
    path = ask(desk, with_review(desk))
    name(desk, path, "gulnara", "feruza")
    feruza, gulnara = desk.browser("feruza"), desk.browser("gulnara")
    feruza.post(f"{path}/source")
    assert feruza.act(f"{path}/approve", {"reason": "Read."}).status_code == 303
    taken = names(gulnara.get("/desk/work").text)
    assert len(taken) == 1
    signed = give(gulnara, "gulnara", "feruza", taken)
    assert (signed.status_code, "handover.not_fit" in signed.text) == (409, True)
    with desk.parts.store.unit(read_only=True) as u:
        (review,) = u.reviews.in_states(OPEN, 10)
        file = u.permits.get(review.permit).file
        assert review.reviewers == ("gulnara", "feruza")
        assert u.accounts.get("gulnara").person not in u.file_actors.of_file(file)
    assert give(gulnara, "gulnara", "ermek", taken).status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        assert u.reviews.get(review.id).reviewers == ("feruza", "ermek")
        assert u.accounts.get("gulnara").person in u.file_actors.of_file(file), "their act"
        last = [e for e in u.audit.scan() if e.kind == "review.reviewers_named"][-1]
        assert last.body["data"]["reviewers"] == ["feruza", "ermek"]


def test_an_expert_is_told_of_an_invitation_in_the_experts_language(desk: World) -> None:
    file, timur = desk.under_review(), desk.browser("timur", "ru")
    with desk.parts.store.unit() as u:
        u.accounts.save(replace(u.accounts.get("timur"), language="ru"))
        u.mailboxes.add(Mailbox("timur", "timur@example.kg"))
        u.commit()
    invited = desk.browser("ermek").act(
        f"/desk/files/{file}/experts",
        {"account": "timur", "subject": "Is the plan sound?", "until": "2026-12-10"},
    )
    assert invited.status_code == 303, invited.text
    told(desk)
    page = timur.get("/desk/notices").text
    assert "Приглашён эксперт" in page
    assert "National Bank" in page
    for secret in (file, "Merchant payments", "Is the plan sound?", "Kattap"):
        assert secret not in page, "the file is told of after the undertaking"
    entry = re.search(r"/desk/notices/(\d+)", page)[0]
    assert timur.get(entry).headers["location"] == "/desk/expert"
    with desk.parts.store.unit(read_only=True) as u:
        (mail,) = u.mails.select(u.mails.columns.account == "timur")
    assert "Приглашён эксперт" in mail.subject
    assert "/desk/expert" in mail.body
    assert file not in mail.subject + mail.body
    with desk.parts.store.unit(read_only=True) as u:
        (made,) = u.experts.of_file(file)
    over = {"reasons": "Not needed any more."}
    ended = desk.browser("ermek").act(f"/desk/files/{file}/experts/{made.id}/end", over)
    assert ended.status_code == 303, ended.text
    told(desk)
    page = timur.get("/desk/notices").text
    assert "Приглашение эксперта окончено" in page
    assert "Not needed any more." not in page
    for who in ("aigul", "damira", "feruza"):
        notices = desk.browser(who).get("/desk/notices").text
        assert "Expert invited" not in notices
        assert "invitation" not in notices
