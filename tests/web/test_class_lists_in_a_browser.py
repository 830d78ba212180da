"""A class list by hand on a phone of 360 px, and by a keyboard alone; slips on paper."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from pypdf import PdfReader

from tests.services.class_world import ASAN, COURSE, KIM, OMUR, csv_of, xlsx_of
from tests.web.served import served
from tests.web.test_class_lists import PEOPLE, school
from tests.web.test_in_a_browser import chromium, context, look  # noqa: F401 - the browser
from tests.web.test_keyboard_journeys import Keys
from tests.web.world import World

pytestmark = pytest.mark.slow


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[World, str]]:
    with served(tmp_path) as found:
        school(found[0])
        yield found


def test_a_list_goes_from_a_phone_to_slips_and_back(
    site: tuple[World, str],
    chromium: Browser,  # noqa: F811
    tmp_path: Path,
) -> None:
    _, url = site
    path = tmp_path / "ПИ-1.xlsx"
    path.write_bytes(xlsx_of(OMUR, ASAN, ("", "Ким", "Олег", "", "")))
    phone = {"lang": "ky", "width": 360, "color_scheme": "dark", "bypass_csp": True}
    people = context(site, chromium, "kanat", **phone)
    page = people.new_page()
    page.goto(PEOPLE)
    page.set_input_files("#file", path)
    page.click("#list form[enctype] button")
    assert page.locator("tr.changed").count() == 1, "the row with a fault"
    assert page.get_by_role("button", name="Тизмени толугу менен ырастоо").count() == 0
    found = look(page, page.url.removeprefix(url))
    path.write_bytes(xlsx_of(OMUR, ASAN))
    page.goto(PEOPLE)
    page.set_input_files("#file", path)
    page.click("#list form[enctype] button")
    found += look(page, page.url.removeprefix(url))
    page.get_by_role("button", name="Тизмени толугу менен ырастоо").click()
    assert "said=list_confirmed" in page.url
    found += look(page, PEOPLE)
    page.click("#people button[name=everybody]")
    assert page.locator(".slip-code").count() == 2
    page.goto(PEOPLE)
    page.click("#lists summary")
    page.click("#lists form button")
    assert "said=list_undone" in page.url
    assert "omurbekovy" not in page.inner_text("main")
    people.close()
    stranger = context(site, chromium, None, **phone)
    found += look(stranger.new_page(), "/desk/first")
    stranger.close()
    assert found == []


def test_a_list_is_sent_decided_confirmed_and_undone_by_keys_alone(
    site: tuple[World, str],
    chromium: Browser,  # noqa: F811
    tmp_path: Path,
) -> None:
    people = context(site, chromium, "kanat", lang="en", width=360)
    page = people.new_page()
    keys = Keys(page)
    for turn, rows in enumerate(((ASAN,), (KIM, ("2026-009", *ASAN[1:])))):
        path = tmp_path / f"list-{turn}.csv"
        path.write_bytes(csv_of(*rows))
        page.goto(PEOPLE)
        keys.to("#file")  # the chooser itself is the browser's own
        page.set_input_files("#file", path)
        keys.to("#term").write("2026/27-1").follow("button", "Look at what it would change")
        if turn:
            keys.to("#row-3").press("A")
        keys.follow("button", "Confirm the whole list")
    assert "asanovaj2" in page.inner_text("main")
    keys.to("#lists summary").press().follow("button", "Undo the list")
    assert "said=list_undone" in page.url
    assert "asanovaj2" not in page.inner_text("main")
    people.close()


def test_eight_slips_fit_on_a_sheet_of_a4(
    site: tuple[World, str],
    chromium: Browser,  # noqa: F811
) -> None:
    rows = [
        (f"2026-{turn:03d}", f"Өмүрбеков{'а' * turn}", "Ыдырыс", "", "ПИ-1") for turn in range(17)
    ]
    desk, _ = site
    kanat = desk.browser("kanat")
    sent = kanat.post(
        f"/desk/courses/{COURSE}/lists",
        {"term": "2026/27-1"},
        files={"file": ("a.csv", csv_of(*rows))},
    )
    people = context(site, chromium, "kanat", lang="ru")
    page = people.new_page()
    page.goto(sent.headers["location"])
    page.click("form[action$=confirm] button")
    page.click("#people button[name=everybody]")
    page.wait_for_selector(".slip-code")
    made = page.pdf(format="A4", prefer_css_page_size=True)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 673, "height": 986})  # what A4 leaves, in CSS pixels
    cut = "each => each.filter(one => one.scrollHeight > one.clientHeight + 1).length"
    assert page.eval_on_selector_all(".slip", cut) == 0, "nothing is cut off"
    printed = PdfReader(BytesIO(made))
    texts = [sheet.extract_text() for sheet in printed.pages]
    assert [text.count("/desk/first") for text in texts] == [8, 8, 1]
    assert all(f"2026-{turn:03d}" in "".join(texts) for turn in range(17))
    people.close()
