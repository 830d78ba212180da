"""Marks on their way to learning platforms: at least once, one platform never held up by another.

1. Every platform for which a mark is due gets a thread; its marks go one after another.
2. That a try begins is written down; the mark is sent as it stands now (``passback_wire``), unless
   a teacher switched it off.
3. What came of it is written down: sent; tried again after a growing pause; or failed, when trying
   again will not help or three days of it have not. A mark that became another one meanwhile
   stays in the queue.
4. Once an hour launches of people are forgotten who came more than a day ago and are nobody here.

A worker that dies after the platform took a mark sends it again with the same moment. Platforms
answer that with 409 ("not later"), which after a try without an answer means that it is there.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from sandbox.domain.classroom import ActionKind
from sandbox.domain.passback import PASSING, MarkState, Outcome, OutsideMark, unheard
from sandbox.domain.webhooks import GIVE_UP_AFTER, pause_after
from sandbox.locale import Language
from sandbox.services.lanes import Lanes
from sandbox.services.passback import switched_on
from sandbox.services.passback_wire import GradeBook, Tried
from sandbox.services.publication import Desk
from sandbox.store import UnitOfWork
from sandbox.store.classroom import Actions
from sandbox.store.passback_tables import Launches, OutsideMarks

IN_A_ROW: Final = 100
"""Marks for one platform before its thread ends, so that stopping waits for few."""
UNKNOWN_FOR: Final = timedelta(days=1)
"""How long the launch of somebody is kept who is not known here, so that they can link."""
_TIDY: Final = timedelta(hours=1)

_log = structlog.get_logger()


@dataclass
class Passback:
    """Sends what waits.

    Attributes:
        desk: store and clock.
        books: the platforms that take marks, by name.
        lang: of the names of line items that are made.
        chance: 0 to 1, for pauses that do not fall together.
    """

    desk: Desk
    books: Mapping[str, GradeBook]
    lang: Language
    chance: Callable[[], float] = random.random
    _lanes: Lanes = field(default_factory=lambda: Lanes("passback", of_one=1))
    _tidied: datetime | None = None

    def work_once(self) -> int:
        """Begin with every platform that something is due for. Returns how many were begun with."""
        at = self.desk.clock.now()
        self._tidy(at)
        with self.desk.store.unit(read_only=True) as u:
            due = OutsideMarks(u.session).waiting_platforms(at)
        return sum(self._lanes.begin(name, name, partial(self._run, name)) for name in due)

    def settle(self) -> None:
        """Wait until nothing is under way and nothing is due; for tests and at the end."""
        self._lanes.settle(self.work_once)

    def _run(self, platform: str) -> None:
        for _ in range(IN_A_ROW):
            at = self.desk.clock.now()
            with self.desk.store.unit() as u:
                marks = OutsideMarks(u.session)
                mark = marks.first_due(platform, at)
                if mark is None:
                    return
                on, label = switched_on(u, mark.course, mark.assignment), _label(u, mark, self.lang)
                state = MarkState.WAITING if on else MarkState.HELD
                outcome = Outcome.BEGUN if on else mark.outcome
                begun = marks.save(replace(mark, state=state, outcome=outcome))
                u.commit()
            if on:
                book = self.books.get(platform)
                tried = book.send(begun, label) if book else Tried(Outcome.NOT_CONFIGURED)
                self._note(begun, tried, at, lost=unheard(mark))

    def _note(self, mark: OutsideMark, tried: Tried, at: datetime, *, lost: bool) -> None:
        """Write down what came of a try; ``lost``: the one before may have been taken."""
        if tried.outcome is not Outcome.SENT:
            _log.warning(
                "passback.not_sent",
                platform=mark.platform,
                outcome=tried.outcome.value,
                status=tried.status,
            )
        with self.desk.store.unit() as u:
            marks = OutsideMarks(u.session)
            now = marks.find(*(getattr(mark, name) for name in marks.keys), lock=True)
            if now is None or now.revision != mark.revision:
                return  # taken back, held, or another mark by now
            if lost:
                tried = _after_a_lost(tried)
            marks.save(self._after(now, tried, at))
            u.commit()

    def _after(self, mark: OutsideMark, tried: Tried, at: datetime) -> OutsideMark:
        outcome = tried.outcome
        attempts, since = mark.attempts + 1, mark.failing_since or at
        mark = replace(mark, attempts=attempts, outcome=outcome, status=tried.status)
        if outcome is Outcome.SENT:
            return replace(mark, state=MarkState.SENT, sent_at=at, failing_since=None)
        if outcome not in PASSING or since + GIVE_UP_AFTER <= at:
            return replace(mark, state=MarkState.FAILED, failing_since=since)
        next_at = at + pause_after(attempts, self.chance())
        return replace(mark, next_at=next_at, failing_since=since)

    def _tidy(self, at: datetime) -> None:
        if self._tidied is not None and at - self._tidied < _TIDY:
            return
        with self.desk.store.unit() as u:
            if Launches(u.session).drop_unbound(at - UNKNOWN_FOR):
                u.commit()
        self._tidied = at


def _after_a_lost(tried: Tried) -> Tried:
    """What a try means where an answer was lost before: it is there, or may still be there."""
    if tried.outcome is Outcome.OVERTAKEN:
        return replace(tried, outcome=Outcome.SENT)
    if tried.outcome in {Outcome.BUSY, Outcome.OUT_OF_REACH}:
        return replace(tried, outcome=Outcome.UNHEARD)
    return tried


def _label(u: UnitOfWork, mark: OutsideMark, lang: Language) -> str:
    released = Actions(u.session).newest(ActionKind.RELEASED, mark.course, mark.assignment)
    titles = dict(released.detail.get("titles") or {}) if released else {}
    return str(titles.get(lang) or mark.assignment)
