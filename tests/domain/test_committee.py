from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.committee import (
    DEFAULT_RULES,
    Appointment,
    AppointmentState,
    Ballot,
    Choice,
    CommitteeRole,
    CommitteeRules,
    MinutesDemand,
    Motion,
    Vote,
    in_office,
    tally,
)
from sandbox.domain.experts import ExpertInvitation, InvitationState

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
DAY = date(2026, 11, 22)


def _appointment(n, role=CommitteeRole.MEMBER, **changes):
    values = {
        "id": f"a{n}",
        "account": f"account{n}",
        "person": f"person{n}",
        "role": role,
        "order_number": "1",
        "since": DAY - timedelta(days=1),
        "until": None,
        "acting_for": None,
        "recorded_by": "ermek",
        "recorded_person": "person-ermek",
        "recorded_at": AT,
        "state": AppointmentState.CONFIRMED,
    }
    return Appointment(**{**values, **changes})


def _vote(choice, role=CommitteeRole.MEMBER, n=0):
    return Vote(f"person{n}", f"Name {n}", role, choice)


@pytest.mark.parametrize(
    ("counted", "members", "enough"), [(0, 0, False), (1, 2, False), (2, 3, True), (2, 4, False)]
)
def test_a_quorum_is_more_than_half_of_the_members_in_office(counted, members, enough):
    assert DEFAULT_RULES.quorate(counted=counted, members=members) is enough


@given(members=st.integers(1, 50))
def test_the_quorum_holds_at_its_limit_and_not_one_below(members):
    least = members // 2 + 1
    assert DEFAULT_RULES.quorate(counted=least, members=members)
    assert not DEFAULT_RULES.quorate(counted=least - 1, members=members)


@given(st.lists(st.sampled_from(Choice), max_size=12), st.booleans(), st.sampled_from(Choice))
def test_votes_are_carried_by_more_for_than_against_or_the_chairs_at_a_tie(others, casting, chair):
    rules = CommitteeRules(casting_vote=casting)
    votes = [_vote(chair, CommitteeRole.CHAIR), *(_vote(each) for each in others)]
    found = tally(votes, rules)
    assert found.votes_for + found.against + found.abstained == len(votes)
    if found.votes_for != found.against:
        assert found.carried is (found.votes_for > found.against)
        assert not found.casting
    else:
        assert found.carried is (casting and chair is Choice.FOR)
        assert found.casting is (casting and chair is not Choice.ABSTAIN)


def test_a_tie_without_the_chair_is_not_carried():
    votes = [_vote(Choice.FOR), _vote(Choice.AGAINST)]
    assert tally(votes, DEFAULT_RULES).carried is False
    assert tally([_vote(Choice.ABSTAIN)] * 3, DEFAULT_RULES).carried is False


def test_whoever_acts_takes_the_seat_and_its_role_and_the_number_stays():
    chair = _appointment(1, CommitteeRole.CHAIR)
    member = _appointment(2)
    acting = _appointment(3, CommitteeRole.CHAIR, acting_for="a1", until=DAY)
    assert [each.account for each in in_office([chair, member], DAY)] == ["account1", "account2"]
    today = in_office([chair, member, acting], DAY)
    assert [(each.account, each.role.value) for each in today] == [
        ("account3", "chair"),
        ("account2", "member"),
    ]
    tomorrow = in_office([chair, member, acting], DAY + timedelta(days=1))
    assert [each.account for each in tomorrow] == ["account1", "account2"]


def test_a_member_who_acts_for_the_chair_is_one_person_with_one_vote():
    chair, member = _appointment(1, CommitteeRole.CHAIR), _appointment(2)
    acting = _appointment(
        3, CommitteeRole.CHAIR, acting_for="a1", person="person2", account="account2"
    )
    assert [(each.person, each.role.value) for each in in_office([chair, member, acting], DAY)] == [
        ("person2", "chair")
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"state": AppointmentState.RECORDED},
        {"state": AppointmentState.DROPPED},
        {"since": DAY + timedelta(days=1)},
        {"until": DAY - timedelta(days=1)},
    ],
)
def test_what_is_not_confirmed_or_not_in_its_time_does_not_count(changes):
    assert in_office([_appointment(1, **changes)], DAY) == ()
    assert len(in_office([_appointment(1, until=DAY, since=DAY)], DAY)) == 1


_SEATS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(CommitteeRole),
        st.sampled_from(AppointmentState),
        st.integers(-2, 2),
        st.none() | st.integers(0, 5),
    ),
    max_size=8,
)


@given(_SEATS)
def test_a_person_never_sits_twice_and_a_replaced_one_not_at_all(drawn):
    made = [
        _appointment(
            n,
            role,
            person=f"person{person}",
            state=state,
            since=DAY + timedelta(days=days),
            acting_for=None if acting is None or acting == n else f"a{acting}",
        )
        for n, (person, role, state, days, acting) in enumerate(drawn)
    ]
    office = in_office(made, DAY)
    persons = [each.person for each in office]
    assert len(persons) == len(set(persons))
    lasting = [each for each in made if each.covers(DAY)]
    replaced = {each.acting_for for each in lasting}
    assert not {each.appointment for each in office} & replaced
    assert {each.appointment for each in office} <= {each.id for each in lasting}
    assert in_office(reversed(made), DAY) == office


def test_minutes_are_demanded_once_members_are_in_office_unless_the_rules_say_otherwise():
    assert [DEFAULT_RULES.demands(members=n) for n in (0, 1)] == [False, True]
    assert CommitteeRules(minutes=MinutesDemand.ALWAYS).demands(members=0)
    assert not CommitteeRules(minutes=MinutesDemand.NEVER).demands(members=9)


def test_rules_and_ballots_are_read_again_as_they_were_written():
    rules = CommitteeRules(2, 3, casting_vote=False, minutes=MinutesDemand.NEVER, source="12/3")
    assert CommitteeRules.from_dict(rules.as_dict()) == rules
    votes = (Vote("p", "Name", CommitteeRole.CHAIR, Choice.AGAINST, "I differ."),)
    ballot = Ballot(1, Motion.REFUSE, "Grounds", votes, 3, ("Other",), False, True, AT, "wrong")
    assert Ballot.from_dict(ballot.as_dict()) == ballot


def test_an_invitation_ends_at_its_moment_and_shows_nothing_before_the_undertaking():
    until = AT + timedelta(days=1)
    invited = ExpertInvitation("i", "F", "timur", "p", "?", until, "ermek", AT)
    assert invited.state(AT) is InvitationState.INVITED
    assert not invited.shows_file(AT)
    accepted = ExpertInvitation("i", "F", "timur", "p", "?", until, "ermek", AT, {"at": "now"})
    assert accepted.shows_file(until - timedelta(seconds=1))
    assert not accepted.shows_file(until)
    assert accepted.state(until) is InvitationState.ENDED
