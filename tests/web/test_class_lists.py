"""Class lists, slips and the first sign-in by their forms."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest

from sandbox.domain.records import Account, Organisation
from sandbox.domain.seats import Seat
from sandbox.domain.words import OrganisationKind
from sandbox.services.classroom_people import give_course, seed_course
from sandbox.store.classroom import Members
from tests.services.class_world import ASAN, COURSE, KIM, OMUR, csv_of, xlsx_of
from tests.web.customers_world import CODE
from tests.web.seams import START
from tests.web.world import Browser, World

PEOPLE = f"/desk/courses/{COURSE}/people"
LISTS = f"/desk/courses/{COURSE}/lists"
PASSWORD = "алтын балык 7"


def school(desk: World) -> None:
    """A university with a course."""
    with desk.parts.store.unit() as u:
        u.organisations.add(Organisation("uni", "University", OrganisationKind.UNIVERSITY, START))
        kanat = Account(
            *("kanat", "Kanat Isakov", "person-kanat", "uni", (Seat.TEACHER,), "en", True, START)
        )
        u.accounts.add(kanat)
        seed_course(u, START, teachers=["kanat"], students=["lira"])
        give_course(u, COURSE, "uni")
        u.commit()


def send(browser: Browser, content: bytes, name: str = "ПИ-1.csv") -> httpx.Response:
    return browser.post(LISTS, {"term": "2026/27-1"}, files={"file": (name, content)})


def confirm(browser: Browser, place: str, **decided: str) -> httpx.Response:
    page = browser.get(place).text
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    return browser.post(f"{place}/confirm", {"seen": seen[1], **decided})


def first(desk: World, code: str, password: str = PASSWORD, again: str = "") -> httpx.Response:
    """A stranger's browser at the page of the first sign-in."""
    stranger = desk.browser(None)
    page = stranger.get("/desk/first")
    token = re.search(r'name="_csrf" value="([^"]+)"', page.text)[1]
    headers = {"origin": desk.parts.public_url, "sec-fetch-site": "same-origin"}
    typed = {"_csrf": token, "code": code, "new": password, "again": again or password}
    return stranger.client.post("/desk/first", data=typed, headers=headers)


@pytest.fixture
def kanat(desk: World) -> Browser:
    school(desk)
    return desk.browser("kanat")


def test_a_list_is_looked_at_confirmed_and_undone(desk: World, kanat: Browser) -> None:
    sent = send(kanat, xlsx_of(OMUR, ASAN), "ПИ-1.xlsx")
    assert sent.status_code == 303
    place = sent.headers["location"]
    page = kanat.get(place).text
    assert "Nothing has happened yet." in page
    assert "Өмүрбеков Ыдырыс Үсөнович" in page
    assert "Lira Beisheeva" in page, "in the course, not on the list"
    assert place in kanat.get(PEOPLE).text, "a draft can be found again"
    done = confirm(kanat, place)
    assert done.headers["location"] == f"{PEOPLE}?said=list_confirmed#lists"
    people = kanat.get(done.headers["location"]).text
    assert "The list is confirmed." in people
    assert "omurbekovy" in people
    assert kanat.get(place).headers["location"] == f"{PEOPLE}#lists", "no preview any more"
    undone = kanat.post(f"{place}/undo")
    assert undone.status_code == 303
    after = kanat.get(undone.headers["location"]).text
    assert "omurbekovy" not in after
    assert "Undone" in after


def test_the_same_list_again_offers_nothing_to_confirm(kanat: Browser) -> None:
    confirm(kanat, send(kanat, csv_of(OMUR)).headers["location"])
    place = send(kanat, csv_of(OMUR)).headers["location"]
    assert "there is nothing to do" in kanat.get(place).text
    assert confirm(kanat, place).headers["location"].endswith("said=list_known#lists")


def test_a_fault_is_shown_in_its_row_and_confirming_is_refused(kanat: Browser) -> None:
    place = send(kanat, csv_of(OMUR, ("2026-001", "Ким", "Олег", "", ""))).headers["location"]
    page = kanat.get(place).text
    assert "Number 2026-001 stands in row 2 already." in page
    assert "Confirm the whole list" not in page
    refused = confirm(kanat, place)
    assert refused.status_code == 409
    assert "class_list.faults" in refused.text


