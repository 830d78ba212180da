"""A teacher's page of an assignment: the class, the progress, the tasks, the changes."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy

from sandbox.domain.classroom import ActionKind, ClassPerson, CourseRole, Duty, Member
from sandbox.domain.coursework import PAGES_OF_COURSE, AssignmentName, Bundle
from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.kit.errors import InvalidInput
from sandbox.services import classroom_exchange, classroom_grading
from sandbox.services.classroom_people import seed_course
from sandbox.services.classroom_queue import LEASE, MAX_ATTEMPTS
from sandbox.services.spreadsheets import read_table
from sandbox.store.classroom import Actions, Members
from tests.web.course_world import (
    COURSE,
    LAB,
    PAGE,
    TITLES,
    enter,
    grade,
    hand_in,
    notebook,
    release,
    worker,
)
from tests.web.sweep import patterns
from tests.web.test_course_time import course, said, seat
from tests.web.test_page_queries import counted

__all__ = ["course", "seat"]
CLASS, TASKS, CHANGES = f"{PAGE}/lab", f"{PAGE}/lab/tasks", f"{PAGE}/lab/changes"
STUDENT = f"{PAGE}/lab/students/lira"
FULL, HALF, NONE = {"q1": 2.0, "q2": 2.0}, {"q1": 2.0, "q2": 0.0}, {"q1": 0.0, "q2": 0.0}


def test_no_assignment_is_named_as_a_page_of_its_course(course):
    below = "/desk/courses/{course}/"
    found = {
        path.removeprefix(below).split("/")[0]
        for method in ("GET", "POST")
        for path, _pattern in patterns(course, method)
        if path.startswith(below)
    }
    assert found - {"{assignment}"} == PAGES_OF_COURSE
    files = Bundle.of({"lab.ipynb": notebook("Double a number.", "2 * 2")})

    for name in map(AssignmentName, PAGES_OF_COURSE):
        with pytest.raises(InvalidInput) as refused:
            enter(
                course,
                "kanat",
                lambda room, name=name: classroom_exchange.release(
                    room, name, student_version=files, master=files, titles=TITLES
                ),
            )
        assert refused.value.code == "coursework.page_name"


def test_a_student_finds_the_newest_hand_in_first(course):
    for answer in ("1 * 1", "2 * 2"):
        hand_in(course, "lira", answer)
    found = re.findall(r"Receipt number (\d+)", course.browser("lira").get(PAGE).text)
    assert int(found[0]) > int(found[1])


def test_lost_grading_is_told_to_student_and_teacher_until_it_is_asked_for_again(course):
    hand_in(course, "lira", "2 * 2")
    course.browser("kanat").post(f"{PAGE}/lab/grade")
    queue, lost = worker(course, {"lira": FULL}), "Grading broke off several times"
    for _ in range(MAX_ATTEMPTS):
        assert queue._lease()
        assert lost not in course.browser("lira").get(PAGE).text
        course.clock.forward(LEASE + timedelta(seconds=1))
    assert not queue.work_once()
    for who, path in (("lira", PAGE), ("kanat", CLASS), ("kanat", STUDENT)):
        assert lost in course.browser(who).get(path).text, path
    grade(course, {"lira": FULL})
    for who, path in (("lira", PAGE), ("kanat", CLASS), ("kanat", STUDENT)):
        assert lost not in course.browser(who).get(path).text, path


def more_students(desk, count):
    """Students s000, s001 …; one is called like a formula."""
    at = desk.clock.now()
    names = [f"s{number:03d}" for number in range(count)]
    with desk.parts.store.unit() as u:
        for number, name in enumerate(names):
            shown = "=1+2" if number == 7 else f"Student {number:03d}"
            u.accounts.add(Account(name, shown, f"p-{name}", None, (Seat.STUDENT,), "en", True, at))
            u.class_people.add(
                ClassPerson(name, "", f"2026-{number:03d}", f"2026{number:03d}", shown, "A", "")
            )
            group = "ПИ-1" if number % 2 else "ПИ-2"
            u.session.flush()
            Members(u.session).add(Member(COURSE, name, CourseRole.STUDENT, at, group=group))
        u.commit()
    return names


def assistant(desk):
    """Olga assists for ten days."""
    at = desk.clock.now()
    with desk.parts.store.unit() as u:
        u.accounts.add(Account("olga", "Olga", "p-olga", None, (Seat.TEACHER,), "en", True, at))
        until = at + timedelta(days=10)
        member = Member(COURSE, "olga", CourseRole.TEACHER, at, until, duty=Duty.ASSISTANT)
        Members(u.session).add(member)
        u.commit()
    return desk.browser("olga")


def table(page):
    """The text of each line of the page's table."""
    body = page.text.split("<tbody>")[1].split("</tbody>")[0]
    rows = [each for each in body.split("<tr") if "<th" in each]
    return [unescape(" ".join(re.sub("<[^>]+>", " ", f"<tr{each}").split())) for each in rows]


