"""Who orders evidence, what the log says of it, and a worker that is killed while making it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from sandbox.domain.evidence_tasks import Order
from sandbox.domain.seats import RIGHTS, Actor, Right, Seat
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.services import evidence_export
from sandbox.services.evidence_orders import (
    OrderExport,
    find_task,
    list_tasks,
    order_export,
    take_file,
)
from sandbox.services.evidence_verify import verify_file
from sandbox.services.journal_acceptance import START
from sandbox.services.journal_batches import newest_batch
from sandbox.services.publication import Desk
from tests.services.exports import ORDER


def _actor(seat):
    return Actor("x", "p", None, frozenset({seat}))


def _kinds(evidence, subject):
    with evidence.store.unit(read_only=True) as u:
        return [(each.kind, each.actor) for each in u.audit.of_subjects(subject)]


def test_only_regulators_and_auditors_hold_the_right():
    assert {seat for seat in Seat if Right.EXPORT_EVIDENCE in RIGHTS[seat]} == {
        Seat.REGULATOR,
        Seat.AUDITOR,
    }


@pytest.mark.parametrize("seat", sorted(set(Seat) - {Seat.REGULATOR, Seat.AUDITOR}))
def test_no_other_seat_orders_lists_or_takes(evidence, seat):
    actor, at = _actor(seat), evidence.at
    with evidence.store.unit() as u:
        for act in (
            lambda: order_export(u, actor, OrderExport(evidence.number, ORDER), at=at),
            lambda: list_tasks(u, actor),
            lambda: find_task(u, actor, "EV-2026-0001"),
            lambda: take_file(u, actor, "EV-2026-0001", evidence.folder, at=at),
        ):
            with pytest.raises(NotAllowed):
                act()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"recipient": " "}, "evidence.recipient_missing"),
        ({"recipient": "x" * 201}, "evidence.recipient_missing"),
        ({"legal_basis": ""}, "evidence.basis_missing"),
        (
            {"since": datetime(2026, 2, 1, tzinfo=UTC), "until": datetime(2026, 1, 1, tzinfo=UTC)},
            "evidence.period_reversed",
        ),
    ],
)
def test_an_order_without_recipient_basis_or_with_a_reversed_period_is_refused(change, code):
    with pytest.raises(InvalidInput) as caught:
        Order(**{**ORDER.__dict__, **change}).checked()
    assert caught.value.code == code


def test_an_unknown_permit_is_not_found(evidence):
    with pytest.raises(NotFound, match=r"permit\.not_found"):
        evidence.ordered("SB-2020-0001")


def test_an_auditor_orders_takes_and_the_log_says_so(evidence):
    path = evidence.exported(evidence.number, who="jyldyz")
    task = evidence.tasks("jyldyz")[0]
    with evidence.store.unit() as u:
        _, taken = take_file(u, evidence.actor("jyldyz"), task.id, evidence.folder, at=evidence.at)
        u.commit()
    assert taken == path
    assert _kinds(evidence, evidence.number)[-3:] == [
        ("evidence.ordered", "jyldyz"),
        ("evidence.exported", "system"),
        ("evidence.taken", "jyldyz"),
    ]
    report = verify_file(path)
    assert (report.problems, report.facts["made_by"]["seat"]) == ([], "auditor")


def test_the_same_key_orders_once(evidence):
    with evidence.store.unit() as u:
        first, again = (
            order_export(
                u,
                evidence.actor("ermek"),
                OrderExport(evidence.number, ORDER),
                at=evidence.at,
                key="k",
            )
            for _ in range(2)
        )
        assert first.id == again.id


def test_a_file_that_is_not_ready_cannot_be_taken(evidence):
    task = evidence.ordered(evidence.number)
    with evidence.store.unit() as u, pytest.raises(Conflict, match=r"evidence\.not_ready"):
        take_file(u, evidence.actor("ermek"), task.id, evidence.folder, at=evidence.at)
    evidence.exporter.work_once()


def test_an_order_waits_until_all_that_was_there_is_in_a_batch(evidence):
    evidence.happens()
    task = evidence.ordered(evidence.number)
    assert (evidence.exporter.work_once(), evidence.task(task.id).state) == (0, "ordered")
    evidence.enter()
    assert (evidence.exporter.work_once(), evidence.task(task.id).state) == (1, "ready")
    report = verify_file(evidence.folder / f"{task.id}.zip")
    assert (report.problems, report.facts["not_batched"]) == ([], {"kgst": 0})


def test_an_order_does_not_wait_for_ever_and_its_file_says_what_is_in_no_batch(
    evidence, monkeypatch
):
    monkeypatch.setattr(evidence_export, "PATIENCE", 0.0)
    evidence.happens()
    report = verify_file(evidence.exported(evidence.number))
    assert report.problems == []
    assert report.facts["not_batched"]["kgst"] > 0
    evidence.enter()


def test_the_gateway_shows_publications_by_whole_signatures_only(evidence):
    asked = {"chain": "kgst", "permit": evidence.number, "start": START, "last": 0}
    asked |= {"since": None, "until": None, "waiting": []}
    for published in (["0x12"], [""], ["zz" * 65], [7]):
        with pytest.raises(InvalidInput, match=r"gateway\.params_invalid"):
            evidence.system.inside.journal_records({**asked, "published": published})
    assert evidence.system.inside.journal_records({**asked, "published": ["ab" * 65]})["root"]


def test_the_gateway_counts_what_lies_behind_a_batch_without_the_anchors(evidence):
    def behind():
        with evidence.store.unit(read_only=True) as u:
            return evidence.system.inside.journal_behind("kgst", newest_batch(u, "kgst")["end"])

    evidence.enter()
    evidence.worker.beat()
    assert behind() == {"records": 0, "last": None}
    evidence.happens()
    found = behind()
    assert found["records"] >= 1
    assert found["last"] > 0
    evidence.enter()
    assert behind()["records"] == 0


class Died(BaseException):
    pass


@pytest.mark.parametrize("step", ["evidence.laid_out", "evidence.entered", "evidence.assembled"])
def test_a_worker_that_is_killed_makes_the_file_in_the_end_and_enters_it_once(evidence, step):
    def at_step(name):
        if name == step:
            raise Died

    task = evidence.ordered(evidence.number)
    desk = Desk(evidence.store, evidence.system.inside, evidence.clock, at_step)
    with pytest.raises(Died):
        evidence.exporter_of(desk).work_once()
    assert evidence.exporter.work_once() == 1
    assert verify_file(evidence.folder / f"{task.id}.zip").problems == []
    with evidence.store.unit(read_only=True) as u:
        entered = [
            each
            for each in u.audit.of_subjects(evidence.number)
            if each.kind == "evidence.exported" and each.body["data"]["id"] == task.id
        ]
    assert len(entered) == 1
    assert not (evidence.folder / f"{task.id}.parts").exists()


def test_a_journal_that_is_not_what_the_log_commits_to_gives_no_file(evidence):
    task = evidence.ordered(evidence.number)
    statement = "UPDATE audit_entry SET body = replace(body, ?, ?) WHERE kind = 'journal.batch'"
    with evidence.store.unit(read_only=True) as u:
        entry = u.audit.of_subjects("journal/kgst")[1]
    roots = (entry.body["data"]["root"], "00" * 32)
    with evidence.store.engine.begin() as connection:
        connection.exec_driver_sql(statement, roots)
    evidence.exporter.work_once()
    with evidence.store.engine.begin() as connection:
        connection.exec_driver_sql(statement, roots[::-1])
    found = evidence.task(task.id)
    assert (found.state, found.result["code"]) == ("failed", "evidence.batch_differs")
    assert not (evidence.folder / f"{task.id}.zip").exists()
    assert _kinds(evidence, evidence.number)[-1] == ("evidence.failed", "system")


def test_the_command_needs_no_store_settings_or_network(evidence):
    code = f"""
import socket, sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        parts = ("store", "settings", "hub", "gateway", "api", "web", "run")
        if name.startswith(tuple("sandbox." + each for each in parts)) or name == "sqlalchemy":
            raise AssertionError(name)
sys.meta_path.insert(0, Refuse())
def refuse(*_): raise AssertionError("network")
socket.socket.connect = refuse
sys.argv = ["synak", "evidence", "verify", {str(evidence.exhibit)!r}]
from sandbox.cli import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd="/", check=False, env={}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing was altered" in done.stdout
