"""Launches from a learning platform that really runs on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import jwt
import pytest

from sandbox.domain.classroom import CourseRole
from sandbox.domain.lti import LtiPlatform
from sandbox.services.keyed import Keyed
from sandbox.services.lti import Lti
from sandbox.store.classroom import Members
from tests.services.class_world import COURSE
from tests.support.lti import CLAIM, DEPLOYMENT, Platform
from tests.support.oidc import CLIENT, SigningKey, served
from tests.web.test_class_lists import PEOPLE
from tests.web.test_outside import (
    STUDENT,
    _none,
    _other_key,
    _shared,
    _unknown_key,
    by_code,
    closed,
    code_of,
    entries,
    kanat,  # noqa: F401 - the teacher, whose class list is confirmed
    whose,
)
from tests.web.world import URL, Browser, World

LOGIN, LAUNCH = "/desk/lti/moodle/login", "/desk/lti/moodle/launch"
NUMBER = {CLAIM + "lis": {"person_sourcedid": "2026-001"}}


@pytest.fixture
def moodle(desk: World) -> Iterator[Platform]:
    with served(Platform()) as found:
        found.target = f"{URL}/desk/courses/{COURSE}"
        configured(desk, found)
        yield found


def configured(desk: World, found: Platform, **more: Any) -> None:
    place = {"jwks": f"{found.url}/keys", "authorize": f"{found.url}/authorize"} | more
    entry = LtiPlatform("moodle", "Moodle", found.url, CLIENT, (DEPLOYMENT,), **place)
    desk.parts = replace(desk.parts, lti={"moodle": Lti(entry, URL, Keyed("session-secret"))})
    desk.app.state.parts = desk.parts
    desk.app.state.reception.parts = desk.parts


def by_number(desk: World, found: Platform) -> None:
    configured(desk, found, university="uni")
    found.claims |= NUMBER


def begin(browser: Browser, moodle: Platform) -> dict[str, str]:
    """The first two steps: what is posted next."""
    answer = browser.get(LOGIN, params=moodle.hints())
    assert answer.status_code == 303, answer.text
    return moodle.form(answer.headers["location"])


def post(browser: Browser, form: dict[str, str]) -> httpx.Response:
    """The platform's post, as browsers send it: from another site, without our cookies."""
    headers = {"origin": "http://moodle.example", "sec-fetch-site": "cross-site"}
    with_none = Browser(browser.world, None)
    return with_none.client.post(LAUNCH, data=form, headers=headers)


def come(browser: Browser, moodle: Platform) -> httpx.Response:
    """A whole launch."""
    sent = post(browser, begin(browser, moodle))
    return browser.get(sent.headers["location"]) if sent.status_code == 303 else sent


def test_a_student_comes_from_the_platform_to_the_course(
    desk: World,
    moodle: Platform,
    kanat: Browser,  # noqa: F811
) -> None:
    by_number(desk, moodle)
    student = desk.browser(None)
    done = come(student, moodle)
    assert done.headers["location"] == f"/hub/outside?next=%2Fdesk%2Fcourses%2F{COURSE}"
    assert whose(desk, student) == STUDENT
    moodle.claims.pop(CLAIM + "lis")
    assert whose(desk, student) is None
    again = desk.browser(None)
    come(again, moodle)
    assert whose(desk, again) == STUDENT, "bound by issuer and subject"
    assert entries(desk) == ["account.outside_bound"]
    assert "Moodle" in kanat.get(PEOPLE.replace("people", "outside")).text


def test_an_instructor_of_the_platform_is_nobodys_teacher_here(
    desk: World,
    moodle: Platform,
    kanat: Browser,  # noqa: F811
) -> None:
    by_number(desk, moodle)
    come(desk.browser(None), moodle)
    with desk.parts.store.unit(read_only=True) as u:
        members = {each.account: each.role for each in Members(u.session).in_course(COURSE)}
        seats = u.accounts.get(STUDENT).seats
    assert members[STUDENT] is CourseRole.STUDENT
    assert [seat.value for seat in seats] == ["student"]


