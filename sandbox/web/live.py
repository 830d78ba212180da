"""Live pages: one watcher per subject, however many readers.

Rules:

- a watcher asks some times a second while anybody reads, and ends with the last reader; it rests
  at least as long as its look took;
- what is watched is made once for all its readers: who may read is asked of each, in batches
  (``sandbox.web.doors``);
- what did not change is not sent; every 15 s a heartbeat keeps proxies patient;
- a slow reader gets the newest state, never a queue of old ones;
- when a part is out of reach, or a look takes long, readers are told so, and the watcher goes
  on asking;
- a reader who signed out or lost a seat gets no more; who is not signed in is told 401, never
  sent elsewhere: a stream's client would take the sign-in page for the stream.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

import anyio.to_thread
import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sandbox.api.parts import DeskParts
from sandbox.kit.errors import SynakError
from sandbox.kit.tasks import end
from sandbox.services.shared import SharedReadings
from sandbox.web.doors import Doors
from sandbox.web.visit import Visit

INTERVAL: Final = 0.4
HEARTBEAT: Final = 15.0
PATIENCE: Final = 5.0
"""Seconds of one look after which readers are told that the page may be old."""
log = structlog.get_logger("desk")


@dataclass(frozen=True)
class News:
    """One state of a subject. ``fingerprint`` leaves out what changes by itself (the time)."""

    fingerprint: str
    html: str


OUT_OF_REACH: Final = News("out of reach", "")
STALE: Final = "event: stale\ndata: 1\n\n"
"""What readers get when the subject cannot be looked at; the page says that it may be old."""


@dataclass
class _Subject:
    produce: Callable[[], News]
    readers: int = 0
    number: int = 0
    newest: News | None = None
    text: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Newsroom:
    """Watches subjects for readers.

    Args:
        parts: what the desk is made of (kept for its clock).
        interval: seconds between two looks.
        patience: seconds of one look after which readers are told.
    """

    def __init__(
        self, parts: DeskParts, interval: float = INTERVAL, patience: float = PATIENCE
    ) -> None:
        self.parts = parts
        self.interval = interval
        self.patience = patience
        self.shared = SharedReadings()
        self._subjects: dict[str, _Subject] = {}
        self._first: dict[str, asyncio.Task[None]] = {}

    async def first_look(self, name: str, produce: Callable[[], News]) -> None:
        """Look once, so that what goes wrong is an answer; not at what is watched already.

        However many readers come at once, they wait for one look.
        """
        subject = self._subjects.get(name)
        if subject is not None and subject.newest not in {None, OUT_OF_REACH}:
            return
        task = self._first.get(name)
        if task is None:
            task = self._first[name] = asyncio.create_task(_looked(produce))
            task.add_done_callback(lambda _: self._first.pop(name, None))
        await asyncio.shield(task)

    async def follow(self, name: str, produce: Callable[[], News]) -> AsyncGenerator[str]:
        """Server-sent events of a subject, from its present state on.

        Args:
            name: readers of one name share a watcher; it must hold everything that
                makes two readers' pages differ.
            produce: makes the state; runs in a thread.
        """
        subject = self._subjects.get(name)
        if subject is None:
            subject = self._subjects[name] = _Subject(produce)
        subject.readers += 1
        if subject.task is None:
            subject.task = asyncio.create_task(self._watch(name, subject))
        seen = 0
        try:
            while True:
                if subject.newest is not None and subject.number != seen:
                    seen = subject.number
                    yield subject.text
                    continue  # it may have changed while the reader was busy
                try:
                    await asyncio.wait_for(subject.changed.wait(), HEARTBEAT)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            subject.readers -= 1
            if subject.readers == 0:
                self._subjects.pop(name, None)
                if subject.task is not None:
                    await end(subject.task)

    async def _watch(self, name: str, subject: _Subject) -> None:
        while True:
            began = time.monotonic()
            look = asyncio.ensure_future(anyio.to_thread.run_sync(subject.produce))
            try:
                if not (await asyncio.wait({look}, timeout=self.patience))[0]:
                    log.warning("desk.live_slow", subject=name)
                    _tell(subject, OUT_OF_REACH)
                news = await look
            except SynakError as error:
                log.warning("desk.live_failed", subject=name, code=error.code)
                news = OUT_OF_REACH
            except Exception:
                log.exception("desk.live_surprise", subject=name)
                news = OUT_OF_REACH
            finally:
                look.cancel()
            _tell(subject, news)
            await asyncio.sleep(max(self.interval, time.monotonic() - began))


def _tell(subject: _Subject, news: News) -> None:
    if subject.newest is None or news.fingerprint != subject.newest.fingerprint:
        subject.newest, subject.number = news, subject.number + 1
        subject.text = STALE if news is OUT_OF_REACH else event(news.html)
        subject.changed.set()
        subject.changed = asyncio.Event()


async def _looked(produce: Callable[[], News]) -> None:
    await anyio.to_thread.run_sync(produce)


async def stream(
    request: Request,
    visit: Visit,
    name: str,
    produce: Callable[[], News],
    may_see: Callable[[], object] | None = None,
) -> Response:
    """A subject's news as an answer, after one look that may still fail as any page does.

    Args:
        request: of the reader.
        visit: the reader; 401 when that is nobody.
        name: as ``Newsroom.follow``.
        produce: likewise.
        may_see: raises what a page would when this reader may not see the subject; left out where
            ``name`` holds the reader, so that ``produce`` itself asks.
    """
    if visit.actor is None:
        return Response(status_code=401)
    room: Newsroom = request.app.state.newsroom
    doors: Doors = request.app.state.doors
    if may_see is not None:
        await anyio.to_thread.run_sync(may_see)
    await room.first_look(name, produce)

    async def events() -> AsyncIterator[str]:
        yield ": live\n\n"
        async with aclosing(room.follow(name, produce)) as news:
            async for text in news:
                if not await doors.still(visit):
                    return
                yield text

    return StreamingResponse(
        events(),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def event(html: str) -> str:
    """HTML as one server-sent event.

    Source: HTML Living Standard, 9.2.6.
    """
    lines = "\n".join(f"data: {line}" for line in html.splitlines() if line.strip())
    return f"{lines}\n\n"
