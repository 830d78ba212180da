"""Quizzes of a course: students practise, teachers read how a question went, never whose.

Rules:

- An attempt keeps the release that it was drawn from: its questions stay what they were.
- Right answers and explanations leave this module only with a question that was answered.
- Practice gives no marks. After an attempt there is a pause before the next, as long as it says.
- Nobody but the student opens an attempt; teachers get counts of the whole class, and none
  from fewer students than ``domain.quizzes`` says.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.domain.classroom import ActionKind, CourseRole
from sandbox.domain.coursework import AssignmentName, BundleHash
from sandbox.domain.quizzes import (
    PAUSE,
    Answer,
    Attempt,
    Question,
    Quiz,
    Told,
    drawn,
    is_right,
    read,
    shown,
    told,
)
from sandbox.domain.release import QUIZ
from sandbox.grading.authoring.catalogues import path_of, read_catalogue
from sandbox.grading.authoring.languages import source_language
from sandbox.grading.authoring.quizzes import quiz_of
from sandbox.grading.authoring.signing import PATH, is_signed
from sandbox.kit.errors import Conflict, NotFound
from sandbox.locale import Language
from sandbox.services import exam_gate
from sandbox.services.classroom_exchange import Released
from sandbox.services.classroom_people import require_open
from sandbox.services.classroom_room import Room
from sandbox.services.classroom_words import words_of
from sandbox.store.classroom import Actions, Bundles
from sandbox.store.quiz_tables import Attempts
from sandbox.store.repositories import lock_name


@dataclass(frozen=True, slots=True)
class Bank:
    """A release's quiz in a language.

    Attributes:
        assisted: whether no native reader stands behind that language.
    """

    quiz: Quiz
    master: BundleHash
    assisted: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of an attempt as it stands.

    Attributes:
        order: the choices as they stand on the page.
        answer: None: not answered yet.
    """

    number: int
    question: Question
    order: tuple[int, ...]
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Sitting:
    """An attempt with its questions, in its order."""

    attempt: Attempt
    asked: tuple[Asked, ...]
    assisted: bool

    @property
    def next_open(self) -> int | None:
        """The number of the first question without an answer."""
        return next((each.number for each in self.asked if each.answer is None), None)

    @property
    def right(self) -> int:
        """How many were answered right."""
        return sum(each.answer is not None and each.answer.right for each in self.asked)


def assignments_with_quiz(room: Room) -> frozenset[AssignmentName]:
    """The assignments of a course that have a quiz by their newest release."""
    newest = {
        action.assignment: str(action.detail["master"])
        for action in Actions(room.u.session).all_of(ActionKind.RELEASED, room.person.course)
    }
    return frozenset(
        name for name, master in newest.items() if QUIZ in _names(room, BundleHash(master))
    )


def has_quiz(room: Room, released: Released) -> bool:
    """Whether an assignment has a quiz, for a teacher.

    Args:
        room: of a teacher.
        released: in force.
    """
    return QUIZ in _names(room, BundleHash(released.master))


def bank(room: Room, assignment: AssignmentName, lang: Language) -> Bank:
    """The quiz of an assignment as it is now.

    Raises:
        NotFound: ``classroom.not_released``, ``quiz.none``.
        Conflict: ``exam.no_help``.
    """
    exam_gate.require_no_exam(room, assignment)
    released = Actions(room.u.session).newest(ActionKind.RELEASED, room.person.course, assignment)
    if released is None:
        raise NotFound("classroom.not_released", assignment=assignment)
    return _bank(room, BundleHash(str(released.detail["master"])), lang)


def own(room: Room, assignment: AssignmentName) -> tuple[Attempt, ...]:
    """The reader's own attempts, the newest first."""
    mine = Attempts(room.u.session).of(room.person.course, assignment, room.person.account)
    return mine[::-1]


def free_at(attempts: tuple[Attempt, ...], at: datetime) -> datetime | None:
    """When the next attempt may begin; None: now.

    Args:
        attempts: of one student.
        at: the present moment.
    """
    ends = [each.finished_at + PAUSE for each in attempts if each.finished_at is not None]
    return max((end for end in ends if end > at), default=None)


def begin(room: Room, assignment: AssignmentName, lang: Language) -> Sitting:
    """Begin an attempt, or go on with the one that is open.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``course.archived``.
        NotFound: ``classroom.not_released``, ``quiz.none``.
        Conflict: ``quiz.pause``: ``until`` when.
    """
    person = room.person
    person.require(CourseRole.STUDENT)
    require_open(room.u, person.course)
    now = bank(room, assignment, lang)
    lock_name(room.u.session, f"quiz:{person.course}:{assignment}:{person.account}")
    mine = own(room, assignment)
    for each in mine:
        if each.finished_at is None:
            return _sitting(room, each, lang)
    until = free_at(mine, room.at)
    if until is not None:
        raise Conflict("quiz.pause", until=until.isoformat())
    attempt = Attempt(
        id=uuid.uuid4().hex,
        course=person.course,
        assignment=assignment,
        student=person.account,
        number=len(mine) + 1,
        master=now.master,
        started_at=room.at,
        seed=secrets.token_hex(16),
    )
    Attempts(room.u.session).add(attempt)
    return _sitting(room, attempt, lang)


