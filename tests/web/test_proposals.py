"""What a second regulator is told before, and after, signing."""

from __future__ import annotations

import re

from tests.web.world import LIMITS, World

FIELDS = {"reasons": "An incident.", "understood": "yes"}


def section(page: str, title: str) -> str:
    """The sheet of one proposal."""
    return page[page.index(f"<h2>{title}</h2>") :].split("</section>", maxsplit=1)[0]


def suspended(desk: World) -> str:
    number = desk.granted()
    done = desk.browser("ermek").act(f"/desk/permits/{number}/suspend", FIELDS)
    assert done.status_code == 303, done.text
    return number


def file_of(desk: World, number: str) -> str:
    with desk.parts.store.unit(read_only=True) as u:
        return str(u.permits.get(number).file)


def reinstating(desk: World) -> tuple[str, str]:
    number = suspended(desk)
    done = desk.browser("ermek").act(f"/desk/permits/{number}/reinstate", FIELDS)
    assert done.status_code == 303, done.text
    return number, file_of(desk, number)


def cells(text: str) -> list[str]:
    plain = re.sub(r"<[^>]+>", "|", text).replace("\u00a0", " ")
    return [part.strip() for part in plain.split("|") if part.strip()]


def sign(desk: World, page: str) -> str:
    """Sign the proposal of a section as Feruza; the page that follows."""
    feruza = desk.browser("feruza")
    path = re.search(r'action="([^"]+/countersign)"', page)[1]
    done = feruza.act(path, {"understood": "yes"})
    assert done.status_code == 303, done.text
    return feruza.get(done.headers["location"]).text


def test_the_newest_proposal_comes_first_on_both_pages(desk: World) -> None:
    number, file_id = reinstating(desk)
    for path in (f"/desk/files/{file_id}", f"/desk/permits/{number}/console"):
        page = desk.browser("feruza").get(path).text
        first, second = f"Reinstate {number}", f"Confirm the suspension of {number}"
        assert page.index(f"<h2>{first}</h2>") < page.index(f"<h2>{second}</h2>"), path


def test_a_confirmation_says_what_is_signed_against_what_is_in_force(desk: World) -> None:
    number, file_id = reinstating(desk)
    page = desk.browser("feruza").get(f"/desk/files/{file_id}").text
    said = cells(section(page, f"Confirm the suspension of {number}"))
    at = said.index("State of the permit")
    assert said[at + 1 : at + 3] == ["Suspended in the interim, otherwise Active", "Suspended"]
    said = cells(section(page, f"Reinstate {number}"))
    at = said.index("State of the permit")
    assert said[at + 1 : at + 3] == ["Suspended in the interim, otherwise Active", "Active"]
    assert "Requested" not in said


def test_a_signature_names_the_proposals_it_makes_void_before_the_button(desk: World) -> None:
    number, file_id = reinstating(desk)
    page = desk.browser("feruza").get(f"/desk/files/{file_id}").text
    text = section(page, f"Confirm the suspension of {number}")
    warning = text.index("With your signature these proposals become void:")
    assert warning < text.index("Reinstatement", warning) < text.index("/countersign")


def test_nothing_is_warned_of_where_nothing_becomes_void(desk: World) -> None:
    number = suspended(desk)
    page = desk.browser("feruza").get(f"/desk/permits/{number}/console").text
    assert f"Confirm the suspension of {number}" in page
    assert "become void" not in page


def test_an_overtaken_proposal_is_in_what_happened_and_the_flash_says_what_holds(
    desk: World,
) -> None:
    number, file_id = reinstating(desk)
    page = desk.browser("feruza").get(f"/desk/files/{file_id}").text
    assert "Proposal overtaken" not in page
    after = sign(desk, section(page, f"Confirm the suspension of {number}"))
    assert "the suspension holds until two regulators lift it" in after
    assert "Proposal overtaken: Reinstatement" in after
    assert "Proposal overtaken" not in desk.browser("bakyt").get(f"/desk/files/{file_id}").text


def test_after_reinstating_the_flash_says_so(desk: World) -> None:
    number, _ = reinstating(desk)
    page = desk.browser("feruza").get(f"/desk/permits/{number}/console").text
    after = sign(desk, section(page, f"Reinstate {number}"))
    assert "active again as soon as the chain holds it" in after


