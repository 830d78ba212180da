"""The page of a team's own wallets: a challenge to sign, its answer, taking one out."""

from __future__ import annotations

import html
import re

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from tests.web.world import World

CHALLENGE = re.compile(r'id="challenge-text"[^>]*>(.*?)</pre>', re.DOTALL)


@pytest.fixture
def place(desk: World) -> str:
    return f"/desk/permits/{desk.granted()}/wallets"


def _challenge(desk: World, place: str, address: str) -> tuple[str, str]:
    """Ask for a challenge; its page's path and the text to sign."""
    fields = {"address": address, "chain": "kgst", "name": "deployer"}
    answer = desk.browser("bakyt").post(place, fields)
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    page = desk.browser("bakyt").get(path).text
    return path, html.unescape(CHALLENGE.search(page)[1])


def _sign(text: str, account) -> str:
    return "0x" + account.sign_message(encode_defunct(text=text)).signature.hex().removeprefix("0x")


def test_what_the_page_shows_is_what_is_to_be_signed(desk: World, place: str) -> None:
    account = Account.create()
    path, text = _challenge(desk, place, account.address)
    bakyt = desk.browser("bakyt")
    wrong = bakyt.post(f"{path}/answer", {"signature": _sign(text + " ", account)})
    assert (wrong.status_code, "wallet.signature_wrong" in wrong.text) == (403, True)
    done = bakyt.post(f"{path}/answer", {"signature": _sign(text, account)})
    assert (done.status_code, done.headers["location"]) == (303, place)
    listed = bakyt.get(place).text
    assert account.address in listed
    assert "Joining" in listed
    gone = bakyt.post(f"{path}/remove")
    assert gone.status_code == 303
    assert "Taken out" in bakyt.get(place).text


def test_an_address_that_is_none_is_named_beside_the_form(desk: World, place: str) -> None:
    bad = desk.browser("bakyt").post(place, {"address": "0x12", "chain": "kgst", "name": ""})
    assert (bad.status_code, 'value="0x12"' in bad.text) == (400, True)


@pytest.mark.parametrize("who", ["ermek", "omar", "cholpon", "jyldyz"])
def test_nobody_outside_the_team_lets_a_wallet_in(desk: World, place: str, who: str) -> None:
    fields = {"address": Account.create().address, "chain": "kgst", "name": "mine"}
    answer = desk.browser(who).post(place, fields)
    assert answer.status_code in (403, 404), answer.status_code
    assert desk.browser(who).get(f"{place}/whatever").status_code in (403, 404)
