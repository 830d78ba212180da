"""The worker: whatever follows a commit, and whatever happens by itself.

Loops, each in a thread of its own, none of which can stop another:

1. ``outbox``: rows of different subjects side by side, rows of one subject in order; a row that
   fails is tried again after a growing pause, a row that can never succeed is set aside.
2. ``policies``: pushes what the gateway has not acknowledged, makes permits active.
3. ``heartbeat``: tells the gateway every two seconds that the store is watched over, and sends
   again what the gateway lost; without it the gateway refuses everything.
   The beat says up to where the audit log knows each journal; the answer says whether they agree.
4. ``refusals``: copies evidence into the store.
5. ``deadlines``: lets interim acts lapse and terms end, reminds, draws what a deadline brings.
6. ``contract_reviews``: writes down which approvals of contracts have lapsed.
7. ``journals``: enters batches of the chains' journals in the audit log.
8. ``reports``: opens the periodic reports of periods that have ended.
9. ``interruptions``: opens incidents for what the gateway says went down unasked.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Final

import structlog

from sandbox.domain.records import OutboxRow
from sandbox.kit.errors import SynakError
from sandbox.services.abandonment import abandon
from sandbox.services.acknowledgement import forget_lost, push_policies
from sandbox.services.automatic import run_deadlines
from sandbox.services.complaints import move_late
from sandbox.services.contract_review_chain import follow as follow_reviews
from sandbox.services.deadlines import apply_deadlines
from sandbox.services.evidence import copy_refusals
from sandbox.services.handlers import HANDLERS
from sandbox.services.interruptions import enter_interruptions
from sandbox.services.journal_batches import enter_batches, known_journals, note_comparison
from sandbox.services.loops import Loop
from sandbox.services.orders import end_orders
from sandbox.services.policies import key_records
from sandbox.services.publication import Desk, NeverPossible
from sandbox.services.report_opening import open_reports

_log = structlog.get_logger()

SIDE_BY_SIDE: Final = 32
KEY_ROUNDS: Final = 3
LAST_SECONDS: Final = 8.0
"""Seconds for turns under way when the worker is told to stop."""
OLDEST_ROW: Final = 120.0
"""Seconds after which an open row makes the worker's health failing."""


