"""The newsroom: one watcher for many readers, only what changed, and what it cannot see."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sandbox.kit.errors import Unavailable
from sandbox.web.live import STALE, News, Newsroom, event

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
