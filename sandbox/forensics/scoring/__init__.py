"""Scoring an answer against a case's truth: pure, the same figures for whoever does it again.

In a service::

    from sandbox.forensics.scoring import Answer, Rubric, feedback, score
    marks = score(Answer.read(sent), case, Rubric.shipped("P3"))
    marks.points, marks.passed, marks.as_data(), feedback(marks, "ky")

Rules: an answer is data and is never run; what cannot be read is refused whole; feedback says of
what kind and how much was missed and never which address or place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.kit.lazy import lazily

if TYPE_CHECKING:
    from sandbox.forensics.scoring.answers import Answer
    from sandbox.forensics.scoring.errors import CannotScore
    from sandbox.forensics.scoring.kept import SoFar, completed, read_marks, so_far
    from sandbox.forensics.scoring.key import Key
    from sandbox.forensics.scoring.marks import Mark, Marks, median, score
    from sandbox.forensics.scoring.rubric import Rubric
    from sandbox.forensics.scoring.steps import share_of, step_title
    from sandbox.forensics.scoring.words import feedback, part_title

_HOMES: Final = {
    "Answer": ".answers",
    "CannotScore": ".errors",
    "Key": ".key",
    "Mark": ".marks",
    "Marks": ".marks",
    "Rubric": ".rubric",
    "SoFar": ".kept",
    "completed": ".kept",
    "feedback": ".words",
    "median": ".marks",
    "part_title": ".words",
    "read_marks": ".kept",
    "score": ".marks",
    "share_of": ".steps",
    "so_far": ".kept",
    "step_title": ".steps",
}

__all__ = [
    "Answer",
    "CannotScore",
    "Key",
    "Mark",
    "Marks",
    "Rubric",
    "SoFar",
    "completed",
    "feedback",
    "median",
    "part_title",
    "read_marks",
    "score",
    "share_of",
    "so_far",
    "step_title",
]

__getattr__ = lazily(__name__, _HOMES)
