"""The page of supervised ledgers and its interface, as each seat meets them."""

from __future__ import annotations

import pytest

from sandbox.domain.supervised_ledger import LedgerState
from sandbox.web.words import amount_text
from tests.web.ledger_world import (
    ELSEWHERE,
    POOL,
    PURPOSE,
    REPORTED,
    ask,
    form,
    put_on_chain,
    with_pool,
)
from tests.web.settlement_world import stands_in
from tests.web.world import World

FILE = "F-2026-0001"
STRANGER = "0x" + "57" * 20
TOTALS = tuple(amount_text("en", each, "KGST") for each in REPORTED.values())


@pytest.fixture
def number(desk: World) -> str:
    return with_pool(desk)


def audited(desk: World) -> list[str]:
    with desk.parts.store.unit(read_only=True) as u:
        return [each.kind for each in u.audit.scan() if each.kind.startswith("ledger.")]


def test_two_regulators_admit_and_one_closes(desk: World, number: str) -> None:
    page = f"/desk/permits/{number}/ledgers"
    assert page in desk.browser("bakyt").get(f"/desk/permits/{number}").text
    path = ask(desk, number)
    first = desk.browser("ermek").act(f"{path}/admit", {"reason": "Read it."})
    assert first.status_code == 303, first.text
    assert "Waiting for the second signature" in desk.browser("feruza").get(page).text
    for who in ("aigul", "bakyt", "damira"):
        early = desk.browser(who).get(page).text
        assert "Waiting for the second signature" not in early, who
        assert "Read it." not in early, who
        file = desk.browser(who).get(f"/desk/files/{FILE}").text
        assert "admitted by the first regulator" not in file, who
    assert (
        "admitted by the first regulator" in desk.browser("feruza").get(f"/desk/files/{FILE}").text
    )
    again = desk.browser("ermek").act(f"{path}/admit")
    assert (again.status_code, "ledger.signed_twice" in again.text) == (403, True)
    assert desk.browser("feruza").act(f"{path}/admit").status_code == 303
    assert "Being put on chain" in desk.browser("aigul").get(page).text
    put_on_chain(desk, path)
    seen = desk.browser("damira").get(page).text
    people = ("Ermek Abdyldaev", "Feruza Mamatova")
    for words in ("Admitted", *TOTALS, PURPOSE, POOL, *people):
        assert words in seen, words
    bare = desk.browser("gulnara").act(f"{path}/close", {"reason": " "})
    assert (bare.status_code, "text.empty" in bare.text) == (400, True)
    closing = desk.browser("gulnara").act(f"{path}/close", {"reason": "It lies."})
    assert closing.status_code == 303, closing.text
    assert "Being closed" in desk.browser("bakyt").get(page).text
    put_on_chain(desk, path, LedgerState.CLOSED)
    assert "Closed for good" in desk.browser("bakyt").get(page).text
    refused = desk.browser("bakyt").post(page, form())
    assert "ledger.already_asked" in refused.text, "never again"
    assert audited(desk) == ["ledger.asked", "ledger.signed", "ledger.admitted", "ledger.closing"]


def test_a_stand_in_is_not_offered_the_second_signature_and_does_not_give_it(
    desk: World, number: str
) -> None:
    path = ask(desk, number)
    page = f"/desk/permits/{number}/ledgers"
    assert desk.browser("ermek").act(f"{path}/admit").status_code == 303
    assert "Admit with my signature" in desk.browser("feruza").get(page).text
    stands_in(desk, "ermek", "feruza")
    assert "Admit with my signature" not in desk.browser("feruza").get(page).text
    assert path.replace("/ledgers/", "/ledgers#l-") not in desk.browser("feruza").get("/desk/").text
    done = desk.browser("feruza").act(f"{path}/admit")
    assert (done.status_code, "delegation.one_person" in done.text) == (403, True)
    assert audited(desk) == ["ledger.asked", "ledger.signed"]


def test_one_regulator_refuses_and_it_may_be_asked_again(desk: World, number: str) -> None:
    path = ask(desk, number)
    bare = desk.browser("feruza").act(f"{path}/refuse", {"reason": ""})
    assert (bare.status_code, "text.empty" in bare.text) == (400, True)
    done = desk.browser("feruza").act(f"{path}/refuse", {"reason": "Anyone may empty it."})
    assert done.status_code == 303
    seen = desk.browser("bakyt").get(f"/desk/permits/{number}/ledgers").text
    assert "Anyone may empty it." in seen
    late = desk.browser("ermek").act(f"{path}/admit")
    assert (late.status_code, "ledger.decided" in late.text) == (409, True)
    assert ask(desk, number) != path


