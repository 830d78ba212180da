"""A course's own material: ``courses/<course>/<unit>/<assignment>/``, for its teachers."""

from __future__ import annotations

from pathlib import Path

from sandbox.domain.classroom import CourseRole
from sandbox.domain.coursework import AUTHORS_SUFFIXES, CourseName
from sandbox.grading.authoring.description import FILE, described
from sandbox.locale import LANGUAGES
from sandbox.services.classroom_room import Room
from sandbox.store.classroom import Courses


def sources(room: Room, folder: Path) -> dict[str, dict[str, bytes]]:
    """The source files of every assignment of a course.

    Args:
        room: of a teacher.
        folder: of all courses.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    room.person.require(CourseRole.TEACHER)
    material = Courses(room.u.session).get(room.person.course).material
    return {path.name: files_in(path) for path in assignments_in(folder / material)}


def materials(folder: Path) -> dict[CourseName, dict[str, str]]:
    """The folders that hold a course, each with its titles by language.

    Args:
        folder: of all courses.
    """
    found = {}
    for path in sorted(folder.glob(f"*/{FILE}")):
        said = (described(path.read_bytes()) or {}).get("titles")
        if isinstance(said, dict) and all(said.get(lang) for lang in LANGUAGES):
            titles = {str(lang): str(said[lang]) for lang in LANGUAGES}
            found[CourseName(path.parent.name)] = titles
    return found


def assignments_in(course: Path) -> list[Path]:
    """The folders of a course's assignments: those with a ``course.yaml``, two levels down."""
    return sorted(path.parent for path in course.glob("*/*/course.yaml"))


def files_in(folder: Path) -> dict[str, bytes]:
    """The files of an assignment that travel, by relative path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and path.suffix in AUTHORS_SUFFIXES
        and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    }
