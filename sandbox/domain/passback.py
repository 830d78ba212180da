"""Marks that go back to the learning platform a student came from: LTI Advantage, AGS 2.0.

Rules:

1. What goes back is what was released to its student with the feedback, once no task of it waits
   for a person. What is not released yet is not sent, whatever the grading gave.
2. It goes to the platform by which the student came, under the name that the platform gave them,
   into the line item (the column) of the link to the assignment that they followed last. A link to
   the course has none of the assignment's own: then one is made for it, where the platform lets us.
3. Addresses come in signed launches, and are asked only at origins that are configured for the
   platform; others are not kept.
4. What fails for now is tried again after a growing pause, for three days; what will not go by
   trying again is put before the teacher at once, with the reason.

>>> place("/desk/courses/money/lab/open"), place("/desk/courses/money"), place("/desk/courses")
(('money', 'lab'), ('money', ''), None)
>>> scores_url("https://lms.example/items/7/lineitem?type_id=1")
'https://lms.example/items/7/lineitem/scores?type_id=1'

Source: 1EdTech LTI Assignment and Grade Services 2.0; 1EdTech Security Framework 1.0, 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from sandbox.domain.coursework import (
    PAGES_OF_COURSE,
    AssignmentName,
    CourseName,
    assignment_name,
    course_name,
)
from sandbox.domain.lti import LtiPlatform
from sandbox.domain.outside_accounts import origin
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName

ENDPOINT: Final = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
SCORE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
LINE_ITEM: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
LONGEST_URL: Final = 1000
TAG: Final = "mark"
"""Of the line items that are made: what of an assignment they hold."""
_BELOW: Final = "/desk/courses/"


class MarkState(StrEnum):
    """Where a mark stands that is to go back."""

    WAITING = "mark_waiting"
    SENT = "mark_sent"
    FAILED = "mark_failed"
    HELD = "mark_held"


class Outcome(StrEnum):
    """What became of one try."""

    BEGUN = "begun"
    SENT = "sent"
    UNHEARD = "unheard"
    OUT_OF_REACH = "out_of_reach"
    BUSY = "busy"
    NO_TOKEN = "no_token"  # noqa: S105 (an outcome)
    NOT_CONFIGURED = "not_configured"
    NOT_LET_IN = "not_let_in"
    GONE = "gone"
    OVERTAKEN = "overtaken"
    REJECTED = "rejected"
    NO_LINE_ITEM = "no_line_item"
    NO_POINTS = "no_points"


PASSING: Final = frozenset(
    {
        *(Outcome.UNHEARD, Outcome.OUT_OF_REACH, Outcome.BUSY),
        *(Outcome.NO_TOKEN, Outcome.NOT_CONFIGURED),
    }
)
"""What may be over by itself, or once an operator has mended it."""
_IN_BETWEEN: Final = frozenset({500, 502, 504})
"""Answers that may hide that the score was taken."""


@dataclass(frozen=True)
class GradeService:
    """What a launch says of the platform's grade book.

    Attributes:
        line_item: of the link that was followed; empty: it has none.
        line_items: where they are found and made; empty: we may not make one.
    """

    line_item: str
    line_items: str


@dataclass(frozen=True)
class LtiLaunch:
    """The last launch of somebody to a course or an assignment, with a grade book.

    Attributes:
        subject: what the platform calls the person.
        assignment: empty: to the course.
        issuer: of the platform; with ``subject`` it is an outside account.
        line_item: as in ``GradeService``; only of a link to an assignment.
    """

    platform: str
    subject: str
    course: CourseName
    assignment: str
    issuer: str
    line_item: str
    line_items: str
    seen_at: datetime


@dataclass(frozen=True)
class OutsideMark:
    """The mark of a student in an assignment, for one platform.

    Attributes:
        subject: what the platform calls the student.
        line_item: where it goes; empty: into one that is found or made in ``line_items``.
        release: the action that released it.
        points: what there was to get.
        said_at: the moment that goes with it; a platform takes none that is not later.
        next_at: when to try (again) while it waits.
        failing_since: when the first try failed.
        outcome: of the last try; ``begun`` while it goes on, or if the worker died in it; None:
            not tried.
        status: of the last answer, when there was one.
    """

    platform: str
    course: CourseName
    assignment: AssignmentName
    student: AccountName
    subject: str
    line_item: str
    line_items: str
    release: str
    score: float
    points: float
    state: MarkState
    said_at: datetime
    next_at: datetime
    attempts: int = 0
    failing_since: datetime | None = None
    outcome: Outcome | None = None
    status: int | None = None
    sent_at: datetime | None = None
    revision: int = 1


def grade_service(found: LtiPlatform, claims: Mapping[str, Any]) -> GradeService | None:
    """The grade book that a checked launch names; None: none that may be used.

    Args:
        found: whose launch it is.
        claims: of the token.
    """
    said = claims.get(ENDPOINT)
    if not found.token or not isinstance(said, Mapping):
        return None
    scopes = said.get("scope")
    if not isinstance(scopes, list) or SCORE not in scopes:
        return None
    line_item = grade_address(found, said.get("lineitem"))
    line_items = grade_address(found, said.get("lineitems")) if LINE_ITEM in scopes else ""
    return GradeService(line_item, line_items) if line_item or line_items else None


def grade_address(found: LtiPlatform, said: object) -> str:
    """An address of a platform's grade book; empty for any that is not at its configured origins.

    Args:
        found: the platform.
        said: what it named.
    """
    if not isinstance(said, str) or not 0 < len(said) <= LONGEST_URL:
        return ""
    plain = said.isascii() and said.isprintable() and not set(said) & set(' \\"<>^`{|}#')
    try:
        return said if plain and origin(said) in found.grade_books else ""
    except ValueError:
        return ""


def place(path: str) -> tuple[CourseName, str] | None:
    """The course, and the assignment or none, that a page of the desk belongs to."""
    parts = path.partition("?")[0].removeprefix(_BELOW).split("/")
    if not path.startswith(_BELOW):
        return None
    try:
        course = course_name(parts[0])
        named = len(parts) > 1 and parts[1] and parts[1] not in PAGES_OF_COURSE
        return course, assignment_name(parts[1]) if named else ""
    except InvalidInput:
        return None


def scores_url(line_item: str) -> str:
    """Where the scores of a line item are posted; its query stays at the end."""
    found = urlsplit(line_item)
    return urlunsplit(found._replace(path=f"{found.path}/scores"))


def score(mark: OutsideMark) -> dict[str, Any]:
    """What is posted."""
    return {
        "userId": mark.subject,
        "scoreGiven": mark.score,
        "scoreMaximum": mark.points,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": moment(mark.said_at),
    }


def moment(at: datetime) -> str:
    """A moment as scores have it: to the millisecond, in UTC."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def resource_id(course: CourseName, assignment: AssignmentName) -> str:
    """By what a line item that was made is known again."""
    return f"{course}/{assignment}"


def unheard(mark: OutsideMark) -> bool:
    """Whether the last try of a mark may have been taken without our knowing."""
    lost = mark.outcome in {Outcome.BEGUN, Outcome.UNHEARD}
    return lost or (mark.outcome is Outcome.BUSY and mark.status in _IN_BETWEEN)


def judged(status: int) -> Outcome:
    """What the answer to a score means.

    >>> [judged(status).value for status in (201, 302, 401, 404, 409, 422, 429, 503)]
    ['sent', 'rejected', 'not_let_in', 'gone', 'overtaken', 'rejected', 'busy', 'busy']
    """
    if 200 <= status < 300:
        return Outcome.SENT
    if status in {408, 429} or status >= 500:
        return Outcome.BUSY
    told = {
        401: Outcome.NOT_LET_IN,
        403: Outcome.NOT_LET_IN,
        404: Outcome.GONE,
        409: Outcome.OVERTAKEN,
        410: Outcome.GONE,
    }
    return told.get(status, Outcome.REJECTED)