class Worker:
    """The loops and their health.

    Args:
        desk: store, gateway and clock.
        extra: further loops (the grading queue).
    """

    def __init__(self, desk: Desk, extra: Iterable[Loop] = ()) -> None:
        self.desk = desk
        self._keys_sent = ""
        self._disagreeing: Mapping[str, Mapping[str, Any]] = {}
        self._interrupted: Sequence[Mapping[str, Any]] = ()
        self._entered = 0
        self._pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="outbox")
        self.loops = [
            Loop("outbox", self.work_outbox, 0.1),
            Loop("policies", lambda: push_policies(desk), 0.1),
            Loop("heartbeat", self.beat, 2.0),
            Loop("refusals", lambda: copy_refusals(desk), 0.5),
            Loop("deadlines", self.deadlines, 1.0),
            Loop("contract_reviews", lambda: follow_reviews(desk), 0.5),
            Loop("journals", lambda: enter_batches(desk), 2.0),
            Loop("reports", lambda: open_reports(desk), 5.0, patience=300),
            Loop("interruptions", self.interruptions, 1.0, patience=300),
            *extra,
        ]

    def run(self, stop: threading.Event) -> None:
        """Run every loop until told to stop; what is under way gets a few seconds to end.

        Nothing is lost by ending earlier: whatever was not written down is done again.
        """
        threads = [
            threading.Thread(target=loop.run, args=(stop,), name=loop.name, daemon=True)
            for loop in self.loops
        ]
        for thread in threads:
            thread.start()
        stop.wait()
        deadline = time.monotonic() + LAST_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._pool.shutdown(wait=False, cancel_futures=True)

    def work_outbox(self) -> int:
        """Do every row that is due, one of each subject. Returns how many succeeded."""
        with self.desk.store.unit(read_only=True) as u:
            due = u.outbox.due(self.desk.clock.now())
        return sum(self._pool.map(self._do, due))

    def _do(self, row: OutboxRow) -> int:
        try:
            _handler(row)(self.desk, row)
        except NeverPossible as error:
            self._set_aside(row, error)
            return 0
        except Exception as error:  # noqa: BLE001 - one bad row stops nobody
            if not isinstance(error, SynakError):
                _log.exception("outbox.row_broke", row=row.id, kind=row.kind)
            self._failed(row, error)
            return 0
        return 1

    def _failed(self, row: OutboxRow, error: Exception) -> None:
        text = str(error) if isinstance(error, SynakError) else type(error).__name__
        _log.warning("outbox.row_failed", row=row.id, kind=row.kind, error=text[:200])
        try:
            with self.desk.store.unit() as u:
                u.outbox.failed(row, text, self.desk.clock.now())
                u.commit()
        except SynakError as second:
            _log.warning("outbox.not_noted", row=row.id, error=second.code)

    def _set_aside(self, row: OutboxRow, error: NeverPossible) -> None:
        _log.error("outbox.set_aside", row=row.id, kind=row.kind, error=str(error)[:300])
        try:
            if row.kind == "permit.publish":
                abandon(self.desk, row, error)
                return
            with self.desk.store.unit() as u:
                u.outbox.give_up(row.id, str(error), self.desk.clock.now())
                u.commit()
        except SynakError as second:
            self._failed(row, second)

    def beat(self) -> int:
        """Tell the gateway that the store is watched over, and restore what it lost."""
        at = self.desk.clock.now()
        self.desk.store.ping()
        with self.desk.store.unit(read_only=True) as u:
            journals = known_journals(u)
        said = {"as_of": at.isoformat(), "journals": journals, "interruptions": self._entered}
        held = self.desk.gateway.heartbeat(said)
        self._interrupted = held.get("interruptions") or ()
        self._disagreeing = note_comparison(self.desk, held.get("journals") or {})
        self._send_keys(held.get("keys"), at)
        policies = {str(name): int(revision) for name, revision in held["policies"].items()}
        with self.desk.store.unit(read_only=True) as u:
            lost = any(
                held_less(policies, each.number, each.acknowledged_revision)
                for each in u.permits.all()
            )
        if lost:
            with self.desk.store.unit() as u:
                forget_lost(u, policies)
                u.commit()
        return 0

    def interruptions(self) -> int:
        """Open the incidents of what the last beat told."""
        told = [each for each in self._interrupted if int(each["number"]) > self._entered]
        self._entered = max(self._entered, enter_interruptions(self.desk, told))
        return 0

    def _send_keys(self, held: object, at: datetime) -> None:
        """Send the keys when they changed or the gateway holds another number of them.

        They are read again afterwards: what the desk sent meanwhile must not be overtaken.
        """
        for _ in range(KEY_ROUNDS):
            with self.desk.store.unit(read_only=True) as u:
                keys = key_records(u, at)
            digest = hashlib.sha256(repr(keys).encode()).hexdigest()
            if digest == self._keys_sent and held == len(keys):
                return
            self.desk.gateway.put_keys(keys)
            self._keys_sent, held = digest, len(keys)

    def deadlines(self) -> int:
        """Let lapse and expire what is due."""
        at = self.desk.clock.now()
        with self.desk.store.unit() as u:
            if apply_deadlines(u, at=at) + move_late(u, at=at):
                u.commit()
        end_orders(self.desk)
        run_deadlines(self.desk)
        return 0

    def health(self) -> dict[str, Any]:
        """``{"status", "checks"}``: store, outbox, every loop."""
        checks: dict[str, Any] = {loop.name: loop.health() for loop in self.loops}
        try:
            with self.desk.store.unit(read_only=True) as u:
                outbox = u.outbox.health(self.desk.clock.now())
            well = outbox["oldest_seconds"] < OLDEST_ROW and not outbox["given_up"]
            checks["store"] = {"ok": True, "detail": "answers"}
            checks["rows"] = {
                "ok": well,
                "detail": ", ".join(f"{k}: {v}" for k, v in outbox.items()),
            }
        except SynakError as error:
            checks["store"] = {"ok": False, "detail": str(error)}
        for chain, answer in self._disagreeing.items():
            checks[f"journal.{chain}"] = {"ok": False, "detail": str(answer["code"])}
        good = all(check["ok"] for check in checks.values())
        return {"status": "ok" if good else "failing", "checks": checks}


def _handler(row: OutboxRow) -> Callable[[Desk, OutboxRow], None]:
    if row.kind not in HANDLERS:
        raise NeverPossible("outbox.unknown_kind", kind=row.kind)
    return HANDLERS[row.kind]


def held_less(held: dict[str, int], number: str, acknowledged: int) -> bool:
    """Whether the gateway holds an older policy than it once acknowledged."""
    return acknowledged > 0 and held.get(number, 0) < acknowledged
