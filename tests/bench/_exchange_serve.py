"""The desk's course interface in a process of its own; the hub alone is a stand-in inside it."""

import json
import sys
from pathlib import Path

import httpx
import structlog
from starlette.applications import Starlette

from sandbox.api.app import create_api
from sandbox.api.hub_door import HubClient, HubDoor
from sandbox.api.parts import DeskParts
from sandbox.kit.clock import SystemClock
from sandbox.store import Store
from sandbox.web.main import serve
from tests.web.seams import StandInHub

CONTEXT = "course-digital-money"


def main(root, url, port, people):
    structlog.configure(
        processors=[structlog.processors.KeyValueRenderer()],
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    hub, address = StandInHub(), f"http://127.0.0.1:{port}"
    for name in people:
        hub.tokens[f"t-{name}"] = name
        hub.scopes[f"t-{name}"] = [f"access:servers!server={name}/{CONTEXT}"]
    client = HubClient("http://hub/hub/api", address, "service-desk", "client-secret")
    parts = DeskParts(
        store=Store(url),
        ports=None,
        hub=HubDoor(client, httpx.AsyncClient(transport=httpx.ASGITransport(hub.app))),
        clock=SystemClock(),
        head_key=None,
        public_url=address,
        session_secret="s",
        hub_secret="s",
        node_modules=root,
        blobs=root / "blobs",
        receipt_key=root / "receipt.key",
    )
    outer = Starlette()
    outer.mount("/desk/api/v1", create_api(parts))
    serve(outer, port)


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    main(Path(told["root"]), told["url"], told["port"], told["people"])
