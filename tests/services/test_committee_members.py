"""Who sits on the Committee: appointments, ends and rules, each by two persons."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.committee import Choice, CommitteeRole, MinutesDemand, Motion
from sandbox.domain.seats import Seat
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.services import committee_members as members
from sandbox.services import committee_views as views
from sandbox.services.files import file_view
from tests.services.committee_room import START

FOR, AGAINST, ABSTAIN = Choice.FOR, Choice.AGAINST, Choice.ABSTAIN


# members


def test_an_appointment_counts_once_another_person_confirmed_it(room):
    made = room.appoint("ermek", CommitteeRole.CHAIR, by="kubat", confirm=None)
    assert room.look(views.committee_view, "kubat", at=room.at).voting == 0
    confirm = room.confirming(made)
    with pytest.raises(NotAllowed, match=r"committee\.second_person"):
        room.do(members.confirm_appointment, "kubat", confirm)
    with room.store.unit() as u:
        room.add(u, "kubat2", "demo-central-bank", Seat.REGULATOR, person="person-kubat")
        u.commit()
    with pytest.raises(NotAllowed, match=r"committee\.second_person"):
        room.do(members.confirm_appointment, "kubat2", confirm)
    room.do(members.confirm_appointment, "gulnara", confirm)
    assert room.look(views.committee_view, "kubat", at=room.at).voting == 1
    with pytest.raises(Conflict, match=r"committee\.nothing_to_confirm"):
        room.do(members.confirm_appointment, "hanum", confirm)


def test_only_regulators_record_and_only_regulators_are_appointed(room):
    for who in ("aigul", "damira", "jyldyz", "tologon", "operator", "lira"):
        with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
            room.appoint("ermek", by=who)
        with pytest.raises(InvalidInput, match=r"committee\.not_a_regulator"):
            room.appoint(who)


def test_one_chair_and_one_seat_a_person_at_a_time(room):
    made = room.appoint("ermek", CommitteeRole.CHAIR, until=START.date())
    with pytest.raises(Conflict, match=r"committee\.role_taken"):
        room.appoint("hanum", CommitteeRole.CHAIR)
    with pytest.raises(Conflict, match=r"committee\.already_appointed"):
        room.appoint("ermek")
    tomorrow = START.date() + timedelta(days=1)
    room.appoint("hanum", CommitteeRole.CHAIR, since=tomorrow)
    room.appoint("ilim")
    with pytest.raises(InvalidInput, match=r"committee\.acting_outside"):
        room.appoint("janar", acting_for=made, until=tomorrow)
    room.appoint("janar", acting_for=made, until=START.date())
    office = room.look(views.committee_view, "ermek", at=room.at).members
    sits = {each.account: each.role for each in office if each.sits}
    assert sits == {"janar": "chair", "ilim": "member"}


def test_two_recordings_of_a_chair_cannot_both_be_confirmed(room):
    # recorded for different times, then one of them is stretched behind the desk's back
    first = room.appoint("ermek", CommitteeRole.CHAIR, until=START.date(), confirm=None)
    later = START.date() + timedelta(days=1)
    second = room.appoint("hanum", CommitteeRole.CHAIR, since=later, confirm=None)
    with room.store.unit() as u:
        u.appointments.save(replace(u.appointments.get(first), until=None))
        u.commit()
    with pytest.raises(Conflict, match=r"committee\.role_taken"):
        room.do(members.confirm_appointment, "ilim", room.confirming(second))


def test_an_earlier_end_needs_two_persons_as_well(either):
    room = either
    made = room.appoint("ermek")
    assert room.look(views.waiting_in_committee, "ilim", at=room.at) == ()
    command = members.EndAppointment(made, START.date(), "15/2")
    room.do(members.end_appointment, "kubat", command)
    assert room.look(views.waiting_in_committee, "kubat", at=room.at) == ()
    (waits,) = room.look(views.waiting_in_committee, "ilim", at=room.at)
    assert (waits.title, waits.about) == ("Ermek (Committee)", "15/2")
    room.clock.forward(timedelta(days=1))
    assert room.look(views.committee_view, "ilim", at=room.at).voting == 1
    with pytest.raises(NotAllowed, match=r"committee\.second_person"):
        room.do(members.confirm_appointment, "kubat", room.confirming(made))
    room.do(members.confirm_appointment, "ilim", room.confirming(made))
    assert room.look(views.committee_view, "ilim", at=room.at).voting == 0
    with pytest.raises(InvalidInput, match=r"committee\.end_not_earlier"):
        room.do(
            members.end_appointment, "kubat", members.EndAppointment(made, START.date(), "16/1")
        )


def test_nobody_confirms_what_is_about_themselves(room):
    def seen(who):
        (line,) = room.look(views.committee_view, who, at=room.at).members
        waits = len(room.look(views.waiting_in_committee, who, at=room.at))
        return line.may_confirm, line.own, waits

    made = room.appoint("ermek", by="kubat", confirm=None)
    with room.store.unit() as u:
        room.add(
            u, "ermek2", "demo-central-bank", Seat.REGULATOR, person=room.actor("ermek").person
        )
        u.commit()
    confirm = room.confirming(made)
    for who in ("ermek", "ermek2"):
        assert seen(who) == (False, True, 0)
        with pytest.raises(NotAllowed, match=r"committee\.own_appointment"):
            room.do(members.confirm_appointment, who, confirm)
    assert seen("ilim") == (True, False, 1)
    room.do(members.confirm_appointment, "ilim", confirm)
    room.do(members.end_appointment, "kubat", members.EndAppointment(made, START.date(), "15/2"))
    confirm = room.confirming(made)
    assert seen("ermek") == (False, True, 0)
    with pytest.raises(NotAllowed, match=r"committee\.own_appointment"):
        room.do(members.confirm_appointment, "ermek", confirm)
    assert seen("ilim") == (True, False, 1)
    room.do(members.confirm_appointment, "ilim", confirm)


def test_what_was_recorded_can_be_dropped_before_it_is_confirmed(room):
    made = room.appoint("ermek", confirm=None)
    room.do(members.drop_appointment, "ilim", members.DropAppointment(made, "Wrong order."))
    with pytest.raises(Conflict, match=r"committee\.nothing_to_confirm"):
        room.do(members.confirm_appointment, "ilim", room.confirming(made))
    assert room.look(views.committee_view, "ilim", at=room.at).members == ()
    room.appoint("ermek")


def test_other_rules_hold_once_a_second_person_confirmed_them(room):
    command = members.RecordRules(2, 3, False, MinutesDemand.ALWAYS, "20/4")
    made = room.do(members.record_rules, "kubat", command)
    with pytest.raises(Conflict, match=r"committee\.rules_waiting"):
        room.do(members.record_rules, "ilim", command)
    with pytest.raises(NotAllowed, match=r"committee\.second_person"):
        room.do(members.settle_rules, "kubat", members.SettleRules(made, confirm=True))
    assert room.look(views.committee_view, "ilim", at=room.at).rules.quorum_in == 2
    room.do(members.settle_rules, "ilim", members.SettleRules(made, confirm=True))
    view = room.look(views.committee_view, "ilim", at=room.at)
    assert (view.rules.quorum_in, view.rules.casting_vote, view.demanded) == (3, False, True)
    for wrong in ((0, 2), (2, 2), (3, 2)):
        with pytest.raises(InvalidInput, match=r"committee\.quorum_impossible"):
            room.do(members.record_rules, "ilim", replace(command, quorum_of=wrong[0], quorum_in=2))


# who learns of it


def test_nobody_but_the_authorities_learns_of_the_committee(room):
    room.constitute()
    file = room.file()
    number = room.closed(Motion.REFUSE, file)
    for who in ("aigul", "damira", "tologon", "operator", "lira"):
        with pytest.raises(NotFound, match=r"committee\.not_found"):
            room.look(views.committee_view, who, at=room.at)
        with pytest.raises(NotFound, match=r"committee\.not_found"):
            room.look(views.sitting_view, who, "S-2026-0001", at=room.at)
        with pytest.raises(NotFound, match=r"committee\.not_found"):
            room.look(views.minutes_view, who, number)
    for party in ("aigul", "damira"):
        assert room.look(views.file_committee, party, file, at=room.at) is None
        assert "recommend" not in str(room.look(file_view, party, file, at=room.at))
    for reader in ("jyldyz", "kubat"):
        assert room.look(views.minutes_view, reader, number).sound
