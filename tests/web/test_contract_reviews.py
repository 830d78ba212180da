"""The pages of contract review, as each seat meets them."""

from __future__ import annotations

import pytest

from tests.web.review_world import SECRET, TILL, ask, form, name, with_review
from tests.web.world import World


@pytest.fixture
def number(desk: World) -> str:
    return with_review(desk)


def test_from_asking_to_two_signatures(desk: World, number: str) -> None:
    path = ask(desk, number)
    assert "Contract review" in desk.browser("bakyt").get(f"/desk/permits/{number}").text
    listed = desk.browser("aigul").get(f"/desk/permits/{number}/contracts").text
    assert TILL in listed
    name(desk, path, "ermek", "feruza")
    for account in ("ermek", "feruza"):
        browser = desk.browser(account)
        source = browser.post(f"{path}/source")
        assert (source.status_code, SECRET in source.text) == (200, True)
        done = browser.act(f"{path}/approve", {"reason": "Read it line by line."})
        assert done.status_code == 303, done.text
    seen = desk.browser("bakyt").get(path).text
    assert "Being put on chain" in seen
    assert "Read it line by line." in seen
    assert SECRET not in seen
    assert "Ermek Abdyldaev" in seen
    assert "Feruza Mamatova" in seen


def test_the_first_page_names_a_review_to_whom_it_waits_for_and_to_nobody_else(
    desk: World, number: str
) -> None:
    path = ask(desk, number)

    def told(account: str) -> bool:
        return f'href="{path}"' in desk.browser(account).get("/desk/").text

    assert told("ermek")
    assert told("feruza")
    name(desk, path, "ermek", "feruza")
    assert [told(each) for each in ("ermek", "feruza")] == [True, True]
    assert not any(told(each) for each in ("jyldyz", "bakyt", "damira"))
    ermek = desk.browser("ermek")
    ermek.post(f"{path}/source")
    assert ermek.act(f"{path}/approve", {"reason": "Read."}).status_code == 303
    assert not told("ermek")


def test_a_view_is_shown_to_the_owner_and_a_get_shows_nothing(desk: World, number: str) -> None:
    path = ask(desk, number)
    name(desk, path, "jyldyz")
    assert "Nobody has seen the source." in desk.browser("aigul").get(path).text
    jyldyz = desk.browser("jyldyz")
    assert jyldyz.get(f"{path}/source").status_code == 405
    assert SECRET in jyldyz.post(f"{path}/source").text
    assert "Nobody has seen the source." not in desk.browser("aigul").get(path).text


def test_who_was_not_named_gets_no_source(desk: World, number: str) -> None:
    path = ask(desk, number)
    name(desk, path, "feruza")
    for who in ("ermek", "aigul", "bakyt", "damira", "omar", "operator", "lira"):
        answer = desk.browser(who).post(f"{path}/source")
        assert (who, answer.status_code) == (who, 404)
        assert SECRET not in answer.text
        assert SECRET not in desk.browser(who).get(path).text


def test_strangers_see_neither_list_nor_review(desk: World, number: str) -> None:
    path = ask(desk, number)
    for who in ("omar", "operator", "lira", None):
        for page in (path, f"/desk/permits/{number}/contracts"):
            assert desk.browser(who).get(page).status_code in (303, 403, 404), who


def test_a_refusal_without_a_reason_keeps_the_page_and_with_one_is_read(
    desk: World, number: str
) -> None:
    path = ask(desk, number)
    name(desk, path, "ermek")
    bad = desk.browser("ermek").act(f"{path}/refuse", {"reason": ""})
    assert (bad.status_code, "text.empty" in bad.text) == (400, True)
    done = desk.browser("ermek").act(f"{path}/refuse", {"reason": "Anyone may empty it."})
    assert done.status_code == 303
    assert "Anyone may empty it." in desk.browser("bakyt").get(path).text


def test_approving_asks_for_the_password(desk: World, number: str) -> None:
    path = ask(desk, number)
    name(desk, path, "feruza")
    feruza = desk.browser("feruza")
    feruza.post(f"{path}/source")
    asked = feruza.post(f"{path}/approve")
    assert "_password" in asked.text
    assert "Waiting for a decision" in desk.browser("bakyt").get(path).text


def test_what_is_wrong_in_the_form_is_said_beside_it_and_kept(desk: World, number: str) -> None:
    place = f"/desk/permits/{number}/contracts"
    bakyt = desk.browser("bakyt")
    other = bakyt.post(place, form(contract_name="Nothing"))
    assert (other.status_code, 'value="Nothing"' in other.text) == (400, True)
    wrong = bakyt.post(place, form(source=form()["source"].replace("paid += amount", "paid = 1")))
    assert (wrong.status_code, "verify.other" in wrong.text) == (400, True)
    assert "No contract has been asked about yet." in bakyt.get(place).text
