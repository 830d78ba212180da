"""Forms posted for real: each act once, errors beside the form, nothing lost."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.domain.records import RefusalRecord
from tests.web.world import ANSWERS, LIMITS, PASSWORD, START, World

HOSTILE = "Pay <script>alert(1)</script> & \"quotes\" 'too'"


def revision(page: str) -> str:
    return re.search(r'name="revision"(?: id="revision")? value="(\d+)"', page)[1]


def start(desk: World) -> str:
    place = desk.browser("aigul").post("/desk/files").headers["location"]
    return re.search(r"F-\d{4}-\d{4}", place)[0]


def test_a_form_posted_twice_acts_once(desk: World) -> None:
    aigul = desk.browser("aigul")
    first = aigul.post("/desk/files", {"_key": "the-same-key"})
    second = aigul.post("/desk/files", {"_key": "the-same-key"})
    assert first.headers["location"] == second.headers["location"]
    assert aigul.post("/desk/files").headers["location"] != first.headers["location"]


def test_a_question_posted_twice_is_asked_once(desk: World) -> None:
    file_id = desk.under_review()
    ermek = desk.browser("ermek")
    fields = {"text": "Who answers at night?", "_key": "once-only", "_password": PASSWORD}
    for _ in range(2):
        assert ermek.post(f"/desk/files/{file_id}/questions", fields).status_code == 303
    page = ermek.get(f"/desk/files/{file_id}").text
    assert page.count("Who answers at night?") == 1


def test_an_incomplete_application_names_each_missing_part_and_loses_nothing(desk: World) -> None:
    aigul, file_id = desk.browser("aigul"), start(desk)
    page = aigul.get(f"/desk/files/{file_id}/form").text
    fields = {"product": "Half a product", "revision": revision(page)}
    assert aigul.post(f"/desk/files/{file_id}/form", fields).status_code == 303
    page = aigul.get(f"/desk/files/{file_id}/form?section=check").text
    sent = aigul.act(f"/desk/files/{file_id}/submit", {"revision": revision(page)})
    assert sent.status_code == 400
    for part in ("sponsor", "test_plan", "safeguards", "exit_plan", "max_customers", "term_days"):
        assert f'#{part}"' in sent.text, part
    assert "Half a product" in aigul.get(f"/desk/files/{file_id}/form").text


def test_autosave_saves_and_hands_on_the_next_revision(desk: World) -> None:
    aigul, file_id = desk.browser("aigul"), start(desk)
    path, htmx = f"/desk/files/{file_id}/form?section=product", {"hx-request": "true"}
    now = revision(aigul.get(path).text)
    saved = aigul.post(path, {"product": "First", "revision": now}, headers=htmx)
    assert saved.status_code == 200
    assert "Saved at" in saved.text
    assert "<html" not in saved.text
    again = aigul.post(path, {"product": "Second", "revision": revision(saved.text)}, headers=htmx)
    assert again.status_code == 200
    assert 'value="Second"' in aigul.get(path).text


def test_a_second_tab_overwrites_nothing_and_keeps_what_was_typed(desk: World) -> None:
    aigul, file_id = desk.browser("aigul"), start(desk)
    path = f"/desk/files/{file_id}/form?section=product"
    old = revision(aigul.get(path).text)
    aigul.post(path, {"product": "From the first tab", "revision": old})
    late = aigul.post(path, {"product": "From the second tab", "revision": old})
    assert late.status_code == 409
    assert "From the second tab" in late.text
    assert "From the first tab" in aigul.get(path).text


def field_of(page: str, name: str) -> str:
    """What a hidden input holds."""
    return re.search(rf'name="{name}" id="{name}" value="([^"]*)"', page)[1]


def tab_of(page: str) -> dict[str, str]:
    """The hidden inputs of a section as a tab was given them."""
    return {name: field_of(page, name) for name in ("revision", "was")}


def test_a_second_tab_saves_what_it_changed_and_keeps_what_the_first_saved(desk: World) -> None:
    aigul, file_id = desk.browser("aigul"), start(desk)
    path = f"/desk/files/{file_id}/form?section=test"
    first = second = tab_of(aigul.get(path).text)
    assert aigul.post(path, first | {"test_plan": "Ninety days."}).status_code == 303
    late = aigul.post(path, second | {"test_plan": "", "safeguards": "Caps."})
    assert late.status_code == 303, late.text
    page = aigul.get(path).text
    assert "Ninety days.</textarea>" in page
    assert "Caps.</textarea>" in page


def test_where_two_tabs_changed_one_field_both_texts_are_shown(desk: World) -> None:
    aigul, file_id = desk.browser("aigul"), start(desk)
    path = f"/desk/files/{file_id}/form?section=test"
    tab = tab_of(aigul.get(path).text)
    assert aigul.post(path, tab | {"risks": "One.", "test_plan": "Plan."}).status_code == 303
    late = aigul.post(path, tab | {"risks": "Two.", "test_plan": "", "safeguards": "Caps."})
    assert late.status_code == 409
    assert "Two.</textarea>" in late.text
    assert re.search(r"Saved meanwhile in another window:</p><p[^>]*>One\.<", late.text)
    assert late.text.count("Saved meanwhile") == 1
    assert "Plan.</textarea>" in late.text
    assert "One.</textarea>" in aigul.get(path).text
    again = tab_of(late.text) | {"risks": "Two.", "test_plan": "Plan.", "safeguards": "Caps."}
    assert aigul.post(path, again).status_code == 303
    assert "Two.</textarea>" in aigul.get(path).text


def test_autosave_of_a_second_tab_never_sends_what_it_only_showed(desk: World) -> None:
    aigul, file_id, htmx = desk.browser("aigul"), start(desk), {"hx-request": "true"}
    path = f"/desk/files/{file_id}/form?section=limits"
    tab = tab_of(aigul.get(path).text)
    mine = {"max_customers": "5", "max_merchants": "", "asset.shown": "yes", "asset.KGST": "yes"}
    saved = aigul.post(path, tab | mine, headers=htmx)
    other = tab_of(aigul.get(path).text)
    assert aigul.post(path, other | mine | {"max_merchants": "2"}).status_code == 303
    again = aigul.post(path, tab_of(saved.text) | mine | {"max_customers": "7"}, headers=htmx)
    assert again.status_code == 200, again.text
    page = aigul.get(path).text
    assert field_value(page, "max_customers") == "7"
    assert field_value(page, "max_merchants") == "2"


def field_value(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


def test_markup_in_a_name_is_refused_and_shown_as_text(desk: World) -> None:
    aigul, file_id = desk.browser("aigul"), start(desk)
    path = f"/desk/files/{file_id}/form?section=product"
    page = aigul.get(path).text
    answer = aigul.post(path, {"product": HOSTILE, "revision": revision(page)})
    assert answer.status_code == 400
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_markup_in_texts_is_shown_as_text_everywhere(desk: World) -> None:
    file_id = desk.draft()
    aigul = desk.browser("aigul")
    path = f"/desk/files/{file_id}/form?section=product"
    fields = ANSWERS | {"summary": HOSTILE, "risks": HOSTILE, "test_plan": HOSTILE * 2}
    fields |= {"revision": revision(aigul.get(path).text)}
    assert aigul.post(path, fields).status_code == 303
    for section in ("product", "test", "check"):
        page = aigul.get(f"/desk/files/{file_id}/form?section={section}").text
        assert "&lt;script&gt;" in page
        assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("KGST.per_transaction", "-5", "KGST.per_transaction"),
        ("KGST.per_transaction", "five", "KGST.per_transaction"),
        ("max_customers", "1.5", "max_customers"),
        ("max_customers", "-1", "max_customers"),
        ("term_days", "0", "term_days"),
        ("asset.KGST", "", "assets"),
    ],
)
def test_a_wrong_condition_is_named_and_nothing_is_proposed(
    desk: World, field: str, value: str, said: str
) -> None:
    file_id = desk.under_review()
    ermek = desk.browser("ermek")
    fields = LIMITS | {"reasons": "Because of the plan.", field: value}
    answer = ermek.act(f"/desk/files/{file_id}/grant", fields)
    assert answer.status_code == 400, answer.text
    assert f'href="#{said.replace(".", "-")}"' in answer.text or "field-error" in answer.text
    assert "Because of the plan." in answer.text
    assert "/countersign" not in desk.browser("feruza").get(f"/desk/files/{file_id}").text


def test_a_refused_form_says_so_on_top_and_fills_no_other_form(desk: World) -> None:
    file_id = desk.under_review()
    fields = LIMITS | {"reasons": "Because of the plan.", "KGST.per_transaction": "abc"}
    answer = desk.browser("ermek").act(f"/desk/files/{file_id}/grant", fields)
    assert answer.status_code == 400
    assert answer.text.count("Because of the plan.</textarea>") == 1
    assert re.search(r'id="grant-reasons"[^>]*>Because of the plan\.', answer.text)
    assert answer.text.index('href="#problem"') < answer.text.index("<h1>")
    assert re.search(r'id="problem" tabindex="-1" autofocus', answer.text)
    shown = desk.browser("ermek").get(f"/desk/files/{file_id}").text
    assert "#problem" not in shown
    assert "autofocus" not in shown


def test_the_author_of_a_decision_cannot_countersign_it(desk: World) -> None:
    file_id, decision = desk.proposed()
    ermek = desk.browser("ermek")
    assert "/countersign" not in ermek.get(f"/desk/files/{file_id}").text
    answer = ermek.act(f"/desk/files/{file_id}/decisions/{decision}/countersign")
    assert answer.status_code == 403
    assert "approval.author_cannot_countersign" in answer.text


def test_two_countersignatures_at_once_make_one_permit(desk: World) -> None:
    file_id, decision = desk.proposed()
    path = f"/desk/files/{file_id}/decisions/{decision}/countersign"
    people = [desk.browser("feruza") for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(lambda p: p.act(path), people))
    assert statuses[0] == 303
    assert statuses[1] in (303, 409)
    with desk.parts.store.unit(read_only=True) as u:
        assert len(u.permits.select()) == 1


@pytest.mark.parametrize("name", ["bakyt", "omar", "jyldyz", "operator", "lira", "damira"])
def test_only_regulators_take_a_file_up(desk: World, name: str) -> None:
    file_id = desk.submitted()
    answer = desk.browser(name).act(f"/desk/files/{file_id}/take-up")
    assert answer.status_code in (403, 404)


def test_another_start_up_never_learns_of_a_file(desk: World) -> None:
    file_id = desk.submitted()
    assert desk.browser("omar").get(f"/desk/files/{file_id}").status_code == 404
    assert file_id not in desk.browser("omar").get("/desk/files").text


def test_a_keys_secret_is_shown_once(desk: World) -> None:
    number = desk.granted()
    bakyt = desk.browser("bakyt")
    made = bakyt.post(f"/desk/permits/{number}/keys", {"name": "Laptop", "days": "30"})
    secret = re.search(r"spk_[A-Za-z0-9_-]{20,}", made.text)[0]
    assert secret not in bakyt.get(f"/desk/permits/{number}").text
    assert made.headers["cache-control"] == "no-store"


def test_a_revoked_key_says_so(desk: World) -> None:
    number = desk.granted()
    bakyt = desk.browser("bakyt")
    bakyt.post(f"/desk/permits/{number}/keys", {"name": "Laptop", "days": "30"})
    action = re.search(
        r'action="(/desk/permits/[^"]+/revoke)"', bakyt.get(f"/desk/permits/{number}").text
    )
    assert bakyt.post(action[1]).status_code == 303
    assert "revoked" in bakyt.get(f"/desk/permits/{number}").text


def test_a_key_is_limited_on_the_page_and_its_list_says_to_what(desk: World) -> None:
    number = desk.granted()
    bakyt = desk.browser("bakyt")
    address = "0x" + "ab" * 20
    made = bakyt.post(
        f"/desk/permits/{number}/keys",
        {
            "name": "Reader",
            "days": "30",
            "chain.kgst": "yes",
            "methods": "eth_call eth_getLogs",
            "addresses": address,
        },
    )
    secret = re.search(r"spk_[A-Za-z0-9_-]{20,}", made.text)[0]
    shown = bakyt.get(f"/desk/permits/{number}").text
    assert "eth_call eth_getLogs" in shown
    assert "Only on the chain KGST" in shown
    assert "0xabABabAB" in shown or address[:10] in shown.lower()
    held = {"authorization": f"Bearer {secret}"}
    outside = desk.browser(None).client
    assert outside.get("/desk/api/v1/trial", headers=held).status_code == 200
    refused = outside.post("/desk/api/v1/trial/customers", headers=held, json={"count": 1})
    assert (refused.status_code, refused.json()["code"]) == (403, "key.scoped")
    archives = "/desk/api/v1/exit-archives"
    for path in (f"{archives}?permit={number}", f"{archives}/EX-2026-0001/file"):
        refused = outside.get(path, headers=held)
        assert (refused.status_code, refused.json()["code"]) == (403, "key.limited"), path
    made = bakyt.post(f"/desk/permits/{number}/keys", {"name": "Whole", "days": "30"})
    whole = {"authorization": f"Bearer {re.search(r'spk_[A-Za-z0-9_-]{20,}', made.text)[0]}"}
    assert outside.get(f"{archives}?permit={number}", headers=whole).json() == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("methods", "eth_calls", "eth_calls"),
        ("methods", "anvil_mine", "anvil_mine"),
        ("methods", "x y", "cannot be read"),
        ("addresses", "0x12", "0x12"),
    ],
)
def test_a_limit_of_a_key_that_cannot_be_is_refused_and_what_was_typed_is_kept(
    desk: World, field: str, value: str, said: str
) -> None:
    number = desk.granted()
    form = {"name": "Reader", "days": "30", field: value}
    made = desk.browser("bakyt").post(f"/desk/permits/{number}/keys", form)
    assert made.status_code == 400
    assert said in made.text
    assert "spk_" not in made.text
    assert f">{value}</textarea>" in made.text


@pytest.mark.parametrize("days", ["0", "367", "x", "-1"])
def test_a_key_for_an_impossible_time_is_refused(desk: World, days: str) -> None:
    number = desk.granted()
    made = desk.browser("bakyt").post(
        f"/desk/permits/{number}/keys", {"name": "Laptop", "days": days}
    )
    assert made.status_code == 400
    assert "spk_" not in made.text


def test_lowering_a_limit_acts_at_once_and_raising_one_is_refused(desk: World) -> None:
    number = desk.granted()
    ermek = desk.browser("ermek")
    fields = {
        "field": "KGST.per_transaction",
        "reasons": "A burst of payments.",
        "understood": "yes",
    }
    loose = ermek.act(f"/desk/permits/{number}/tighten", fields | {"value": "5,000.01"})
    assert loose.status_code == 400
    tight = ermek.act(f"/desk/permits/{number}/tighten", fields | {"value": "4,000"})
    assert tight.status_code == 303, tight.text
    assert "4,000.00" in ermek.get(f"/desk/permits/{number}/console").text


def test_an_act_without_confirmation_does_nothing(desk: World) -> None:
    number = desk.granted()
    ermek = desk.browser("ermek")
    answer = ermek.act(f"/desk/permits/{number}/halt", {"reasons": "Because."})
    assert answer.status_code == 400
    assert "form.not_confirmed" in answer.text
    assert "Because." in answer.text


def test_suspend_then_reinstate_by_two(desk: World) -> None:
    number = desk.granted()
    ermek, feruza = desk.browser("ermek"), desk.browser("feruza")
    fields = {"reasons": "An incident.", "understood": "yes"}
    assert ermek.act(f"/desk/permits/{number}/suspend", fields).status_code == 303
    console = feruza.get(f"/desk/permits/{number}/console").text
    assert "Suspended" in console
    public = desk.browser(None).get(f"/desk/public/permits/{number}").text
    assert "This permit is suspended" in public
    assert "winding down" not in public
    proposed = ermek.act(f"/desk/permits/{number}/reinstate", fields)
    assert proposed.status_code == 303, proposed.text
    console = feruza.get(f"/desk/permits/{number}/console").text
    wanted = console.index("Reinstatement")
    path = re.search(r'action="([^"]+/countersign)"', console[wanted:])[1]
    assert feruza.act(path, {"understood": "yes"}).status_code == 303


def test_a_gateway_out_of_reach_is_said_and_the_page_stays(desk: World) -> None:
    number = desk.granted()
    desk.gateway.down = True
    page = desk.browser("ermek").get(f"/desk/permits/{number}/console")
    assert page.status_code == 200
    assert "Out of reach" in page.text
    desk.gateway.down = False
    assert "Out of reach" not in desk.browser("ermek").get(f"/desk/permits/{number}/console").text


def test_a_revert_of_the_products_own_contract_is_told_apart(desk: World) -> None:
    number = desk.granted()
    with desk.parts.store.unit() as u:
        u.refusals.add(
            RefusalRecord(
                seq=9,
                permit=number,
                at=START,
                chain="kgst",
                layer="chain",
                clause="reverted",
                version=0,
                code="refused.reverted",
                raw={"reason": "basket is <empty>"},
            )
        )
        u.commit()
    text = desk.browser("ermek").get(f"/desk/permits/{number}/console").text
    assert "The product&#39;s own contract" in text
    assert "basket is &lt;empty&gt;" in text
    assert "version 0" not in text
    assert "Something went wrong" not in text
