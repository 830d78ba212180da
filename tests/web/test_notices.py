"""Who is told of what, on pages and by mail, and who is not."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.lifecycle import Act
from sandbox.domain.mail import CODE_LIFE, CODE_TRIES, read_address
from sandbox.domain.notices import TOLD, told
from sandbox.domain.records import Account, Organisation
from sandbox.domain.regime import Owner
from sandbox.domain.seats import FileSeat, Seat
from sandbox.domain.words import OrganisationKind
from sandbox.kit.errors import InvalidInput, Unavailable
from sandbox.locale.events import EVENTS
from sandbox.services import mailboxes
from sandbox.services.automatic import run_deadlines
from sandbox.services.identity import actor_of
from sandbox.services.notices import AT_ONCE, follow
from sandbox.services.publication import Desk
from tests.web.seams import PEOPLE

KINDS = ("reminded", "overdue")


def _follow(desk, mail=True):
    parts = desk.parts
    worker = Desk(parts.store, parts.ports.gateway, parts.clock)
    return follow(worker, public_url=parts.public_url, mail=mail)


def _kinds(desk, account):
    with desk.parts.store.unit(read_only=True) as u:
        found = u.notices.of_account(account, unread=False, before=None, limit=100)
        return [each.kind for each in found][::-1]


def _mails(desk):
    with desk.parts.store.unit(read_only=True) as u:
        return u.mails.select()


def test_every_act_says_who_is_told_and_has_words():
    for act in Act:
        assert TOLD[f"file.{act.value}"]
    assert set(TOLD) <= set(EVENTS)


def test_proposals_are_told_to_regulators_only():
    for kind in TOLD:
        if "propos" in kind or kind == "file.publish_refused":
            assert TOLD[kind] == {FileSeat.REGULATOR}, kind


@pytest.mark.parametrize("owner", Owner)
def test_who_owes_is_reminded_and_regulators_hear_what_passed(owner):
    reminded, overdue = (told(f"file.{kind}", {"owner": owner.value}) for kind in KINDS)
    assert reminded
    assert overdue == reminded | {FileSeat.REGULATOR}
    firms = {FileSeat.APPLICANT, FileSeat.SPONSOR}
    assert (owner in {Owner.REGULATOR, Owner.DUTY_OFFICER}) == (not overdue & firms)


def test_a_deadline_that_runs_is_told_to_its_owner_and_to_no_other_firm(desk):
    file_id = desk.under_review()
    question = {"text": "Who answers at night?"}
    assert desk.browser("ermek").act(f"/desk/files/{file_id}/questions", question).is_redirect
    while _follow(desk):
        pass
    before = {each: len(_kinds(desk, each)) for each in ("aigul", "damira", "ermek")}
    desk.clock.forward(timedelta(days=40))
    run_deadlines(Desk(desk.parts.store, desk.parts.ports.gateway, desk.clock))
    while _follow(desk):
        pass
    heard = {each: _kinds(desk, each)[before[each] :] for each in before}
    assert heard == {"aigul": ["file.overdue"], "damira": [], "ermek": ["file.overdue"]}


def test_each_hears_what_others_did_and_nothing_of_their_own(desk):
    desk.proposed()
    while _follow(desk):
        pass
    assert _kinds(desk, "damira") == ["file.submit", "file.take_up"]
    assert _kinds(desk, "aigul") == ["file.sponsor_sign", "file.take_up"]
    assert _kinds(desk, "feruza") == ["file.sponsor_sign", "file.propose_grant"]
    assert _kinds(desk, "ermek") == ["file.sponsor_sign"]


def test_firms_hear_of_requirements_and_regulators_of_evidence(desk):
    file_id = desk.under_review()
    path = f"/desk/files/{file_id}/requirements"
    wanted = {"kind": "capital", "what": "Own funds.", "expected": "A statement."}
    due = (desk.clock.now() + timedelta(days=30)).date().isoformat()
    ermek, aigul = desk.browser("ermek"), desk.browser("aigul")
    for _ in range(2):
        assert ermek.act(path, wanted | {"due": due}).status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        one, two = (each.id for each in u.requirements.of_file(file_id))
    for browser, act, form in (
        (aigul, f"{one}/file", {"evidence": "Statement no. 5."}),
        (ermek, f"{one}/reject", {"reason": "Too old."}),
        (aigul, f"{one}/file", {"evidence": "Statement no. 6."}),
        (ermek, f"{one}/confirm", {}),
        (ermek, f"{two}/lift", {"reason": "Shown elsewhere."}),
    ):
        assert browser.sign(path, f"{path}/{act}", form).status_code == 303, act
    while _follow(desk):
        pass
    heard = {
        who: [
            each.rpartition("requirement_")[2]
            for each in _kinds(desk, who)
            if "requirement" in each
        ]
        for who in ("aigul", "damira", "feruza", "ermek", "omar", "jyldyz")
    }
    firm = ["set", "set", "not_met", "met", "lifted"]
    filed = ["filed", "filed"]
    assert heard == {
        "aigul": firm,
        "damira": firm,
        "feruza": filed,
        "ermek": filed,
        "omar": [],
        "jyldyz": [],
    }


def test_strangers_other_firms_auditors_and_operators_hear_nothing(desk):
    desk.granted()
    while _follow(desk):
        pass
    for account in ("omar", "operator", "lira", "jyldyz"):
        assert _kinds(desk, account) == [], account


def _second_bank(desk, monkeypatch):
    """Another organisation that may sponsor, with one person in it."""
    monkeypatch.setitem(PEOPLE, "samat", ("Samat", "tulpar", Seat.SPONSOR))
    at = desk.clock.now()
    with desk.parts.store.unit() as u:
        u.organisations.add(Organisation("tulpar", "Tulpar Bank", OrganisationKind.BANK, at))
        seats = (Seat.SPONSOR,)
        u.accounts.add(Account("samat", "Samat", "p-samat", "tulpar", seats, "en", True, at))
        u.commit()


def test_who_is_named_to_follow_the_sponsor_hears_of_the_file_from_then_on_and_of_no_complaint(
    desk, monkeypatch
):
    number = desk.granted()
    while _follow(desk):
        pass
    _second_bank(desk, monkeypatch)
    with desk.parts.store.unit(read_only=True) as u:
        file_id = u.permits.get(number).file
    form = {"sponsor": "tulpar", "reasons": "The bank leaves."}
    named = desk.browser("aigul").act(f"/desk/files/{file_id}/sponsor-named", form)
    assert named.status_code == 303, named.text
    with desk.parts.store.unit() as u:
        complaint = {"actor": "customer", "subject": number, "data": {}, "at": desk.clock.now()}
        u.audit.append(kind="complaint.filed", **complaint)
        u.commit()
    while _follow(desk):
        pass
    assert _kinds(desk, "samat") == ["file.name_sponsor"]
    assert _kinds(desk, "damira")[-2:] == ["file.name_sponsor", "complaint.filed"]
    page = desk.browser("samat").get("/desk/notices").text
    entry = re.search(r'/desk/notices/(\d+)"', page)[1]
    opened = desk.browser("samat").get(f"/desk/notices/{entry}")
    assert opened.headers["location"] == f"/desk/files/{file_id}"
    assert desk.browser("samat").get(f"/desk/files/{file_id}").status_code == 200
    here = f"/desk/files/{file_id}"
    accepted = desk.browser("samat").sign(here, f"{here}/sponsor-accepted")
    assert accepted.status_code == 303, accepted.text
    while _follow(desk):
        pass
    assert _kinds(desk, "samat") == ["file.name_sponsor"], "nothing of what they did themselves"


def test_nobody_else_who_may_sponsor_hears_of_it(desk, monkeypatch):
    _second_bank(desk, monkeypatch)
    desk.granted()
    while _follow(desk):
        pass
    assert _kinds(desk, "samat") == []


def test_an_entry_is_told_once_however_often_the_log_is_followed(desk):
    desk.submitted()
    assert _follow(desk) > 0
    before = _kinds(desk, "damira")
    assert _follow(desk) == 0
    with desk.parts.store.unit() as u:
        u.notices.advance(0)
        u.commit()
    with pytest.raises(Exception, match="conflict"):
        _follow(desk)
    assert _kinds(desk, "damira") == before


def test_a_long_log_is_read_in_turns(desk):
    with desk.parts.store.unit() as u:
        for _ in range(AT_ONCE + 1):
            u.audit.append(kind="test", actor="x", subject="y", data={}, at=desk.clock.now())
        u.commit()
    assert _follow(desk) == AT_ONCE
    assert _follow(desk) > 0
    assert _follow(desk) == 0


def test_an_account_that_is_closed_is_told_nothing(desk):
    desk.draft()
    with desk.parts.store.unit() as u:
        u.accounts.save(replace(u.accounts.get("damira"), active=False))
        u.commit()
    _follow(desk)
    assert _kinds(desk, "damira") == []


def test_the_page_counts_opens_and_marks(desk):
    file_id = desk.under_review()
    _follow(desk)
    aigul = desk.browser("aigul")
    page = aigul.get("/desk/notices").text
    assert 'data-unread="2"' in page
    entry = re.search(r'/desk/notices/(\d+)"', page)[1]
    opened = aigul.get(f"/desk/notices/{entry}")
    assert opened.headers["location"] == f"/desk/files/{file_id}"
    page = aigul.get("/desk/notices?unread=yes").text
    assert 'data-unread="1"' in page
    assert f'/desk/notices/{entry}"' not in page
    assert aigul.post("/desk/notices/read").status_code == 303
    assert "data-unread" not in aigul.get("/desk/notices").text


def test_anothers_notice_is_not_found_and_stays_unread(desk):
    desk.under_review()
    _follow(desk)
    with desk.parts.store.unit(read_only=True) as u:
        theirs = u.notices.of_account("feruza", unread=True, before=None, limit=1)[0].entry
        mine = {n.entry for n in u.notices.of_account("damira", unread=False, before=None, limit=9)}
    damira = desk.browser("damira")
    if theirs not in mine:
        assert damira.get(f"/desk/notices/{theirs}").status_code == 404
    damira.post("/desk/notices/read")
    with desk.parts.store.unit(read_only=True) as u:
        assert u.notices.count_unread("feruza", 100) > 0


@pytest.mark.parametrize("entry", ["x", "-1", "1" * 40, "٣"])
def test_an_odd_entry_is_one_clear_error(desk, entry):
    assert desk.browser("aigul").get(f"/desk/notices/{entry}").status_code == 400
    assert desk.browser("aigul").get(f"/desk/notices?before={entry}").status_code == 400


def test_a_notice_of_a_file_that_is_no_longer_ours_is_left_out(desk):
    desk.under_review()
    _follow(desk)
    assert "Merchant payments" in desk.browser("damira").get("/desk/notices").text
    with desk.parts.store.unit() as u:
        u.accounts.save(replace(u.accounts.get("damira"), org="other"))
        u.commit()
    assert "Merchant payments" not in desk.browser("damira").get("/desk/notices").text


def _code(desk, account):
    """The code of the one message with a code that an account was sent."""
    (sent,) = (each for each in _mails(desk) if each.account == account and each.kind == "code")
    return re.search(r"^\d{6}$", sent.body, re.MULTILINE)[0]


def _confirmed(desk, account, address="damira@example.kg"):
    browser = desk.browser(account)
    assert browser.post("/desk/me/mail", {"address": address}).status_code == 303
    code = _code(desk, account)
    assert browser.post("/desk/me/mail/confirm", {"code": code}).status_code == 303
    return browser


def test_mail_goes_to_an_address_whose_code_was_typed_and_to_no_other(desk):
    desk.draft()
    damira = desk.browser("damira")
    damira.post("/desk/me/mail", {"address": "stranger@example.kg"})
    _confirmed(desk, "aigul", "Aigul@Example.KG")
    _follow(desk)
    submitted = [each for each in _mails(desk) if each.kind == "notice"]
    assert submitted == []
    desk_mails = len(_mails(desk))
    _take_on(desk)
    told = [each for each in _mails(desk) if each.kind == "notice"]
    assert {each.recipient for each in told} == {"Aigul@example.kg"}
    assert len(_mails(desk)) == desk_mails + len(told)
    assert "/desk/files/F-" in told[0].body
    assert "\n" not in told[0].subject


def _take_on(desk):
    with desk.parts.store.unit() as u:
        file = u.files.select()[0]
        u.files.save(replace(file, submitted_at=desk.clock.now(), sponsor="alatoo"))
        u.audit.append(
            kind="file.take_up", actor="ermek", subject=file.id, data={}, at=desk.clock.now()
        )
        u.commit()
    _follow(desk)


def test_mail_is_written_in_the_accounts_language(desk):
    desk.draft()
    aigul = _confirmed(desk, "aigul")
    aigul.post("/desk/me/language", {"language": "ky"})
    _take_on(desk)
    (told,) = (each for each in _mails(desk) if each.kind == "notice")
    assert "аккаунтуңуздун жөндөөлөрүндө" in told.body
    assert aigul.post("/desk/me/language", {"language": "xx"}).status_code == 400


def test_wrong_codes_run_out_and_the_right_one_comes_too_late(desk):
    damira = desk.browser("damira")
    damira.post("/desk/me/mail", {"address": "damira@example.kg"})
    code = _code(desk, "damira")
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(CODE_TRIES):
        answer = damira.post("/desk/me/mail/confirm", {"code": wrong})
        assert (answer.status_code, "mail.wrong_code" in answer.text) == (400, True)
    assert "mail.no_code_waits" in damira.post("/desk/me/mail/confirm", {"code": code}).text
    with desk.parts.store.unit(read_only=True) as u:
        assert u.mailboxes.addresses(["damira"]) == {}


def test_a_code_of_another_account_or_an_old_one_is_none(desk):
    desk.browser("damira").post("/desk/me/mail", {"address": "damira@example.kg"})
    code = _code(desk, "damira")
    aigul = desk.browser("aigul")
    assert "mail.no_code_waits" in aigul.post("/desk/me/mail/confirm", {"code": code}).text
    desk.clock.forward(CODE_LIFE)
    damira = desk.browser("damira")
    assert "mail.no_code_waits" in damira.post("/desk/me/mail/confirm", {"code": code}).text


def test_codes_are_few_an_hour(desk):
    damira = desk.browser("damira")
    for _ in range(mailboxes.CODES_AN_HOUR):
        assert damira.post("/desk/me/mail", {"address": "a@example.kg"}).status_code == 303
    refused = damira.post("/desk/me/mail", {"address": "a@example.kg"})
    assert (refused.status_code, "mail.too_many_codes" in refused.text) == (403, True)
    desk.clock.forward(timedelta(hours=1, seconds=1))
    assert (
        desk.browser("damira").post("/desk/me/mail", {"address": "a@example.kg"}).status_code == 303
    )


def test_no_mail_any_more_forgets_the_address_and_what_waits(desk):
    desk.draft()
    aigul = _confirmed(desk, "aigul")
    _take_on(desk)
    assert aigul.post("/desk/me/mail/remove").status_code == 303
    assert all(each.body == "" for each in _mails(desk))
    with desk.parts.store.unit(read_only=True) as u:
        assert u.mails.due(desk.clock.now()) == ()
        assert u.mailboxes.get("aigul").address is None
    assert "Aigul@" not in aigul.get("/desk/me").text


def test_without_a_mail_server_no_code_is_sent(desk):
    with desk.parts.store.unit() as u:
        actor = actor_of(u, "damira")
        with pytest.raises(Unavailable, match="not_set_up"):
            mailboxes.ask_for_code(u, actor, "a@example.kg", at=desk.clock.now(), mail=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a@b",
        "a@b.kg\nBcc: c@d.kg",
        "a b@example.kg",
        "a@example..kg",
        "<a@example.kg>",
        "a@example.kg, b@example.kg",
        "ө@example.kg",
        "a" * 65 + "@example.kg",
        "a@" + "b" * 300 + ".kg",
        "a@-example.kg",
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(InvalidInput, match="address_malformed"):
        read_address(text)


def test_an_address_of_the_longest_kind_is_taken():
    local = "a" * 64
    domain = ".".join(["b" * 61] * 3) + ".kg"
    assert read_address(f"{local}@{domain}") == f"{local}@{domain}"