def test_the_class_is_searched_filtered_ordered_and_shown_in_parts(course):
    more_students(course, 120)
    hand_in(course, "lira", "1")
    hand_in(course, "s003", "2")
    grade(course, {"lira": FULL, "s003": NONE})
    browser = course.browser("kanat")
    first = browser.get(CLASS)
    assert (len(table(first)), "Found: 122" in said(first)) == (50, True)
    assert f"{CLASS}?start=50" in first.text
    assert len(table(browser.get(f"{CLASS}?start=100"))) == 22
    assert [row.split()[:2] for row in table(browser.get(f"{CLASS}?q=2026-017"))] == [
        ["Student", "017"]
    ]
    assert len(table(browser.get(f"{CLASS}?show=work_graded"))) == 2
    assert "Found: 120" in said(browser.get(f"{CLASS}?show=work_not_fetched"))
    assert "Found: 60" in said(browser.get(f"{CLASS}?q=пи-1"))
    lowest = table(browser.get(f"{CLASS}?show=work_graded&order=mark"))
    assert ["0 / 4" in lowest[0], "4 / 4" in lowest[1]] == [True, True]
    odd = browser.get(f"{CLASS}?show=nothing&order=x&start=-3&q=%00")
    assert odd.status_code == 200
    assert "Nobody matches." in said(browser.get(f"{CLASS}?q=nobody-like-this"))


def test_the_page_asks_the_store_as_often_for_many_students_as_for_few(course):
    def asked(path):
        course.browser("kanat").get(path)
        with counted(course) as found:
            assert course.browser("kanat").get(path).status_code == 200
        return len(found)

    hand_in(course, "lira", "1")
    grade(course, {"lira": FULL})
    grade(course, {"lira": HALF}, "regrade")
    before = [asked(path) for path in (PAGE, CLASS, TASKS, CHANGES)]
    names = more_students(course, 60)
    for name in names[:20]:
        hand_in(course, name, name)
    grade(course, dict.fromkeys(names, HALF) | {"lira": NONE}, "regrade")
    assert [asked(path) for path in (PAGE, CLASS, TASKS, CHANGES)] == before


def test_stages_of_students_are_told_apart(course):
    more_students(course, 3)
    for who in ("lira", "s000", "s001"):
        hand_in(course, who, who)
    grade(course, {"lira": FULL, "s000": {"q1": 2.0, "q2": None}, "s001": {"q1": 9.0}})
    hand_in(course, "s002", "late")
    enter(course, "marat", lambda room: classroom_exchange.fetch(room, LAB))
    lines = " ".join(table(course.browser("kanat").get(CLASS)))
    for words in ("Fetched, not handed in", "Waits for grading", "Waits for a teacher's mark",
                  "Grading failed", "Graded"):  # fmt: skip
        assert words in lines
    assert said(course.browser("kanat").get(PAGE)).count("Handed in: 4 of 5") == 1


def test_exports_have_everybody_found_and_no_formula(course):
    more_students(course, 60)
    hand_in(course, "s007", "1")
    grade(course, {"s007": HALF})
    browser = course.browser("kanat")
    plain = browser.get(f"{CLASS}?form=csv").text
    rows = list(csv.DictReader(io.StringIO(plain.removeprefix("\ufeff"))))
    assert len(rows) == 62
    (row,) = [each for each in rows if each["account"] == "s007"]
    assert (row["student"], row["mark"], row["points"], row["group"]) == ("'=1+2", "2", "4", "ПИ-1")
    assert [row["state"], row["late"]] == ["Graded", "no"]
    book = browser.get(f"{CLASS}?form=xlsx&show=work_graded").content
    cells = [cells for _row, cells in read_table(book)]
    assert (len(cells), cells[1][0], cells[1][8]) == (2, "=1+2", "2")
    sheet = zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert browser.get(f"{CLASS}?form=pdf").headers["content-type"].startswith("text/html")


