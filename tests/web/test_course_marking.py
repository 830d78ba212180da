"""Marking free answers by a rubric, one after another, on the pages."""

from __future__ import annotations

import html
import re

import pytest

from sandbox.domain.classroom import ActionKind
from sandbox.services import classroom_feedback
from sandbox.store.classroom import Actions, Jobs, Marks
from tests.web import sweep
from tests.web.course_world import COURSE, LAB, PAGE, enter
from tests.web.marking_world import (
    FULL,
    MARKING,
    QUESTION,
    answered,
    graded,
    release_essay,
    seat,
    write,
)


@pytest.fixture
def marking(desk):
    return answered(desk)


def said(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.text))


def seen_by(desk, who, student, question=QUESTION):
    """What a form on the page of an answer carries."""
    page = desk.browser(who).get(f"{question}/{student}")
    assert page.status_code == 200
    return {"seen": re.search(r'name="seen" value="([^"]+)"', page.text)[1]}


def save(desk, who, student, **fields):
    """Mark one answer by the form."""
    fields = {key.replace("_", "."): value for key, value in fields.items()}
    seen = seen_by(desk, who, student)
    return desk.browser(who).post(f"{QUESTION}/{student}", seen | {"then": "next"} | fields)


def begin(desk, who):
    """Where the page of questions leads to."""
    page = desk.browser(who).get(MARKING).text
    found = re.search(rf'href="({QUESTION}/[^"]+)"', page)
    return found and found[1]


def mark(desk, student):
    """The mark of a student's newest submission."""
    with desk.parts.store.unit(read_only=True) as u:
        work = Actions(u.session).newest(ActionKind.SUBMITTED, COURSE, LAB, student)
        return Marks(u.session).get(work.id, "lab", "why")


def audited(desk):
    with desk.parts.store.unit(read_only=True) as u:
        return [each for each in u.audit.scan() if each.kind == "course.marked"]


def test_questions_with_progress_and_what_waits(marking):
    page = said(marking.browser("kanat").get(MARKING))
    assert "Себебин жазыңыз" in page
    assert "1 of 3 marked" in page, "the platform gave nothing for nothing"
    write(marking, "lira", "Another answer.")
    assert "1 of 2 marked · not graded yet: 1" in said(marking.browser("kanat").get(MARKING))


def test_the_next_answer_is_one_without_a_mark_until_all_are_marked(marking):
    browser, met = marking.browser("olga"), set()
    there = begin(marking, "olga")
    for _each in range(2):
        student = there.split("?")[0].rsplit("/", 1)[1]
        met.add(student)
        answer = save(marking, "olga", student, **{"level.0": "1", "level.1": "2"})
        assert answer.status_code == 303
        there = answer.headers["location"]
    assert met == {"lira", "asel"}
    assert there == f"{MARKING}?said=mark_given"
    assert "3 of 3 marked" in said(browser.get(MARKING))
    assert mark(marking, "lira").teacher_mark == 1.5


def test_levels_give_the_points_and_can_be_chosen_again(marking):
    save(marking, "olga", "lira", **FULL, comment="Well argued.")
    assert (mark(marking, "lira").teacher_mark, mark(marking, "lira").comment) == (
        2.0,
        "Well argued.",
    )
    page = marking.browser("kanat").get(f"{QUESTION}/lira").text
    assert re.search(r'id="level-1-2" name="level\.1" value="2" required checked', page)
    assert "Olga" in page
    save(marking, "kanat", "lira", **{"level.0": "0", "level.1": "1"})
    assert mark(marking, "lira").teacher_mark == 0.5
    entries = audited(marking)
    assert [each.actor for each in entries] == ["olga", "kanat"], "past marks keep their author"
    data = entries[-1].body["data"]
    assert (data["before"], data["mark"], data["levels"]) == ("2.0", "0.5", [0, 1])
    assert "Well argued" not in str([each.body for each in entries])


def test_other_levels_with_the_same_sum_are_kept_and_the_same_again_change_nothing(marking):
    save(marking, "olga", "lira", **{"level.0": "1", "level.1": "0"})
    save(marking, "olga", "lira", **{"level.0": "0", "level.1": "1"})
    save(marking, "olga", "lira", **{"level.0": "0", "level.1": "1"})
    assert [each.body["data"]["levels"] for each in audited(marking)] == [[1, 0], [0, 1]]


def test_a_mark_can_be_taken_back(marking):
    save(marking, "olga", "lira", **FULL)
    assert save(marking, "olga", "lira", then="clear").status_code == 303
    assert mark(marking, "lira").teacher_mark is None
    assert "1 of 3 marked" in said(marking.browser("olga").get(MARKING))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"level.0": "1"}, "marking.levels_missing"),
        ({"level.0": "1", "level.1": "9"}, "marking.no_such_level"),
        ({"level.0": "1", "level.1": "-1"}, "marking.levels_missing"),
        ({**FULL, "comment": "x" * 4001}, "classroom.words_too_long"),
    ],
)
def test_a_wrong_form_changes_nothing_and_keeps_what_was_typed(marking, fields, code):
    answer = save(marking, "olga", "lira", **({"comment": "Look again."} | fields))
    assert (answer.status_code, code in answer.text) == (400, True)
    assert mark(marking, "lira").teacher_mark is None
    assert fields.get("comment", "Look again.") in answer.text
    assert re.search(r'name="level\.0" value="[12]" required checked', answer.text)


