"""Quizzes on pages: taken step by step, kept, explained after the answer, told in counts."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.coursework import AssignmentName
from sandbox.domain.quizzes import PAUSE, Form
from sandbox.kit.errors import InvalidInput
from sandbox.services import classroom_exchange, classroom_quizzes
from sandbox.store.classroom import Courses
from sandbox.store.quiz_tables import Attempts
from tests.web.course_world import PAGE, enter, release
from tests.web.lesson_world import KEYS, LOGS, UNIT, release_real, school

QUIZ = f"{PAGE}/{KEYS}/quiz"
CLASS = ("asan", "umut", "nurlan", "aizada", "bermet")


@pytest.fixture
def course(desk):
    school(desk, *CLASS)
    release_real(desk)
    return desk


def begun(desk, who="lira", lang="en"):
    """Begin, or go on; the address of the next question."""
    sent = desk.browser(who, lang).post(QUIZ)
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


def sitting(desk, who="lira", lang="en"):
    with desk.parts.store.unit(read_only=True) as u:
        newest = Attempts(u.session).of("digital-money", KEYS, who)[-1]
    return enter(
        desk,
        who,
        lambda room: classroom_quizzes.sitting(room, AssignmentName(KEYS), newest.id, lang),
    )


def fields(asked, *, right=True):
    """A form's fields that answer a question right, or wrong."""
    question, order = asked.question, asked.order
    if question.form is Form.NUMBER:
        return {"number": str(question.number if right else question.number + 1)}
    if question.form is Form.ORDER:
        steps = {f"step.{place}": str(index + 1) for place, index in enumerate(order)}
        return steps if right else {name: str(n) for n, name in enumerate(steps, 1)}
    places = [p for p, index in enumerate(order) if question.choices[index].right is right]
    if question.form is Form.ONE:
        return {"choice": str(places[0])}
    return {f"choice.{place}": "yes" for place in places}


def taken(desk, who="lira", *, right=True):
    """Answer every question of an attempt; the address of its result."""
    where = begun(desk, who)
    base = where.rpartition("/")[0]
    for asked in sitting(desk, who).asked:
        sent = desk.browser(who).post(f"{base}/{asked.number}", fields(asked, right=right))
        assert sent.status_code == 303, sent.text
    return base


def test_a_student_takes_a_quiz_step_by_step_and_reads_the_result(course):
    assert f'href="{QUIZ}"' in course.browser("lira").get(PAGE).text
    start = course.browser("lira").get(QUIZ).text
    assert "it gives no marks" in start
    assert "5 questions out of 8" in start
    base = begun(course).rpartition("/")[0]
    for asked in sitting(course).asked:
        course.browser("lira").post(f"{base}/{asked.number}", fields(asked))
        page = course.browser("lira").get(f"{base}/{asked.number}").text
        assert ">Right<" in page
        assert "Next question" in page or "To the result" in page
    result = course.browser("lira").get(base).text
    assert "<h1>5 of 5 right</h1>" in result
    assert "no marks" in result


def test_a_wrong_answer_is_called_so_with_the_right_one(course):
    result = course.browser("lira").get(taken(course, right=False)).text
    assert "<h1>0 of 5 right</h1>" in result
    assert "Not right" in result


def test_nothing_of_what_is_right_reaches_the_browser_before_the_answer(course):
    base = begun(course).rpartition("/")[0]
    for asked in sitting(course).asked:
        page = course.browser("lira").get(f"{base}/{asked.number}").text
        plain = re.sub(r"<code>|</code>", "", page)
        assert asked.question.why.replace("`", "")[:40] not in plain
        assert "quiz-right" not in page
        values = re.findall(
            r'<input type="(?:radio|checkbox)" id="choice-(\d)"[^>]*value="(\w+)"', page
        )
        assert [place for place, _ in values] == [str(n) for n in range(len(values))]
        rows = re.findall(r'<div class="quiz-choice">(.*?)</div>', page, re.DOTALL)
        shapes = {re.sub(r"\d", "0", re.sub(r"<label.*", "", row, flags=re.DOTALL)) for row in rows}
        assert len(shapes) <= 1, "choices differ in nothing but their words"
        ready = course.browser("lira").get(base)
        assert ready.status_code == 303, "no result before the end"
        course.browser("lira").post(f"{base}/{asked.number}", fields(asked))


def test_the_order_does_not_follow_from_the_address(course):
    begun(course)
    found = sitting(course)
    with course.parts.store.unit() as u:
        (kept,) = Attempts(u.session).of("digital-money", KEYS, "lira")
        assert kept.seed not in (kept.id, "")
        as_before = Attempts(u.session).save(replace(kept, seed=kept.id))
        u.commit()
    assert as_before.id == found.attempt.id
    first = [(each.question.id, each.order) for each in found.asked]
    assert first != [(each.question.id, each.order) for each in sitting(course).asked]
    page = course.browser("lira").get(begun(course)).text
    assert kept.seed not in page


def test_a_teachers_pages_of_an_assignment_lead_to_its_quiz_where_it_has_one(course):
    kanat = course.browser("kanat")
    for end in ("", "/tasks", "/marking", "/changes", "/similarity", "/quiz"):
        assert f'href="{QUIZ}"' in kanat.get(f"{PAGE}/{KEYS}{end}").text, end
    release(course)
    for end in ("", "/marking", "/similarity"):
        assert "/quiz" not in kanat.get(f"{PAGE}/lab{end}").text, end


def test_the_bank_is_in_nothing_that_students_fetch(course):
    files = enter(course, "lira", lambda room: classroom_exchange.fetch(room, AssignmentName(KEYS)))
    assert "quiz.yaml" not in files
    assert not any(b"nobody redeems a voucher" in content for content in files.values())


