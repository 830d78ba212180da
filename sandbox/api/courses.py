"""Courses: release, fetch, hand in, grade, feedback; what nbgrader's exchange plugins talk to.

Rules:

- only a hub token of the course's own server opens it (``access:servers!server=<user>/course-…``);
  whose work it is, is the hub's answer for that token, never an argument;
- files travel as base64 in JSON, bounded, checked one by one; there is no archive to unpack;
- handing in the same again is the same submission, so a client may repeat a request
  (`sandbox.api.handing_in`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from sandbox.api.bearer import SERVER_SCOPE, Call, Caller
from sandbox.api.describing import taken
from sandbox.domain.classroom import Action, CourseRole, Job
from sandbox.domain.coursework import (
    AUTHORS_SUFFIXES,
    MAX_BUNDLE_BYTES,
    MAX_FILES,
    SUFFIXES,
    AssignmentName,
    Bundle,
    assignment_name,
    course_name,
)
from sandbox.kit.errors import InvalidInput, NotAllowed
from sandbox.kit.ids import account_name
from sandbox.locale import language
from sandbox.services import (
    classroom_content,
    classroom_exchange,
    classroom_feedback,
    classroom_grading,
    classroom_people,
    classroom_time,
    exam_gate,
)
from sandbox.services.classroom_room import Room, load_receipt_key
from sandbox.store.classroom_blobs import Blobs
from sandbox.toolchain.layout import CHECKOUT

router = APIRouter(prefix="/courses", tags=["courses"])
T = TypeVar("T")
MAX_BASE64: Final = MAX_BUNDLE_BYTES * 4 // 3 + 8


class FileBody(BaseModel):
    """One file."""

    model_config = taken(path="lab.ipynb", content="e30=")
    path: str = Field(max_length=400, description="Relative, parts divided by a slash.")
    content: str = Field(max_length=MAX_BASE64, description="Base64.")


class ReleaseBody(BaseModel):
    """A release: what students get, and the teacher's version."""

    model_config = taken(
        files=[{"path": "lab.ipynb", "content": "e30="}],
        master=[{"path": "lab.ipynb", "content": "e30="}],
        titles={"en": "Digital money"},
    )
    files: list[FileBody] = Field(max_length=MAX_FILES)
    master: list[FileBody] = Field(max_length=MAX_FILES)
    titles: dict[str, str] = Field(default_factory=dict, max_length=3)
    note: str = Field(default="", max_length=4000, description="What was corrected.")


class GradingBody(BaseModel):
    """What to grade; nothing named: every student's newest submission."""

    model_config = taken(submissions=[], again=False)
    submissions: list[str] = Field(default_factory=list, max_length=2000)
    again: bool = False


class TeacherMark(BaseModel):
    """A teacher's own mark or comment."""

    model_config = taken(notebook="lab", cell="q1", mark=2.5, comment="Well argued.")
    notebook: str = Field(max_length=160)
    cell: str = Field(max_length=160)
    mark: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    comment: str = Field(default="", max_length=4000)


class FeedbackBody(BaseModel):
    """Whose feedback to release; nobody named: all that is graded.

    ``early``: before all is due; ``unmarked``: with answers that wait for a person's mark.
    """

    model_config = taken(students=[])
    students: list[str] = Field(default_factory=list, max_length=2000)
    early: bool = False
    unmarked: bool = False


def enter(call: Call, course: str, work: Callable[[Room], T], *, commit: bool = False) -> T:
    """Do something as whoever the hub says, in one transaction; refused in their language.

    Args:
        call: with a server's hub token.
        course: which course.
        work: the use case.
        commit: whether it changes something.

    Raises:
        NotAllowed: ``classroom.wrong_server``.
    """
    name = course_name(course)
    user = call.hub_user
    if user is None or f"{SERVER_SCOPE}{user.name}/course-{name}" not in user.scopes:
        raise NotAllowed("classroom.wrong_server", course=name)
    parts = call.parts
    with parts.store.unit(read_only=not commit) as u:
        account = u.accounts.find(user.name)
        if account is not None:
            call.state["language"] = language("", account.language)
        person = classroom_people.person_in(u, account_name(user.name), name, call.at)
        key = load_receipt_key(parts.receipt_key)
        result = work(Room(u, person, call.at, Blobs(parts.blobs), key))
        if commit:
            u.commit()
    return result


@router.get("", summary="The courses behind this token")
def courses(call: Caller) -> list[dict[str, Any]]:
    """Every course of the hub user, with the role in it."""
    if call.hub_user is None:
        raise NotAllowed("classroom.wrong_server", course="")
    with call.parts.store.unit(read_only=True) as u:
        account = account_name(call.hub_user.name)
        return [
            {"course": course.name, "titles": dict(course.titles), "role": role.value}
            for course, role in classroom_people.courses_of(u, account, call.at)
        ]


