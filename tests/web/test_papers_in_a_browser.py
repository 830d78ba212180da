"""Documents, records and letters by hand in a real Chromium, on a phone, in the dark, in Kyrgyz."""

from __future__ import annotations

import hashlib
from pathlib import Path

from playwright.sync_api import Page

from tests.support.papers import office, pdf
from tests.web.papers_world import give_back, save, sign, submit, take_up
from tests.web.test_in_a_browser import chromium, context, look, site  # noqa: F401 - fixtures

CONTENT = pdf("Өнөктөш")


def attach_by_hand(page: Page, path: Path, kind: str) -> None:
    page.set_input_files("#upload", path)
    page.select_option("#kind", kind)
    page.click("#documents form[enctype] button")


@pytest.mark.slow
def test_a_document_goes_from_the_applicants_phone_to_the_regulators_desk(
    site,  # noqa: F811
    chromium,  # noqa: F811
    tmp_path: Path,
) -> None:
    desk, url = site
    file_id = desk.draft()
    own, path = f"{url}/desk/files/{file_id}", tmp_path / "Келишим үчүн эреже.pdf"
    path.write_bytes(CONTENT)
    (tmp_path / "fake.pdf").write_bytes(office())
    phone = {"lang": "ky", "width": 390, "color_scheme": "dark", "bypass_csp": True}
    applicant = context(site, chromium, "aigul", **phone)
    page = applicant.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{own}/form?section=documents")
    attach_by_hand(page, tmp_path / "fake.pdf", "aml_policy")
    assert page.locator("#problem").count() == 1
    assert "document.not_what_it_says" in page.inner_text("#problem")
    attach_by_hand(page, path, "aml_policy")
    assert "said=attached" in page.url
    assert page.get_by_role("link", name="Келишим үчүн эреже.pdf").count() == 1
    found = look(page, f"{own}/form?section=documents") + look(page, f"{own}/form?section=rules")
    applicant.close()
    submit(desk, file_id)
    sign(desk, file_id)
    take_up(desk, file_id)
    give_back(desk, file_id)
    save(desk, file_id, "test", safeguards="Other caps, the same complaint line, money back.")
    submit(desk, file_id)
    regulator = context(site, chromium, "ermek", accept_downloads=True, **phone)
    page = regulator.new_page()
    for place in ("", "/versions", "/records", "/print"):
        found += look(page, f"{own}{place}")
    page.goto(own)
    with page.expect_download() as taken:
        page.get_by_role("link", name="Келишим үчүн эреже.pdf").click()
    assert taken.value.suggested_filename == "Келишим үчүн эреже.pdf"
    assert Path(taken.value.path()).read_bytes() == CONTENT
    assert hashlib.sha256(CONTENT).hexdigest() in page.inner_text("#documents")
    page.goto(f"{own}/records")
    page.check("#aml-not_met")
    page.fill("#remark-aml", "Тизмелер текшерилген эмес")
    page.click("#checklist footer button")
    assert page.is_checked("#aml-not_met")
    assert page.input_value("#remark-aml") == "Тизмелер текшерилген эмес"
    with desk.parts.store.unit(read_only=True) as u:
        decision = u.decisions.of_file("F-2026-0001")[0].id
    found += look(page, f"{url}/desk/files/F-2026-0001/letters/{decision}")
    regulator.close()
    assert (found, problems) == ([], [])
