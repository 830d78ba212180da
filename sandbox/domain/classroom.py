"""Records of a course: who is in it, what happened, what was marked.

Rules:

- What happened is a list of actions that only grows: who, what, when by the server's
  clock, and the content by its hash. Releases and submissions are actions; the newest
  release is in force, every submission stays.
- Roles in a course are the desk's own data; identity is the hub's answer.
- A mark belongs to one submission and one cell; the platform's mark and a teacher's
  are kept apart, and the teacher's counts.

>>> counted(Mark("s", "lab", "a", "Task", 4.0, 3.0, "partial", {}, teacher_mark=4.0))
4.0
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox.domain.coursework import AssignmentName, BundleHash, CourseName, SubmissionId
from sandbox.kit.ids import AccountName, OrgId


class CourseRole(StrEnum):
    """What somebody is in a course."""

    TEACHER = "teacher"
    STUDENT = "student"


class Duty(StrEnum):
    """For what somebody teaches a course of others, for a time.

    A substitute stands in for its teachers. Assistants and second markers grade, collect and mark;
    what goes out to students (releases, feedback) and who is in the course is not theirs.
    """

    ASSISTANT = "assistant"
    SUBSTITUTE = "substitute"
    SECOND_MARKER = "second_marker"


class ActionKind(StrEnum):
    """What somebody did."""

    RELEASED = "released"
    FETCHED = "fetched"
    SUBMITTED = "submitted"
    COLLECTED = "collected"
    GRADING_ASKED = "grading_asked"
    MARKED = "marked"
    FEEDBACK_RELEASED = "feedback_released"
    FEEDBACK_FETCHED = "feedback_fetched"
    CORRECTED = "corrected"
    DUE_SET = "due_set"
    EXTENDED = "extended"
    EXTENSION_REVOKED = "extension_revoked"
    VIEWED_AS_STUDENT = "viewed_as_student"
    MARKING_SET = "marking_set"
    ANONYMITY_LIFTED = "anonymity_lifted"
    OPINION_GIVEN = "opinion_given"
    MARK_MODERATED = "mark_moderated"
    LESSON_READ = "lesson_read"
    PASSBACK_SET = "passback_set"
    PASSBACK_AGAIN = "passback_again"


class JobState(StrEnum):
    """Where the grading of a submission stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Course:
    """A course and its title in the languages it has.

    Attributes:
        org: the university that gives it; students' numbers are the university's.
        content: the folder of its material below ``courses/``; None: that of its own name.
        department: that gives it (``domain.departments``); None: a course of none.
        term: in which; empty for a course of none.
        archived_at: since when it is closed for everything but looking.
    """

    name: CourseName
    titles: Mapping[str, str]
    org: OrgId | None = None
    content: CourseName | None = None
    department: str | None = None
    term: str = ""
    archived_at: datetime | None = None

    @property
    def material(self) -> CourseName:
        """The folder of its material."""
        return self.content or self.name


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody's role in a course, from a day on and perhaps until one.

    Attributes:
        group: a student's academic group.
        term: as the class list names it.
        duty: of a teacher for a time; None for the course's own, and for students.
    """

    course: CourseName
    account: AccountName
    role: CourseRole
    since: datetime
    until: datetime | None = None
    group: str = ""
    term: str = ""
    duty: Duty | None = None


@dataclass(frozen=True, slots=True)
class ClassPerson:
    """Somebody as a class list has them.

    Attributes:
        school: whose number it is: the university's id, empty for a course of none.
        number: the student's, as written.
        number_key: what two writings of it have in common.
        surname: with ``given`` and ``patronymic`` as the list wrote it.
        latin: the Latin form that the person chose; empty until then.
    """

    account: AccountName
    school: str
    number: str
    number_key: str
    surname: str
    given: str
    patronymic: str
    latin: str = ""


class ListState(StrEnum):
    """Where a class list stands."""

    DRAFT = "list_draft"
    CONFIRMED = "list_confirmed"
    UNDONE = "list_undone"


@dataclass(frozen=True, slots=True)
class ClassList:
    """A class list that was sent, and what confirming it changed.

    Attributes:
        number: the order of all lists, from 1.
        file: its name.
        rows: as read (``services.class_lists``); emptied when a draft is confirmed.
        changes: per person what was before and what is after.
        kept: accounts that an undoing left, because they had worked already.
    """

    id: str
    number: int
    course: CourseName
    term: str
    file: str
    sha256: str
    state: ListState
    rows: tuple[Any, ...]
    changes: tuple[Mapping[str, Any], ...]
    kept: tuple[str, ...]
    sent_by: AccountName
    sent_at: datetime
    settled_by: AccountName | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that happened.

    Attributes:
        number: order of all actions, from 1.
        id: of this action; a submission's id is that of its action.
        student: whose work it is about, if anybody's.
        bundle: the content, by its hash.
        detail: what the kind needs beyond that.
        organisation: of the actor, then; None when there was none, or for old actions.
    """

    number: int
    id: str
    at: datetime
    actor: AccountName
    kind: ActionKind
    course: CourseName
    assignment: AssignmentName
    student: AccountName | None
    bundle: BundleHash | None
    detail: Mapping[str, Any]
    organisation: OrgId | None = None


@dataclass(frozen=True, slots=True)
class StoredBundle:
    """The manifest of a bundle: (path, sha256, size) of each file."""

    hash: BundleHash
    entries: tuple[tuple[str, str, int], ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """Of its files."""
        return tuple(path for path, _sha256, _size in self.entries)


@dataclass(frozen=True, slots=True)
class Job:
    """The grading of one submission against one master.

    Attributes:
        master: hash of the teacher's version with hidden tests.
        lease_until: until when a worker holds it; afterwards it is free again.
        error: code of the last failure.
        result: name of the blob with everything the grader answered.
    """

    id: str
    submission: SubmissionId
    course: CourseName
    assignment: AssignmentName
    master: BundleHash
    state: JobState
    priority: int
    attempts: int
    created_at: datetime
    lease_until: datetime | None = None
    finished_at: datetime | None = None
    error: str | None = None
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """What one test of one submission gave.

    Attributes:
        points: the most there is.
        mark: what the platform gave; None: waits for a person.
        status: passed, partial, failed or manual.
        reason: why it failed, as data; see `sandbox.grading.feedback`.
        teacher_mark: what a person gave instead.
        comment: of the teacher.
    """

    submission: str
    notebook: str
    cell: str
    title: str
    points: float
    mark: float | None
    status: str
    reason: Mapping[str, Any]
    teacher_mark: float | None = None
    comment: str = ""
    position: int = 0

    @property
    def waits(self) -> bool:
        """Whether a person has still to mark it, or took the mark back."""
        return self.mark is None and self.teacher_mark is None

    @property
    def told(self) -> str:
        """The comment as the student reads it: none beside a mark that is not given."""
        return "" if self.waits else self.comment


def as_released(marks: Iterable[Mark]) -> bytes:
    """Marks as a release of feedback keeps them; the submission is that of the release."""
    rows = [asdict(each) for each in marks]
    kept = [{name: row[name] for name in row if name != "submission"} for row in rows]
    return json.dumps(kept, ensure_ascii=False, sort_keys=True).encode()


def released_marks(kept: bytes, submission: str) -> tuple[Mark, ...]:
    """The marks that `as_released` kept."""
    return tuple(Mark(submission=submission, **row) for row in json.loads(kept))


def counted(mark: Mark) -> float:
    """What a mark counts: the teacher's if there is one, else the platform's, else 0."""
    given = mark.mark if mark.teacher_mark is None else mark.teacher_mark
    return 0.0 if given is None else given
