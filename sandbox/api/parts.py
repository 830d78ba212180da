"""What the desk is put together from; built once by ``sandbox.web.main`` or by a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.api.hub_door import HubDoor
from sandbox.kit.clock import Clock
from sandbox.services.audit import HeadKey
from sandbox.services.lti import Lti
from sandbox.services.oidc import Oidc
from sandbox.services.passkeys import Authority
from sandbox.services.ports import Ports
from sandbox.services.webhooks import Seal
from sandbox.store import Store


@dataclass(frozen=True)
class DeskParts:
    """Everything the desk talks to.

    Attributes:
        store: the permit files, the audit log, sessions.
        ports: signer and gateway.
        hub: the door to the hub.
        clock: tells the time.
        head_key: signs tree heads.
        public_url: ``http://synak.localhost:8000``, without a slash at the end.
        session_secret: seals cookies and hub tokens.
        hub_secret: what the hub shows when it asks who may start which server.
        node_modules: where locked npm packages lie (htmx, fonts).
        blobs: where handed-in course work lies.
        receipt_key: signs receipts for course work.
        mail: whether messages can be sent.
        passkeys: for whom passkeys are made; None: acts of law need the password.
        webhooks: seals the secrets of webhooks; None: none can be added.
        outside: providers whose word on who somebody is is taken, by name.
        lti: learning platforms whose word is taken likewise.
        lti_keys: the public halves of our keys for them, as JSON Web Keys.
        banners: message ids of warnings that every page carries.
        seats: how many users' servers the hub lets run at a time.
        case_workers: how many cases the worker executes side by side; 0: cases are only planned.
    """

    store: Store
    ports: Ports
    hub: HubDoor
    clock: Clock
    head_key: HeadKey
    public_url: str
    session_secret: str = field(repr=False)
    hub_secret: str = field(repr=False)
    node_modules: Path
    blobs: Path
    receipt_key: Path | None = None
    mail: bool = False
    webhooks: Seal | None = None
    passkeys: Authority | None = None
    outside: Mapping[str, Oidc] = field(default_factory=dict)
    lti: Mapping[str, Lti] = field(default_factory=dict)
    lti_keys: tuple[Mapping[str, Any], ...] = ()
    banners: tuple[str, ...] = ()
    seats: int = 20
    case_workers: int = 0

    @property
    def evidence(self) -> Path:
        """Where the worker leaves evidence files."""
        return self.blobs.parent / "evidence"
