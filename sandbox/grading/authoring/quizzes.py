"""``quiz.yaml``: the quiz bank of an assignment, and the check of it.

Rules:

- Only known keys. A question has one of ``one``, ``several``, ``number``, ``order``, an
  explanation and an outcome of the assignment; no question and no choice stands twice.
- ``one`` has exactly one right choice, ``several`` at least one right and one wrong.
- Words are in the source language here and in the catalogues for the others, like a notebook's.

>>> print(EXAMPLE.strip().splitlines()[0])
draw: 1
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

import yaml

from sandbox.domain.quizzes import Choice, Form, Question, Quiz
from sandbox.domain.release import QUIZ
from sandbox.grading.authoring.description import FILE, described
from sandbox.grading.authoring.findings import Finding, Level, fault, good
from sandbox.kit.errors import InvalidInput

EXAMPLE: Final = """
draw: 1
questions:
  - id: secret
    outcome: keys
    ask: What must stay secret?
    one:
      - right: The private key
      - wrong: The address
    why: Whoever has the key can sign.
"""
FORMS: Final = tuple(form.value for form in Form)
_KEYS: Final = frozenset({"id", "outcome", "ask", "why", *FORMS})
_NUMBER: Final = frozenset({"is", "tolerance", "unit"})
_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_MOST: Final = 200


@lru_cache(maxsize=64)
def quiz_of(content: bytes) -> Quiz:
    """Read a quiz bank.

    Args:
        content: of ``quiz.yaml``.

    Raises:
        InvalidInput: ``authoring.quiz_unreadable``, ``authoring.quiz_wrong`` with the question
            and what is wrong with it.
    """
    try:
        said = yaml.safe_load(content.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidInput("authoring.quiz_unreadable", file=QUIZ) from error
    if not isinstance(said, dict) or set(said) != {"draw", "questions"}:
        raise InvalidInput("authoring.quiz_unreadable", file=QUIZ)
    bank, draw = said["questions"], said["draw"]
    if not isinstance(bank, list) or not 0 < len(bank) <= _MOST:
        raise InvalidInput("authoring.quiz_unreadable", file=QUIZ)
    questions = tuple(_question(each) for each in bank)
    for part in ("id", "ask"):
        seen = [getattr(each, part) for each in questions]
        for each in questions:
            if seen.count(getattr(each, part)) > 1:
                raise _wrong(each.id, "twice")
    if type(draw) is not int or not 0 < draw <= len(questions):
        raise _wrong("draw", "draw")
    return Quiz(draw, questions)


def check_quiz(files: Mapping[str, bytes]) -> Iterator[Finding]:
    """Hold an assignment's quiz, if it has one, against the rules of this module.

    Args:
        files: of the source.
    """
    if QUIZ not in files:
        return
    try:
        quiz = quiz_of(files[QUIZ])
    except InvalidInput as error:
        cell = str(error.params.get("question", ""))
        yield Finding(error.code, Level.FAULT, QUIZ, cell, error.params)
        return
    known = (described(files.get(FILE)) or {}).get("outcomes") or {}
    found = [
        fault("quiz_outcome", QUIZ, each.id, outcome=each.outcome)
        for each in quiz.questions
        if each.outcome not in known
    ]
    yield from found or [good("quiz", QUIZ, count=len(quiz.questions), draw=quiz.draw)]


def words_of(quiz: Quiz) -> Iterator[tuple[str, str]]:
    """Each text of a quiz, with the id of its question, in the order it is read."""
    for each in quiz.questions:
        for text in (each.ask, *(choice.text for choice in each.choices), each.unit, each.why):
            yield each.id, text


def _question(said: Any) -> Question:
    name = said.get("id") if isinstance(said, dict) else None
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise _wrong(str(name)[:40], "id")
    form = [each for each in FORMS if each in said]
    if set(said) - _KEYS or len(form) != 1:
        raise _wrong(name, "form")
    ask, why, outcome = (_text(said.get(part)) for part in ("ask", "why", "outcome"))
    for part, text in (("ask", ask), ("why", why), ("outcome", outcome)):
        if not text:
            raise _wrong(name, part)
    given = said[form[0]]
    asked = Question(name, outcome, ask, Form(form[0]), why)
    if form[0] == "number":
        return replace(asked, **_of_number(name, given))
    choices = _steps(given) if form[0] == "order" else _choices(given)
    rights = sum(each.right for each in choices)
    right = {
        "one": rights == 1 and len(choices) > 1,
        "several": 0 < rights < len(choices),
        "order": len(choices) > 2,
    }
    if not right[form[0]]:
        raise _wrong(name, form[0])
    if len({each.text for each in choices}) < len(choices):
        raise _wrong(name, "twice")
    return replace(asked, choices=choices)


def _of_number(name: str, given: Any) -> dict[str, Any]:
    said = given if isinstance(given, dict) else {"is": given}
    if set(said) - _NUMBER:
        raise _wrong(name, "number")
    try:
        number, tolerance = (_exact(said.get(part, 0)) for part in ("is", "tolerance"))
    except InvalidOperation as error:
        raise _wrong(name, "number") from error
    if "is" not in said or tolerance < 0:
        raise _wrong(name, "number")
    return {"number": number, "tolerance": tolerance, "unit": _text(said.get("unit", ""))}


def _exact(value: Any) -> Decimal:
    """A number of a file; decimals stand as texts or as they print."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise InvalidOperation
    found = Decimal(str(value))
    if not found.is_finite():
        raise InvalidOperation
    return found


def _choices(given: Any) -> tuple[Choice, ...]:
    if not isinstance(given, list):
        return ()
    found = []
    for each in given:
        kind, text = next(iter(each.items())) if isinstance(each, dict) and each else ("", "")
        if kind not in ("right", "wrong") or len(each) > 1 or not _text(text):
            return ()
        found.append(Choice(_text(text), right=kind == "right"))
    return tuple(found)


def _steps(given: Any) -> tuple[Choice, ...]:
    if not isinstance(given, list) or not all(map(_text, given)):
        return ()
    return tuple(Choice(_text(each), right=True) for each in given)


def _text(value: Any) -> str:
    """A text in one line; numbers of YAML are texts here."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join(str(value).split())


def _wrong(question: str, what: str) -> InvalidInput:
    return InvalidInput("authoring.quiz_wrong", question=question, what=what)
