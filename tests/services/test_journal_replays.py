"""Full replays ordered at the desk: who may, what they find, and what cuts them off."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
import time

import pytest

from sandbox.chain.engine import LocalLauncher
from sandbox.chain.journal import read
from sandbox.chain.records import MAGIC, Kind, Place, Record, frame, pack
from sandbox.chain.replay import verify
from sandbox.domain.seats import Actor, Seat
from sandbox.isolation.probe import Isolation
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound, Unavailable
from sandbox.run.identity import Identities
from sandbox.run.launcher import Launcher
from sandbox.run.replays import Replays, last_said
from sandbox.services.evidence_orders import find_task
from sandbox.services.journal_batches import batch_of, subject_of
from sandbox.services.journal_compare import KnownLog
from sandbox.services.journal_replay_run import run, write_known
from sandbox.services.journal_replayer import LauncherReplays, Replayer
from sandbox.services.journal_replays import (
    REPLAY,
    OrderReplay,
    find_replay,
    list_replays,
    order_replay,
    verdict_document,
)
from sandbox.services.publication import Desk
from sandbox.settings import Settings
from sandbox.toolchain.tools import anvil

SEATS = {Seat.REGULATOR, Seat.AUDITOR}


class Manager:
    """The launcher's socket with its replays, in a thread of its own, as the manager has them."""

    def __init__(self, root, *, longest=600.0):
        state = {"SYNAK_STATE_DIR": str(root), "SYNAK_DEVELOPMENT": "1"}
        self.settings, self.longest = Settings.load(state), longest
        self.settings.paths.logs.mkdir(parents=True, exist_ok=True)
        self.socket = root / "launcher.sock"

    def start(self):
        self._ready, self.loop = threading.Event(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_until_complete, args=(self._run(),))
        self._thread.start()
        assert self._ready.wait(10)
        return self

    async def _run(self):
        ids, self._stopping = Identities(0, separate=False), asyncio.Event()
        self.replays = Replays(self.settings, ids, Isolation.NONE, longest=self.longest)
        launcher = Launcher(self.socket, ids)
        launcher.offer("replay.start", "worker", self.replays.start)
        launcher.offer("replay.look", "worker", self.replays.look)
        await launcher.start()
        self._ready.set()
        await self._stopping.wait()
        await launcher.stop()
        await self.replays.stop_all()

    def stop(self):
        self.loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(20)
        self.loop.close()


class Replaying:
    """A worker's replayer beside a manager."""

    def __init__(self, evidence, **more):
        self.world, self.root = evidence, evidence.system.root
        self.manager = Manager(self.root, **more).start()
        self.runner = LauncherReplays(self.manager.socket)
        self.replayer = self.of(evidence.worker.desk)

    def of(self, desk):
        return Replayer(desk, self.runner, self.manager.settings.paths.worker_dir / "replays")

    def ordered(self, to=None, who="jyldyz", chain="kgst"):
        return self.world.do(order_replay, who, OrderReplay(chain, to))

    def task(self, name):
        with self.world.store.unit(read_only=True) as u:
            return u.evidence_tasks.get(name)

    def finished(self, task):
        deadline = time.monotonic() + 180
        while not self.replayer.work_once():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self.task(task.id)

    def entered(self):
        with self.world.store.unit(read_only=True) as u:
            return u.audit.of_subjects("replay/kgst")


@pytest.fixture
def replaying(evidence):
    made = Replaying(evidence)
    yield made
    for task in _open(evidence):
        made.replayer._failed(task, {"code": "replay.cut_off", "params": {}})
    made.manager.stop()


def _open(evidence):
    with evidence.store.unit(read_only=True) as u:
        return u.evidence_tasks.open("replay")


@pytest.fixture
def journal(evidence):
    return evidence.system.root / "chain" / "kgst" / "journal"


def test_an_auditor_orders_a_replay_and_its_verdict_is_in_the_log_and_handed_out(
    replaying, journal, evidence
):
    done = replaying.finished(replaying.ordered())
    assert (done.state, done.result.get("code")) == ("ready", None)
    auditor = evidence.actor("jyldyz")
    with evidence.store.unit(read_only=True) as u:
        _, data = verdict_document(u, auditor, done.id)
    found, head = json.loads(data), verify(journal).head
    assert (found["identical"], found["differences"]) == (True, [])
    assert (found["head"]["number"], found["head"]["hash"]) == (head.number, head.hash)
    assert found["blocks"] == head.number
    assert found["audit"]["code"] is None
    assert found["audit"]["batches"] > 0
    ordered, replayed = replaying.entered()[-2:]
    assert (ordered.kind, ordered.actor) == ("journal.replay_ordered", "jyldyz")
    assert (replayed.kind, replayed.actor) == ("journal.replayed", "system")
    said = replayed.body["data"]
    assert (said["identical"], said["hash"], said["block"]) == (True, head.hash, head.number)
    assert said["sha256"] == hashlib.sha256(data).hexdigest() == done.result["sha256"]
    assert list((replaying.manager.settings.paths.worker_dir / "replays").iterdir()) == []


