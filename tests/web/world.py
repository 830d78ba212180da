"""A desk to test against: real store, signer and sessions; hub and gateway as their seams."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import re
import sqlite3
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from sandbox.api.hub_door import HubClient, HubDoor
from sandbox.api.parts import DeskParts
from sandbox.chain.signer.client import SignerClient
from sandbox.chain.signer.server import Signer, SignerConfig
from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import Account, Organisation, RefusalRecord
from sandbox.domain.words import OrganisationKind
from sandbox.kit.clock import FixedClock
from sandbox.services.audit import HeadKey
from sandbox.services.ports import Ports
from sandbox.services.webhooks import Seal
from sandbox.store import Store
from sandbox.toolchain.layout import node_modules
from sandbox.web.app import create_app
from tests.support.authority import only_authority
from tests.web.seams import PASSWORD, PEOPLE, START, SUPERVISOR, SetGateway, StandInHub

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # starlette prefers httpx2, which nothing else here needs
    from starlette.testclient import TestClient

URL = "http://synak.localhost:8000"
SEAL_KEY = base64.urlsafe_b64encode(b"a key for webhooks of the tests!").decode()
ORGANISATIONS = {
    "kattap": ("Kattap Pay", OrganisationKind.STARTUP),
    "alatoo": ("Ala-Too Demo Bank", OrganisationKind.BANK),
    "nbkr": ("National Bank", OrganisationKind.AUTHORITY),
    "fiu": ("Intelligence Service", OrganisationKind.AUTHORITY),
    "other": ("Another Start-up", OrganisationKind.STARTUP),
}
ANSWERS = {
    "product": "Merchant payments in KGST",
    "summary": "Pay at the market by phone.",
    "sponsor": "alatoo",
    "money_flow": "Customer pays KGST, the bank converts, the merchant is credited in som.",
    "test_plan": "Twenty customers and three merchants pay for ninety days.",
    "safeguards": "Caps, a complaint line, money back within a day.",
    "exit_plan": "Every customer redeems in full; settlements are completed in three days.",
    "risks": "Loss of a phone.",
}
LIMITS = {
    "asset.shown": "yes",
    "asset.KGST": "yes",
    "term_days": "90",
    "max_customers": "20",
    "max_merchants": "3",
    "transactions_per_day": "1000",
    "deployments": "3",
    "KGST.per_transaction": "5000",
    "KGST.window_volume": "500000",
    "KGST.customer_cap": "20000",
    "KGST.merchant_cap": "300000",
}


class Browser:
    """One person's browser: keeps cookies, sends forms as a browser does."""

    def __init__(self, world: World, name: str | None, lang: str = "en") -> None:
        self.world = world
        self.name = name
        self.client = TestClient(
            world.app,
            base_url=world.parts.public_url,
            follow_redirects=False,
            raise_server_exceptions=False,
        )
        self.client.headers["accept-language"] = lang
        if name is not None:
            token = world.hub.token_for(name)
            value, self.session = world.sessions.open(name, token, world.clock.now())
            self.client.cookies.set(world.sessions.cookie, value, path="/desk/")

    def get(self, path: str, **options: Any) -> httpx.Response:
        """A page."""
        return self.client.get(path, **options)

    def post(
        self, path: str, fields: dict[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        """A form of our own pages: token, one-time key, Origin, fetch metadata."""
        own = {"_csrf": self.session.csrf, "_key": f"key-{id(fields)}-{len(self.world.keys)}"}
        self.world.keys.append(path)
        headers = {
            "origin": self.world.parts.public_url,
            "sec-fetch-site": "same-origin",
        } | options.pop("headers", {})
        return self.client.post(path, data=own | (fields or {}), headers=headers, **options)

    def act(self, path: str, fields: dict[str, str] | None = None) -> httpx.Response:
        """An act of law, with the password."""
        return self.post(path, {"_password": PASSWORD} | (fields or {}))

    def read(self, page: str, path: str) -> dict[str, str]:
        """The hidden fields of a page's form that goes to ``path``, without its token and key."""
        form = rf'<form[^>]*action="{re.escape(path)}".*?</form>'
        found = re.search(form, self.get(page).text, re.DOTALL)
        hidden = r'type="hidden" name="([a-z]+)" value="([^"]*)"'
        return dict(re.findall(hidden, found[0] if found else ""))

    def sign(self, page: str, path: str, fields: dict[str, str] | None = None) -> httpx.Response:
        """An act of law over what a page shows: with what its form hands back."""
        return self.act(path, self.read(page, path) | (fields or {}))


_REACHED: dict[str, tuple[sqlite3.Connection, Any]] = {}
"""Stages that a fresh desk went through once in this run: the store as it was, and the answer."""


def stage(way: Callable[[World], Any]) -> Callable[[World], Any]:
    """Go a way through the forms once per run; later fresh desks get the store it led to."""

    @functools.wraps(way)
    def go(self: World) -> Any:
        if self.keys:
            return way(self)
        if way.__name__ not in _REACHED:
            answer = way(self)
            kept = sqlite3.connect(":memory:", check_same_thread=False)
            with contextlib.closing(sqlite3.connect(self.database)) as now:
                now.backup(kept)
            _REACHED[way.__name__] = (kept, answer)
            return answer
        kept, answer = _REACHED[way.__name__]
        with contextlib.closing(sqlite3.connect(self.database)) as now:
            kept.backup(now)
        self.keys.append(way.__name__)
        return answer

    return go


@dataclass
class World:
    """Everything a test needs."""

    parts: DeskParts
    app: Any
    hub: StandInHub
    gateway: SetGateway
    clock: FixedClock
    keys: list[str] = field(default_factory=list)

    @property
    def database(self) -> Path:
        """The store's file."""
        return self.parts.blobs.parent / "desk.sqlite"

    @property
    def sessions(self) -> Any:
        """The session layer of the app."""
        return self.app.state.reception.sessions

    def browser(self, name: str | None, lang: str = "en") -> Browser:
        """A signed-in browser; a stranger's for None."""
        return Browser(self, name, lang)

    @stage
    def draft(self) -> str:
        """A new application with every part filled in."""
        aigul = self.browser("aigul")
        place = aigul.post("/desk/files").headers["location"]
        file_id = re.search(r"F-\d{4}-\d{4}", place)[0]
        for section, fields in (("product", ANSWERS), ("limits", LIMITS)):
            page = aigul.get(f"/desk/files/{file_id}/form?section={section}").text
            revision = re.search(r'id="revision" value="(\d+)"', page)[1]
            saved = aigul.post(
                f"/desk/files/{file_id}/form?section={section}", fields | {"revision": revision}
            )
            assert saved.status_code == 303, saved.text
        return file_id

    def agreed(self, path: str, form: dict[str, str] | None = None) -> str:
        """A change of the calendar or of a deadline's days, confirmed by another; its id."""
        done = self.browser("ermek").act(path, form)
        assert done.status_code == 303, done.text
        with self.parts.store.unit(read_only=True) as u:
            (waits,) = u.calendar_changes.waiting()
        confirm = f"/desk/calendar/changes/{waits.id}/confirm"
        assert self.browser("feruza").act(confirm).status_code == 303
        return str(waits.id)

    @stage
    def submitted(self) -> str:
        """An application that waits for the sponsor."""
        file_id = self.draft()
        aigul = self.browser("aigul")
        page = aigul.get(f"/desk/files/{file_id}/form?section=check").text
        revision = re.search(r'name="revision" value="(\d+)"', page)[1]
        done = aigul.act(f"/desk/files/{file_id}/submit", {"revision": revision})
        assert done.status_code == 303, done.text
        return file_id

    @stage
    def under_review(self) -> str:
        """An application that a regulator took up."""
        file_id = self.submitted()
        here = f"/desk/files/{file_id}"
        path, fields = f"{here}/sponsor-signature", {"understood": "yes"}
        signed = self.browser("damira").sign(here, path, fields)
        assert signed.status_code == 303, signed.text
        taken = self.browser("ermek").act(f"/desk/files/{file_id}/take-up")
        assert taken.status_code == 303, taken.text
        return file_id

    @stage
    def proposed(self) -> tuple[str, str]:
        """A file and its proposed decision."""
        file_id = self.under_review()
        return file_id, self.propose(file_id)

    def propose(self, file_id: str) -> str:
        """A regulator proposes the grant; the decision's id."""
        ermek = self.browser("ermek")
        done = ermek.act(
            f"/desk/files/{file_id}/grant", LIMITS | {"reasons": "Small, capped, with a sponsor."}
        )
        assert done.status_code == 303, done.text
        page = self.browser("feruza").get(f"/desk/files/{file_id}").text
        return re.search(r"/decisions/([^/]+)/countersign", page)[1]

    @stage
    def granted(self) -> str:
        """A permit in force, as after the worker's part."""
        return self.grant(*self.proposed())

    def grant(self, file_id: str, decision: str) -> str:
        """The second signature, and the worker's part: the permit's number."""
        done = self.browser("feruza").act(f"/desk/files/{file_id}/decisions/{decision}/countersign")
        assert done.status_code == 303, done.text
        return self.in_force(file_id)

    def in_force(self, file_id: str) -> str:
        """What the worker does after the second signature: the permit's number."""
        with self.parts.store.unit() as u:
            file = u.files.get(file_id)
            assert file.permit is not None
            permit = u.permits.get(file.permit)
            u.files.save(replace(file, state=FileState.ACTIVE))
            u.permits.save(
                replace(
                    permit,
                    published_version=permit.version,
                    acknowledged_revision=permit.policy_revision,
                )
            )
            u.commit()
            return str(permit.number)

    def refuse(self, number: str, seq: int = 1, clause: str = "per_transaction") -> None:
        """Keep a refusal, as the worker does."""
        with self.parts.store.unit() as u:
            u.refusals.add(
                RefusalRecord(
                    seq=seq,
                    permit=number,
                    at=START + timedelta(minutes=seq),
                    chain="kgst",
                    layer="chain",
                    clause=clause,
                    version=1,
                    code=f"refused.{clause}",
                    asset="KGST",
                    limit=str(5000 * 10**18),
                    used="0",
                    requested=str(5000 * 10**18 + 10**16),
                    sender=SUPERVISOR,
                )
            )
            u.commit()


_SEED: list[bytes] = []
"""One seed per run, so that a stage reached by one desk holds for the next."""


@contextmanager
def signer(folder: Path) -> Iterator[SignerClient]:
    """A real signer on a socket of its own."""
    socket = folder / "signer.sock"
    loop = asyncio.new_event_loop()
    seed = folder / "seed"
    if _SEED:
        seed.write_bytes(_SEED[0])
        seed.chmod(0o600)
    server = Signer(SignerConfig(socket=socket, seed=seed, development=True))
    _SEED[:] = [seed.read_bytes()]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    client = SignerClient(socket)
    try:
        yield client
    finally:
        client.close()
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextmanager
def world(folder: Path, *, public_url: str = URL, database: str = "") -> Iterator[World]:
    """Put a desk together in a folder."""
    if database:
        store = Store(database)
        _people(store)
    else:
        (folder / "desk.sqlite").write_bytes(_first_day())
        store = Store(f"sqlite:///{folder / 'desk.sqlite'}")
    hub, gateway, clock = StandInHub(), SetGateway(), FixedClock(START)
    client = HubClient("http://hub/hub/api", public_url, "service-desk", "client-secret")
    http = httpx.AsyncClient(transport=httpx.ASGITransport(hub.app))
    with tempfile.TemporaryDirectory() as short, signer(Path(short)) as keys:
        gateway.signer = keys
        parts = DeskParts(
            store=store,
            ports=Ports(signer=keys, gateway=gateway),
            hub=HubDoor(client, http),
            clock=clock,
            head_key=HeadKey.load(folder / "head_key"),
            public_url=public_url,
            session_secret="session-secret",
            hub_secret="hub-secret",
            node_modules=node_modules(),
            blobs=folder / "blobs",
            receipt_key=folder / "receipt.key",
            mail=True,
            webhooks=Seal(SEAL_KEY, loopback=True),
        )
        yield World(parts, create_app(parts), hub, gateway, clock)
    store.close()


@functools.cache
def _first_day() -> bytes:
    """A store with the people and no file, made once for each process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "desk.sqlite"
        store = Store(f"sqlite:///{path}")
        _people(store)
        store.close()
        return path.read_bytes()


def _people(store: Store) -> None:
    """Tables and people in an empty database."""
    store.create_all()
    with store.unit() as u:
        for org, (name, kind) in ORGANISATIONS.items():
            u.organisations.add(Organisation(org, name, kind, START))
        u.authorities.add(only_authority())
        for account, (name, org, seat) in PEOPLE.items():
            u.accounts.add(
                Account(account, name, f"person-{account}", org, (seat,), "en", True, START)
            )
        u.commit()


def done(answer: httpx.Response, status: int = 303) -> str:
    """Where an answer leads; a step that is refused is a mistake in this world."""
    why = re.search(r'(?s)id="problem">(.{,400})', answer.text)
    assert answer.status_code == status, (answer.status_code, why[1] if why else answer.text[:400])
    return str(answer.headers.get("location", ""))
