"""The hub's pages: three languages, refusals in words, no way round."""

import re

import pytest

from tests.support.system import cookie

HEADINGS = {"ky": "Кирүү", "ru": "Войти", "en": "Sign in"}


def _heading(page):
    return re.search(r"<h1>(.*?)</h1>", page.text, re.DOTALL).group(1)


@pytest.fixture
def visitor(running_system):
    with running_system.anonymous() as client:
        yield client


@pytest.mark.parametrize("language", ["ky", "ru", "en"])
def test_language_of_the_browser_is_spoken(visitor, language):
    page = visitor.get("/hub/login", headers={"Accept-Language": language})
    assert f'<html lang="{language}">' in page.text
    assert _heading(page) == HEADINGS[language]


def test_chosen_language_wins_and_leads_back(visitor):
    page = visitor.get("/hub/language/ru?next=/hub/login", headers={"Accept-Language": "en"})
    assert page.url.path == "/hub/login"
    assert _heading(page) == HEADINGS["ru"]


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        "/hub/\\evil.example",
    ],
)
def test_language_switch_never_leads_elsewhere(visitor, target):
    answer = visitor.get("/hub/language/ru", params={"next": target}, follow_redirects=False)
    assert answer.headers["location"] == "/hub/"


def test_unknown_language_is_no_page(visitor):
    assert visitor.get("/hub/language/xx").status_code == 404


def test_notice_is_on_every_page(visitor, running_system):
    notice = "Simulated money. Nothing here is a licence"
    for path in ("/hub/login", "/hub/nonsense"):
        assert notice in visitor.get(path, headers={"Accept-Language": "en"}).text
    home = running_system.client("aigul").get("/hub/home", headers={"Accept-Language": "en"})
    assert notice in home.text


def test_menu_leads_to_the_desk(running_system):
    home = running_system.client("aigul").get("/hub/home")
    assert 'href="/desk/sign-in"' in home.text


def test_wrong_password_is_refused_in_words(visitor):
    answer = _sign_in(visitor, "aigul", "not-the-password")
    assert answer.status_code == 403
    assert 'role="alert"' in answer.text
    assert visitor.get("/hub/home").url.path == "/hub/login"


def test_account_that_is_not_on_the_list_is_refused(visitor, running_system):
    assert _sign_in(visitor, "mallory", running_system.password).status_code == 403


@pytest.mark.parametrize("name", ["admin", "root", "operator"])
def test_nobody_is_an_admin_of_the_hub(visitor, running_system, name):
    _sign_in(visitor, name, running_system.password)
    assert visitor.get("/hub/admin").status_code in (200, 403)
    assert visitor.get("/hub/admin").url.path != "/hub/admin" or (
        visitor.get("/hub/admin").status_code == 403
    )


def _sign_in(client, name, password):
    client.get("/hub/login")
    token = cookie(client, "_xsrf", "/hub/")
    return client.post("/hub/login", data={"username": name, "password": password, "_xsrf": token})


def test_context_that_is_not_yours_is_refused_in_words(running_system):
    page = running_system.client("aigul").get(
        "/hub/spawn/aigul/permit-sb-2099-0001", headers={"Accept-Language": "en"}
    )
    assert page.status_code == 403
    assert "is not yours" in page.text


def test_context_is_refused_through_the_api_too(running_system):
    answer = running_system.ask_for_server("aigul", "permit-sb-2099-0001")
    assert answer.status_code == 403
    assert "is not yours" in answer.text


def test_course_is_for_who_is_enrolled(running_system):
    assert running_system.ask_for_server("aigul", "course-digital-money").status_code == 403
    for language, title in (("ky", "Санарип акча"), ("ru", "Цифровые деньги"), ("en", "Digital")):
        spoken = {"Accept-Language": language}
        assert title in running_system.client("lira").get("/hub/home", headers=spoken).text
    assert "course-digital-money" in running_system.client("lira").get("/hub/home").text
    assert "course-digital-money" not in running_system.client("aigul").get("/hub/home").text


def test_server_of_another_user_cannot_be_started(running_system):
    answer = running_system.hub_api("aigul", "POST", "/users/bakyt/server")
    assert answer.status_code in (403, 404)


def test_nobody_makes_tokens_at_the_hub(running_system):
    answer = running_system.hub_api(
        "aigul", "POST", "/users/aigul/tokens", json={"scopes": ["custom:synak:desk"]}
    )
    assert answer.status_code == 403


def test_nobody_lists_users(running_system):
    assert running_system.hub_api("operator", "GET", "/users").status_code == 403


def test_page_of_the_hub_cannot_be_framed(visitor):
    policy = visitor.get("/hub/login").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy or "frame-ancestors 'self'" in policy
