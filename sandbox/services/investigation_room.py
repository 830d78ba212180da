"""How far the trainees of an investigation are, for their trainers; nothing of any truth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.domain.classroom import CourseRole
from sandbox.domain.investigations import CaseFile, Investigation, SentAnswer
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_people import by_name, students_of
from sandbox.services.classroom_room import Room
from sandbox.store.investigation_tables import CaseFiles, SentAnswers


@dataclass(frozen=True, slots=True)
class Answered:
    """A case and what was handed in for it."""

    case: CaseFile
    answer: SentAnswer | None

    @property
    def points(self) -> str | None:
        """Points as text, once it is marked."""
        marks = self.answer.marks if self.answer else None
        return None if marks is None else str(marks["points"])

    @property
    def most(self) -> str:
        """The most that could be had."""
        marks = self.answer.marks if self.answer else None
        return "" if marks is None else str(marks["of"])


@dataclass(frozen=True, slots=True)
class Row:
    """A trainee.

    Attributes:
        cases: the newest first; none: not started.
    """

    trainee: AccountName
    cases: tuple[Answered, ...]


def rows(room: Room, found: Investigation) -> tuple[Row, ...]:
    """Every trainee of the course, by name; also who has left it and has a case.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    room.person.require(CourseRole.TEACHER)
    cases = with_answers(room, CaseFiles(room.u.session).of(found.id))
    people = {*students_of(room.u, room.person.course, room.at)}
    people |= {each.case.trainee for each in cases}
    return tuple(
        Row(name, tuple(each for each in reversed(cases) if each.case.trainee == name))
        for name in by_name(room.u, people)
    )


def with_answers(room: Room, cases: Iterable[CaseFile]) -> tuple[Answered, ...]:
    """Cases with their answers, in their order."""
    listed = tuple(cases)
    answers = SentAnswers(room.u.session).of(each.id for each in listed)
    return tuple(Answered(each, answers.get(each.id)) for each in listed)