def test_a_namesake_is_decided_in_its_row(kanat: Browser) -> None:
    confirm(kanat, send(kanat, csv_of(ASAN)).headers["location"])
    place = send(kanat, csv_of(("2026-009", *ASAN[1:]))).headers["location"]
    refused = confirm(kanat, place)
    assert (refused.status_code, "class_list.undecided" in refused.text) == (409, True)
    assert confirm(kanat, place, **{"row-2": "other"}).status_code == 303
    assert "asanovaj2" in kanat.get(PEOPLE).text


def test_what_was_not_seen_is_not_confirmed(kanat: Browser) -> None:
    place = send(kanat, csv_of(OMUR)).headers["location"]
    refused = kanat.post(f"{place}/confirm", {"seen": "0" * 64})
    assert refused.status_code == 409
    assert "class_list.changed_meanwhile" in refused.text


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xd0\xcf\x11\xe0" + b"x" * 600, "class_list.old_excel"),
        (b"Name;Group\r\nKim;1", "class_list.no_headings"),
        (b"PK\x03\x04", "document.not_what_it_says"),
        (b"x" * 2_000_001, "class_list.too_large"),
    ],
)
def test_a_file_that_is_no_list_is_refused_beside_its_form(
    kanat: Browser, content: bytes, code: str
) -> None:
    refused = send(kanat, content)
    assert refused.status_code in {400, 422}
    assert code in refused.text


def test_without_a_file_or_a_term_the_form_says_so(kanat: Browser) -> None:
    assert "document.none" in kanat.post(LISTS, {"term": "1"}).text
    refused = kanat.post(LISTS, {"term": " "}, files={"file": ("a.csv", csv_of(OMUR))})
    assert "class_list.no_term" in refused.text


def test_students_and_strangers_find_nothing(desk: World, kanat: Browser) -> None:
    place = send(kanat, csv_of(OMUR)).headers["location"]
    lira, timur = desk.browser("lira"), desk.browser("timur")
    for path in (PEOPLE, place):
        assert lira.get(path).status_code == 403
        assert timur.get(path).status_code == 404
        assert desk.browser(None).get(path).status_code == 303
    assert send(lira, csv_of(KIM)).status_code == 403
    assert send(timur, csv_of(KIM)).status_code == 404
    assert lira.post(f"{place}/confirm", {"seen": "0" * 64}).status_code == 403
    assert timur.post(f"{place}/undo").status_code == 404
    assert lira.post(f"/desk/courses/{COURSE}/slips", {"everybody": "yes"}).status_code == 403
    assert timur.post(f"/desk/courses/{COURSE}/slips", {"everybody": "yes"}).status_code == 404
    assert "People" not in lira.get(f"/desk/courses/{COURSE}").text


def test_a_list_of_another_course_is_not_there(desk: World, kanat: Browser) -> None:
    with desk.parts.store.unit() as u:
        seed_course(u, START, teachers=["kanat"], students=[], course="tracing")
        u.commit()
    place = send(kanat, csv_of(OMUR)).headers["location"]
    assert kanat.get(place.replace(COURSE, "tracing")).status_code == 404


def test_a_slip_is_printed_once_and_its_code_sets_the_password(desk: World, kanat: Browser) -> None:
    confirm(kanat, send(kanat, csv_of(OMUR, ASAN)).headers["location"])
    slips = kanat.post(f"/desk/courses/{COURSE}/slips", {"everybody": "yes"})
    assert slips.status_code == 200
    assert slips.headers["cache-control"] == "no-store"
    codes = CODE.findall(slips.text)
    assert len(codes) == 2
    assert codes[0] not in kanat.get(PEOPLE).text
    done = first(desk, codes[0])
    assert done.status_code == 200
    assert "asanovaj" in done.text
    assert "sign_in.wrong_code" in first(desk, codes[0]).text, "used"
    chosen = kanat.post(f"/desk/courses/{COURSE}/slips", {"who-asanovaj": "yes"})
    assert len(CODE.findall(chosen.text)) == 1, "a new slip for a forgotten password"
    assert "sign_in.nobody" in kanat.post(f"/desk/courses/{COURSE}/slips").text


