"""Feedback in words: of what kind and how much was missed, never which address or which place.

Rules: a sentence for each finding, from the wordings ``scoring.feedback.*``; shares are in tens of
a hundred, rounded up; the answer's own probabilities are judged in thousandths (Brier). The marks
hold the same as data.
"""

from __future__ import annotations

from sandbox.forensics.scoring.marks import Marks
from sandbox.locale import wording
from sandbox.locale.catalogue import Language

CODES = "scoring.feedback."
"""What findings' codes begin with in the wordings."""


def feedback(marks: Marks, language: Language = "en") -> dict[str, list[str]]:
    """What to tell the trainee, by part; a part without findings has no sentences.

    Args:
        marks: of the answer.
        language: ``en``, ``ru`` or ``ky``.
    """
    return {
        each.part: [
            wording(CODES + code, dict(numbers), language) for code, numbers in each.findings
        ]
        for each in marks.parts
    }


def part_title(part: str, language: Language = "en") -> str:
    """What a part is called.

    Args:
        part: of ``sandbox.forensics.scoring.rubric.PARTS``.
        language: ``en``, ``ru`` or ``ky``.
    """
    return wording(f"scoring.part.{part}", {}, language)
