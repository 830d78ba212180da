"""The queue under bookings: who comes in before whom, what is held, what people are told."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.domain.held_seats import Hold
from sandbox.hub import start_queue
from sandbox.hub.booked import AGAIN_SECONDS, FRESH_SECONDS, Booked
from sandbox.hub.queue_words import told
from sandbox.hub.start_queue import StartQueue
from sandbox.kit.clock import FixedClock
from sandbox.kit.errors import Unavailable
from sandbox.locale import LANGUAGES

NINE = datetime(2026, 12, 1, 3, tzinfo=UTC)  # in Bishkek
HOUR = timedelta(hours=1)
COURSE = "course-x"
GONE = 10


class Desk:
    """A desk whose answer, and whether there is one, a test sets."""

    def __init__(self, *holds):
        self.holds = holds
        self.away = False
        self.asked = 0

    async def __call__(self):
        self.asked += 1
        if self.away:
            raise Unavailable("hub.desk_unreachable", reason="test")
        return self.holds


class Room:
    """A queue with booked seats; everybody inside runs at once."""

    def __init__(self, *holds, seats, at=NINE):
        self.desk, self.clock, self.ticks = Desk(*holds), FixedClock(at), 0.0
        self.booked = Booked(self.desk, clock=self.clock, ticks=lambda: self.ticks)
        self.queue = StartQueue(at_once=GONE, seats=seats, booked=self.booked)
        self.inside = []
        self.tasks = []

    async def come(self, *keys):
        for key in keys:
            self.tasks.append(asyncio.create_task(self._wait(key)))
            await settle()

    async def _wait(self, key):
        await self.queue.turn(key)
        self.inside.append(key)
        self.queue.runs(key)
        self.queue.started(key)

    async def leave(self, key):
        self.queue.ended(key)
        self.inside.remove(key)
        await settle()

    def line(self, key, language="en"):
        return told(self.queue.place(key), language)["lines"]


async def settle():
    for _turn in range(5):
        await asyncio.sleep(0)


def test_slow_desk_keeps_nobody_waiting_and_what_it_says_then_holds(monkeypatch):
    monkeypatch.setattr(start_queue, "_DESK_SECONDS", 0.01)

    async def scene():
        room = Room(hold(1, "bakyt"), seats=2)
        answers = asyncio.Event()
        quick = room.booked._ask

        async def slow():
            await answers.wait()
            return await quick()

        room.booked._ask = slow
        room.tasks.append(asyncio.create_task(room._wait(("aigul", "home"))))
        await asyncio.wait_for(room.tasks[0], 60)
        assert room.inside == [("aigul", "home")]
        answers.set()
        await room.queue._asking
        await room.come(("cholpon", "home"))
        assert room.inside == [("aigul", "home")], "the free seat is booked"
        await room.come(("bakyt", COURSE))
        assert room.inside[1:] == [("bakyt", COURSE)]

    played(scene)


def test_queue_goes_on_whatever_fails_while_it_looks(monkeypatch):
    monkeypatch.setattr(start_queue, "_LOOK_SECONDS", 0.01)

    async def scene():
        room = Room(seats=1)
        await room.come(("aigul", "home"), ("bakyt", "home"))
        tried = asyncio.Event()

        async def fails():
            tried.set()
            message = "nobody thought of this"
            raise ZeroDivisionError(message)

        room.booked._ask, room.ticks = fails, FRESH_SECONDS
        await asyncio.wait_for(tried.wait(), 60)
        room.booked._ask, room.ticks = room.desk, FRESH_SECONDS + AGAIN_SECONDS
        asked = room.desk.asked
        for _again in range(6000):
            if room.desk.asked > asked:
                break
            await asyncio.sleep(0.01)
        assert room.desk.asked > asked, "it looks on, and asks again after a pause"
        await room.leave(("aigul", "home"))
        assert room.inside == [("bakyt", "home")]

    played(scene)


def hold(seats, *people, hours=1):
    return Hold("b", NINE, NINE + hours * HOUR, seats, COURSE, frozenset(people))


def played(scene):
    asyncio.run(scene())


def test_held_seats_are_left_to_the_class_and_it_comes_before_others():
    async def scene():
        room = Room(hold(2, "lira", "marat"), seats=3)
        first, other = ("aigul", ""), ("bakyt", "")
        lira, marat = ("lira", COURSE), ("marat", COURSE)
        await room.come(first, other, lira)
        assert room.inside == [first, lira]
        place = room.queue.place(other)
        assert (place.full, place.held, place.expected) == (True, True, NINE + HOUR)
        await room.come(marat)
        assert room.inside == [first, lira, marat]
        await room.leave(first)
        assert room.inside == [lira, marat, other]

    played(scene)


def test_other_server_of_a_member_and_a_stranger_in_the_course_wait_as_everybody():
    async def scene():
        room = Room(hold(1, "lira"), seats=1)
        await room.come(("lira", ""), ("mallory", COURSE))
        assert room.inside == []
        await room.come(("lira", COURSE))
        assert room.inside == [("lira", COURSE)]

    played(scene)


def test_member_waits_only_for_who_was_there_before_and_is_the_next():
    async def scene():
        room = Room(hold(1, "lira"), seats=2, at=NINE - HOUR)
        early, late = ("aigul", ""), ("bakyt", "")
        await room.come(early, late)
        room.clock.forward(HOUR)
        await room.come(("cholpon", ""), ("lira", COURSE))
        assert room.inside == [early, late]
        place = room.queue.place(("lira", COURSE))
        assert (place.number, place.booked, place.full) == (1, True, True)
        assert "people who came earlier" in " ".join(room.line(("lira", COURSE)))
        await room.leave(early)
        assert room.inside == [late, ("lira", COURSE)]

    played(scene)


def test_end_of_a_booking_lets_others_in(monkeypatch):
    monkeypatch.setattr(start_queue, "_LOOK_SECONDS", 0.01)

    async def scene():
        room = Room(hold(1, "lira"), seats=1)
        await room.come(("aigul", ""))
        assert room.inside == []
        room.clock.forward(HOUR)
        await asyncio.wait_for(room.tasks[0], 30)
        assert room.inside == [("aigul", "")]

    played(scene)


def test_what_was_known_holds_while_the_desk_is_away_and_a_cancelled_booking_ends():
    async def scene():
        room = Room(hold(1, "lira"), seats=1)
        await room.come(("aigul", ""))
        room.desk.away, room.desk.holds = True, ()
        room.ticks += FRESH_SECONDS
        await room.come(("bakyt", ""))
        assert (room.inside, room.desk.asked) == ([], 2)
        room.desk.away = False
        await room.come(("cholpon", ""))
        assert (room.inside, room.desk.asked) == ([], 2), "not asked again at once"
        room.ticks += AGAIN_SECONDS
        await room.come(("daniyar", ""))
        assert room.inside == [("aigul", "")]

    played(scene)


def test_desk_is_asked_once_by_many_who_come_together():
    async def scene():
        room = Room(hold(1, "lira"), seats=50)
        await room.come(*((f"p{turn}", "") for turn in range(20)))
        assert (len(room.inside), room.desk.asked) == (20, 1)

    played(scene)


def test_desk_that_never_answered_books_nothing_and_lets_people_in():
    async def scene():
        room = Room(hold(1, "lira"), seats=1)
        room.desk.away = True
        await room.come(("aigul", ""))
        assert room.inside == [("aigul", "")]

    played(scene)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_say_until_when_and_name_nobody(language):
    async def scene():
        room = Room(hold(2, "lira", "marat"), seats=2)
        await room.come(("aigul", ""), ("bakyt", ""), ("cholpon", ""))
        told_first, told_last = (room.line((who, ""), language)[1] for who in ("aigul", "cholpon"))
        assert "10:00" in told_first
        assert "10:00" not in told_last, "two seats become free then, and two come before"
        everything = " ".join(room.line(("aigul", ""), language))
        assert not any(word in everything for word in ("lira", "marat", COURSE))

    played(scene)
