"""How the free answers of an assignment are marked: by whom, seen by whom, and what counts.

Rules:

- Set for each assignment, and only until the first mark: nobody changes the rules of marks that
  were given.
- **Anonymous**: markers see a pseudonym of student and assignment, made from a secret number of
  the assignment, until the feedback of that work is released or the anonymity is lifted.
- **Second marking**: a second person, appointed for it, marks without seeing the first mark. Of
  which works: a share drawn by the secret number (each work with that chance, so that later
  hand-ins change nothing), or every work whose points, with the first marks, lie below the border
  of passing and so many percent above it.
- Two marks that differ by no more than the tolerance agree; what counts then is the first or the
  mean, as was set. Larger differences are decided by a teacher, with a reason.

>>> rules = MarkingRules(second=Second.SAMPLE, percent=50, tolerance=0.5, agreed=Agreed.MEAN)
>>> agreed_points(rules, 2.0, 2.5), agreed_points(rules, 1.0, 2.0)
(2.25, None)
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Final

from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName

_LETTERS: Final = "ABCDEFGHJKMNPQRSTVWXYZ23456789AB"
"""32 letters, none of which is taken for another; two of them twice."""
_LENGTH: Final = 8
HIGHEST: Final = 1000.0
"""Points of a tolerance at most."""


class Second(StrEnum):
    """Which works are marked a second time."""

    NONE = "second_none"
    SAMPLE = "second_sample"
    BORDER = "second_border"


class Agreed(StrEnum):
    """What counts of two marks that agree."""

    FIRST = "agreed_first"
    MEAN = "agreed_mean"


@dataclass(frozen=True, slots=True)
class MarkingRules:
    """How an assignment is marked.

    Attributes:
        anonymous: whether markers see pseudonyms.
        second: which works are marked twice.
        percent: of the works, for a sample: 1 to 100.
        border: percent of all points that are needed to pass, for works near it.
        near: so many percent above the border are near.
        tolerance: points by which two marks may differ and still agree.
        agreed: what counts of two that agree.
        secret: hex; pseudonyms and the sample follow from it. Empty: nothing was set.
    """

    anonymous: bool = False
    second: Second = Second.NONE
    percent: int = 20
    border: int = 50
    near: int = 5
    tolerance: float = 0.0
    agreed: Agreed = Agreed.FIRST
    secret: str = ""

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises:
            InvalidInput: ``marking.rules``, naming the field.
        """
        wrong = [
            name
            for name, right in (
                ("percent", 1 <= self.percent <= 100),
                ("border", 0 <= self.border <= 100),
                ("near", 0 <= self.near <= 100),
                ("tolerance", 0 <= self.tolerance <= HIGHEST),
            )
            if not right
        ]
        if wrong:
            raise InvalidInput("marking.rules", field=wrong[0])


@dataclass(frozen=True, slots=True)
class Opinion:
    """One marker's judgement of an answer that is marked by two.

    Attributes:
        turn: 1 the first marker's, 2 the second's.
        points: what they would give.
        levels: of the rubric; none when points were typed.
        comment: to the student.
    """

    submission: str
    notebook: str
    cell: str
    turn: int
    course: CourseName
    assignment: AssignmentName
    author: AccountName
    at: datetime
    points: float
    levels: tuple[int, ...]
    comment: str


def pseudonym(rules: MarkingRules, student: AccountName) -> str:
    """What markers see instead of a name; the same for a student in an assignment.

    Args:
        rules: with their secret.
        student: whose.
    """
    digest = _digest(rules, "pseudonym", student)
    letters = "".join(_LETTERS[byte % 32] for byte in digest[:_LENGTH])
    return f"{letters[:4]}-{letters[4:]}"


def drawn(rules: MarkingRules, student: AccountName) -> bool:
    """Whether a student's work is in the sample."""
    place = int.from_bytes(_digest(rules, "sample", student)[:8], "big")
    return place * 100 < rules.percent * 2**64


def near_border(rules: MarkingRules, score: float, points: float) -> bool:
    """Whether work lies below the border of passing, or near it.

    Args:
        rules: of the assignment.
        score: with the first marks.
        points: of the whole assignment.
    """
    share = Fraction(repr(float(score))) * 100
    return share < (rules.border + rules.near) * Fraction(repr(float(points)))


def agreed_points(rules: MarkingRules, first: float, second: float) -> float | None:
    """What counts of two marks; None: they differ too much."""
    one, other = Fraction(repr(float(first))), Fraction(repr(float(second)))
    if abs(one - other) > Fraction(repr(float(rules.tolerance))):
        return None
    return first if rules.agreed is Agreed.FIRST else float((one + other) / 2)


def _digest(rules: MarkingRules, what: str, student: AccountName) -> bytes:
    return hmac.digest(bytes.fromhex(rules.secret), f"{what}:{student}".encode(), hashlib.sha256)
