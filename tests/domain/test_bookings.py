"""Booked seats as records: windows, how many together, what is offered instead."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.bookings import (
    FARTHEST,
    LONGEST,
    MOST_OFFERS,
    Booking,
    Window,
    check_seats,
    check_window,
    free_windows,
    hours_of,
    peak,
    require_free,
)
from sandbox.kit.errors import Conflict, InvalidInput

DAY = datetime(2026, 12, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def window(begins, ends):
    """By hours of the day."""
    return Window(DAY + begins * HOUR, DAY + ends * HOUR)


def booking(begins, ends, seats, *, group="ПИ-1", course="x"):
    when = window(begins, ends)
    return Booking("b", course, group, "t", when.begins, when.ends, seats, "kanat", DAY)


@pytest.mark.parametrize(
    ("wanted", "at"),
    [
        (window(10, 10), DAY),
        (window(11, 10), DAY),
        (window(9, 10), DAY + 10 * HOUR),
        (Window(DAY, DAY + LONGEST + HOUR), DAY),
        (Window(DAY + FARTHEST + HOUR, DAY + FARTHEST + 2 * HOUR), DAY),
    ],
)
def test_window_that_is_none_has_passed_or_is_far_is_refused(wanted, at):
    with pytest.raises(InvalidInput) as refused:
        check_window(wanted, at)
    assert refused.value.code == "booking.window"


def test_window_that_has_begun_or_is_as_long_and_as_far_as_can_be_is_taken():
    check_window(window(9, 10), DAY + 9.5 * HOUR)
    check_window(Window(DAY + FARTHEST, DAY + FARTHEST + LONGEST), DAY)


@pytest.mark.parametrize("seats", [0, -1, 4])
def test_no_seat_and_more_than_people_are_refused(seats):
    check_seats(1, 3)
    check_seats(3, 3)
    with pytest.raises(InvalidInput) as refused:
        check_seats(seats, 3)
    assert refused.value.code == "booking.seats"


def test_classes_after_each_other_add_nothing_and_at_once_they_add_up():
    several = [booking(8, 10, 5), booking(10, 12, 7), booking(9, 11, 3)]
    assert peak(several, window(8, 9)) == 5
    assert peak(several, window(8, 12)) == 10
    assert peak(several, window(11, 12)) == 7
    assert peak(several, window(12, 13)) == 0
    assert hours_of(several, DAY)[7:13] == (0, 5, 8, 10, 7, 0)


def test_last_seat_is_given_and_one_more_is_refused_with_what_is_free():
    several = [booking(8, 10, 5), booking(9, 11, 3)]
    require_free(several, window(9, 10), 2, seats=10)
    with pytest.raises(Conflict) as refused:
        require_free(several, window(9, 10), 3, seats=10)
    assert refused.value.code == "booking.full"
    assert refused.value.params == {"free": 2, "seats": 10, "wanted": 3}


def test_booking_meets_its_own_class_and_the_whole_course_but_no_other_group():
    one, whole = booking(8, 9, 1), booking(8, 9, 1, group="")
    assert one.same_people("x", "ПИ-1", "t")
    assert one.same_people("x", "", "")
    assert whole.same_people("x", "ПИ-2", "t")
    assert not one.same_people("x", "ПИ-2", "t")
    assert not one.same_people("x", "ПИ-1", "another term")
    assert not whole.same_people("y", "", "")


def test_what_is_offered_lies_before_after_or_on_the_next_days():
    several = [booking(9, 11, 10)]
    found = free_windows(several, window(9, 11), 1, seats=10, at=DAY)
    assert window(7, 9) in found
    assert window(11, 13) in found
    assert window(33, 35) in found
    assert free_windows(several, window(9, 11), 11, seats=10, at=DAY) == ()
    late = free_windows(several, window(9, 11), 1, seats=10, at=DAY + 8 * HOUR)
    assert window(7, 9) not in late


bookings = st.builds(
    lambda begins, length, seats: booking(begins, begins + length, seats),
    st.integers(0, 60),
    st.integers(1, 12),
    st.integers(1, 10),
)


@given(st.lists(bookings, max_size=8), st.integers(0, 48), st.integers(1, 8), st.integers(1, 12))
def test_what_is_offered_has_room_is_as_long_and_not_over(several, begins, length, wanted):
    asked, at = window(begins, begins + length), DAY + 2 * HOUR
    found = free_windows(several, asked, wanted, seats=10, at=at)
    assert len(found) <= MOST_OFFERS
    for each in found:
        require_free(several, each, wanted, seats=10)
        assert each.length == asked.length
        assert each.begins >= at


@given(st.lists(bookings, max_size=12))
def test_bookings_that_were_taken_one_by_one_never_exceed_the_machine(several):
    taken = []
    for each in several:
        try:
            require_free(taken, each.window, each.seats, seats=12)
        except Conflict:
            continue
        taken.append(each)
    for hour in range(80):
        at = DAY + hour * HOUR
        assert sum(one.seats for one in taken if one.begins <= at < one.ends) <= 12
