"""Live pages: one watcher per subject, however many readers.

Rules:

- a watcher asks once a second while anybody reads, and ends with the last reader;
- what did not change is not sent; every 15 s a heartbeat keeps proxies patient;
- a slow reader gets the newest state, never a queue of old ones;
- when a part is out of reach readers are told so, and the watcher goes on asking.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final

import anyio.to_thread
import structlog

from sandbox.api.parts import DeskParts
from sandbox.kit.errors import SynakError
from sandbox.kit.tasks import end

INTERVAL: Final = 1.0
HEARTBEAT: Final = 15.0
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
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Newsroom:
    """Watches subjects for readers.

    Args:
        parts: what the desk is made of (kept for its clock).
        interval: seconds between two looks.
    """

    def __init__(self, parts: DeskParts, interval: float = INTERVAL) -> None:
        self.parts = parts
        self.interval = interval
        self._subjects: dict[str, _Subject] = {}

    async def follow(self, name: str, produce: Callable[[], News]) -> AsyncIterator[str]:
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
                    yield STALE if subject.newest is OUT_OF_REACH else event(subject.newest.html)
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
            try:
                news = await anyio.to_thread.run_sync(subject.produce)
            except SynakError as error:
                log.warning("desk.live_failed", subject=name, code=error.code)
                news = OUT_OF_REACH
            except Exception:
                log.exception("desk.live_surprise", subject=name)
                news = OUT_OF_REACH
            if subject.newest is None or news.fingerprint != subject.newest.fingerprint:
                subject.newest, subject.number = news, subject.number + 1
                subject.changed.set()
                subject.changed = asyncio.Event()
            await asyncio.sleep(self.interval)


def event(html: str) -> str:
    """HTML as one server-sent event.

    Source: HTML Living Standard, 9.2.6.
    """
    lines = "\n".join(f"data: {line}" for line in html.splitlines() if line.strip())
    return f"{lines}\n\n"
