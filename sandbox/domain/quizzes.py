r"""Quizzes for practice: what is drawn for whom, in which order, and whether an answer is right.

Rules:

1. An attempt draws some questions of the bank, and shuffles their choices, by its seed alone: the
   same seed gives the same page, another seed another one.
2. The first answer to a question counts and is not changed; only then its explanation is shown.
3. An answer is right as a whole: every right choice and no wrong one, the number within its
   tolerance, the whole order. There are no points: a quiz gives no marks.
4. What was answered counts for the question as it was asked: one that was changed begins anew.

>>> two = (Choice("A key", right=True), Choice("An address", right=False))
>>> asked = Question("secret", "keys", "What stays secret?", Form.ONE, "Who has it, pays.", two)
>>> order = shown(asked, "seed")
>>> answer = read(asked, order, {"choice": str(order.index(0))})
>>> answer, is_right(asked, answer)
(['0'], True)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from sandbox.domain.coursework import AssignmentName, BundleHash, CourseName
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName

PAUSE: Final = timedelta(minutes=5)
"""From the end of an attempt to the next: time to read what was explained."""
FEWEST: Final = 5
"""Students who answered a question before anything is told of how they did."""
COMMON: Final = 3
"""Students who gave the same wrong answer before it is called common."""
LONGEST_NUMBER: Final = 30


class Form(StrEnum):
    """How a question is answered."""

    ONE = "one"
    SEVERAL = "several"
    NUMBER = "number"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice; of an order, one step."""

    text: str
    right: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a bank.

    Attributes:
        id: within the bank.
        outcome: of the assignment's description, that it belongs to.
        ask: the question.
        why: the explanation.
        choices: of an order, the steps as they should be.
        number: the right one.
        tolerance: by how much an answer may differ from it.
        unit: of the number; may be empty.
    """

    id: str
    outcome: str
    ask: str
    form: Form
    why: str
    choices: tuple[Choice, ...] = ()
    number: Decimal = Decimal(0)
    tolerance: Decimal = Decimal(0)
    unit: str = ""

    @property
    def digest(self) -> str:
        """What the question is, in short: changes whenever anything of it does."""
        said = [self.ask, self.form.value, [[each.text, each.right] for each in self.choices]]
        return content_hash([*said, str(self.number), str(self.tolerance)]).hex()[:16]


@dataclass(frozen=True, slots=True)
class Quiz:
    """A bank, and how many questions of it an attempt draws."""

    draw: int
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answered.

    Attributes:
        of: the question's digest, then.
        given: indexes of choices in the bank's order, or the number as it was written.
    """

    of: str
    given: tuple[str, ...]
    right: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One student's attempt.

    Attributes:
        id: random; stands in addresses.
        number: of this student's attempts, from 1.
        master: the release that it was drawn from.
        seed: random; what is drawn, and in which order, follows from it. No page tells it.
        answers: by question id.
        finished_at: when the last question was answered; None: it is open.
    """

    id: str
    course: CourseName
    assignment: AssignmentName
    student: AccountName
    number: int
    master: BundleHash
    started_at: datetime
    seed: str = field(repr=False)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    finished_at: datetime | None = None
    revision: int = 1


def drawn(quiz: Quiz, seed: str) -> tuple[Question, ...]:
    """The questions of an attempt, in its order."""
    order = sorted(quiz.questions, key=lambda each: _place(seed, each.id))
    return tuple(order[: quiz.draw])


def shown(question: Question, seed: str) -> tuple[int, ...]:
    """The indexes of a question's choices as they stand on the page."""
    order = sorted(
        range(len(question.choices)), key=lambda index: _place(seed, question.id, str(index))
    )
    if question.form is Form.ORDER and order == sorted(order):
        order = [*order[1:], order[0]]
    return tuple(order)


