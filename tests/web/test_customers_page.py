"""The customer's page: joining, consent, paying once, refusals in words, redeeming, leaving."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog

from sandbox.domain.lifecycle import FileState
from sandbox.domain.words import CustomerState
from sandbox.locale import LANGUAGES, error_codes, wording
from sandbox.web.customer_words import refused_text
from tests.web.customers_world import (
    KGST,
    Phone,
    code_for,
    hidden,
    invite,
    opened,
    phone_of,
    with_ledger,
)
from tests.web.world import world

NUMBER = "SB-2026-0001"
AT = "2026-11-21T21:30:00+00:00"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """A running permit with a customer who has 10,000 and a merchant."""
    with world(tmp_path) as desk:
        customer, merchant, *wallets = opened(desk)
        ledger = with_ledger(desk)
        ledger.balances = {wallets[0]: 10_000 * KGST, wallets[1]: 0}
        yield SimpleNamespace(
            desk=desk, ledger=ledger, customer=customer, merchant=merchant, wallets=wallets
        )


def paid(phone: Phone, shop: SimpleNamespace, amount: str, **fields: str) -> tuple[str, dict]:
    """Confirm a payment to the merchant; the answer's place and the form that was sent."""
    link = f"/desk/c/pay?to={shop.wallets[1]}&amount={amount}&asset=KGST&ref=Bread"
    form = hidden(re.search(r'action="/desk/c/pay".*?</form>', phone.get(link).text, re.DOTALL)[0])
    answer = phone.send("/desk/c/pay", form | fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"], form


def test_a_code_opens_the_own_page_once_and_nothing_else_of_the_desk(shop: SimpleNamespace) -> None:
    code = code_for(shop.desk, shop.customer)
    phone = Phone(shop.desk)
    shown = phone.get(f"/desk/c/join/{code}").text
    assert f'value="{code}"' in shown
    assert phone.get(f"/desk/c/join/{code}").status_code == 200  # looking uses nothing up
    assert phone.join(code.lower().replace("-", " ")).headers["location"] == "/desk/c/"
    home = phone.get("/desk/c/").text
    assert "10,000.00" in home
    assert "Play money" in home
    for path in ("/desk/permits", f"/desk/permits/{NUMBER}", "/desk/complaints", "/desk/files"):
        assert phone.get(path).headers["location"].startswith("/desk/sign-in")
    assert phone.client.get("/desk/api/v1/customer").status_code == 401
    again = Phone(shop.desk).join(code)
    assert again.status_code == 401
    assert "This code does not work" in again.text


def test_every_wrong_code_is_answered_alike(shop: SimpleNamespace) -> None:
    old = code_for(shop.desk, shop.customer)
    code = code_for(shop.desk, shop.customer)
    other = "0" if code[-1] != "0" else "1"
    tried = [old, "ZZZZ-ZZZ-ZZZ", code[:-1] + other, "", "<script>", "a" * 20]
    said = []
    for number, each in enumerate(tried):
        answer = Phone(shop.desk, address=f"198.51.100.{number}").join(each)
        alert = re.search(r'role="alert".*?</div>', answer.text, re.DOTALL)[0]
        said.append((answer.status_code, alert))
    assert len(set(said)) == 1
    assert said[0][0] == 401
    assert Phone(shop.desk).join(code).status_code == 303


def test_a_code_dies_after_five_tries_from_anywhere(shop: SimpleNamespace) -> None:
    code = code_for(shop.desk, shop.customer)
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    for number in range(5):
        assert Phone(shop.desk, address=f"198.51.100.{number}").join(wrong).status_code == 401
    assert Phone(shop.desk, address="198.51.100.9").join(code).status_code == 401
    fresh = code_for(shop.desk, shop.customer)
    assert Phone(shop.desk, address="198.51.100.9").join(fresh).status_code == 303


def test_an_address_is_bounded_whatever_it_claims_to_be(shop: SimpleNamespace) -> None:
    code = code_for(shop.desk, shop.customer)
    for number in range(10):
        phone = Phone(shop.desk, address=f"192.0.2.{number}, 203.0.113.50")
        assert phone.join(f"{number}AAA-AAA-AAA").status_code == 401
    late = Phone(shop.desk, address="192.0.2.99, 203.0.113.50").join(code)
    assert late.status_code == 403
    assert "Wait 15 minutes" in late.text
    assert Phone(shop.desk, address="203.0.113.51").join(code).status_code == 303
    shop.desk.clock.forward(timedelta(minutes=16))
    again = Phone(shop.desk, address="203.0.113.50")
    assert again.join(code_for(shop.desk, shop.customer)).status_code == 303


def test_a_code_expires_and_a_newer_code_ends_the_sessions(shop: SimpleNamespace) -> None:
    code = code_for(shop.desk, shop.customer)
    shop.desk.clock.forward(timedelta(days=14))
    assert Phone(shop.desk).join(code).status_code == 401
    first = phone_of(shop.desk, shop.customer)
    assert "10,000.00" in first.get("/desk/c/").text
    second = phone_of(shop.desk, shop.customer)
    assert "Invitation code" in first.get("/desk/c/").text
    assert "10,000.00" in second.get("/desk/c/").text
    shop.desk.clock.forward(timedelta(days=7))
    assert "Invitation code" in second.get("/desk/c/").text


def test_signing_out_says_what_follows_and_ends_the_session(shop: SimpleNamespace) -> None:
    phone = phone_of(shop.desk, shop.customer)
    name = phone.client.cookies["synak_customer"]
    assert "need a new code" in phone.get("/desk/c/out").text
    assert "10,000.00" in phone.get("/desk/c/").text
    assert phone.post("/desk/c/out", "/desk/c/out").status_code == 303
    header = {"cookie": f"synak_customer={name}"}
    assert "Invitation code" in Phone(shop.desk).client.get("/desk/c/", headers=header).text


def test_no_secret_is_kept_or_logged(shop: SimpleNamespace) -> None:
    code = code_for(shop.desk, shop.customer)
    phone = Phone(shop.desk)
    with structlog.testing.capture_logs() as events:
        phone.get(f"/desk/c/join/{code}")
        phone.join(code)
    assert code not in str(events)
    assert code.replace("-", "") not in str(events)
    assert any("/desk/c/join/…" in str(each) for each in events)
    kept = shop.desk.database.read_bytes()
    for secret in (code, code.replace("-", ""), phone.client.cookies["synak_customer"]):
        assert secret.encode() not in kept


def test_forms_of_other_sites_and_without_the_token_are_refused(shop: SimpleNamespace) -> None:
    phone = phone_of(shop.desk, shop.customer)
    form = hidden(phone.get("/desk/c/redeem").text) | {"amount": "1", "asset": "KGST"}
    foreign = {"origin": "http://bakyt.synak.localhost:8000", "sec-fetch-site": "same-site"}
    assert phone.send("/desk/c/redeem", form, headers=foreign).status_code == 403
    assert phone.send("/desk/c/redeem", form | {"_csrf": "x"}).status_code == 403
    stranger = Phone(shop.desk)
    bare = {"code": code_for(shop.desk, shop.customer), "_csrf": "x", "_key": "y"}
    assert stranger.send("/desk/c/join", bare).status_code == 401  # it has no form cookie
    stranger.get("/desk/c/")
    assert stranger.send("/desk/c/join", bare).status_code == 403
    assert not shop.ledger.done


def test_two_session_cookies_count_as_none(shop: SimpleNamespace) -> None:
    phone = phone_of(shop.desk, shop.customer)
    name = phone.client.cookies["synak_customer"]
    phone.client.cookies.clear()
    header = {"cookie": f"synak_customer={name}; synak_customer=planted"}
    assert "Invitation code" in phone.client.get("/desk/c/", headers=header).text
    one = {"cookie": f"synak_customer={name}"}
    assert "10,000.00" in phone.client.get("/desk/c/", headers=one).text


def test_consent_is_signed_after_the_box_was_ticked(shop: SimpleNamespace) -> None:
    person = invite(shop.desk)
    phone = phone_of(shop.desk, person)
    page = phone.get("/desk/c/").text
    for words in ("Kattap Pay", "Ala-Too Demo Bank", "play money", "5,000.00", "20,000.00"):
        assert words in page
    unread = phone.post("/desk/c/", "/desk/c/consent")
    assert unread.status_code == 400
    assert phone.post("/desk/c/", "/desk/c/consent", {"understood": "yes"}).status_code == 303
    assert "You are being registered" in phone.get("/desk/c/").text
    with shop.desk.parts.store.unit(read_only=True) as u:
        assert u.customers.get(person).state is CustomerState.CONSENTED


FURTHER = {
    "customer_day_volume": (6_001 * KGST, "You may pay in any 24 hours", "6,001.00"),
    "customer_total": (70_002 * KGST, "You may pay in the whole test", "70,002.00"),
    "travel_rule": (803 * KGST, "In one payment, unless you are fully identified", "803.00"),
    "waterfall": (True, "What comes in above that goes to", "settlement wallet"),
}


@pytest.mark.parametrize("name", [*FURTHER, None])
def test_consent_and_payment_name_each_limit_that_binds(shop: SimpleNamespace, name) -> None:
    invited = phone_of(shop.desk, invite(shop.desk))
    customer = phone_of(shop.desk, shop.customer)
    if name:
        with shop.desk.parts.store.unit() as u:
            permit = u.permits.get(NUMBER)
            (asset,) = permit.terms.assets
            terms = replace(permit.terms, assets=(replace(asset, **{name: FURTHER[name][0]}),))
            u.permits.save(replace(permit, terms=terms))
            u.commit()
    for page in (invited.get("/desk/c/").text, customer.get("/desk/c/pay").text):
        for each, (_, *words) in FURTHER.items():
            assert [word in page for word in words] == [each == name] * 2, each


def test_fields_follow_one_another_so_that_each_label_has_its_distance(
    shop: SimpleNamespace,
) -> None:
    for person, path in ((shop.customer, "/desk/c/pay"), (shop.merchant, "/desk/c/bills")):
        page = phone_of(shop.desk, person).get(path).text
        form = re.search(
            r'<form[^>]*action="/desk/c/(?:pay/check|bills)".*?</form>', page, re.DOTALL
        )[0]
        before = form.split('<div class="field">')[1:]
        assert len(before) >= 2
        assert all(part.rstrip().endswith("</div>") for part in before[:-1])
        assert hidden(form)["asset"] == "KGST"


def test_a_payment_pressed_twice_is_paid_once(shop: SimpleNamespace) -> None:
    phone = phone_of(shop.desk, shop.customer)
    place, form = paid(phone, shop, "125.50")
    assert phone.send("/desk/c/pay", form).headers["location"] == place
    receipt = phone.get(place).text
    assert "Paid" in receipt
    assert "Bread" in receipt
    assert shop.ledger.balances[shop.wallets[1]] == 12_550 * KGST // 100
    assert len(shop.ledger.done) == 1
    assert paid(phone, shop, "125.50")[0] != place  # another form is another payment
    assert len(shop.ledger.done) == 2


def test_a_lost_answer_is_found_again_and_nothing_is_paid_twice(shop: SimpleNamespace) -> None:
    phone = phone_of(shop.desk, shop.customer)
    shop.ledger.lose = True
    place, _ = paid(phone, shop, "100")
    assert "Paid" in phone.get(place).text
    assert len(shop.ledger.done) == 1


def test_an_act_that_never_arrived_is_asked_for_again_by_its_person_only(
    shop: SimpleNamespace,
) -> None:
    phone = phone_of(shop.desk, shop.customer)
    act = shop.ledger.act
    shop.desk.gateway.customer_act = lambda *_: (_ for _ in ()).throw(TimeoutError)
    link = f"/desk/c/pay?to={shop.wallets[1]}&amount=7&asset=KGST"
    form = hidden(re.search(r'action="/desk/c/pay".*?</form>', phone.get(link).text, re.DOTALL)[0])
    assert phone.send("/desk/c/pay", form).status_code == 500
    shop.desk.gateway.customer_act = act
    home = phone.get("/desk/c/").text
    place = re.search(r"/desk/c/acts/[0-9a-f]+", home)[0]
    assert "not in the ledger" in phone.get(place).text
    assert not shop.ledger.done
    assert phone.post(place, f"{place}/again").status_code == 303
    assert "Paid" in phone.get(place).text
    assert len(shop.ledger.done) == 1


def test_what_is_under_way_is_shown_as_such_and_settles(shop: SimpleNamespace) -> None:
    phone = phone_of(shop.desk, shop.customer)
    shop.ledger.slow = True
    place, _ = paid(phone, shop, "5")
    assert "Under way" in phone.get(place).text
    shop.ledger.slow = False
    assert "Paid" in phone.get(place).text


def test_a_refusal_says_which_limit_in_plain_words(shop: SimpleNamespace) -> None:
    phone = phone_of(shop.desk, shop.customer, "ky")
    place, _ = paid(phone, shop, "5000.01")
    text = phone.get(place).text.replace("\u00a0", " ")
    assert "Бир төлөмдө эң көп 5 000,00 сом төлөөгө болот" in text
    assert shop.ledger.balances[shop.wallets[0]] == 10_000 * KGST
    place, _ = paid(phone, shop, "5000")
    assert "Төлөндү" in phone.get(place).text


LINKS = [
    ("to=0x1234&amount=1&asset=KGST", 400, "address"),
    ("to={self}&amount=1&asset=KGST", 400, "your own wallet"),
    ("to=0x5FbDB2315678afecb367f032d93F642f64180aa3&amount=1&asset=KGST", 400, "no part"),
    ("to={shop}&amount=0&asset=KGST", 400, "above zero"),
    ("to={shop}&amount=-1&asset=KGST", 400, "not an amount"),
    ("to={shop}&amount=1&asset=BNB", 400, "no such money"),
    ("to={shop}&amount=1&asset=SOM", 400, "no such money"),
    ("to={shop}&amount=1&asset=KGST&bill=none", 400, "not as the shop made it"),
    ("to={shop}&amount=10001&asset=KGST", 200, "do not have that much"),
    ("to={shop}&amount=10000&asset=KGST", 200, "Yes, pay"),
]


def test_a_payment_link_is_read_with_care(shop: SimpleNamespace) -> None:
    phone, found = phone_of(shop.desk, shop.customer), []
    for query, _, words in LINKS:
        filled = query.format(self=shop.wallets[0], shop=shop.wallets[1])
        answer = phone.get(f"/desk/c/pay?{filled}")
        found.append((query, answer.status_code, words if words in answer.text else answer.text))
    assert found == LINKS


def test_a_payment_above_the_balance_is_never_sent(shop: SimpleNamespace) -> None:
    phone = phone_of(shop.desk, shop.customer)
    link = f"/desk/c/pay?to={shop.wallets[1]}&amount=10000&asset=KGST"
    form = hidden(re.search(r'action="/desk/c/pay".*?</form>', phone.get(link).text, re.DOTALL)[0])
    answer = phone.send("/desk/c/pay", form | {"amount": "10000.01"})
    assert answer.status_code == 400
    assert "You do not have that much" in answer.text
    assert not shop.ledger.done


def test_a_merchants_bill_is_paid_by_the_payment_that_fits_and_once(shop: SimpleNamespace) -> None:
    till = Phone(shop.desk)
    assert till.join(code_for(shop.desk, shop.merchant, label="Ak-Buura Bakery")).status_code == 303
    made = till.post("/desk/c/bills", "/desk/c/bills", {"amount": "80.25", "ref": "Two loaves"})
    place = made.headers["location"]
    shown = till.get(place).text
    assert "<svg" in shown
    assert "Waiting for the payment" in shown
    link = re.search(r'id="link">([^<]+)<', shown)[1].replace("&amp;", "&")
    path = link.removeprefix(shop.desk.parts.public_url)
    phone = phone_of(shop.desk, shop.customer)
    asked = phone.get(path).text
    for words in ("Ak-Buura Bakery", "80.25", "Two loaves"):
        assert words in asked
    assert phone.get(path.replace("80.25", "8.25")).status_code == 400
    form = hidden(re.search(r'action="/desk/c/pay".*?</form>', asked, re.DOTALL)[0])
    assert phone.send("/desk/c/pay", form).status_code == 303
    assert "Waiting for the payment" not in till.get(place).text
    again = phone.get(path)
    assert again.headers["location"].startswith("/desk/c/acts/")
    assert shop.ledger.balances[shop.wallets[1]] == 8025 * KGST // 100


def test_a_customer_makes_no_bill(shop: SimpleNamespace) -> None:
    phone = phone_of(shop.desk, shop.customer)
    form = hidden(phone.get("/desk/c/redeem").text) | {"amount": "1", "asset": "KGST"}
    assert phone.send("/desk/c/bills", form).status_code == 403


def test_one_persons_receipts_and_bills_are_nobody_elses(shop: SimpleNamespace) -> None:
    phone, till = phone_of(shop.desk, shop.customer), phone_of(shop.desk, shop.merchant)
    place, _ = paid(phone, shop, "1")
    bill = till.post("/desk/c/bills", "/desk/c/bills", {"amount": "5"}).headers["location"]
    other = phone_of(shop.desk, invite(shop.desk))
    for path in (place, bill):
        assert other.get(path).status_code == 404
    assert till.get(place).status_code == 404
    assert phone.get(bill).status_code == 404
    assert Phone(shop.desk).get(place).headers["location"] == "/desk/c/"
    assert shop.desk.browser("bakyt").get(place).headers["location"] == "/desk/c/"


def test_money_goes_home_also_in_wind_down_and_nothing_is_paid_then(shop: SimpleNamespace) -> None:
    phone = phone_of(shop.desk, shop.customer)
    with shop.desk.parts.store.unit() as u:
        file = u.files.get(u.permits.get(NUMBER).file)
        u.files.save(replace(file, state=FileState.SUSPENDED))
        u.commit()
    home = phone.get("/desk/c/").text
    assert "nobody can pay" in home
    assert 'href="/desk/c/pay"' not in home
    done = phone.post("/desk/c/redeem", "/desk/c/redeem", {"amount": "10,000"})
    assert "The money is home" in phone.get(done.headers["location"]).text
    assert shop.ledger.balances[shop.wallets[0]] == 0


def test_leaving_needs_an_empty_wallet_and_ends_everything(shop: SimpleNamespace) -> None:
    phone = phone_of(shop.desk, shop.customer)
    form = hidden(phone.get("/desk/c/redeem").text) | {"understood": "yes"}
    assert "cannot leave" in phone.get("/desk/c/leave").text
    assert phone.send("/desk/c/leave", form).status_code == 409
    shop.ledger.balances[shop.wallets[0]] = 0
    assert phone.post("/desk/c/leave", "/desk/c/leave").status_code == 400
    gone = phone.post("/desk/c/leave", "/desk/c/leave", {"understood": "yes"})
    assert gone.headers["location"] == "/desk/c/left"
    assert "Invitation code" in phone.get("/desk/c/").text
    with shop.desk.parts.store.unit(read_only=True) as u:
        person = u.customers.get(shop.customer)
        assert person.state is CustomerState.RELEASED
        assert [each.kind for each in u.outbox.due(shop.desk.clock.now())][-1] == "customer.release"
    wallets = [each.address for each in shop.desk.gateway.policies[-1].wallets]
    assert shop.wallets[0] not in wallets
    assert shop.wallets[1] in wallets
    refused = shop.desk.browser("bakyt").post(
        f"/desk/permits/{NUMBER}/slips", {"people": shop.customer}
    )
    assert refused.status_code == 409


def test_out_of_reach_is_said_and_nothing_is_lost(shop: SimpleNamespace) -> None:
    phone = phone_of(shop.desk, shop.customer)
    form = hidden(phone.get("/desk/c/redeem").text) | {"amount": "1", "asset": "KGST"}
    shop.ledger.away = True
    assert "out of reach" in phone.get("/desk/c/").text
    assert phone.send("/desk/c/redeem", form).status_code == 503
    shop.ledger.away = False
    assert phone.send("/desk/c/redeem", form).status_code == 303


def test_only_the_team_makes_codes(shop: SimpleNamespace) -> None:
    path, fields = f"/desk/permits/{NUMBER}/slips", {"people": shop.customer}
    for name in ("cholpon", "damira", "ermek", "omar"):
        assert shop.desk.browser(name).post(path, fields).status_code in {403, 404}, name
    assert shop.desk.browser("bakyt").post(path, fields).status_code == 200


def test_the_permits_server_makes_codes_and_its_key_does_not(shop: SimpleNamespace) -> None:
    path, body = "/desk/api/v1/trial/customers/codes", {"people": [shop.customer]}
    client = Phone(shop.desk).client
    server = shop.desk.hub.token_for(
        "bakyt", "access:servers!server=bakyt/permit-sb-2026-0001", "custom:synak:trial"
    )
    made = client.post(path, json=body, headers={"authorization": f"Bearer {server}"})
    assert made.status_code == 201, made.text
    assert Phone(shop.desk).join(made.json()[0]["code"]).status_code == 303
    shown = shop.desk.browser("bakyt").post(
        f"/desk/permits/{NUMBER}/keys", {"name": "Laptop", "days": "30"}
    )
    key = re.search(r"spk_[A-Za-z0-9_-]{20,}", shown.text)[0]
    refused = client.post(path, json=body, headers={"authorization": f"Bearer {key}"})
    assert (refused.status_code, refused.json()["code"]) == (403, "key.not_by_key")


def test_codes_are_for_people_of_the_own_permit_and_names_for_merchants(
    shop: SimpleNamespace,
) -> None:
    bakyt, path = shop.desk.browser("bakyt"), f"/desk/permits/{NUMBER}/slips"
    assert bakyt.post(path, {"people": "somebody"}).status_code == 404
    assert bakyt.post(path, {"people": ""}).status_code == 400
    assert bakyt.post(path, {"people": shop.customer, "label": "Aida"}).status_code == 400
    both = bakyt.post(path, {"people": f"{shop.customer} {shop.merchant}"}).text
    assert both.count("qr-drawing") == 2


def test_a_person_cannot_begin_more_than_twenty_acts_in_a_minute(shop: SimpleNamespace) -> None:
    phone, at = phone_of(shop.desk, shop.customer), shop.desk.clock.now()
    with shop.desk.parts.store.unit() as u:
        for _ in range(19):
            u.pages.tries.take(f"act:{shop.customer}", 20, timedelta(minutes=1), at)
        u.commit()
    paid(phone, shop, "1")
    link = f"/desk/c/pay?to={shop.wallets[1]}&amount=1&asset=KGST"
    form = hidden(re.search(r'action="/desk/c/pay".*?</form>', phone.get(link).text, re.DOTALL)[0])
    assert phone.send("/desk/c/pay", form).status_code == 403
    shop.desk.clock.forward(timedelta(minutes=1))
    assert phone.send("/desk/c/pay", form).status_code == 303


def test_pages_carry_the_strict_policy_and_are_not_stored(shop: SimpleNamespace) -> None:
    phone = phone_of(shop.desk, shop.merchant)
    bill = phone.post("/desk/c/bills", "/desk/c/bills", {"amount": "5"}).headers["location"]
    for path in ("/desk/c/", bill, "/desk/c/pay", "/desk/public/complaint"):
        answer = phone.get(path)
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<style|style=|<script(?! src)|\son\w+=", answer.text)


CLAUSES = [code for code in sorted(error_codes()) if code.startswith("customer_refused.")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_refusal_in_plain_words_names_its_figures(lang: str) -> None:
    assert len(CLAUSES) > 8
    for code in CLAUSES:
        refusal = {
            "code": code.replace("customer_refused", "refused"),
            "clause": code.partition(".")[2],
            "limit": str(500_000 * KGST),
            "used": str(499_000 * KGST),
            "frees_at": AT,
        }
        said = refused_text(lang, SimpleNamespace(refusal=refusal, asset="KGST"))
        assert "—" not in said, (code, said)
        assert str(500_000 * KGST) not in said
    window = {"clause": "window_volume", "limit": str(KGST), "used": "0", "frees_at": AT}
    said = refused_text(lang, SimpleNamespace(refusal=window, asset="KGST"))
    assert "03:30" in said  # in Bishkek, when there is room again
    unknown = SimpleNamespace(refusal={"clause": "no_such", "code": "no.such"}, asset="KGST")
    assert refused_text(lang, unknown) == wording("customer_refused.other", {}, lang)


def test_a_person_is_told_on_both_phones_that_a_newer_code_was_used(shop: SimpleNamespace) -> None:
    opened_again, ended = "opened with a newer code on", "This phone is signed out"
    own = phone_of(shop.desk, shop.customer)
    assert opened_again not in own.get("/desk/c/").text
    assert ended not in Phone(shop.desk).get("/desk/c/").text
    second = phone_of(shop.desk, shop.customer)
    told = second.get("/desk/c/").text
    assert (opened_again in told, 'href="/desk/c/complaint"' in told) == (True, True)
    signed_out = own.get("/desk/c/").text
    assert (ended in signed_out, 'href="/desk/public/complaint"' in signed_out) == (True, True)
    assert opened_again not in phone_of(shop.desk, shop.merchant).get("/desk/c/").text
