"""The tasks of an assignment, as the marks of a class show them; see `domain.item_analysis`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sandbox.domain.classroom import CourseRole, JobState, Mark
from sandbox.domain.coursework import AssignmentName, BundleHash
from sandbox.domain.item_analysis import Item, analysed
from sandbox.grading.authoring.description import FILE, described
from sandbox.grading.feedback import missed, reason_text
from sandbox.locale import Language
from sandbox.services.classroom_checks import hidden_checks, told_apart
from sandbox.services.classroom_exchange import newest_per_student, newest_release, submissions
from sandbox.services.classroom_room import Room
from sandbox.services.classroom_words import in_words
from sandbox.store.classroom import Bundles, Jobs, Marks

MOST_REASONS: Final = 3
_LONGEST_REASON: Final = 200


@dataclass(frozen=True, slots=True)
class Task:
    """A graded task in the reader's language.

    Attributes:
        title: of the task.
        reasons: the most common reasons for points that were not given, and how often.
        outcomes: what the task gives evidence of, as the release's description says.
    """

    item: Item
    title: str
    reasons: tuple[tuple[str, int], ...]
    outcomes: tuple[str, ...]


def tasks(room: Room, assignment: AssignmentName, lang: Language) -> tuple[Task, ...]:
    """The tasks, from the marks of each student's newest submission that is graded.

    Args:
        room: of a teacher.
        assignment: which.
        lang: the reader's language.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``classroom.not_released``.
    """
    room.person.require(CourseRole.TEACHER)
    course, session = room.person.course, room.u.session
    outcomes = _outcomes(room, assignment, lang)
    newest = {action.id for action in newest_per_student(submissions(room, assignment))}
    jobs = {job.submission: job for job in Jobs(session).of_assignment(course, assignment)}
    marks = Marks(session).of_assignment(course, assignment)
    graded = [
        marks[name]
        for name, job in jobs.items()
        if name in newest and job.state is JobState.DONE and name in marks
    ]
    flat = in_words(room, assignment, (mark for each in graded for mark in each), lang)
    said = {(mark.submission, mark.notebook, mark.cell): mark for mark in flat}
    every = {(mark.notebook, mark.cell): mark for mark in reversed(flat)}
    items = analysed(graded)
    titles = told_apart(
        (replace(every[item.notebook, item.cell], submission="") for item in items),
        lang,
        hidden_checks(room, assignment),
    )
    return tuple(
        Task(
            item=item,
            title=titled.title,
            reasons=tuple(
                Counter(
                    reason[:_LONGEST_REASON]
                    for mark in item.failed
                    for reason in _reasons(said[mark.submission, mark.notebook, mark.cell], lang)
                ).most_common(MOST_REASONS)
            ),
            outcomes=outcomes.get(item.cell, ()),
        )
        for item, titled in zip(items, titles, strict=True)
    )


def _reasons(mark: Mark, lang: Language) -> tuple[str, ...]:
    """The steps that do not hold; where none is told, why the whole failed."""
    return missed(mark) or (reason_text(mark, lang, own=False),)


def _outcomes(room: Room, assignment: AssignmentName, lang: Language) -> dict[str, tuple[str, ...]]:
    """Test to outcomes, by the description in the newest release's master; none without one."""
    master = Bundles(room.u.session).get(BundleHash(newest_release(room, assignment).master))
    names = {path: sha256 for path, sha256, _size in master.entries}
    said = described(room.blobs.get(names[FILE])) if FILE in names else None
    outcomes = (said or {}).get("outcomes")
    found: dict[str, tuple[str, ...]] = {}
    for one in outcomes.values() if isinstance(outcomes, Mapping) else ():
        tests: Any = one.get("tests") if isinstance(one, Mapping) else None
        for test in tests if isinstance(tests, list) else ():
            found[str(test)] = (*found.get(str(test), ()), str(one.get(lang) or one.get("en", "")))
    return found
