"""Signing in and out, the end of sessions, the password for acts of law."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest

from sandbox.kit.errors import NotAllowed, NotAuthenticated, SynakError, Unavailable
from sandbox.web.visit import Attempts, PasswordNeeded
from tests.web.world import PASSWORD, World, world


def test_a_stranger_is_sent_to_sign_in_and_back(desk: World) -> None:
    stranger = desk.browser(None)
    sent = stranger.get("/desk/files?state=draft")
    assert sent.status_code == 303
    assert sent.headers["location"] == "/desk/sign-in?next=/desk/files%3Fstate%3Ddraft"


def sign_in(desk: World, name: str, wanted: str = "/desk/files") -> tuple[object, dict[str, str]]:
    """As far as the hub: the browser and the hub's question."""
    browser = desk.browser(None)
    hub = browser.get(f"/desk/sign-in?next={wanted}").headers["location"]
    asked = {key: value[0] for key, value in parse_qs(urlsplit(hub).query).items()}
    desk.hub.codes["the-code"] = (name, asked["code_challenge"])
    return browser, asked


def test_sign_in_through_the_hub_with_pkce(desk: World) -> None:
    browser, asked = sign_in(desk, "aigul")
    assert asked["code_challenge_method"] == "S256"
    assert asked["client_id"] == "service-desk"
    back = browser.get(f"/desk/oauth_callback?code=the-code&state={asked['state']}")
    assert back.status_code == 303, back.text
    assert back.headers["location"] == "/desk/files"
    cookie = next(c for c in back.headers.get_list("set-cookie") if c.startswith("synak_desk="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert browser.get("/desk/files").status_code == 200


def test_a_foreign_state_opens_no_session(desk: World) -> None:
    browser, _ = sign_in(desk, "aigul")
    back = browser.get("/desk/oauth_callback?code=the-code&state=foreign")
    assert back.status_code == 401
    assert "login.state_unknown" in back.text


def test_another_browsers_callback_opens_no_session(desk: World) -> None:
    _, asked = sign_in(desk, "aigul")
    victim = desk.browser(None)
    back = victim.get(f"/desk/oauth_callback?code=the-code&state={asked['state']}")
    assert back.status_code == 401
    assert victim.get("/desk/files").status_code == 303


def test_a_code_without_its_verifier_opens_no_session(desk: World) -> None:
    browser, asked = sign_in(desk, "aigul")
    desk.hub.codes["the-code"] = ("aigul", "another challenge")
    back = browser.get(f"/desk/oauth_callback?code=the-code&state={asked['state']}")
    assert "login.code_refused" in back.text


def test_a_hub_user_without_an_account_at_the_desk_is_told_so(desk: World) -> None:
    browser, asked = sign_in(desk, "nobody")
    back = browser.get(f"/desk/oauth_callback?code=the-code&state={asked['state']}")
    assert back.status_code == 401
    assert browser.get("/desk/files").status_code == 303


@pytest.mark.parametrize(
    "wanted",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/desk//elsewhere",
        "/desk/%09/elsewhere",
        "/desk/%5Celsewhere",
        "/hub/admin",
    ],
)
def test_sign_in_never_leads_elsewhere(desk: World, wanted: str) -> None:
    browser, asked = sign_in(desk, "aigul", wanted)
    back = browser.get(f"/desk/oauth_callback?code=the-code&state={asked['state']}")
    assert back.headers["location"] == "/desk/"


@pytest.mark.parametrize(
    ("after", "alive"), [(timedelta(minutes=119), True), (timedelta(minutes=121), False)]
)
def test_an_idle_session_ends_after_two_hours(desk: World, after: timedelta, alive: bool) -> None:
    aigul = desk.browser("aigul")
    desk.clock.forward(after)
    assert (aigul.get("/desk/files").status_code == 200) is alive


def test_a_session_ends_twelve_hours_after_sign_in_however_busy(desk: World) -> None:
    aigul = desk.browser("aigul")
    for _ in range(12):
        desk.clock.forward(timedelta(hours=1))
        assert aigul.get("/desk/files").status_code == 200
    desk.clock.forward(timedelta(minutes=1))
    assert aigul.get("/desk/files").status_code == 303


def test_a_session_ends_when_the_hub_no_longer_knows_its_token(desk: World) -> None:
    aigul = desk.browser("aigul")
    desk.hub.tokens.clear()
    assert aigul.get("/desk/files").status_code == 303


def test_a_hub_out_of_reach_is_never_a_yes(desk: World) -> None:
    aigul = desk.browser("aigul")
    desk.hub.down = True
    answer = aigul.get("/desk/files")
    assert answer.status_code == 503
    assert "hub.unreachable" in answer.text
    desk.hub.down = False
    assert aigul.get("/desk/files").status_code == 200


def test_the_store_keeps_neither_cookie_nor_token(desk: World) -> None:
    aigul = desk.browser("aigul")
    aigul.get("/desk/files")
    name = aigul.client.cookies[desk.sessions.cookie]
    kept = b"".join(path.read_bytes() for path in desk.parts.blobs.parent.glob("desk.sqlite*"))
    assert name.encode() not in kept
    assert all(token.encode() not in kept for token in desk.hub.tokens)


def test_an_act_of_law_asks_for_the_password_and_keeps_the_form(desk: World) -> None:
    file_id = desk.submitted()
    damira = desk.browser("damira")
    path = f"/desk/files/{file_id}/sponsor-signature"
    read = damira.read(f"/desk/files/{file_id}", path)
    asked = damira.post(path, {"understood": "yes"} | read)
    assert asked.status_code == 401
    assert 'name="understood" value="yes"' in asked.text
    assert 'type="password"' in asked.text
    form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', asked.text))
    done = damira.post(path, form | {"_password": PASSWORD})
    assert done.status_code == 303


def test_a_wrong_password_does_nothing_and_asks_again(desk: World) -> None:
    file_id = desk.submitted()
    damira = desk.browser("damira")
    fields = {"understood": "yes", "_password": "wrong"}
    asked = damira.post(f"/desk/files/{file_id}/sponsor-signature", fields)
    assert asked.status_code == 401
    assert "password is wrong" in asked.text
    assert "wrong" not in re.findall(r'value="([^"]*)"', asked.text)
    assert "not signed" in desk.browser("aigul").get(f"/desk/files/{file_id}").text


def test_the_password_is_good_for_a_quarter_of_an_hour(desk: World) -> None:
    first, second, third = desk.submitted(), desk.submitted(), desk.submitted()
    damira = desk.browser("damira")
    page, path = "/desk/files/{}", "/desk/files/{}/sponsor-signature"

    def fields(file_id: str) -> dict[str, str]:
        read = damira.read(page.format(file_id), path.format(file_id))
        return read | {"understood": "yes"}

    assert damira.act(path.format(first), fields(first)).status_code == 303
    desk.clock.forward(timedelta(minutes=15))
    assert damira.post(path.format(second), fields(second)).status_code == 303
    desk.clock.forward(timedelta(seconds=1))
    assert damira.post(path.format(third), fields(third)).status_code == 401


def test_after_five_wrong_passwords_even_the_right_one_is_refused(desk: World) -> None:
    file_id = desk.submitted()
    damira = desk.browser("damira")
    path = f"/desk/files/{file_id}/sponsor-signature"
    for _ in range(5):
        damira.post(path, {"understood": "yes", "_password": "wrong"})
    asked = damira.post(path, {"understood": "yes", "_password": PASSWORD})
    assert asked.status_code == 403
    assert "quarter of an hour" in asked.text


def test_autosave_of_an_ended_session_is_told_so_beside_the_form(desk: World) -> None:
    file_id = desk.draft()
    aigul = desk.browser("aigul")
    path, htmx = f"/desk/files/{file_id}/form?section=product", {"hx-request": "true"}
    desk.hub.tokens.clear()
    answer = aigul.post(path, {"product": "Late"}, headers=htmx)
    assert answer.status_code == 401
    assert "Sign in first" in answer.text
    assert "<html" not in answer.text


def test_the_live_part_of_an_ended_session_is_not_sent_to_sign_in(desk: World) -> None:
    number = desk.granted()
    ermek = desk.browser("ermek")
    desk.hub.tokens.clear()
    answer = ermek.get(f"/desk/permits/{number}/live", headers={"hx-request": "true"})
    assert answer.status_code == 401
    assert "<html" not in answer.text


def test_two_sign_in_cookies_count_as_none(desk: World) -> None:
    browser, asked = sign_in(desk, "aigul")
    own = browser.client.cookies["synak_sign_in"]
    browser.client.cookies.clear()
    back = f"/desk/oauth_callback?code=the-code&state={asked['state']}"
    for doubled in (
        f"synak_sign_in={own}; synak_sign_in=x",
        f"synak_sign_in=x; synak_sign_in={own}",
    ):
        refused = browser.get(back, headers={"cookie": doubled})
        assert "login.state_unknown" in refused.text
    assert browser.get(back, headers={"cookie": f"synak_sign_in={own}"}).status_code == 303


def test_on_https_the_sign_in_cookie_cannot_be_planted(tmp_path: Path) -> None:
    with world(tmp_path, public_url="https://synak.example") as desk:
        stranger = desk.browser(None)
        sent = stranger.get("/desk/sign-in")
        cookie = sent.headers["set-cookie"]
        assert cookie.startswith("__Host-synak_sign_in=")
        assert re.search(r"Path=/(;|$)", cookie)
        assert "Secure" in cookie
        asked = {k: v[0] for k, v in parse_qs(urlsplit(sent.headers["location"]).query).items()}
        desk.hub.codes["the-code"] = ("aigul", asked["code_challenge"])
        own = stranger.client.cookies["__Host-synak_sign_in"]
        stranger.client.cookies.clear()
        back = f"/desk/oauth_callback?code=the-code&state={asked['state']}"
        planted = stranger.get(back, headers={"cookie": f"synak_sign_in={own}"})
        assert "login.state_unknown" in planted.text
        taken = stranger.get(back, headers={"cookie": f"__Host-synak_sign_in={own}"})
        assert taken.status_code == 303


def test_a_living_session_is_not_changed_for_another_accounts(desk: World) -> None:
    aigul = desk.browser("aigul")
    attacker, asked = sign_in(desk, "omar")
    planted = attacker.client.cookies["synak_sign_in"]
    aigul.client.cookies.set("synak_sign_in", planted, path="/desk/")
    back = aigul.get(f"/desk/oauth_callback?code=the-code&state={asked['state']}")
    assert back.status_code == 403
    assert "login.other_account" in back.text
    assert "Sign out first" in back.text
    assert "Aigul Osmonova" in aigul.get("/desk/files").text


def test_signing_in_again_as_the_same_account_renews_the_session(desk: World) -> None:
    aigul = desk.browser("aigul")
    other, asked = sign_in(desk, "aigul")
    aigul.client.cookies.set("synak_sign_in", other.client.cookies["synak_sign_in"], path="/desk/")
    back = aigul.get(f"/desk/oauth_callback?code=the-code&state={asked['state']}")
    assert back.status_code == 303


async def _try(desk: World, sessions: list[object], hub: object) -> list[str]:
    """Parallel wrong passwords; the code of each answer."""
    reception = desk.app.state.reception
    codes: list[str] = []

    async def one(session: object) -> None:
        visit = SimpleNamespace(session=session, actor=object(), at=desk.clock.now())
        try:
            await reception._reauthenticate(visit, "wrong")
        except PasswordNeeded as asked:
            codes.append(asked.problem.code)

    reception.parts = replace(reception.parts, hub=hub)
    async with anyio.create_task_group() as group:
        for session in sessions:
            group.start_soon(one, session)
    return codes


class SlowHub:
    """Answers after everybody asked."""

    def __init__(self, error: SynakError) -> None:
        self.error, self.tried = error, 0

    async def check_password(self, account: str, password: str) -> None:
        """Refuse late."""
        self.tried += 1
        await anyio.sleep(0.05)
        raise self.error


def test_parallel_wrong_passwords_are_tried_five_times_over_all_sessions(desk: World) -> None:
    sessions = [desk.browser("damira").session for _ in range(4)] * 10
    hub = SlowHub(NotAuthenticated("login.wrong_password"))
    codes = anyio.run(_try, desk, sessions, hub)
    assert hub.tried == 5
    assert sorted(set(codes)) == ["login.too_many", "login.wrong_password"]
    assert codes.count("login.too_many") == 35


def test_a_password_that_the_hub_could_not_look_at_is_not_counted(desk: World) -> None:
    session = desk.browser("damira").session
    hub = SlowHub(Unavailable("hub.unreachable"))
    for _ in range(7):
        assert anyio.run(_try, desk, [session], hub) == ["hub.unreachable"]
    assert hub.tried == 7


def test_a_right_password_clears_the_wrong_ones_and_another_account_counts_apart() -> None:
    attempts = Attempts(lambda: 10.0)
    for _ in range(4):
        attempts.reserve("damira")
    attempts.passed("damira")
    for _ in range(5):
        attempts.reserve("damira")
    attempts.reserve("ermek")
    with pytest.raises(NotAllowed, match=r"login\.too_many"):
        attempts.reserve("damira")
