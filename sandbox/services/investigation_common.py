"""One case for a whole class, named by a code, and the same case again in a later course.

Rules:

1. The code stands on trainers' pages alone. Whoever teaches in the course where the case was first
   opened may open it again; for everybody else there is no such code.
2. A case that was worked on before is planned again before it is opened again. Where that does not
   give the very same file, the planner was changed meanwhile, and it is refused: marks would be of
   another case.
3. Everybody has the same answer to find: who copies is not told apart by the case.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import Final

from sandbox.domain.classroom import CourseRole
from sandbox.domain.investigations import CaseFile, Investigation
from sandbox.kit.errors import Conflict, NotFound
from sandbox.services import investigations
from sandbox.services.classroom_room import Room
from sandbox.services.investigations import Begun
from sandbox.store.classroom import Members, holds
from sandbox.store.investigation_tables import CaseFiles, Investigations

LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for another one."""
LENGTH: Final = 10


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a case was opened first.

    Attributes:
        case: one that was started there or later, attempt 1; None: nobody has started it.
    """

    investigation: Investigation
    case: CaseFile | None


def share(room: Room, found: Investigation) -> Investigation:
    """Give everybody of an investigation that was just opened the same case."""
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    return _coded(room, replace(found, code=code))


def origin(room: Room, code: str) -> Origin:
    """Where a code comes from.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        NotFound: ``investigation.code``: also for who may not know it.
    """
    room.person.require_lead()
    wanted = code.strip().lower()
    with_it = Investigations(room.u.session).coded(wanted) if wanted else ()
    if not with_it:
        raise NotFound("investigation.code", name=code[:40])
    found = with_it[0]
    member = Members(room.u.session).find(found.course, room.person.account)
    if member is None or member.role is not CourseRole.TEACHER or not holds(member, room.at):
        raise NotFound("investigation.code", name=code[:40])
    cases = (each for one in with_it for each in CaseFiles(room.u.session).of(one.id))
    return Origin(found, next((each for each in cases if each.attempt == 1), None))


def check_same(found: Origin) -> None:
    """Refuse a case that would be another one today; plans it, outside any transaction.

    Raises:
        Conflict: ``investigation.code_planner``.
    """
    if found.case is None:
        return
    begun = Begun(found.investigation, found.case.trainee, found.case.attempt, None)
    now = investigations.planned(begun).public().canonical()
    if hashlib.sha256(now).hexdigest() != found.case.public:
        raise Conflict("investigation.code_planner", name=found.investigation.code)


def again(room: Room, made: Investigation, found: Origin) -> Investigation:
    """Give an investigation that was just opened the case of an earlier one."""
    old = found.investigation
    same = replace(made, lab=old.lab, difficulty=old.difficulty, secret=old.secret, code=old.code)
    return _coded(room, same)


def _coded(room: Room, found: Investigation) -> Investigation:
    kept = Investigations(room.u.session).save(found)
    investigations.note(room, kept, "investigation_common", {"code": kept.code})
    return kept
