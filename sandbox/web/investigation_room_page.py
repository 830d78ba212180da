"""What the trainer's room shows, and the news that a trainee reads on every page of a case."""

from __future__ import annotations

from typing import Any

from sandbox.domain.investigation_messages import LONGEST_WAIT, Message
from sandbox.domain.investigations import Investigation
from sandbox.services import investigation_messages, investigation_room
from sandbox.services.classroom_people import by_name, students_of
from sandbox.services.classroom_room import Room
from sandbox.services.investigations import Held
from sandbox.web import investigation_room_words as worded
from sandbox.web.investigation_words import said
from sandbox.web.visit import Visit


def room_values(visit: Visit, room: Room, found: Investigation) -> dict[str, Any]:
    """How far everybody is, and what was sent, for a trainer."""
    rows = investigation_room.rows(room, found)
    cases = [each for row in rows for each in row.cases]
    students = students_of(room.u, room.person.course, room.at)
    return {
        "rows": rows,
        "counts": investigation_room.counts(rows),
        "stages": said(worded.STAGES, visit.lang),
        "stuck": investigation_room.STUCK,
        "steps": investigation_room.STEPS,
        "waits": sum(bool(each.answer) and each.points is None for each in cases),
        "leads": room.person.leads,
        "sent": [
            {"of": each.message, "seen": each.seen, **in_words(visit, each.message)}
            for each in investigation_messages.all_of(room, found)
        ],
        "students": by_name(room.u, students),
        "prepared": said(worded.TITLES, visit.lang),
        "longest_wait": LONGEST_WAIT,
    }


def news_of(visit: Visit, room: Room, held: Held) -> dict[str, Any]:
    """The messages in a case, the newest first, and a mark that changes with what is shown."""
    there = investigation_messages.in_case(room, held)
    found = held.investigation
    changing = (len(there), found.paused_at is not None, int(found.due.timestamp()))
    return {
        "messages": [
            {"moment": moment, "id": each.id, **in_words(visit, each)} for moment, each in there
        ],
        "mark": "-".join(str(int(each)) for each in changing),
    }


def in_words(visit: Visit, message: Message) -> dict[str, str]:
    """A message's title and text in the reader's language; own words stay as they are written."""
    return {
        "title": said(worded.TITLES, visit.lang).get(message.prepared, ""),
        "text": said(worded.TEXTS, visit.lang).get(message.prepared, ""),
        "words": message.words,
    }
