"""Acts of law confirmed by signing in again at a provider that really runs on loopback."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.domain.kept_acts import KEPT, LIFE, MOST, PRESS
from sandbox.domain.lti import LtiPlatform
from sandbox.domain.outside_accounts import How, OutsideAccount
from sandbox.services.keyed import Keyed
from sandbox.services.lti import Lti
from sandbox.services.passkeys import Authority
from sandbox.store.outside_tables import KeptActs
from sandbox.web.app import create_app
from tests.support.lti import DEPLOYMENT
from tests.support.oidc import CLIENT, Provider, served
from tests.web import sweep
from tests.web.outside_world import BACK, configured
from tests.web.test_passkeys import MINE, Device, _asked
from tests.web.world import PASSWORD, URL, Browser, World

ASK = {"text": "Who keeps the keys, <b>and</b> where?", "due": "2026-12-10"}


@pytest.fixture
def path(desk: World) -> str:
    """Where a regulator asks the applicant something: an act of law."""
    return f"/desk/files/{desk.under_review()}/questions"


@pytest.fixture
def uni(desk: World, path: str) -> Iterator[Provider]:
    with served(Provider(claims={"sub": "u-ermek"})) as found:
        configured(desk, found)
        linked(desk, "ermek", "uni", found.url, "u-ermek")
        yield found


def linked(desk: World, account: str, provider: str, issuer: str, subject: str) -> None:
    with desk.parts.store.unit() as u:
        at = desk.clock.now()
        u.outside.add(
            OutsideAccount(subject, provider, issuer, subject, account, How.OWN, bound_at=at)
        )
        u.commit()


def asked(browser: Browser, path: str, form: dict[str, str] = ASK) -> str:
    """The link to the provider on the page that asks who is there."""
    page = browser.post(path, form)
    assert page.status_code == 401, page.text
    return link_in(page.text)


def link_in(page: str) -> str:
    return re.search(r'href="(/desk/confirm/[0-9a-f]{32}/uni)"', page)[1]


def there_and_back(browser: Browser, uni: Provider, link: str) -> httpx.Response:
    """To the provider and home again; the page that waits there."""
    place = browser.get(link).headers["location"]
    return followed(browser, uni.log_in(place))


def followed(browser: Browser, place: str) -> httpx.Response:
    answer = browser.get(place)
    return browser.get(answer.headers["location"]) if answer.is_redirect else answer


def form_in(page: str, action: str) -> dict[str, str]:
    """The first form that goes there, with its hidden fields as a browser has them."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.DOTALL)[0]
    hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', found)
    return {name: html.unescape(value) for name, value in hidden}


def pressed(browser: Browser, page: str, path: str, **change: str) -> httpx.Response:
    return browser.post(path, form_in(page, path) | change)


def questions(desk: World) -> list[str]:
    with desk.parts.store.unit(read_only=True) as u:
        return [each.text for each in u.questions.select()]


def test_exactly_the_kept_act_is_done_once(desk: World, uni: Provider, path: str) -> None:
    ermek = desk.browser("ermek")
    question = ermek.post(path, ASK).text
    link = link_in(question)
    place = ermek.get(link).headers["location"]
    said = {name: value[0] for name, value in parse_qs(urlsplit(place).query).items()}
    assert (said["prompt"], said["max_age"]) == ("login", "0")
    assert "acr_values" not in said
    back = ermek.get(uni.log_in(place))
    assert questions(desk) == [], "coming back does nothing yet"
    page = ermek.get(back.headers["location"])
    assert page.status_code == 200
    assert "Kyrgyz University says that you signed in just now" in page.text
    shown = html.unescape(re.sub(r"<form.*?</form>", "", page.text, flags=re.DOTALL))
    assert (path in shown, ASK["text"] in shown) == (True, True), "what it is, to be read"
    done = pressed(ermek, page.text, path)
    assert done.status_code == 303, done.text
    assert questions(desk) == [ASK["text"]]
    with desk.parts.store.unit(read_only=True) as u:
        entries = [each.body for each in u.audit.page(after=-1, limit=500)]
    used = next(each for each in entries if each["kind"] == "account.confirmed_elsewhere")
    assert (used["actor"], used["data"]["provider"]) == ("ermek", "uni")
    assert used["data"]["path"] == path
    assert used["data"]["act"] in question, "what the first page showed"
    assert used["data"]["act"] in page.text, "and the second"
    assert "u-ermek" not in str(used)
    assert ermek.post(path, {**ASK, "text": "More?"}).status_code == 401, "one act, not 15 minutes"


