"""Parts of a submission sent one by one: what breaks off is taken up where it broke off.

Rules:

- A part is one file, named by its SHA-256. It is durable before it is acknowledged; sending it
  again changes nothing.
- Parts belong to whoever sent them. A submission may name a file by its hash only if this student
  sent it: to know the hash of somebody's file is not to have the file.
- Parts are no submission. They go after a day, the oldest first when there are too many; handing in
  keeps them, so that the request may be repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sandbox.domain.classroom import CourseRole
from sandbox.domain.coursework import (
    MAX_BUNDLE_BYTES,
    MAX_FILE_BYTES,
    MAX_FILES,
    AssignmentName,
    Bundle,
    absent_notebooks,
    check_sizes,
)
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.services.classroom_exchange import is_kept, newest_release
from sandbox.services.classroom_room import Room
from sandbox.store.classroom_blobs import Blobs

KEPT_FOR: Final = timedelta(days=1)
MOST_BYTES: Final = 2 * MAX_BUNDLE_BYTES
MOST_PARTS: Final = 2 * MAX_FILES


def parts_of(room: Room) -> tuple[str, ...]:
    """The parts that the student has sent: their SHA-256, in order."""
    room.person.require(CourseRole.STUDENT)
    return tuple(sorted(_own(room).names()))


def take_part(room: Room, name: str, content: bytes) -> int:
    """Keep one part.

    Args:
        room: of a student.
        name: its SHA-256, hex, as the student reckons it.
        content: of the file.

    Returns:
        Its size in bytes.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        InvalidInput: ``coursework.too_large``, ``coursework.part_damaged``.
    """
    room.person.require(CourseRole.STUDENT)
    if len(content) > MAX_FILE_BYTES:
        about = {"path": name[:64], "size": len(content), "limit": MAX_FILE_BYTES}
        raise InvalidInput("coursework.too_large", **about)
    if hashlib.sha256(content).hexdigest() != name:
        raise InvalidInput("coursework.part_damaged", name=name[:64])
    own = _own(room)
    own.put(content)
    _bound(own, room)
    return len(content)


def settled(room: Room, assignment: AssignmentName, files: Mapping[str, bytes | str]) -> Bundle:
    """Files checked and durable before they are handed in, so that nobody waits for the disk.

    What lacks a notebook of the assignment is not kept: handing it in will be refused.

    Args:
        room: of a student; nothing is written to the store.
        assignment: a released one.
        files: path → content, or the SHA-256 of a part.

    Raises:
        NotFound: ``classroom.not_released``.
        NotAllowed: ``classroom.wrong_role``.
        Conflict: ``classroom.too_often``.
        Conflict, InvalidInput: those of `assembled`.
    """
    room.person.require(CourseRole.STUDENT)
    released = newest_release(room, assignment)
    bundle = assembled(room, files)
    absent = absent_notebooks(released.paths, bundle.files)
    if not absent and is_kept(room, assignment, bundle.hash):
        room.blobs.put_bundle(bundle)
    return bundle


def assembled(room: Room, files: Mapping[str, bytes | str]) -> Bundle:
    """The checked bundle of files, some of which were sent before as parts.

    Args:
        room: of a student.
        files: path → content, or the SHA-256 of a part.

    Raises:
        Conflict: ``coursework.part_missing``: send it again.
        InvalidInput: those of `sandbox.domain.coursework.Bundle.of`.
    """
    own = _own(room)
    found: dict[str, bytes] = {}
    for path, given in files.items():
        try:
            found[path] = given if isinstance(given, bytes) else own.get(given)
        except NotFound as error:
            raise Conflict("coursework.part_missing", path=path) from error
        check_sizes(found)
    return Bundle.of(found)


def _own(room: Room) -> Blobs:
    return room.blobs.within("incoming", room.person.course, room.person.account)


def _bound(own: Blobs, room: Room) -> None:
    """Let go of what is too old, and of the oldest when it is too much."""
    count = size = 0
    for name, at, length in own.newest_first():
        count, size = count + 1, size + length
        if count > MOST_PARTS or size > MOST_BYTES or at < (room.at - KEPT_FOR).timestamp():
            own.discard(name)
