"""What bookings hold while people come: no member is refused, and never too much is held."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sandbox.domain.held_seats import BEFORE, Hold, Seating, free_at, in_force, seated

NINE = datetime(2026, 12, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOMENT = timedelta(minutes=1)
PEOPLE = [f"p{turn}" for turn in range(9)]


def hold(seats, *people, begins=NINE, hours=1, course="x", name="b"):
    ends = begins + hours * HOUR
    return Hold(name, begins, ends, seats, f"course-{course}", frozenset(people))


def keys(*people, course="x"):
    return [(each, f"course-{course}") for each in people]


def test_booking_holds_from_half_an_hour_before_until_its_end():
    one = hold(2, "p1")
    assert in_force([one], NINE - BEFORE, seats=5) == (one,)
    assert in_force([one], NINE - BEFORE - MOMENT, seats=5) == ()
    assert in_force([one], NINE + HOUR - MOMENT, seats=5) == (one,)
    assert in_force([one], NINE + HOUR, seats=5) == ()


def test_class_that_comes_next_holds_what_the_present_one_leaves():
    now, later = hold(4, "p1"), hold(4, "p2", begins=NINE + HOUR, name="a")
    held = in_force([later, now], NINE + HOUR - MOMENT, seats=5)
    assert [each.seats for each in held] == [4, 1]
    assert [each.seats for each in in_force([later, now], NINE + HOUR, seats=5)] == [4]


def test_machine_with_fewer_seats_than_were_booked_holds_no_more_than_it_has():
    held = in_force([hold(4, "p1"), hold(4, "p2", name="c")], NINE, seats=5)
    assert sum(each.seats for each in held) == 5


def test_member_comes_in_and_others_do_not_while_only_held_seats_are_free():
    now = Seating(keys("p8"), [hold(2, "p1", "p2")], seats=3)
    assert now.admits(("p1", "course-x"))
    assert not now.admits(("p1", "")), "the plain server is not what was booked"
    assert not now.admits(("p9", "course-x")), "who is not of the class"
    assert not now.admits(("p1", "course-y"))
    assert Seating(keys("p8"), [hold(2, "p1", "p2")], seats=4).admits(("p9", ""))


def test_more_members_than_booked_seats_come_as_others_do():
    now = Seating(keys("p1"), [hold(1, "p1", "p2"), hold(1, "p3", name="c")], seats=3)
    assert now.admits(("p2", "course-x")), "a seat is free that nobody booked"
    assert not Seating(keys("p1", "p4"), now.holds, 3).admits(("p2", "course-x"))
    assert Seating(keys("p1", "p4"), now.holds, 3).admits(("p3", "course-x"))


def test_who_is_of_two_classes_makes_room_for_who_is_of_one():
    whole, group = hold(1, "p1", "p2"), hold(1, "p1", name="c")
    assert seated(keys("p1", "p2"), [whole, group]) == {
        ("p1", "course-x"): group,
        ("p2", "course-x"): whole,
    }


class Counted(list):
    """Bookings that know how often somebody goes through them."""

    times = 0

    def __iter__(self):
        self.times += 1
        return super().__iter__()


def test_many_who_find_no_booked_seat_cost_little_each():
    people = [f"q{turn}" for turn in range(200)]
    holds = Counted([hold(25, *people), hold(25, *people, name="c")])
    assert len(seated(keys(*people), holds)) == 50
    assert holds.times < 3 * len(people), "the hub asks anew for every page that waits"


def test_who_sat_there_before_the_booking_stays_and_members_wait():
    now = Seating(keys("p7", "p8", "p9"), [hold(2, "p1", "p2")], seats=3)
    assert not now.admits(("p1", "course-x"))
    one_left = Seating(keys("p7", "p8"), [hold(2, "p1", "p2")], seats=3)
    assert one_left.admits(("p1", "course-x"))
    assert not one_left.admits(("p9", "")), "the seat that became free is for the class"


def test_free_seat_is_expected_when_the_booking_ends():
    one = hold(2, "p1", "p2")
    assert free_at([], [one], NINE, seats=2, ahead=0) == NINE + HOUR
    assert free_at(keys("p1", "p2"), [one], NINE, seats=2, ahead=1) == NINE + HOUR
    assert free_at([], [one], NINE, seats=2, ahead=2) is None, "others come before"
    assert free_at(keys("p7", "p8"), [one], NINE, seats=2, ahead=0) is None, "they may stay"


def test_free_seat_is_not_expected_while_the_next_class_holds_it():
    first, second = hold(2, "p1"), hold(2, "p2", begins=NINE + HOUR, hours=2, name="c")
    assert free_at([], [first, second], NINE, seats=2, ahead=0) == NINE + 3 * HOUR


class Coming(RuleBasedStateMachine):
    """People come and go under bookings that began before the first of them came."""

    holds: tuple[Hold, ...] = ()
    seats = 0

    def __init__(self):
        super().__init__()
        self.taken = set()

    @initialize(
        seats=st.integers(1, 6),
        wanted=st.lists(
            st.tuples(st.integers(1, 3), st.sets(st.sampled_from(PEOPLE), min_size=1)), max_size=4
        ),
    )
    def book(self, seats, wanted):
        all_of = [hold(count, *people, name=str(n)) for n, (count, people) in enumerate(wanted)]
        self.seats, self.holds = seats, in_force(all_of, NINE, seats=seats)

    @property
    def now(self):
        return Seating(frozenset(self.taken), self.holds, self.seats)

    @rule(who=st.sampled_from(PEOPLE), course=st.sampled_from("xxy"))
    def come_or_leave(self, who, course):
        key = (who, f"course-{course}")
        if key in self.taken:
            self.taken.remove(key)
        elif self.now.admits(key):
            self.taken.add(key)

    @invariant()
    def never_more_is_taken_and_held_than_there_are_seats(self):
        assert 0 <= self.now.held <= self.seats
        assert len(self.taken) + self.now.held <= self.seats

    @invariant()
    def no_member_is_refused_while_their_booking_has_free_seats(self):
        used = Counter(one.id for one in seated(self.taken, self.holds).values())
        for each in self.holds:
            if used[each.id] < each.seats:
                outside = [one for one in keys(*each.people) if one not in self.taken]
                assert all(self.now.admits(one) for one in outside)

    @invariant()
    def who_sits_on_a_booked_seat_is_of_the_class_and_nobody_too_many(self):
        found = seated(self.taken, self.holds)
        assert all(one.takes(key) for key, one in found.items())
        used = Counter(one.id for one in found.values())
        assert all(used[each.id] <= each.seats for each in self.holds)


TestComing = Coming.TestCase
TestComing.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
