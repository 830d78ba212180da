"""The Committee in the browser: members, a sitting on one screen, minutes, the grant; experts."""

from __future__ import annotations

import re
from hashlib import sha256

from tests.web.papers_world import attach, documents, sign, submit, take_up
from tests.web.world import LIMITS, World

ORDER = {"order_number": "12/1", "since": "2026-11-21"}
ROLES = {"ermek": "chair", "feruza": "secretary", "gulnara": "member"}
BASE = "/desk/committee"


def constitute(desk: World) -> None:
    """Three seats, each recorded by one regulator and confirmed by another than its holder."""
    one, two, three = (desk.browser(name) for name in ("ermek", "feruza", "gulnara"))
    for account, role in ROLES.items():
        form = ORDER | {"account": account, "role": role}
        assert one.act(f"{BASE}/appointments", form).status_code == 303
    page = two.get(BASE).text
    assert two.get("/desk/").text.count("/desk/committee#members") == 2
    assert "/desk/committee#members" not in one.get("/desk/").text
    waiting = re.findall(r'action="([^"]+/confirm)"', page)
    assert len(waiting) == 2
    assert page.count("It is about you, so another regulator must confirm it.") == 1
    assert "/confirm" not in one.get(BASE).text
    for path in waiting:
        assert two.sign(BASE, path).status_code == 303
    (own,) = re.findall(r'action="([^"]+/confirm)"', three.get(BASE).text)
    refused = two.act(own)
    assert (refused.status_code, "committee.own_appointment" in refused.text) == (403, True)
    assert three.sign(BASE, own).status_code == 303


def sitting_with(desk: World, file_id: str) -> str:
    """The path of a sitting in session that has a file on its agenda."""
    feruza = desk.browser("feruza")
    form = {"held_at": "2026-11-21T15:00", "place": "Bishkek, room 3"}
    place = feruza.act(f"{BASE}/sittings", form).headers["location"].partition("?")[0]
    sitting = place.rpartition("/")[2]
    put = desk.browser("ermek").act(f"/desk/files/{file_id}/agenda", {"sitting": sitting})
    assert put.status_code == 303, put.text
    present = {f"present.{account}": "yes" for account in ROLES}
    assert feruza.act(f"{place}/open", present).status_code == 303
    return place


def ballot_path(page: str) -> str:
    """Where the vote's form goes."""
    return re.search(r'action="([^"]+/ballots)"', page)[1]


def signed(desk: World, place: str) -> str:
    """Minutes signed by both; their number."""
    assert place not in desk.browser("gulnara").get("/desk/").text
    for account in ("ermek", "feruza"):
        browser = desk.browser(account)
        page = browser.get(place).text
        digest = re.search(r'name="digest" value="([0-9a-f]{64})"', page)[1]
        assert place in browser.get("/desk/").text
        assert browser.act(f"{place}/sign", {"digest": digest}).status_code == 303
        assert place not in browser.get("/desk/").text
    return re.search(r"M-\d{4}-\d{4}", desk.browser("ermek").get(place).text)[0]