@router.get("/receipt-key", summary="The public key of receipts")
def receipt_key(call: Caller) -> dict[str, str]:
    """Ed25519, hex; keep it to check receipts offline."""
    return {"public_key": load_receipt_key(call.parts.receipt_key).public_hex}


@router.get("/{course}/assignments", summary="Released assignments")
def assignments(call: Caller, course: str) -> list[dict[str, Any]]:
    """Each assignment in its newest release: when it is due for who asks, what was corrected."""
    return enter(
        call,
        course,
        lambda room: [_assignment(room, each) for each in classroom_exchange.released(room)],
    )


def _assignment(room: Room, each: classroom_exchange.Released) -> dict[str, Any]:
    corrected = classroom_exchange.correction(room, each.assignment)
    return {
        **asdict(each),
        "notebooks": each.notebooks,
        "due": classroom_time.time_of(room, each.assignment).of(room.person.account),
        "exam": _own_time(room, each),
        "copies": classroom_exchange.given(room, each.assignment),
        "corrected_at": corrected and corrected.at,
        "correction": corrected.detail["note"] if corrected else "",
    }


def _own_time(room: Room, each: classroom_exchange.Released) -> dict[str, Any] | None:
    """Until when the reader's own time in an exam runs; None: none runs or ran."""
    clock = exam_gate.own_clock(room, each.assignment)
    if clock is None:
        return None
    return {
        "ends": clock.ends(room.at),
        "minutes_left": clock.left(room.at) // timedelta(minutes=1),
        "state": clock.state(room.at).value,
    }


@router.get("/{course}/assignments/{assignment}/files", summary="Fetch an assignment")
def fetch(call: Caller, course: str, assignment: str) -> dict[str, Any]:
    """The files that students get."""
    wanted = assignment_name(assignment)
    files = enter(call, course, lambda room: classroom_exchange.fetch(room, wanted), commit=True)
    return {"files": packed(files)}


@router.put("/{course}/assignments/{assignment}/release", summary="Release an assignment")
def release(call: Caller, course: str, assignment: str, body: ReleaseBody) -> dict[str, Any]:
    """For teachers: what students get, and the master with the hidden tests."""
    wanted, student_version, master = (
        assignment_name(assignment),
        unpacked(body.files),
        unpacked(body.master, AUTHORS_SUFFIXES),
    )

    def work(room: Room) -> classroom_exchange.Released:
        return classroom_exchange.release(
            room,
            wanted,
            student_version=student_version,
            master=master,
            titles=body.titles,
            note=body.note,
        )

    return asdict(enter(call, course, work, commit=True))


Wanted = Annotated[str | None, Query(max_length=48, description="Only this assignment.")]


@router.get("/{course}/submissions", summary="Submissions: one's own, or a teacher's all")
def submissions(call: Caller, course: str, assignment: Wanted = None) -> list[dict[str, Any]]:
    """Oldest first; every one that was ever handed in."""
    wanted = _optional(assignment)
    found = enter(call, course, lambda room: classroom_exchange.submissions(room, wanted))
    return [_submission(action) for action in found]


@router.get("/{course}/submissions/{submission}/receipt", summary="A receipt once more")
def receipt(call: Caller, course: str, submission: str) -> dict[str, Any]:
    """The same as when it was handed in."""
    return enter(call, course, lambda room: classroom_exchange.receipt(room, submission))


@router.get("/{course}/submissions/{submission}/files", summary="Collect a submission")
def collect(call: Caller, course: str, submission: str) -> dict[str, Any]:
    """For teachers; that it was taken is noted."""

    def work(room: Room) -> dict[str, bytes]:
        return classroom_exchange.collect(room, submission)

    return {"files": packed(enter(call, course, work, commit=True))}


@router.get("/{course}/submissions/{submission}/grading", summary="A submission's grading")
def graded(call: Caller, course: str, submission: str) -> dict[str, Any]:
    """For teachers: its newest job, and the graded notebooks once it is done."""
    job, notebooks = enter(call, course, lambda room: classroom_grading.graded(room, submission))
    return {"job": None if job is None else asdict(job), "notebooks": notebooks}


@router.get("/{course}/source", summary="The course's own material")
def source(call: Caller, course: str) -> dict[str, Any]:
    """For teachers: source notebooks with solutions and hidden tests, by assignment."""

    def work(room: Room) -> dict[str, dict[str, bytes]]:
        return classroom_content.sources(room, CHECKOUT / "courses")

    found = enter(call, course, work)
    return {"assignments": {name: packed(files) for name, files in found.items()}}