def test_a_replay_to_a_block_ends_there_and_a_worker_that_died_goes_on_with_it(replaying, evidence):
    class Died(BaseException):
        pass

    def at_step(_name):
        raise Died

    task = replaying.ordered(to=3, who="ermek")
    with pytest.raises(Died):
        replaying.of(
            Desk(evidence.store, evidence.system.inside, evidence.clock, at_step)
        ).work_once()
    process = replaying.manager.replays._run.running.outer.pid
    replaying.replayer.work_once()
    assert replaying.manager.replays._run.running.outer.pid == process
    second = replaying.ordered(to=1)
    write_known(replaying.replayer._known_path(second), KnownLog(0, []))
    with pytest.raises(Unavailable, match="busy"):
        replaying.runner.start(second.id, "kgst", 1)
    done = replaying.finished(task)
    assert done.result["document"]["head"]["number"] == done.result["document"]["blocks"] == 3
    assert replaying.task(second.id).state == "ordered"


def test_a_replay_that_the_manager_no_longer_knows_was_cut_off_and_is_started_again(replaying):
    task = replaying.ordered()
    replaying.replayer.work_once()
    assert replaying.task(task.id).state == "running"
    replaying.manager.stop()
    with pytest.raises(Unavailable, match="launcher_unreachable"):
        replaying.replayer.work_once()
    assert replaying.task(task.id).state == "running"
    replaying.manager.start()
    done = replaying.finished(task)
    assert (done.state, done.result["code"]) == ("failed", "replay.cut_off")
    assert replaying.entered()[-1].kind == "journal.replay_failed"
    again = replaying.ordered()
    replaying.replayer.work_once()
    assert replaying.task(again.id).state == "running"


def test_a_replay_that_takes_too_long_is_ended_and_says_so(evidence):
    made = Replaying(evidence, longest=0.0)
    try:
        done = made.finished(made.ordered())
    finally:
        made.manager.stop()
    assert (done.state, done.result["code"]) == ("failed", "replay.too_long")


def test_a_replay_that_is_killed_ends_without_a_verdict_and_says_so(replaying):
    task = replaying.ordered()
    replaying.replayer.work_once()
    running = replaying.manager.replays._run.running
    replaying.manager.loop.call_soon_threadsafe(running.outer.kill)
    done = replaying.finished(task)
    assert (done.state, done.result["code"]) == ("failed", "replay.ended")
    assert done.result["params"] == {"exit": -9}


def test_a_chain_without_a_journal_gives_no_verdict(replaying, journal):
    aside = journal.with_name("aside")
    journal.rename(aside)
    try:
        task = replaying.ordered()
        replaying.replayer.work_once()
    finally:
        aside.rename(journal)
    done = replaying.task(task.id)
    assert (done.state, done.result["code"]) == ("failed", "journal.missing")


@pytest.mark.parametrize("seat", sorted(set(Seat) - SEATS))
def test_no_other_seat_orders_lists_or_reads_a_replay(evidence, seat):
    actor = Actor("x", "p", None, frozenset({seat}))
    with evidence.store.unit() as u:
        for act in (
            lambda: order_replay(u, actor, OrderReplay("kgst"), at=evidence.at),
            lambda: list_replays(u, actor),
            lambda: find_replay(u, actor, "RP-2026-0001"),
            lambda: verdict_document(u, actor, "RP-2026-0001"),
        ):
            with pytest.raises(NotAllowed):
                act()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (OrderReplay("bitcoin"), "gateway.chain_unknown"),
        (OrderReplay("kgst", -1), "replay.not_a_block"),
        (OrderReplay("kgst", 2**60), "replay.not_a_block"),
    ],
)
def test_an_order_that_cannot_be_is_refused(evidence, command, code):
    with pytest.raises(InvalidInput) as caught:
        evidence.do(order_replay, "ermek", command)
    assert caught.value.code == code


def test_orders_are_given_once_bounded_and_not_mistaken_for_exports(evidence):
    actor = evidence.actor("ermek")
    with evidence.store.unit() as u:
        first, again = (
            order_replay(u, actor, OrderReplay("som"), at=evidence.at, key="r") for _ in range(2)
        )
        assert first.id == again.id
        with pytest.raises(NotFound):
            find_task(u, actor, first.id)
        with pytest.raises(NotFound):
            find_replay(u, actor, "EV-2026-0001")
        with pytest.raises(Conflict, match="not_ready"):
            verdict_document(u, actor, first.id)
        for _ in range(REPLAY.most - 1):
            order_replay(u, actor, OrderReplay("som"), at=evidence.at)
        with pytest.raises(Conflict, match="too_many_open"):
            order_replay(u, actor, OrderReplay("som"), at=evidence.at)


def _found(journal, known, tmp_path, to=None):
    """What the replaying process says of a journal in the end."""
    said = []
    write_known(tmp_path / "log.jsonl", known)
    run(journal, tmp_path / "log.jsonl", to, LocalLauncher(anvil()), said.append)
    return said[-1]


