from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.domain.seats import (
    ACTS_OF_LAW,
    REAUTHENTICATION_AGE,
    RIGHTS,
    Actor,
    Channel,
    FileSeat,
    Right,
    Seat,
    require,
    require_act_of_law,
    require_seat_in_file,
    rights_of,
)
from sandbox.kit.errors import NotAllowed, NotAuthenticated

AT = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def _actor(*seats, channel=Channel.BROWSER, minutes=1, person="p-1"):
    last = None if minutes is None else AT - timedelta(minutes=minutes)
    return Actor("someone", person, "org", frozenset(seats), channel, last)


def test_every_seat_has_its_rights_written_down():
    assert set(RIGHTS) == set(Seat)


@pytest.mark.parametrize("right", [Right.REVIEW, Right.DECIDE, Right.INTERVENE])
def test_only_regulators_review_decide_and_intervene(right):
    assert [seat for seat in Seat if right in RIGHTS[seat]] == [Seat.REGULATOR]


def test_an_operator_moves_no_money_and_reads_no_evidence():
    held = rights_of(frozenset({Seat.OPERATOR}))
    assert held == {Right.OPERATE_PLATFORM, Right.VERIFY_AUDIT, Right.MANAGE_MEMBERS}


def test_an_auditor_reads_everything_and_decides_nothing():
    held = rights_of(frozenset({Seat.AUDITOR}))
    assert {Right.SEE_ALL_FILES, Right.READ_AUDIT} <= held
    assert not held & ACTS_OF_LAW


def test_no_seat_applies_and_decides():
    for held in RIGHTS.values():
        assert not {Right.APPLY, Right.DECIDE} <= held
        assert not {Right.SPONSOR, Right.DECIDE} <= held


def test_a_missing_right_is_refused_and_a_held_one_is_not():
    require(_actor(Seat.REGULATOR), Right.DECIDE)
    with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
        require(_actor(Seat.OWNER), Right.DECIDE)


@pytest.mark.parametrize("channel", [each for each in Channel if each is not Channel.BROWSER])
def test_an_act_of_law_by_any_token_is_refused(channel):
    require_act_of_law(_actor(Seat.REGULATOR), Right.DECIDE, AT)
    with pytest.raises(NotAllowed, match=r"seat\.needs_browser"):
        require_act_of_law(_actor(Seat.REGULATOR, channel=channel), Right.DECIDE, AT)


@pytest.mark.parametrize("minutes", [None, 16, -1])
def test_an_act_of_law_needs_a_recent_password(minutes):
    with pytest.raises(NotAuthenticated, match=r"seat\.needs_reauthentication"):
        require_act_of_law(_actor(Seat.REGULATOR, minutes=minutes), Right.DECIDE, AT)


def test_the_password_is_recent_up_to_its_last_second():
    age = REAUTHENTICATION_AGE.total_seconds() / 60
    require_act_of_law(_actor(Seat.REGULATOR, minutes=age), Right.DECIDE, AT)


def test_nobody_acts_in_two_seats_of_one_file():
    taken = {"p-1": FileSeat.APPLICANT}
    require_seat_in_file("F-2026-0001", taken, _actor(Seat.OWNER), FileSeat.APPLICANT)
    require_seat_in_file(
        "F-2026-0001", taken, _actor(Seat.REGULATOR, person="p-2"), FileSeat.REGULATOR
    )
    with pytest.raises(NotAllowed, match=r"seat\.second_seat_in_file"):
        require_seat_in_file("F-2026-0001", taken, _actor(Seat.REGULATOR), FileSeat.REGULATOR)
