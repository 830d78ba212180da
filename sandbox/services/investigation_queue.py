"""The worker's part of investigations: executes ordered cases, a few at a time, and tidies up.

Rules:

1. Cases are made in processes of their own (``cases.makers``), as many as the setting says: the
   worker's other loops are not held up, and the store is not held while a case is made.
2. An order is begun by who saves it first. What a worker that ended has left begun is begun again:
   at the start of the next one, or after ``LONGEST``.
3. Done, and somebody waits for it: the case becomes theirs in the same transaction. In a pause
   nobody starts: it lies ready then.
4. What may go better is tried ``MOST_TRIES`` times; then, and for what will not, the order has
   failed with a code that trainee and trainer see.
5. Once an hour: orders that serve nobody any more are taken away, and files that no case and no
   order names; nodes' files go ``NODES_KEPT`` after the due date (they can be made again).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final

import structlog

from sandbox.domain.case_orders import MOST_TRIES, CaseOrder, Prepared
from sandbox.domain.classroom import CourseRole, JobState
from sandbox.domain.investigations import Investigation
from sandbox.kit.clock import Clock
from sandbox.kit.errors import IntegrityFailure, NotFound, SynakError, Unavailable
from sandbox.kit.ids import AccountName
from sandbox.services import investigations
from sandbox.services.cases.makers import Finished, Maker
from sandbox.services.classroom_people import person_in
from sandbox.services.investigations import Begun
from sandbox.services.loops import Loop
from sandbox.store import Store, UnitOfWork
from sandbox.store.case_order_tables import CaseOrders
from sandbox.store.classroom import Courses
from sandbox.store.classroom_blobs import Blobs
from sandbox.store.investigation_tables import CaseFiles, Investigations
from sandbox.store.investigation_team_tables import Places

PAUSE: Final = 0.3
"""Seconds between two looks."""
PATIENCE: Final = 600.0
TIDY_EVERY: Final = timedelta(hours=1)
NODES_KEPT: Final = timedelta(days=30)
FRESH: Final = timedelta(hours=2)
"""Files younger than this may be of an order that is being saved."""
IDLE_TURNS: Final = 200
"""Turns without work after which processes are ended: about a minute."""

_TABLES, _ENGINE = attrgetter("tables"), attrgetter("engine")
_log = structlog.get_logger()


@dataclass
class CaseQueue:
    """Executes cases.

    Attributes:
        store: where orders are.
        blobs: where coursework is.
        clock: tells the time.
        makers: processes; each makes one case at a time.
    """

    store: Store
    blobs: Blobs
    clock: Clock
    makers: tuple[Maker, ...]
    _given: dict[int, CaseOrder] = field(default_factory=dict)
    _first: bool = True
    _idle: int = 0
    _tidy_at: datetime | None = None

    def turn(self) -> int:
        """Take what was made, begin what waits. Returns how many ended or were begun."""
        if self._first:
            self._free_what_was_left()
            self._first = False
        did = self._take() + self._begin()
        self._tidy_if_due()
        self._idle = 0 if did or self._given else self._idle + 1
        if self._idle == IDLE_TURNS:
            self.close()
        return did

    def close(self) -> None:
        """End the processes; what they make is begun again by the next worker."""
        for each in self.makers:
            each.end()

    def _free_what_was_left(self) -> None:
        with self.store.unit() as u:
            orders = CaseOrders(u.session)
            for each in orders.running():
                orders.save(replace(each, state=JobState.QUEUED))
            u.commit()

    def _take(self) -> int:
        count = 0
        for number, maker in enumerate(self.makers):
            answer = maker.taken()
            if answer is None:
                continue
            order = self._given.pop(number)
            count += 1
            if isinstance(answer, SynakError):
                self._failed(order, answer)
                continue
            try:
                self._done(order, self._kept(answer))
            except SynakError as error:
                self._failed(order, error)
            except Exception:  # noqa: BLE001 - the queue goes on; the order is marked
                _log.exception("case.broke", order=order.id)
                self._failed(order, IntegrityFailure("cases.maker_broke"))
        return count

    def _begin(self) -> int:
        free = [number for number in range(len(self.makers)) if number not in self._given]
        if not free:
            return 0
        at = self.clock.now()
        with self.store.unit(read_only=True) as u:
            if not CaseOrders(u.session).queue(at, 1):
                return 0
        with self.store.unit() as u:
            begun = self._leased(u, len(free), at)
            u.commit()
        for number, (order, found) in zip(free, begun, strict=False):
            self._given[number] = order
            seed = investigations.seed_of(found, order.trainee, order.attempt)
            self.makers[number].give(seed, investigations.recipe_of(found))
        return len(begun)

    def _leased(
        self, u: UnitOfWork, most: int, at: datetime
    ) -> list[tuple[CaseOrder, Investigation]]:
        orders = CaseOrders(u.session)
        found: list[tuple[CaseOrder, Investigation]] = []
        mine = {each.id for each in self._given.values()}
        for each in orders.queue(at, most + len(mine)):
            if each.id in mine or len(found) == most:
                continue
            of = Investigations(u.session).get(each.investigation)
            if not _serves(u, each, of, at):
                orders.take_away(each)
            elif each.tries >= MOST_TRIES:
                orders.save(replace(each, state=JobState.FAILED, error="cases.maker_lost"))
            else:
                tries = each.tries + 1
                now = replace(each, state=JobState.RUNNING, begun_at=at, tries=tries)
                found.append((orders.save(now), of))
        return found

    def _kept(self, answer: Finished) -> Prepared:
        folder, parts = self.blobs.within, answer.packed
        return Prepared(
            seal=parts.seal,
            public=folder(investigations.OPEN_FOLDER).put(answer.public),
            sealed=folder(investigations.SEALED_FOLDER).put(parts.sealed),
            tables=folder(investigations.TABLES_FOLDER).put(parts.tables),
            engine=folder(investigations.ENGINE_FOLDER).put(parts.engine),
        )

    def _done(self, order: CaseOrder, made: Prepared) -> None:
        at = self.clock.now()
        with self.store.unit() as u:
            investigations.hold(u, order.investigation, order.trainee)
            orders = CaseOrders(u.session)
            now = orders.find(order.id, lock=True)
            found = Investigations(u.session).get(order.investigation)
            if now is None or now.tries != order.tries or not _serves(u, now, found, at):
                _discard(u, self.blobs, made)
                if now is not None and now.tries == order.tries:
                    orders.take_away(now)
            elif now.wanted_at is not None and found.paused_at is None:
                orders.take_away(now)
                begun = Begun(found, now.trainee, now.attempt, None)
                investigations.begin(u, begun, made, at)
            else:
                done = replace(now, state=JobState.DONE, made=made, error=None)
                orders.save(replace(done, wanted_at=None))
            u.commit()
        _log.info("case.made", order=order.id)

    def _failed(self, order: CaseOrder, error: SynakError) -> None:
        passing = isinstance(error, Unavailable) or error.code == "cases.not_as_planned"
        again = passing and order.tries < MOST_TRIES
        again = again and error.code != "toolchain.missing"
        _log.warning("case.failed", order=order.id, code=error.code, final=not again)
        state = JobState.QUEUED if again else JobState.FAILED
        with self.store.unit() as u:
            orders = CaseOrders(u.session)
            now = orders.find(order.id, lock=True)
            if now is not None and now.tries == order.tries:
                orders.save(replace(now, state=state, error=error.code[:80]))
            u.commit()

    def _tidy_if_due(self) -> None:
        at = self.clock.now()
        if self._tidy_at is None or at >= self._tidy_at:
            self._tidy_at = at + TIDY_EVERY
            self.tidy(at)

    def tidy(self, at: datetime) -> None:
        """Take away what serves nobody any more.

        Args:
            at: now.
        """
        with self.store.unit() as u:
            orders, cases = CaseOrders(u.session), CaseFiles(u.session)
            every = {each.id: each for each in Investigations(u.session).select()}
            for each in orders.select():
                if not _serves(u, each, every[each.investigation], at):
                    orders.take_away(each)
                    if each.made is not None:
                        _discard(u, self.blobs, each.made)
            made = [each.made for each in orders.select() if each.made is not None]
            held = cases.select(cases.columns.tables.is_not(None))
            u.commit()
        young = [each for each in held if every[each.investigation].due + NODES_KEPT > at]
        named: Mapping[str, set[str | None]] = {
            investigations.TABLES_FOLDER: {*map(_TABLES, held), *map(_TABLES, made)},
            investigations.ENGINE_FOLDER: {*map(_ENGINE, young), *map(_ENGINE, made)},
        }
        for folder, names in named.items():
            self._sweep(self.blobs.within(folder), names, at)

    def _sweep(self, blobs: Blobs, names: set[str | None], at: datetime) -> None:
        before = (at - FRESH).timestamp()
        for name, written, _ in blobs.newest_first():
            if name not in names and written < before:
                blobs.discard(name)


def case_loops(queue: CaseQueue) -> list[Loop]:
    """The queue as a loop of the worker; none where no cases are executed."""
    if not queue.makers:
        return []
    return [Loop("cases", queue.turn, PAUSE, patience=PATIENCE)]


def _serves(u: UnitOfWork, order: CaseOrder, found: Investigation, at: datetime) -> bool:
    """Whether an order's case can still be started: in time, by a trainee of an open course.

    Not by somebody of a team: its cases are planned when they are started.
    """
    if Places(u.session).find(found.id, order.trainee) is not None:
        return False
    course = Courses(u.session).find(found.course)
    if found.is_over(at) or course is None or course.archived_at is not None:
        return False
    cases = CaseFiles(u.session).of(found.id, order.trainee)
    if any(each.is_open or each.attempt >= order.attempt for each in cases):
        return False
    return _is_student(u, order.trainee, found, at)


def _is_student(u: UnitOfWork, name: AccountName, found: Investigation, at: datetime) -> bool:
    with contextlib.suppress(NotFound):
        return person_in(u, name, found.course, at).role is CourseRole.STUDENT
    return False


def _discard(u: UnitOfWork, blobs: Blobs, made: Prepared) -> None:
    """Take the readable and the sealed part of a case away that nobody has; the rest is swept."""
    cases = CaseFiles(u.session)
    if not cases.select(cases.columns.public == made.public, limit=1):
        blobs.within(investigations.OPEN_FOLDER).discard(made.public)
        blobs.within(investigations.SEALED_FOLDER).discard(made.sealed)
