"""Experts: one file, under an undertaking, until a day; nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.experts import UNDERTAKING, UNDERTAKING_DIGEST
from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import Question
from sandbox.domain.seats import RIGHTS, Channel, Right, Seat
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.services import experts
from sandbox.services.decisions import ProposeRefusal, propose_refusal
from sandbox.services.files import file_view
from sandbox.services.listing import list_files
from sandbox.services.permits import list_permits
from tests.services.committee_room import START


def _invite(room, file, who="tologon", days=10, by="ermek"):
    until = room.at + timedelta(days=days)
    command = experts.InviteExpert(file, who, "Is the exit plan sound?", until)
    return room.do(experts.invite_expert, by, command)


def _accept(room, invitation, who="tologon", digest=UNDERTAKING_DIGEST):
    command = experts.AcceptUndertaking(invitation, digest, "ky")
    return room.do(experts.accept_undertaking, who, command)


def _own(room, invitation, who="tologon"):
    return room.look(experts.own_invitation, who, invitation, at=room.at)


def test_the_seat_reaches_opinions_and_nothing_else():
    assert RIGHTS[Seat.EXPERT] == {Right.GIVE_OPINION}
    assert [seat for seat in Seat if Right.GIVE_OPINION in RIGHTS[seat]] == [Seat.EXPERT]


def test_nothing_is_shown_before_the_undertaking_and_then_exactly_that_file(room):
    file, other = room.file(), room.file(2)
    with room.store.unit() as u:
        u.questions.add(Question("q1", file, "Who answers?", "ermek", START, None, "We do."))
        u.commit()
    invitation = _invite(room, file)
    view, shown = _own(room, invitation)
    assert (view.state, shown) == ("expert_invited", None)
    with pytest.raises(Conflict, match=r"expert\.undertaking_changed"):
        _accept(room, invitation, digest="00" * 32)
    _accept(room, invitation)
    view, shown = _own(room, invitation)
    assert shown.answers == {"product": "Product 1"}
    assert [each.answer for each in shown.questions] == ["We do."]
    kept = view.invitation.undertaking
    assert (kept["text"], kept["digest"]) == (UNDERTAKING["ky"], UNDERTAKING_DIGEST)
    assert kept["at"] == room.at.isoformat()
    for each in (file, other):
        with pytest.raises(NotFound, match=r"file\.not_found"):
            room.look(file_view, "tologon", each, at=room.at)
    assert room.look(list_files, "tologon", at=room.at) == ()
    assert room.look(list_permits, "tologon", at=room.at) == ()


def test_a_proposal_is_not_shown_to_the_expert(room):
    file = room.file()
    invitation = _invite(room, file)
    _accept(room, invitation)
    room.do(propose_refusal, "ermek", ProposeRefusal(file, "A secret ground."))
    assert "A secret ground." not in str(_own(room, invitation))


def test_another_experts_invitation_is_not_found(room):
    invitation = _invite(room, room.file())
    for who in ("ulan", "aigul", "damira", "ermek", "jyldyz"):
        with pytest.raises(NotFound, match=r"invitation\.not_found"):
            _own(room, invitation, who)
    with pytest.raises(NotFound, match=r"invitation\.not_found"):
        _accept(room, invitation, "ulan")
    outside = room.actor("tologon", Channel.SERVER)
    with room.store.unit(read_only=True) as u, pytest.raises(NotFound):
        experts.own_invitation(u, outside, invitation, at=room.at)


def test_an_opinion_is_filed_once_and_after_the_undertaking(room):
    file = room.file()
    invitation = _invite(room, file)
    command = experts.FileOpinion(invitation, "Sound, with one doubt.")
    with pytest.raises(Conflict, match=r"expert\.undertaking_first"):
        room.do(experts.file_opinion, "tologon", command)
    _accept(room, invitation)
    with pytest.raises(InvalidInput, match=r"text\.empty"):
        room.do(experts.file_opinion, "tologon", replace(command, opinion="  "))
    room.do(experts.file_opinion, "tologon", command)
    with pytest.raises(Conflict, match=r"expert\.filed_already"):
        room.do(experts.file_opinion, "tologon", command)
    for reader in ("feruza", "jyldyz"):
        found, _ = room.look(experts.file_experts, reader, file, at=room.at)
        assert found[0].invitation.opinion == "Sound, with one doubt."
    for party in ("aigul", "damira"):
        assert room.look(experts.file_experts, party, file, at=room.at) == ((), ())
        told = str(room.look(file_view, party, file, at=room.at))
        assert "expert" not in told
        assert "tologon" not in told
    assert "expert.opinion_filed" in str(room.look(file_view, "feruza", file, at=room.at))


@pytest.mark.parametrize("by_hand", [True, False])
def test_the_file_is_closed_again_by_a_regulator_or_by_the_day(room, by_hand):
    invitation = _invite(room, room.file(), days=1)
    _accept(room, invitation)
    if by_hand:
        end = experts.EndInvitation(invitation, "Not needed any more.")
        with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
            room.do(experts.end_invitation, "tologon", end)
        room.do(experts.end_invitation, "feruza", end)
    else:
        assert _own(room, invitation)[1] is not None
        room.clock.forward(timedelta(days=1))
    assert _own(room, invitation)[1] is None
    with pytest.raises(Conflict, match=r"expert\.ended"):
        room.do(experts.file_opinion, "tologon", experts.FileOpinion(invitation, "Late."))
    end = experts.EndInvitation(invitation, "Again.")
    with pytest.raises(Conflict, match=r"expert\.ended"):
        room.do(experts.end_invitation, "feruza", end)


def test_a_returned_draft_is_the_applicants_alone(room):
    file = room.file()
    invitation = _invite(room, file)
    _accept(room, invitation)
    with room.store.unit() as u:
        u.files.save(replace(u.files.get(file), state=FileState.DRAFT, answers={"product": "New"}))
        u.commit()
    assert _own(room, invitation)[1].answers == {}


def test_a_party_is_not_invited_and_an_invited_party_cannot_accept(room):
    file = room.file()
    with pytest.raises(InvalidInput, match=r"expert\.not_an_expert"):
        _invite(room, file, "feruza")
    with room.store.unit() as u:
        room.add(u, "ulan2", "kattap-pay", Seat.OBSERVER, person="person-ulan")
        u.commit()
    with pytest.raises(NotAllowed, match=r"expert\.conflict"):
        _invite(room, file, "ulan")
    invitation = _invite(room, file)
    with pytest.raises(Conflict, match=r"expert\.already_invited"):
        _invite(room, file)
    with room.store.unit() as u:
        room.add(u, "tologon2", "ala-too-demo-bank", Seat.SPONSOR, person="person-tologon")
        u.commit()
    with pytest.raises(NotAllowed, match=r"expert\.conflict"):
        _accept(room, invitation)


@pytest.mark.parametrize("days", [-1, 0, 184])
def test_an_invitation_has_an_end_within_half_a_year(room, days):
    file = room.file()
    with pytest.raises(InvalidInput, match=r"expert\.bad_end"):
        _invite(room, file, days=days)
    assert _invite(room, file, days=183)


def test_experts_are_called_in_by_regulators_and_only_during_the_review(room):
    for who in ("aigul", "damira", "jyldyz", "tologon"):
        with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
            _invite(room, room.file(sum(map(ord, who))), by=who)
    with pytest.raises(Conflict, match=r"expert\.not_under_review"):
        _invite(room, room.file(2, state=FileState.SUBMITTED))