def test_a_version_that_keeps_an_interim_lowering_says_that_it_becomes_permanent(
    desk: World,
) -> None:
    number = desk.granted()
    ermek = desk.browser("ermek")
    lower = {"field": "KGST.per_transaction", "value": "4,000"}
    assert ermek.act(f"/desk/permits/{number}/tighten", FIELDS | lower).status_code == 303
    page = desk.browser("feruza").get(f"/desk/permits/{number}/console").text
    own = section(page, f"Confirm the lowered limits of {number}").replace("\u00a0", " ")
    assert "4,000.00 KGST in the interim, otherwise 5,000.00 KGST" in own
    assert "Also makes" not in own
    assert ermek.act(f"/desk/permits/{number}/suspend", FIELDS).status_code == 303
    page = desk.browser("feruza").get(f"/desk/permits/{number}/console").text
    text = section(page, f"Confirm the suspension of {number}").replace("\u00a0", " ")
    assert "Also makes the lowering to 4,000.00 KGST permanent (Amount per transaction" in text
    assert "Confirm the lowered limits" not in page


def test_a_grant_is_compared_with_what_was_asked_for(desk: World) -> None:
    file_id, _ = desk.proposed()
    page = desk.browser("feruza").get(f"/desk/files/{file_id}").text
    text = section(page, "Proposed: Grant of the permit")
    assert "Requested" in text
    assert LIMITS["max_customers"] in text


def test_the_application_stands_before_the_decision_form(desk: World) -> None:
    file_id = desk.under_review()
    page = desk.browser("ermek").get(f"/desk/files/{file_id}").text
    assert page.index('id="application"') < page.index('id="conditions"')


def test_the_way_of_a_suspended_file_does_not_say_active(desk: World) -> None:
    file_id = file_of(desk, suspended(desk))
    way = desk.browser("ermek").get(f"/desk/files/{file_id}").text.split('<ol class="steps">')[1]
    assert "Suspended" in way.split("</ol>")[0]
    assert "Active" not in way.split("</ol>")[0]


def test_what_is_missing_is_said_before_the_password_is_asked_for(desk: World) -> None:
    aigul = desk.browser("aigul")
    place = aigul.post("/desk/files").headers["location"]
    file_id = re.search(r"F-\d{4}-\d{4}", place)[0]
    page = aigul.get(f"/desk/files/{file_id}/form?section=check").text
    revision = re.search(r'name="revision" value="(\d+)"', page)[1]
    said = aigul.post(f"/desk/files/{file_id}/submit", {"revision": revision})
    assert said.status_code == 400
    assert '#exit_plan"' in said.text
    assert "_password" not in said.text
    complete = desk.draft()
    page = aigul.get(f"/desk/files/{complete}/form?section=check").text
    revision = re.search(r'name="revision" value="(\d+)"', page)[1]
    asked = aigul.post(f"/desk/files/{complete}/submit", {"revision": revision})
    assert asked.status_code == 401
    assert "_password" in asked.text


def test_full_counts_are_calm_and_full_amounts_are_not(desk: World) -> None:
    desk.gateway.volume = 499_000 * 10**18
    number = desk.granted()
    page = desk.browser("ermek").get(f"/desk/permits/{number}/console").text
    meters = re.findall(r"<meter [^>]+>", page)
    deployments = [each for each in meters if "Successful deployments" in each]
    volume = [each for each in meters if "Volume in any 24 hours" in each]
    assert 'value="100.0"' in deployments[0]
    assert "high=" not in deployments[0]
    assert 'high="95"' in volume[0]


def test_addresses_are_cut_alike_and_whole_in_the_title(desk: World) -> None:
    number = desk.granted()
    desk.refuse(number)
    page = desk.browser("ermek").get(f"/desk/permits/{number}/console").text
    whole = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
    assert f'title="{whole}">0xe7f1725E…3F0512<' in page
    assert "0x01010101…010101" in page


def test_the_menu_leads_back_to_the_workspaces(desk: World) -> None:
    assert 'href="/hub/home"' in desk.browser("lira").get("/desk/").text
    assert 'href="/hub/home"' not in desk.browser(None).get("/desk/").text