def test_progress_says_nothing_of_the_time_before_two_are_done(course):
    names = more_students(course, 6)
    for name in names:
        hand_in(course, name, name)
    browser = course.browser("kanat")
    assert "hx-get" not in browser.get(CLASS).text
    assert browser.post(f"{CLASS}/grade").headers["location"] == f"{CLASS}?said=grading_asked"
    queue = worker(course, dict.fromkeys(names, FULL))
    for expected in ("is said when two are done", "is said when two are done", "About 8 min left"):
        page = browser.get(CLASS)
        assert 'hx-trigger="every 3s"' in page.text
        assert expected in said(page)
        assert expected in said(browser.get(f"{CLASS}/progress"))
        course.clock.forward(timedelta(minutes=2))
        queue.work_once()
        browser.post(f"{CLASS}/grade")
    assert "3 of 6" in said(browser.get(CLASS))
    while queue.work_once():
        pass
    assert "Grading is over." in said(browser.get(f"{CLASS}/progress"))
    assert "hx-get" not in browser.get(CLASS).text


def test_durations_of_an_earlier_run_do_not_count(course):
    names = more_students(course, 4)
    for name in names:
        hand_in(course, name, name)
    grade(course, dict.fromkeys(names, FULL))
    course.clock.forward(timedelta(days=1))
    assert course.browser("kanat").post(f"{CLASS}/regrade").status_code == 303
    page = said(course.browser("kanat").get(CLASS))
    assert "0 of 4" in page
    assert "is said when two are done" in page


def test_tasks_show_figures_reasons_and_how_little_they_mean(course):
    names = more_students(course, 4)
    marks = {"s000": FULL, "s001": FULL, "s002": HALF, "s003": NONE}
    for name in names:
        hand_in(course, name, name)
    browser = course.browser("kanat")
    assert "Nothing is graded yet." in said(browser.get(TASKS))
    grade(course, marks)
    page = browser.get(TASKS)
    text = said(page)
    assert "Task q1" in text
    assert "75 %" in text
    assert "50 %" in text
    assert "0.58" in text
    assert "&lt;b&gt;q2&lt;/b&gt; is wrong" in page.text
    assert "<b>q2</b>" not in page.text
    assert "these figures mean little" in text
    assert "item-rest correlation" in text
    assert 'data-chart="items"' in page.text


def test_grading_again_shows_what_changed_and_keeps_a_teachers_own_mark(course):
    hand_in(course, "lira", "1")
    hand_in(course, "marat", "2")
    grade(course, {"lira": HALF, "marat": FULL})
    browser = course.browser("kanat")
    assert "changed no mark" in said(browser.get(CHANGES))
    (own,) = [s for s in enter(course, "kanat", _standings) if s.student == "lira"]
    enter(course, "kanat", lambda room: classroom_grading.set_teacher_mark(
        room, own.submission, ("lab", "q2"), mark=1.5, comment="Half of it."))  # fmt: skip
    grade(course, {"lira": {"q1": 1.0, "q2": 2.0}, "marat": FULL}, "regrade")
    page = browser.get(CHANGES)
    first, second = table(page)
    assert ("Task q1 2 1" in first, "1 / 2" in first) == (True, True)
    assert ("Task q2 0 2" in second, "1.5 / 2" in second) == (True, True)
    assert "own mark, kept" in second
    assert "Marat" not in page.text
    assert browser.post(f"{CLASS}/feedback").status_code == 303
    assert "changed no mark" in said(browser.get(CHANGES))
    grade(course, {"lira": {"q1": 1.0, "q2": 0.0}, "marat": FULL}, "regrade")
    (only,) = table(browser.get(CHANGES))
    assert "Task q2 2 0" in only


def _standings(room):
    return classroom_grading.standings(room, LAB)


def test_a_corrected_release_that_changes_marks_is_told_too(course):
    hand_in(course, "lira", "1")
    grade(course, {"lira": HALF})
    release(course, "Double an integer.", "An integer was meant.")
    grade(course, {"lira": {"q1": 2.0, "q3": 2.0}})
    lines = " ".join(table(course.browser("kanat").get(CHANGES)))
    assert "Task q3 — 2" in lines
    assert "q2 0 — The task is not in the assignment any more." in lines


