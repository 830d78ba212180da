"""Mark sheets on pages: the scale's form, a draft, signing, correcting, PDF and XLSX, own lines."""

from __future__ import annotations

import re
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from sandbox.domain.classroom import Duty, JobState
from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.services.classroom_people import give_course
from sandbox.services.course_staff import Appoint, appoint
from sandbox.services.identity import actor_of
from sandbox.services.spreadsheets import read_table
from tests.services import class_world
from tests.services.class_world import TERM, csv_of
from tests.services.mark_world import marked
from tests.web.course_world import COURSE, LAB, PAGE, enter
from tests.web.mark_sheet_desk import (
    corrected,
    given,
    marked_again,
    seen_on,
    set_scale,
    signed_sheet,
)
from tests.web.test_course_time import said, seat

SHEETS = f"{PAGE}/sheets"
WHICH = {"group": "ПИ-1", "term": TERM, "module": "1", "attempt": "0"}
DRAFT = f"{SHEETS}/draft?group=ПИ-1&term={TERM}&module=1&attempt=0"
LIRA = ("2026-004", "Бейшеева", "Лира", "Өмүрбековна", "ПИ-1")
LONG = ("2026-005", "Ө" * 60, "Ү" * 60, "Ң" * 60, "ПИ-1")


@pytest.fixture
def course(desk):
    seat(desk)
    with desk.parts.store.unit() as u:
        give_course(u, COURSE, u.accounts.get("aigul").org)
        u.commit()
    now = desk.clock.now()
    class_world.confirmed(desk.parts.store, csv_of(LIRA, LONG), at=now)
    return desk


@pytest.fixture
def lira(course):
    """Who Lira is on the class list; she works by the services."""
    with course.parts.store.unit(read_only=True) as u:
        (person,) = (
            each
            for each in u.class_people.of_school(u.accounts.get("aigul").org)
            if each.number == LIRA[0]
        )
    return person.account


def test_the_scale_is_offered_tried_and_set(course, lira):
    teacher = course.browser("kanat")
    offered = said(teacher.get(f"{PAGE}/scale"))
    assert "to be confirmed by the university" in offered
    given(course, lira, 1.0)
    tried = set_scale(teacher, "try", module__1__en="Payments")
    assert "Tried: nothing is set yet" in said(tried)
    assert "Payments : FX 1" in said(tried)
    assert "Payments" not in said(teacher.get(SHEETS))
    assert set_scale(teacher, module__1__en="Payments").status_code == 303
    assert "Payments" in said(teacher.get(SHEETS))
    assert "Version 1" in said(teacher.get(f"{PAGE}/scale"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"band__1__most": "87"}, "scale.bands_overlap"),
        ({"band__1__most": "85"}, "scale.bands_gap"),
        ({"band__0__most": "86.9"}, "scale.not_whole"),
        ({"module__1__weight": "99"}, "scale.weights"),
        ({"module__2__weight": "10"}, "scale.module_name"),
        ({"band__0__letter": "=1"}, "scale.letter"),
        ({"resits": "²"}, "scale.not_whole"),
        ({"hours": "9" * 30}, "scale.hours"),
    ],
)
def test_a_wrong_scale_changes_nothing_and_keeps_what_was_typed(course, changes, code):
    teacher = course.browser("kanat")
    for do in ("try", "set"):
        answer = set_scale(teacher, do, department__ky="Өзгөчө кафедра", **changes)
        assert (answer.status_code, code in answer.text) == (400, True)
        assert "Өзгөчө кафедра" in answer.text
    assert "First say how the course is marked" in said(teacher.get(SHEETS))


def test_a_sheet_is_looked_at_signed_and_locked(course, lira):
    teacher = course.browser("kanat")
    set_scale(teacher, department__ky="Экономика кафедрасы", department__ru="Кафедра экономики")
    submission = given(course, lira, 1.5)
    draft = said(teacher.get(DRAFT))
    assert "DRAFT" not in draft
    assert "ДОЛБООР" in draft
    assert "Бейшеева Лира Өмүрбековна" in draft
    assert "75" in draft
    answer = signed_sheet(teacher, WHICH)
    path = answer.headers["location"].partition("?")[0]
    page = said(teacher.get(path))
    assert "ДОЛБООР" not in page
    assert "The marks of now say the same." in page
    assert "жакшы / хорошо" in page
    marked_again(course, lira, submission, 2.0)
    page = said(teacher.get(path))
    assert "The marks of now differ from this sheet" in page
    assert "75 C 100 A" in page
    again = signed_sheet(teacher, WHICH)
    assert (again.status_code, "sheet.signed" in again.text) == (409, True)


