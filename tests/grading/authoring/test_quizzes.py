"""``quiz.yaml``: what the check says of it, that it is translated, and that no student gets it."""

from __future__ import annotations

import pytest
import yaml

from sandbox.domain.release import without_authoring
from sandbox.grading.authoring.check_texts import check_texts
from sandbox.grading.authoring.quizzes import EXAMPLE, check_quiz, quiz_of
from sandbox.grading.authoring.texts import texts_of
from sandbox.kit.errors import InvalidInput

COURSE = b"outcomes: {keys: {en: a, ru: b, ky: c, tests: [t]}}\n"
GOOD = yaml.safe_load(EXAMPLE)


def files(**changes):
    said = {**GOOD, "questions": [{**GOOD["questions"][0], **changes}]}
    said["questions"] = [{k: v for k, v in said["questions"][0].items() if v is not None}]
    return {"quiz.yaml": yaml.safe_dump(said).encode(), "course.yaml": COURSE}


def codes(found):
    return [(each.code, each.cell, each.params.get("what")) for each in found if not each.good]


def test_a_good_quiz_passes_and_none_is_needed():
    assert codes(check_quiz(files())) == []
    assert [each.code for each in check_quiz(files())] == ["authoring.good.quiz"]
    assert list(check_quiz({})) == []


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"one": [{"right": "a"}, {"right": "b"}]}, "one"),
        ({"one": [{"wrong": "a"}, {"wrong": "b"}]}, "one"),
        ({"one": [{"right": "a"}]}, "one"),
        ({"one": [{"right": "a"}, {"wrong": "a"}]}, "twice"),
        ({"one": [{"right": "a", "wrong": "b"}]}, "one"),
        ({"one": [{"right": True}, {"wrong": "b"}]}, "one"),
        ({"one": None, "several": [{"right": "a"}, {"right": "b"}]}, "several"),
        ({"one": None, "several": [{"wrong": "a"}, {"wrong": "b"}]}, "several"),
        ({"one": None, "order": ["a", "b"]}, "order"),
        ({"one": None, "number": "many"}, "number"),
        ({"one": None, "number": {"is": 1, "tolerance": -1}}, "number"),
        ({"one": None, "number": {"tolerance": 1}}, "number"),
        ({"one": None, "number": {"is": 1, "round": 1}}, "number"),
        ({"number": 1}, "form"),
        ({"one": None}, "form"),
        ({"points": 5}, "form"),
        ({"why": None}, "why"),
        ({"ask": " "}, "ask"),
        ({"outcome": None}, "outcome"),
        ({"id": "Not an id"}, "id"),
    ],
)
def test_what_is_wrong_is_named_by_question_and_place(changes, what):
    ((code, cell, found),) = codes(check_quiz(files(**changes)))
    assert (code, found) == ("authoring.quiz_wrong", what)
    assert cell == changes.get("id", "secret")


def test_a_question_twice_an_outcome_nobody_knows_and_too_many_drawn_are_faults():
    twice = {**GOOD, "questions": GOOD["questions"] * 2}
    same = [GOOD["questions"][0], {**GOOD["questions"][0], "id": "other"}]
    for said, what in ((twice, "twice"), ({**GOOD, "questions": same}, "twice")):
        content = {"quiz.yaml": yaml.safe_dump(said).encode(), "course.yaml": COURSE}
        assert codes(check_quiz(content))[0][2] == what
    many = {"quiz.yaml": yaml.safe_dump({**GOOD, "draw": 2}).encode(), "course.yaml": COURSE}
    assert codes(check_quiz(many))[0][2] == "draw"
    assert codes(check_quiz(files(outcome="unknown"))) == [
        ("authoring.quiz_outcome", "secret", None)
    ]


@pytest.mark.parametrize("content", [b"", b"[", b"draw: 1", b"\xff", b"draw: 1\nquestions: []"])
def test_what_is_no_quiz_is_refused_by_code(content):
    with pytest.raises(InvalidInput, match="quiz_unreadable"):
        quiz_of(content)
    assert texts_of({"quiz.yaml": content}) == ()


def test_its_words_are_texts_of_the_catalogues_and_missing_ones_are_found():
    texts = [text.key for text in texts_of(files())]
    assert texts == [
        "What must stay secret?",
        "The private key",
        "The address",
        "Whoever has the key can sign.",
    ]
    empty = {**files(), "locale/ru.po": b"", "locale/ky.po": b""}
    missing = [each for each in check_texts(empty) if each.code == "authoring.text_untranslated"]
    assert len(missing) == 2 * len(texts)
    assert {(each.file, each.cell) for each in missing} == {("quiz.yaml", "secret")}


def test_no_student_and_no_students_code_gets_it():
    assert without_authoring({**files(), "lab.ipynb": b"{}"}) == {"lab.ipynb": b"{}"}