def test_who_is_not_known_uses_a_slip_or_is_told_whom_to_ask(
    desk: World,
    moodle: Platform,
    kanat: Browser,  # noqa: F811
) -> None:
    moodle.claims = {"sub": "m-7", "name": "Ydyrys", **NUMBER}
    stranger = desk.browser(None)
    assert come(stranger, moodle).headers["location"] == "/desk/outside", "not the university's"
    page = stranger.get("/desk/outside")
    assert page.status_code == 403
    assert "open this from Moodle once more" in page.text
    done = by_code(stranger, code_of(kanat))
    assert done.headers["location"] == f"/hub/outside?next=%2Fdesk%2Fcourses%2F{COURSE}"
    assert whose(desk, stranger) == STUDENT


def test_who_is_signed_in_is_asked_whether_to_link(desk: World, moodle: Platform) -> None:
    lira = desk.browser("lira")
    assert come(lira, moodle).headers["location"] == "/desk/me/outside#confirm"
    assert "Link this account?" in lira.get("/desk/me/outside").text
    assert entries(desk) == []
    assert lira.act("/desk/me/outside").status_code == 303
    come(lira, moodle)
    assert whose(desk, lira) == "lira"


def test_a_student_who_is_signed_in_is_known_by_the_number_without_being_asked(
    desk: World,
    moodle: Platform,
    kanat: Browser,  # noqa: F811
) -> None:
    by_number(desk, moodle)
    student = desk.browser(STUDENT)
    assert come(student, moodle).headers["location"].startswith("/hub/outside?")
    assert whose(desk, student) == STUDENT
    lira = desk.browser("lira")
    moodle.claims["sub"] = "another"
    moodle.claims |= {CLAIM + "lis": {"person_sourcedid": "2026-999"}}
    assert come(lira, moodle).headers["location"] == "/desk/me/outside#confirm"
    assert entries(desk) == ["account.outside_bound"]


def test_a_closed_account_is_refused(
    desk: World,
    moodle: Platform,
    kanat: Browser,  # noqa: F811
) -> None:
    by_number(desk, moodle)
    come(desk.browser(None), moodle)
    closed(desk)
    refused = come(desk.browser(None), moodle)
    assert (refused.status_code, "outside.closed" in refused.text) == (403, True)


def test_a_launch_is_opened_by_the_browser_that_began_it_alone(
    desk: World, moodle: Platform
) -> None:
    mine, other = desk.browser(None), desk.browser(None)
    place = post(mine, begin(mine, moodle)).headers["location"]
    for browser in (other, desk.browser("lira")):
        refused = browser.get(place)
        assert (refused.status_code, "lti.another_browser" in refused.text) == (401, True)
    begin(other, moodle)
    assert other.get(place).status_code == 401, "with a cookie of its own"
    assert mine.get(place.replace("launch=", "launch=x")).status_code == 401
    assert mine.get("/desk/lti/moodle/open").status_code == 401
    assert mine.get(place.replace("moodle", "canvas")).status_code == 404
    assert mine.get(place).status_code == 303
    assert mine.get(place).status_code == 401, "once"


def test_a_token_is_posted_once_with_the_state_it_was_made_for(
    desk: World, moodle: Platform
) -> None:
    browser = desk.browser(None)
    form = begin(browser, moodle)
    assert post(browser, form).status_code == 303
    again = post(browser, form)
    assert (again.status_code, "login.state_unknown" in again.text) == (401, True), "replayed"
    second = begin(browser, moodle)
    swapped = post(browser, {**form, "state": second["state"]})
    assert (swapped.status_code, "outside.token" in swapped.text) == (401, True), "the nonce"
    for state in ("", "x", second["state"][:-2]):
        refused = post(browser, {**second, "state": state})
        assert (refused.status_code, "login.state_unknown" in refused.text) == (401, True)
    kept = browser.client.cookies.get("synak_lti")
    assert post(browser, {**second, "state": kept}).status_code == 401, "sealed for something else"
    assert post(browser, {"state": second["state"]}).status_code == 401
    assert post(browser, {"state": second["state"], "error": "login_required"}).status_code == 401
    assert post(browser, second).status_code == 303, "what is wrong uses nothing up"