def test_a_correction_says_who_and_why_and_the_old_version_stays(course, lira):
    teacher = course.browser("kanat")
    set_scale(teacher)
    submission = given(course, lira, 1.5)
    first = signed_sheet(teacher, WHICH).headers["location"].partition("?")[0]
    marked_again(course, lira, submission, 2.0)
    empty = corrected(teacher, first, " ")
    assert (empty.status_code, "classroom.no_reason" in empty.text) == (400, True)
    second = corrected(teacher, first, "Counted again.").headers["location"].partition("?")[0]
    page = said(teacher.get(second))
    assert "Counted again." in page
    assert "Оңдолгон: 2-версия" in page
    old = said(teacher.get(first))
    assert "A later version takes the place of this one." in old
    assert "жакшы / хорошо" in old
    late = teacher.post(f"{first}/correct", {"reason": "Again.", "seen": ""})
    assert (late.status_code, "sheet.not_newest" in late.text) == (409, True)


def test_an_assistant_reads_no_student_number_and_no_reason(course, lira):
    teacher = course.browser("kanat")
    set_scale(teacher)
    submission = given(course, lira, 1.5)
    first = signed_sheet(teacher, WHICH).headers["location"].partition("?")[0]
    marked_again(course, lira, submission, 2.0)
    path = corrected(teacher, first, "She was ill.").headers["location"].partition("?")[0]
    with course.parts.store.unit() as u:
        now = course.clock.now()
        org = u.accounts.get("aigul").org
        u.accounts.add(Account("olga", "Olga", "p-olga", org, (Seat.TEACHER,), "en", True, now))
        command = Appoint(COURSE, "olga", Duty.ASSISTANT.value, now, now + timedelta(days=1))
        appoint(u, actor_of(u, "kanat"), command, at=now)
        u.commit()

    def read(browser):
        files = [browser.get(f"{path}/sheet.pdf"), browser.get(DRAFT.replace("draft", "draft.pdf"))]
        table = read_table(browser.get(f"{path}/sheet.xlsx").content)
        return " ".join(
            [said(browser.get(path)), said(browser.get(DRAFT)), *map(pdf_text, files), str(table)]
        )

    secret = (LIRA[0], LONG[0], "She was ill.")
    assert [each in read(teacher) for each in secret] == [True, True, True]
    seen = read(course.browser("olga"))
    assert [each in seen for each in secret] == [False, False, False]
    assert "Бейшеева Лира" in seen


def test_work_that_could_not_be_graded_is_confirmed_with_a_box_of_its_own(course, lira):
    teacher = course.browser("kanat")
    set_scale(teacher)
    enter(course, lira, lambda room: marked(room, LAB, state=JobState.FAILED))
    assert "could not be graded: counts 0" in said(teacher.get(DRAFT))
    seen = seen_on(teacher, DRAFT)
    answer = teacher.post(SHEETS, {**WHICH, "seen": seen})
    assert (answer.status_code, "sheet.not_graded" in answer.text) == (409, True)
    answer = teacher.post(SHEETS, {**WHICH, "seen": seen, "zeros": "yes"})
    assert answer.status_code == 303


def test_what_changed_after_the_look_is_not_signed(course, lira):
    teacher = course.browser("kanat")
    set_scale(teacher)
    answer = teacher.post(SHEETS, {**WHICH, "seen": "0" * 64})
    assert (answer.status_code, "sheet.changed_meanwhile" in answer.text) == (409, True)
    assert "No sheet is signed yet." in said(teacher.get(SHEETS))


def test_a_student_finds_their_own_line_and_nobody_elses(course, lira):
    teacher = course.browser("kanat")
    set_scale(teacher)
    given(course, lira, 1.5)
    assert signed_sheet(teacher, WHICH).status_code == 303
    own = said(course.browser(lira).get(SHEETS))
    assert "75 C good" in own
    assert "Ө" * 60 not in own
    assert "No sheet with your marks is signed yet." in said(course.browser("marat").get(SHEETS))


@pytest.mark.parametrize("who", ["marat", "aigul"])
def test_only_teachers_open_sheets_scale_and_files(course, lira, who):
    teacher = course.browser("kanat")
    set_scale(teacher)
    path = signed_sheet(teacher, WHICH).headers["location"].partition("?")[0]
    browser = course.browser(who)
    refused = (403, 404)
    for place in (
        *(path, f"{path}/sheet.pdf", f"{path}/sheet.xlsx", DRAFT, f"{PAGE}/scale"),
        *(DRAFT.replace("draft", "draft.pdf"), DRAFT.replace("draft", "draft.xlsx")),
    ):
        assert browser.get(place).status_code in refused, place
    assert browser.post(SHEETS, {**WHICH, "seen": ""}).status_code in refused
    assert browser.post(f"{path}/correct", {"reason": "R"}).status_code in refused
    assert browser.post(f"{PAGE}/scale", {"do": "set"}).status_code in refused


