"""Posts that do not come from our own pages change nothing."""

from __future__ import annotations

import pytest

from tests.web.world import URL, World

NOTEBOOK = "http://omar.synak.localhost:8000"


def drafts(desk: World) -> int:
    with desk.parts.store.unit(read_only=True) as u:
        return len(u.files.select())


def test_a_form_of_our_own_pages_is_taken(desk: World) -> None:
    assert desk.browser("aigul").post("/desk/files").status_code == 303
    assert drafts(desk) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": NOTEBOOK},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://synak.localhost"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": NOTEBOOK, "sec-fetch-site": "same-site"},
    ],
)
def test_a_post_from_another_origin_is_refused(desk: World, headers: dict[str, str]) -> None:
    answer = desk.browser("aigul").post("/desk/files", headers=headers)
    assert answer.status_code == 403
    assert "csrf.foreign_origin" in answer.text
    assert drafts(desk) == 0


def test_a_post_without_origin_is_refused(desk: World) -> None:
    aigul = desk.browser("aigul")
    answer = aigul.client.post("/desk/files", data={"_csrf": aigul.session.csrf})
    assert answer.status_code == 403
    assert drafts(desk) == 0


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_a_post_without_the_sessions_token_is_refused(desk: World, token: str | None) -> None:
    aigul = desk.browser("aigul")
    data = {"x": "y"} if token is None else {"_csrf": token}
    answer = aigul.client.post("/desk/files", data=data, headers={"origin": URL})
    assert answer.status_code == 403
    assert "csrf.token_missing" in answer.text
    assert drafts(desk) == 0


def test_a_token_of_another_session_is_refused(desk: World) -> None:
    aigul, omar = desk.browser("aigul"), desk.browser("omar")
    assert aigul.post("/desk/files", {"_csrf": omar.session.csrf}).status_code == 403


def test_sign_out_by_another_origin_is_refused_and_by_us_ends_the_session(desk: World) -> None:
    aigul = desk.browser("aigul")
    assert aigul.post("/desk/sign-out", headers={"origin": NOTEBOOK}).status_code == 403
    assert aigul.get("/desk/files").status_code == 200
    assert aigul.post("/desk/sign-out").status_code == 303
    assert aigul.get("/desk/files").status_code == 303


def test_a_planted_second_cookie_counts_as_none(desk: World) -> None:
    aigul, name = desk.browser("aigul"), desk.sessions.cookie
    own = aigul.client.cookies[name]
    aigul.client.cookies.clear()
    assert aigul.get("/desk/files", headers={"cookie": f"{name}={own}"}).status_code == 200
    doubled = f"{name}=planted; {name}={own}"
    assert aigul.get("/desk/files", headers={"cookie": doubled}).status_code == 303


def test_a_form_that_is_no_form_or_too_large_is_refused(desk: World) -> None:
    aigul = desk.browser("aigul")
    headers = {"origin": URL, "content-type": "application/json"}
    assert aigul.client.post("/desk/files", content=b"{}", headers=headers).status_code == 400
    large = aigul.post("/desk/files", {"x": "y" * 1_100_000})
    assert large.status_code == 400
    assert "form.too_large" in large.text
    assert drafts(desk) == 0


@pytest.mark.parametrize("path", ["/desk/", "/desk/nothing", "/desk/public/permits"])
def test_every_page_has_the_strict_headers(desk: World, path: str) -> None:
    headers = desk.browser(None).get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert headers["x-request-id"]


def test_static_files_are_served_and_nothing_beside_them(desk: World) -> None:
    stranger = desk.browser(None)
    for path in (
        "/desk/static/desk.css",
        "/desk/static/vendor/htmx/htmx.min.js",
        "/desk/static/vendor/htmx-ext/hx-sse.min.js",
        "/desk/static/vendor/inter/wght.css",
        "/desk/static/vendor/inter/files/inter-cyrillic-ext-wght-normal.woff2",
    ):
        assert stranger.get(path).status_code == 200, path
    for path in (
        "/desk/static/vendor/inter/package.json",
        "/desk/static/vendor/htmx/htmx.js",
        "/desk/static/../app.py",
        "/desk/static/vendor/inter/files/../package.json",
        "/desk/static/%2e%2e/app.py",
    ):
        assert stranger.get(path).status_code == 404, path


def test_no_page_has_inline_script_or_style(desk: World) -> None:
    from sandbox.web.pages import HERE

    saved = HERE / "templates" / "certificate_offline.html"  # has a policy of its own in it
    for path in set((HERE / "templates").glob("*.html")) - {saved}:
        text = path.read_text("utf-8")
        assert " style=" not in text, path.name
        assert "<style" not in text, path.name
        assert " onclick" not in text, path.name
        assert "|safe" not in text.replace(" ", ""), path.name
        assert "<script>" not in text, path.name
