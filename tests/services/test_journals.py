"""Batches of the journals in the audit log; what happens when the two disagree."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.chain.batches import Limits, batch_between, leaf, next_batches
from sandbox.chain.journal import read
from sandbox.chain.records import Place
from sandbox.domain.seats import Actor, Seat
from sandbox.kit.errors import Conflict, IntegrityFailure, InvalidInput, NotAllowed, SynakError
from sandbox.kit.merkle import root
from sandbox.services.audit import verify_log
from sandbox.services.commands import app as audit_app
from sandbox.services.journal_acceptance import AcceptJournal, accept_journal
from sandbox.services.journal_batches import enter_batches, newest_batch, standing_alarms
from sandbox.services.journal_commands import app as journal_app
from sandbox.services.journal_compare import compare
from sandbox.services.ports import Ports
from sandbox.services.publication import Desk
from sandbox.services.worker import Worker
from sandbox.store import Store
from tests.gateway.support import Permit, System, transfer
from tests.services.exports import Ahead

REGULATOR = frozenset({Seat.REGULATOR})


class Pair:
    """A gateway and a store of their own: what one backup would hold."""

    def __init__(self, folder, empty_store):
        self.folder, self.clock = folder, Ahead()
        self.system = System(folder, clock=self.clock)
        self.database = folder / "store.db"
        shutil.copy(empty_store, self.database)
        self.store = Store(f"sqlite:///{self.database}")
        self.running = False

    def start(self):
        self.system.start()
        self.desk = Desk(self.store, self.system.inside, self.clock)
        self.worker = Worker(self.desk)
        self.running = True
        return self

    def stop(self):
        if self.running:
            self.system.stop()
        self.running = False

    @property
    def journal(self):
        return self.folder / "chain" / "kgst" / "journal"

    def enter(self):
        """Everything that happened so far is entered, as after fifteen quiet seconds."""
        self.clock.ahead += timedelta(seconds=20)
        total = 0
        while done := enter_batches(self.desk):
            total += done
        return total

    def beat(self):
        self.worker.beat()
        for permit in self.system.permits.values():
            permit.put_keys()  # the beat sent the store's keys, which are none
        return {
            name: check["detail"]
            for name, check in self.worker.health()["checks"].items()
            if name.startswith("journal.")
        }

    def happens(self):
        """Something that the journal holds."""
        self.system.system("kgst", "treasury", "0x" + "11" * 20, "0x", 1)

    def alarms(self):
        with self.store.unit(read_only=True) as u:
            return [each.body["data"]["code"] for each in standing_alarms(u)]

    def kinds(self, prefix="journal."):
        with self.store.unit(read_only=True) as u:
            return [each.kind for each in u.audit.scan() if each.kind.startswith(prefix)]


@contextlib.contextmanager
def _running(empty_store):
    folder = Path(tempfile.mkdtemp(prefix="jn-"))
    made = Pair(folder, empty_store).start()
    try:
        yield made
    finally:
        made.stop()
        made.store.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def pair(empty_store):
    """For tests that break something."""
    with _running(empty_store) as made:
        yield made


@pytest.fixture(scope="module")
def sound(empty_store):
    """For tests that leave journal and log in agreement."""
    with _running(empty_store) as made:
        yield made


def _pay(pair, permit, amount=1):
    digest = pair.system.ok(
        permit, "eth_sendRawTransaction", permit.sign(data=transfer(permit.managed, amount))
    )
    return pair.system.receipt(permit, digest)


def _acknowledged(pair, permit):
    answer = pair.system.rpc(
        permit, "eth_sendRawTransaction", permit.sign(data=transfer(permit.managed, 1))
    )
    return answer.get("error", {}).get("data", {}).get("code")


def test_batches_follow_each_other_without_a_gap_and_hold_the_journals_own_root(sound):
    permit = Permit(sound.system, "SB-2026-0003")
    sound.enter()
    sound.beat()
    _pay(sound, permit, 0)
    sound.enter()
    with sound.store.unit(read_only=True) as u:
        entries = [e for e in u.audit.scan() if e.subject == "journal/kgst"]
        assert verify_log(u).ok
    found = []
    read(sound.journal, found.append)
    after = 0
    for entry in entries:
        data = entry.body["data"]
        assert data["first"] == after
        inside = found[data["first"] : data["last"] + 1]
        assert root([leaf(each) for each in inside]).hex() == data["root"]
        assert data["end"] == inside[-1].next.as_dict()
        after = data["last"] + 1
    assert len(entries) >= 2
    assert after == len(found)


def test_nothing_is_entered_twice_and_nothing_without_news(sound):
    sound.happens()
    assert sound.enter() > 0
    assert sound.enter() == 0
    sound.beat()  # the anchors are news of nothing but themselves
    assert sound.enter() == 0
    before = sound.kinds()
    assert sound.beat() == {}
    assert sound.kinds() == before


@pytest.mark.parametrize("step", ["journal.asked", "journal.before_commit", "journal.entered"])
def test_a_worker_that_dies_at_a_step_leaves_neither_gap_nor_double(sound, step):
    class Died(BaseException):
        pass

    def at_step(name):
        if name == step:
            raise Died

    sound.happens()
    sound.clock.ahead += timedelta(seconds=20)
    with pytest.raises(Died):
        enter_batches(Desk(sound.store, sound.system.inside, sound.clock, at_step))
    sound.enter()
    with sound.store.unit(read_only=True) as u:
        found = [e.body["data"] for e in u.audit.scan() if e.subject == "journal/kgst"]
    assert [each["first"] for each in found] == [0] + [each["last"] + 1 for each in found[:-1]]


def test_two_workers_at_once_enter_each_batch_once(sound):
    def meanwhile(name):
        if name == "journal.asked":
            enter_batches(sound.desk)

    sound.happens()
    sound.clock.ahead += timedelta(seconds=20)
    enter_batches(Desk(sound.store, sound.system.inside, sound.clock, meanwhile))
    with sound.store.unit(read_only=True) as u:
        found = [e.body["data"] for e in u.audit.scan() if e.subject == "journal/kgst"]
    assert [each["first"] for each in found] == [0] + [each["last"] + 1 for each in found[:-1]]


def test_a_batch_closes_at_its_count_and_the_rest_at_its_age(sound):
    found = []
    read(sound.journal, found.append)
    end, at = found[-1].next, found[-1].record.body["at"]
    young = next_batches(sound.journal, Place(), end, at, limits=Limits(records=5, seconds=1e9))
    assert [each.last - each.first + 1 for each in young] == [5] * min(8, len(found) // 5)
    small = next_batches(sound.journal, Place(), end, at, limits=Limits(size=1, seconds=1e9))
    assert [each.first for each in small] == list(range(8))
    old = next_batches(sound.journal, Place(), end, at + 20)
    assert [(each.first, each.last) for each in old] == [(0, len(found) - 1)]
    assert next_batches(sound.journal, Place(), end, found[0].record.body["at"]) == []


def test_an_entry_of_a_batch_cannot_be_erased(sound):
    sound.enter()
    with sound.store.unit() as u:
        index = newest_batch(u, "kgst")["entry"]
        with pytest.raises(InvalidInput) as caught:
            u.audit.erase(index, actor="operator", at=sound.clock.now())
    assert caught.value.code == "audit.cannot_be_erased"


def _cut(pair, records):
    """The journal without its last records, as a thief of evidence or an older backup leaves it."""
    found = []
    read(pair.journal, found.append)
    shutil.rmtree(pair.journal.parent / "epochs", ignore_errors=True)
    with pair.journal.open("r+b") as file:
        file.truncate(found[-records].at.offset)


def _break(pair, what):
    """Stop, break, start again."""
    pair.stop()
    what()
    pair.start()


def test_a_journal_whose_end_was_cut_off_raises_the_alarm_and_stops_acknowledging(pair):
    permit = Permit(pair.system, "SB-2026-0001")
    pair.enter()
    assert pair.beat() == {}
    assert _acknowledged(pair, permit) is None
    pair.enter()
    _break(pair, lambda: _cut(pair, 3))
    assert pair.beat() == {"journal.kgst": "journal.cut_off"}
    assert pair.alarms() == ["journal.cut_off"]
    assert _acknowledged(pair, permit) == "journal.held"
    health = pair.system.inside.health()
    assert (health["status"], health["checks"]["chain.kgst"]["ok"]) == ("failing", False)
    assert "journal.cut_off" in health["checks"]["chain.kgst"]["detail"]
    with pytest.raises(IntegrityFailure) as caught:
        pair.enter()
    assert caught.value.code == "journal.cut_off"
    pair.beat()
    assert pair.kinds("journal.dis") == ["journal.disagrees"]


@pytest.mark.slow
def test_the_right_journal_put_back_ends_the_alarm(pair):
    permit = Permit(pair.system, "SB-2026-0001")
    pair.enter()
    whole = pair.folder / "whole"
    _break(pair, lambda: (shutil.copy(pair.journal, whole), _cut(pair, 3)))
    assert pair.beat() == {"journal.kgst": "journal.cut_off"}
    _break(pair, lambda: shutil.copy(whole, pair.journal))
    assert pair.beat() == {}
    assert pair.alarms() == []
    assert pair.kinds("journal.agrees") == ["journal.agrees_again"]
    assert _acknowledged(pair, permit) is None


@pytest.mark.slow
def test_a_journal_that_went_on_from_an_older_copy_is_found(pair):
    permit = Permit(pair.system, "SB-2026-0001")
    copy = pair.folder / "older"
    _break(pair, lambda: shutil.copy(pair.journal, copy))
    for _ in range(3):
        _pay(pair, permit, 0)
    pair.enter()
    _break(pair, lambda: shutil.copy(copy, pair.journal))
    for _ in range(8):  # longer than what the log knows, and another
        _pay(pair, permit, 0)
    assert pair.beat() == {"journal.kgst": "journal.rewritten"}
    assert _acknowledged(pair, permit) == "journal.held"


def test_a_store_from_an_older_backup_is_found_by_the_journals_anchor(pair):
    permit = Permit(pair.system, "SB-2026-0001")
    pair.enter()
    pair.beat()
    older = pair.folder / "older.db"
    with contextlib.closing(sqlite3.connect(pair.database)) as connection:
        connection.execute(f"VACUUM INTO '{older}'")
    _pay(pair, permit, 0)
    pair.enter()
    pair.beat()
    pair.store.close()
    pair.store = Store(f"sqlite:///{older}")
    pair.desk = Desk(pair.store, pair.system.inside, pair.clock)
    pair.worker = Worker(pair.desk)
    assert pair.beat() == {"journal.kgst": "journal.ahead_of_audit"}
    assert pair.alarms() == ["journal.ahead_of_audit"]
    assert _acknowledged(pair, permit) == "journal.held"


@pytest.mark.slow
def test_a_log_rewritten_at_the_same_place_is_found_by_the_journals_anchor(pair):
    pair.enter()
    pair.beat()
    with pair.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE audit_entry SET leaf = ? WHERE subject = 'journal/kgst'", ("00" * 32,)
        )
    assert pair.beat() == {"journal.kgst": "audit.rewritten"}


@pytest.mark.slow
def test_the_other_chain_goes_on(pair):
    som = Permit(pair.system, "SB-2026-0002", chain="som")
    pair.enter()
    _break(pair, lambda: _cut(pair, 2))
    assert set(pair.beat()) == {"journal.kgst"}
    pair.system.ok(
        som,
        "eth_sendRawTransaction",
        som.sign(data=transfer(som.managed, 0)),
        chain="som",
    )
    before = _subjects(pair, "som")
    with pytest.raises(IntegrityFailure):
        pair.enter()
    assert len(_subjects(pair, "som")) > len(before)


def _compared(pair, path=None):
    with pair.store.unit(read_only=True) as u:
        return compare(u, path or pair.journal)


def test_journal_and_log_compare_record_by_record(sound, tmp_path):
    sound.happens()
    sound.enter()
    sound.beat()
    sound.happens()
    whole = _compared(sound)
    assert (whole.code, whole.batches) == (None, len(_subjects(sound)))
    assert whole.not_entered > 0
    cut = tmp_path / "journal"
    shutil.copy(sound.journal, cut)
    found = []
    read(cut, found.append)
    with cut.open("r+b") as file:
        file.truncate(found[whole.records - 1].at.offset)
    assert _compared(sound, cut).code == "journal.cut_off"
    arguments = [str(cut), "--audit", "--database", f"sqlite:///{sound.database}"]
    result = CliRunner().invoke(journal_app, ["verify", *arguments])
    assert (result.exit_code, "journal.cut_off" in result.output) == (1, True)
    arguments[0] = str(sound.journal)
    assert CliRunner().invoke(journal_app, ["verify", *arguments]).exit_code == 0
    for path, code in ((sound.journal, 0), (cut, 1)):
        flags = ["verify", "--journal", str(path), *arguments[2:]]
        assert CliRunner().invoke(audit_app, flags).exit_code == code


def _subjects(pair, chain="kgst"):
    with pair.store.unit(read_only=True) as u:
        return u.audit.of_subjects(f"journal/{chain}")


def test_a_rewritten_batch_or_anchor_is_named_by_its_entry(sound):
    sound.happens()
    sound.enter()
    sound.beat()
    for column, code in (("leaf", "audit.rewritten"), ("body", "journal.rewritten")):
        entry = _subjects(sound)[-1]
        values = {"leaf": entry.leaf, "body": entry.body["data"]["root"]}
        statement = f"UPDATE audit_entry SET {column} = replace({column}, ?, ?)"
        change = (values[column], "00" * 32)
        with sound.store.engine.begin() as connection:
            connection.exec_driver_sql(statement, change)
        report = _compared(sound)
        with sound.store.engine.begin() as connection:
            connection.exec_driver_sql(statement, change[::-1])
        assert (report.code, report.entry) == (code, entry.index)


def test_a_batch_beyond_the_journals_end_is_cut_off(sound):
    with pytest.raises(IntegrityFailure) as caught:
        batch_between(sound.journal, Place(), 10**6)
    assert caught.value.code == "journal.cut_off"


def _actor(account, *, fresh=True):
    seen = datetime.now(UTC) if fresh else None
    return Actor(account, f"person-{account}", None, REGULATOR, reauthenticated_at=seen)


def _accept(pair, account, reason="the disk is lost", **more):
    ports = Ports(pair.system.signer, pair.system.inside)
    with pair.store.unit() as u:
        command = AcceptJournal("kgst", reason)
        actor = _actor(account, **more)
        entry = accept_journal(u, actor, command, at=datetime.now(UTC), ports=ports)
        u.commit()
    return entry.kind


def test_after_a_real_loss_two_regulators_go_on_and_the_log_keeps_saying_so(pair):
    permit = Permit(pair.system, "SB-2026-0001")
    pair.enter()
    pair.beat()
    kept = pair.journal.stat().st_size
    for _ in range(3):
        _pay(pair, permit, 0)
    pair.enter()
    _break(pair, lambda: _cut(pair, 2))
    assert pair.beat() == {"journal.kgst": "journal.cut_off"}
    assert _accept(pair, "ermek") == "journal.acceptance_asked"
    with pytest.raises(Conflict) as caught:
        _accept(pair, "ermek")
    assert caught.value.code == "journal.second_person"
    assert pair.beat() == {"journal.kgst": "journal.cut_off"}
    assert _accept(pair, "feruza") == "journal.accepted"
    assert pair.beat() == {}
    assert pair.alarms() == []
    assert _acknowledged(pair, permit) is None
    pair.enter()
    assert pair.beat() == {}
    with pair.store.unit(read_only=True) as u:
        found = [e.body["data"]["end"] for e in u.audit.scan() if e.subject == "journal/kgst"]
    ends = [each["offset"] for each in found]
    assert ends[2] == ends[0] <= kept < ends[1]
    compared = _compared(pair)
    assert (compared.code, compared.given_up) == (None, 1)


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ({"account": "ermek", "reason": " "}, "journal.reason_missing"),
        ({"account": "ermek", "fresh": False}, "seat.needs_reauthentication"),
        ({"account": "ermek"}, "journal.nothing_to_accept"),
    ],
)
def test_nothing_is_accepted_without_reason_password_or_alarm(sound, who, code):
    sound.enter()
    with pytest.raises(SynakError) as caught:
        _accept(sound, **who)
    assert caught.value.code == code


@pytest.mark.parametrize("seat", sorted(set(Seat) - {Seat.REGULATOR}))
def test_no_other_seat_accepts_a_journal(sound, seat):
    actor = Actor("x", "p", None, frozenset({seat}), reauthenticated_at=datetime.now(UTC))
    ports = Ports(sound.system.signer, sound.system.inside)
    with sound.store.unit() as u, pytest.raises(NotAllowed):
        accept_journal(u, actor, AcceptJournal("kgst", "x"), at=datetime.now(UTC), ports=ports)
