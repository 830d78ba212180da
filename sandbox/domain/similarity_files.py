"""A file on similarity: opened by a person, answered by the student, decided, appealed once.

Rules:

1. Nothing opens by itself: a teacher who leads the course opens a file on one student, with a
   reason. Likeness is no accusation; it may have honest causes.
2. The student is told, sees the file, and answers in writing until the end of ``ANSWER_DAYS``
   working days. Nothing is decided before the answer or that end; a later answer is still taken.
3. One lead teacher decides that there is no case, or that the cooperation was allowed. A breach is
   proposed by one and noted by another person, or goes back.
4. Against a breach the student appeals once, until the end of ``APPEAL_DAYS`` working days, to the
   department's coordinator, or where there is none who took no part, to a lead teacher who took
   none. It is upheld or overturned, and the file ends.
5. A file never changes a mark. What is to follow for a mark is an act of its own, with its own
   reason, on the mark sheet.

>>> after(State.OPEN, Act.PROPOSE, answer_over=False)
Traceback (most recent call last):
sandbox.kit.errors.Conflict: similarity.wait_for_answer
>>> after(State.OPEN, Act.ANSWER, answer_over=False).value
'similarity_answered'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.domain.similarity.comparing import Pair
from sandbox.kit.errors import Conflict
from sandbox.kit.ids import AccountName

ANSWER_DAYS: Final = 5
"""Working days for the answer. Source: our own rule, to be confirmed with the universities."""
APPEAL_DAYS: Final = 10
"""Working days for the appeal. Source: our own rule, to be confirmed with the universities."""


class State(StrEnum):
    """How far a file is."""

    OPEN = "similarity_open"
    ANSWERED = "similarity_answered"
    PROPOSED = "similarity_proposed"
    DECIDED = "similarity_decided"
    APPEALED = "similarity_appealed"
    ENDED = "similarity_ended"


class Finding(StrEnum):
    """What was found."""

    NO_CASE = "finding_no_case"
    ALLOWED = "finding_allowed"
    BREACH = "finding_breach"
    OVERTURNED = "finding_overturned"


class Act(StrEnum):
    """A step of a file."""

    OPEN = "opened"
    ANSWER = "answered"
    NO_CASE = "no_case"
    ALLOWED = "allowed"
    PROPOSE = "proposed"
    RETURN = "returned"
    NOTE = "noted"
    APPEAL = "appealed"
    UPHOLD = "upheld"
    OVERTURN = "overturned"


_UNDECIDED: Final = (State.OPEN, State.ANSWERED)
FROM: Final[Mapping[Act, tuple[tuple[State, ...], State]]] = {
    Act.ANSWER: ((State.OPEN,), State.ANSWERED),
    Act.NO_CASE: (_UNDECIDED, State.ENDED),
    Act.ALLOWED: (_UNDECIDED, State.ENDED),
    Act.PROPOSE: (_UNDECIDED, State.PROPOSED),
    Act.RETURN: ((State.PROPOSED,), State.ANSWERED),
    Act.NOTE: ((State.PROPOSED,), State.DECIDED),
    Act.APPEAL: ((State.DECIDED,), State.APPEALED),
    Act.UPHOLD: ((State.APPEALED,), State.ENDED),
    Act.OVERTURN: ((State.APPEALED,), State.ENDED),
}
"""Each act: from which states, and to which."""
FINDINGS: Final[Mapping[Act, Finding]] = {
    Act.NO_CASE: Finding.NO_CASE,
    Act.ALLOWED: Finding.ALLOWED,
    Act.NOTE: Finding.BREACH,
    Act.OVERTURN: Finding.OVERTURNED,
}
AFTER_THE_ANSWER: Final = frozenset({Act.NO_CASE, Act.ALLOWED, Act.PROPOSE})


@dataclass(frozen=True, slots=True)
class SimilarityFile:
    """A file on one student's work.

    Attributes:
        student: whom it is about; ``submission``: their work.
        other: whose work is beside it, ``other_submission``, of ``other_course``.
        pair: what the two have in common, seen from the student's work.
        answer_due: the last moment for the answer.
        finding: None until there is one.
        appeal_due: the last moment for the appeal; None without a breach.
        proposed_by: who proposed the breach that stands or waits.
    """

    number: int
    course: CourseName
    assignment: AssignmentName
    student: AccountName
    submission: str
    other: AccountName
    other_submission: str
    other_course: CourseName
    pair: Pair
    state: State
    opened_by: AccountName
    opened_at: datetime
    answer_due: datetime
    finding: Finding | None = None
    appeal_due: datetime | None = None
    proposed_by: AccountName | None = None
    revision: int = 0

    @property
    def live(self) -> bool:
        """Whether nothing is decided in it yet."""
        return self.state in (*_UNDECIDED, State.PROPOSED)


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody did in a file, with their words; steps only grow."""

    file: int
    place: int
    act: Act
    by: AccountName
    at: datetime
    text: str


def after(state: State, act: Act, *, answer_over: bool) -> State:
    """The state after an act.

    Args:
        state: before.
        act: any but opening.
        answer_over: whether the time for the answer has passed.

    Raises:
        Conflict: ``similarity.not_from_here``, ``similarity.wait_for_answer``.
    """
    before, then = FROM[act]
    if state not in before:
        raise Conflict("similarity.not_from_here", state=state.value)
    if act in AFTER_THE_ANSWER and state is State.OPEN and not answer_over:
        raise Conflict("similarity.wait_for_answer")
    return then
