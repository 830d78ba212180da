"""Self-checks, for students: asking for one, and reading what it found.

Rules (``domain.self_checks``):

- It is no hand-in: there is no action, no receipt and no mark, and teachers see nothing of it.
- Held against what students got by the newest release, with the student's own values: hidden tests
  are not there at all, neither their text nor how many there are. Feedback tells of those.
- The same files again, while they are checked or just after, are the same check.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sandbox.domain.classroom import ActionKind, CourseRole, JobState, Mark
from sandbox.domain.coursework import AssignmentName, Bundle, BundleHash
from sandbox.domain.self_checks import AN_HOUR, KEPT, MOST_BYTES, WINDOW, SelfCheck, next_free
from sandbox.grading.authoring.description import FILE, described
from sandbox.grading.feedback import reason_text, step_texts
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.locale import Language, language, wording
from sandbox.services import exam_gate
from sandbox.services.classroom_exchange import files_of, submissions
from sandbox.services.classroom_people import require_open
from sandbox.services.classroom_room import Room
from sandbox.services.classroom_words import in_words
from sandbox.store.classroom import Actions, Courses, Jobs
from sandbox.store.repositories import lock_name
from sandbox.store.self_check_tables import SelfChecks

_SAID: Final[Mapping[str, str]] = {
    "passed": "self_check.passed",
    "partial": "self_check.partial",
    "nothing": "self_check.nothing",
    "manual": "feedback.reason.manual",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What one task's visible test said; ``said`` in the reader's language."""

    task: str
    status: str
    said: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a check stands.

    Attributes:
        place: how many gradings and checks are before it, when it waits.
        problem: why it could not be done, in the reader's language.
        language: the reader's.
        summary: what the lines are, and what they are not.
    """

    id: str
    state: JobState
    asked_at: datetime
    finished_at: datetime | None
    place: int | None
    problem: str
    lines: tuple[Line, ...]
    language: Language
    summary: str


def an_hour(room: Room, folder: Path) -> int:
    """How many checks an hour the course allows; 0: none.

    Args:
        room: of anybody in the course.
        folder: of all courses' material; ``self_checks`` in the course's ``course.yaml``.
    """
    path = folder / Courses(room.u.session).get(room.person.course).material / FILE
    said = (described(path.read_bytes()) or {}) if path.is_file() else {}
    found = said.get("self_checks", AN_HOUR)
    return found if type(found) is int and found >= 0 else AN_HOUR


def ask(room: Room, assignment: AssignmentName, files: Bundle, *, allowed: int) -> Standing:
    """Have present work checked.

    Args:
        room: of a student.
        assignment: a released one.
        files: checked; at most `MOST_BYTES` together.
        allowed: checks an hour, see `an_hour`.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``course.archived``, ``self_check.off``.
        NotFound: ``classroom.not_released``.
        InvalidInput: ``self_check.too_large``.
        Conflict: ``self_check.one_waits``, ``self_check.later`` naming the time;
            ``exam.no_help``.
    """
    person, checks = room.person, SelfChecks(room.u.session)
    person.require(CourseRole.STUDENT)
    require_open(room.u, person.course)
    release = Actions(room.u.session).newest(ActionKind.RELEASED, person.course, assignment)
    if release is None:
        raise NotFound("classroom.not_released", assignment=assignment)
    exam_gate.require_no_exam(room, assignment)
    if sum(entry.size for entry in files.entries) > MOST_BYTES:
        raise InvalidInput("self_check.too_large", limit=MOST_BYTES)
    lock_name(room.u.session, f"self-check:{person.account}")
    made = SelfCheck(
        id=uuid.uuid4().hex,
        course=person.course,
        assignment=assignment,
        student=person.account,
        release=BundleHash(str(release.bundle)),
        content=files.hash,
        files={path: base64.b64encode(each).decode() for path, each in files.files.items()},
        state=JobState.QUEUED,
        asked_at=room.at,
    )
    if (same := _same(checks, made)) is not None:
        return _standing(room, same)
    _may_ask(room, checks, allowed)
    checks.forget(person.account, room.at - KEPT)
    return _standing(room, checks.add(made))


def ask_of_handed_in(room: Room, assignment: AssignmentName, *, allowed: int) -> Standing:
    """Have what the reader handed in last checked.

    Args:
        room: of a student.
        assignment: which.
        allowed: checks an hour, see `an_hour`.

    Raises:
        NotFound: ``self_check.nothing_handed_in``.
        NotAllowed, InvalidInput, Conflict, NotFound: those of `ask`.
    """
    room.person.require(CourseRole.STUDENT)
    mine = submissions(room, assignment)
    if not mine:
        raise NotFound("self_check.nothing_handed_in")
    return ask(room, assignment, Bundle.of(files_of(room, mine[-1])), allowed=allowed)


def _same(checks: SelfChecks, made: SelfCheck) -> SelfCheck | None:
    """The check that this one repeats."""
    found = checks.newest(made.course, made.assignment, made.student)
    known = found is not None and found.state is not JobState.FAILED
    if found is None or not known:
        return None
    return found if (found.content, found.release) == (made.content, made.release) else None


def _may_ask(room: Room, checks: SelfChecks, allowed: int) -> None:
    if allowed == 0:
        raise NotAllowed("self_check.off")
    waits = checks.open_of(room.person.account)
    if waits is not None:
        raise Conflict("self_check.one_waits", assignment=waits.assignment)
    asked = checks.counted_of(room.person.course, room.person.account, room.at - WINDOW)
    free = next_free(asked, allowed, room.at)
    if free is not None:
        raise Conflict("self_check.later", count=allowed, at=free.isoformat())


def standing(room: Room, assignment: AssignmentName) -> Standing | None:
    """The reader's newest check of an assignment; None: there is none.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    room.person.require(CourseRole.STUDENT)
    found = SelfChecks(room.u.session).newest(room.person.course, assignment, room.person.account)
    return None if found is None else _standing(room, found)