@router.get("/{course}/submissions/{submission}/marks", summary="Marks of a submission")
def marks(call: Caller, course: str, submission: str) -> list[dict[str, Any]]:
    """For teachers, and for its student once the feedback is released.

    Teachers also learn who gave a mark of a person.
    """

    def work(room: Room) -> list[dict[str, Any]]:
        found = [asdict(mark) for mark in classroom_grading.marks_of(room, submission)]
        if room.person.role is CourseRole.TEACHER:
            authors = classroom_grading.marked_by(room, submission)
            for mark in found:
                mark["teacher"] = authors.get((mark["notebook"], mark["cell"]))
        return found

    return enter(call, course, work)


@router.put("/{course}/submissions/{submission}/marks", summary="A teacher's own marks")
def set_marks(
    call: Caller, course: str, submission: str, body: list[TeacherMark]
) -> list[dict[str, Any]]:
    """They count instead of the platform's, and outlast grading again."""

    def work(room: Room) -> list[dict[str, Any]]:
        return [
            asdict(
                classroom_grading.set_teacher_mark(
                    room,
                    submission,
                    (each.notebook, each.cell),
                    mark=each.mark,
                    comment=each.comment,
                )
            )
            for each in body
        ]

    return enter(call, course, work, commit=True)


@router.post("/{course}/assignments/{assignment}/grading", summary="Grade")
def grade(call: Caller, course: str, assignment: str, body: GradingBody) -> list[dict[str, Any]]:
    """For teachers: put submissions into the queue; asking twice grades once."""
    wanted = assignment_name(assignment)

    def work(room: Room) -> tuple[Job, ...]:
        return classroom_grading.ask_grading(
            room, wanted, wanted=tuple(body.submissions), again=body.again
        )

    return [asdict(job) for job in enter(call, course, work, commit=True)]


@router.get("/{course}/assignments/{assignment}/grading", summary="How grading stands")
def grading(call: Caller, course: str, assignment: str) -> list[dict[str, Any]]:
    """For teachers: every student of the course."""
    wanted = assignment_name(assignment)
    found = enter(call, course, lambda room: classroom_grading.standings(room, wanted))
    return [asdict(each) for each in found]


@router.post("/{course}/assignments/{assignment}/feedback", summary="Release feedback")
def release_feedback(
    call: Caller, course: str, assignment: str, body: FeedbackBody
) -> list[dict[str, Any]]:
    """For teachers: a snapshot of the marks as they count now."""
    wanted, students = assignment_name(assignment), tuple(body.students)
    allowed = {"early": body.early, "unmarked": body.unmarked}
    make, release = classroom_feedback.make_feedback, classroom_feedback.release_feedback
    enter(call, course, lambda room: make(room, wanted, students=students, **allowed))
    lines = enter(
        call,
        course,
        lambda room: release(room, wanted, students=students, **allowed),
        commit=True,
    )
    return [asdict(line) for line in lines]


@router.get("/{course}/feedback", summary="Released feedback")
def feedback(call: Caller, course: str, assignment: Wanted = None) -> list[dict[str, Any]]:
    """One's own; for teachers, everybody's."""
    wanted = _optional(assignment)
    found = enter(call, course, lambda room: classroom_feedback.released_feedback(room, wanted))
    return [asdict(line) for line in found]


@router.get("/{course}/submissions/{submission}/feedback", summary="Fetch feedback")
def fetch_feedback(call: Caller, course: str, submission: str) -> dict[str, str]:
    """Pages by notebook: complete HTML without script and without anything remote."""

    def work(room: Room) -> dict[str, bytes]:
        return classroom_feedback.fetch_feedback(room, submission)

    pages = enter(call, course, work, commit=True)
    return {name: page.decode() for name, page in pages.items()}


def unpacked(files: list[FileBody], allowed: frozenset[str] = SUFFIXES) -> Bundle:
    """Read and check files.

    Args:
        files: as sent.
        allowed: endings of files.

    Raises:
        InvalidInput: ``coursework.not_base64``, ``coursework.same_name`` and those of
            `sandbox.domain.coursework.Bundle.of`.
    """
    found: dict[str, bytes] = {}
    for file in files:
        if file.path in found:
            raise InvalidInput("coursework.same_name", path=file.path)
        found[file.path] = decoded(file.path, file.content)
    return Bundle.of(found, allowed)


def decoded(path: str, content: str) -> bytes:
    """Read base64.

    Raises:
        InvalidInput: ``coursework.not_base64``.
    """
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("coursework.not_base64", path=path[:160]) from error


def packed(files: Mapping[str, bytes]) -> list[dict[str, str]]:
    """Files as they travel."""
    return [
        {"path": path, "content": base64.b64encode(content).decode()}
        for path, content in sorted(files.items())
    ]


def _optional(assignment: str | None) -> AssignmentName | None:
    return None if assignment is None else assignment_name(assignment)


def _submission(action: Action) -> dict[str, Any]:
    return {
        "submission": action.id,
        "number": action.number,
        "assignment": action.assignment,
        "student": action.student,
        "at": action.at,
        "content": action.bundle,
    }
