"""Quizzes: what is drawn, what is right, what a teacher is told of how many."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.quizzes import (
    Answer,
    Attempt,
    Choice,
    Form,
    Question,
    Quiz,
    drawn,
    is_right,
    packed,
    read,
    shown,
    told,
    unpacked,
)
from sandbox.kit.errors import InvalidInput

START = datetime(2026, 11, 23, tzinfo=UTC)


def question(form=Form.ONE, rights=(0,), count=4, name="q"):
    choices = tuple(Choice(f"choice {n}", right=n in rights) for n in range(count))
    return Question(name, "keys", "Which?", form, "Because.", choices)


def number(value, tolerance="0"):
    return replace(
        question(Form.NUMBER, count=0), number=Decimal(value), tolerance=Decimal(tolerance)
    )


@given(st.text(min_size=1, max_size=40), st.integers(1, 12))
def test_a_seed_draws_the_same_distinct_questions_each_time(seed, draw):
    bank = Quiz(draw, tuple(question(name=f"q{n}") for n in range(12)))
    first = drawn(bank, seed)
    assert len({each.id for each in first}) == draw
    assert drawn(bank, seed) == first


def test_seeds_differ_in_what_they_draw_and_in_the_order_of_choices():
    bank = Quiz(3, tuple(question(name=f"q{n}") for n in range(12)))
    assert len({drawn(bank, str(seed)) for seed in range(20)}) > 10
    assert len({shown(question(), str(seed)) for seed in range(40)}) > 10
    firsts = [shown(question(), str(seed))[0] for seed in range(400)]
    assert all(60 < firsts.count(place) < 140 for place in range(4)), "no place is favoured"


@given(st.text(max_size=20), st.integers(3, 6))
def test_an_order_never_stands_as_it_should_be(seed, count):
    assert shown(question(Form.ORDER, range(count), count), seed) != tuple(range(count))


@given(st.text(max_size=20), st.integers(0, 3), st.integers(0, 3))
def test_one_choice_is_right_wherever_it_stands(seed, right, chosen):
    asked = question(rights=(right,))
    order = shown(asked, seed)
    answer = read(asked, order, {"choice": str(order.index(chosen))})
    assert is_right(asked, answer) == (chosen == right)


def test_several_are_right_only_as_a_whole():
    asked = question(Form.SEVERAL, (0, 2))
    for chosen, right in (({0, 2}, True), ({0}, False), ({0, 1, 2}, False), ({1, 3}, False)):
        said = {f"choice.{place}": "yes" for place in chosen}
        assert is_right(asked, read(asked, (0, 1, 2, 3), said)) is right


@pytest.mark.parametrize(
    ("said", "right"),
    [
        *(("12.5", True), ("12,5", True), (" 12.50 ", True), ("12.6", True), ("12.61", False)),
        *(("1 2,5", True), ("-12.5", False), ("1.25e1", True), ("0", False)),
    ],
)
def test_a_number_is_read_as_people_write_it_and_held_against_its_tolerance(said, right):
    asked = number("12.5", "0.1")
    assert is_right(asked, read(asked, (), {"number": said})) is right


@pytest.mark.parametrize("said", ["", "twelve", "NaN", "inf", "1e999999", "1_0", "1.2.3", "9" * 40])
def test_what_is_no_number_is_refused(said):
    with pytest.raises(InvalidInput, match=r"quiz\.no_number"):
        read(number("1"), (), {"number": said})


def test_an_order_is_right_when_each_step_has_its_number_and_refused_when_one_is_missing():
    asked, order = question(Form.ORDER, (0, 1, 2), 3), (2, 0, 1)
    assert is_right(asked, read(asked, order, {"step.0": "3", "step.1": "1", "step.2": "2"}))
    assert not is_right(asked, read(asked, order, {"step.0": "1", "step.1": "2", "step.2": "3"}))
    for wrong in ({"step.0": "1", "step.1": "1", "step.2": "2"}, {}, {"step.0": "4"}):
        with pytest.raises(InvalidInput, match=r"quiz\.no_order"):
            read(asked, order, wrong)


@pytest.mark.parametrize("said", [{}, {"choice": "7"}, {"choice": "x"}, {"choice.0": "yes"}])
def test_no_choice_or_one_that_is_not_there_is_no_answer(said):
    with pytest.raises(InvalidInput, match=r"quiz\.no_answer"):
        read(question(), (0, 1, 2, 3), said)


def attempt(student, chosen, day=0, of=None):
    asked = question()
    answer = Answer(of or asked.digest, (str(chosen),), chosen == 0)
    at = START + timedelta(days=day)
    answers = {"q": answer}
    return Attempt(f"{student}{day}", "c", "a", student, day + 1, "m", at, "seed", answers, at)


def test_a_class_is_told_by_first_answers_and_a_common_wrong_one():
    attempts = [attempt(f"s{n}", 0 if n < 3 else 2) for n in range(6)]
    attempts += [attempt("s5", 0, day=1), attempt("s0", 1, day=1)]
    found = told(question(), attempts)
    assert (found.answers, found.right, found.common) == (6, 3, ("2", 3))


def test_of_few_students_and_of_rare_mistakes_nothing_is_told():
    few = told(question(), [attempt(f"s{n}", 2) for n in range(4)])
    assert (few.answers, few.right, few.common) == (4, None, None)
    rare = told(question(), [attempt(f"s{n}", 2 if n < 2 else 0) for n in range(6)])
    assert (rare.right, rare.common) == (4, None)


def test_answers_to_a_question_that_was_changed_since_do_not_count():
    assert told(question(), [attempt(f"s{n}", 0, of="older") for n in range(9)]).answers == 0


def test_answers_come_back_from_the_store_as_they_were():
    answers = {"q": Answer("of", ("1", "2"), right=False)}
    assert unpacked(packed(answers)) == answers
