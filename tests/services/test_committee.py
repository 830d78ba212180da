"""A sitting of the Committee: quorum, conflicts, votes, what rests on its minutes."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from sandbox.domain.committee import Choice, CommitteeRole, Motion
from sandbox.domain.minutes import minutes_digest
from sandbox.domain.records import FileActor
from sandbox.domain.seats import FileSeat, Seat
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.locale.events import EVENTS
from sandbox.services import committee_sittings as sittings
from sandbox.services import committee_views as views
from sandbox.services import committee_votes as votes
from sandbox.services.appeals import AppealDecision, appeal
from sandbox.services.applications import WithdrawApplication, withdraw_application
from sandbox.services.audit import verify_log
from sandbox.services.countersigning import Countersign, countersign
from sandbox.services.decisions import ProposeGrant, ProposeRefusal, propose_grant, propose_refusal
from sandbox.services.outcomes import ProposeAppealDecision, propose_appeal_decision
from tests.services.committee_room import ALL, MEMBERS, START, VOTERS
from tests.services.world import LIMITS

FOR, AGAINST, ABSTAIN = Choice.FOR, Choice.AGAINST, Choice.ABSTAIN


# a sitting


def test_a_life_of_a_sitting_ends_in_minutes_that_a_refusal_refers_to(either):
    room = either
    room.constitute()
    file = room.file()
    with pytest.raises(Conflict, match=r"committee\.minutes_needed"):
        room.do(propose_refusal, "kubat", ProposeRefusal(file, "Not ready."))
    number = room.closed(Motion.REFUSE, file)
    assert number == "M-2026-0001"
    assert room.state(file) == "under_review"
    view = room.look(views.minutes_view, "jyldyz", number)
    assert view.sound
    assert view.logged
    assert minutes_digest(view.sitting.document) == view.sitting.digest
    for signature in view.sitting.signatures:
        signed = encode_defunct(text=signature["text"])
        found = Account.recover_message(signed, signature=signature["signature"])
        assert found == signature["address"]
        assert view.sitting.digest in signature["text"]
    assert {each["role"] for each in view.sitting.signatures} == {"chair", "secretary"}
    told = room.do(propose_refusal, "kubat", ProposeRefusal(file, "Not ready.", number))
    assert told.decisions[-1].minutes == number
    with room.store.unit(read_only=True) as u:
        assert verify_log(u).ok
        assert {e.kind for e in u.audit.scan() if e.kind.startswith("committee.")} <= set(EVENTS)


def test_a_fresh_installation_without_a_committee_needs_no_minutes(room):
    told = room.do(propose_refusal, "kubat", ProposeRefusal(room.file(), "Not ready."))
    assert told.decisions[-1].minutes is None


def test_with_a_committee_a_grant_and_a_refusal_need_minutes(room):
    room.constitute()
    with pytest.raises(Conflict, match=r"committee\.minutes_needed"):
        room.do(propose_refusal, "kubat", ProposeRefusal(room.file(2), "Not ready."))
    with pytest.raises(Conflict, match=r"committee\.minutes_needed"):
        room.do(propose_grant, "kubat", ProposeGrant(room.file(3), LIMITS), ports=True)


def test_a_grant_refers_to_minutes_that_recommend_it(room):
    room.constitute()
    file, other = room.file(), room.file(2)
    number = room.closed(Motion.GRANT, file)
    with pytest.raises(Conflict, match=r"committee\.minutes_say_otherwise"):
        room.do(propose_refusal, "kubat", ProposeRefusal(file, "No.", number))
    for wrong in ("M-2026-0099", "S-2026-0001"):
        with pytest.raises(InvalidInput, match=r"committee\.minutes_unknown"):
            room.do(propose_grant, "kubat", ProposeGrant(file, LIMITS, "", wrong), ports=True)
    with pytest.raises(InvalidInput, match=r"committee\.minutes_unknown"):
        room.do(propose_grant, "kubat", ProposeGrant(other, LIMITS, "", number), ports=True)
    command = ProposeGrant(file, LIMITS, "In order.", number)
    told = room.do(propose_grant, "kubat", command, ports=True)
    assert (told.state, told.decisions[-1].minutes) == ("decided", number)


def test_minutes_do_not_stand_for_another_text_nor_after_a_later_sitting(room):
    room.constitute()
    file = room.file()
    first = room.closed(Motion.GRANT, file)
    second = room.closed(Motion.REFUSE, file)
    with pytest.raises(Conflict, match=r"committee\.minutes_overtaken"):
        room.do(propose_grant, "kubat", ProposeGrant(file, LIMITS, "", first), ports=True)
    with room.store.unit() as u:
        found = u.files.get(file)
        u.files.save(replace(found, answers={"product": "Something else"}))
        u.commit()
    with pytest.raises(Conflict, match=r"committee\.application_changed"):
        room.do(propose_refusal, "kubat", ProposeRefusal(file, "No.", second))


def test_minutes_that_are_not_closed_support_nothing(room):
    room.constitute()
    file = room.file()
    sitting = room.in_session(file)
    room.vote(sitting, Motion.REFUSE)
    room.end(sitting)
    room.sign(sitting, "ermek")
    assert room.state(file) == "committee"
    number = room.sitting(sitting).minutes
    with pytest.raises(Conflict, match=r"lifecycle\.not_from_here"):
        room.do(propose_refusal, "kubat", ProposeRefusal(file, "No.", number))
    room.sign(sitting, "feruza")
    assert room.state(file) == "under_review"


def test_only_the_secretary_runs_a_sitting_and_not_before_its_hour(room):
    room.constitute()
    file = room.file()
    sitting = room.call()
    room.put(file, sitting)
    for who in ("ermek", "gulnara", "kubat"):
        with pytest.raises(NotAllowed, match=r"committee\.secretary_only"):
            room.open(sitting, who=who)
    with pytest.raises(Conflict, match=r"committee\.officers_absent"):
        room.open(sitting, ALL - {"ermek"})
    room.open(sitting)
    with pytest.raises(NotAllowed, match=r"committee\.secretary_only"):
        room.vote(sitting, Motion.GRANT, who="ermek")
    later = sittings.CallSitting(room.at + timedelta(minutes=2), "Room 1")
    called = room.do(sittings.call_sitting, "feruza", later)
    room.clock.forward(timedelta(minutes=1))
    with pytest.raises(Conflict, match=r"committee\.too_early"):
        room.open(called)
    room.clock.forward(timedelta(minutes=1))
    assert room.open(called) == called


def test_without_a_secretary_no_sitting_is_called(room):
    room.appoint("ermek", CommitteeRole.CHAIR)
    with pytest.raises(Conflict, match=r"committee\.no_secretary"):
        room.call("ermek")
    room.appoint("feruza", CommitteeRole.SECRETARY)
    assert room.call("ermek") == "S-2026-0001"


def test_a_quorum_holds_with_three_of_five_and_not_with_two(room):
    room.constitute()
    file = room.file()
    sitting = room.in_session(file, present={"ermek", "feruza", "gulnara"})
    two = {"ermek": FOR, "gulnara": FOR}
    with pytest.raises(Conflict, match=r"committee\.quorum_missing"):
        room.vote(sitting, Motion.GRANT, two)
    present = sittings.RecordAttendance(sitting, frozenset({"ermek", "feruza", "gulnara", "ilim"}))
    room.do(sittings.record_attendance, "feruza", present)
    room.vote(sitting, Motion.GRANT, {**two, "ilim": FOR})
    assert room.item(sitting).result.value == "recommend_grant"


def test_a_conflict_neither_counts_for_the_quorum_nor_votes(room):
    room.constitute()
    sitting = room.in_session(room.file(), present=ALL - {"hanum", "janar"})
    item = room.item(sitting).id
    declare = sittings.DeclareConflict(item, "ilim", "My brother works there.")
    with pytest.raises(NotAllowed, match=r"committee\.secretary_only"):
        room.do(sittings.declare_conflict, "gulnara", declare)
    room.do(sittings.declare_conflict, "ilim", declare)
    with pytest.raises(Conflict, match=r"committee\.quorum_missing"):
        room.vote(sitting, Motion.GRANT, {"ermek": FOR, "gulnara": FOR})
    present = sittings.RecordAttendance(sitting, ALL - {"hanum"})
    room.do(sittings.record_attendance, "feruza", present)
    three = {"ermek": FOR, "gulnara": FOR, "janar": AGAINST}
    with pytest.raises(InvalidInput, match=r"committee\.not_a_voter"):
        room.vote(sitting, Motion.GRANT, {**three, "ilim": FOR})
    room.vote(sitting, Motion.GRANT, three)
    (ballot,) = room.item(sitting).ballots
    assert (ballot.excluded, ballot.members, ballot.carried) == (("Ilim",), 5, True)
    with pytest.raises(Conflict, match=r"committee\.voted_already"):
        room.do(sittings.withdraw_conflict, "feruza", sittings.WithdrawConflict(item, "p"))


def test_a_mistaken_declaration_is_taken_back_by_the_secretary_before_the_vote(room):
    room.constitute()
    sitting = room.in_session(room.file())
    item = room.item(sitting).id
    room.do(sittings.declare_conflict, "feruza", sittings.DeclareConflict(item, "ilim", "?"))
    back = sittings.WithdrawConflict(item, "person-ilim")
    with pytest.raises(NotAllowed, match=r"committee\.secretary_only"):
        room.do(sittings.withdraw_conflict, "ilim", back)
    room.do(sittings.withdraw_conflict, "feruza", back)
    room.vote(sitting, Motion.GRANT)
    assert len(room.item(sitting).ballots[0].votes) == 5


@pytest.mark.parametrize(
    ("org", "seat"),
    [("kattap-pay", None), ("ala-too-demo-bank", None), (None, "sponsor"), (None, "expert")],
)
def test_a_party_to_the_file_is_in_conflict_by_itself(room, org, seat):
    room.constitute()
    file = room.file()
    with room.store.unit() as u:
        if org:
            room.add(u, "second", org, Seat.OBSERVER, person="person-ilim")
        else:
            u.file_actors.add(FileActor(file, "person-ilim", "ilim", FileSeat(seat), START))
        u.commit()
    sitting = room.in_session(file)
    others = {name: FOR for name in VOTERS if name != "ilim"}
    with pytest.raises(InvalidInput, match=r"committee\.not_a_voter"):
        room.vote(sitting, Motion.GRANT)
    room.vote(sitting, Motion.GRANT, others)
    assert room.item(sitting).ballots[0].excluded == ("Ilim",)


def test_everybody_who_counts_must_vote_and_nobody_else(room):
    room.constitute()
    sitting = room.in_session(room.file(), present=ALL - {"janar"})
    present = [name for name in VOTERS if name != "janar"]
    with pytest.raises(InvalidInput, match=r"committee\.vote_missing"):
        room.vote(sitting, Motion.GRANT, dict.fromkeys(present[1:], FOR))
    for stranger in ("feruza", "janar", "kubat"):
        with pytest.raises(InvalidInput, match=r"committee\.not_a_voter"):
            room.vote(sitting, Motion.GRANT, dict.fromkeys([*present, stranger], FOR))
    assert room.item(sitting).ballots == ()
    room.vote(sitting, Motion.GRANT, dict.fromkeys(present, FOR), hanum="I doubt the exit plan.")
    (ballot,) = room.item(sitting).ballots
    assert {vote.name: vote.opinion for vote in ballot.votes}["Hanum"] == "I doubt the exit plan."


@pytest.mark.parametrize(("chair", "carried"), [(FOR, True), (AGAINST, False), (ABSTAIN, False)])
def test_at_a_tie_the_chair_decides(room, chair, carried):
    room.constitute()
    sitting = room.in_session(room.file())
    others = iter([FOR, FOR, AGAINST, AGAINST] if chair is ABSTAIN else [])
    choices = {"ermek": chair}
    if chair is ABSTAIN:
        choices |= {name: next(others) for name in VOTERS[1:]}
    else:
        other = AGAINST if chair is FOR else FOR
        rest = [chair, other, other, ABSTAIN]
        choices |= dict(zip(VOTERS[1:], rest, strict=True))
    room.vote(sitting, Motion.GRANT, choices)
    (ballot,) = room.item(sitting).ballots
    assert (ballot.carried, ballot.casting) == (carried, chair is not ABSTAIN)
    assert (room.item(sitting).result is None) is not carried


def test_a_lost_motion_leaves_the_item_open_for_another(room):
    room.constitute()
    sitting = room.in_session(room.file())
    room.vote(sitting, Motion.GRANT, dict.fromkeys(VOTERS, AGAINST))
    with pytest.raises(Conflict, match=r"committee\.items_open"):
        room.end(sitting)
    room.vote(sitting, Motion.POSTPONE)
    assert [each.carried for each in room.item(sitting).ballots] == [False, True]
    room.end(sitting)
    with pytest.raises(Conflict, match=r"committee\.wrong_time"):
        room.vote(sitting, Motion.GRANT)


def test_a_struck_vote_stays_in_the_minutes_and_the_item_is_voted_on_again(room):
    room.constitute()
    sitting = room.in_session(room.file())
    room.vote(sitting, Motion.GRANT)
    item = room.item(sitting).id
    strike = votes.StrikeBallot(item, 1, "Janar voted against.")
    room.do(votes.strike_ballot, "feruza", strike)
    assert room.item(sitting).result is None
    with pytest.raises(Conflict, match=r"committee\.no_such_ballot"):
        room.do(votes.strike_ballot, "feruza", strike)
    room.vote(sitting, Motion.GRANT, {**dict.fromkeys(VOTERS, FOR), "janar": AGAINST})
    room.end(sitting)
    (kept,) = room.sitting(sitting).document["items"]
    assert [each["struck"] for each in kept["ballots"]] == ["Janar voted against.", None]


def test_an_item_is_left_over_only_where_there_is_no_quorum(room):
    room.constitute()
    file = room.file()
    sitting = room.in_session(file, present={"ermek", "feruza"})
    item = room.item(sitting).id
    room.do(votes.leave_for_quorum, "feruza", votes.NoQuorum(item))
    room.end(sitting)
    room.sign(sitting, "ermek")
    room.sign(sitting, "feruza")
    assert room.state(file) == "under_review"
    assert room.look(views.file_committee, "kubat", file, at=room.at).usable is None
    again = room.in_session(file)
    with pytest.raises(Conflict, match=r"committee\.quorum_reached"):
        room.do(votes.leave_for_quorum, "feruza", votes.NoQuorum(room.item(again).id))


def test_a_file_leaves_the_agenda_before_a_vote_and_not_after(room):
    room.constitute()
    file, other = room.file(), room.file(2)
    sitting = room.call()
    room.put(file, sitting)
    room.put(other, sitting)
    with pytest.raises(Conflict, match=r"lifecycle\.not_from_here"):
        room.put(file, sitting)
    off = sittings.TakeOffAgenda(file, "Not ready.")
    room.do(sittings.take_off_agenda, "kubat", off)
    assert room.state(file) == "under_review"
    room.put(file, sitting)
    room.open(sitting)
    room.vote(sitting, Motion.GRANT, place=3)
    with pytest.raises(Conflict, match=r"committee\.voted_already"):
        room.do(sittings.take_off_agenda, "feruza", off)
    with pytest.raises(NotAllowed, match=r"committee\.secretary_only"):
        room.do(sittings.take_off_agenda, "kubat", replace(off, file=other))
    room.do(sittings.take_off_agenda, "feruza", replace(off, file=other))
    room.end(sitting)


def test_a_withdrawn_application_leaves_by_itself(room):
    room.constitute()
    file = room.file()
    sitting = room.in_session(file)
    room.do(withdraw_application, "aigul", WithdrawApplication(file))
    with pytest.raises(Conflict, match=r"committee\.left_agenda"):
        room.vote(sitting, Motion.GRANT)
    room.end(sitting)
    room.sign(sitting, "ermek")
    room.sign(sitting, "feruza")
    assert room.state(file) == "withdrawn"


def test_a_cancelled_sitting_gives_its_files_back(room):
    room.constitute()
    file = room.file()
    sitting = room.call()
    room.put(file, sitting)
    room.do(sittings.cancel_sitting, "kubat", sittings.CancelSitting(sitting, "Holiday."))
    assert room.state(file) == "under_review"
    with pytest.raises(Conflict, match=r"committee\.wrong_time"):
        room.put(file, sitting)


# once, and at once


def test_a_vote_posted_twice_is_one_vote(room):
    room.constitute()
    sitting = room.in_session(room.file())
    for _ in range(2):
        room.vote(sitting, Motion.GRANT, key="form-7")
    assert len(room.item(sitting).ballots) == 1
    assert room.kinds(sitting).count("committee.voted") == 1


def test_two_recordings_of_a_vote_at_once_come_to_one_result(either):
    room = either
    room.constitute()
    sitting = room.in_session(room.file())
    barrier, outcomes = threading.Barrier(2), []

    def record(motion):
        barrier.wait()
        try:
            outcomes.append(room.vote(sitting, motion))
        except Conflict as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=record, args=(m,)) for m in (Motion.GRANT, Motion.REFUSE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [sitting, "committee.voted_already"]
    assert len(room.item(sitting).ballots) == 1


def test_whoever_voted_acts_in_no_other_seat_of_the_file(room):
    room.constitute()
    file = room.file()
    sitting = room.in_session(file)
    room.vote(sitting, Motion.GRANT)
    with room.store.unit(read_only=True) as u:
        taken = u.file_actors.of_file(file)
    assert {f"person-{name}" for name in VOTERS} <= set(taken)
    assert taken["person-ilim"] is FileSeat.REGULATOR
    assert "person-feruza" not in taken
    assert len(MEMBERS) == len(VOTERS) + 1


def test_whoever_voted_or_signed_the_minutes_decides_no_appeal(room):
    room.constitute()
    file = room.file()
    number = room.closed(Motion.REFUSE, file)
    told = room.do(propose_refusal, "kubat", ProposeRefusal(file, "Not ready.", number))
    refused = Countersign(told.decisions[-1].id)
    assert room.do(countersign, "zarina", refused, ports=True).state == "refused"
    room.do(appeal, "aigul", AppealDecision(file, "The plan was not read."))
    command = ProposeAppealDecision(file, "overturn", "It was not.")
    for who in ("hanum", "ermek", "feruza", "kubat", "zarina"):
        with pytest.raises(NotAllowed, match=r"appeal\.took_part"):
            room.do(propose_appeal_decision, who, command)
    told = room.do(propose_appeal_decision, "yryskeldi", command)
    sign = Countersign(next(each.id for each in told.decisions if each.kind == "overturn"))
    with pytest.raises(NotAllowed, match=r"appeal\.took_part"):
        room.do(countersign, "ilim", sign, ports=True)
    with room.store.unit() as u:
        room.add(u, "begaiym", "demo-central-bank", Seat.REGULATOR)
        u.commit()
    assert room.do(countersign, "begaiym", sign, ports=True).state == "under_review"
