"""The gateway put together: both sides, the chains behind them, the parts they need.

Nothing here reads settings; ``main`` does and hands values over.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from sandbox.chain.engine import EngineLauncher
from sandbox.chain.national import (
    NationalAddresses,
    deploy_national,
    national_spec,
    system_addresses,
)
from sandbox.chain.node import ChainNode, NodeOptions
from sandbox.chain.signer.client import AsyncSignerClient
from sandbox.domain.usage import Usage
from sandbox.gateway.chains import NAMES, Chain, Chains
from sandbox.gateway.creations import Creations
from sandbox.gateway.cursor import EvidenceCount
from sandbox.gateway.customer_acts import CustomerActs
from sandbox.gateway.feeds import Feeds
from sandbox.gateway.folds import FoldLedger
from sandbox.gateway.http import PublicApp
from sandbox.gateway.hub import HubTokens
from sandbox.gateway.identity import Identity
from sandbox.gateway.internal import Inside, internal_app
from sandbox.gateway.interruptions import Interruptions
from sandbox.gateway.ledger import UnitLedger
from sandbox.gateway.managed import Managed
from sandbox.gateway.mined import MinedClauses
from sandbox.gateway.mined_delegations import MinedDelegations
from sandbox.gateway.pipeline import Pipeline
from sandbox.gateway.policies import PolicyStore
from sandbox.gateway.refusals import Refusals
from sandbox.gateway.review_watch import ReviewWatch
from sandbox.gateway.steps.authenticate import authenticate
from sandbox.gateway.steps.foresee import Foresight
from sandbox.gateway.steps.scope import key_chain
from sandbox.gateway.submission import Admission, Where, chain_name
from sandbox.gateway.system import SystemCall, SystemWallets
from sandbox.gateway.tracker import Tracker
from sandbox.gateway.trials import Trials
from sandbox.gateway.websocket import Opening, Sockets
from sandbox.kit.clock import Clock
from sandbox.kit.errors import SynakError
from sandbox.kit.ids import Address, ChainName, PermitNumber
from sandbox.locale import error_codes


@dataclass(frozen=True)
class GatewaySetup:
    """Everything the gateway is told.

    Attributes:
        directory: its own state: journals, epochs, the policy file.
        engine_sockets: where each engine listens.
        launcher: starts engines.
        signer_socket: of the signer.
        regulators: the signer's key names of the regulators registered at deployment.
        hub_api: the hub's API.
        policy_max_age: seconds that a heartbeat is good for.
        options: of the chains.
        clock: the platform's clock.
    """

    directory: Path
    engine_sockets: dict[ChainName, Path]
    launcher: EngineLauncher
    signer_socket: Path
    regulators: Sequence[str]
    hub_api: str
    policy_max_age: float
    options: NodeOptions
    clock: Clock


class Gateway:
    """The running gateway.

    Args:
        setup: what it is told.

    Raises:
        IntegrityFailure: ``gateway.policy_file_damaged``.
    """

    def __init__(self, setup: GatewaySetup) -> None:
        error_codes()  # a wording that cannot be read stops the start, not the first error
        self._setup = setup
        self._signer = AsyncSignerClient(setup.signer_socket)
        setup.directory.mkdir(parents=True, exist_ok=True)
        policies = PolicyStore(
            setup.directory / "policies.json",
            max_age=setup.policy_max_age,
            monotonic=time.monotonic,
        )
        self.policies = policies
        self.usage = Usage()
        self._ledger = UnitLedger(setup.directory / "units.sqlite", setup.clock)
        self._ledger.recover(self.usage)
        self._folds = FoldLedger(setup.directory / "folds.sqlite")
        self._interruptions = Interruptions(setup.directory / "interruptions.sqlite", setup.clock)
        self._refusals = Refusals(setup.clock, self._folds)
        self._system = SystemWallets(self._signer, policies, self._refusals)
        self._tracker = Tracker(self.usage, self._system, setup.clock)
        self._hub = HubTokens(setup.hub_api, monotonic=time.monotonic)
        trials = Trials()
        reviews = ReviewWatch(policies, self._system, trials, self._where)
        self._creations = Creations(self.usage, policies, self._refusals, trials, self._where)
        self._delegations = MinedDelegations(reviews, policies, self._refusals, self._where)
        followers = (self._tracker, reviews, self._delegations, self._creations, self._refusals)
        self.chains = Chains(
            {name: Chain(name, self._node, self._deploy, followers) for name in NAMES}
        )
        self._feeds = Feeds()
        admission = Admission(
            policies,
            self.usage,
            self._refusals,
            setup.clock,
            self._ledger,
            Foresight(reviews, self._creations),
            self._feeds,
            self._lend,
        )
        managed = Managed(self._signer, admission)
        pipeline = Pipeline(admission, self._hub, managed, self.chains.where)
        self._sockets = Sockets(pipeline, self._feeds, self._authenticate)
        policies.on_change(self._sockets.policies_changed)
        self.public = PublicApp(pipeline, self.health, self._sockets)
        self.internal: Starlette = internal_app(
            Inside(
                self.chains,
                policies,
                self.usage,
                self._tracker,
                self._system,
                self._signer,
                EvidenceCount(),
                setup.clock,
                MinedClauses(self.chains),
                self.health,
                CustomerActs(managed, self._system, policies),
                self._interruptions,
            )
        )

    def start(self) -> None:
        """Begin to start the chains; requests are answered meanwhile, with what is missing."""
        self._interruptions.begin()
        self.chains.start()

    def end_streams(self) -> None:
        """End the live streams, so that their readers do not hold up the stop."""
        self._tracker.close()

    def stopping(self) -> None:
        """It was told to stop: this end is a planned one."""
        self._interruptions.stopping()

    async def close(self, *, planned: bool = True) -> None:
        """Stop: first what is being folded, then the chains, then the connections.

        Args:
            planned: False when it ends because something of it broke.
        """
        if planned:
            self.stopping()
        self.end_streams()
        await self._sockets.close()
        await self._feeds.close()
        await self._refusals.close()
        await self.chains.close()
        await self._ledger.close()
        await self._folds.close()
        self._interruptions.close()
        await self._hub.close()
        await self._signer.close()

    async def _authenticate(self, opening: Opening) -> Identity:
        identity = await authenticate(
            opening.credential, policies=self.policies, hub=self._hub, clock=self._setup.clock
        )
        key_chain(identity, chain_name(opening.chain))
        return identity

    async def health(self) -> dict[str, Any]:
        """How the gateway is: ``status`` and one entry for each part."""
        age = self.policies.age()
        fresh = age is not None and age <= self._setup.policy_max_age
        checks: dict[str, Any] = {
            **self.chains.health(),
            "signer": await self._signer_health(),
            "policies": {
                "ok": True,
                "fresh": fresh,
                "detail": "no heartbeat yet" if age is None else f"heartbeat {age:.1f} s ago",
                "permits": len(self.policies.permits()),
            },
        }
        failing = any(not check["ok"] for check in checks.values())
        return {"status": "failing" if failing else "ok", "checks": checks}

    async def _signer_health(self) -> dict[str, Any]:
        try:
            said = await self._signer.health()
        except SynakError as error:
            return {"ok": False, "detail": error.code}
        return {"ok": said.get("status") == "ok", "detail": str(said.get("status"))}

    def _where(self, name: str) -> Where:
        return self.chains.where(name)

    async def _lend(
        self, chain: ChainName, wallet: Address, permit: PermitNumber, wei: int
    ) -> Mapping[str, Any]:
        """Native test money where gas is free; see ``steps.fees``."""
        call = SystemCall("system/treasury", wallet, b"", wei, f"fees:{wallet}", permit)
        return await self._system.submit(self.chains.where(chain), call, "fees")

    async def _node(self, chain: ChainName) -> ChainNode:
        addresses = await system_addresses(self._signer)
        node = ChainNode(
            national_spec(chain, addresses),
            self._setup.directory / chain,
            self._setup.engine_sockets[chain],
            self._setup.launcher,
            clock=self._setup.clock,
            options=self._setup.options,
        )
        node.interrupted.append(functools.partial(self._interruptions.engine, chain))
        for each in (self._creations, self._delegations):
            node.before_epoch(functools.partial(each.ready, chain, node))
        return node

    async def _deploy(self, node: ChainNode) -> NationalAddresses:
        regulators = [await self._signer.address(key) for key in self._setup.regulators]
        return await deploy_national(node, self._signer, regulators)
