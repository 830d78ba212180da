"""Marks of an answer: reckoned by the rubric of the lab, outside any transaction.

Numbered plan:

1. The answer is kept and its case closed (``investigation_work.hand_in``), marked or not.
2. The case is planned again from its seed; unless it gives the very file that the trainee saw,
   nothing is marked: a planner that was changed meanwhile would mark another case.
3. The marks are kept beside the answer. What failed leaves it "marked later"; a trainer asks again.

Feedback is data with the marks: of what kind and how much was missed, never where.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.domain.classroom import CourseRole
from sandbox.domain.investigations import CaseFile, SentAnswer
from sandbox.forensics.scoring import Answer, Rubric, score
from sandbox.kit.errors import IntegrityFailure
from sandbox.services import investigations
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_work import as_file
from sandbox.services.investigations import Begun
from sandbox.store.investigation_tables import CaseFiles, SentAnswers


@dataclass(frozen=True, slots=True)
class Waiting:
    """An answer that has no marks yet, with what its case is planned from."""

    begun: Begun
    case: CaseFile
    answer: SentAnswer


def waiting(room: Room, investigation: str, case: str = "") -> tuple[Waiting, ...]:
    """The answers of an investigation that have no marks: for a trainer all, for a trainee own.

    Args:
        room: of the reader.
        investigation: which.
        case: one alone; empty: every one.

    Raises:
        NotFound: ``investigation.not_found``.
    """
    found = investigations.one(room, investigation)
    teaches = room.person.role is CourseRole.TEACHER
    every = CaseFiles(room.u.session).of(found.id)
    cases = every if teaches else investigations.own_cases(room, found.id)
    answers = SentAnswers(room.u.session).of(each.id for each in cases)
    return tuple(
        Waiting(Begun(found, each.trainee, each.attempt, each, each.team), each, answers[each.id])
        for each in cases
        if each.id in answers and answers[each.id].marks is None and case in ("", each.id)
    )


def reckoned(each: Waiting) -> Mapping[str, Any]:
    """The marks of an answer as data (``sandbox.forensics.scoring``).

    Raises:
        IntegrityFailure: ``investigation.case_changed``.
        CannotScore: the answer cannot be read.
    """
    case = investigations.planned(each.begun)
    if hashlib.sha256(case.public().canonical()).hexdigest() != each.case.public:
        raise IntegrityFailure("investigation.case_changed", id=each.case.id)
    answer = Answer.read(as_file(each.answer.answer))
    return score(answer, case, Rubric.shipped(each.begun.investigation.lab)).as_data()


def keep(room: Room, each: Waiting, marks: Mapping[str, Any]) -> None:
    """Keep marks; who marked meanwhile was first.

    Args:
        room: of the reader.
        each: the answer.
        marks: of ``reckoned``.
    """
    now = SentAnswers(room.u.session).get(each.case.id, lock=True)
    if now.marks is None:
        SentAnswers(room.u.session).save(replace(now, marks=marks, marked_at=room.at))