def read(question: Question, order: Sequence[int], said: Mapping[str, str]) -> list[str]:
    """An answer out of a form; places on the page become the bank's indexes.

    Args:
        question: that was asked.
        order: as the choices stood.
        said: ``choice``, ``choice.<place>``, ``number`` or ``step.<place>`` (from 1).

    Raises:
        InvalidInput: ``quiz.no_answer``, ``quiz.no_number``, ``quiz.no_order``.
    """
    if question.form is Form.NUMBER:
        return [str(_number(said.get("number", "")))]
    if question.form is Form.ORDER:
        return _steps(order, said)
    if question.form is Form.ONE:
        chosen = [place for place in range(len(order)) if said.get("choice") == str(place)]
    else:
        chosen = [place for place in range(len(order)) if said.get(f"choice.{place}")]
    if not chosen:
        raise InvalidInput("quiz.no_answer")
    return [str(index) for index in sorted(order[place] for place in chosen)]


def is_right(question: Question, given: Sequence[str]) -> bool:
    """Whether an answer is right as a whole."""
    if question.form is Form.NUMBER:
        return abs(Decimal(given[0]) - question.number) <= question.tolerance
    if question.form is Form.ORDER:
        return list(given) == [str(index) for index in range(len(question.choices))]
    return list(given) == [str(n) for n, each in enumerate(question.choices) if each.right]


@dataclass(frozen=True, slots=True)
class Told:
    """How a class did in a question, each student's first answer.

    Attributes:
        answers: how many students.
        right: how many of them were right; None: too few to say.
        common: the wrong answer that was given most often and by how many; None: there is none.
    """

    answers: int
    right: int | None
    common: tuple[str, int] | None


def told(question: Question, attempts: Sequence[Attempt]) -> Told:
    """How a class did in a question, without who.

    Args:
        question: as it is now.
        attempts: of the class, in any order.
    """
    first: dict[AccountName, Answer] = {}
    for attempt in sorted(attempts, key=lambda each: each.started_at):
        answer = attempt.answers.get(question.id)
        if answer is not None and answer.of == question.digest:
            first.setdefault(attempt.student, answer)
    if len(first) < FEWEST:
        return Told(len(first), None, None)
    counts: dict[str, int] = {}
    for answer in first.values():
        for each in () if answer.right else _wrong(question, answer):
            counts[each] = counts.get(each, 0) + 1
    common = max(counts.items(), key=lambda each: (each[1], each[0]), default=("", 0))
    right = sum(answer.right for answer in first.values())
    return Told(len(first), right, common if common[1] >= COMMON else None)


def _wrong(question: Question, answer: Answer) -> tuple[str, ...]:
    """What was wrong in a wrong answer: choices, or the number; of an order nothing by itself."""
    if question.form is Form.ORDER:
        return ()
    if question.form is Form.NUMBER:
        return answer.given
    return tuple(each for each in answer.given if not question.choices[int(each)].right)


def _place(*parts: str) -> bytes:
    return sha256("\x00".join(parts).encode()).digest()


def _steps(order: Sequence[int], said: Mapping[str, str]) -> list[str]:
    """The steps as somebody numbered them."""
    numbered = {said.get(f"step.{place}", ""): index for place, index in enumerate(order)}
    wanted = [str(number) for number in range(1, len(order) + 1)]
    if sorted(numbered) != sorted(wanted):
        raise InvalidInput("quiz.no_order", count=len(order))
    return [str(numbered[number]) for number in wanted]


def _number(text: str) -> Decimal:
    """A number as people write it: with a comma or a point, with spaces between thousands."""
    plain = "".join(text.split()).replace(",", ".")
    try:
        if not plain or len(plain) > LONGEST_NUMBER or "_" in plain:
            raise InvalidInput("quiz.no_number")
        found = Decimal(plain)
    except InvalidOperation as error:
        raise InvalidInput("quiz.no_number") from error
    if not found.is_finite() or abs(found.adjusted()) > LONGEST_NUMBER:
        raise InvalidInput("quiz.no_number")
    return found.normalize() if found else Decimal(0)


def packed(answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Answers as the store keeps them."""
    return {
        name: {"of": each.of, "given": list(each.given), "right": each.right}
        for name, each in answers.items()
    }


def unpacked(said: Mapping[str, Any]) -> dict[str, Answer]:
    """The same back."""
    return {
        name: Answer(each["of"], tuple(each["given"]), each["right"]) for name, each in said.items()
    }