def test_from_the_first_appointment_to_a_grant_that_refers_to_minutes(desk: World) -> None:
    file_id = desk.under_review()
    constitute(desk)
    ermek, feruza = desk.browser("ermek"), desk.browser("feruza")
    early = ermek.act(f"/desk/files/{file_id}/grant", LIMITS | {"reasons": "Fine."})
    assert early.status_code == 409
    assert "committee.minutes_needed" in early.text
    assert "Fine." in early.text

    place = sitting_with(desk, file_id)
    assert "Before the Committee" in desk.browser("aigul").get(f"/desk/files/{file_id}").text
    path = ballot_path(feruza.get(place).text)
    assert "/ballots" not in ermek.get(place).text
    form = {"motion": "recommend_grant", "text": "At most 20 customers.", "vote.ermek": "for"}
    missing = feruza.act(path, form)
    assert missing.status_code == 400
    assert "Gulnara Bekova" in missing.text
    assert "At most 20 customers.</textarea>" in missing.text
    voted = form | {"vote.gulnara": "against", "opinion.gulnara": "Too many <b>customers</b>."}
    assert feruza.act(path, voted).status_code == 303
    page = ermek.get(place).text
    assert "decided by the chair's casting vote" in page
    assert "Too many &lt;b&gt;customers&lt;/b&gt;." in page
    assert feruza.act(f"{place}/end").status_code == 303
    number = signed(desk, place)

    read = ermek.get(f"{BASE}/minutes/{number}?beside=ru").text
    assert "Closed" in read
    for word in (f"№ {number} протокол", f"Протокол № {number}", "Төрага", "Председатель"):
        assert word in read
    kept = ermek.get(f"{BASE}/minutes/{number}/document.json")
    assert sha256(kept.content).hexdigest() in read
    assert kept.json()["items"][0]["result"] == "recommend_grant"
    done = ermek.act(
        f"/desk/files/{file_id}/grant", LIMITS | {"reasons": "As advised.", "minutes": number}
    )
    assert done.status_code == 303, done.text
    shown = feruza.get(f"/desk/files/{file_id}").text
    assert f"/desk/committee/minutes/{number}" in shown
    path = re.search(r'action="([^"]+/countersign)"', shown)[1]
    assert feruza.act(path).status_code == 303
    aigul = desk.browser("aigul")
    mine = aigul.get(f"/desk/files/{file_id}").text
    letter = re.search(r'href="(/desk/files/[^"]+/letters/[^"]+)"', mine)[1]
    assert f"Minutes No. {number}" in aigul.get(letter).text
    assert "Gulnara" not in mine
    assert "Conflicts" not in mine
    for path in (f"{BASE}/minutes/{number}", f"{BASE}/minutes/{number}/document.json"):
        assert aigul.get(path).status_code == 404


def test_the_committees_pages_do_not_exist_for_others(desk: World) -> None:
    file_id = desk.under_review()
    constitute(desk)
    place = sitting_with(desk, file_id)
    form = ORDER | {"account": "ermek", "role": "chair"}
    for name in ("aigul", "damira", "omar", "operator", "lira", "timur"):
        browser = desk.browser(name)
        for path in (BASE, place, f"{BASE}/minutes/M-2026-0001"):
            assert browser.get(path).status_code == 404
        assert BASE not in browser.get("/desk/").text
        assert browser.act(f"{BASE}/appointments", form).status_code == 404
        assert browser.act(f"{place}/end").status_code == 404
    assert desk.browser("jyldyz").act(f"{place}/end").status_code == 403


def test_an_auditor_reads_and_is_offered_nothing(desk: World) -> None:
    file_id = desk.under_review()
    constitute(desk)
    place = sitting_with(desk, file_id)
    jyldyz = desk.browser("jyldyz")
    for path in (BASE, place):
        page = jyldyz.get(path)
        assert page.status_code == 200
        forms = re.findall(r'<form method="post" action="([^"]+)"', page.text)
        assert forms == ["/desk/sign-out"]
        assert "<button" not in page.text.partition("<main")[2]
    assert 'hx-trigger="every 5s"' in jyldyz.get(place).text
    assert 'hx-trigger="every' not in desk.browser("feruza").get(place).text


def test_acts_of_the_committee_ask_for_the_password(desk: World) -> None:
    form = ORDER | {"account": "ermek", "role": "chair"}
    asked = desk.browser("feruza").post(f"{BASE}/appointments", form)
    assert asked.status_code in (401, 403)
    assert 'type="password"' in asked.text
    assert 'value="12/1"' in asked.text
    assert "12/1" not in desk.browser("ermek").get(BASE).text


def test_what_a_form_got_wrong_is_said_beside_it(desk: World) -> None:
    ermek = desk.browser("ermek")
    for path, form, code in (
        ("appointments", ORDER | {"account": "ermek", "role": "king"}, "committee.choose"),
        ("appointments", {"account": "ermek", "role": "chair", "since": "x"}, "limits.not_a_date"),
        ("sittings", {"held_at": "tomorrow", "place": "Here"}, "limits.not_a_moment"),
        ("sittings", {"held_at": "2026-11-30T10:00", "place": "Here"}, "committee.no_secretary"),
        ("rules", {"quorum_of": "1", "quorum_in": "-2"}, "committee.quorum_impossible"),
    ):
        answer = ermek.act(f"{BASE}/{path}", form)
        assert answer.status_code in (400, 409)
        assert code in answer.text
        assert 'role="alert"' in answer.text