@pytest.mark.parametrize(
    "query",
    ["", "?group=x&module=1", "?group=ПИ-1&module=9", "?attempt=²", "?attempt=99999999999999999"],
)
def test_a_draft_of_nothing_is_an_error_and_not_a_crash(course, query):
    teacher = course.browser("kanat")
    set_scale(teacher)
    assert teacher.get(f"{SHEETS}/draft{query}").status_code in (404, 409)
    assert teacher.get(f"{SHEETS}/{'0' * 32}").status_code == 404


def pdf_text(answer):
    assert answer.headers["content-type"] == "application/pdf"
    reader = PdfReader(BytesIO(answer.content))
    return " ".join(re.sub(r"\s+", " ", each.extract_text()) for each in reader.pages)


def test_the_pdf_is_in_kyrgyz_with_russian_and_has_signature_lines_and_the_digest(course, lira):
    teacher = course.browser("kanat")
    set_scale(teacher, department__ky="Өнүгүү кафедрасы", department__ru="Кафедра развития")
    given(course, lira, 1.5)
    draft = pdf_text(teacher.get(DRAFT.replace("draft", "draft.pdf")))
    assert "ДОЛБООР: кол коюлган эмес / ПРОЕКТ: не подписано" in draft
    path = signed_sheet(teacher, WHICH).headers["location"].partition("?")[0]
    text = pdf_text(teacher.get(f"{path}/sheet.pdf"))
    for each in (
        *("Ведомость", "Өнүгүү кафедрасы / Кафедра развития", "Бейшеева Лира Өмүрбековна"),
        *("2026-004", "75", "жакшы / хорошо", "келген жок / не явился", "Kanat"),
        *("Кафедра башчысы / Заведующий кафедрой", "Декан", "SHA-256", "Баалар боюнча жыйынтык"),
    ):
        assert each in text
    assert "ДОЛБООР" not in text
    assert text.replace(" ", "").count("Ң" * 60) == 1
    assert teacher.get(f"{path}/sheet.pdf").content == teacher.get(f"{path}/sheet.pdf").content


def test_the_whole_courses_sheet_lies_on_its_side_with_the_points_of_each_module(course, lira):
    teacher = course.browser("kanat")
    set_scale(teacher, module__1__ky="Төлөмдөр модулу", module__1__ru="Модуль платежей")
    given(course, lira, 1.5)
    whole = DRAFT.replace("module=1", "module=final")
    early = teacher.get(whole)
    assert (early.status_code, "sheet.modules_not_signed" in early.text) == (409, True)
    signed_sheet(teacher, WHICH)
    answer = teacher.get(whole.replace("draft", "draft.pdf"))
    text = pdf_text(answer)
    for each in ("Сабак боюнча жыйынтык / Итог по дисциплине", "Төлөмдөр модулу", "Декан"):
        assert each in text
    box = PdfReader(BytesIO(answer.content)).pages[0].mediabox
    assert box.width > box.height


def test_in_the_xlsx_nothing_that_was_typed_is_a_formula(course, lira):
    teacher = course.browser("kanat")
    evil = '=HYPERLINK("http://x","y")'
    set_scale(teacher, department__ky=evil, department__ru="@SUM(1)", band__2__ky="+жакшы")
    given(course, lira, 1.5)
    path = signed_sheet(teacher, WHICH).headers["location"].partition("?")[0]
    answer = teacher.get(f"{path}/sheet.xlsx")
    assert "spreadsheetml" in answer.headers["content-type"]
    rows = [cells for _row, cells in read_table(answer.content)]
    assert rows[0][1] == "Фамилиясы, аты, атасынын аты / Фамилия, имя, отчество"
    assert rows[1][1:7] == [
        *("Бейшеева Лира Өмүрбековна", "2026-004", "75", "C", "3.00", "+жакшы / хорошо"),
    ]
    with zipfile.ZipFile(BytesIO(answer.content)) as book:
        sheets = [book.read(n) for n in book.namelist() if n.startswith("xl/worksheets/sheet")]
        assert len(sheets) == 2
        assert not any(b"<f>" in each or b"<hyperlink" in each for each in sheets)
        assert "HYPERLINK" in book.read("xl/sharedStrings.xml").decode()
