"""A course or an assignment in words: the course's title and its own, in one language."""

from __future__ import annotations

from sandbox.domain.classroom import ActionKind
from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.domain.investigation_scores import PREFIX
from sandbox.store.classroom import Actions, Courses
from sandbox.store.investigation_tables import Investigations
from sandbox.store.unit import UnitOfWork


def written(u: UnitOfWork, place: str, lang: str) -> str:
    """The titles of a course and, if there is one, of an assignment.

    Args:
        u: the unit of work.
        place: ``<course>/<assignment>``, or a course alone; names stand where there is no title.
        lang: of the reader.
    """
    course, _, assignment = place.partition("/")
    found = Courses(u.session).find(course)
    first = found.titles.get(lang, course) if found else course
    if not assignment:
        return first
    if assignment.startswith(PREFIX):
        case = Investigations(u.session).find(assignment.removeprefix(PREFIX))
        return f"{first}: {case.lab if case else assignment}"
    release = Actions(u.session).newest(
        ActionKind.RELEASED, CourseName(course), AssignmentName(assignment)
    )
    titles = (release.detail.get("titles") or {}) if release else {}
    return f"{first}: {titles.get(lang, assignment)}"
