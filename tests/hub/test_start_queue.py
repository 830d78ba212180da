"""The queue itself: who is let in when, who gives up a place, what an estimate comes from."""

import asyncio

import pytest

from sandbox.hub import start_queue
from sandbox.hub.queue_words import told
from sandbox.hub.seats import Carried, carried, carried_here
from sandbox.hub.start_queue import AWAY_SECONDS, Place, StartQueue
from sandbox.kit.errors import Conflict
from sandbox.locale import LANGUAGES


class Clock:
    """Seconds that the test moves."""

    now = 0.0

    def __call__(self):
        return self.now


class Class:
    """People at a queue; ``inside`` are let in, in that order."""

    def __init__(self, **options):
        self.clock = Clock()
        self.queue = StartQueue(**{"at_once": 2, "seats": 100} | options, clock=self.clock)
        self.inside = []
        self.tasks = {}

    async def come(self, *keys):
        for key in keys:
            self.tasks[key] = asyncio.create_task(self._wait(key))
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def _wait(self, key):
        await self.queue.turn(key)
        self.inside.append(key)

    async def finish(self, key, *, runs=True):
        if runs:
            self.queue.runs(key)
        self.queue.started(key)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def place(self, key):
        found = self.queue.place(key)
        return found and found.number


def plain(*names):
    return [(name, "") for name in names]


def played(scene):
    asyncio.run(scene())


def test_as_many_as_the_machine_carries_are_let_in_and_the_others_wait_in_order():
    async def scene():
        room = Class(at_once=2)
        people = plain("aigul", "bakyt", "cholpon", "daniyar")
        await room.come(*people)
        assert room.inside == people[:2]
        assert [room.place(key) for key in people] == [None, None, 1, 2]
        await room.finish(people[1])
        assert room.inside == people[:3]
        assert room.place(people[3]) == 1

    played(scene)


def test_start_that_fails_lets_the_next_in_too():
    async def scene():
        room = Class(at_once=1)
        first, second = plain("aigul", "bakyt")
        await room.come(first, second)
        await room.finish(first, runs=False)
        assert room.inside == [first, second]

    played(scene)


def test_further_workspace_comes_after_people_who_have_none():
    async def scene():
        room = Class(at_once=1)
        lab, course, other = ("aigul", ""), ("aigul", "course-x"), ("bakyt", "")
        await room.come(lab, course, other)
        assert (room.place(course), room.place(other)) == (2, 1)
        assert room.queue.place(course).further
        assert not room.queue.place(other).further
        await room.finish(lab)
        assert room.inside == [lab, other]

    played(scene)


def test_only_workspace_left_is_no_further_one():
    """Whoever gives up the first of two places keeps the second by its own arrival."""

    async def scene():
        room = Class(at_once=1)
        busy, lab, course, other = (
            ("zamir", ""),
            ("aigul", ""),
            ("aigul", "course-x"),
            ("bakyt", ""),
        )
        await room.come(busy, lab, course, other)
        assert room.queue.leave(lab)
        assert (room.place(course), room.place(other)) == (1, 2)
        await asyncio.gather(room.tasks[lab], return_exceptions=True)

    played(scene)


def test_leaving_gives_up_the_place_and_says_so():
    async def scene():
        room = Class(at_once=1)
        people = plain("aigul", "bakyt", "cholpon")
        await room.come(*people)
        assert room.queue.leave(people[1])
        with pytest.raises(Conflict) as given_up:
            await room.tasks[people[1]]
        assert given_up.value.code == "hub.queue_left"
        assert room.place(people[2]) == 1

    played(scene)


def test_who_does_not_wait_cannot_leave_and_nobody_is_moved():
    async def scene():
        room = Class(at_once=1)
        first, second = plain("aigul", "bakyt")
        await room.come(first, second)
        assert not room.queue.leave(first), "a start that has begun is no place in the queue"
        assert not room.queue.leave(("mallory", ""))
        assert room.place(second) == 1

    played(scene)


def test_page_that_is_gone_loses_the_place_and_one_that_is_open_keeps_it(monkeypatch):
    monkeypatch.setattr(start_queue, "_LOOK_SECONDS", 0.01)

    async def scene():
        room = Class(at_once=1)
        first, gone, here, program = plain("aigul", "bakyt", "cholpon", "daniyar")
        await room.come(first, gone, here, program)
        room.queue.place(gone, seen=True)
        room.clock.now = AWAY_SECONDS
        room.queue.place(here, seen=True)
        room.clock.now += 1
        await asyncio.sleep(0.05)
        with pytest.raises(Conflict) as away:
            await room.tasks[gone]
        assert away.value.code == "hub.queue_away"
        assert (room.place(here), room.place(program)) == (1, 2)

    played(scene)


def test_full_machine_lets_nobody_in_until_a_server_stops():
    async def scene():
        room = Class(at_once=2, seats=1)
        first, second = plain("aigul", "bakyt")
        await room.come(first, second)
        await room.finish(first)
        assert room.queue.place(second).full
        assert room.inside == [first]
        room.queue.ended(first)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert room.inside == [first, second]

    played(scene)


def test_servers_that_a_restarted_hub_finds_have_their_seats():
    async def scene():
        room = Class(at_once=2, seats=1)
        room.queue.runs(("aigul", ""))
        await room.come(("bakyt", ""))
        assert room.inside == []

    played(scene)


def test_interrupted_start_frees_its_place():
    async def scene():
        room = Class(at_once=1)
        first, second, third = plain("aigul", "bakyt", "cholpon")
        await room.come(first, second, third)
        room.tasks[second].cancel()
        await asyncio.gather(room.tasks[second], return_exceptions=True)
        assert room.place(third) == 1
        await room.finish(first)
        assert room.inside == [first, third]

    played(scene)


def test_estimate_comes_from_the_last_starts_and_is_none_without():
    async def scene():
        room = Class(at_once=2)
        people = plain("aigul", "bakyt", "cholpon", "daniyar", "elmira")
        await room.come(*people)
        assert room.queue.place(people[3]).seconds is None
        room.clock.now = 8.0
        await room.finish(people[0])
        assert room.queue.place(people[3]).seconds == pytest.approx(4.0)
        assert room.queue.place(people[4]).seconds == pytest.approx(8.0)
        room.clock.now = 4000.0
        assert room.queue.place(people[4]).seconds is None, "the pace of an hour ago says nothing"

    played(scene)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_name_place_and_estimate_and_say_when_nobody_knows(language):
    known = told(Place(7, 2, further=False, full=False, seconds=43.0), language)
    assert known["waits"]
    assert "7" in known["lines"][0]
    assert "6" in known["lines"][0]
    assert "50" in known["lines"][1]
    minutes = told(Place(90, 2, further=False, full=False, seconds=170.0), language)
    assert "3" in minutes["lines"][1]
    unknown = told(Place(7, 2, further=False, full=False, seconds=None), language)
    full = told(Place(7, 2, further=True, full=True, seconds=None), language)
    assert len({known["lines"][1], unknown["lines"][1], full["lines"][1]}) == 3
    assert len(full["lines"]) == len(known["lines"]) + 1
    assert not told(None, language)["waits"]


def test_machine_carries_by_memory_and_cores_and_settings_come_first():
    assert carried(gib=64, cores=2).seats == 100
    assert carried(gib=8, cores=16) == Carried(at_once=16, seats=20)
    assert carried(gib=1, cores=1) == Carried(at_once=2, seats=1)
    assert carried_here(at_once=7, seats=9) == Carried(at_once=7, seats=9)
    assert carried_here(at_once=0, seats=0).seats >= 1
