"""A permit with a life, and evidence files made of it; shared by the tests of the evidence."""

from __future__ import annotations

import itertools
import json
import time
import zipfile
from datetime import UTC, datetime, timedelta

from sandbox.domain.evidence_tasks import Order
from sandbox.domain.seats import Channel
from sandbox.kit.canonical import canonical
from sandbox.services import faucet
from sandbox.services.audit import HeadKey
from sandbox.services.evidence_export import Exporter
from sandbox.services.evidence_orders import OrderExport, list_tasks, order_export
from sandbox.services.faucet import AskFaucet
from sandbox.services.journal_batches import enter_batches
from sandbox.services.publication import Desk
from tests.gateway.support import transfer
from tests.services.world import KGST, World

ORDER = Order("Court of Bishkek", "Criminal Procedure Code, art. 200")
NUMBERS = itertools.count(1)


class Ahead:
    """The gateway's clock, moved forward for the age of batches."""

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

    def ordered(self, number, order=ORDER, who="ermek"):
        with self.store.unit() as u:
            task = order_export(u, self.actor(who), OrderExport(number, order), at=self.at)
            u.commit()
        return task

    def exported(self, number, order=ORDER, who="ermek"):
        """A finished file."""
        task = self.ordered(number, order, who)
        while self.exporter.work_once():
            pass
        (found,) = [each for each in self.tasks() if each.id == task.id]
        assert found.state == "ready", found.result
        return self.folder / f"{task.id}.zip"

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
