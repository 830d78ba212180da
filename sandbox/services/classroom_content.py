"""A course's own material: ``courses/<course>/<unit>/<assignment>/``, for its teachers."""

from __future__ import annotations

from pathlib import Path

from sandbox.domain.classroom import CourseRole
from sandbox.domain.coursework import AUTHORS_SUFFIXES
from sandbox.services.classroom_room import Room


def sources(room: Room, folder: Path) -> dict[str, dict[str, bytes]]:
    """The source files of every assignment of a course.

    Args:
        room: of a teacher.
        folder: of all courses.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    room.person.require(CourseRole.TEACHER)
    return {path.name: files_in(path) for path in assignments_in(folder / room.person.course)}


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