def test_a_slip_opens_no_account_that_may_do_more_than_study(desk: World, kanat: Browser) -> None:
    confirm(kanat, send(kanat, csv_of(OMUR, ASAN)).headers["location"])
    place = f"/desk/courses/{COURSE}/slips"
    codes = {
        who: CODE.findall(kanat.post(place, {f"who-{who}": "yes"}).text)[0]
        for who in ("omurbekovy", "asanovaj")
    }
    with desk.parts.store.unit() as u:
        found = u.accounts.get("omurbekovy")
        u.accounts.save(replace(found, seats=(*found.seats, Seat.COORDINATOR)))
        u.commit()
    refused = first(desk, codes["omurbekovy"])
    assert (refused.status_code, "sign_in.wrong_code" in refused.text) == (401, True)
    with desk.parts.store.unit(read_only=True) as u:
        assert u.sign_ins.get("omurbekovy").password == ""
    assert "sign_in.not_found" in kanat.post(place, {"who-omurbekovy": "yes"}).text
    assert len(CODE.findall(kanat.post(place, {"everybody": "yes"}).text)) == 1
    codes["asanovaj"] = CODE.findall(kanat.post(place, {"who-asanovaj": "yes"}).text)[0]
    assert first(desk, codes["asanovaj"]).status_code == 200


def test_the_first_sign_in_says_what_is_wrong_and_uses_nothing_up(
    desk: World, kanat: Browser
) -> None:
    confirm(kanat, send(kanat, csv_of(OMUR)).headers["location"])
    slips = kanat.post(f"/desk/courses/{COURSE}/slips", {"everybody": "yes"})
    (code,) = CODE.findall(slips.text)
    assert "password.too_short" in first(desk, code, "short").text
    assert "password.not_twice" in first(desk, code, PASSWORD, "another password").text
    assert first(desk, "0000-000-000").status_code == 401
    headers = {"origin": "http://elsewhere.example"}
    foreign = desk.browser(None).client.post("/desk/first", data={"code": code}, headers=headers)
    assert foreign.status_code == 403
    assert first(desk, code).status_code == 200


def test_the_hub_is_told_whether_a_password_is_right_and_nobody_else(
    desk: World, kanat: Browser
) -> None:
    confirm(kanat, send(kanat, csv_of(ASAN)).headers["location"])
    slips = kanat.post(f"/desk/courses/{COURSE}/slips", {"everybody": "yes"})
    first(desk, CODE.findall(slips.text)[0])
    client = desk.browser(None).client
    address, typed = "/desk/api/v1/internal/passwords", {"user": "asanovaj", "password": PASSWORD}
    hub = {"authorization": f"Bearer {desk.parts.hub_secret}"}
    assert client.post(address, json=typed, headers=hub).json() == {"right": True}
    wrong = typed | {"password": "another password"}
    assert client.post(address, json=wrong, headers=hub).json() == {"right": False}
    assert client.post(address, json=typed).status_code == 401
    assert (
        client.post(address, json=typed, headers={"authorization": "Bearer x"}).status_code == 401
    )
    about = client.get("/desk/api/v1/internal/accounts?user=asanovaj", headers=hub)
    assert about.json() == {"active": True, "groups": ["students"]}


def test_a_student_chooses_the_latin_form_on_the_own_page(desk: World, kanat: Browser) -> None:
    confirm(kanat, send(kanat, csv_of(OMUR)).headers["location"])
    student = desk.browser("omurbekovy")
    assert "Omurbekov Ydyrys Usonovich" in student.get("/desk/me").text
    assert "latin.malformed" in student.post("/desk/me/name", {"latin": "Өмүрбеков"}).text
    assert student.post("/desk/me/name", {"latin": "Omurbekov Idris"}).status_code == 303
    assert "Omurbekov Idris" in kanat.get(PEOPLE).text
    assert "Omurbekov Idris" in kanat.get(f"{PEOPLE}?q=idris+өмүр").text
    assert "Omurbekov Idris" not in kanat.get(f"{PEOPLE}?q=asan").text
    assert 'id="latin"' not in kanat.get("/desk/me").text, "on no list"


