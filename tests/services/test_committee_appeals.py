"""An appeal and the Committee: what an overturned refusal leaves, and who decides no appeal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.domain.committee import Choice, MinutesDemand, Motion
from sandbox.domain.seats import Seat
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import Conflict, NotAllowed
from sandbox.services import committee_members as members
from sandbox.services import committee_sittings as sittings
from sandbox.services import committee_views as views
from sandbox.services.appeals import AppealDecision, appeal
from sandbox.services.countersigning import Countersign, countersign
from sandbox.services.decisions import (
    ProposeGrant,
    ProposeRefusal,
    WithdrawProposal,
    propose_grant,
    propose_refusal,
    withdraw_proposal,
)
from sandbox.services.outcomes import ProposeAppealDecision, propose_appeal_decision
from tests.services.committee_room import VOTERS
from tests.services.world import LIMITS

OVERTURN = "The plan was not read."


def _signed(room, told, who):
    """The second signature under what was proposed last."""
    proposed = [each for each in told.decisions if each.status == "proposed"]
    room.clock.forward(timedelta(minutes=1))
    return room.do(countersign, who, Countersign(proposed[-1].id), ports=True).state


def _refused(room, file, number=""):
    told = room.do(propose_refusal, "kubat", ProposeRefusal(file, "Not ready.", number))
    assert _signed(room, told, "zarina") == "refused"


def _propose_overturn(room, file, who):
    return room.do(propose_appeal_decision, who, ProposeAppealDecision(file, "overturn", OVERTURN))


def _overturned(room, file):
    room.do(appeal, "aigul", AppealDecision(file, "Unfair to us."))
    with room.store.unit() as u:
        room.add(u, "begaiym", "demo-central-bank", Seat.REGULATOR)
        u.commit()
    assert _signed(room, _propose_overturn(room, file, "yryskeldi"), "begaiym") == "under_review"
    room.clock.forward(timedelta(minutes=1))


def _usable(room, file):
    return room.look(views.file_committee, "kubat", file, at=room.at).usable


def _sat(room, motion, file, *, without=()):
    """Closed minutes on a file in which some members took no part."""
    sitting = room.in_session(file)
    item = room.item(sitting).id
    for name in without:
        command = sittings.DeclareConflict(item, name, "A relative works there.")
        room.do(sittings.declare_conflict, "feruza", command)
    choices = {name: Choice.FOR for name in VOTERS if name not in without}
    room.vote(sitting, motion, choices)
    room.end(sitting)
    room.sign(sitting, "ermek")
    room.sign(sitting, "feruza")
    return room.sitting(sitting).minutes


def test_minutes_hold_for_a_second_proposal_and_fall_with_the_refusal(either):
    room = either
    room.constitute()
    file = room.file()
    granted = room.closed(Motion.GRANT, file)
    number = room.closed(Motion.REFUSE, file)
    told = room.do(propose_refusal, "kubat", ProposeRefusal(file, "Not ready.", number))
    back = WithdrawProposal(told.decisions[-1].id, "A word is missing.")
    assert room.do(withdraw_proposal, "kubat", back).state == "under_review"
    assert _usable(room, file) == number
    _refused(room, file, number)
    _overturned(room, file)
    assert _usable(room, file) is None
    again = ProposeRefusal(file, "No again.", number)
    with pytest.raises(Conflict, match=r"committee\.minutes_overtaken"):
        room.do(propose_refusal, "kubat", again)
    with pytest.raises(Conflict, match=r"committee\.minutes_overtaken"):
        room.do(propose_grant, "kubat", ProposeGrant(file, LIMITS, "", granted), ports=True)
    fresh = room.closed(Motion.REFUSE, file)
    assert _usable(room, file) == fresh
    with pytest.raises(Conflict, match=r"committee\.minutes_overtaken"):
        room.do(propose_refusal, "kubat", again)
    _refused(room, file, fresh)


def test_an_appeal_in_one_file_leaves_the_minutes_of_another(room):
    room.constitute()
    file, other = room.file(), room.file(2)
    number = room.closed(Motion.REFUSE, file, other)
    _refused(room, file, number)
    _overturned(room, file)
    assert (_usable(room, file), _usable(room, other)) == (None, number)
    _refused(room, other, number)


def test_without_documents_the_minutes_name_the_answers_alone(room):
    room.constitute()
    file = room.file()
    number = room.closed(Motion.REFUSE, file)
    kept = room.item("S-2026-0001").application
    assert kept == content_hash({"product": "Product 1"}).hex()
    assert _usable(room, file) == number


def test_voters_decide_no_appeal_though_the_refusal_names_no_minutes(room):
    room.constitute()
    command = members.RecordRules(1, 2, True, MinutesDemand.NEVER, "20/4")
    made = room.do(members.record_rules, "kubat", command)
    room.do(members.settle_rules, "gulnara", members.SettleRules(made, confirm=True))
    file = room.file()
    _sat(room, Motion.POSTPONE, file, without=["janar"])
    _refused(room, file)
    room.do(appeal, "aigul", AppealDecision(file, "Unfair to us."))
    for who in ("hanum", "ilim", "ermek", "feruza"):
        with pytest.raises(NotAllowed, match=r"appeal\.took_part"):
            _propose_overturn(room, file, who)
    assert _propose_overturn(room, file, "janar").state == "refusal_appealed"


def test_voters_of_an_earlier_sitting_decide_no_appeal_either(room):
    room.constitute()
    file, other = room.file(), room.file(2)
    _sat(room, Motion.GRANT, file, without=["janar"])
    number = _sat(room, Motion.REFUSE, file, without=["ilim", "janar"])
    _sat(room, Motion.REFUSE, other)
    _refused(room, file, number)
    room.do(appeal, "aigul", AppealDecision(file, "Unfair to us."))
    with pytest.raises(NotAllowed, match=r"appeal\.took_part"):
        _propose_overturn(room, file, "ilim")
    assert _propose_overturn(room, file, "janar").state == "refusal_appealed"