@pytest.mark.parametrize("act", ["admit", "refuse", "close"])
def test_no_other_seat_decides(desk: World, number: str, act: str) -> None:
    path = ask(desk, number)
    if act == "close":
        put_on_chain(desk, path)
    for who in ("aigul", "bakyt", "damira", "jyldyz"):
        done = desk.browser(who).act(f"{path}/{act}", {"reason": "I say so."})
        assert done.status_code == 403, (who, done.status_code)
    assert audited(desk) == ["ledger.asked"]
    pages = desk.browser("bakyt").get(f"/desk/permits/{number}/ledgers").text
    assert f'{path}/{act}"' not in pages


def test_strangers_learn_nothing(desk: World, number: str) -> None:
    path = ask(desk, number)
    page = f"/desk/permits/{number}/ledgers"
    for who in ("omar", "operator", "lira", None):
        assert desk.browser(who).get(page).status_code in (303, 403, 404), who
    for who in ("omar", "lira"):
        assert desk.browser(who).post(page, form()).status_code in (403, 404), who
    assert desk.browser("ermek").act(f"{page}/unknown/admit").status_code == 404
    asked = desk.browser("feruza").post(f"{path}/admit")
    assert "_password" in asked.text, "an act of law"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"contract": STRANGER}, "ledger.no_contract"),
        ({"contract": ELSEWHERE}, "ledger.of_another"),
        ({"contract": "0x12"}, "address.malformed"),
        ({"chain": "som"}, "review.chain"),
        ({"purpose": " "}, "text.empty"),
    ],
)
def test_what_is_wrong_is_said_beside_the_form_and_kept(
    desk: World, number: str, changes: dict[str, str], code: str
) -> None:
    answer = desk.browser("bakyt").post(f"/desk/permits/{number}/ledgers", form(**changes))
    assert (answer.status_code // 100, code in answer.text) == (4, True), answer.status_code
    assert 'value="Savings pool"' in answer.text
    assert audited(desk) == []


def test_the_first_page_names_it_to_whom_it_waits_for(desk: World, number: str) -> None:
    path = ask(desk, number).replace("/ledgers/", "/ledgers#l-")

    def told(account: str) -> bool:
        return f'href="{path}"' in desk.browser(account).get("/desk/").text

    assert [told(each) for each in ("ermek", "feruza")] == [True, True]
    assert not any(told(each) for each in ("jyldyz", "bakyt", "damira"))
    assert desk.browser("ermek").act(f"{path.replace('#l-', '/')}/admit").status_code == 303
    assert [told(each) for each in ("ermek", "feruza")] == [False, True]


def test_the_team_asks_and_lists_by_the_interface(desk: World, number: str) -> None:
    context = f"bakyt/permit-{number.lower()}"
    token = desk.hub.token_for("bakyt", f"access:servers!server={context}", "custom:synak:trial")
    client, url = desk.browser(None).client, "/desk/api/v1/trial/ledgers"
    headers = {"authorization": f"Bearer {token}", "idempotency-key": "ask-for-the-pool"}
    made = [client.post(url, json=form(), headers=headers) for _ in range(2)]
    assert [each.status_code for each in made] == [201, 201], made[0].text
    assert made[0].json()["id"] == made[1].json()["id"]
    assert (made[0].json()["state"], made[0].json()["totals"]) == ("asked", None)
    put_on_chain(desk, f"/{made[0].json()['id']}")
    (line,) = client.get(url, headers=headers).json()
    assert line["totals"]["KGST"] == {"claims": str(4_200 * 10**18), "own": str(25 * 10**18)}
    assert client.get(url).status_code == 401


def test_without_the_chain_the_page_says_so_and_goes_on(desk: World, number: str) -> None:
    path = ask(desk, number)
    page = f"/desk/permits/{number}/ledgers"
    assert "The chain cannot be asked now" not in desk.browser("ermek").get(page).text
    put_on_chain(desk, path)
    desk.gateway.down = True
    seen = desk.browser("ermek").get(page)
    assert (seen.status_code, "The chain cannot be asked now" in seen.text) == (200, True)
    assert desk.browser("ermek").act(f"{path}/close", {"reason": "A flaw."}).status_code == 503
    desk.gateway.down = False
    assert "Admitted" in desk.browser("ermek").get(page).text
    assert audited(desk) == ["ledger.asked"]
