"""Due dates, extensions, corrections and receipts on pages, and the notices of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape

import pytest

from sandbox.domain.receipts import receipt_text
from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.services.classroom_people import seed_course
from sandbox.store.classroom import Members
from tests.web.course_world import COURSE, PAGE, enter, hand_in, release
from tests.web.test_notices import _follow, _kinds

DUE, LATER = "2026-12-01T12:00", "2026-12-08T12:00"
ILL = "A doctor's note was shown."
TIME = f"{PAGE}/lab/time"


def seat(desk):
    """A course of a teacher and two students, with a released lab."""
    at = desk.clock.now()
    with desk.parts.store.unit() as u:
        for name, seat_ in (("kanat", Seat.TEACHER), ("marat", Seat.STUDENT)):
            u.accounts.add(Account(name, name.title(), f"p-{name}", None, (seat_,), "en", True, at))
        seed_course(u, at, teachers=["kanat"], students=["lira", "marat"])
        u.commit()
    release(desk)


@pytest.fixture
def course(desk):
    seat(desk)
    return desk


def said(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.text))


def given(desk, *students, until=LATER, reason=ILL):
    teacher = desk.browser("kanat")
    teacher.post(f"{PAGE}/lab/due", {"due": DUE})
    fields = {f"student.{each}": "yes" for each in students}
    return teacher.post(f"{PAGE}/lab/extensions", fields | {"until": until, "reason": reason})


def test_a_whole_academic_group_gets_more_time(course):
    with course.parts.store.unit() as u:
        for name in ("lira", "marat"):
            (seat_,) = [m for m in Members(u.session).in_course(COURSE) if m.account == name]
            group = "PI|1 %" if name == "lira" else "PI-2"
            Members(u.session).save(replace(seat_, group=group, term="2026/27-1"))
        u.commit()
    teacher = course.browser("kanat")
    teacher.post(f"{PAGE}/lab/due", {"due": DUE})
    page = teacher.get(TIME)
    assert "PI-2 · 2026/27-1 (1)" in said(page)
    (field,) = re.findall(r'name="(group\.PI%7C1[^"]+)"', page.text)
    sent = {"until": LATER, "reason": ILL, unescape(field): "yes"}
    assert teacher.post(f"{PAGE}/lab/extensions", sent).status_code == 303
    listed = said(teacher.get(TIME)).split("Extensions")[-1].split("Due date")[0]
    assert "PI|1 % · 2026/27-1 (1)" in listed, "by the group's name"
    assert "PI-2" not in listed
    assert "8 December 2026" in said(course.browser("lira").get(PAGE))
    assert "8 December 2026" not in said(course.browser("marat").get(PAGE))


def test_a_group_that_is_not_there_is_refused_and_nobody_gets_anything(course):
    teacher = course.browser("kanat")
    teacher.post(f"{PAGE}/lab/due", {"due": DUE})
    sent = {"until": LATER, "reason": ILL, "group.PI-9|2026/27-1": "yes", "student.lira": "yes"}
    refused = teacher.post(f"{PAGE}/lab/extensions", sent)
    assert refused.status_code == 404
    assert "exam.no_group" in refused.text
    assert "8 December 2026" not in said(course.browser("lira").get(PAGE))


def test_a_teacher_sets_a_due_date_and_students_see_it_and_are_told(course):
    assert course.browser("kanat").post(f"{PAGE}/lab/due", {"due": DUE}).status_code == 303
    assert "Due: 1 December 2026, 12:00" in said(course.browser("lira").get(PAGE))
    _follow(course)
    assert _kinds(course, "lira") == ["course.due_set"]
    assert "Биринчи төлөмдөр" in course.browser("lira", "ky").get("/desk/notices").text
    with course.parts.store.unit(read_only=True) as u:
        (notice,) = u.notices.of_account("lira", unread=False, before=None, limit=9)
    led = course.browser("lira").get(f"/desk/notices/{notice.entry}")
    assert led.headers["location"] == f"{PAGE}#lab"


def test_an_extension_is_shown_and_told_to_its_students_alone(course):
    assert given(course, "lira").status_code == 303
    _follow(course)
    assert _kinds(course, "lira") == ["course.due_set", "course.extended"]
    assert _kinds(course, "marat") == ["course.due_set"]
    hers, his = (said(course.browser(who).get(PAGE)) for who in ("lira", "marat"))
    assert "Due: 8 December 2026, 12:00" in hers
    assert "doctor" in hers
    assert "Due: 1 December 2026, 12:00" in his
    assert "doctor" not in his
    assert "doctor" in said(course.browser("kanat").get(TIME))


def test_an_extension_is_taken_back_on_the_page_until_it_is_used(course):
    given(course, "lira")
    page = course.browser("kanat").get(TIME).text
    path = re.search(r'action="([^"]+/revoke)"', page)[1]
    empty = course.browser("kanat").post(path, {"reason": " "})
    assert (empty.status_code, "classroom.no_reason" in empty.text) == (400, True)
    assert course.browser("kanat").post(path, {"reason": "By mistake."}).status_code == 303
    _follow(course)
    assert _kinds(course, "lira")[-1] == "course.extension_revoked"
    hers = said(course.browser("lira").get(PAGE))
    assert "Due: 1 December 2026, 12:00" in hers
    assert "By mistake." in hers
    again = course.browser("kanat").post(path, {"reason": "Again."})
    assert (again.status_code, "classroom.extension_revoked" in again.text) == (409, True)


def test_a_form_that_is_refused_keeps_what_was_typed(course):
    answer = given(course, until=LATER)
    assert (answer.status_code, "classroom.nobody_extended" in answer.text) == (400, True)
    assert "doctor" in answer.text
    answer = given(course, "lira", until="soon")
    assert (answer.status_code, "limits.not_a_moment" in answer.text) == (400, True)
    assert re.search(r'name="student\.lira" value="yes" checked', answer.text)


@pytest.mark.parametrize("who", ["lira", "aigul"])
def test_only_teachers_of_the_course_open_the_page_or_its_forms(course, who):
    browser = course.browser(who)
    assert browser.get(TIME).status_code in (403, 404)
    assert browser.post(f"{PAGE}/lab/due", {"due": DUE}).status_code in (403, 404)
    fields = {"student.lira": "yes", "until": LATER, "reason": ILL}
    assert browser.post(f"{PAGE}/lab/extensions", fields).status_code in (403, 404)
    assert "Due:" not in said(course.browser("marat").get(PAGE))


def test_late_work_is_marked_for_student_and_teacher(course):
    course.browser("kanat").post(f"{PAGE}/lab/due", {"due": DUE})
    hand_in(course, "lira", "1")
    assert "late" not in said(course.browser("lira").get(PAGE)).split()
    course.clock.forward(course.clock.now().replace(month=12, day=2) - course.clock.now())
    hand_in(course, "marat", "2")
    assert "late" in said(course.browser("marat").get(PAGE)).split()
    assert course.browser("kanat").get(f"{PAGE}/lab").text.count('badge-warn">late<') == 1


def test_a_correction_is_shown_to_both_and_told_to_who_has_a_copy(course):
    hand_in(course, "lira", "1")
    course.clock.forward(course.clock.now().replace(day=28) - course.clock.now())
    release(course, "Double an integer.", "An integer was meant.")
    for who, path in (("lira", PAGE), ("kanat", f"{PAGE}/lab")):
        assert "An integer was meant." in said(course.browser(who).get(PAGE))
        page = said(course.browser(who).get(path))
        assert "before the correction" in page
    _follow(course)
    assert _kinds(course, "lira") == ["course.corrected"]
    assert _kinds(course, "marat") == []


def test_a_student_takes_a_receipt_and_the_page_checks_it(course):
    receipt = hand_in(course, "lira", "1")
    browser = course.browser("lira")
    (link,) = set(re.findall(r'href="(/desk/receipts/[^"]+)"', browser.get(PAGE).text))
    assert link in browser.get("/desk/receipts").text
    taken = browser.get(link)
    assert taken.text == receipt_text(receipt)
    assert "attachment" in taken.headers["content-disposition"]
    checked = check(course, "aigul", taken.content)
    assert checked.status_code == 200
    assert "The receipt holds" in checked.text
    assert "with the same content" in checked.text


def check(desk, who, content):
    files = {"receipt": ("receipt.json", content, "application/json")}
    return desk.browser(who).post("/desk/receipts", files=files)


@pytest.mark.parametrize("kind", ["altered", "none", "other desk", "empty", "large", "unclosed"])
def test_a_receipt_that_does_not_hold_is_said_not_to(course, kind):
    said_ = hand_in(course, "lira", "1")
    altered = json.loads(json.dumps(said_)) | {}
    altered["body"]["student"] = "marat"
    content, code = {
        "altered": (receipt_text(altered).encode(), "receipt.wrong_signature"),
        "none": (b"{}", "receipt.malformed"),
        "other desk": (
            receipt_text({**said_, "public_key": "11" * 32}).encode(),
            "receipt.other_key",
        ),
        "empty": (b"", "receipt.malformed"),
        "large": (b" " * 500_000, "receipt.malformed"),
        "unclosed": (b'"' + b'\\"' * 120_000, "receipt.malformed"),
    }[kind]
    answer = check(course, "lira", content)
    assert (answer.status_code, code in answer.text) == (400, True)
    assert "The receipt holds" not in answer.text


def test_no_student_takes_anothers_receipt_and_a_stranger_none(course):
    receipt = hand_in(course, "lira", "1")
    path = f"/desk/receipts/{COURSE}/{receipt['body']['submission']}.json"
    assert course.browser("marat").get(path).status_code == 404
    assert course.browser("aigul").get(path).status_code == 404
    assert course.browser(None).get(path).status_code in (302, 303, 307)


def test_the_platforms_key_is_shown_to_everybody(course):
    receipt = hand_in(course, "lira", "1")
    assert receipt["public_key"] in course.browser(None).get("/desk/receipts").text


def test_a_receipt_that_the_list_does_not_have_is_said_to_be_missing(course):
    from sandbox.domain.classroom import Action, ActionKind
    from sandbox.domain.coursework import Bundle
    from sandbox.domain.receipts import receipt_for

    bundle = Bundle.of({"a.txt": b"a"})
    lost = Action(
        99, "b" * 32, course.clock.now(), "lira", ActionKind.SUBMITTED, COURSE, "lab", "lira",
        bundle.hash, {},
    )  # fmt: skip
    made = enter(course, "lira", lambda room: receipt_for(lost, bundle.entries, room.key))
    answer = check(course, "lira", receipt_text(made).encode())
    assert "does not have it" in answer.text
