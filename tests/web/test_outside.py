"""Signing in with an account elsewhere, against a provider that really runs on loopback."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jwt
import pytest

from sandbox.domain.outside_accounts import OidcProvider
from sandbox.services import outside_accounts
from sandbox.services.oidc import Oidc
from tests.services.class_world import OMUR, csv_of
from tests.support.oidc import CLIENT, SECRET, Provider, SigningKey, served
from tests.web import sweep
from tests.web.outside_world import (
    ASK,
    BACK,
    START,
    STUDENT,
    begin,
    by_code,
    by_number,
    closed,
    code_of,
    come,
    configured,
    coordinator,
    entries,
    told,
    whose,
)
from tests.web.seams import PASSWORD
from tests.web.test_class_lists import PEOPLE, confirm, first, school, send
from tests.web.world import URL, Browser, World


@pytest.fixture
def uni(desk: World) -> Iterator[Provider]:
    with served(Provider()) as found:
        configured(desk, found)
        yield found


@pytest.fixture
def kanat(desk: World) -> Browser:
    """The teacher, whose class list is confirmed."""
    school(desk)
    browser = desk.browser("kanat")
    assert confirm(browser, send(browser, csv_of(OMUR)).headers["location"]).status_code == 303
    return browser


def test_a_student_is_known_by_the_universitys_number(
    desk: World, uni: Provider, kanat: Browser
) -> None:
    by_number(desk, uni)
    student = desk.browser(None)
    done = come(student, uni, "/hub/home")
    assert done.headers["location"] == "/hub/outside?next=%2Fhub%2Fhome"
    assert "no-store" in done.headers.get("cache-control", "no-store")
    assert whose(desk, student) == STUDENT
    assert whose(desk, student) is None, "a ticket is good once"
    assert entries(desk) == ["account.outside_bound"]
    uni.claims.pop("student_number")
    assert come(student, uni).status_code == 303, "from then on the subject is enough"
    assert whose(desk, student) == STUDENT
    assert entries(desk) == ["account.outside_bound"], "bound once"
    assert "Yes" in kanat.get(PEOPLE).text, "that was a sign-in"


@pytest.mark.parametrize("number", ["2026-999", "", 2026001, None])
def test_a_number_that_nobody_has_makes_no_account(
    desk: World, uni: Provider, kanat: Browser, number: object
) -> None:
    by_number(desk, uni)
    uni.claims["student_number"] = number
    stranger = desk.browser(None)
    assert come(stranger, uni).headers["location"] == "/desk/outside"
    page = stranger.get("/desk/outside")
    assert page.status_code == 403
    assert ASK in page.text
    assert "Ydyrys" in page.text
    assert whose(desk, stranger) is None
    assert entries(desk) == []


def test_a_number_counts_only_for_the_universitys_own_provider(
    desk: World, uni: Provider, kanat: Browser
) -> None:
    uni.claims["student_number"] = "2026-001"
    assert come(desk.browser(None), uni).headers["location"] == "/desk/outside"
    configured(desk, uni, university="other", number="student_number")
    assert come(desk.browser(None), uni).headers["location"] == "/desk/outside"


def test_a_number_finds_nobody_who_may_do_more_than_study(
    desk: World, uni: Provider, kanat: Browser
) -> None:
    """Any teacher of the university writes numbers; what a coordinator may do is not theirs."""
    by_number(desk, uni)
    coordinator(desk)
    browser = desk.browser(None)
    assert come(browser, uni).headers["location"] == "/desk/outside"
    assert whose(desk, browser) is None
    assert entries(desk) == []


def test_a_slip_from_before_sets_no_password_beside_a_universitys_account(
    desk: World, uni: Provider, kanat: Browser
) -> None:
    code = code_of(kanat)
    by_number(desk, uni)
    come(desk.browser(None), uni)
    refused = first(desk, code)
    assert (refused.status_code, "sign_in.wrong_code" in refused.text) == (401, True)


def test_a_slips_code_binds_once(desk: World, uni: Provider, kanat: Browser) -> None:
    code = code_of(kanat)
    student = desk.browser(None)
    come(student, uni, "/desk/courses")
    wrong = by_code(student, "AAAA-AAA-AAA")
    assert wrong.status_code == 401
    assert "sign_in.wrong_code" in wrong.text
    done = by_code(student, code)
    assert done.headers["location"] == "/hub/outside?next=%2Fdesk%2Fcourses"
    assert whose(desk, student) == STUDENT
    uni.claims = {"sub": "u-2"}
    other = desk.browser(None)
    come(other, uni)
    assert by_code(other, code).status_code == 401, "the code is used up"


def test_a_code_binds_nobody_who_may_do_more_than_study(
    desk: World, uni: Provider, kanat: Browser
) -> None:
    code = code_of(kanat)
    coordinator(desk)
    browser = desk.browser(None)
    come(browser, uni)
    refused = by_code(browser, code)
    assert (refused.status_code, "sign_in.wrong_code" in refused.text) == (401, True)
    assert entries(desk) == []


def test_a_code_does_not_take_over_what_is_bound(
    desk: World, uni: Provider, kanat: Browser
) -> None:
    first = desk.browser(None)
    come(first, uni)
    by_code(first, code_of(kanat))
    uni.claims = {"sub": "u-2"}
    second = desk.browser(None)
    come(second, uni)
    refused = by_code(second, code_of(kanat))
    assert refused.status_code == 409
    assert "outside.has_another" in refused.text
    assert "Sign in with that one." in refused.text
    assert "Accounts elsewhere" in refused.text, "where the link is taken back"
    bound = [each for each in entries(desk) if each == "account.outside_bound"]
    assert len(bound) == 1


def test_who_is_signed_in_links_an_account_and_takes_it_back(desk: World, uni: Provider) -> None:
    lira = desk.browser("lira")
    assert "/desk/outside/uni?link=yes" in lira.get("/desk/me/outside").text
    back = come(lira, uni, more="&link=yes")
    assert back.headers["location"] == "/desk/me/outside#confirm"
    assert "Link this account?" in lira.get("/desk/me/outside").text
    asked = lira.post("/desk/me/outside")
    assert "_password" in asked.text, "the password is asked for"
    assert entries(desk) == []
    done = lira.act("/desk/me/outside")
    assert done.status_code == 303
    assert "The account is linked" in lira.get(done.headers["location"]).text
    student = desk.browser(None)
    come(student, uni)
    assert whose(desk, student) == "lira"
    action = re.search(r"/desk/me/outside/[0-9a-f]+/remove", lira.get("/desk/me/outside").text)[0]
    assert desk.browser("omar").post(action).status_code == 404
    assert lira.post(action).status_code == 303
    assert lira.get("/desk/me").status_code == 303, "signed out"
    assert come(desk.browser(None), uni).headers["location"] == "/desk/outside"
    assert entries(desk) == ["account.outside_bound", "account.outside_taken_back"]


def test_another_session_does_not_finish_a_link(desk: World, uni: Provider) -> None:
    lira, omar = desk.browser("lira"), desk.browser("omar")
    place = uni.log_in(begin(lira, more="&link=yes"))
    for name, value in lira.client.cookies.items():
        if name == "synak_outside":
            omar.client.cookies.set(name, value, path="/desk/")
    refused = omar.get(place)
    assert (refused.status_code, "login.state_unknown" in refused.text) == (401, True)
    assert "login.state_unknown" in omar.act("/desk/me/outside").text


def test_what_belongs_to_another_person_is_not_linked(desk: World, uni: Provider) -> None:
    lira, omar = desk.browser("lira"), desk.browser("omar")
    come(lira, uni, more="&link=yes")
    assert lira.act("/desk/me/outside").status_code == 303
    come(omar, uni, more="&link=yes")
    refused = omar.act("/desk/me/outside")
    assert (refused.status_code, "outside.of_another" in refused.text) == (409, True)


def test_the_teacher_sees_and_takes_back(desk: World, uni: Provider, kanat: Browser) -> None:
    by_number(desk, uni)
    come(desk.browser(None), uni)
    place = PEOPLE.replace("people", "outside")
    assert "/outside" in kanat.get(PEOPLE).text
    page = kanat.get(place).text
    assert "Өмүрбеков" in page
    assert desk.browser("lira").get(place).status_code == 403
    assert desk.browser("omar").get(place).status_code == 404
    action = re.search(rf"{place}/[0-9a-f]+/remove", page)[0]
    assert desk.browser("lira").post(action).status_code == 403
    done = kanat.post(action).headers["location"]
    page = kanat.get(done).text
    assert ("The link is taken back" in page, "No student signs in" in page) == (True, True)


def test_a_closed_account_is_refused(desk: World, uni: Provider, kanat: Browser) -> None:
    by_number(desk, uni)
    student = desk.browser(None)
    come(student, uni)
    ticket = student.client.cookies.get("synak_arrival", path="/hub/")
    closed(desk)
    assert told(desk, ticket) is None, "nor by a ticket from before"
    refused = come(desk.browser(None), uni)
    assert (refused.status_code, "outside.closed" in refused.text) == (403, True)


def test_a_ticket_is_too_old_after_a_minute(desk: World, uni: Provider, kanat: Browser) -> None:
    by_number(desk, uni)
    student = desk.browser(None)
    come(student, uni)
    desk.clock.forward(outside_accounts.TICKET_AGE)
    assert whose(desk, student) is None
    assert told(desk, "anything") is None
    unknown = desk.browser(None).client.post("/desk/api/v1/internal/tickets", json={"ticket": "x"})
    assert unknown.status_code == 401


def _none(provider: Provider, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, None, "none")


def _shared(provider: Provider, claims: dict[str, Any]) -> str:
    import base64
    import hashlib
    import hmac
    import json

    def part(what: Any) -> bytes:
        said = what if isinstance(what, bytes) else json.dumps(what).encode()
        return base64.urlsafe_b64encode(said).rstrip(b"=")

    signed = part({"alg": "HS256", "kid": provider.key.kid}) + b"." + part(claims)
    mac = hmac.digest(provider.key.pem, signed, hashlib.sha256)
    return (signed + b"." + part(mac)).decode()


def _unknown_key(provider: Provider, claims: dict[str, Any]) -> str:
    other = SigningKey("unknown")
    return jwt.encode(claims, other.private, "RS256", headers={"kid": other.kid})


def _other_key(provider: Provider, claims: dict[str, Any]) -> str:
    other = SigningKey(provider.key.kid)
    return jwt.encode(claims, other.private, "RS256", headers={"kid": other.kid})


def _own_key_in_the_head(provider: Provider, claims: dict[str, Any]) -> str:
    other = SigningKey("mine")
    head = {"jwk": other.public, "jku": "http://127.0.0.1:1/keys"}
    return jwt.encode(claims, other.private, "RS256", headers=head)


@pytest.mark.parametrize(
    "sign", [_none, _shared, _unknown_key, _other_key, _own_key_in_the_head, lambda *_: "x.y.z"]
)
def test_a_token_that_the_provider_did_not_sign_is_refused(
    desk: World, uni: Provider, kanat: Browser, sign: Any
) -> None:
    by_number(desk, uni)
    uni.sign = sign
    refused = come(desk.browser(None), uni)
    assert (refused.status_code, "outside.token" in refused.text) == (401, True), refused.text


NOW = int(time.time())


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"azp": "another"},
        {"iss": "http://another"},
        {"exp": NOW - 3600},
        {"exp": None},
        {"iat": NOW - 86_400},
        {"iat": NOW + 86_400},
        {"nbf": NOW + 86_400},
        {"sub": ""},
        {"sub": "x" * 300},
        {"sub": 7},
    ],
)
def test_a_token_that_says_something_else_is_refused(
    desk: World, uni: Provider, kanat: Browser, changed: dict[str, Any]
) -> None:
    by_number(desk, uni)
    uni.change = lambda claims: claims.update(changed)
    refused = come(desk.browser(None), uni)
    assert (refused.status_code, "outside.token" in refused.text) == (401, True), refused.text
    assert entries(desk) == []


def test_keys_change_and_old_ones_are_good_no_more(
    desk: World, uni: Provider, kanat: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_number(desk, uni)
    assert come(desk.browser(None), uni).status_code == 303
    old, uni.key = uni.key, SigningKey("second")
    monkeypatch.setattr("sandbox.services.outside_tokens.PAUSE", 0.0)
    assert come(desk.browser(None), uni).status_code == 303, "the key set is asked for again"
    uni.sign = lambda provider, claims: jwt.encode(
        claims, old.private, "RS256", headers={"kid": old.kid}
    )
    assert come(desk.browser(None), uni).status_code == 401
    asked = uni.asked.count("/keys")
    monkeypatch.setattr("sandbox.services.outside_tokens.PAUSE", 30.0)
    assert come(desk.browser(None), uni).status_code == 401
    assert uni.asked.count("/keys") == asked, "unknown keys make nobody ask again and again"


def test_a_callback_that_this_browser_did_not_begin_is_refused(
    desk: World, uni: Provider, kanat: Browser
) -> None:
    by_number(desk, uni)
    mine, other = desk.browser(None), desk.browser(None)
    back = uni.log_in(begin(mine))
    assert "login.state_unknown" in other.get(back).text, "no cookie"
    begin(other)
    assert "login.state_unknown" in other.get(back).text, "another state"
    twice = f"{mine.client.cookies.get('synak_outside')}"
    planted = mine.get(back, headers={"cookie": f"synak_outside={twice}; synak_outside={twice}"})
    assert "login.state_unknown" in planted.text, "two cookies are none"
    assert mine.get(back.replace("state=", "state=x")).status_code == 401
    assert mine.get(f"{BACK}?state=x").status_code == 401
    assert mine.get(back).status_code == 303
    again = mine.get(back)
    assert (again.status_code, "login.state_unknown" in again.text) == (401, True), "replayed"


def test_a_code_works_once(desk: World, uni: Provider, kanat: Browser) -> None:
    by_number(desk, uni)
    browser = desk.browser(None)
    back = uni.log_in(begin(browser))
    kept = browser.client.cookies.get("synak_outside")
    assert browser.get(back).status_code == 303
    browser.client.cookies.set("synak_outside", kept, path="/desk/")
    refused = browser.get(back)
    assert (refused.status_code, "outside.refused" in refused.text) == (401, True)


def test_one_providers_answer_is_not_anothers(desk: World, uni: Provider, kanat: Browser) -> None:
    by_number(desk, uni)
    with served(Provider()) as other:
        entry = OidcProvider("other", "Other", other.url, CLIENT)
        outside = {**desk.parts.outside, "other": Oidc(entry, SECRET, URL)}
        desk.app.state.reception.parts = replace(desk.parts, outside=outside)
        browser = desk.browser(None)
        place = browser.get("/desk/outside/other").headers["location"]
        mixed = other.log_in(place).replace("/other/", "/uni/")
        assert "login.state_unknown" in browser.get(mixed).text
        back = uni.log_in(begin(browser))
        wrong = browser.get(re.sub("iss=[^&]+", "iss=http%3A%2F%2Fanother", back))
        assert "outside.token" in wrong.text
        assert "/token" not in uni.asked, "the code was not handed on"
        uni.metadata = {"authorization_response_iss_parameter_supported": True}
        configured(desk, uni)
        back = uni.log_in(begin(browser))
        assert browser.get(re.sub("&iss=[^&]+", "", back)).status_code == 401


@pytest.mark.parametrize(
    "wanted",
    ["https://elsewhere.example/", "//elsewhere.example", "/desk//x", "/other", "x" * 2000],
)
def test_nobody_is_sent_elsewhere(desk: World, uni: Provider, kanat: Browser, wanted: str) -> None:
    by_number(desk, uni)
    done = come(desk.browser(None), uni, wanted)
    assert done.headers["location"] == "/hub/outside?next=%2Fhub%2Fhome"


@pytest.mark.parametrize(
    "changed",
    [
        {"token_endpoint": "http://169.254.169.254/latest"},
        {"jwks_uri": "http://127.0.0.1:1/keys"},
        {"authorization_endpoint": "http://elsewhere.example/authorize"},
        {"issuer": "http://elsewhere.example"},
        {"token_endpoint": None},
    ],
)
def test_what_the_provider_names_is_not_asked_unless_configured(
    desk: World, uni: Provider, kanat: Browser, changed: dict[str, Any]
) -> None:
    by_number(desk, uni)
    uni.metadata = changed
    browser = desk.browser(None)
    first = browser.get(START)
    refused = browser.get(uni.log_in(first.headers["location"])) if first.is_redirect else first
    assert (refused.status_code, "outside.not_configured" in refused.text) == (503, True)


def test_a_provider_that_is_away_redirects_or_floods_is_an_error_of_ours(desk: World) -> None:
    class Odd:
        url, said = "", (302, {"location": "http://127.0.0.1:1/"})

        def answer(self, *_: Any) -> Any:
            return self.said

    with served(Odd()) as odd:
        for odd.said in ((302, {"location": "/"}), (200, b"[" * 300_000), (200, b"[1]"), (500, {})):
            configured(desk, odd)
            refused = desk.browser(None).get(START)
            assert (refused.status_code, "outside.unreachable" in refused.text) == (503, True)
    assert desk.browser(None).get(START).status_code == 503, "gone"
    assert desk.browser(None).get("/desk/outside/nobody").status_code == 404


def test_the_password_was_wrong_there(desk: World, uni: Provider) -> None:
    browser = desk.browser(None)
    back = uni.log_in(begin(browser)).replace("code=", "error=access_denied&was=")
    refused = browser.get(back)
    assert (refused.status_code, "outside.refused" in refused.text) == (401, True)
    assert PASSWORD not in refused.text


def test_the_pages_are_whole_in_the_readers_language(
    desk: World, uni: Provider, kanat: Browser
) -> None:
    by_number(desk, uni)
    come(desk.browser(None), uni)
    uni.claims = {"sub": "u-5"}
    stranger, teacher = desk.browser(None, "ky"), desk.browser("kanat", "ky")
    come(stranger, uni)
    come(teacher, uni, more="&link=yes")
    pages = {
        "/desk/outside": stranger.get("/desk/outside"),
        "/desk/me/outside": teacher.get("/desk/me/outside"),
        PEOPLE.replace("people", "outside"): teacher.get(PEOPLE.replace("people", "outside")),
    }
    typed = sweep.typed_words(desk) | {"Kyrgyz", "University", *ASK.replace(",", "").split()}
    found = []
    for path, answer in pages.items():
        seen = sweep.read(answer.text)
        assert seen.lang == "ky"
        found += [f"{path}: {each}" for each in sweep.wrong_words(path, seen, typed)]
        found += [f"{path}: {each}" for each in sweep.wrong_frame(seen)]
    assert found == []
