"""The pages of certificates and of proofs of marks, at phone and desk width, as axe sees them."""

from __future__ import annotations

import re

import pytest

from sandbox.toolchain.layout import node_modules
from tests.web.certificate_world import CERTIFICATES, issue, marked, own_page
from tests.web.course_world import hand_in
from tests.web.full_world import Full
from tests.web.served import served
from tests.web.test_course_time import seat
from tests.web.test_every_page import Found, _browser, _look
from tests.web.test_in_a_browser import chromium

__all__ = ["chromium"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with served(tmp_path_factory.mktemp("desk"), host="localhost") as (desk, url):
        seat(desk)
        wanted = hand_in(desk, "lira", "1")["body"]["submission"]
        marked(desk, "lira", 2.0, wanted)
        issue(desk)
        own = own_page(desk, "lira")
        token = desk.browser("lira").get(f"{own}/named.jwt").text
        yield Found(Full(desk, {}), url), own, token


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("kanat", CERTIFICATES),
        ("kanat", f"{CERTIFICATES}?mark=60"),
        ("lira", "/desk/certificates"),
        (None, "/desk/certificates"),
        ("lira", "own"),
        (None, "public"),
        ("lira", "/desk/marks"),
        (None, "/desk/marks"),
    ],
)
@pytest.mark.parametrize(("width", "scheme", "lang"), [(360, "dark", "ky"), (1280, "light", "ru")])
def test_the_pages_have_no_findings(world, chromium, who, path, width, scheme, lang):
    found, own, _ = world
    path = {"own": own, "public": own.replace("/desk/", "/desk/public/")}.get(path, path)
    axe = (node_modules() / "axe-core" / "axe.min.js").read_text("utf-8")
    page = _browser(found, chromium, who, width=width, scheme=scheme, lang=lang)
    assert _look(page, path, axe) == []
    page.context.close()


def test_a_stranger_checks_a_pasted_certificate_by_keyboard(world, chromium):
    found, _, token = world
    axe = (node_modules() / "axe-core" / "axe.min.js").read_text("utf-8")
    page = _browser(found, chromium, None, width=360, scheme="light", lang="en")
    page.goto("/desk/certificates")
    page.fill("#token", token)
    page.focus("main button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#result")
    assert "The certificate holds" in page.content()
    page.evaluate(axe)
    assert page.evaluate("axe.run(document).then(each => each.violations.map(v => v.id))") == []


def test_the_printed_page_is_the_paper_alone(world, chromium):
    found, own, _ = world
    page = _browser(found, chromium, "lira", width=1280, scheme="light", lang="ru")
    page.goto(own)
    page.emulate_media(media="print")
    assert page.is_visible("#paper")
    assert not page.is_visible("text=Скачать с именем")
    assert re.search(r"<svg", page.inner_html("#paper"))
