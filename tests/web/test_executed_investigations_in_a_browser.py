"""An executed case in a real browser: waited for without a press, and readable on a phone."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from sandbox.services.cases.makers import Maker
from tests.web.investigation_world import opened, worked_on
from tests.web.lesson_world import school
from tests.web.served import served
from tests.web.test_executed_investigations import cases_of, queue_of
from tests.web.test_in_a_browser import chromium, context  # noqa: F401 - the browser

PICTURES = os.environ.get("SYNAK_TEST_PICTURES", "")
"""A folder for pictures of the pages; empty: none are taken."""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_trainee_waits_without_a_press_and_every_page_of_the_case_fits(
    tmp_path,
    chromium,  # noqa: F811
):
    with served(tmp_path, case_workers=1) as (desk, url):
        school(desk, "asan")
        place = opened(desk)
        page = context((desk, url), chromium, "lira", lang="ru").new_page()
        page.goto(place)
        page.get_by_role("button", name="Начать дело").click()
        page.get_by_role("heading", name="Ваше дело готовится").wait_for()
        look(page, "waiting")
        stop = threading.Event()
        worker = threading.Thread(target=work, args=(queue_of(desk, Maker()), stop))
        worker.start()
        try:
            page.get_by_role("link", name="Открыть дело").wait_for(timeout=300_000)
        finally:
            stop.set()
            worker.join()
        look(page, "ready")
        (found,) = cases_of(desk)
        case = f"{place}/cases/{found.id}"
        worked_on(desk, case)
        page.get_by_role("link", name="Открыть дело").click()
        page.wait_for_url(f"**{case}")
        page.locator("details summary").first.click()
        assert "ЗАЯВЛЕНИЕ № 1" in page.locator("details").first.inner_text()
        page.get_by_role("link", name="0x").first.wait_for()
        tx = page.locator("a[href*='/transactions/0x']").first.get_attribute("href")
        for name, width, lang in (("wide", 1280, "ru"), ("phone", 390, "ky")):
            tab = context((desk, url), chromium, "lira", lang=lang, width=width).new_page()
            for end in ("", "/find?hash=00ab", "/trace"):
                tab.goto(case + end)
                look(tab, f"{name}-{end.strip('/').partition('?')[0] or 'cover'}")
            tab.goto(tx)
            look(tab, f"{name}-transaction")
            room = context((desk, url), chromium, "kanat", lang=lang, width=width).new_page()
            room.goto(place)
            look(room, f"{name}-room")


def work(queue, stop):
    while not stop.is_set():
        queue.turn() or stop.wait(0.1)
    queue.close()


def look(page, name):
    """Nothing is wider than the window."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
    assert page.evaluate(WIDER) <= 0, name