def test_answers_are_kept_and_the_first_one_counts(course):
    where = begun(course)
    base, first = where.rpartition("/")[0], sitting(course).asked[0]
    course.browser("lira").post(where, fields(first, right=False))
    course.browser("lira").post(where, fields(first))
    assert sitting(course).asked[0].answer.right is False
    assert begun(course) == f"{base}/2", "beginning again goes on"
    assert "Go on with question 2 of 5" in course.browser("lira").get(QUIZ).text


def test_after_an_attempt_there_is_a_pause_that_says_how_long(course):
    base = taken(course)
    refused = course.browser("lira").post(QUIZ)
    assert refused.status_code == 409
    assert "there is a pause" in refused.text
    assert "The next attempt can begin from" in refused.text
    assert "Begin the quiz" not in refused.text
    course.clock.forward(PAUSE + timedelta(seconds=1))
    again = begun(course).rpartition("/")[0]
    assert again != base
    assert "Attempt 1" in course.browser("lira").get(QUIZ).text


def test_students_draw_differently_and_each_again_otherwise(course):
    for who in CLASS:
        begun(course, who)
    seen = {
        tuple((each.question.id, each.order) for each in sitting(course, who).asked)
        for who in CLASS
    }
    assert len(seen) == len(CLASS)


@pytest.mark.parametrize("said", [{}, {"choice": "9"}, {"number": "many"}])
def test_an_answer_that_is_none_is_refused_and_nothing_is_kept(course, said):
    where = begun(course)
    refused = course.browser("lira").post(where, said)
    assert refused.status_code == 400
    assert "<form" in refused.text
    assert sitting(course).asked[0].answer is None


def test_nobody_else_opens_an_attempt(course):
    where = begun(course)
    base = where.rpartition("/")[0]
    for who in ("kanat", "asan", "aigul"):
        for path in (base, where):
            assert course.browser(who).get(path).status_code == 404
        assert course.browser(who).post(where, {"choice": "0"}).status_code == 404
    assert course.browser("lira").get(f"{base}/6").status_code == 404
    assert course.browser("lira").get(f"{base}/0").status_code == 404
    release_real(course, LOGS)
    assert course.browser("lira").get(where.replace(KEYS, LOGS)).status_code == 404


def test_teachers_read_counts_and_no_names_and_take_none(course):
    for who in CLASS[:4]:
        taken(course, who, right=False)
    text = course.browser("kanat").get(QUIZ).text
    assert "Students who practised: 4." in text
    assert "too few to say more" in text
    assert "Common wrong answer" not in text
    for who in CLASS:
        assert who not in text
    refused = course.browser("kanat").post(QUIZ)
    assert refused.status_code == 403


def test_a_common_wrong_answer_is_named_with_its_counts(course):
    for _ in range(3):
        for who in CLASS:
            taken(course, who, right=False)
        course.clock.forward(PAUSE + timedelta(seconds=1))
    text = course.browser("kanat").get(QUIZ).text
    assert re.search(r"0 of 5 right", text)
    assert "Common wrong answer" in text


def changed(tmp_path, **replaced):
    """A copy of the source with words of the quiz replaced; all of it None: without a quiz."""
    shutil.copytree(UNIT / KEYS, tmp_path / KEYS)
    path = tmp_path / KEYS / "quiz.yaml"
    text = path.read_text("utf-8")
    for old, new in replaced.values():
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    return tmp_path / KEYS


def test_an_attempt_keeps_its_questions_when_the_bank_is_corrected(course, tmp_path):
    where = begun(course)
    before = [each.question for each in sitting(course).asked]
    folder = changed(tmp_path, draw=("draw: 5", "draw: 2"), ask=('ask: "', 'ask: "New: '))
    release_real(course, KEYS, folder)
    assert [each.question for each in sitting(course).asked] == before
    assert course.browser("lira").get(where).status_code == 200
    assert "2 questions out of 8" in course.browser("asan").get(QUIZ).text


def test_a_broken_quiz_is_not_released(course, tmp_path):
    folder = changed(tmp_path, right=("right:", "wrong:"))
    with pytest.raises(InvalidInput, match="quiz_wrong"):
        release_real(course, KEYS, folder)


def test_an_assignment_without_a_quiz_has_no_page_of_one(course, tmp_path):
    folder = changed(tmp_path)
    (folder / "quiz.yaml").unlink()
    release_real(course, KEYS, folder)
    assert course.browser("lira").get(QUIZ).status_code == 404
    assert f'href="{QUIZ}"' not in course.browser("lira").get(PAGE).text


def test_it_is_in_the_readers_language_and_marked_as_machine_assisted(course):
    where = begun(course, "lira", "ky")
    text = course.browser("lira", "ky").get(where).text
    assert "машинанын жардамы менен" in text
    asked = sitting(course, "lira", "ky").asked[0]
    assert re.sub("`", "", asked.question.ask)[:30] in re.sub("</?code>", "", text)
    assert not re.search("[A-Za-z]{4,} [a-z]+ [a-z]+ [a-z]+", asked.question.ask)


def test_an_archived_course_takes_no_answers(course):
    where = begun(course)
    with course.parts.store.unit() as u:
        found = Courses(u.session).get("digital-money")
        Courses(u.session).save(replace(found, archived_at=course.clock.now()))
        u.commit()
    refused = course.browser("lira").post(where, fields(sitting(course).asked[0]))
    assert refused.status_code == 403
    assert sitting(course).asked[0].answer is None
