"""Trainers' messages in an investigation: sent, withdrawn, read in a case."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.domain.classroom import CourseRole
from sandbox.domain.investigation_messages import Message, appeared, check_message
from sandbox.domain.investigations import Investigation
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services import investigations
from sandbox.services.classroom_people import require_open, students_of
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_places import people_of
from sandbox.services.investigations import Held
from sandbox.store.investigation_message_tables import Messages
from sandbox.store.investigation_tables import CaseFiles


@dataclass(frozen=True, slots=True)
class Sent:
    """A message with the number of cases in which it stands by now."""

    message: Message
    seen: int


@dataclass(frozen=True, slots=True)
class Wish:
    """A message as a trainer asks for it.

    Attributes:
        trainee: an account of the course; empty: all.
        prepared: the key of a prepared text; empty: none.
        words: own words; empty: none.
        at: when it appears; None, with no ``after`` either: now.
        after: minutes after the start of each case.
    """

    trainee: str = ""
    prepared: str = ""
    words: str = ""
    at: datetime | None = None
    after: int | None = None


def send(room: Room, investigation: str, wish: Wish) -> Message:
    """Send a message to those who work on cases.

    Args:
        room: of a teacher who leads.
        investigation: which.
        wish: to whom, what and when.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        NotFound: ``investigation.not_found``.
        InvalidInput: ``investigation.message_text``, ``investigation.message_time``,
            ``investigation.message_to``.
        Conflict: ``investigation.messages_many``, ``investigation.past_due``.
    """
    room.person.require_lead()
    require_open(room.u, room.person.course)
    found = investigations.one(room, investigation)
    if found.is_over(room.at):
        raise Conflict("investigation.past_due", due=found.due.isoformat())
    if wish.trainee and wish.trainee not in students_of(room.u, room.person.course, room.at):
        raise InvalidInput("investigation.message_to", name=wish.trainee[:40])
    made = Message(
        id=uuid.uuid4().hex,
        investigation=found.id,
        trainee=AccountName(wish.trainee) if wish.trainee else None,
        prepared=wish.prepared,
        words=wish.words.strip(),
        at=room.at if wish.at is None and wish.after is None else wish.at,
        after=wish.after,
        sent_by=room.person.account,
        sent_at=room.at,
    )
    check_message(made, len(Messages(room.u.session).of(found.id)))
    _noted(room, found, "case_message_sent", Messages(room.u.session).add(made))
    return made


def withdraw(room: Room, investigation: str, message: str) -> None:
    """Take a message back that stands in no case yet.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        NotFound: ``investigation.not_found``.
        Conflict: ``investigation.message_seen``.
    """
    room.person.require_lead()
    require_open(room.u, room.person.course)
    found = investigations.one(room, investigation)
    there = Messages(room.u.session).find(message, lock=True)
    if there is None or there.investigation != found.id:
        raise NotFound("investigation.not_found", id=message[:64])
    if there.withdrawn_at is not None:
        return
    if _seen(room, found, there):
        raise Conflict("investigation.message_seen")
    gone = replace(there, withdrawn_at=room.at, withdrawn_by=room.person.account)
    _noted(room, found, "case_message_withdrawn", Messages(room.u.session).save(gone))


def all_of(room: Room, found: Investigation) -> tuple[Sent, ...]:
    """Every message of an investigation for its trainers, the newest first.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    room.person.require(CourseRole.TEACHER)
    sent = Messages(room.u.session).of(found.id)
    return tuple(Sent(each, _seen(room, found, each)) for each in reversed(sent))


def in_case(room: Room, held: Held) -> tuple[tuple[datetime, Message], ...]:
    """What stands in one of the reader's own cases by now, the newest first."""
    sent = Messages(room.u.session).of(held.investigation.id)
    return appeared(held.investigation, sent, held.case, people_of(room, held.case), room.at)


def _seen(room: Room, found: Investigation, message: Message) -> int:
    cases = CaseFiles(room.u.session).of(found.id)
    whose = ((each, people_of(room, each)) for each in cases)
    return sum(bool(appeared(found, [message], each, names, room.at)) for each, names in whose)


def _noted(room: Room, found: Investigation, what: str, message: Message) -> None:
    said = {"message": message.id, "prepared": message.prepared}
    if message.trainee is not None:
        said["student"] = message.trainee
    investigations.note(room, found, what, said)
