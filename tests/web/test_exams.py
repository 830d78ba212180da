"""Exams on pages: planned, started with the room's code, led by invigilators."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.store.classroom import Members
from tests.web.course_world import COURSE, PAGE, hand_in
from tests.web.exam_desk import EXAM, EXAMS, opened, people, plan, planned, rooms, started, typed
from tests.web.test_notices import _follow, _kinds


@pytest.fixture
def exam(desk):
    planned(desk)
    return desk


def said(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.text))


def test_a_teacher_plans_and_students_find_their_exam(desk):
    people(desk)
    kanat, lira = desk.browser("kanat"), desk.browser("lira")
    assert "No exam is planned" in said(lira.get(EXAMS))
    assert "Plan an exam" not in said(lira.get(EXAMS))
    for fields, code in (
        ({"assignment": "lab", "minutes": "4"}, "exam.minutes"),
        ({"assignment": "lab", "minutes": "an hour"}, "exam.number"),
        ({"assignment": "Lab 1", "minutes": "60"}, "coursework.bad_name"),
        ({"assignment": "exams", "minutes": "60"}, "coursework.page_name"),
    ):
        answer = kanat.post(EXAMS, fields | {"own": "yes"})
        assert (answer.status_code, code in answer.text) == (400, True), answer.text[-900:]
    mistyped = kanat.post(EXAMS, {"assignment": "first-paymenst", "minutes": "60"})
    assert (mistyped.status_code, "exam.assignment_unknown" in mistyped.text) == (400, True)
    assert "first-payments" in said(mistyped), "what there is"
    assert "No exam is planned" in said(lira.get(EXAMS))
    assert (
        kanat.post(EXAMS, {"assignment": "lab", "minutes": "60", "own": "yes"}).status_code == 303
    )
    assert "nobody can start" in said(kanat.get(EXAM))
    odd = plan(desk, hours=(2, 2))
    assert (odd.status_code, "exam.window" in odd.text) == (400, True)
    assert plan(desk).status_code == 303
    assert "ПИ-1" in said(kanat.get(f"{EXAM}/plan"))
    assert "Minutes: 60" in said(lira.get(EXAMS))
    assert "No room is planned for you" in said(desk.browser("nurlan").get(EXAMS))
    assert "No room is planned for you" in said(desk.browser("nurlan").get(EXAM))
    waiting = desk.browser("marat").get(EXAM)
    assert "Wait for the teacher" in said(waiting)
    assert f'action="{EXAM}/start"' not in waiting.text, "nothing to start yet"
    for path in (f"{EXAM}/plan", f"{EXAM}/seats"):
        assert lira.get(path).status_code == 403
    assert desk.browser("olga").get(f"{EXAM}/plan").status_code == 403
    assert kanat.get(f"{EXAMS}/other").status_code == 404
    assert desk.browser("olga").post(f"{EXAM}/cancel").status_code == 403
    assert kanat.post(f"{EXAM}/cancel").status_code == 303
    assert "No exam is planned" in said(kanat.get(EXAMS))


def test_a_student_starts_with_the_code_of_the_room_and_sees_the_time(exam):
    lira = exam.browser("lira")
    assert f'href="{EXAM}"' in lira.get(PAGE).text
    assert "Before your start the exam cannot be fetched" in said(lira.get(EXAM))
    early = lira.post(f"{EXAM}/start", {"code": "AAAAAA"})
    assert (early.status_code, "exam.not_opened" in early.text) == (409, True)
    code = opened(exam, rooms(exam)[0])
    wrong = lira.post(f"{EXAM}/start", {"code": "WRONG1"})
    assert (wrong.status_code, "exam.wrong_code" in wrong.text) == (403, True)
    assert code not in wrong.text
    assert lira.post(f"{EXAM}/start", {"code": code.lower()}).status_code == 303
    assert "60 min left" in said(lira.get(EXAM))
    assert f'hx-get="{EXAM}"' in lira.get(EXAM).text
    exam.clock.forward(timedelta(minutes=20))
    again = lira.post(f"{EXAM}/start", {"code": ""})
    assert again.status_code == 303
    assert "40 min left" in said(lira.get(EXAM))
    assert "Осталось 40 мин" in said(exam.browser("lira", "ru").get(EXAM))
    assert "40 мүн калды" in said(exam.browser("lira", "ky").get(EXAM))
    exam.clock.forward(timedelta(minutes=41))
    over = said(lira.get(EXAM))
    assert "Your time ended at" in over
    assert "Open the notebooks" not in over
    assert "hx-get" not in lira.get(EXAM).text


def test_the_course_offers_of_an_exam_only_what_its_student_may_open(exam):
    def offered(browser):
        page = browser.get(PAGE).text
        ends = ("/exams/lab", "/lab/lesson", "/lab/self-check", "/lab/quiz")
        return [end for end in ends if f'"{PAGE}{end}"' in page]

    lira, kanat = exam.browser("lira"), exam.browser("kanat")
    assert offered(lira) == ["/exams/lab"]
    assert "Before your start the exam cannot be fetched" in said(lira.get(PAGE))
    assert offered(kanat) == ["/exams/lab", "/lab/lesson"]
    started(exam, "lira")
    hand_in(exam, "lira", "2")
    assert offered(lira) == ["/exams/lab", "/lab/lesson"]
    exam.clock.forward(timedelta(hours=5))
    assert offered(exam.browser("lira")) == ["/exams/lab", "/lab/lesson", "/lab/self-check"]


def test_who_invigilates_sees_the_seats_and_acts(exam):
    code = started(exam, "lira")
    hand_in(exam, "lira", "return 1")
    kanat, first = exam.browser("kanat"), rooms(exam)[0]
    table = said(kanat.get(f"{EXAM}/seats"))
    assert "Time runs: 1 · Paused: 0" in table
    assert "Handed in: 1 of 3" in table
    no_reason = kanat.post(f"{EXAM}/pause", {"for": f"room.{first}", "reason": " "})
    assert (no_reason.status_code, "classroom.no_reason" in no_reason.text) == (400, True)
    nobody = kanat.post(f"{EXAM}/pause", {"for": "", "reason": "Fire."})
    assert (nobody.status_code, "exam.no_scope" in nobody.text) == (400, True)
    fire = {"for": f"room.{first}", "reason": "A fire alarm."}
    assert kanat.post(f"{EXAM}/pause", fire).status_code == 303
    assert "Paused: ПИ-1" in said(kanat.get(EXAM))
    assert "your time stands still" in said(exam.browser("lira").get(EXAM))
    exam.clock.forward(timedelta(minutes=10))
    assert kanat.post(f"{EXAM}/resume", {"for": f"room.{first}"}).status_code == 303
    changed = "Your minutes were changed at"
    assert changed not in said(exam.browser("lira").get(EXAM))
    assert "changed at" not in said(kanat.get(f"{EXAM}/seats"))
    more = {"student": "lira", "minutes": "15", "reason": "Dyslexia."}
    assert kanat.post(f"{EXAM}/extra", more).status_code == 303
    hers = said(exam.browser("lira").get(EXAM))
    assert "75 min left" in hers
    assert changed in hers
    assert "you have 75 in all" in hers
    assert said(kanat.get(f"{EXAM}/seats")).count("changed at") == 1
    assert "Dyslexia" not in hers
    closes = typed(exam.clock.now() + timedelta(hours=5))
    moved = kanat.post(f"{EXAM}/rooms/{first}/closing", {"closes": closes, "reason": "The fire."})
    assert moved.status_code == 303
    phone = {"about": "student.lira", "text": "A <b>phone</b> rang."}
    assert kanat.post(f"{EXAM}/incidents", phone).status_code == 303
    page = kanat.get(EXAM)
    assert "<b>phone</b>" not in page.text
    assert all(each in said(page) for each in ("A fire alarm.", "Dyslexia.", "The fire."))
    number = re.search(r'id="entry-(\d+)"', page.text)[1]
    right = {"about": "student.lira", "text": "It was another one's.", "corrects": number}
    assert kanat.post(f"{EXAM}/incidents", right).status_code == 303
    assert f"Sets right No. {number}" in said(kanat.get(EXAM))
    odd = kanat.post(f"{EXAM}/incidents", right | {"corrects": "x"})
    assert (odd.status_code, "exam.no_entry" in odd.text) == (404, True)
    assert code in kanat.get(f"{EXAM}/rooms/{first}").text


def test_opening_a_closed_room_again_stands_in_the_book_and_on_the_attendance_sheet(exam):
    started(exam, "lira")
    first, second = rooms(exam)
    kanat, sheet = exam.browser("kanat"), f"{EXAM}/rooms/{first}/attendance"
    again, move = "Open the closed room again", "Move the closing"
    assert again not in said(kanat.get(EXAM))
    exam.clock.forward(timedelta(hours=9))
    kanat = exam.browser("kanat")
    assert "кайра ачылды" not in kanat.get(sheet).text
    assert (move in said(kanat.get(EXAM)), again in said(kanat.get(EXAM))) == (False, True)
    assert again not in said(exam.browser("olga").get(EXAM))
    form = {"closes": typed(exam.clock.now() + timedelta(hours=1)), "reason": "A power cut."}
    refused = exam.browser("olga").post(f"{EXAM}/rooms/{second}/closing", form)
    assert (refused.status_code, "classroom.teachers_own" in refused.text) == (403, True)
    no_reason = kanat.post(f"{EXAM}/rooms/{first}/closing", form | {"reason": ""})
    assert (no_reason.status_code, "classroom.no_reason" in no_reason.text) == (400, True)
    assert kanat.post(f"{EXAM}/rooms/{first}/closing", form).status_code == 303
    assert all(
        e in said(kanat.get(EXAM)) for e in ("Closed exam room opened again", "A power cut.")
    )
    paper = kanat.get(sheet).text
    assert "Жабылгандан кийин кайра ачылды" in paper
    assert "power cut" not in paper
    assert "кайра ачылды" not in kanat.get(f"{EXAM}/rooms/{second}/attendance").text


def test_who_does_not_invigilate_a_room_neither_opens_it_nor_sees_its_code(exam):
    first, second = rooms(exam)
    code, olga = opened(exam, first), exam.browser("olga")
    assert code not in olga.get(f"{EXAM}/rooms/{first}").text
    refused = olga.post(f"{EXAM}/rooms/{first}/open")
    assert (refused.status_code, "exam.not_invigilator" in refused.text) == (403, True)
    assert opened(exam, second, "olga") != code
    let_in = {"student": "marat", "room": second, "reason": "Ill in the morning."}
    assert olga.post(f"{EXAM}/admit", let_in).status_code == 303
    elsewhere = olga.post(f"{EXAM}/admit", let_in | {"student": "nurlan", "room": first})
    assert (elsewhere.status_code, "exam.not_invigilator" in elsewhere.text) == (403, True)
    lira = exam.browser("lira")
    for path in (f"{EXAM}/rooms/{first}", f"{EXAM}/seats"):
        assert lira.get(path).status_code == 403
    assert lira.post(f"{EXAM}/pause", {"for": "all", "reason": "Please."}).status_code == 403


def test_feedback_waits_for_the_last_room(exam):
    started(exam, "lira")
    hand_in(exam, "lira", "return 1")
    early = exam.browser("kanat").post(f"{PAGE}/lab/feedback")
    assert (early.status_code, "exam.not_closed" in early.text) == (409, True)


def test_the_attendance_sheet_is_printed_in_kyrgyz_with_russian(exam):
    started(exam, "lira")
    first = rooms(exam)[0]
    path = f"{EXAM}/rooms/{first}/attendance"
    kanat = exam.browser("kanat")
    sheet = kanat.get(path)
    assert "Экзамендин катышуу баракчасы" in sheet.text
    assert "Явочный лист экзамена" in sheet.text
    lines = said(sheet)
    assert "Ар кимге берилген мүнөт / Минут у каждого" in lines, "not the minutes of a committee"
    assert "Lira" in lines
    assert "Marat" in lines
    assert "Nurlan" not in lines
    assert "Байкоочу / Наблюдатель : Kanat" in lines
    book = kanat.get(f"{path}.xlsx")
    assert book.headers["content-type"].startswith("application/vnd.openxmlformats")
    assert kanat.get(f"{path}.pdf").content[:5] == b"%PDF-"
    assert exam.browser("lira").get(path).status_code == 403
    assert kanat.get(f"{EXAM}/rooms/{'0' * 32}/attendance").status_code == 404


def test_the_students_of_a_room_are_told_when_their_exam_is_and_that_it_is_off(desk):
    def told():
        _follow(desk)
        return {who: _kinds(desk, who) for who in ("lira", "marat", "nurlan", "olga")}

    people(desk)
    kanat = desk.browser("kanat")
    assert (
        kanat.post(EXAMS, {"assignment": "lab", "minutes": "60", "own": "yes"}).status_code == 303
    )
    assert told() == {"lira": [], "marat": [], "nurlan": [], "olga": []}
    plan(desk)
    of_all = ["course.exam_room_set"]
    assert told() == {"lira": of_all, "marat": of_all, "nurlan": [], "olga": []}
    plan(desk, who="olga")
    assert told()["lira"] == of_all, "another invigilator is nothing to tell"
    plan(desk, hours=(0, 4))
    code = opened(desk, rooms(desk)[0])
    later = {"closes": typed(desk.clock.now() + timedelta(hours=5)), "reason": "A power cut."}
    assert kanat.post(f"{EXAM}/rooms/{rooms(desk)[0]}/closing", later).status_code == 303
    _follow(desk)
    with desk.parts.store.unit(read_only=True) as u:
        (newest, *_) = u.notices.of_account("marat", unread=False, before=None, limit=1)
    led = desk.browser("marat").get(f"/desk/notices/{newest.entry}")
    assert led.headers["location"] == EXAM
    more = {"student": "lira", "minutes": "15", "reason": "Dyslexia."}
    assert kanat.post(f"{EXAM}/extra", more).status_code == 303
    assert kanat.post(f"{EXAM}/cancel").status_code == 303
    moved, off = ["course.exam_room_moved", "course.exam_closing"], ["course.exam_cancelled"]
    lira, marat = [*of_all, *moved, "course.exam_extra", *off], of_all + moved + off
    assert told() == {"lira": lira, "marat": marat, "nurlan": [], "olga": []}
    page = desk.browser("lira", "ky").get("/desk/notices").text
    assert "Экзамен башка убакытка жылдырылды" in page
    assert (code in page, "power cut" in page, "Dyslexia" in page) == (False, False, False)


def test_who_is_in_no_room_is_behind_a_link_and_names_stand_in_order(exam):
    shown = {"lira": "Уланова Лира", "marat": "Үмөтов Марат", "nurlan": "Яковлев Нурлан"}
    with exam.parts.store.unit() as u:
        for name, display in shown.items():
            u.accounts.save(replace(u.accounts.get(name), display_name=display))
        members = Members(u.session)
        members.save(replace(members.find(COURSE, "nurlan"), group="ПИ-3"))
        u.commit()

    def listed(path):
        return re.findall(r'<tr><th scope="row">([^<]+?) *</th>', kanat.get(path).text)

    kanat = exam.browser("kanat")
    in_rooms, every = [shown["lira"], shown["marat"]], list(shown.values())
    assert listed(EXAM) == listed(f"{EXAM}/seats") == in_rooms
    assert "All students of the course: 3" in said(kanat.get(EXAM))
    assert listed(f"{EXAM}?all=yes") == listed(f"{EXAM}/seats?all=yes") == every
    assert f'hx-get="{EXAM}/seats?all=yes"' in kanat.get(f"{EXAM}?all=yes").text
    assert '<option value="nurlan"' in kanat.get(EXAM).text, "may be let into a room"
    started(exam, "lira")
    into = {"student": "nurlan", "room": rooms(exam)[0], "reason": "Was ill."}
    assert kanat.post(f"{EXAM}/admit", into).status_code == 303
    assert shown["nurlan"] in said(kanat.get(f"{EXAM}/seats"))
    assert "All students of the course" not in said(kanat.get(EXAM))


def test_minutes_and_moments_that_are_none_are_told_how_to_be_written(exam):
    kanat = exam.browser("kanat")
    more = {"student": "lira", "minutes": "100000", "reason": "Dyslexia."}
    refused = kanat.post(f"{EXAM}/extra", more)
    assert (refused.status_code, "from 0 to 600" in refused.text) == (400, True)
    less = kanat.post(EXAMS, {"assignment": "other", "minutes": "-5", "own": "yes"})
    assert (less.status_code, "from 5 to 600" in less.text) == (400, True)
    closing = kanat.post(f"{EXAM}/rooms/{rooms(exam)[0]}/closing", {"closes": "", "reason": "x"})
    assert (closing.status_code, "2026-12-31 18:00" in closing.text) == (400, True)