def test_nobody_overwrites_a_colleague_or_a_newer_submission_unseen(marking):
    mine = seen_by(marking, "olga", "lira")
    save(marking, "kanat", "lira", **FULL)
    late = {**mine, "level.0": "0", "level.1": "0", "comment": "Thin.", "then": "next"}
    answer = marking.browser("olga").post(f"{QUESTION}/lira", late)
    assert (answer.status_code, "marking.overtaken" in answer.text) == (409, True)
    assert "Thin." in answer.text
    assert "Given: 2 of 2" in said(answer)
    assert mark(marking, "lira").teacher_mark == 2.0
    again = {**late, "seen": re.search(r'name="seen" value="([^"]+)"', answer.text)[1]}
    write(marking, "lira", "Quite another answer.")
    graded(marking)
    answer = marking.browser("olga").post(f"{QUESTION}/lira", again)
    assert (answer.status_code, "marking.overtaken" in answer.text) == (409, True)
    assert "Quite another answer." in answer.text


def test_what_a_student_wrote_is_shown_as_text(marking):
    page = marking.browser("olga").get(f"{QUESTION}/lira").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "**Really.**" in page
    assert "Өз сөзүңүз менен." in page
    assert "Карызга алынган акча." in page
    assert "Nothing was written here" not in page
    assert "Nothing was written here" in marking.browser("olga").get(f"{QUESTION}/marat").text


def test_marks_outlast_grading_again_and_reach_the_feedback(marking):
    save(marking, "olga", "lira", **FULL, comment="Well argued.")
    graded(marking, again=True)
    assert mark(marking, "lira").teacher_mark == 2.0
    page = marking.browser("olga").get(f"{QUESTION}/lira").text
    assert re.search(r'name="level\.0" value="2" required checked', page)
    enter(
        marking, "kanat", lambda room: classroom_feedback.release_feedback(room, LAB, unmarked=True)
    )
    assert "Well argued." in said(marking.browser("lira").get(PAGE))


def test_the_rubric_is_in_the_readers_language(marking):
    page = marking.browser("olga", "ky").get(f"{QUESTION}/lira").text
    assert "Себеби" in page
    assert "Причина" not in page


def test_both_pages_are_in_kyrgyz_alone(marking):
    write(marking, "asel", "Карызга алынган акча.")
    graded(marking)
    typed = sweep.typed_words(marking)
    for path in (MARKING, f"{QUESTION}/asel"):
        seen = sweep.read(marking.browser("olga", "ky").get(path).text)
        assert sweep.wrong_words(path, seen, typed) + sweep.wrong_frame(seen) == []


def test_without_a_rubric_points_are_typed(desk):
    answered(desk, rubric=False)
    assert "has no rubric for it" in said(desk.browser("olga").get(MARKING))
    for wrong in ("", "many", "-1", "1.234", "NaN"):
        answer = save(desk, "olga", "lira", points=wrong)
        assert (answer.status_code, "marking.points" in answer.text) == (400, True)
    answer = save(desk, "olga", "lira", points="2.5")
    assert (answer.status_code, "classroom.mark_out_of_range" in answer.text) == (400, True)
    assert save(desk, "olga", "lira", points="1,25").status_code == 303
    assert mark(desk, "lira").teacher_mark == 1.25


def test_what_is_not_graded_or_not_there_cannot_be_marked(desk):
    seat(desk)
    release_essay(desk)
    write(desk, "lira", "Early.")
    browser = desk.browser("olga")
    assert begin(desk, "olga") is None
    assert browser.get(f"{QUESTION}/lira").status_code == 404
    assert browser.post(f"{QUESTION}/lira", {**FULL, "seen": ""}).status_code == 404
    assert browser.get(f"{MARKING}/lab/other").status_code == 404
    with desk.parts.store.unit(read_only=True) as u:
        assert Jobs(u.session).of_assignment(COURSE, LAB) == ()


@pytest.mark.parametrize("who", ["lira", "aigul"])
def test_students_and_strangers_find_no_such_page(marking, who):
    browser = marking.browser(who)
    for path in (MARKING, f"{QUESTION}/asel"):
        assert browser.get(path).status_code == 404
    assert browser.post(f"{QUESTION}/asel", FULL).status_code == 404
    assert mark(marking, "asel").teacher_mark is None


def test_unmarked_answers_are_released_only_after_a_warning_and_said_to_wait(marking):
    kanat, lira = marking.browser("kanat"), marking.browser("lira")
    save(marking, "kanat", "lira", comment="Wrong after all.")
    refused = kanat.post(f"{PAGE}/lab/feedback")
    assert (refused.status_code, "classroom.unmarked" in refused.text) == (409, True)
    count = re.search(r"wait for a person's mark: (\d+)\.", html.unescape(said(refused)))
    assert count[1] == "2", "of one nothing was written"
    assert 'name="unmarked" value="yes"' in refused.text
    assert "not final" not in said(lira.get(PAGE)), "nothing was released"
    assert kanat.post(f"{PAGE}/lab/feedback", {"unmarked": "yes"}).status_code == 303
    page = said(lira.get(PAGE))
    assert "This mark is not final yet." in page
    assert "Wrong after all." not in page, "a comment without a mark"
    for student in ("lira", "marat", "asel"):
        save(marking, "kanat", student, **FULL, comment="Well said.")
    assert kanat.post(f"{PAGE}/lab/feedback").status_code == 303, "nothing waits: no warning"
    page = said(lira.get(PAGE))
    assert ("not final" in page, "Well said." in page) == (False, True)
