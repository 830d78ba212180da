"""For tests of webhooks: a receiver in a process of its own, and the worker's part of sending."""

from __future__ import annotations

import json
import re

from sandbox.services.notices import follow
from sandbox.services.publication import Desk
from sandbox.services.webhook_delivery import Deliveries
from sandbox.services.webhook_wire import Wire
from sandbox.services.webhooks import Seal
from tests.web.world import SEAL_KEY

TWO = ("file.take_up", "file.suspend")


class Receiver:
    """The other process, and what it was told."""

    def __init__(self, process, port, log):
        self.process, self.port, self.log = process, port, log

    def url(self, path="/ok"):
        return f"http://127.0.0.1:{self.port}{path}"

    def mend(self):
        self.log.with_name("mended").touch()

    @property
    def took(self):
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def kinds(self, path=None):
        return [json.loads(b)["type"] for p, _, b in self.took if path in (None, p)]


class Out:
    """The worker's part: tells, then sends all that is due."""

    def __init__(self, desk):
        self.wire = Wire(loopback=True)
        self.worker = Desk(desk.parts.store, desk.parts.ports.gateway, desk.parts.clock)
        self.public_url = desk.parts.public_url
        self.deliveries = Deliveries(self.worker, Seal(SEAL_KEY), self.wire, chance=lambda: 0.5)

    def tell(self):
        while follow(self.worker, public_url=self.public_url, mail=True):
            pass

    def go(self):
        self.tell()
        self.deliveries.settle()


def add(desk, account, url, *kinds):
    """A webhook added on the page: its id and its secret."""
    form = {"url": url} | {f"kind.{kind}": "yes" for kind in kinds}
    page = desk.browser(account).post("/desk/webhooks", form)
    assert page.status_code == 200, page.text
    assert page.headers["cache-control"] == "no-store"
    return (
        re.search(r"/desk/webhooks/(wh_[0-9a-f]+)", page.text)[1],
        re.search(r"whsec_[A-Za-z0-9+/=]+", page.text)[0],
    )


def happens(desk, *kinds):
    """Entries of the log about a file that everybody of it sees."""
    with desk.parts.store.unit() as u:
        file = u.files.select()[0]
        for kind in kinds:
            said = {"actor": "ermek", "subject": file.id, "data": {}, "at": desk.clock.now()}
            u.audit.append(kind=kind, **said)
        u.commit()


def seen(desk, endpoint):
    with desk.parts.store.unit(read_only=True) as u:
        own = u.webhooks.endpoints.find(endpoint)
        return own, u.webhooks.attempts.of_endpoint(endpoint, limit=100)