def test_a_teacher_whose_time_is_over_finds_nothing(desk: World, kanat: Browser) -> None:
    with desk.parts.store.unit() as u:
        member = Members(u.session).find(COURSE, "kanat")
        Members(u.session).save(replace(member, until=START))
        u.commit()
    assert kanat.get(PEOPLE).status_code == 404


def test_an_assistant_is_appointed_sees_the_course_and_not_its_people(
    desk: World, kanat: Browser
) -> None:
    with desk.parts.store.unit() as u:
        olga = Account(
            *("olga", "Olga Kim", "person-olga", "uni", (Seat.TEACHER,), "en"), True, START
        )
        u.accounts.add(olga)
        u.commit()
    helpers = f"/desk/courses/{COURSE}/helpers"
    form = {"account": "olga", "duty": "assistant", "since": "2026-11-21", "until": "2026-12-01"}
    assert "staff.nobody" in kanat.post(helpers, form | {"account": "lira"}).text
    assert "staff.days" in kanat.post(helpers, form | {"until": "2026-11-20"}).text
    assert "limits.not_a_date" in kanat.post(helpers, form | {"until": ""}).text
    browser = desk.browser("olga")
    assert browser.get(f"/desk/courses/{COURSE}").status_code == 404
    assert kanat.post(helpers, form).status_code == 303
    assert "Olga Kim" in kanat.get(PEOPLE).text
    course = browser.get(f"/desk/courses/{COURSE}")
    assert course.status_code == 200
    assert PEOPLE not in course.text
    assert browser.get(PEOPLE).status_code == 403
    assert browser.post(helpers, form).status_code == 403
    assert kanat.post(f"{helpers}/olga/end").status_code == 303
    assert browser.get(f"/desk/courses/{COURSE}").status_code == 404


def test_a_list_with_faults_is_discarded_and_changes_nothing(desk: World, kanat: Browser) -> None:
    place = send(kanat, csv_of(OMUR, OMUR)).headers["location"]
    assert f'action="{place}/discard"' in kanat.get(place).text
    assert f'action="{place}/discard"' in kanat.get(PEOPLE).text
    assert desk.browser("lira").post(f"{place}/discard").status_code == 403
    assert desk.browser("timur").post(f"{place}/discard").status_code == 404
    assert "waits for you to confirm it" in kanat.get(PEOPLE).text
    done = kanat.post(f"{place}/discard").headers["location"]
    after = kanat.get(done).text
    assert "The list is discarded; nothing was changed by it." in after
    assert "waits for you to confirm it" not in after
    assert "omurbekovy" not in after
    assert kanat.get(place).status_code == 404
    assert kanat.post(f"{place}/discard").status_code == 404


def test_a_list_that_was_confirmed_is_not_discarded(kanat: Browser) -> None:
    place = send(kanat, csv_of(OMUR)).headers["location"]
    confirm(kanat, place)
    refused = kanat.post(f"{place}/discard")
    assert (refused.status_code, "class_list.settled" in refused.text) == (409, True)
    assert "omurbekovy" in kanat.get(PEOPLE).text


def test_people_and_slips_stand_in_the_order_of_the_kyrgyz_alphabet(kanat: Browser) -> None:
    ordered = ("Осмонов", "Өмүралиева", "Төлөгөнова", "Уланов", "Үмөтова", "Яковлев")
    rows = [(f"2026-10{n}", name, "Нур", "", "ПИ-1") for n, name in enumerate(ordered)]
    confirm(kanat, send(kanat, csv_of(*rows[::-1])).headers["location"])
    slips = kanat.post(f"/desk/courses/{COURSE}/slips", {"everybody": "yes"})
    for text in (kanat.get(PEOPLE).text, slips.text):
        assert sorted(ordered, key=text.index) == list(ordered)