def test_a_students_page_shows_hand_ins_marks_authors_and_feedback(course):
    receipt = hand_in(course, "lira", "1")
    browser = course.browser("kanat")
    assert "grading was not asked for" in said(browser.get(STUDENT))
    grade(course, {"lira": HALF})
    submission = receipt["body"]["submission"]
    enter(course, "kanat", lambda room: classroom_grading.set_teacher_mark(
        room, submission, ("lab", "q2"), mark=1.5, comment="<i>Half</i>"))  # fmt: skip
    page = browser.get(STUDENT)
    text = said(page)
    assert "Task q2 0 / 2 1.5 / 2 Kanat" in text
    assert "&lt;i&gt;Half&lt;/i&gt;" in page.text
    assert "no feedback for it yet" in text
    assert f"/desk/receipts/{COURSE}/{submission}.json" in page.text
    browser.post(f"{CLASS}/feedback")
    assert "3.5 of 4" in said(browser.get(STUDENT))
    assert "Nothing was handed in yet." in said(browser.get(f"{CLASS}/students/marat"))


def test_viewing_as_a_student_shows_the_same_is_noted_and_the_student_reads_of_it(course):
    hand_in(course, "lira", "1")
    grade(course, {"lira": HALF})
    assert "Teachers who looked" not in said(course.browser("lira").get(PAGE))
    seen = course.browser("kanat").post(f"{STUDENT}/as-student")
    assert "No feedback yet." in said(seen)
    assert "Task q1" not in seen.text
    main = seen.text.split("<main")[1].split("</main>")[0]
    assert "<form" not in main
    hers = said(course.browser("lira").get(PAGE))
    assert "Teachers who looked at this as you see it Kanat" in hers
    with course.parts.store.unit(read_only=True) as u:
        (found,) = Actions(u.session).all_of(ActionKind.VIEWED_AS_STUDENT, COURSE, LAB)
        entries = [e for e in u.audit.scan() if e.kind == "course.viewed_as_student"]
    assert (found.actor, found.student, len(entries)) == ("kanat", "lira", 1)
    course.browser("kanat").post(f"{CLASS}/feedback")
    assert "Task q1" in course.browser("kanat").post(f"{STUDENT}/as-student").text
    assert "Teachers who looked" not in said(course.browser("marat").get(PAGE))


def test_a_student_sees_the_marks_that_were_released_until_others_are(course):
    submission = hand_in(course, "lira", "1")["body"]["submission"]
    grade(course, {"lira": HALF})
    kanat, lira = course.browser("kanat"), course.browser("lira")
    kanat.post(f"{CLASS}/feedback")
    assert "Task q2 0 / 2" in said(lira.get(PAGE))
    enter(course, "kanat", lambda room: classroom_grading.set_teacher_mark(
        room, submission, ("lab", "q2"), mark=1.5, comment="Looked at again."))  # fmt: skip
    for page in (lira.get(PAGE), kanat.post(f"{STUDENT}/as-student")):
        assert "Task q2 0 / 2" in said(page)
        assert "Looked at again." not in page.text
    theirs = enter(course, "lira", lambda room: classroom_grading.marks_of(room, submission))
    assert [each.teacher_mark for each in theirs] == [None, None]
    assert "1.5 / 2" in said(kanat.get(STUDENT)), "who teaches sees what counts now"
    kanat.post(f"{CLASS}/feedback")
    again = said(lira.get(PAGE))
    assert ("Task q2 1.5 / 2" in again, "Looked at again." in again) == (True, True)


def test_of_a_release_that_kept_no_marks_only_unchanged_ones_are_shown(course):
    submission = hand_in(course, "lira", "1")["body"]["submission"]
    grade(course, {"lira": HALF})
    course.browser("kanat").post(f"{CLASS}/feedback")
    with course.parts.store.unit() as u:
        (found,) = Actions(u.session).all_of(ActionKind.FEEDBACK_RELEASED, COURSE, LAB)
        old = {name: value for name, value in found.detail.items() if name != "marks"}
        u.session.execute(
            sqlalchemy.text("UPDATE classroom_action SET detail = :detail WHERE id = :id"),
            {"detail": json.dumps(old), "id": found.id},
        )
        u.commit()
    assert "Task q2 0 / 2" in said(course.browser("lira").get(PAGE))
    course.browser("kanat").post(f"{CLASS}/feedback")
    with course.parts.store.unit(read_only=True) as u:
        assert len(Actions(u.session).all_of(ActionKind.FEEDBACK_RELEASED, COURSE, LAB)) == 1
    enter(course, "kanat", lambda room: classroom_grading.set_teacher_mark(
        room, submission, ("lab", "q2"), mark=1.5, comment=""))  # fmt: skip
    hers = said(course.browser("lira").get(PAGE))
    assert ("Task q2" in hers, "2 of 4" in hers) == (False, True)


