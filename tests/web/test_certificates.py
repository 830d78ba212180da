"""Certificates on pages: previewed, issued once, taken, checked by anybody, revoked."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import timedelta
from time import process_time

import httpx
import pytest
from sqlalchemy import event

from sandbox.domain.badge_status import check_status
from sandbox.domain.badges import LARGEST, read_badge
from sandbox.domain.classroom import ActionKind
from sandbox.domain.coursework import CourseName
from sandbox.kit.errors import IntegrityFailure
from sandbox.services import certificates
from sandbox.services.classroom_people import person_in, seed_course
from sandbox.services.classroom_room import Room, act, load_receipt_key
from sandbox.store.classroom import Actions, Courses
from sandbox.store.classroom_blobs import Blobs
from sandbox.toolchain.layout import CHECKOUT
from tests.web.certificate_world import CERTIFICATES, issue, marked, own_page
from tests.web.course_world import COURSE, LAB, PAGE
from tests.web.test_course_time import said, seat
from tests.web.test_notices import _follow, _kinds
from tests.web.world import World

CHECK = "/desk/certificates"
WHY = "Work was handed in by somebody else."


@pytest.fixture
def course(desk):
    seat(desk)
    return desk


@pytest.fixture
def held(course):
    """Lira holds a certificate, Marat does not."""
    marked(course, "lira", 2.0)
    assert issue(course).status_code == 303
    return course


def test_a_course_of_a_term_has_the_outcomes_of_its_material(course):
    parts, at, run = course.parts, course.clock.now(), CourseName("digital-money-finance-2627-1")
    with parts.store.unit() as u:
        seed_course(u, at, teachers=["kanat"], students=["lira"], course=run)
        Courses(u.session).save(replace(Courses(u.session).get(run), content=COURSE))
        newest = Actions(u.session).newest(ActionKind.RELEASED, COURSE, LAB)
        key = load_receipt_key(parts.receipt_key)
        room = Room(u, person_in(u, "kanat", run, at), at, Blobs(parts.blobs), key)
        act(room, ActionKind.RELEASED, LAB, bundle=newest.bundle, detail=newest.detail)
        detail = {"submission": "", "notebooks": {}, "score": 2.0, "points": 2.0}
        act(room, ActionKind.FEEDBACK_RELEASED, LAB, student="lira", detail=detail)
        seen = certificates.preview(room, 60).seen
        (made,) = certificates.issue(room, 60, seen, CHECKOUT / "courses")
        u.commit()
    assert made.outcomes
    assert all(each["ky"] for each in made.outcomes)


def stranger(desk: World, path: str = CHECK, origin: str = "", **sent) -> httpx.Response:
    """A form from a browser that nobody is signed in with."""
    headers = {"origin": origin or desk.parts.public_url, "sec-fetch-site": "same-origin"}
    return desk.browser(None).client.post(path, headers=headers, **sent)


def token(desk: World, form: str = "named") -> str:
    return desk.browser("lira").get(f"{own_page(desk, 'lira')}/{form}.jwt").text


def revoke(desk: World, reason: str = WHY) -> httpx.Response:
    teacher = desk.browser("kanat")
    path = re.search(r'action="([^"]+/revoke)"', teacher.get(CERTIFICATES).text)
    return teacher.post(path[1], {"reason": reason}) if path else teacher.get(CERTIFICATES)


def test_the_preview_says_who_gets_one_who_not_and_why(course):
    marked(course, "lira", 1.0)
    page = said(course.browser("kanat").get(f"{CERTIFICATES}?mark=50"))
    assert "1 / 2 gets one" in page
    assert "not everything is marked" in page
    assert "Feedback not released: First payments" in page
    page = said(course.browser("kanat").get(f"{CERTIFICATES}?mark=51"))
    assert "below the pass mark" in page
    assert "Nobody would get a new certificate" in page


def test_issuing_twice_gives_nobody_a_second_one(held, monkeypatch):
    before = own_page(held, "lira")
    assert issue(held).status_code == 409
    marked(held, "marat", 2.0)
    assert "has one already" in said(held.browser("kanat").get(f"{CERTIFICATES}?mark=60"))
    assert issue(held).status_code == 303
    assert own_page(held, "lira") == before
    assert said(held.browser("kanat").get(CERTIFICATES)).count("Revoke this certificate") == 2
    monkeypatch.setattr("sandbox.web.certificates.PART", 1)
    for query, count in (("q=marat", 1), ("q=nobody", 0), ("", 1), ("start=1", 1), ("start=2", 0)):
        page = said(held.browser("kanat").get(f"{CERTIFICATES}?{query}"))
        assert page.count("Revoke this certificate") == count, query
    assert "start=1#issued" in held.browser("kanat").get(CERTIFICATES).text
    _follow(held)
    assert _kinds(held, "lira") == ["course.feedback_released", "course.certificate_issued"]
    assert "Digital money" in said(held.browser("lira").get("/desk/notices"))


def test_what_changed_since_the_preview_is_not_issued(course):
    marked(course, "lira", 2.0)
    teacher = course.browser("kanat")
    page = teacher.get(f"{CERTIFICATES}?mark=60").text
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', page)[1]
    marked(course, "marat", 2.0)
    answer = teacher.post(CERTIFICATES, {"mark": "60", "seen": seen})
    assert (answer.status_code, "certificate.changed_meanwhile" in answer.text) == (409, True)
    answer = teacher.post(CERTIFICATES, {"mark": "50", "seen": seen})
    assert answer.status_code == 409
    assert "No certificate has been issued" in said(teacher.get(CERTIFICATES))


@pytest.mark.parametrize("mark", ["0", "101", "half", "-1"])
def test_a_wrong_pass_mark_is_refused(course, mark):
    answer = course.browser("kanat").get(f"{CERTIFICATES}?mark={mark}")
    assert (answer.status_code, "certificate.bad_pass_mark" in answer.text) == (400, True)


@pytest.mark.parametrize("who", ["lira", "aigul"])
def test_only_lead_teachers_see_issue_and_revoke(held, who):
    browser = held.browser(who)
    assert browser.get(CERTIFICATES).status_code in (403, 404)
    assert browser.get(f"{CERTIFICATES}?mark=60").status_code in (403, 404)
    assert browser.post(CERTIFICATES, {"mark": "1", "seen": ""}).status_code in (403, 404)
    path = re.search(r'action="([^"]+/revoke)"', held.browser("kanat").get(CERTIFICATES).text)[1]
    assert browser.post(path, {"reason": WHY}).status_code in (403, 404)
    assert "Revoked" not in said(held.browser("kanat").get(CERTIFICATES))


def test_a_holder_takes_it_and_a_stranger_checks_it_without_an_account(held):
    taken = held.browser("lira").get(f"{own_page(held, 'lira')}/named.jwt")
    assert "attachment" in taken.headers["content-disposition"]
    for sent in (
        {"data": {"token": taken.text + "\n"}},
        {"files": {"file": ("c.jwt", taken.content, "application/jwt")}},
    ):
        answer = stranger(held, **sent)
        assert answer.status_code == 200
        assert "The certificate holds" in answer.text
        assert "Lira" in answer.text
        assert "not revoked" in answer.text
    key = load_receipt_key(held.parts.receipt_key).public_hex
    assert key in held.browser(None).get(CHECK).text
    found = read_badge(taken.content, key, held.clock.now())
    assert "коддо так иштөө" in found.criteria


def test_a_hidden_name_is_told_to_nobody_but_compared(held):
    hidden = token(held, "hidden")
    answer = stranger(held, data={"token": hidden})
    assert "Lira" not in answer.text
    name = re.search(
        r'<span translate="no">([^<]+)', held.browser("lira").get(own_page(held, "lira")).text
    )[1]
    assert "The holder's name is" in stranger(
        held, data={"token": hidden, "name": name}
    ).text.replace("&#39;", "'")
    other = stranger(held, data={"token": hidden, "name": "Marat"})
    assert "not the holder's name" in other.text.replace("&#39;", "'")


def test_the_latin_form_alone_is_not_said_to_be_the_holders(held, monkeypatch):
    names = ("Асанов Асан", "Osmonov Bakyt")
    monkeypatch.setattr(certificates, "names_of", lambda _u, _account: names)
    public = own_page(held, "lira").replace("/desk/", "/desk/public/")
    for name, words in zip(
        names, ("The holder's name is", "Latin form that the holder chose"), strict=True
    ):
        for path, more in ((CHECK, {"token": token(held, "hidden")}), (public, {})):
            page = said(stranger(held, path, data={"name": name} | more)).replace("&#39;", "'")
            assert words in page
            assert ("The holder's name is" in page) == (name == names[0])


@pytest.mark.parametrize("kind", ["altered", "none", "nothing", "large", "other algorithm"])
def test_what_does_not_hold_is_said_not_to(held, kind):
    whole = token(held)
    sent, code = {
        "altered": ({"data": {"token": whole[:-9] + "A" * 9}}, "badge.wrong_signature"),
        "none": ({"data": {"token": "{}"}}, "badge.malformed"),
        "nothing": ({"data": {"token": " "}}, "badge.none"),
        "large": ({"files": {"file": ("c.jwt", b"a" * (LARGEST + 9))}}, "badge.too_large"),
        "other algorithm": (
            {"data": {"token": "eyJhbGciOiJub25lIn0." + whole.split(".")[1] + "."}},
            "badge.other_algorithm",
        ),
    }[kind]
    answer = stranger(held, **sent)
    assert (answer.status_code, code in answer.text) == (400, True)
    assert "The certificate holds" not in answer.text


@pytest.mark.parametrize(
    "hostile", [b'"' + b'\\"' * 22_000, b'"a' * 20_000, b'{"' + b"\\" * 40_000]
)
@pytest.mark.parametrize("path", [CHECK, "/desk/marks"])
def test_a_text_that_nothing_ends_does_not_hold_the_desk_up(desk, path, hostile):
    head = base64.urlsafe_b64encode(hostile).rstrip(b"=") + b".e30.AA"
    content = head if path == CHECK else hostile
    started = process_time()
    answer = stranger(desk, path, files={"file": ("sent", content)})
    assert (answer.status_code, ".malformed" in answer.text) == (400, True)
    assert process_time() - started < 5


def test_a_form_of_another_site_is_refused(held):
    answer = stranger(held, origin="https://elsewhere.example", data={"token": token(held)})
    assert answer.status_code == 403


def test_a_revoked_one_is_told_everywhere_and_its_reason_to_two(held):
    whole, page = token(held), own_page(held, "lira")
    public = page.replace("/desk/", "/desk/public/")
    assert "is valid" in said(held.browser(None).get(public))
    empty = revoke(held, " ")
    assert (empty.status_code, "classroom.no_reason" in empty.text) == (400, True)
    assert revoke(held).status_code == 303
    answer = stranger(held, data={"token": whole})
    assert (answer.status_code, "badge.revoked" in answer.text) == (400, True)
    assert WHY not in answer.text
    shown = held.browser(None).get(public).text
    assert "is revoked" in shown
    assert WHY not in shown
    assert WHY in said(held.browser("lira").get(page))
    assert WHY in said(held.browser("kanat").get(CERTIFICATES))
    with held.parts.store.unit(read_only=True) as u:
        assert WHY not in json.dumps([each.body for each in u.audit.scan()])
    _follow(held)
    acts = ("feedback_released", "certificate_issued", "certificate_revoked")
    assert _kinds(held, "lira") == [f"course.{act}" for act in acts]
    held.clock.forward(timedelta(minutes=1))
    assert issue(held).status_code == 303
    assert own_page(held, "lira") != page


def test_the_published_list_says_only_that_it_is_revoked(held):
    key = load_receipt_key(held.parts.receipt_key).public_hex
    badge = read_badge(token(held).encode(), key, held.clock.now())
    path = badge.status_list.removeprefix(held.parts.public_url)
    listed = held.browser(None).get(path)
    assert check_status(listed.content, badge, key, held.clock.now())
    revoke(held)
    listed = held.browser(None).get(path)
    with pytest.raises(IntegrityFailure, match=r"badge\.revoked"):
        check_status(listed.content, badge, key, held.clock.now())
    assert held.browser(None).get(path.replace("/1.jwt", "/2.jwt")).status_code == 404


@pytest.mark.parametrize("number", ["0", "-1", str(2**31), str(2**63), "1" + "0" * 20])
def test_a_number_that_nothing_has_is_not_found(held, number):
    path = f"/desk/public/certificate-lists/{number}.jwt"
    assert held.browser(None).get(path).status_code == 404
    if number != "0":
        assert held.browser("lira").get(f"/desk/marks/{number}.json").status_code == 404


def test_issuing_reads_the_taken_places_once_and_nothing_else_of_them(course):
    marked(course, "lira", 2.0)
    marked(course, "marat", 2.0)
    asked = []
    with course.parts.store.unit() as u:
        engine = u.session.get_bind()
    event.listen(engine, "before_cursor_execute", lambda *each: asked.append(each[2]))
    assert issue(course).status_code == 303
    read = [each for each in asked if "list_number = " in each and each.startswith("SELECT")]
    assert len(read) == 1
    assert "list_place" in read[0]
    assert "titles" not in read[0]


def test_the_page_behind_the_code_compares_a_name_and_tells_none(held):
    page = own_page(held, "lira")
    public = page.replace("/desk/", "/desk/public/")
    assert "Lira" not in held.browser(None).get(public).text
    name = re.search(r'<span translate="no">([^<]+)', held.browser("lira").get(page).text)[1]
    right = said(stranger(held, public, data={"name": name})).replace("&#39;", "'")
    assert f"The holder's name is: {name}" in right
    wrong = said(stranger(held, public, data={"name": "Marat"})).replace("&#39;", "'")
    assert "This is not the holder's name: Marat" in wrong
    assert held.browser(None).get("/desk/public/certificates/" + "0" * 32).status_code == 404


@pytest.mark.parametrize("who", ["marat", "kanat", "aigul"])
def test_nobody_takes_anothers(held, who):
    page = own_page(held, "lira")
    assert held.browser(who).get(page).status_code == 404
    assert held.browser(who).get(f"{page}/named.jwt").status_code == 404
    assert held.browser("lira").get(f"{page}/other.jwt").status_code == 404


def test_a_printed_page_has_the_code_three_languages_and_the_name_as_chosen(held):
    page = own_page(held, "lira")
    shown = held.browser("lira").get(page).text
    assert "<svg" in shown
    for words in ("neither a licence", "не лицензия", "диплом да эмес"):
        assert words in shown
    paper = held.browser("lira").get(f"{page}?name=hidden").text.partition('id="paper"')[2]
    assert "Lira" not in paper.partition("</article>")[0]


def test_the_pages_lead_to_each_other(held):
    assert CERTIFICATES in held.browser("kanat").get(PAGE).text
    assert CHECK in held.browser("lira").get("/desk/courses").text
    assert CHECK in held.browser(None).get("/desk/").text
