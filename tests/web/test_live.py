"""The newsroom: one watcher for many readers, only what changed, and what it cannot see."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.kit.errors import NotFound, Unavailable
from sandbox.web.doors import Doors
from sandbox.web.live import STALE, News, Newsroom, event, stream

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Subject:
    """Something to watch."""

    def __init__(self) -> None:
        self.state, self.looks, self.down = "one", 0, False

    def produce(self) -> News:
        self.looks += 1
        if self.down:
            raise Unavailable("store.unavailable")
        return News(self.state, f"<p>{self.state}</p>\n<p>{self.looks}</p>")


async def take(follower: Any, seconds: float = 5) -> str:
    return str(await asyncio.wait_for(anext(follower), seconds))


async def test_a_reader_gets_the_present_state_and_then_changes_only() -> None:
    room, subject = Newsroom(None, interval=0.01), Subject()
    follower = room.follow("a", subject.produce)
    assert "<p>one</p>" in await take(follower)
    waiting = asyncio.ensure_future(take(follower))
    await asyncio.sleep(0.1)
    assert not waiting.done(), "nothing changed, nothing is sent"
    subject.state = "two"
    assert "<p>two</p>" in await waiting
    await follower.aclose()


async def test_many_readers_share_one_watcher_that_ends_with_the_last() -> None:
    room, subject = Newsroom(None, interval=0.05), Subject()
    followers = [room.follow("a", subject.produce) for _ in range(200)]
    await asyncio.gather(*(take(each) for each in followers))
    assert subject.looks < 10
    for each in followers:
        await each.aclose()
    looks = subject.looks
    await asyncio.sleep(0.2)
    assert subject.looks == looks


async def test_readers_are_told_when_it_cannot_be_looked_at_and_when_it_can_again() -> None:
    room, subject = Newsroom(None, interval=0.01), Subject()
    follower = room.follow("a", subject.produce)
    await take(follower)
    subject.down = True
    assert await take(follower) == STALE
    subject.down = False
    assert "<p>one</p>" in await take(follower)
    await follower.aclose()


async def test_readers_are_told_while_a_look_takes_long_and_get_it_when_it_is_done() -> None:
    room, subject, gate = Newsroom(None, interval=0.01, patience=0.05), Subject(), threading.Event()
    gate.set()

    def produce() -> News:
        gate.wait(5)
        return subject.produce()

    follower = room.follow("a", produce)
    assert "<p>one</p>" in await take(follower)
    gate.clear()
    assert await take(follower) == STALE
    subject.state = "two"
    gate.set()
    assert "<p>two</p>" in await take(follower)
    await follower.aclose()


class Desk:
    """As much of a request as a stream needs; its reader may leave."""

    def __init__(self) -> None:
        self.down, self.rounds = False, 0
        self.inside = {"reader"}
        self.room = Newsroom(None, interval=0.01)
        state = SimpleNamespace(newsroom=self.room, doors=Doors(self))
        self.app = SimpleNamespace(state=state)

    def visit(self, name: str = "reader") -> Any:
        return SimpleNamespace(actor=object(), session=SimpleNamespace(id_hash=name))

    async def still(self, visits: Any) -> set[str]:
        self.rounds += 1
        if self.down:
            raise Unavailable("hub.out_of_reach")
        return {each.session.id_hash for each in visits} & self.inside


@pytest.mark.parametrize("down", [False, True])
async def test_a_stream_and_its_watcher_end_with_a_reader_who_may_not_read_on(down: bool) -> None:
    desk, subject = Desk(), Subject()
    answer = await stream(desk, desk.visit(), "a", subject.produce)
    news = answer.body_iterator
    assert await take(news) == ": live\n\n"
    assert "<p>one</p>" in await take(news)
    desk.down = down
    desk.inside = {"reader"} if down else set()
    subject.state = "two"
    with pytest.raises(StopAsyncIteration):
        await take(news)
    assert desk.room._subjects == {}


async def test_a_stream_goes_on_for_whoever_may_read_on() -> None:
    desk, subject = Desk(), Subject()
    desk.inside = {"reader", "other"}
    streams = [await stream(desk, desk.visit(n), "a", subject.produce) for n in desk.inside]
    news = [each.body_iterator for each in streams]
    for each in news:
        await take(each)
        await take(each)
    desk.inside, subject.state = {"other"}, "two"
    heard = await asyncio.gather(*(take(each) for each in news), return_exceptions=True)
    assert sorted(type(each).__name__ for each in heard) == ["StopAsyncIteration", "str"]
    assert "<p>two</p>" in next(each for each in heard if isinstance(each, str))
    for each in news:
        await each.aclose()


async def test_many_readers_are_asked_about_in_one_round() -> None:
    desk, subject = Desk(), Subject()
    desk.inside = {f"reader-{n}" for n in range(100)}
    opening = (stream(desk, desk.visit(n), "a", subject.produce) for n in desk.inside)
    streams = await asyncio.gather(*opening)
    news = [each.body_iterator for each in streams]
    await asyncio.gather(*(take(each) for each in news))
    await asyncio.gather(*(take(each) for each in news))
    before, looks = desk.rounds, subject.looks
    subject.state = "two"
    heard = await asyncio.gather(*(take(each) for each in news))
    assert all("<p>two</p>" in each for each in heard)
    assert desk.rounds - before <= 3
    assert looks < 20, "many who come look once"
    for each in news:
        await each.aclose()


async def test_who_may_not_see_it_is_told_before_anything_is_looked_at() -> None:
    desk, subject = Desk(), Subject()

    def may_see() -> None:
        raise NotFound("permit.not_found", id="SB-2026-0001")

    with pytest.raises(NotFound):
        await stream(desk, desk.visit(), "a", subject.produce, may_see)
    assert subject.looks == 0


async def test_a_slow_reader_gets_the_newest_state_only() -> None:
    room, subject = Newsroom(None, interval=0.01), Subject()
    fast, slow = room.follow("a", subject.produce), room.follow("a", subject.produce)
    await take(slow)
    for state in ("two", "three", "four"):
        subject.state = state
        while state not in await take(fast):
            pass
    assert "<p>four</p>" in await take(slow)
    await fast.aclose()
    await slow.aclose()


def test_an_event_survives_line_ends_in_html() -> None:
    assert event("<p>\n\n a\r\nb</p>") == "data: <p>\ndata:  a\ndata: b</p>\n\n"
