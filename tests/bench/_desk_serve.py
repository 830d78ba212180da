"""A desk in a process of its own, on a given store, with a real signer and a real gateway.

The hub alone is a stand-in, inside this process: the desk asks it once a minute for each session.
"""

import json
import sys
from pathlib import Path

import httpx
import structlog

from sandbox.api.hub_door import HubClient, HubDoor
from sandbox.api.parts import DeskParts
from sandbox.chain.signer.client import SignerClient
from sandbox.kit.clock import SystemClock
from sandbox.services.audit import HeadKey
from sandbox.services.gateway_client import GatewayClient
from sandbox.services.ports import Ports
from sandbox.store import Store
from sandbox.toolchain.layout import node_modules
from sandbox.web.app import create_app
from sandbox.web.main import serve
from tests.web.seams import StandInHub

SECRET = "session-secret"


def parts_of(root, url, port, hub):
    address = f"http://127.0.0.1:{port}"
    client = HubClient("http://hub/hub/api", address, "service-desk", "client-secret")
    return DeskParts(
        store=Store(url),
        ports=Ports(
            signer=SignerClient(root / "signer.sock"),
            gateway=GatewayClient(root / "internal.sock"),
        ),
        hub=HubDoor(client, httpx.AsyncClient(transport=httpx.ASGITransport(hub.app))),
        clock=SystemClock(),
        head_key=HeadKey.load(root / "head_key"),
        public_url=address,
        session_secret=SECRET,
        hub_secret="hub-secret",
        node_modules=node_modules(),
        blobs=root / "blobs",
    )


def main(root, url, port, accounts):
    structlog.configure(
        processors=[structlog.processors.KeyValueRenderer()],
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    hub = StandInHub()
    for account in accounts:
        hub.tokens[f"hub-{account}"], hub.scopes[f"hub-{account}"] = account, []
    app = create_app(parts_of(root, url, port, hub))
    serve(app, port)


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    profile = told.get("profile")
    arguments = (Path(told["root"]), told["url"], told["port"], told["accounts"])
    if profile:
        import cProfile

        made = cProfile.Profile()
        made.enable()
        try:
            main(*arguments)
        finally:
            made.disable()
            made.dump_stats(profile)
    else:
        main(*arguments)
