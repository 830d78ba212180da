"""A colleague stands in: shown so, for a time, and never both of two persons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.delegations import Delegation, counts_as, one_person, require_possible
from sandbox.domain.records import FileActor
from sandbox.domain.seats import FileSeat, Seat
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.services import (
    authorities,
    countersigning,
    decisions,
    delegations,
    files,
    leaving,
    listing,
    reviews,
)
from sandbox.services.authorities import ProposeCompetence
from sandbox.services.countersigning import Countersign
from sandbox.services.decisions import ProposeRefusal
from sandbox.services.delegations import Delegate, EndDelegation
from sandbox.services.leaving import EndMembership
from sandbox.services.reviews import AskQuestion

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def delegate(room, giver, taker, *, days=10, file="", starts=None):
    begin = starts or room.at
    command = Delegate(taker, begin, begin + days * DAY, "On leave.", file)
    return room.do(delegations.delegate, giver, command)


def refusal(room, file, who):
    room.do(decisions.propose_refusal, who, ProposeRefusal(file, "Incomplete."))
    with room.store.unit(read_only=True) as u:
        return u.decisions.proposed(file)[0].id


def sign(room, who, decision):
    return room.do(countersigning.countersign, who, Countersign(decision), ports=True)


def waits_for(room, who, file):
    lines = room.look(listing.list_files, who, at=room.at)
    return next(line.waits_for for line in lines if line.id == file)


@pytest.mark.parametrize(("first", "second"), [("kubat", "hanum"), ("hanum", "kubat")])
def test_who_stands_for_somebody_never_gives_the_other_signature(room, first, second):
    file = room.file()
    delegate(room, "kubat", "hanum")
    decision = refusal(room, file, first)
    assert waits_for(room, second, file) == "second_regulator"
    with pytest.raises(NotAllowed, match=r"delegation\.one_person"):
        sign(room, second, decision)
    assert waits_for(room, "ilim", file) == "regulator"
    assert sign(room, "ilim", decision).state == "refused"


def test_an_end_of_the_delegation_does_not_undo_for_whom_was_signed(room):
    file = room.file()
    made = delegate(room, "kubat", "hanum")
    decision = refusal(room, file, "hanum")
    room.clock.forward(DAY)
    room.do(delegations.end_delegation, "hanum", EndDelegation(made))
    with pytest.raises(NotAllowed, match=r"delegation\.one_person"):
        sign(room, "kubat", decision)
    view = room.look(files.file_view, "ilim", file, at=room.at)
    assert view.decisions[-1].author_for == ("kubat",)
    (entry,) = (each for each in view.timeline if each.kind == "file.propose_refusal")
    assert (entry.actor, entry.on_behalf) == ("hanum", ("kubat",))
    room.do(decisions.withdraw_proposal, "hanum", decisions.WithdrawProposal(decision, "Again."))
    again = room.look(files.file_view, "ilim", file, at=room.at).timeline[-1]
    assert (again.actor, again.on_behalf) == ("hanum", ()), "afterwards for nobody else"


def test_in_another_file_and_another_time_two_stay_two(room):
    one, other = room.file(1), room.file(2)
    delegate(room, "kubat", "hanum", file=one)
    assert sign(room, "hanum", refusal(room, other, "kubat")).state == "refused"
    with pytest.raises(NotAllowed, match=r"delegation\.one_person"):
        sign(room, "hanum", refusal(room, one, "kubat"))
    third = room.file(3)
    delegate(room, "ilim", "janar", starts=room.at + DAY)
    assert sign(room, "janar", refusal(room, third, "ilim")).state == "refused"


def test_two_who_stand_for_the_same_person_in_turn_are_not_two(room):
    file = room.file()
    made = delegate(room, "kubat", "hanum")
    decision = refusal(room, file, "hanum")
    room.clock.forward(DAY)
    room.do(delegations.end_delegation, "kubat", EndDelegation(made))
    delegate(room, "kubat", "ilim")
    with pytest.raises(NotAllowed, match=r"delegation\.one_person"):
        sign(room, "ilim", decision)


def test_a_file_is_not_handed_on_by_two_who_count_as_one(room):
    file = room.file()
    delegate(room, "kubat", "hanum")
    command = ProposeCompetence(file, "demo-market-supervision", "Its product.")
    room.do(authorities.propose_competence, "kubat", command)
    confirm = room.settling(file, confirm=True)
    with pytest.raises(NotAllowed, match=r"delegation\.one_person"):
        room.do(authorities.settle_competence, "hanum", confirm)
    room.do(authorities.settle_competence, "ilim", confirm)


def test_nobody_stands_for_who_has_another_seat_in_the_file(room):
    file = room.file()
    with room.store.unit() as u:
        seat = FileActor(file, "person-kubat", "kubat", FileSeat.SPONSOR, room.at)
        u.file_actors.add(seat)
        u.commit()
    room.do(reviews.ask_question, "hanum", AskQuestion(file, "Why?"))
    delegate(room, "kubat", "hanum")
    with pytest.raises(NotAllowed, match=r"seat\.second_seat_in_file"):
        room.do(reviews.ask_question, "hanum", AskQuestion(file, "And how?"))


def test_a_delegation_is_to_a_colleague_for_a_time_and_is_not_passed_on(room):
    with room.store.unit() as u:
        room.add(u, "kubat2", "demo-central-bank", Seat.REGULATOR, "person-kubat")
        u.commit()
    for taker, error in (
        ("kubat", r"delegation\.oneself"),
        ("kubat2", r"delegation\.oneself"),
        ("saltanat", r"delegation\.no_colleague"),
        ("aigul", r"delegation\.no_colleague"),
        ("no-such", r"delegation\.no_colleague"),
    ):
        with pytest.raises(InvalidInput, match=error):
            delegate(room, "kubat", taker)
    for days in (0, 93):
        with pytest.raises(InvalidInput, match=r"delegation\.wrong_span"):
            delegate(room, "kubat", "hanum", days=days)
    theirs = room.file(2, authority="demo-market-supervision")
    with pytest.raises(NotFound, match=r"file\.not_found"):
        delegate(room, "kubat", "hanum", file=theirs)
    made = delegate(room, "kubat", "hanum")
    with pytest.raises(Conflict, match=r"delegation\.passes_on"):
        delegate(room, "hanum", "ilim")
    with pytest.raises(Conflict, match=r"delegation\.passes_on"):
        delegate(room, "ilim", "kubat")
    with pytest.raises(Conflict, match=r"delegation\.there_already"):
        delegate(room, "kubat", "ilim")
    with pytest.raises(NotFound, match=r"delegation\.not_found"):
        room.do(delegations.end_delegation, "ilim", EndDelegation(made))
    seen, _ = room.look(delegations.list_delegations, "ilim", at=room.at)
    assert [(each.giver, each.state, each.may_end) for each in seen] == [("Kubat", "now", False)]
    assert room.look(delegations.list_delegations, "saltanat", at=room.at)[0] == ()
    with pytest.raises(NotFound, match=r"web\.not_found"):
        room.look(delegations.list_delegations, "aigul", at=room.at)


def test_with_who_leaves_their_delegations_end(room):
    made = delegate(room, "kubat", "hanum")
    command = EndMembership("hanum", "Has retired.")
    departure = room.do(leaving.end_membership, "operator", command, ports=True)
    with room.store.unit(read_only=True) as u:
        assert u.departures.get(departure).done["delegations"] == [made]
        assert u.delegations.get(made).ends == room.at


PERSONS = st.sampled_from("abcde")
HOURS = st.integers(0, 60)


@st.composite
def histories(draw):
    """Delegations as they can come about: each was possible beside those before it."""
    known = []
    for number in range(draw(st.integers(0, 6))):
        giver, taker, begin = draw(PERSONS), draw(PERSONS), draw(HOURS)
        made = Delegation(
            id=str(number),
            authority="nb",
            giver=giver,
            giver_person=giver,
            taker=taker,
            taker_person=taker,
            file=draw(st.sampled_from([None, "F1", "F2"])),
            reasons="r",
            starts=AT + timedelta(hours=begin),
            ends=AT + timedelta(hours=begin + draw(st.integers(1, 40))),
            made_at=AT,
        )
        try:
            require_possible(made, known)
        except (Conflict, InvalidInput):
            continue
        known.append(made)
    return known


@given(histories(), PERSONS, HOURS, PERSONS, HOURS)
def test_two_signatures_are_never_one_persons_nor_one_persons_stand_ins(
    known, first, then, second, now
):
    early, late = AT + timedelta(hours=min(then, now)), AT + timedelta(hours=max(then, now))
    before = counts_as(known, first, "F1", early)
    after = counts_as(known, second, "F1", late)
    if one_person(before, after):
        return
    assert first != second
    for each in known:
        if each.covers("F1", early) and each.taker_person == first:
            assert second != each.giver_person, "not the one who was stood for"
            assert each.giver_person not in after, "nor another stand-in of that one"
        if each.covers("F1", late) and each.taker_person == second:
            assert first != each.giver_person


@given(histories(), HOURS)
def test_at_no_moment_does_anybody_pass_on_what_was_delegated(known, hour):
    at = AT + timedelta(hours=hour)
    now = [each for each in known if each.starts <= at < each.ends]
    givers = {each.giver_person for each in now}
    assert not givers & {each.taker_person for each in now}
    whole = [each for each in now if each.file is None]
    for each in whole:
        assert sum(other.giver_person == each.giver_person for other in now) == 1