def sitting(room: Room, assignment: AssignmentName, attempt: str, lang: Language) -> Sitting:
    """One of the reader's own attempts.

    Raises:
        NotFound: ``quiz.not_found``: also for everybody else's.
        Conflict: ``exam.no_help``.
    """
    exam_gate.require_no_exam(room, assignment)
    return _sitting(room, _own_attempt(room, assignment, attempt), lang)


def answer(
    room: Room, assignment: AssignmentName, attempt: str, number: int, said: Mapping[str, str]
) -> None:
    """Keep the answer to a question; one that is answered stays as it is.

    Args:
        room: of the student.
        assignment: which.
        attempt: its id.
        number: of the question, from 1.
        said: the form (``domain.quizzes.read``).

    Raises:
        NotAllowed: ``course.archived``.
        NotFound: ``quiz.not_found``.
        InvalidInput: ``quiz.no_answer``, ``quiz.no_number``, ``quiz.no_order``.
        Conflict: ``exam.no_help``.
    """
    require_open(room.u, room.person.course)
    exam_gate.require_no_exam(room, assignment)
    found = _own_attempt(room, assignment, attempt, lock=True)
    questions = drawn(_quiz(room, found.master), found.seed)
    if not 0 < number <= len(questions):
        raise NotFound("quiz.not_found", id=str(number)[:20])
    asked = questions[number - 1]
    if asked.id in found.answers:
        return
    given = read(asked, shown(asked, found.seed), said)
    kept = Answer(asked.digest, tuple(given), is_right(asked, given))
    answers = {**found.answers, asked.id: kept}
    finished = room.at if len(answers) == len(questions) else None
    Attempts(room.u.session).save(replace(found, answers=answers, finished_at=finished))


def question(sitting: Sitting, number: int) -> Asked:
    """A question of an attempt by its number.

    Raises:
        NotFound: ``quiz.not_found``.
    """
    found = next((each for each in sitting.asked if each.number == number), None)
    if found is None:
        raise NotFound("quiz.not_found", id=str(number)[:20])
    return found


@dataclass(frozen=True, slots=True)
class Figures:
    """How a class did: each question with its counts, and how many students practised."""

    bank: Bank
    students: int
    told: tuple[tuple[Question, Told], ...]


def figures(room: Room, assignment: AssignmentName, lang: Language) -> Figures:
    """How a class did in each question of the quiz as it is now.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``classroom.not_released``, ``quiz.none``.
    """
    room.person.require(CourseRole.TEACHER)
    found = bank(room, assignment, lang)
    attempts = Attempts(room.u.session).of(room.person.course, assignment)
    as_kept = {each.id: each for each in _quiz(room, found.master).questions}
    students = {each.student for each in attempts if each.answers}
    return Figures(
        found,
        len(students),
        tuple((each, told(as_kept[each.id], attempts)) for each in found.quiz.questions),
    )


def _own_attempt(
    room: Room, assignment: AssignmentName, attempt: str, *, lock: bool = False
) -> Attempt:
    found = Attempts(room.u.session).find(attempt, lock=lock)
    person = room.person
    if found is None or (found.course, found.assignment, found.student) != (
        person.course,
        assignment,
        person.account,
    ):
        raise NotFound("quiz.not_found", id=attempt[:64])
    return found


def _sitting(room: Room, attempt: Attempt, lang: Language) -> Sitting:
    found = _bank(room, attempt.master, lang)
    questions = drawn(found.quiz, attempt.seed)
    asked = (
        Asked(number, each, shown(each, attempt.seed), attempt.answers.get(each.id))
        for number, each in enumerate(questions, 1)
    )
    return Sitting(attempt, tuple(asked), found.assisted)


def _bank(room: Room, master: BundleHash, lang: Language) -> Bank:
    names = _names(room, master)
    return Bank(
        _translated(_quiz(room, master), words_of(room, master, lang)),
        master,
        _assisted(room, names, lang),
    )


def _quiz(room: Room, master: BundleHash) -> Quiz:
    """A release's quiz as it was written."""
    names = _names(room, master)
    if QUIZ not in names:
        raise NotFound("quiz.none")
    return quiz_of(room.blobs.get(names[QUIZ]))


def _names(room: Room, master: BundleHash) -> dict[str, str]:
    """The files of a release: path to the name of the content."""
    return {path: sha256 for path, sha256, _size in Bundles(room.u.session).get(master).entries}


def _translated(quiz: Quiz, words: Mapping[str, str]) -> Quiz:
    def said(text: str) -> str:
        return words.get(text, text)

    return replace(
        quiz,
        questions=tuple(
            replace(
                each,
                ask=said(each.ask),
                why=said(each.why),
                unit=said(each.unit),
                choices=tuple(replace(choice, text=said(choice.text)) for choice in each.choices),
            )
            for each in quiz.questions
        ),
    )


def _assisted(room: Room, names: Mapping[str, str], lang: Language) -> bool:
    """Whether the texts are a translation that no native reader has signed."""
    described = {path: room.blobs.get(names[path]) for path in names if path == "course.yaml"}
    if path_of(lang) not in names or source_language(described) == lang:
        return False
    if PATH not in names:
        return True
    files = {path: room.blobs.get(sha256) for path, sha256 in names.items()}
    return not is_signed(files, read_catalogue(files[path_of(lang)], lang))