@pytest.mark.parametrize("sign", [_none, _shared, _unknown_key, _other_key, lambda *_: "x"])
def test_a_launch_that_the_platform_did_not_sign_is_refused(
    desk: World, moodle: Platform, sign: Any
) -> None:
    moodle.sign = sign
    refused = come(desk.browser(None), moodle)
    assert (refused.status_code, "outside.token" in refused.text) == (401, True)


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"iss": "http://another"},
        {"exp": 1_700_000_000},
        {"iat": 1_700_000_000},
        {"sub": ""},
        {CLAIM + "deployment_id": "another"},
        {CLAIM + "deployment_id": None},
        {CLAIM + "message_type": "LtiDeepLinkingRequest"},
        {CLAIM + "version": "1.1"},
        {CLAIM + "resource_link": None},
        {CLAIM + "resource_link": {"id": ""}},
    ],
)
def test_a_launch_that_says_something_else_is_refused(
    desk: World, moodle: Platform, changed: dict[str, Any]
) -> None:
    moodle.change = lambda claims: claims.update(changed)
    refused = come(desk.browser(None), moodle)
    assert (refused.status_code, "outside.token" in refused.text) == (401, True), refused.text


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "http://another"},
        {"iss": ""},
        {"client_id": "another"},
        {"lti_deployment_id": "another"},
        {"login_hint": ""},
    ],
)
def test_a_beginning_that_is_not_the_platforms_is_refused(
    desk: World, moodle: Platform, changed: dict[str, str]
) -> None:
    browser = desk.browser(None)
    refused = browser.get(LOGIN, params=moodle.hints() | changed)
    assert (refused.status_code, "outside.token" in refused.text) == (401, True)
    posted = browser.client.post(LOGIN, data=moodle.hints() | changed)
    assert posted.status_code == 401
    assert browser.client.post(LOGIN, data=moodle.hints()).status_code == 303, "by a form as well"
    assert browser.get("/desk/lti/canvas/login", params=moodle.hints()).status_code == 404


@pytest.mark.parametrize(
    "target",
    ["https://elsewhere.example/desk/", f"{URL}.example/desk/", f"{URL}/hub/home", "x", ""],
)
def test_a_launch_leads_nowhere_else(
    desk: World,
    moodle: Platform,
    kanat: Browser,  # noqa: F811
    target: str,
) -> None:
    by_number(desk, moodle)
    moodle.target = target
    done = come(desk.browser(None), moodle)
    assert done.headers["location"] == "/hub/outside?next=%2Fdesk%2Fcourses"


def test_keys_change_and_a_platform_that_is_away_is_an_error_of_ours(
    desk: World, moodle: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = desk.browser(None)
    assert come(browser, moodle).status_code == 303
    moodle.key = SigningKey("second")
    assert come(browser, moodle).status_code == 401, "asked for a moment ago"
    monkeypatch.setattr("sandbox.services.outside_tokens.PAUSE", 0.0)
    assert come(browser, moodle).status_code == 303
    moodle.sign = lambda platform, claims: jwt.encode(
        claims, SigningKey("third").private, "RS256", headers={"kid": "third"}
    )
    assert come(browser, moodle).status_code == 401
    configured(desk, moodle, jwks="http://127.0.0.1:1/keys")
    refused = come(browser, moodle)
    assert (refused.status_code, "outside.unreachable" in refused.text) == (503, True)
