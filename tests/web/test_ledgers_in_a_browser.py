"""Supervised ledgers by hand in a real Chromium: the team asks on a phone, a regulator signs."""

from __future__ import annotations

import pytest

from tests.web.ledger_world import POOL, PURPOSE, put_on_chain, with_pool
from tests.web.seams import PASSWORD
from tests.web.test_in_a_browser import chromium, context, look, site  # noqa: F401 - fixtures

pytestmark = pytest.mark.slow


def test_from_the_teams_phone_to_the_totals_on_a_regulators_desk(
    site,  # noqa: F811
    chromium,  # noqa: F811
) -> None:
    desk, url = site
    number = with_pool(desk)
    place = f"{url}/desk/permits/{number}/ledgers"
    team = context(
        site, chromium, "bakyt", lang="ky", width=390, color_scheme="dark", bypass_csp=True
    )
    page = team.new_page()
    page.goto(place)
    page.fill("#ask-contract", POOL)
    page.fill("#ask-name", "Savings pool")
    page.fill("#ask-purpose", PURPOSE)
    page.click("#ask button")
    assert page.locator(".badge").count() == 1
    found = look(page, place)
    team.close()
    for lang, who in (("ru", "ermek"), ("en", "feruza")):
        regulator = context(site, chromium, who, lang=lang, bypass_csp=True)
        page = regulator.new_page()
        found += look(page, place)
        page.click("form[action$=admit] .button-main")
        page.fill("input[name=_password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda there: "#l-" in there)
        if who == "ermek":
            assert page.locator("form[action$=admit] .button-main").count() == 0
            regulator.close()
    with desk.parts.store.unit(read_only=True) as u:
        (ledger,) = u.supervised_ledgers.of_permit(number)
    assert [each["account"] for each in ledger.signatures] == ["ermek", "feruza"]
    put_on_chain(desk, f"/{ledger.id}")
    found += look(page, place)
    assert "4,200" in page.inner_text(".facts")
    regulator.close()
    assert found == []
