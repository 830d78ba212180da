"""What grading again changed, before anybody is told.

Rules:

- Compared are the platform's marks: as they were before the first grading again since the
  submission's feedback was last released (or ever), and as they are now.
- A teacher's own mark outlasts grading again and counts; the change of the platform's is shown
  beside it, since it may be a reason to think again.
- Whoever asks for grading again leaves the marks of that moment in the list of actions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sandbox.domain.classroom import Action, ActionKind, CourseRole, JobState, Mark, counted
from sandbox.domain.coursework import AssignmentName
from sandbox.domain.regrading import Cell, marks_in, platform_marks
from sandbox.kit.ids import AccountName
from sandbox.locale import Language
from sandbox.services.classroom_checks import hidden_checks, told_apart
from sandbox.services.classroom_exchange import newest_per_student, submissions
from sandbox.services.classroom_marking_rules import hidden_works
from sandbox.services.classroom_room import Room
from sandbox.services.classroom_words import in_words
from sandbox.store.classroom import Actions, Jobs, Marks


@dataclass(frozen=True, slots=True)
class Change:
    """One mark of the platform that became another.

    Attributes:
        title: of the task, in the reader's language; the cell's name when the task is gone.
        before: None: there was none, or it waited for a person.
        after: the same of now; also None when the task is not in the assignment any more.
        now: what stands there now; None when the task is gone.
    """

    student: AccountName
    submission: str
    title: str
    before: float | None
    after: float | None
    now: Mark | None

    @property
    def counts(self) -> float:
        """What counts now: a teacher's own mark if there is one."""
        return 0.0 if self.now is None else counted(self.now)

    @property
    def own(self) -> bool:
        """Whether a teacher's own mark counts."""
        return self.now is not None and self.now.teacher_mark is not None


def changes(room: Room, assignment: AssignmentName, lang: Language) -> tuple[Change, ...]:
    """Whose marks are other ones since they were graded again, by student and task.

    Args:
        room: of a teacher.
        assignment: which.
        lang: the reader's language.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    room.person.require(CourseRole.TEACHER)
    course, session = room.person.course, room.u.session
    before = _before(room, assignment)
    if not before:
        return ()
    states = {
        str(job.submission): job.state for job in Jobs(session).of_assignment(course, assignment)
    }
    marks = Marks(session).of_assignment(course, assignment)
    found: list[Change] = []
    hidden = hidden_works(room, assignment, before)
    for action in newest_per_student(submissions(room, assignment)):
        if action.id in before and states.get(action.id) is JobState.DONE:
            now = marks.get(action.id, ())
            if action.id in hidden:  # no mark of a person beside a name
                now = tuple(replace(each, teacher_mark=None) for each in now)
            found += _changed(action, before[action.id], now)
    works = dict.fromkeys(each.submission for each in found if each.now)
    said = in_words(room, assignment, (mark for work in works for mark in marks[work]), lang)
    shown = told_apart(said, lang, hidden_checks(room, assignment)) if works else ()
    titles = {(mark.submission, mark.notebook, mark.cell): mark.title for mark in shown}
    return tuple(
        replace(each, title=titles[each.submission, each.now.notebook, each.now.cell])
        if each.now
        else each
        for each in sorted(found, key=lambda each: each.student)
    )


def _changed(
    action: Action, before: dict[Cell, float | None], now: tuple[Mark, ...]
) -> list[Change]:
    after, standing = platform_marks(now), {(mark.notebook, mark.cell): mark for mark in now}
    return [
        Change(
            student=AccountName(str(action.student)),
            submission=action.id,
            title=cell[1],
            before=before.get(cell),
            after=after.get(cell),
            now=standing.get(cell),
        )
        for cell in (*standing, *(each for each in before if each not in standing))
        if cell not in before or cell not in after or before[cell] != after[cell]
    ]


def _before(room: Room, assignment: AssignmentName) -> dict[str, dict[Cell, float | None]]:
    """By submission: its marks at the first grading again since its feedback was released."""
    actions, course = Actions(room.u.session), room.person.course
    released = {
        str(action.detail["submission"]): action.number
        for action in actions.all_of(ActionKind.FEEDBACK_RELEASED, course, assignment)
    }
    found: dict[str, dict[Cell, float | None]] = {}
    for action in actions.all_of(ActionKind.GRADING_ASKED, course, assignment):
        kept = action.detail.get("before") or {}
        for name in kept.get("marks") or ():
            row = marks_in(kept, name)
            if row is not None and action.number > released.get(name, 0):
                found.setdefault(name, row)
    return found
