"""Minutes: closed by two, sent back, never changed, signed by a successor."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.committee import Choice, CommitteeRole, Motion
from sandbox.domain.minutes import minutes_digest
from sandbox.kit.errors import Conflict, NotAllowed, NotFound
from sandbox.services import committee_members as members
from sandbox.services import committee_minutes as minutes
from sandbox.services import committee_sittings as sittings
from sandbox.services import committee_views as views
from sandbox.services import committee_votes as votes
from tests.services.committee_room import ALL, START

FOR, AGAINST, ABSTAIN = Choice.FOR, Choice.AGAINST, Choice.ABSTAIN


# minutes


def test_minutes_are_closed_by_chair_and_secretary_and_by_what_they_read(room):
    room.constitute()
    sitting = room.in_session(room.file())
    room.vote(sitting, Motion.RETURN)
    room.end(sitting)
    with pytest.raises(Conflict, match=r"committee\.minutes_changed"):
        room.sign(sitting, "ermek", "00" * 32)
    for who in ("gulnara", "kubat"):
        with pytest.raises(NotAllowed, match=r"committee\.officers_only"):
            room.sign(sitting, who)
    room.sign(sitting, "ermek")
    with pytest.raises(NotAllowed, match=r"committee\.second_person"):
        room.sign(sitting, "ermek")
    assert room.sitting(sitting).state.value == "signing"
    room.sign(sitting, "feruza")
    assert room.sitting(sitting).state.value == "closed"


def test_minutes_sent_back_lose_their_signature_and_keep_their_number(room):
    room.constitute()
    sitting = room.in_session(room.file())
    room.vote(sitting, Motion.GRANT)
    room.end(sitting)
    number = room.sitting(sitting).minutes
    room.sign(sitting, "feruza")
    room.do(minutes.return_minutes, "ermek", minutes.ReturnMinutes(sitting, "Item 1 is wrong."))
    assert room.sitting(sitting).signatures == ()
    with pytest.raises(NotFound):
        room.look(views.minutes_view, "kubat", number)
    room.do(votes.strike_ballot, "feruza", votes.StrikeBallot(room.item(sitting).id, 1, "wrong"))
    room.vote(sitting, Motion.REFUSE)
    room.end(sitting)
    assert room.sitting(sitting).minutes == number
    room.sign(sitting, "ermek")
    room.sign(sitting, "feruza")


def test_closed_minutes_change_no_more_and_a_rewritten_store_is_seen(room):
    room.constitute()
    number = room.closed(Motion.GRANT, room.file())
    sitting = "S-2026-0001"
    item = room.item(sitting).id
    for use_case, command in (
        (votes.strike_ballot, votes.StrikeBallot(item, 1, "?")),
        (sittings.record_attendance, sittings.RecordAttendance(sitting, ALL)),
        (minutes.end_sitting, minutes.EndSitting(sitting)),
        (minutes.return_minutes, minutes.ReturnMinutes(sitting, "?")),
        (sittings.declare_conflict, sittings.DeclareConflict(item, "ilim", "?")),
    ):
        with pytest.raises(Conflict, match=r"committee\.wrong_time"):
            room.do(use_case, "feruza", command)
    with room.store.unit() as u:
        found = u.sittings.get(sitting)
        document = {**found.document, "place": "Elsewhere"}
        u.sittings.save(replace(found, document=document))
        u.commit()
    assert not room.look(views.minutes_view, "kubat", number).sound
    with room.store.unit() as u:
        found = u.sittings.get(sitting)
        u.sittings.save(replace(found, digest=minutes_digest(found.document)))
        u.commit()
    again = room.look(views.minutes_view, "kubat", number)
    assert (again.sound, again.logged) == (True, False)


def test_a_successor_signs_where_an_officer_has_left(room):
    made = room.constitute()
    sitting = room.in_session(room.file())
    room.vote(sitting, Motion.GRANT)
    room.end(sitting)
    room.sign(sitting, "feruza")
    room.do(
        members.end_appointment,
        "kubat",
        members.EndAppointment(made["ermek"], START.date(), "31/1"),
    )
    room.do(members.confirm_appointment, "ilim", room.confirming(made["ermek"]))
    room.clock.forward(timedelta(days=1))
    room.appoint("kubat", CommitteeRole.CHAIR, by="hanum", since=room.at.date())
    room.sign(sitting, "kubat")
    assert room.sitting(sitting).state.value == "closed"
