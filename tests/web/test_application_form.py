"""What the application form says of its sections, and of what is missing."""

from __future__ import annotations

import re

from tests.support.papers import pdf
from tests.web.papers_world import attach
from tests.web.world import World

YELLOW = "These parts are still missing or wrong:"


def started(desk: World) -> str:
    place = desk.browser("aigul").post("/desk/files").headers["location"]
    return re.search(r"F-\d{4}-\d{4}", place)[0]


def said(desk: World, file_id: str) -> dict[str, str]:
    """Section to what stands beside it."""
    page = desk.browser("aigul").get(f"/desk/files/{file_id}/form?section=product").text
    found = re.findall(
        r'form\?section=(\w+)"[^>]*>\d+\.[^<]*</a>\s*<span[^>]*>([^<]*)</span>', page
    )
    assert len(found) == 6, found
    return dict(found)


def save(desk: World, file_id: str, section: str, **fields: str) -> None:
    aigul, path = desk.browser("aigul"), f"/desk/files/{file_id}/form?section={section}"
    revision = re.search(r'id="revision" value="(\d+)"', aigul.get(path).text)[1]
    assert aigul.post(path, fields | {"revision": revision}).status_code == 303


def test_an_empty_section_is_missing_or_optional_and_never_complete(desk: World) -> None:
    file_id = started(desk)
    words = said(desk, file_id)
    assert (words["product"], words["test"]) == ("missing: 2", "missing: 3")
    assert (words["applicant"], words["rules"]) == ("optional, empty", "optional, empty")
    assert words["limits"].startswith("missing: ")
    assert words["documents"] == "none attached"
    save(desk, file_id, "rules", exemption="None.")
    assert (said(desk, file_id)["rules"], said(desk, file_id)["applicant"]) == (
        "complete",
        "optional, empty",
    )
    save(desk, file_id, "rules", exemption=" ")
    assert said(desk, file_id)["rules"] == "optional, empty"


def test_usual_ranges_stand_beside_the_fields_of_the_limits(desk: World) -> None:
    file_id = started(desk)
    page = desk.browser("aigul").get(f"/desk/files/{file_id}/form?section=limits").text
    assert page.count("Usual: 20 – 100") == 1
    assert page.count("Usual: 500.00 – 10,000.00") == 2
    proposed = desk.under_review()
    grant = desk.browser("ermek").get(f"/desk/files/{proposed}").text
    assert re.search(r'class="requested">Requested: [^<]+ · Usual: 20 – 100', grant)
    assert "Usual:" not in desk.browser("aigul").get(f"/desk/files/{file_id}/form").text


def test_a_section_becomes_complete_and_missing_again_with_the_kind_of_product(desk: World) -> None:
    file_id = desk.draft()
    words = said(desk, file_id)
    assert {words[name] for name in ("product", "test", "limits")} == {"complete"}
    save(desk, file_id, "product", product_kind="digital_som")
    assert said(desk, file_id)["rules"] == "missing: 1"
    assert attach(desk.browser("aigul"), file_id, "plan.pdf", pdf()).status_code == 303
    assert said(desk, file_id)["documents"] == "attached: 1"


def test_what_is_missing_is_listed_once_and_each_link_leads_to_its_section(desk: World) -> None:
    aigul, file_id = desk.browser("aigul"), started(desk)
    path = f"/desk/files/{file_id}/form?section="
    page = aigul.get(f"{path}check").text
    assert YELLOW in page
    revision = re.search(r'name="revision" value="(\d+)"', page)[1]
    sent = aigul.act(f"/desk/files/{file_id}/submit", {"revision": revision})
    assert (sent.status_code, YELLOW in sent.text) == (400, False)
    assert sent.text.count('#sponsor"') == 1
    for section, part in (("product", "sponsor"), ("test", "exit_plan"), ("limits", "term_days")):
        assert f'href="{path}{section}#{part}"' in sent.text, part


def test_a_wrong_country_is_named_among_what_is_missing(desk: World) -> None:
    file_id = desk.draft()
    save(desk, file_id, "limits", residences="KG, XX")
    page = desk.browser("aigul").get(f"/desk/files/{file_id}/form?section=check").text
    assert "These are no country codes: XX." in page
    save(desk, file_id, "limits", residences="KG, KZ")
    page = desk.browser("aigul").get(f"/desk/files/{file_id}/form?section=check").text
    assert YELLOW not in page
