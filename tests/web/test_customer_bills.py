"""A bill is paid once, also while nobody knows yet what came of its first payment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from sandbox.kit.errors import Refused, Unavailable
from tests.web.customers_world import (
    KGST,
    Phone,
    hidden,
    invite,
    opened,
    phone_of,
    register,
    with_ledger,
)
from tests.web.world import world


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


def bill_form(shop: SimpleNamespace, phone: Phone, bill: str) -> dict[str, str]:
    """What a phone sends to pay a bill of 100."""
    answer = phone.get(bill_link(shop, bill))
    assert answer.status_code == 200, answer.text
    return hidden(re.search(r'action="/desk/c/pay".*?</form>', answer.text, re.DOTALL)[0])


def bill_link(shop: SimpleNamespace, bill: str) -> str:
    return f"/desk/c/pay?to={shop.wallets[1]}&amount=100&asset=KGST&bill={bill}"


def billed(shop: SimpleNamespace) -> str:
    """A bill of 100."""
    till = phone_of(shop.desk, shop.merchant)
    made = till.post("/desk/c/bills", "/desk/c/bills", {"amount": "100"})
    return made.headers["location"].rsplit("/", 1)[1]


@pytest.mark.parametrize("how", ["lose", "slow"])
def test_a_bill_is_paid_once_while_its_payment_is_not_settled(
    shop: SimpleNamespace, how: str
) -> None:
    phone, bill, next_bill = phone_of(shop.desk, shop.customer), billed(shop), billed(shop)
    first, second = bill_form(shop, phone, bill), bill_form(shop, phone, bill)
    assert first["_key"] != second["_key"]
    setattr(shop.ledger, how, True)
    place = phone.send("/desk/c/pay", first).headers["location"]
    scanned = phone.get(bill_link(shop, bill))
    assert (scanned.status_code, scanned.headers["location"]) == (303, place)
    for _ in range(2):
        assert phone.send("/desk/c/pay", second).headers["location"] == place
    assert len(shop.ledger.done) == 1
    assert shop.ledger.balances[shop.wallets[0]] == 9_900 * KGST
    other = phone.send("/desk/c/pay", bill_form(shop, phone, next_bill))
    assert other.headers["location"] != place
    assert len(shop.ledger.done) == 2
    setattr(shop.ledger, how, False)
    assert "Paid" in phone.get(place).text


def test_whoever_paid_a_bill_is_led_to_the_receipt_and_nobody_else(shop: SimpleNamespace) -> None:
    phone, bill, other = phone_of(shop.desk, shop.customer), billed(shop), invite(shop.desk)
    shop.ledger.balances[register(shop.desk, other)] = 100 * KGST
    form = bill_form(shop, phone, bill)
    place = phone.send("/desk/c/pay", form).headers["location"]
    again = phone.get(bill_link(shop, bill))
    assert (again.status_code, again.headers["location"]) == (303, place)
    late = phone.send("/desk/c/pay", form | {"_key": "another-key-of-the-form"})
    assert (late.status_code, late.headers["location"]) == (303, place)
    stranger = phone_of(shop.desk, other).get(bill_link(shop, bill))
    assert stranger.status_code == 409
    assert "paid already" in stranger.text
    assert len(shop.ledger.done) == 1


@pytest.mark.parametrize(
    ("amount", "code"),
    [("0.001", "at most 2 decimal places"), ("5000.01", "at most 5,000.00")],
)
def test_a_bill_that_nobody_could_pay_is_refused(
    shop: SimpleNamespace, amount: str, code: str
) -> None:
    till = phone_of(shop.desk, shop.merchant)
    made = till.post("/desk/c/bills", "/desk/c/bills", {"amount": amount})
    assert made.status_code == 400
    assert code in made.text.replace("\u00a0", " ")
    assert till.post("/desk/c/bills", "/desk/c/bills", {"amount": "5000"}).status_code == 303


@pytest.mark.parametrize("amount", ["0.000000000000000001", "12.345"])
def test_a_phone_pays_no_fraction_of_a_tyiyn(shop: SimpleNamespace, amount: str) -> None:
    phone = phone_of(shop.desk, shop.customer)
    typed = {"to": shop.wallets[1], "amount": amount}
    asked = phone.post("/desk/c/pay", "/desk/c/pay/check", typed)
    assert asked.status_code == 400
    assert "at most 2 decimal places" in asked.text
    link = f"/desk/c/pay?to={shop.wallets[1]}&amount={amount}&asset=KGST"
    assert phone.get(link).status_code == 400
    assert phone.get(link.replace(amount, "12.34")).status_code == 200
    assert shop.ledger.done == {}


def test_a_very_fine_balance_is_shown_to_the_tyiyn_with_a_mark_and_goes_home_whole(
    shop: SimpleNamespace,
) -> None:
    phone = phone_of(shop.desk, shop.customer)
    shop.ledger.balances[shop.wallets[0]] = 10 * KGST + 1
    assert "≈ 10.00 som" in phone.get("/desk/c/").text.replace("\u00a0", " ")
    home = {"amount": "10.000000000000000001", "asset": "KGST"}
    assert phone.post("/desk/c/redeem", "/desk/c/redeem", home).status_code == 303
    assert shop.ledger.balances[shop.wallets[0]] == 0


def test_a_payment_that_never_arrived_goes_on_and_nobody_else_pays_it(
    shop: SimpleNamespace,
) -> None:
    phone, bill = phone_of(shop.desk, shop.customer), billed(shop)
    forms = [bill_form(shop, phone, bill) for _ in range(2)]
    act, shop.desk.gateway.customer_act = shop.ledger.act, lost
    assert phone.send("/desk/c/pay", forms[0]).status_code == 303
    shop.desk.gateway.customer_act = act
    assert not shop.ledger.done
    other = invite(shop.desk)
    shop.ledger.balances[register(shop.desk, other)] = 100 * KGST
    second = phone_of(shop.desk, other)
    waits = second.get(bill_link(shop, bill))
    assert (waits.status_code, "Somebody is paying" in waits.text) == (409, True)
    assert "Yes, pay" in second.get(bill_link(shop, billed(shop))).text
    place = phone.send("/desk/c/pay", forms[1]).headers["location"]
    assert "Paid" in phone.get(place).text
    assert len(shop.ledger.done) == 1


def test_two_customers_who_have_the_same_bill_before_them_pay_it_once(
    shop: SimpleNamespace,
) -> None:
    bill, other = billed(shop), invite(shop.desk)
    shop.ledger.balances[register(shop.desk, other)] = 100 * KGST
    phones = [phone_of(shop.desk, each) for each in (shop.customer, other)]
    forms = [bill_form(shop, each, bill) for each in phones]
    shop.ledger.lose = True
    assert phones[0].send("/desk/c/pay", forms[0]).status_code == 303
    assert phones[1].send("/desk/c/pay", forms[1]).status_code == 409
    assert len(shop.ledger.done) == 1


def test_a_bill_whose_payment_was_refused_can_be_paid_again(shop: SimpleNamespace) -> None:
    phone, bill = phone_of(shop.desk, shop.customer), billed(shop)
    form, act = bill_form(shop, phone, bill), shop.ledger.act
    shop.desk.gateway.customer_act = refusing
    refused = phone.send("/desk/c/pay", form).headers["location"]
    assert "Not paid" in phone.get(refused).text
    other = invite(shop.desk)
    shop.ledger.balances[register(shop.desk, other)] = 100 * KGST
    assert "Yes, pay" in phone_of(shop.desk, other).get(bill_link(shop, bill)).text
    shop.desk.gateway.customer_act = act
    again = phone.send("/desk/c/pay", bill_form(shop, phone, bill)).headers["location"]
    assert again != refused
    assert "Paid" in phone.get(again).text


def lost(*_: object) -> dict[str, object]:
    raise Unavailable("gateway.unreachable")


def refusing(*_: object) -> dict[str, object]:
    raise Refused("refused.per_transaction", clause="per_transaction", asset="KGST")
