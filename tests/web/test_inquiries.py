"""Requests for information: asked, answered with documents, seen by nobody else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sandbox.domain.inquiries import Addressee, InquiryState
from sandbox.domain.suspicion import ReportState
from sandbox.web.suspicion_words import ADDRESSEES, ASKED
from tests.support.papers import pdf
from tests.web.alert_desk import with_ledger
from tests.web.test_suspicion import submitted
from tests.web.world import World

pytestmark = pytest.mark.slow
SERVICE = "/desk/intelligence/requests"
HOME = "/desk/suspicion/requests"
WANTED = {"text": "Who owns <these> wallets?", "basis": "Article 12", "days": "3"}


@pytest.fixture
def ledger(desk: World) -> World:
    """A permit whose customers paid suspiciously."""
    desk.number = with_ledger(desk)
    return desk


def asked(desk: World, **more: str) -> str:
    """A request's number."""
    done = desk.browser("meerim").act(SERVICE, WANTED | more)
    assert done.status_code == 303, done.text
    return re.search(r"RFI-\d{4}-[0-9A-Z]{8}", done.headers["location"])[0]


def test_who_reported_is_asked_more_and_answers_with_a_document(ledger: World) -> None:
    report = submitted(ledger)
    number = asked(ledger, to="reporter", report=report)
    place, cholpon, meerim = f"{HOME}/{number}", ledger.browser("cholpon"), ledger.browser("meerim")

    def state() -> ReportState:
        with ledger.parts.store.unit(read_only=True) as u:
            return u.suspicions.get(report).state

    assert state() is ReportState.MORE_ASKED
    assert number in cholpon.get("/desk/").text
    assert number in cholpon.get("/desk/suspicion").text
    page = cholpon.get(place).text
    assert "Who owns &lt;these&gt; wallets?" in page
    assert report in page
    files = {"upload": ("list.pdf", pdf(), "application/pdf")}
    assert cholpon.post(f"{place}/documents", files=files).status_code == 303
    with ledger.parts.store.unit(read_only=True) as u:
        document = u.attachments.of(number)[0].id
    assert meerim.get(f"{place}/documents/{document}").status_code == 404
    assert ledger.browser("cholpon").post(f"{place}/answer", {"text": "A list."}).status_code == 401
    assert cholpon.act(f"{place}/answer", {"text": "A list."}).status_code == 303
    assert cholpon.act(f"{place}/answer", {"text": "Another."}).status_code == 409
    assert cholpon.post(f"{place}/documents", files=files).status_code == 409
    assert state() is ReportState.RECEIVED
    assert "A list." in meerim.get(place).text
    assert meerim.get(f"{place}/documents/{document}").content == pdf()
    assert number in meerim.get(f"/desk/suspicion/{report}").text
    assert number in meerim.get(f"{SERVICE}?state=answered").text
    assert number not in meerim.get(f"{SERVICE}?state=open").text
    assert number not in cholpon.get("/desk/").text


def _seen(desk: World, who: str) -> list[str]:
    places = ("/desk/", "/desk/notices", "/desk/audit", "/desk/suspicion")
    found = [desk.browser(who).get(place).text for place in places]
    return [re.sub(r'value="[\w-]{16,}"|\b[0-9a-f]{16}\b', "", each) for each in found]


@pytest.mark.parametrize(
    ("to", "who", "others"),
    [
        ("firm", "cholpon", ("aigul", "nazgul", "damira", "ermek")),
        ("sponsor", "nazgul", ("damira", "cholpon", "aigul", "ermek")),
        ("authority:nbkr", "ermek", ("cholpon", "nazgul", "jyldyz", "operator")),
    ],
)
def test_a_request_is_seen_by_its_addressee_and_no_other(
    ledger: World, to: str, who: str, others: tuple[str, ...]
) -> None:
    before = {each: _seen(ledger, each) for each in others}
    place = f"{HOME}/{asked(ledger, to=to, permit=ledger.number)}"
    assert ledger.browser(who).get(place).status_code == 200
    for each in others:
        browser = ledger.browser(each)
        assert _seen(ledger, each) == before[each], each
        assert browser.get(place).status_code == 404, each
        assert browser.act(f"{place}/answer", {"text": "x"}).status_code == 404, each
        assert browser.act(f"{place}/withdraw").status_code == 404, each
        assert browser.act(SERVICE, WANTED).status_code == 404, each


def test_a_request_is_late_after_its_last_working_day_and_can_be_withdrawn(ledger: World) -> None:
    number = asked(ledger, to="firm", permit=ledger.number, days="1")
    with ledger.parts.store.unit(read_only=True) as u:
        due = u.inquiries.get(number).due
        assert u.calendar.calendar().is_working(due.date())
        assert not u.inquiries.get(number).overdue(due)
        assert u.inquiries.get(number).overdue(due + timedelta(seconds=1))
    meerim = ledger.browser("meerim")
    assert meerim.act(f"{HOME}/{number}/withdraw").status_code == 303
    assert meerim.act(f"{HOME}/{number}/withdraw").status_code == 409
    assert (
        ledger.browser("cholpon").act(f"{HOME}/{number}/answer", {"text": "x"}).status_code == 409
    )


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"to": "reporter"}, "inquiry.no_addressee"),
        ({"to": "authority:kattap"}, "inquiry.no_addressee"),
        ({"to": "firm", "permit": "SB-2026-9999"}, "inquiry.no_such_permit"),
        ({"to": "authority:nbkr", "days": "31"}, "inquiry.days"),
        ({"to": "authority:nbkr", "days": "0"}, "inquiry.days"),
        ({"to": "authority:nbkr", "basis": " "}, "text.empty"),
    ],
)
def test_a_request_without_addressee_days_or_basis_is_refused(
    desk: World, more: dict[str, str], code: str
) -> None:
    answer = desk.browser("meerim").act(SERVICE, WANTED | more)
    assert (answer.status_code, code in answer.text) == (400, True)
    assert "Who owns &lt;these&gt; wallets?" in answer.text


def test_every_word_of_a_request_is_there() -> None:
    assert set(ASKED) == {each.value for each in InquiryState}
    assert set(ADDRESSEES) == {each.value for each in Addressee}
