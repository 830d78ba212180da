"""What regulators are told: whose signature is missing, until when acts hold, what was refused."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sandbox.locale import wording
from tests.web.world import World

FIELDS = {"reasons": "An incident.", "understood": "yes"}
LOWER = {"field": "KGST.per_transaction", "value": "4,000"}
WAITS = "Waiting for the second signature"


def tighten(desk: World, number: str, **changes: str) -> None:
    done = desk.browser("ermek").act(f"/desk/permits/{number}/tighten", FIELDS | LOWER | changes)
    assert done.status_code == 303, done.text


def waiting(desk: World, name: str) -> str:
    """The first page's list of what waits for the reader."""
    page = desk.browser(name).get("/desk/").text
    return page[page.index("Waiting for you") :].split("</section>")[0]


def test_a_lowered_limit_waits_for_the_second_regulator_and_for_nobody_else(desk: World) -> None:
    number = desk.granted()
    assert WAITS not in waiting(desk, "feruza")
    tighten(desk, number)
    assert WAITS in waiting(desk, "feruza")
    assert WAITS not in waiting(desk, "ermek")
    assert "a second regulator" in desk.browser("ermek").get("/desk/").text
    for outsider in ("aigul", "bakyt", "damira"):
        page = (
            desk.browser(outsider).get("/desk/").text
            + desk.browser(outsider).get("/desk/files").text
        )
        assert WAITS not in page, outsider
        assert "a second regulator" not in page, outsider


def test_only_the_authorities_learn_that_a_decision_is_proposed(desk: World) -> None:
    file, _ = desk.proposed()
    pages = ("/desk/", "/desk/files", f"/desk/files/{file}")
    for outsider in ("aigul", "bakyt", "damira"):
        browser = desk.browser(outsider)
        for path in pages:
            page = browser.get(path).text.replace(f'<li class="is-todo">{WAITS}', "")  # to come
            assert file in page, (outsider, path)
            assert WAITS not in page, (outsider, path)
        assert file not in browser.get("/desk/files?state=decided&form=csv").text
        assert file in browser.get("/desk/files?state=under_review&form=csv").text
        assert "Under review" in browser.get(f"/desk/files/{file}").text, outsider
    for name in ("ermek", "jyldyz"):
        browser = desk.browser(name)
        page = browser.get(f"/desk/files/{file}").text
        assert f'<li class="is-now" aria-current="step">{WAITS}' in page, name
        assert file in browser.get("/desk/files?state=decided&form=csv").text, name
        assert file not in browser.get("/desk/files?state=under_review&form=csv").text, name


def test_the_forms_say_that_the_72_hours_of_an_earlier_act_go_on(desk: World) -> None:
    number = desk.granted()
    console = desk.browser("feruza").get(f"/desk/permits/{number}/console").text
    assert "Lapses after 72 hours unless" in console
    assert "its 72 hours go on" not in console
    tighten(desk, number)
    console = desk.browser("feruza").get(f"/desk/permits/{number}/console").text
    assert "its 72 hours go on: without a second signature both lapse on 24 November" in console
    assert "Lapses after 72 hours unless" not in console


def test_a_condition_that_is_set_is_not_called_lowered(desk: World) -> None:
    number = desk.granted()
    tighten(desk, number, field="contract_review", value="yes")
    done = desk.browser("ermek").act(f"/desk/permits/{number}/suspend", FIELDS)
    assert done.status_code == 303, done.text
    page = desk.browser("feruza").get(f"/desk/permits/{number}/console").text
    said = "Also makes this interim condition permanent: Contracts need approval"
    assert said in page
    assert "lowering to yes" not in page


def test_equal_refusals_are_one_row_with_a_count_and_others_stay_apart(desk: World) -> None:
    number = desk.granted()
    for seq in (1, 2, 3):
        desk.refuse(number, seq)
    desk.refuse(number, 4, "customer_cap")
    page = desk.browser("ermek").get(f"/desk/permits/{number}/console").text
    rows = re.findall(r'id="refusal-kgst-(\d+)"', page)
    assert rows == ["4", "3"]
    assert page.count("× 3") == 1
    assert "since 21 November" in page


def test_long_tables_are_whole_behind_a_disclosure(desk: World) -> None:
    number = desk.granted()
    clauses = ("state", "outstanding", "deployments", "customer_cap", "merchant_cap", "consent")
    for seq, clause in enumerate(clauses, 1):
        desk.refuse(number, seq, clause)
    page = desk.browser("ermek").get(f"/desk/permits/{number}/console").text
    before, after = page.split('<details class="body" id="more-refusals">')
    assert len(re.findall('id="refusal-', before)) == 5
    assert len(re.findall('id="refusal-', after)) == 1
    assert 'id="more-transactions"' not in page


def test_the_cohort_names_the_asset_of_a_limit_of_value_only(desk: World) -> None:
    desk.gateway.volume = 499_000 * 10**18
    desk.granted()
    page = desk.browser("ermek").get("/desk/cohort").text
    assert "Volume in any 24 hours (KGST)" in page
    assert "Successful deployments</span>" in page


def test_a_permit_and_a_new_key_name_the_address_of_each_chain(desk: World) -> None:
    number = desk.granted()
    one = desk.browser("bakyt").get(f"/desk/permits/{number}").text
    assert "/rpc/kgst" in one
    assert "/rpc/som" not in one
    with desk.parts.store.unit() as u:
        u.permits.save(replace(u.permits.get(number), chains=("kgst", "som")))
        u.commit()
    two = desk.browser("bakyt").get(f"/desk/permits/{number}").text
    assert "/rpc/kgst" in two
    assert "/rpc/som" in two
    fields = {"name": "Laptop", "days": "30"}
    made = desk.browser("bakyt").post(f"/desk/permits/{number}/keys", fields).text
    assert "/rpc/som" in made
    limited = fields | {"name": "Phone", "chain.kgst": "yes"}
    made = desk.browser("bakyt").post(f"/desk/permits/{number}/keys", limited).text
    assert "/rpc/kgst" in made
    assert "/rpc/som" not in made


@pytest.mark.parametrize(("lang", "word"), [("ru", "приостановлено"), ("ky", "токтотулган")])
def test_a_suspended_permit_is_called_so_in_refusals_and_errors(lang: str, word: str) -> None:
    assert word in wording("refused.wind_down", {}, lang).casefold()
    said = wording("permit.not_active", {"state": "suspended"}, lang)
    assert "suspended" not in said
    assert word in said.casefold()
    assert "(x-y)" in wording("permit.not_active", {"state": "x-y"}, lang)