def _standing(room: Room, check: SelfCheck) -> Standing:
    account = room.u.accounts.find(room.person.account)
    lang = language("", account.language if account else None)
    place = None
    if check.state is JobState.QUEUED:
        queue = [each.id for each in SelfChecks(room.u.session).queue(room.at)]
        place = Jobs(room.u.session).count_open() + queue.index(check.id)
    return Standing(
        id=check.id,
        state=check.state,
        asked_at=check.asked_at,
        finished_at=check.finished_at,
        place=place,
        problem=wording(check.error, {}, lang) if check.error else "",
        lines=_lines(room, check, lang),
        language=lang,
        summary=_summary(check, place, lang),
    )


def _summary(check: SelfCheck, place: int | None, lang: Language) -> str:
    params: dict[str, Any] = {}
    code = {JobState.DONE: "done", JobState.RUNNING: "running", JobState.FAILED: "failed"}.get(
        check.state, "waits"
    )
    if place is not None:
        params = {"place": place}
    return wording(f"self_check.{code}", params, lang)


def _lines(room: Room, check: SelfCheck, lang: Language) -> tuple[Line, ...]:
    marks = [
        Mark(check.id, str(row["notebook"]), str(row["cell"]), str(row["title"]), 0.0, None,
             str(row["status"]), dict(row["reason"] or {}))
        for row in check.rows
    ]  # fmt: skip
    return tuple(
        Line(mark.title or mark.cell, mark.status, _said(mark, lang))
        for mark in in_words(room, check.assignment, marks, lang)
    )


def _said(mark: Mark, lang: Language) -> str:
    code = _SAID.get(mark.status)
    if code:
        return wording(code, {}, lang)
    return " ".join([reason_text(mark, lang), *step_texts(mark, lang)])