def test_a_long_list_of_changes_is_folded_by_student_and_comes_in_parts(course):
    names = more_students(course, 22)
    for name in names:
        hand_in(course, name, f"{name!r}")
    grade(course, dict.fromkeys(names, HALF))
    grade(course, {**dict.fromkeys(names, FULL), names[0]: NONE}, "regrade")
    browser = course.browser("kanat")
    page = browser.get(CHANGES)
    assert "Marks: 22, students: 22" in said(page)
    assert "Student 000 Marks: 1. Before: 2, now: 0" in said(page)
    assert page.text.count('<details class="body">') == 20
    assert f"{CHANGES}?start=0" not in page.text
    rest = browser.get(re.search(rf'rel="next" href="({CHANGES}[^"]+)"', page.text)[1])
    assert ("Student 021" in said(rest), "Student 019" in said(rest)) == (True, False)
    assert rest.text.count('<details class="body">') == 2


def test_changes_of_few_students_are_shown_unfolded(course):
    hand_in(course, "lira", "1")
    grade(course, {"lira": HALF})
    grade(course, {"lira": NONE}, "regrade")
    assert '<details class="body" open>' in course.browser("kanat").get(CHANGES).text


@pytest.mark.parametrize("who", ["lira", "aigul"])
def test_students_and_strangers_find_no_such_page(course, who):
    hand_in(course, "lira", "1")
    browser = course.browser(who)
    for path in (CLASS, f"{CLASS}?form=csv", f"{CLASS}/progress", TASKS, CHANGES, STUDENT):
        assert browser.get(path).status_code == 404, path
    for path in (f"{CLASS}/grade", f"{CLASS}/regrade", f"{CLASS}/feedback",
                 f"{STUDENT}/as-student"):  # fmt: skip
        assert browser.post(path).status_code == 404, path
    with course.parts.store.unit(read_only=True) as u:
        assert Actions(u.session).all_of(ActionKind.VIEWED_AS_STUDENT, COURSE) == ()
        assert Actions(u.session).all_of(ActionKind.GRADING_ASKED, COURSE) == ()


def test_an_assistant_grades_and_looks_and_releases_nothing(course):
    more_students(course, 1)
    hand_in(course, "lira", "1")
    browser = assistant(course)
    page = browser.get(CLASS)
    assert ("Grade all newest" in page.text, "Release the feedback<" in page.text) == (True, False)
    assert browser.post(f"{CLASS}/grade").status_code == 303
    assert browser.get(STUDENT).status_code == 200
    assert "2026-000" not in page.text + browser.get(f"{CLASS}?form=csv").text
    assert "2026-000" in course.browser("kanat").get(CLASS).text
    worker(course, {"lira": FULL}).work_once()
    refused = browser.post(f"{CLASS}/feedback")
    assert (refused.status_code, "classroom.teachers_own" in refused.text) == (403, True)
    course.clock.forward(timedelta(days=11))
    assert course.browser("olga").get(CLASS).status_code == 404


def test_what_is_not_there_is_not_found(course):
    browser = course.browser("kanat")
    for path in (f"{PAGE}/other", f"{PAGE}/other/tasks", f"{PAGE}/other/changes",
                 f"{CLASS}/students/kanat", f"{CLASS}/students/nobody"):  # fmt: skip
        assert browser.get(path).status_code == 404, path
    assert browser.post(f"{PAGE}/other/grade").status_code == 404
    assert browser.post(f"{CLASS}/students/nobody/as-student").status_code == 404
    empty = browser.post(f"{CLASS}/feedback")
    assert (empty.status_code, "classroom.nothing_graded" in empty.text) == (404, True)


def test_who_left_after_handing_in_stays_in_the_table_and_is_not_viewed_as(course):
    hand_in(course, "marat", "1")
    with course.parts.store.unit() as u:
        member = Members(u.session).find(COURSE, "marat")
        Members(u.session).save(replace(member, until=course.clock.now()))
        seed_course(u, course.clock.now(), teachers=[], students=["lira"])
        u.commit()
    browser = course.browser("kanat")
    assert "Marat" in browser.get(CLASS).text
    assert browser.get(f"{CLASS}/students/marat").status_code == 200
    assert browser.post(f"{CLASS}/students/marat/as-student").status_code == 404


@pytest.mark.parametrize("word", ["people", "scale", "sheets", "certificates"])
def test_other_pages_of_a_course_are_not_taken_for_an_assignment(course, word):
    answer = course.browser("kanat").get(f"{PAGE}/{word}")
    assert "classroom.not_released" not in answer.text
    assert answer.status_code != 500
    assert "classroom.not_released" in course.browser("kanat").get(f"{PAGE}/{word}-lab").text
