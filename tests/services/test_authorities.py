"""One competent authority a file: who sees and acts, what is shown, how a file is handed on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.lifecycle import FileState
from sandbox.domain.listing import Search, Waiting
from sandbox.domain.seats import Seat
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.locale.events import EVENTS
from sandbox.services import (
    audit,
    authorities,
    committee_members,
    committee_sittings,
    committee_views,
    decisions,
    duty,
    files,
    listing,
    notices,
    reviews,
)
from sandbox.services.authorities import (
    EndShare,
    ProposeCompetence,
    SettleCompetence,
    ShareFile,
)
from sandbox.services.decisions import ProposeRefusal
from sandbox.services.notices import follow
from sandbox.services.publication import Desk
from sandbox.services.reviews import AskQuestion, TakeUp

OTHER = "demo-market-supervision"
OURS = "demo-central-bank"
BASIS = "Agreement of 3 March 2026 between the authorities, article 4"


def share(room, file, *, days=10, who="kubat", authority=OTHER):
    command = ShareFile(file, authority, BASIS, room.at + timedelta(days=days))
    return room.do(authorities.share_file, who, command)


def hand_on(room, file, *, first="kubat", second="hanum", to=OTHER):
    room.do(authorities.propose_competence, first, ProposeCompetence(file, to, "Its product."))
    return room.do(authorities.settle_competence, second, room.settling(file, confirm=True))


def seen(room, who):
    return {line.id for line in room.look(listing.list_files, who, at=room.at)}


def test_another_authority_neither_sees_a_file_nor_acts_in_it(room):
    file = room.file(state=FileState.SPONSOR_SIGNED)
    assert seen(room, "kubat") == seen(room, "jyldyz") == {file}
    assert seen(room, "saltanat") == set()
    with pytest.raises(NotFound, match=r"file\.not_found"):
        room.look(files.file_view, "saltanat", file, at=room.at)
    for command, act in (
        (TakeUp(file), reviews.take_up),
        (AskQuestion(file, "Why?"), reviews.ask_question),
        (ProposeCompetence(file, OTHER, "Ours."), authorities.propose_competence),
        (ShareFile(file, OTHER, BASIS, room.at + timedelta(days=1)), authorities.share_file),
        (SettleCompetence(file, "", confirm=True), authorities.settle_competence),
    ):
        with pytest.raises(NotFound, match=r"file\.not_found"):
            room.do(act, "saltanat", command)
    assert room.do(reviews.take_up, "kubat", TakeUp(file)).state == "under_review"


def test_a_decision_of_another_authority_is_not_told_from_one_that_is_not_there(room):
    file = room.file()
    room.do(decisions.propose_refusal, "kubat", ProposeRefusal(file, "Incomplete."))
    with room.store.unit(read_only=True) as u:
        (decision,) = u.decisions.proposed(file)
    for name in (decision.id, "no-such-decision"):
        command = decisions.WithdrawProposal(name, "Mine.")
        with pytest.raises(NotFound, match=r"decision\.not_found"):
            room.do(decisions.withdraw_proposal, "saltanat", command)


def test_a_shown_file_is_read_on_its_basis_until_its_day_and_acted_in_by_nobody_else(room):
    file = room.file()
    share(room, file, days=2)
    assert seen(room, "saltanat") == {file}
    view = room.look(files.file_view, "saltanat", file, at=room.at)
    assert view.shared_with_me
    assert view.possible == ()
    told = room.look(authorities.file_authority, "saltanat", file, at=room.at)
    assert (told.mine.basis, told.mine.by, told.shares, told.acts) == (BASIS, OURS, (), False)
    waits = room.look(listing.found_files, "saltanat", Search(waiting=Waiting.MINE))
    assert waits.lines == (), "what is only shown waits for nobody"
    for command, act in (
        (AskQuestion(file, "Why?"), reviews.ask_question),
        (ProposeRefusal(file, "No."), decisions.propose_refusal),
        (ShareFile(file, OTHER, BASIS, room.at + timedelta(days=9)), authorities.share_file),
        (ProposeCompetence(file, OTHER, "Ours."), authorities.propose_competence),
    ):
        with pytest.raises(NotAllowed, match=r"authority\.reads_only"):
            room.do(act, "saltanat", command)
    room.clock.forward(timedelta(days=2))
    assert seen(room, "saltanat") == set(), "the day is over"
    with pytest.raises(NotFound):
        room.look(files.file_view, "saltanat", file, at=room.at)


def test_a_share_is_withdrawn_at_once_and_needs_a_basis_a_day_and_another_authority(room):
    file = room.file()
    for changes, error in (
        ({"basis": "  "}, r"text\.empty"),
        ({"authority": OURS}, r"authority\.unknown"),
        ({"authority": "kattap-pay"}, r"authority\.unknown"),
        ({"until": room.at}, r"authority\.wrong_span"),
        ({"until": room.at + timedelta(days=367)}, r"authority\.wrong_span"),
    ):
        command = ShareFile(file, OTHER, BASIS, room.at + timedelta(days=366))
        with pytest.raises(InvalidInput, match=error):
            room.do(authorities.share_file, "kubat", replace(command, **changes))
    share(room, file, days=366)
    with pytest.raises(Conflict, match=r"authority\.shared_already"):
        share(room, file)
    told = room.look(authorities.file_authority, "kubat", file, at=room.at)
    end = EndShare(file, told.shares[0].id)
    room.do(authorities.end_share, "hanum", end)
    assert seen(room, "saltanat") == set()
    with pytest.raises(Conflict, match=r"authority\.share_over"):
        room.do(authorities.end_share, "kubat", end)


def test_a_file_is_handed_on_by_two_persons_of_its_authority_and_is_gone(room):
    file = room.file()
    share(room, file)
    room.do(authorities.propose_competence, "kubat", ProposeCompetence(file, OTHER, "Its product."))
    command = ProposeCompetence(file, OTHER, "Again.")
    with pytest.raises(Conflict, match=r"authority\.change_waits"):
        room.do(authorities.propose_competence, "hanum", command)
    with pytest.raises(NotAllowed, match=r"authority\.second_person"):
        room.do(authorities.settle_competence, "kubat", room.settling(file, confirm=True))
    with pytest.raises(NotAllowed, match=r"authority\.reads_only"):
        room.do(authorities.settle_competence, "saltanat", room.settling(file, confirm=True))
    room.do(authorities.settle_competence, "hanum", room.settling(file, confirm=True))
    assert seen(room, "kubat") == set()
    assert seen(room, "saltanat") == {file}
    with room.store.unit(read_only=True) as u:
        assert all(each.ended_at for each in u.shares.of_file(file))
    assert not room.look(files.file_view, "saltanat", file, at=room.at).shared_with_me
    room.do(reviews.ask_question, "saltanat", AskQuestion(file, "Whose gold is it?"))


def test_the_second_person_is_a_person_and_not_another_account(room):
    file = room.file()
    with room.store.unit() as u:
        room.add(u, "kubat2", OURS, Seat.REGULATOR, "person-kubat")
        u.commit()
    room.do(authorities.propose_competence, "kubat", ProposeCompetence(file, OTHER, "Its product."))
    with pytest.raises(NotAllowed, match=r"authority\.second_person"):
        room.do(authorities.settle_competence, "kubat2", room.settling(file, confirm=True))
    room.do(authorities.settle_competence, "kubat2", room.settling(file, confirm=False))
    assert seen(room, "kubat") == {file}


def test_a_file_does_not_go_to_an_authority_whose_days_ended_meanwhile(room):
    file = room.file()
    room.do(authorities.propose_competence, "kubat", ProposeCompetence(file, OTHER, "Its product."))
    for until, error in ((room.at - timedelta(days=1), True), (None, False)):
        with room.store.unit() as u:
            body = u.authorities.find(OTHER)
            u.authorities.save(replace(body, until=until and until.date()))
            u.commit()
        if error:
            with pytest.raises(Conflict, match=r"authority\.not_in_office"):
                room.do(authorities.settle_competence, "hanum", room.settling(file, confirm=True))
            assert seen(room, "saltanat") == set()
    room.do(authorities.settle_competence, "hanum", room.settling(file, confirm=True))
    assert seen(room, "saltanat") == {file}


@pytest.mark.parametrize("state", [FileState.COMMITTEE, FileState.DECIDED])
def test_a_file_stays_while_something_waits_in_it(room, state):
    file = room.file(state=state)
    room.do(authorities.propose_competence, "kubat", ProposeCompetence(file, OTHER, "Its product."))
    with pytest.raises(Conflict, match=r"authority\.something_waits"):
        room.do(authorities.settle_competence, "hanum", room.settling(file, confirm=True))
    assert seen(room, "kubat") == {file}


def test_the_audit_log_is_one_and_its_bodies_are_each_authoritys_own(room):
    ours, theirs = room.file(1), room.file(2, authority=OTHER)
    room.do(reviews.ask_question, "kubat", AskQuestion(ours, "Why?"))
    room.do(reviews.ask_question, "saltanat", AskQuestion(theirs, "How?"))

    with room.store.unit() as u:
        for who, org in (("kubat", OURS), ("saltanat", OTHER)):
            data = {"from": who, "to": "hanum", "reasons": f"{who} is ill."}
            u.audit.append(kind="work.handed_over", actor=who, subject=org, data=data, at=room.at)
        u.commit()

    def bodies(who):
        with room.store.unit(read_only=True) as u:
            lines = audit.entries(u, room.actor(who), newest_first=True)
        kinds = ("file.ask", "work.handed_over")
        found = [{each.subject for each in lines if each.kind == kind} for kind in kinds]
        ill = [name for name in ("kubat", "saltanat") if f"{name} is ill." in str(lines)]
        return found, ill, len(lines)

    (mine, ill, length), (other, away, same), (every, all_, _) = map(
        bodies, ("kubat", "saltanat", "jyldyz")
    )
    assert (mine, other) == ([{ours, ""}, {OURS, ""}], [{theirs, ""}, {OTHER, ""}])
    assert (ill, away, all_) == (["kubat"], ["saltanat"], ["kubat", "saltanat"])
    assert every == [{ours, theirs}, {OURS, OTHER}]
    assert length == same, "the leaves are everybody's"


def test_each_authority_has_a_committee_and_a_roster_of_its_own(room):
    room.constitute()
    theirs = room.file(2, authority=OTHER)
    view = room.look(committee_views.committee_view, "saltanat", at=room.at)
    assert (view.members, view.sittings, view.voting, view.demanded) == ((), (), 0, False)
    assert {name for name, _ in view.candidates} == {"saltanat", "tynchtyk"}
    room.do(
        decisions.propose_refusal, "saltanat", ProposeRefusal(theirs, "No minutes are demanded.")
    )
    with pytest.raises(Conflict, match=r"committee\.minutes_needed"):
        room.do(decisions.propose_refusal, "kubat", ProposeRefusal(room.file(1), "No minutes."))
    with pytest.raises(InvalidInput, match=r"committee\.not_a_regulator"):
        room.appoint("kubat", by="saltanat", confirm="")
    sitting = room.do(
        committee_sittings.call_sitting,
        "kubat",
        committee_sittings.CallSitting(room.at + timedelta(days=1), "Room 4"),
    )
    with pytest.raises(NotFound, match=r"committee\.not_found"):
        room.look(committee_views.sitting_view, "saltanat", sitting, at=room.at)
    command = committee_sittings.CancelSitting(sitting, "Not ours.")
    with pytest.raises(NotFound, match=r"sitting\.not_found"):
        room.do(committee_sittings.cancel_sitting, "saltanat", command)
    rules = room.look(committee_views.committee_view, "jyldyz", at=room.at, wanted=OTHER)
    assert rules.members == ()
    assert room.look(committee_views.committee_view, "jyldyz", at=room.at).members
    with room.store.unit(read_only=True) as u:
        assert committee_members.committee_now(u, OTHER, room.at) == ()
    span = {"starts": room.at, "ends": room.at + timedelta(days=1)}
    with pytest.raises(InvalidInput, match=r"duty\.no_officer"):
        room.do(duty.enter_duty, "kubat", duty.EnterDuty("saltanat", **span))
    room.do(duty.enter_duty, "kubat", duty.EnterDuty("hanum", **span))
    assert [each.account for each in room.look(duty.roster, "kubat", at=room.at)] == ["hanum"]
    assert room.look(duty.roster, "saltanat", at=room.at) == ()


def test_notices_reach_the_competent_authority_and_a_guest_hears_that_it_is_shown(room):
    file = room.file()
    desk = Desk(room.store, room.ports.gateway, room.clock)
    follow(desk, public_url="http://localhost", mail=False)
    room.do(reviews.ask_question, "kubat", AskQuestion(file, "Why?"))
    share(room, file)
    with room.store.unit() as u:
        u.audit.append(
            kind="file.publish_refused", actor="system", subject=file, data={}, at=room.at
        )
        u.commit()
    follow(desk, public_url="http://localhost", mail=False)

    def told(who):
        found, _ = room.look(notices.list_notices, who)
        return {each.kind for each in found}

    assert told("hanum") == {"file.publish_refused", "file.shared"}
    assert told("saltanat") == {"file.shared"}
    assert told("aigul") == {"file.ask"}, "a firm hears nothing of what authorities show"
    assert told("damira") == set()
    assert {"file.shared", "file.competence_changed"} <= set(EVENTS)
    line = {each.kind for each in room.look(files.file_view, "aigul", file, at=room.at).timeline}
    assert "file.ask" in line
    assert "file.shared" not in line
