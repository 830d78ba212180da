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


def test_the_asset_that_a_new_form_shows_as_chosen_is_chosen(desk: World) -> None:
    file_id = started(desk)
    form = desk.browser("aigul").get(f"/desk/files/{file_id}/form?section=limits").text
    assert re.search(r'id="asset-KGST"[^>]* checked', form)
    page = desk.browser("aigul").get(f"/desk/files/{file_id}/form?section=check").text
    assert "No asset is chosen" not in page
    save(desk, file_id, "limits", **{"asset.shown": "yes"})
    form = desk.browser("aigul").get(f"/desk/files/{file_id}/form?section=limits").text
    assert not re.search(r'id="asset-KGST"[^>]* checked', form)
    page = desk.browser("aigul").get(f"/desk/files/{file_id}/form?section=check").text
    assert "No asset is chosen" in page


def test_what_is_saved_and_wrong_is_named_beside_its_field_and_what_is_empty_is_not(
    desk: World,
) -> None:
    file_id = started(desk)
    save(desk, file_id, "limits", max_customers="-5", residences="Kyrgyzstan")
    page = desk.browser("aigul").get(f"/desk/files/{file_id}/form?section=limits").text
    assert sorted(re.findall(r'class="field-error" id="([^"]+)-error"', page)) == [
        "max_customers",
        "residences",
    ]


def test_a_text_too_long_is_refused_by_the_fields_label(desk: World) -> None:
    file_id, aigul = started(desk), desk.browser("aigul")
    path = f"/desk/files/{file_id}/form?section=test"
    revision = re.search(r'id="revision" value="(\d+)"', aigul.get(path).text)[1]
    long = aigul.post(path, {"revision": revision, "risks": "x" * 30_000})
    assert long.status_code == 400
    assert "The field “Risks” takes at most" in long.text
