"""The desk's process: reads the settings, builds the parts, serves until it is told to stop."""

from __future__ import annotations

import json
from typing import Any

import uvicorn
import uvloop
from starlette.types import ASGIApp

from sandbox.api.hub_door import HubClient, HubDoor, hub_http
from sandbox.api.parts import DeskParts
from sandbox.chain.signer.client import SignerClient
from sandbox.domain.outside_config import Configured
from sandbox.hub.seats import carried_here
from sandbox.kit.clock import SystemClock
from sandbox.locale.banners import warnings_of
from sandbox.services.audit import HeadKey
from sandbox.services.gateway_client import GatewayClient
from sandbox.services.keyed import Keyed
from sandbox.services.lti import Lti
from sandbox.services.oidc import Oidc
from sandbox.services.outside_file import configured
from sandbox.services.passkeys import Authority
from sandbox.services.ports import Ports
from sandbox.services.webhooks import Seal
from sandbox.services.workspaces import LauncherWorkspaces
from sandbox.settings import KEEP_ALIVE, Settings
from sandbox.store import Store
from sandbox.toolchain.layout import node_modules
from sandbox.web.app import create_app


def parts_of(settings: Settings) -> DeskParts:
    """Build the desk's parts from the settings.

    Raises:
        NotFound: ``settings.no_secret`` when set-up has not made the secrets.
    """
    paths, outside = settings.paths, configured(settings)
    session_secret = settings.secret("desk", "session_secret")
    client = HubClient(
        api=paths.hub_api,
        public=settings.url,
        client_id="service-desk",
        secret=settings.secret("desk", "oauth_secret"),
    )
    return DeskParts(
        store=Store(settings.database_url),
        ports=Ports(
            signer=SignerClient(paths.signer_socket),
            gateway=GatewayClient(paths.gateway_socket),
            workspaces=LauncherWorkspaces(paths.launcher_socket),
        ),
        hub=HubDoor(client, hub_http()),
        clock=SystemClock(),
        head_key=HeadKey.load(paths.secrets("desk") / "head_key"),
        public_url=settings.url,
        session_secret=session_secret,
        hub_secret=settings.secret("desk", "hub_token"),
        node_modules=node_modules(),
        blobs=paths.store_dir / "blobs",
        receipt_key=paths.secrets("desk") / "receipt.key",
        mail=settings.sends_mail,
        passkeys=_authority(settings),
        webhooks=Seal(
            settings.secret("desk", "webhook_key"),
            loopback=settings.install.development,
            own=paths.own_ports,
        ),
        outside={
            each.name: Oidc(each, settings.secret("desk", f"oidc_{each.name}"), settings.url)
            for each in outside.providers
        },
        lti={
            each.name: Lti(each, settings.url, Keyed(session_secret)) for each in outside.platforms
        },
        lti_keys=_lti_keys(settings, outside),
        banners=warnings_of(
            development=settings.install.development, isolation=settings.isolation_found
        ),
        seats=carried_here(at_once=1, seats=settings.hub.seats).seats,
        case_workers=settings.grading.case_workers,
    )


def _lti_keys(settings: Settings, outside: Configured) -> tuple[dict[str, Any], ...]:
    if not any(each.token for each in outside.platforms):
        return ()
    names = settings.sign_in.lti_key_names
    return tuple(json.loads(settings.secret("desk", f"lti_public_{name}")) for name in names)


def _authority(settings: Settings) -> Authority | None:
    wanted = settings.passkeys
    if not wanted.passkey_host:
        return None
    return Authority(wanted.passkey_host, settings.url, only=wanted.passkey_only)


def main(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        settings: this install's.
    """
    serve(create_app(parts_of(settings)), settings.paths.desk_port)


def serve(app: ASGIApp, port: int) -> None:
    """Serve an application on the loopback address until SIGTERM or SIGINT.

    Args:
        app: the desk.
        port: TCP.
    """
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=KEEP_ALIVE,
    )
    uvloop.run(uvicorn.Server(config).serve())