def test_an_expert_reads_one_file_after_the_undertaking_and_files_an_opinion(desk: World) -> None:
    file_id = desk.under_review()
    ermek, timur = desk.browser("ermek"), desk.browser("timur")
    form = {"account": "timur", "subject": "Is the plan sound?", "until": "2026-12-10"}
    assert ermek.act(f"/desk/files/{file_id}/experts", form).status_code == 303
    path = re.search(r'href="(/desk/expert/[0-9a-f]+)"', timur.get("/desk/").text)[1]
    before = timur.get(path).text
    for secret in (file_id, "Kattap Pay", "Merchant payments", "Is the plan sound?"):
        assert secret not in before
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', before)[1]
    unread = timur.act(f"{path}/undertaking", {"digest": digest})
    assert unread.status_code == 409
    agreed = timur.act(f"{path}/undertaking", {"digest": digest, "understood": "yes"})
    assert agreed.status_code == 303, agreed.text
    page = timur.get(path).text
    for shown in (file_id, "Kattap Pay", "Is the plan sound?", "Every customer redeems in full"):
        assert shown in page
    for other in (f"/desk/files/{file_id}", f"/desk/files/{file_id}/form"):
        assert timur.get(other).status_code in (403, 404)
    assert file_id not in timur.get("/desk/files").text
    opinion = timur.act(f"{path}/opinion", {"opinion": "Sound <i>enough</i>."})
    assert opinion.status_code == 303
    assert (
        "Sound &lt;i&gt;enough&lt;/i&gt;."
        in desk.browser("feruza").get(f"/desk/files/{file_id}").text
    )
    for party in ("aigul", "damira"):
        seen = desk.browser(party).get(f"/desk/files/{file_id}").text
        assert "Timur" not in seen
        assert "xpert" not in seen.partition("<main")[2]
    ended = re.search(
        r'action="([^"]+/experts/[^"]+/end)"', ermek.get(f"/desk/files/{file_id}").text
    )[1]
    assert ermek.act(ended, {"reasons": "Done."}).status_code == 303
    assert "Kattap Pay" not in timur.get(path).text
    for name in ("feruza", "aigul", "jyldyz", "lira"):
        assert desk.browser(name).get(path).status_code == 404


def test_an_expert_takes_the_applications_documents_while_the_invitation_lasts(
    desk: World,
) -> None:
    file_id = desk.draft()
    content = b"Twenty customers, three merchants."
    attached = attach(desk.browser("aigul"), file_id, "figures.txt", content)
    assert attached.status_code == 303, attached.text
    (document,) = documents(desk, file_id).values()
    submit(desk, file_id)
    sign(desk, file_id)
    take_up(desk, file_id)
    ermek, timur = desk.browser("ermek"), desk.browser("timur")
    form = {"account": "timur", "subject": "Are the figures sound?", "until": "2026-12-10"}
    assert ermek.act(f"/desk/files/{file_id}/experts", form).status_code == 303
    path = re.search(r'href="(/desk/expert/[0-9a-f]+)"', timur.get("/desk/").text)[1]
    assert timur.get(f"{path}/documents/{document}").status_code == 404
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', timur.get(path).text)[1]
    timur.act(f"{path}/undertaking", {"digest": digest, "understood": "yes"})
    assert "figures.txt" in timur.get(path).text
    assert timur.get(f"{path}/documents/{document}").content == content
    assert timur.get(f"{path}/documents/{'0' * 32}").status_code == 404
    assert timur.get(f"/desk/files/{file_id}/documents/{document}").status_code == 404
    for part in ("print", "versions", "records"):
        assert timur.get(f"/desk/files/{file_id}/{part}").status_code == 404
    ended = re.search(
        r'action="([^"]+/experts/[^"]+/end)"', ermek.get(f"/desk/files/{file_id}").text
    )[1]
    assert ermek.act(ended, {"reasons": "Done."}).status_code == 303
    assert timur.get(f"{path}/documents/{document}").status_code == 404


def test_without_a_committee_the_file_goes_its_old_way(desk: World) -> None:
    file_id, _ = desk.proposed()
    page = desk.browser("feruza").get(f"/desk/files/{file_id}").text
    steps = re.search(r'<ol class="steps">(.*?)</ol>', page, re.DOTALL)[1]
    assert "Committee" not in steps
    assert "/countersign" in page
