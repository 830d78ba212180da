"""Pausing an investigation for all of its trainees, and going on; both stand in the audit log."""

from __future__ import annotations

from sandbox.domain.investigation_pauses import paused, resumed
from sandbox.domain.investigations import Investigation
from sandbox.services import investigations
from sandbox.services.classroom_people import require_open
from sandbox.services.classroom_room import Room
from sandbox.store.investigation_tables import Investigations


def pause(room: Room, investigation: str, *, reason: str, extends: bool) -> Investigation:
    """Let no trainee work until somebody resumes.

    Args:
        room: of a teacher who leads.
        investigation: which.
        reason: why, as trainees read it.
        extends: whether the due date moves by the pause.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        NotFound: ``investigation.not_found``.
        InvalidInput: ``investigation.pause_reason``.
        Conflict: ``investigation.paused``, ``investigation.past_due``.
    """
    made = paused(_held(room, investigation), room.at, reason=reason, extends=extends)
    kept = Investigations(room.u.session).save(made)
    said = {"reason": kept.pause_reason, "extends": extends}
    investigations.note(room, kept, "investigation_paused", said)
    return kept


def resume(room: Room, investigation: str) -> Investigation:
    """Go on; the due date moves where the pause said so.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        NotFound: ``investigation.not_found``.
        Conflict: ``investigation.not_paused``.
    """
    kept = Investigations(room.u.session).save(resumed(_held(room, investigation), room.at))
    said = {"due": kept.due.isoformat()}
    investigations.note(room, kept, "investigation_resumed", said)
    return kept


def _held(room: Room, investigation: str) -> Investigation:
    room.person.require_lead()
    require_open(room.u, room.person.course)
    found = investigations.one(room, investigation)
    return Investigations(room.u.session).get(found.id, lock=True)
