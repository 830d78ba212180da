"""A class that starts an investigation at once: the desk's use cases, the worker's queue.

``class50_cold_s``: from the first of ``trainees`` starts, none of them prepared, until the worker
has entered the last case and each was read as its cover reads it; two makers, their start included.
``class50_ahead_s``: the same class prepared before anybody starts.
``class50_prepared_s``: their starts then, one after the other, each with its cover's reading.

Afterwards every case is unpacked and compared with its manifest.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox.domain.investigations import CaseFile
from sandbox.domain.receipts import ReceiptKey
from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.kit.clock import FixedClock
from sandbox.services import investigation_orders, investigations
from sandbox.services.cases.folders import require_unchanged
from sandbox.services.cases.makers import Maker
from sandbox.services.cases.packed import unpacked
from sandbox.services.classroom_people import DEMO_COURSE, person_in, seed_course
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_queue import CaseQueue
from sandbox.store import Store
from sandbox.store.classroom_blobs import Blobs

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LEADS = "teacher"
KEY = ReceiptKey.from_seed(bytes(range(32)))


class Class:
    """A course with its trainees."""

    def __init__(self, folder: Path, trainees: int) -> None:
        folder.mkdir(parents=True)
        self.store = Store(f"sqlite:///{folder / 'class.sqlite'}")
        self.blobs = Blobs(folder / "blobs")
        self.names = [f"trainee-{number}" for number in range(trainees)]
        self.store.create_all()
        with self.store.unit() as u:
            for name in (LEADS, *self.names):
                seat = Seat.TEACHER if name == LEADS else Seat.STUDENT
                u.accounts.add(Account(name, name, f"p-{name}", None, (seat,), "en", True, AT))
            seed_course(u, AT, teachers=[LEADS], students=self.names)
            u.commit()

    def do(self, name, work):
        """One request."""
        with self.store.unit() as u:
            person = person_in(u, name, DEMO_COURSE, AT)
            found = work(Room(u, person, AT, self.blobs, KEY))
            u.commit()
            return found

    def opened(self):
        """An investigation that everybody may start once; its id."""
        times = {"opens": AT - timedelta(hours=1), "due": AT + timedelta(days=1)}
        said = {"lab": "P3", "difficulty": "easy", "attempts": 1, **times}
        return self.do(LEADS, lambda room: investigations.open_one(room, **said)).id

    def start(self, name, one):
        """A trainee presses start."""
        return self.do(
            name,
            lambda room: investigation_orders.start(room, investigations.may_start(room, one)),
        )

    def read(self, name, one):
        """What the cover of a trainee's case reads; its row."""

        def work(room):
            (own,) = investigations.own_cases(room, one)
            held = investigations.held(room, one, own.id)
            assert len(held.chain.hashes) == len(held.public.transactions) >= 1_900
            return own

        return self.do(name, work)

    def executed(self):
        """The worker has done everything that is ordered."""
        queue = CaseQueue(self.store, self.blobs, FixedClock(AT), (Maker(), Maker()))
        try:
            while self.waits():
                if not queue.turn():
                    time.sleep(0.05)
        finally:
            queue.close()

    def waits(self):
        """Whether an order waits."""
        with self.store.unit(read_only=True) as u:
            return any(each.waits for each in investigation_orders.CaseOrders(u.session).select())


def measure_class(folder, trainees):
    """The figures."""
    course, figures = Class(folder, trainees), {}
    one = course.opened()
    began = time.perf_counter()
    for name in course.names:
        course.start(name, one)
    course.executed()
    cases = [course.read(name, one) for name in course.names]
    figures["class50_cold_s"] = round(time.perf_counter() - began, 3)
    two = course.opened()
    began = time.perf_counter()
    course.do(LEADS, lambda room: investigation_orders.prepare(room, two))
    course.executed()
    figures["class50_ahead_s"] = round(time.perf_counter() - began, 3)
    began = time.perf_counter()
    started = [course.start(name, two) for name in course.names]
    cases += [course.read(name, two) for name in course.names]
    figures["class50_prepared_s"] = round(time.perf_counter() - began, 3)
    assert all(isinstance(each, CaseFile) for each in started)
    assert len({each.seal for each in cases}) == 2 * trainees
    for each in cases:
        with TemporaryDirectory(prefix="synak-bench-") as place:
            tables = course.blobs.within(investigations.TABLES_FOLDER).get(each.tables)
            require_unchanged(unpacked(Path(place), tables))
    return figures
