"""A permit with a life, evidence files made of it, and whoever forges them; for tests."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

from sandbox.domain.evidence_tasks import Order
from sandbox.domain.heads import head_bytes
from sandbox.domain.seats import Channel
from sandbox.kit.canonical import canonical
from sandbox.services import faucet
from sandbox.services.audit import HeadKey
from sandbox.services.evidence_export import Exporter
from sandbox.services.evidence_file import Writer
from sandbox.services.evidence_orders import OrderExport, list_tasks, order_export
from sandbox.services.evidence_verify import verify_file
from sandbox.services.faucet import AskFaucet
from sandbox.services.interventions import Tighten, tighten
from sandbox.services.journal_batches import enter_batches
from sandbox.services.publication import Desk
from sandbox.store import Store
from tests.gateway.support import System, transfer
from tests.services.world import KGST, World

FURTHER = {"KGST.customer_total": "90 000", "KGST.travel_rule": "90 000"}
ROUNDS = 20
"""So often at most are batches entered for an order that waits for them."""
ORDER = Order("Court of Bishkek", "Criminal Procedure Code, art. 200")


def replaced(**changes):
    """The order of these tests with other fields."""
    return Order(**{**ORDER.__dict__, **changes})


class Ahead:
    """A clock that tests move forward, for the age of batches."""

    def __init__(self):
        self.ahead = timedelta()

    def now(self):
        return datetime.now(UTC) + self.ahead


class Evidence(World):
    """A world with an exporter."""

    def __init__(self, store, system, folder):
        super().__init__(store, system)
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.key = HeadKey.load(folder / "head_key")
        self.exporter = self.exporter_of(Desk(store, system.inside, self.clock))

    def exporter_of(self, desk):
        return Exporter(desk, self.key, self.folder)

    def enter(self):
        """Everything that happened is in the log, as after fifteen quiet seconds."""
        self.worker.beat()
        self.system.clock.ahead += timedelta(seconds=20)
        while enter_batches(self.worker.desk):
            pass

    def happens(self):
        """Something that the journal holds and no batch yet."""
        self.system.system("kgst", "treasury", "0x" + "11" * 20, "0x", 1)

    def ordered(self, number, order=ORDER, who="ermek"):
        with self.store.unit() as u:
            task = order_export(u, self.actor(who), OrderExport(number, order), at=self.at)
            u.commit()
        return task

    def exported(self, number, order=ORDER, who="ermek"):
        """A finished file; what the gateway wrote after ``enter`` is entered first."""
        task = self.ordered(number, order, who)
        for _ in range(ROUNDS):
            while self.exporter.work_once():
                pass
            found = self.task(task.id)
            if found.state != "ordered":
                break
            self.enter()
        assert found.state == "ready", (found.state, found.result)
        return self.folder / f"{task.id}.zip"

    def granted_at(self):
        """When the permit was granted: before anything that its journal holds."""
        with self.store.unit(read_only=True) as u:
            return u.permits.get(self.number).granted_at

    def task(self, name):
        (found,) = [each for each in self.tasks() if each.id == name]
        return found

    def tasks(self, who="ermek"):
        with self.store.unit(read_only=True) as u:
            return list_tasks(u, self.actor(who))

    def lived(self):
        """A permit with payments, a refusal at the gateway, a mined failure, two versions."""
        number = self.active(max_customers="5", max_merchants="1")
        payer, payee = self.people(number, 2)
        command = AskFaucet(number, payer.address, "KGST", str(9_000 * KGST))
        self.do(faucet.ask, self.actor("bakyt", channel=Channel.SERVER, permit=number), command)
        self.settle()
        self.worker.beat()
        for amount in (10, 20):
            self.pay(payer, payee, amount * KGST)
        self.pay(payer, payee, 6_000 * KGST, refused=True)
        lower = Tighten(number, {"KGST.per_transaction": "4 000", **FURTHER}, "risk")
        self.do(tighten, "ermek", lower, ports=True)
        self.settle()
        return number

    def pay(self, payer, payee, amount, *, refused=False):
        """A person pays another with the person's own token."""
        token = self.system.national["kgst"].tokens["KGST"]
        call = {"from": payer.address, "to": token, "data": transfer(payee.address, amount)}
        body = {"jsonrpc": "2.0", "id": 1, "method": "eth_sendTransaction", "params": [call]}
        answer = self.system.post("kgst", body, payer.token).json()
        assert ("error" in answer) == refused, answer
        deadline = time.monotonic() + 20
        while not refused and not self.ports.gateway.rpc(
            "kgst", "eth_getTransactionReceipt", [answer["result"]]
        ):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return answer


@contextlib.contextmanager
def lived(empty_store):
    """One gateway, one store, one permit that lived beside another permit, and its files."""
    root = Path(tempfile.mkdtemp(prefix="ev-"))
    system = System(root, clock=Ahead()).start()
    shutil.copy(empty_store, root / "store.db")
    store = Store(f"sqlite:///{root}/store.db")
    made = Evidence(store, system, root / "evidence")
    try:
        made.other = made.active(max_customers="2")
        made.people(made.other, 1)
        made.number = made.lived()
        made.enter()
        made.exhibit = made.exported(made.number)
        made.named = made.exported(made.number, replaced(without_names=False))
        yield made
    finally:
        store.close()
        system.stop()
        shutil.rmtree(root, ignore_errors=True)


def parts(path):
    """A file's parts, by name in order."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(path, found):
    """A file with these parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in found.items():
            archive.writestr(name, data)
    return path


def lines(data):
    """The values of a part's lines."""
    return [json.loads(line) for line in data.splitlines()]


def joined(values):
    """A part of these lines, canonical."""
    return b"".join(canonical(value) + b"\n" for value in values)


def signed_anew(key, head):
    """A head with another signature: right, and of this key."""
    message = head_bytes(head["size"], head["root"], head["at"])
    return {
        **head,
        "signature": key.sign(message).hex(),
        "public_key": key.public_key().public_bytes_raw().hex(),
    }


def named(report):
    """What a report names: part, record, field, code."""
    return {(each.part, each.record, each.field, each.code) for each in report.problems}


def bound_anew(found):
    """Parts with a manifest that was made over them again; the log still names the first one."""
    manifest = json.loads(found["manifest.json"])
    for part in manifest["parts"]:
        part["sha256"] = hashlib.sha256(found[part["name"]]).hexdigest()
        part["bytes"] = len(found[part["name"]])
    return {**found, "manifest.json": canonical(manifest)}


def forged(evidence, change, order=None):
    """The report on a file whose maker changed values while making it.

    So manifest and log bind what was forged, and only the proofs can tell.

    Args:
        evidence: the world.
        change: told a part's name and a value of it, which it may change.
        order: of the file; everything by default.
    """
    line, whole = Writer.line, Writer.whole

    def changed(write):
        def written_down(self, value):
            value = json.loads(canonical(value))
            change(self.name, value)
            write(self, value)

        return written_down

    with (
        mock.patch.object(Writer, "line", changed(line)),
        mock.patch.object(Writer, "whole", changed(whole)),
    ):
        file = evidence.exported(evidence.number, order or replaced(without_names=False))
    return verify_file(file, key=evidence.key.public)
