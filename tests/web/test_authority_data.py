"""An authority's page: proposed by the operator, confirmed by its regulator, kept in versions."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sandbox.domain.records import Account, Organisation
from sandbox.domain.seats import Seat
from sandbox.domain.words import OrganisationKind
from sandbox.services.authorities import authority_for
from tests.web.seams import PEOPLE, START
from tests.web.world import World

HERE = "/desk/authorities"
FORM = {
    "name.ky": "Рынок",
    "name.ru": "Рынок",
    "name.en": "Market Supervision",
    "contact": "1 Chuy Avenue, Bishkek",
    "kind.tokenisation": "yes",
    "rank": "2",
    "source": "Law on markets, article 4",
    "reasons": "The law was changed.",
}
BANK = {**FORM, "name.en": "The Bank", "kind.payments": "yes", "fallback": "yes", "rank": "1"}


def propose(desk: World, path: str, **changes: str):
    return desk.browser("operator").act(f"{HERE}/{path}", {**FORM, **changes})


def settle(desk: World, who: str, org: str, word: str = "confirm"):
    with desk.parts.store.unit(read_only=True) as u:
        waits = [each for each in u.authority_versions.waiting() if each.org == org]
    return desk.browser(who).act(f"{HERE}/{org}/versions/{waits[0].id}/{word}")


def test_a_new_authority_comes_by_two_and_gets_files_from_then_on(desk: World) -> None:
    file = desk.draft()
    for who in ("ermek", "aigul", "jyldyz"):
        assert desk.browser(who).act(f"{HERE}/new", {**FORM, "org": "market"}).status_code == 403
    done = propose(desk, "new", org="market")
    assert done.status_code == 303, done.text
    assert propose(desk, "new", org="market").status_code == 409, "one waits"
    assert desk.browser("aigul").get(f"{HERE}/market").status_code == 404
    assert settle(desk, "operator", "market").status_code == 403
    assert settle(desk, "jyldyz", "market").status_code == 403
    with desk.parts.store.unit(read_only=True) as u:
        assert u.authorities.find("market") is None
    assert settle(desk, "ermek", "market").status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        draft = u.files.get(file)
        asked = {**draft.answers, "product_kind": "tokenisation"}
        assert authority_for(u, replace(draft, answers=asked), START) == "market"
        assert authority_for(u, draft, START) == "nbkr"
        assert u.organisations.get("market").name == "Market Supervision"
    page = desk.browser("aigul").get(f"{HERE}/market").text
    assert "1 Chuy Avenue" in page
    assert "The law was changed." not in page, "reasons are the authorities' own"
    assert "changeRegulator" not in page
    inside = desk.browser("ermek").get(f"{HERE}/market").text
    assert "Oleg Sadykov" in inside
    assert "The law was changed." in inside
    assert "Two people are needed" in inside
    assert "changeRegulator" in inside


def test_an_authoritys_own_regulator_confirms_and_its_days_count(
    desk: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = desk.draft()
    propose(desk, "new", org="market")
    assert settle(desk, "ermek", "market").status_code == 303
    monkeypatch.setitem(PEOPLE, "saltanat", ("Saltanat", "market", Seat.REGULATOR))
    with desk.parts.store.unit() as u:
        seats = (Seat.REGULATOR,)
        u.accounts.add(Account("saltanat", "Saltanat", "p-s", "market", seats, "en", True, START))
        u.commit()
    last = propose(desk, "market", until="2026-11-01", **{"name.en": "Markets"})
    assert last.status_code == 303, last.text
    assert settle(desk, "ermek", "market").status_code == 403
    assert settle(desk, "saltanat", "market").status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        draft = u.files.get(file)
        asked = {**draft.answers, "product_kind": "tokenisation"}
        assert authority_for(u, replace(draft, answers=asked), START) == "nbkr"
        numbers = [each.number for each in u.authority_versions.of("market")]
        assert sorted(numbers) == [1, 2]
    page = desk.browser("ermek").get(HERE).text
    assert "not competent now" in page
    assert propose(desk, "market").status_code == 303
    assert settle(desk, "operator", "market", "drop").status_code == 303
    assert "Dropped" in desk.browser("saltanat").get(f"{HERE}/market").text


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"name.ru": " "}, 400),
        ({"rank": "0"}, 400),
        ({"source": ""}, 400),
        ({"reasons": ""}, 400),
        ({"since": "2027-01-02", "until": "2027-01-01"}, 400),
        ({"fallback": "no"}, 409),
        ({"until": "2030-01-01"}, 409),
        ({}, 303),
    ],
)
def test_what_is_wrong_is_said_beside_the_form(
    desk: World, changes: dict[str, str], status: int
) -> None:
    done = propose(desk, "nbkr", **{**BANK, **changes})
    assert done.status_code == status, done.text
    if status != 303:
        assert re.search(r'id="problem"', done.text)
    for bad in ("M", "a b", "nbkr", "kattap", "new", " New "):
        assert propose(desk, "new", org=bad).status_code == 400


def test_a_version_is_settled_by_a_known_word_and_not_over_another_organisation(
    desk: World,
) -> None:
    desk.draft()
    assert propose(desk, "new", org="market").status_code == 303
    assert settle(desk, "ermek", "market", "confrim").status_code == 404
    with desk.parts.store.unit() as u:
        u.organisations.add(Organisation("market", "Market Ltd", OrganisationKind.STARTUP, START))
        u.commit()
    taken = settle(desk, "ermek", "market")
    assert (taken.status_code, "authority.exists" in taken.text) == (400, True)
    with desk.parts.store.unit(read_only=True) as u:
        assert u.authorities.find("market") is None
        assert u.organisations.get("market").name == "Market Ltd"
        assert len(u.authority_versions.waiting()) == 1
    assert settle(desk, "ermek", "market", "drop").status_code == 303


def test_the_page_says_whose_keys_a_chain_does_not_know(desk: World) -> None:
    desk.draft()
    page = desk.browser("feruza").get(f"{HERE}/nbkr").text
    assert "Ermek Abdyldaev" in page
    assert "unknown on kgst" not in page
    desk.gateway.knows_regulators = False
    page = desk.browser("feruza").get(f"{HERE}/nbkr").text
    assert page.count("unknown on kgst") == 3
    assert "unknown on kgst" not in desk.browser("aigul").get(f"{HERE}/nbkr").text
    rpc = desk.gateway.rpc
    desk.gateway.rpc = lambda *_: "0x"  # type: ignore[method-assign] - no contract is there
    assert "cannot be asked now" in desk.browser("feruza").get(f"{HERE}/nbkr").text
    desk.gateway.rpc = rpc  # type: ignore[method-assign]
    desk.gateway.down = True
    assert "cannot be asked now" in desk.browser("feruza").get(f"{HERE}/nbkr").text
