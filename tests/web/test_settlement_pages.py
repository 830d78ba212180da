"""Settlement as people do it: the page, the customer's page, the list for the bank."""

from __future__ import annotations

import pytest

from sandbox.domain.customer_page import ActState
from sandbox.domain.settlement import SettlementState
from sandbox.services.settlement_run import WAITED_FOR
from sandbox.web import settlement_words
from tests.web.customers_world import phone_of
from tests.web.settlement_world import HASH, ended, later, stands_in, work
from tests.web.world import World

CUSTODY = "Ala-Too Demo Bank, customers of the test, account 1280-1"
SEVENTY, FIVE = "70.00\u00a0KGST", "5.00\u00a0KGST"
ACCOUNT = "Demo Bank 1280160070000001"


def test_every_state_has_a_word() -> None:
    assert {each.value for each in SettlementState} <= set(settlement_words.WORDS)
    assert {each.value for each in ActState} <= set(settlement_words.WORDS)
    assert all(each.startswith("refused.") for each in WAITED_FOR)


def test_a_settlement_from_the_end_of_the_test_to_the_proof(desk: World) -> None:
    ledger, file_id, (customer, _, wallet, shop) = ended(desk)
    path = f"/desk/files/{file_id}/settlement"
    damira, ermek = desk.browser("damira"), desk.browser("ermek")
    assert f'href="{path}"' in damira.get(f"/desk/files/{file_id}").text
    assert desk.browser("omar").get(path).status_code == 404
    phone = phone_of(desk, customer)
    told = phone.get("/desk/c/").text
    assert "Take your money home until 18 December 2026" in told
    assert phone.post("/desk/c/", "/desk/c/account", {"account": ACCOUNT}).status_code == 303
    assert ACCOUNT in phone.get("/desk/c/").text
    early = damira.get(path).text
    assert SEVENTY in early
    assert "Return what is left</button>" not in early
    refused = damira.act(path, {"custody": CUSTODY})
    assert refused.status_code == 409
    assert "Customers have until 18 December 2026" in refused.text
    later(desk, days=40)
    damira, ermek = desk.browser("damira"), desk.browser("ermek")
    assert "Return what is left</button>" not in desk.browser("bakyt").get(path).text
    assert desk.browser("bakyt").act(path, {"custody": CUSTODY}).status_code == 403
    assert damira.act(path, {"custody": "x"}).status_code == 400
    assert damira.act(path, {"custody": CUSTODY}).status_code == 303
    ledger.away = True
    work(desk)
    assert "no answer yet" in damira.get(path).text
    ledger.away, ledger.lose = False, True
    later(desk, minutes=1)
    work(desk)
    assert (ledger.balances[wallet], ledger.balances[shop], len(ledger.done)) == (0, 0, 2)
    page = damira.get(path).text
    assert HASH in page
    assert "Nobody holds anything any more." in page
    assert ACCOUNT in page
    assert "Return what is left</button>" not in page
    for other in (ermek, desk.browser("aigul")):
        shown = other.get(path).text
        assert HASH in shown
        assert ACCOUNT not in shown
    assert ACCOUNT in damira.get(path + ".csv").text
    listed = ermek.get(path + ".csv").text
    assert wallet in listed
    assert ACCOUNT not in listed
    phone = phone_of(desk, customer)
    assert "70.00\u00a0som were returned for you" in phone.get("/desk/c/").text
    with desk.parts.store.unit(read_only=True) as u:
        act = next(each.act for each in u.returns.of_customer(customer))
        assert u.settlements.of_permit("SB-2026-0001")[0].proof["people"] == 2
        log = str([each.body for each in u.audit.newest(60)])
    assert ACCOUNT not in log
    assert "permit.return_settled" in log
    assert ermek.act(f"{path}/{act}/paid", {"reference": "Order 7"}).status_code in {403, 404}
    assert damira.act(f"{path}/{act}/paid", {"reference": "Order 7"}).status_code == 303
    assert "paid out: Order 7" in phone.get("/desk/c/").text
    done = ermek.act(f"/desk/files/{file_id}/complete")
    assert done.status_code == 303, done.text


def test_one_regulators_order_is_the_authoritys_own_and_a_stand_in_confirms_none(
    desk: World,
) -> None:
    _, file_id, _ = ended(desk)
    path = f"/desk/files/{file_id}/settlement"
    later(desk, days=40)
    assert desk.browser("ermek").act(path, {"custody": CUSTODY}).status_code == 303
    for who in ("aigul", "damira"):
        assert CUSTODY not in desk.browser(who).get(path).text
        told = desk.browser(who).get(f"/desk/files/{file_id}").text
        assert "Return of what customers still hold ordered" not in told
    told = desk.browser("feruza").get(f"/desk/files/{file_id}").text
    assert "Return of what customers still hold ordered" in told
    assert "Confirm and return" in desk.browser("feruza").get(path).text
    stands_in(desk, "ermek", "feruza")
    assert "Confirm and return" not in desk.browser("feruza").get(path).text
    done = desk.browser("feruza").act(path + "/confirm")
    assert (done.status_code, "delegation.one_person" in done.text) == (403, True)
    assert desk.browser("damira").act(path, {"custody": CUSTODY}).status_code == 303


@pytest.mark.slow
def test_money_in_contracts_is_named_and_stops_it(desk: World) -> None:
    _, file_id, _ = ended(desk, contracts=5 * 10**18)
    path = f"/desk/files/{file_id}/settlement"
    later(desk, days=40)
    ermek, feruza = desk.browser("ermek"), desk.browser("feruza")
    assert ermek.act(path, {"custody": CUSTODY}).status_code == 303
    assert "Confirm and return" not in ermek.get(path).text
    work(desk)
    assert SEVENTY in ermek.get(path).text
    assert "Confirm and return" in feruza.get(path).text
    assert feruza.act(path + "/confirm").status_code == 303
    work(desk)
    page = feruza.get(path).text
    assert "It has stopped" in page
    assert f"Contracts of the test hold {FIVE}" in page
    assert "Nobody holds anything any more." not in page
    assert feruza.act(path + "/on").status_code == 303
    refused = ermek.act(f"/desk/files/{file_id}/complete")
    assert refused.status_code == 409


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["ru", "ky"])
def test_the_pages_are_there_in_each_language(desk: World, lang: str) -> None:
    _, file_id, people = ended(desk)
    later(desk, days=40)
    page = desk.browser("damira", lang).get(f"/desk/files/{file_id}/settlement")
    assert page.status_code == 200
    assert "Return what is left" not in page.text
    assert "Where your money" not in phone_of(desk, people[0], lang).get("/desk/c/").text
