"""Complaints: filed with and without an account, seen by who may, on the clock, erased."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from sandbox.domain.complaints import ComplaintState
from sandbox.domain.retention import LegalHold
from sandbox.services import retention
from sandbox.services.audit import verify_log
from sandbox.services.complaints import move_late
from sandbox.services.notices import follow
from sandbox.services.publication import Desk
from tests.web.customers_world import Phone, hidden, invite, phone_of, register, with_ledger
from tests.web.world import World, world

NUMBER = "SB-2026-0001"
PUBLIC = "/desk/public/complaint"
WORDS = "The shop kept my money and does not answer: 0555 12 34 56."


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """One running permit with a customer; each test files its own complaints."""
    with world(tmp_path_factory.mktemp("complaints")) as desk:
        desk.granted()
        ledger, customer = with_ledger(desk), invite(desk)
        ledger.balances = {register(desk, customer): 0}
        yield SimpleNamespace(desk=desk, customer=customer, places=iter(range(1, 250)))


def phone(shop: SimpleNamespace, lang: str = "en") -> Phone:
    """A browser at an address that nobody used before."""
    return Phone(shop.desk, lang, address=f"198.51.100.{next(shop.places)}")


def filed(shop: SimpleNamespace, **fields: str) -> tuple[str, str]:
    """A complaint of the public; its number and secret."""
    wanted = {"permit": NUMBER, "category": "about_payment", "text": WORDS} | fields
    answer = phone(shop).post(PUBLIC, PUBLIC, wanted)
    assert answer.status_code == 200, answer.text
    number = re.search(r'id="number">([^<]+)<', answer.text)[1]
    return number, re.search(r'id="secret">([^<]+)<', answer.text)[1]


def looked(shop: SimpleNamespace, number: str, secret: str, **fields: str) -> httpx.Response:
    """What the holder of a receipt sees."""
    place = f"{PUBLIC}/state"
    return phone(shop).post(place, place, {"number": number, "secret": secret} | fields)


def moved(desk: World, by: timedelta) -> None:
    """Time goes on and the worker looks."""
    desk.clock.forward(by)
    with desk.parts.store.unit() as u:
        move_late(u, at=desk.clock.now())
        u.commit()


def state_of(desk: World, number: str) -> Any:
    with desk.parts.store.unit(read_only=True) as u:
        return u.complaints.get(number)


def test_a_complaint_is_filed_answered_and_accepted(shop: SimpleNamespace) -> None:
    number, secret = filed(shop)
    assert "Waits for the firm" in looked(shop, number, secret).text
    cholpon = shop.desk.browser("cholpon")
    assert WORDS in cholpon.get(f"/desk/complaints/{number}").text
    short = cholpon.post(f"/desk/complaints/{number}/answer", {"answer": "No."})
    assert short.status_code == 400
    done = cholpon.post(f"/desk/complaints/{number}/answer", {"answer": "The money is back."})
    assert done.status_code == 303
    shown = looked(shop, number, secret).text
    assert "The money is back." in shown
    assert "Are you satisfied" in shown
    assert "Closed" in looked(shop, number, secret, do="accept").text
    again = cholpon.post(f"/desk/complaints/{number}/answer", {"answer": "One more word."})
    assert again.status_code == 409


def test_who_is_not_satisfied_goes_to_the_regulator_who_concludes(shop: SimpleNamespace) -> None:
    number, secret = filed(shop)
    path = f"/desk/complaints/{number}"
    ermek = shop.desk.browser("ermek")
    early = {"outcome": "upheld", "conclusion": "The firm pays it back."}
    assert ermek.act(f"{path}/conclusion", early).status_code == 409
    shop.desk.browser("damira").post(f"{path}/answer", {"answer": "We looked into it."})
    assert state_of(shop.desk, number).answered_as == "sponsor"
    assert "regulator has your complaint" in looked(shop, number, secret, do="not_satisfied").text
    assert ermek.act(f"{path}/conclusion", early | {"outcome": "x"}).status_code == 400
    assert ermek.act(f"{path}/conclusion", early).status_code == 303
    shown = looked(shop, number, secret).text
    assert "The complaint is right" in shown
    assert "The firm pays it back." in shown


def test_a_conclusion_needs_a_recent_password(shop: SimpleNamespace) -> None:
    number, _ = filed(shop, permit="")
    path, words = f"/desk/complaints/{number}/conclusion", {"outcome": "upheld"}
    fresh = shop.desk.browser("feruza")
    asked = fresh.post(path, words | {"conclusion": "It was our own mistake."})
    assert asked.status_code == 401
    assert state_of(shop.desk, number).state is ComplaintState.ESCALATED
    assert fresh.act(path, words | {"conclusion": "It was our own mistake."}).status_code == 303


def test_the_clock_escalates_what_is_unanswered_and_closes_what_nobody_disputes(
    shop: SimpleNamespace,
) -> None:
    late, _ = filed(shop)
    told, secret = filed(shop)
    shop.desk.browser("damira").post(
        f"/desk/complaints/{told}/answer", {"answer": "It is settled now."}
    )
    due = state_of(shop.desk, late).due
    assert due - shop.desk.clock.now() > timedelta(days=20)  # 15 working days
    moved(shop.desk, due - shop.desk.clock.now() - timedelta(seconds=1))
    assert state_of(shop.desk, late).state is ComplaintState.OPEN
    moved(shop.desk, timedelta(seconds=1))
    assert state_of(shop.desk, late).state is ComplaintState.ESCALATED
    assert state_of(shop.desk, late).escalated_why == "overdue"
    assert state_of(shop.desk, told).state is ComplaintState.ANSWERED
    belated = shop.desk.browser("damira").post(
        f"/desk/complaints/{late}/answer", {"answer": "We are late, sorry."}
    )
    assert belated.status_code == 303
    assert state_of(shop.desk, late).state is ComplaintState.ESCALATED
    moved(shop.desk, state_of(shop.desk, told).due - shop.desk.clock.now())
    assert state_of(shop.desk, told).state is ComplaintState.CLOSED
    assert looked(shop, told, secret, do="not_satisfied").status_code == 409


def test_who_may_see_a_complaint(shop: SimpleNamespace) -> None:
    ours, _ = filed(shop)
    nobodys, _ = filed(shop, permit="")
    sees = {"aigul": ours, "cholpon": ours, "damira": ours}
    for name in ("aigul", "cholpon", "damira", "ermek", "jyldyz"):
        assert shop.desk.browser(name).get(f"/desk/complaints/{ours}").status_code == 200, name
        status = 404 if name in sees else 200
        assert shop.desk.browser(name).get(f"/desk/complaints/{nobodys}").status_code == status
    for name in ("bakyt", "omar", "operator", "lira"):
        browser = shop.desk.browser(name)
        assert browser.get(f"/desk/complaints/{ours}").status_code == 404, name
        answer = browser.post(f"/desk/complaints/{ours}/answer", {"answer": "It is all fine."})
        assert answer.status_code == 404, name
        assert ours not in browser.get("/desk/complaints").text
    for name in ("aigul", "ermek", "jyldyz"):
        answer = shop.desk.browser(name).post(
            f"/desk/complaints/{ours}/answer", {"answer": "It is all fine."}
        )
        assert answer.status_code == 403, name
    assert state_of(shop.desk, ours).answer is None


def test_those_who_answer_are_told_and_the_rest_of_the_firm_is_not(shop: SimpleNamespace) -> None:
    parts = shop.desk.parts
    worker = Desk(parts.store, parts.ports.gateway, parts.clock)

    def told(account: str) -> int:
        while follow(worker, public_url=parts.public_url, mail=False):
            pass
        with parts.store.unit(read_only=True) as u:
            found = u.notices.of_account(account, unread=False, before=None, limit=100)
        return sum(each.kind == "complaint.filed" for each in found)

    people = ("cholpon", "damira", "aigul", "bakyt", "omar")
    before = [told(each) for each in people]
    number, _ = filed(shop)
    after = [told(each) for each in people]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 1, 1, 0, 0]
    with parts.store.unit(read_only=True) as u:
        file = u.permits.get(NUMBER).file
    for name in ("bakyt", "ermek"):
        assert number not in shop.desk.browser(name).get(f"/desk/files/{file}").text
        assert "Complaint filed" not in shop.desk.browser(name).get(f"/desk/files/{file}").text


def test_a_wrong_secret_number_and_too_many_tries_are_answered_alike(
    shop: SimpleNamespace,
) -> None:
    number, secret = filed(shop)
    other = "0" if secret[-1] != "0" else "1"
    one, place = phone(shop), f"{PUBLIC}/state"

    def look(said: str, which: str = number) -> httpx.Response:
        return one.post(place, place, {"number": which, "secret": said})

    assert look(secret).status_code == 200
    wrong = [look(secret[:-1] + other), look(secret, "C-ZZZZZZZ")]
    wrong += [look("guess") for _ in range(17)]
    late = look(secret)
    said = {
        (each.status_code, re.search(r'role="alert".*?</div>', each.text, re.DOTALL)[0])
        for each in [*wrong, late]
    }
    assert len(said) == 1
    assert late.status_code == 404
    shop.desk.clock.forward(timedelta(hours=1))
    assert look(secret).status_code == 200


def test_wrong_tries_of_others_never_silence_who_has_the_secret(shop: SimpleNamespace) -> None:
    number, secret = filed(shop)
    answered = shop.desk.browser("cholpon").post(
        f"/desk/complaints/{number}/answer", {"answer": "We find no mistake of ours."}
    )
    assert answered.status_code == 303
    for _ in range(2):
        firm, place = phone(shop), f"{PUBLIC}/state"
        for _ in range(21):
            tried = firm.post(place, place, {"number": number, "secret": "WRONGWRONG"})
            assert tried.status_code == 404
        late = firm.post(place, place, {"number": number, "secret": secret})
        assert late.status_code == 404  # that address is bounded
    assert looked(shop, number, secret, do="not_satisfied").status_code == 200
    assert state_of(shop.desk, number).state is ComplaintState.ESCALATED


def test_a_machine_that_fills_in_every_field_files_nothing(shop: SimpleNamespace) -> None:
    fields = {"permit": NUMBER, "category": "about_other", "text": WORDS, "website": "http://x"}
    answer = phone(shop).post(PUBLIC, PUBLIC, fields)
    assert answer.status_code == 400
    assert WORDS in answer.text  # nobody loses what they wrote


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "Too short"},
        {"text": "x" * 4001},
        {"text": "control \x07 characters"},
        {"category": "about_nothing"},
        {"permit": "SB-1999-0001"},
        {"contact": "c" * 201},
    ],
)
def test_what_is_out_of_bounds_is_refused_and_kept_on_the_page(
    shop: SimpleNamespace, fields: dict[str, str]
) -> None:
    wanted = {"permit": NUMBER, "category": "about_payment", "text": WORDS} | fields
    answer = phone(shop).post(PUBLIC, PUBLIC, wanted)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_one_address_files_five_an_hour(shop: SimpleNamespace) -> None:
    one = phone(shop)
    wanted = {"permit": NUMBER, "category": "about_payment", "text": WORDS}
    said = [one.post(PUBLIC, PUBLIC, wanted).status_code for _ in range(6)]
    assert said == [200] * 5 + [403]
    assert phone(shop).post(PUBLIC, PUBLIC, wanted).status_code == 200


def test_a_form_sent_twice_is_one_complaint_with_one_receipt(shop: SimpleNamespace) -> None:
    one = phone(shop)
    form = hidden(
        re.search(r'action="/desk/public/complaint".*?</form>', one.get(PUBLIC).text, re.DOTALL)[0]
    )
    wanted = form | {"permit": NUMBER, "category": "about_payment", "text": WORDS}
    first, second = one.send(PUBLIC, wanted), one.send(PUBLIC, wanted)
    numbers = [re.search(r'id="number">([^<]+)<', each.text)[1] for each in (first, second)]
    secrets = [re.search(r'id="secret">([^<]+)<', each.text)[1] for each in (first, second)]
    assert len(set(numbers)) == len(set(secrets)) == 1
    assert looked(shop, numbers[0], secrets[0]).status_code == 200
    other = one.send(PUBLIC, wanted | {"text": WORDS + " Once more."})
    assert numbers[0] not in other.text


def test_a_customer_complains_from_the_page_and_follows_it_there(shop: SimpleNamespace) -> None:
    mine = phone_of(shop.desk, shop.customer)
    place = "/desk/c/complaint"
    answer = mine.post(place, place, {"category": "about_redemption", "text": WORDS})
    number = re.search(r'id="number">([^<]+)<', answer.text)[1]
    assert number in mine.get("/desk/c/").text
    assert state_of(shop.desk, number).customer == shop.customer
    assert WORDS in mine.get(f"/desk/c/complaints/{number}").text
    other = phone_of(shop.desk, invite(shop.desk))
    assert other.get(f"/desk/c/complaints/{number}").status_code == 404
    stranger, _ = filed(shop)
    assert mine.get(f"/desk/c/complaints/{stranger}").status_code == 404


def test_erasing_leaves_every_proof_and_no_word(shop: SimpleNamespace) -> None:
    number, secret = filed(shop, contact="aida@example.kg")
    assert looked(shop, number, secret, do="erase").status_code == 409
    shop.desk.browser("damira").post(
        f"/desk/complaints/{number}/answer", {"answer": "Dear Aida, it is settled."}
    )
    looked(shop, number, secret, do="accept")
    assert "erased" in looked(shop, number, secret, do="erase").text
    kept = state_of(shop.desk, number)
    assert (kept.text, kept.contact, kept.answer, kept.customer) == (None, None, None, None)
    with shop.desk.parts.store.unit(read_only=True) as u:
        assert verify_log(u).ok
        said = str([each.body for each in u.audit.scan()])
    assert number in said
    for word in ("0555 12", "aida", "Dear", "kept my money"):
        assert word not in said


def test_a_hold_keeps_the_words_from_everybody_and_the_clock_and_stops_no_other(
    desk: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    permit, at = desk.granted(), desk.clock.now()
    shop = SimpleNamespace(desk=desk, places=iter(range(1, 250)))
    number, secret = filed(shop)
    other, _ = filed(shop, permit="")
    with desk.parts.store.unit() as u:
        for each in (number, other):
            found = u.complaints.get(each)
            u.complaints.save(replace(found, state=ComplaintState.CLOSED, closed_at=at))
        hold = LegalHold("h1", permit, permit, "Case 12.", "ermek", at)
        u.holds.add(hold)
        u.commit()
    asked = looked(shop, number, secret, do="erase")
    assert (asked.status_code, "kept by order of the authority" in asked.text) == (409, True)
    assert desk.browser("ermek").act(f"/desk/complaints/{number}/erasure").status_code == 409
    desk.clock.forward(timedelta(days=3 * 366 + 60))
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    worker = Desk(desk.parts.store, desk.gateway, desk.clock)
    assert retention.apply_retention(worker) == 1, "what is held stands in nobody's way"
    assert state_of(desk, number).text is not None
    assert state_of(desk, other).text is None
    with desk.parts.store.unit() as u:
        u.holds.save(replace(u.holds.get("h1"), ended_at=desk.clock.now()))
        u.commit()
    assert retention.apply_retention(worker) == 1
    assert state_of(desk, number).text is None


def test_the_list_is_filtered_and_downloaded_without_anybodys_words(
    shop: SimpleNamespace,
) -> None:
    number, _ = filed(shop, contact="aida@example.kg")
    ermek = shop.desk.browser("ermek")
    assert number in ermek.get("/desk/complaints?state=open").text
    assert number not in ermek.get("/desk/complaints?state=closed").text
    assert number not in ermek.get("/desk/complaints?permit=SB-2026-0002").text
    table = ermek.get(f"/desk/complaints?form=csv&permit={NUMBER}").text
    assert number in table
    assert "0555 12" not in table
    assert "aida" not in table
    with shop.desk.parts.store.unit() as u:
        one = u.complaints.get(number)
        for place in range(520):
            u.complaints.add(replace(one, id=f"C-ZZZZ{place:03}"))
        u.commit()
    for asked, total in (("c-zzzz", 520), ("c-zzzz51", 10), ("c-zzzz&state=closed", 0), ("_", 0)):
        assert f"Found: {total}" in ermek.get(f"/desk/complaints?q={asked}").text, asked
    listed = ermek.get("/desk/complaints?q=c-zzzz").text
    subject = re.search(r'data-label="What it is about">([^<]+)<', listed)[1].upper()
    by_name = ermek.get("/desk/complaints", params={"q": subject}).text
    assert int(re.search(r"Found: (\d+)", by_name)[1]) >= 520
    assert "C-ZZZZ519" in ermek.get("/desk/complaints?q=c-zzzz&start=500").text
    assert ermek.get("/desk/complaints?form=csv").text.count("C-ZZZZ") == 520


def test_the_regulators_permit_page_has_the_rates_and_the_teams_has_none(
    shop: SimpleNamespace,
) -> None:
    filed(shop)
    assert "For 1,000 customers" in shop.desk.browser("ermek").get(f"/desk/permits/{NUMBER}").text
    assert (
        "For 1,000 customers" not in shop.desk.browser("bakyt").get(f"/desk/permits/{NUMBER}").text
    )