def test_the_button_pressed_twice_and_the_way_back_do_nothing_more(
    desk: World, uni: Provider, path: str
) -> None:
    ermek = desk.browser("ermek")
    link = asked(ermek, path)
    page = there_and_back(ermek, uni, link)
    assert pressed(ermek, page.text, path).status_code == 303
    again = pressed(ermek, page.text, path)
    assert (again.status_code, "confirm.used" in again.text) == (409, True)
    assert form_in(again.text, path)["text"] == ASK["text"], "what was typed is not lost"
    seen = ermek.get(link.removesuffix("/uni"))
    assert (seen.status_code, "Sent already" in seen.text) == (200, True)
    assert "_kept" not in form_in(seen.text, path)
    assert ermek.get(link).headers["location"] == link.removesuffix("/uni")
    assert pressed(ermek, seen.text, path).status_code == 401, "asked again who it is"
    assert len(questions(desk)) == 1
    page = there_and_back(ermek, uni, link_in(again.text))
    assert pressed(ermek, page.text, path).status_code == 303
    assert len(questions(desk)) == 1, "the form's key is the same: it was done already"


def change(**claims: Any) -> Callable[[Provider], None]:
    return lambda uni: setattr(uni, "change", lambda said: said.update(claims))


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (lambda uni: uni.claims.update(sub="u-feruza"), 403, "confirm.another_person"),
        (lambda uni: uni.claims.update(sub="nobody"), 403, "confirm.another_person"),
        (change(auth_time=int(time.time()) - 3600), 401, "confirm.too_old"),
        (change(auth_time=int(time.time()) + 7200), 401, "confirm.too_old"),
        (change(auth_time=None), 401, "confirm.no_time"),
        (change(auth_time=str(int(time.time()))), 401, "confirm.no_time"),
        (change(auth_time=True), 401, "confirm.no_time"),
        (change(auth_time=float("nan")), 401, "confirm.too_old"),
        (change(nonce="another"), 401, "outside.token"),
        (change(aud="another"), 401, "outside.token"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_does_not_confirm_says_why_and_keeps_the_form(
    desk: World,
    uni: Provider,
    path: str,
    fault: Callable[[Provider], None],
    status: int,
    code: str,
) -> None:
    linked(desk, "feruza", "uni", uni.url, "u-feruza")
    ermek = desk.browser("ermek")
    link = asked(ermek, path)
    fault(uni)
    page = there_and_back(ermek, uni, link)
    assert (page.status_code, code in page.text) == (status, True), page.text
    form = form_in(page.text, path)
    assert {name: form[name] for name in ASK} == ASK
    assert "_kept" not in form
    forced = ermek.post(path, ASK | {"_kept": link.split("/")[3]})
    assert (forced.status_code, "confirm.not_confirmed" in forced.text) == (401, True)
    assert questions(desk) == []
    uni.claims, uni.change = {"sub": "u-ermek"}, lambda claims: None
    page = there_and_back(ermek, uni, link_in(page.text))
    assert pressed(ermek, page.text, path).status_code == 303, "and the way is still open"
    assert questions(desk) == [ASK["text"]]


def test_a_sign_in_that_was_cancelled_or_a_provider_away_keeps_the_form(
    desk: World, uni: Provider, path: str
) -> None:
    ermek = desk.browser("ermek")
    link = asked(ermek, path)
    place = uni.log_in(ermek.get(link).headers["location"])
    page = followed(ermek, place.replace("code=", "error=access_denied&was="))
    assert (page.status_code, "outside.refused" in page.text) == (401, True)
    assert form_in(page.text, path)["text"] == ASK["text"]
    uni.metadata = {"authorization_endpoint": "http://elsewhere.example/authorize"}
    configured(desk, uni)
    page = followed(ermek, link)
    assert (page.status_code, "outside.not_configured" in page.text) == (503, True)
    assert form_in(page.text, path)["text"] == ASK["text"]
    assert link_in(page.text) == link


def test_a_code_and_a_callback_work_once(desk: World, uni: Provider, path: str) -> None:
    ermek = desk.browser("ermek")
    link = asked(ermek, path)
    back = uni.log_in(ermek.get(link).headers["location"])
    flow = ermek.client.cookies.get("synak_outside")
    other = asked(ermek, path, {**ASK, "text": "Something else?"})
    assert ermek.get(back).status_code == 303
    replayed = ermek.get(back)
    assert (replayed.status_code, "login.state_unknown" in replayed.text) == (401, True)
    ermek.client.cookies.set("synak_outside", flow, path="/desk/")
    page = followed(ermek, back)
    assert (page.status_code, "outside.refused" in page.text) == (401, True)
    ermek.client.cookies.delete("synak_outside")
    ermek.get(other)
    page = followed(ermek, back)
    assert (page.status_code, "login.state_unknown" in page.text) == (401, True)
    assert form_in(page.text, path)["text"] == "Something else?", "the act of the newer flow waits"
    assert questions(desk) == []


def test_another_session_neither_goes_on_nor_sees_what_waits(
    desk: World, uni: Provider, path: str
) -> None:
    ermek, elsewhere, feruza = (desk.browser(name) for name in ("ermek", "ermek", "feruza"))
    link = asked(ermek, path)
    back = uni.log_in(ermek.get(link).headers["location"])
    for other in (elsewhere, feruza):
        other.client.cookies.set(
            "synak_outside", ermek.client.cookies.get("synak_outside"), path="/desk/"
        )
        refused = other.get(back)
        assert (refused.status_code, "login.state_unknown" in refused.text) == (401, True)
        for place in (link, link.removesuffix("/uni")):
            hidden = other.get(place)
            assert (hidden.status_code, "confirm.not_found" in hidden.text) == (404, True)
            assert "Who keeps the keys" not in hidden.text
    page = followed(ermek, back)
    form = form_in(page.text, path)
    stolen = elsewhere.post(path, form | {"_csrf": elsewhere.session.csrf})
    assert (stolen.status_code, "confirm.not_found" in stolen.text) == (404, True)
    assert desk.browser(None).get(link.removesuffix("/uni")).status_code == 303, "sign in first"
    assert questions(desk) == []
    assert pressed(ermek, page.text, path).status_code == 303


def test_whoever_stole_the_session_sends_nothing_that_its_owner_confirmed(
    desk: World, uni: Provider, path: str
) -> None:
    ermek, thief = desk.browser("ermek"), desk.browser(None)
    name = desk.sessions.cookie
    thief.client.cookies.set(name, ermek.client.cookies.get(name), path="/desk/")
    thief.session = ermek.session
    link = asked(thief, path)
    page = there_and_back(ermek, uni, link)
    refused = thief.post(path, form_in(page.text, path))
    assert (refused.status_code, "confirm.not_confirmed" in refused.text) == (401, True)
    assert "_kept" not in form_in(thief.get(link.removesuffix("/uni")).text, path)
    assert questions(desk) == []
    assert pressed(ermek, page.text, path).status_code == 303


def test_a_confirmation_is_for_one_form_at_one_place(desk: World, uni: Provider, path: str) -> None:
    ermek = desk.browser("ermek")
    page = there_and_back(ermek, uni, asked(ermek, path))
    refusal = path.replace("/questions", "/refusal")
    for place, more in ((path, {"text": "Other?"}), (path, {"more": "x"}), (refusal, {})):
        refused = ermek.post(place, form_in(page.text, path) | more)
        assert (refused.status_code, "confirm.other_act" in refused.text) == (401, True)
        assert form_in(refused.text, place)["due"] == ASK["due"]
    assert questions(desk) == []
    assert pressed(ermek, page.text, path).status_code == 303, "the right one still may"


def test_what_waits_too_long_is_confirmed_anew(desk: World, uni: Provider, path: str) -> None:
    ermek = desk.browser("ermek")
    link = asked(ermek, path)
    page = there_and_back(ermek, uni, link)
    desk.clock.forward(PRESS)
    late = pressed(ermek, page.text, path)
    assert (late.status_code, "confirm.too_late" in late.text) == (401, True)
    waiting = ermek.get(link.removesuffix("/uni"))
    assert link_in(waiting.text) == link
    back = uni.log_in(ermek.get(link).headers["location"])
    desk.clock.forward(LIFE - PRESS)
    page = followed(ermek, back)
    assert (page.status_code, "confirm.too_late" in page.text) == (401, True)
    assert form_in(page.text, path)["text"] == ASK["text"]
    anew = link_in(page.text)
    assert anew != link
    desk.clock.forward(KEPT - LIFE)
    assert ermek.get(link.removesuffix("/uni")).status_code == 404
    page = there_and_back(ermek, uni, anew)
    assert pressed(ermek, page.text, path).status_code == 303
    assert questions(desk) == [ASK["text"]]


def test_what_waits_is_sealed_and_goes_with_its_session(
    desk: World, uni: Provider, path: str
) -> None:
    ermek = desk.browser("ermek")
    links = {asked(ermek, path, {**ASK, "text": f"Question {n}?"}) for n in range(MOST + 2)}
    with desk.parts.store.unit(read_only=True) as u:
        kept = KeptActs(u.session).select()
    assert len(links) == MOST + 2
    assert len(kept) == MOST, "the oldest give way"
    assert not any("Question" in str(each) for each in kept)
    ermek.post("/desk/sign-out")
    with desk.parts.store.unit(read_only=True) as u:
        assert KeptActs(u.session).select() == ()


def test_a_provider_is_asked_for_the_configured_way_and_has_to_say_so(
    desk: World, uni: Provider, path: str
) -> None:
    configured(desk, uni, acr=("urn:two", "urn:three"))
    ermek = desk.browser("ermek")
    link = asked(ermek, path)
    place = ermek.get(link).headers["location"]
    assert parse_qs(urlsplit(place).query)["acr_values"] == ["urn:two urn:three"]
    for said in ({}, {"acr": "urn:one"}, {"acr": ["urn:two"]}):
        uni.claims = {"sub": "u-ermek", **said}
        page = there_and_back(ermek, uni, link)
        assert (page.status_code, "confirm.weaker" in page.text) == (401, True)
    uni.claims = {"sub": "u-ermek", "acr": "urn:three"}
    page = there_and_back(ermek, uni, link)
    assert pressed(ermek, page.text, path).status_code == 303


def test_an_ordinary_sign_in_asks_for_no_fresh_one_and_confirms_nothing(
    desk: World, uni: Provider, path: str
) -> None:
    ermek = desk.browser("ermek")
    link = asked(ermek, path)
    place = ermek.get("/desk/outside/uni").headers["location"]
    assert not {"prompt", "max_age"} & set(parse_qs(urlsplit(place).query))
    assert ermek.get(uni.log_in(place)).headers["location"].startswith("/hub/outside")
    forced = ermek.post(path, ASK | {"_kept": link.split("/")[3]})
    assert "confirm.not_confirmed" in forced.text
    assert questions(desk) == []


def test_who_has_no_account_elsewhere_is_asked_for_the_password(
    desk: World, uni: Provider, path: str
) -> None:
    feruza = desk.browser("feruza")
    page = feruza.post(path, ASK)
    assert "/desk/confirm/" not in page.text
    assert 'type="password"' in page.text
    assert feruza.post(path, ASK | {"_password": PASSWORD}).status_code == 303


def test_who_comes_by_a_platform_alone_is_told_of_passkeys(desk: World, path: str) -> None:
    entry = LtiPlatform(
        *("moodle", "Moodle", "http://moodle", CLIENT, (DEPLOYMENT,)),
        *("http://moodle/keys", "http://moodle/authorize"),
    )
    found = replace(desk.parts, lti={"moodle": Lti(entry, URL, Keyed("session-secret"))})
    desk.parts = desk.app.state.parts = desk.app.state.reception.parts = found
    linked(desk, "ermek", "moodle", "http://moodle", "m-1")
    page = desk.browser("ermek").post(path, ASK)
    assert page.status_code == 401
    assert "Moodle, from where you come in, cannot be asked" in page.text
    assert "/desk/confirm/" not in page.text
    assert "Moodle" not in desk.browser("feruza").post(path, ASK).text
    only = with_passkeys(desk, only=True)
    for page in (only.post(path, ASK), only.get(MINE)):
        assert "Moodle, from where you come in, cannot be asked" in page.text
        assert "Your first passkey is added with a password of your own." in page.text
    in_kyrgyz = desk.browser("ermek", "ky").get(MINE).text
    assert "Moodle" in in_kyrgyz
    assert "from where you come in" not in in_kyrgyz
    assert "Moodle" not in desk.browser("feruza").get(MINE).text


def with_passkeys(desk: World, *, only: bool) -> Browser:
    """A desk where passkeys are made; a regulator's browser there."""
    desk.parts = replace(desk.parts, passkeys=Authority("synak.localhost", URL, only=only))
    desk.app = create_app(desk.parts)
    return desk.browser("ermek")


def test_the_first_passkey_is_added_by_a_sign_in_elsewhere_where_nothing_else_is_done_by_one(
    desk: World, uni: Provider, path: str
) -> None:
    ermek = with_passkeys(desk, only=False)
    confirmed = there_and_back(ermek, uni, asked(ermek, path))
    only = with_passkeys(desk, only=True)
    only.client.cookies, only.session = ermek.client.cookies, ermek.session
    refused = pressed(only, confirmed.text, path)
    assert (refused.status_code, "passkey.needed" in refused.text) == (403, True)
    assert "/desk/confirm/" not in refused.text
    assert questions(desk) == []
    options, sealed = _asked(only.get(MINE).text)
    form = {"name": "Phone", "credential": Device().create(options), "question": sealed}
    page = there_and_back(only, uni, asked(only, MINE, form))
    assert pressed(only, page.text, MINE).status_code == 303
    page = only.post(path, ASK)
    assert ("data-passkey" in page.text, "/desk/confirm/" in page.text) == (True, False)
    both = with_passkeys(desk, only=False).post(path, ASK)
    assert ("data-passkey" in both.text, "/desk/confirm/" in both.text) == (True, True)


def test_the_pages_are_whole_in_the_readers_language(desk: World, uni: Provider, path: str) -> None:
    ermek = desk.browser("ermek", "ky")
    waiting = ermek.post(path, {"text": "?", "due": "2026-12-10"})
    link = link_in(waiting.text)
    wrong = followed(ermek, uni.log_in(ermek.get(link).headers["location"]) + "&error=x")
    confirmed = there_and_back(ermek, uni, link)
    pressed(ermek, confirmed.text, path)
    sent = ermek.get(link.removesuffix("/uni"))
    typed = sweep.typed_words(desk) | {"Kyrgyz", "University"}
    found, titles = [], set()
    for page in (waiting, wrong, confirmed, sent):
        seen = sweep.read(page.text)
        titles.add(seen.title)
        assert seen.lang == "ky"
        found += sweep.wrong_words("/desk/confirm", seen, typed) + sweep.wrong_frame(seen)
    assert found == []
    assert len(titles) == 3
    assert BACK not in sent.text
