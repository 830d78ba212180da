"""The pages of due dates, corrections and receipts, at phone and desk width, as axe sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.domain.receipts import receipt_text
from sandbox.toolchain.layout import node_modules
from tests.web.course_world import PAGE, hand_in, release
from tests.web.full_world import Full
from tests.web.served import served
from tests.web.test_course_time import DUE, ILL, LATER, TIME, seat
from tests.web.test_every_page import Found, _browser, _look
from tests.web.test_in_a_browser import chromium

__all__ = ["chromium"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with served(tmp_path_factory.mktemp("desk"), host="localhost") as (desk, url):
        seat(desk)
        teacher = desk.browser("kanat")
        teacher.post(f"{PAGE}/lab/due", {"due": DUE})
        fields = {"student.lira": "yes", "until": LATER, "reason": ILL}
        teacher.post(f"{PAGE}/lab/extensions", fields)
        receipt = hand_in(desk, "lira", "1")
        release(desk, "Double an integer.", "An integer was meant.")
        yield Found(Full(desk, {}), url), receipt


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("lira", PAGE),
        ("kanat", PAGE),
        ("kanat", TIME),
        ("lira", "/desk/receipts"),
        (None, "/desk/receipts"),
    ],
)
@pytest.mark.parametrize(("width", "scheme", "lang"), [(360, "dark", "ky"), (1280, "light", "ru")])
def test_the_pages_have_no_findings(world, chromium, who, path, width, scheme, lang):
    axe = (node_modules() / "axe-core" / "axe.min.js").read_text("utf-8")
    page = _browser(world[0], chromium, who, width=width, scheme=scheme, lang=lang)
    assert _look(page, path, axe) == []
    page.context.close()


def test_a_receipt_is_checked_by_keyboard(world, chromium, tmp_path):
    kept = Path(tmp_path) / "receipt.json"
    kept.write_text(receipt_text(world[1]))
    page = _browser(world[0], chromium, "lira", width=360, scheme="light", lang="en")
    page.goto("/desk/receipts")
    page.set_input_files("#receipt", kept)
    page.focus("text=Check the receipt >> nth=-1")
    page.keyboard.press("Enter")
    page.wait_for_selector("#result")
    assert "The receipt holds" in page.content()
    page.context.close()
