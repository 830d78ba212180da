"""The saved page that checks certificates, in a real browser: from a disk, with no network."""

from __future__ import annotations

import pytest

from sandbox.domain.badges import read_badge
from sandbox.services.classroom_room import load_receipt_key
from sandbox.toolchain.layout import node_modules
from tests.web.certificate_world import issue, marked, own_page
from tests.web.course_world import hand_in
from tests.web.test_certificates import revoke
from tests.web.test_course_time import seat
from tests.web.test_in_a_browser import chromium

__all__ = ["chromium"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def held(desk):
    """Lira holds a certificate."""
    seat(desk)
    wanted = hand_in(desk, "lira", "1")["body"]["submission"]
    marked(desk, "lira", 2.0, wanted)
    issue(desk)
    return desk


@pytest.fixture
def saved(held, tmp_path, chromium):
    """The page from a disk, in a browser without a network."""
    answer = held.browser(None).client.get(
        "/desk/certificates/offline.html", headers={"Accept-Language": "en"}
    )
    assert "attachment" in answer.headers["content-disposition"]
    place = tmp_path / "check.html"
    place.write_bytes(answer.content)
    context = chromium.new_context(offline=True, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.clock.set_fixed_time(held.clock.now())
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(place.as_uri())
    yield page
    assert asked == [place.as_uri()], "the page asks nobody"
    context.close()


def _token(desk, form="named"):
    return desk.browser("lira").get(f"{own_page(desk, 'lira')}/{form}.jwt").text


def _name(desk):
    """As it stands in the named certificate."""
    key = load_receipt_key(desk.parts.receipt_key).public_hex
    return read_badge(_token(desk).encode(), key, desk.clock.now()).names[0].text


def _list(desk):
    key = load_receipt_key(desk.parts.receipt_key).public_hex
    badge = read_badge(_token(desk).encode(), key, desk.clock.now())
    path = badge.status_list.removeprefix(desk.parts.public_url)
    return {
        "name": "list.jwt",
        "mimeType": "application/jwt",
        "buffer": desk.browser(None).get(path).content,
    }


def _checked(page, token, *, name="", revoked=None):
    page.fill("#token", token)
    page.fill("#name", name)
    if revoked:
        page.set_input_files("#list", revoked)
    page.click("button[type=submit]")
    page.wait_for_selector("#result:not([hidden])")
    return page.inner_text("#result")


def test_a_certificate_holds_and_names_its_holder(held, saved):
    name = _name(held)
    told = _checked(saved, _token(held), name=name)
    assert told.startswith("The certificate holds")
    assert f"The holder's name is: {name}" in told
    assert "whether it is revoked is unknown" in told


def test_a_hidden_name_is_compared_by_its_hash(held, saved):
    token, name = _token(held, "hidden"), _name(held)
    assert name not in _checked(saved, token)
    assert f"The holder's name is: {name}" in _checked(saved, token, name=f" {name} ")
    assert "This is not the holder's name: Marat" in _checked(saved, token, name="Marat")


def test_the_published_list_tells_whether_it_is_revoked(held, saved):
    token = _token(held)
    assert "it is not revoked" in _checked(saved, token, revoked=_list(held))
    revoke(held)
    saved.fill("#token", "another")
    assert saved.is_hidden("#result"), "no verdict beside what it is not of"
    told = _checked(saved, token, revoked=_list(held))
    assert told.startswith("The certificate does not hold")
    assert "badge.revoked" in told


def test_a_browser_that_cannot_unpack_the_list_says_so_and_checks_without_it(held, saved):
    token = _token(held)
    saved.evaluate("delete window.DecompressionStream")
    told = _checked(saved, token, revoked=_list(held))
    assert told.startswith("The certificate was not checked"), "nothing is said against it"
    assert "cannot unpack the list of revoked certificates" in told
    assert "offline.no_unpacking" in told
    saved.set_input_files("#list", [])
    assert "whether it is revoked is unknown" in _checked(saved, token)


def test_the_pages_own_policy_lets_no_form_and_no_address_out(saved):
    policy = saved.get_attribute("meta[http-equiv=Content-Security-Policy]", "content")
    rules = dict(each.split(" ", 1) for each in policy.split("; "))
    closed = {name for name, value in rules.items() if value == "'none'"}
    assert closed == {"default-src", "base-uri", "form-action"}
    blocked = saved.evaluate(
        """() => new Promise((done) => {
            document.addEventListener("securitypolicyviolation", (e) => done(e.effectiveDirective));
            const form = document.createElement("form");
            form.action = "https://example.org/";
            document.body.append(form);
            form.submit();
        })"""
    )
    assert blocked == "form-action"


def _altered(token):
    head, body, signature = token.strip().split(".")
    return f"{head}.{body}.{signature[:10]}{'A' if signature[10] != 'A' else 'B'}{signature[11:]}"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_altered, "badge.wrong_signature"),
        (lambda token: token.replace(".", "", 1), "badge.malformed"),
        (lambda token: token.strip() + "=", "badge.malformed"),
        (lambda token: "e30" + token[token.index(".") :], "badge.other_algorithm"),
        (lambda _token: "x" * 70_000, "badge.too_large"),
        (lambda _token: " ", "badge.none"),
    ],
    ids=["signature", "two parts", "padding", "no algorithm", "large", "nothing"],
)
def test_anything_else_is_refused_with_its_code(held, saved, change, code):
    told = _checked(saved, change(_token(held)))
    assert told.startswith("The certificate does not hold")
    assert code in told


def test_a_certificate_of_another_platform_is_refused(held, saved, tmp_path):
    own = _token(held)
    held.parts.receipt_key.unlink()
    load_receipt_key(held.parts.receipt_key)
    other = _token(held)
    assert other != own
    assert "badge.other_key" in _checked(saved, other)


def test_the_page_is_fit_for_a_phone_and_for_a_keyboard(held, saved):
    axe = (node_modules() / "axe-core" / "axe.min.js").read_text("utf-8")
    saved.fill("#token", _token(held))
    saved.focus("button[type=submit]")
    saved.keyboard.press("Enter")
    saved.wait_for_selector("#result:not([hidden])")
    assert saved.evaluate("document.activeElement.id") == "result"
    assert saved.evaluate("document.documentElement.scrollWidth") <= 360
    saved.evaluate(axe)
    found = saved.evaluate("axe.run(document).then(each => each.violations.map(v => v.id))")
    assert found == []