def _rewritten(journal, target, change):
    """A journal with other records that is framed and chained rightly, and so sound in itself."""
    parts, place = [MAGIC], Place()

    def visit(stored):
        nonlocal place
        record = Record(stored.record.kind, dict(stored.record.body), stored.record.blob)
        change(record)
        data, place = frame(record.kind, pack(record), place)
        parts.append(data)

    read(journal, visit)
    target.write_bytes(b"".join(parts))
    return target


def _other_root(number):
    def change(record):
        if record.kind is Kind.SEAL and record.body["number"] == number:
            record.body["state_root"] = "0x" + "11" * 32

    return change


def test_the_first_block_that_calculates_to_something_else_is_named(journal, tmp_path):
    forged = _rewritten(journal, tmp_path / "journal", _other_root(4))
    verdict = _found(forged, KnownLog(0, []), tmp_path)["verdict"]
    (difference,) = verdict["differences"]
    assert (difference["code"], difference["params"]["block"]) == ("replay.block_differs", 4)
    assert verdict["equal_up_to"] == 3
    before = _found(forged, KnownLog(0, []), tmp_path, to=3)["verdict"]
    assert (before["differences"], before["blocks"]) == ([], 3)


def test_a_rewritten_journal_differs_from_the_log_though_every_block_is_equal(
    evidence, journal, tmp_path
):
    def change(record):
        if record.kind is Kind.REFUSAL:
            record.body["at"] += 1

    evidence.enter()
    with evidence.store.unit(read_only=True) as u:
        found = [batch_of(each) for each in u.audit.of_subjects(subject_of("kgst"), most=10**6)]
        known = KnownLog(u.audit.size(), found)
    whole = _found(journal, known, tmp_path)["verdict"]
    assert whole["differences"] == []
    forged = _rewritten(journal, tmp_path / "journal", change)
    verdict = _found(forged, known, tmp_path)["verdict"]
    assert [each["code"] for each in verdict["differences"]] == ["replay.log_differs"]
    assert verdict["differences"][0]["params"]["reason"] == "journal.rewritten"
    assert verdict["blocks"] == whole["blocks"]


def test_an_anchor_newer_than_what_was_known_is_judged_by_the_log_in_the_end(
    evidence, journal, tmp_path
):
    evidence.enter()
    evidence.worker.beat()
    verdict = _found(journal, KnownLog(0, []), tmp_path)["verdict"]
    assert verdict["newer_anchors"]
    assert verdict["differences"] == []
    with evidence.store.unit() as u:
        task = order_replay(u, evidence.actor("ermek"), OrderReplay("kgst"), at=evidence.at)
        u.commit()
    replayer = Replayer(evidence.worker.desk, None, tmp_path)
    verdict["newer_anchors"].append([10**9, "00" * 32])
    replayer._found(task, verdict)
    with evidence.store.unit(read_only=True) as u:
        result = u.evidence_tasks.get(task.id).result
    assert [each["params"] for each in result["document"]["differences"]] == [
        {"entry": 10**9, "reason": "journal.ahead_of_audit"}
    ]


def test_a_damaged_record_is_named_and_a_block_that_is_not_there_gives_no_verdict(
    journal, tmp_path
):
    data = bytearray(journal.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "journal").write_bytes(data)
    verdict = _found(tmp_path / "journal", KnownLog(0, []), tmp_path)["verdict"]
    (difference,) = verdict["differences"]
    assert difference["code"] == "replay.record_differs"
    assert difference["params"]["record"] > 0
    said = _found(journal, KnownLog(0, []), tmp_path, to=10**6)
    assert said["failed"]["code"] == "replay.no_such_block"


def test_the_last_whole_line_is_what_a_replay_said(tmp_path):
    path = tmp_path / "out"
    assert last_said(path) is None
    path.write_bytes(b'{"progress": 1}\na warning\n{"verdict": 2')
    assert last_said(path) == {"progress": 1}
    path.write_bytes(b'{"progress": 1}\n{"verdict": 2}\n7\n')
    assert last_said(path) == {"verdict": 2}


@pytest.mark.parametrize(
    "request_",
    [
        {"task": "RP-2026-0001", "chain": "kgst", "to": None},
        {"task": "../../x", "chain": "kgst", "to": None},
        {"task": "RP-2026-9999", "chain": "../som", "to": None},
        {"task": "RP-2026-9999", "chain": "kgst", "to": "3; id"},
        {"task": "RP-2026-9999", "chain": "kgst", "to": True},
    ],
)
def test_the_launcher_starts_nothing_but_a_laid_down_task(tmp_path, request_):
    manager = Manager(tmp_path)
    folder = manager.settings.paths.worker_dir / "replays"
    folder.mkdir(parents=True)
    (folder / "RP-2026-9999.jsonl").write_text("{}")
    replays = Replays(manager.settings, Identities(0, separate=False), Isolation.NONE)
    with pytest.raises(InvalidInput) as caught:
        asyncio.run(replays.start(request_))
    assert caught.value.code == "replay.bad_task"
