"""The trial chains behind the gateway: started, watched, counted.

Rules:

- Both chains start on their own; one that cannot start answers
  ``gateway.chain_unavailable`` and says why in the health, the other works on.
- What is out of reach is tried again; a journal that is damaged is not: nothing
  is acknowledged before a person has looked at it.
- At start the counters are derived from the journal (``Tracker.recount``), before
  the first request is taken.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import structlog

from sandbox.chain.national import NationalAddresses
from sandbox.chain.node import ChainNode
from sandbox.gateway.submission import Where, chain_name
from sandbox.kit.errors import IntegrityFailure, SynakError, Unavailable
from sandbox.kit.ids import CHAIN_IDS, ChainName

RETRY: Final = 2.0
"""Seconds until a chain that could not start is tried again."""
NAMES: Final[tuple[ChainName, ...]] = ("kgst", "som")
STARTING: Final = "gateway.chain_starting"

_log = structlog.get_logger(__name__)

MakeNode = Callable[[ChainName], Awaitable[ChainNode]]
Deploy = Callable[[ChainNode], Awaitable[NationalAddresses]]


class Follower(Protocol):
    """Something that is kept true by what a chain holds and does."""

    async def recount(self, chain: ChainName, node: ChainNode) -> None:
        """Derive it from a chain that was just started, before the first request."""

    async def follow(self, chain: ChainName, node: ChainNode) -> None:
        """Keep it true; returns only when the chain stops."""


class Chain:
    """One chain: its node, once it runs, and its national contracts.

    Args:
        name: of the chain.
        make: makes a fresh, not yet started node.
        deploy: deploys the national contracts, or finds them.
        followers: count from the journal and follow the blocks, each on its own.
    """

    def __init__(
        self, name: ChainName, make: MakeNode, deploy: Deploy, followers: Sequence[Follower]
    ) -> None:
        self.name: ChainName = name
        self.national: NationalAddresses | None = None
        self._make = make
        self._deploy = deploy
        self._followers = tuple(followers)
        self._node: ChainNode | None = None
        self._problem: SynakError | None = Unavailable(STARTING)
        self._following: list[asyncio.Task[None]] = []

    @property
    def node(self) -> ChainNode:
        """The running node.

        Raises:
            Unavailable: ``gateway.chain_unavailable``.
        """
        if self._node is None or self._problem is not None:
            code = self._problem.code if self._problem else STARTING
            raise Unavailable("gateway.chain_unavailable", chain=self.name, reason=code)
        return self._node

    @property
    def contracts(self) -> NationalAddresses:
        """The national contracts.

        Raises:
            Unavailable: ``gateway.chain_unavailable``.
        """
        if self.national is None:
            raise Unavailable("gateway.chain_unavailable", chain=self.name, reason=STARTING)
        return self.national

    async def run(self) -> None:
        """Start the chain; try again while a part is out of reach. Returns once it runs."""
        while not await self._start():  # noqa: ASYNC110 (nothing tells when a part is back)
            await asyncio.sleep(RETRY)

    async def _start(self) -> bool:
        node: ChainNode | None = None
        try:
            node = await self._make(self.name)
            await node.start()
            self.national = await self._deploy(node)
            for each in self._followers:
                await each.recount(self.name, node)
        except IntegrityFailure as error:
            self._problem = error
            _log.error(
                "gateway.chain_damaged", chain=self.name, code=error.code, params=error.params
            )
            await _close(node)
            return True
        except SynakError as error:
            self._problem = error
            _log.warning("gateway.chain_not_started", chain=self.name, code=error.code)
            await _close(node)
            return False
        self._node, self._problem = node, None
        self._following = [
            asyncio.create_task(each.follow(self.name, node)) for each in self._followers
        ]
        _log.info("gateway.chain_started", chain=self.name, head=node.head.number)
        return True

    async def close(self) -> None:
        """Stop the chain; what was acknowledged is in its journal."""
        for task in self._following:
            task.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)
        await _close(self._node)
        self._node = None

    def health(self) -> dict[str, Any]:
        """How the chain is: ``ok``, ``detail``, and the node's own figures."""
        if self._problem is not None or self._node is None:
            problem = self._problem or Unavailable(STARTING)
            return {"ok": False, "detail": str(problem)}
        stats = self._node.stats()
        return {
            "ok": stats["state"] == "ok",
            "detail": str(stats["last_error"] or stats["state"]),
            "stats": stats,
        }


class Chains:
    """All chains.

    Args:
        chains: by name.
    """

    def __init__(self, chains: Mapping[ChainName, Chain]) -> None:
        self._chains = chains
        self._starting: list[asyncio.Task[None]] = []

    def where(self, name: str) -> Where:
        """The chain of a name.

        Args:
            name: as in the path, exactly.

        Raises:
            InvalidInput: ``gateway.chain_unknown``.
            Unavailable: ``gateway.chain_unavailable``.
        """
        known = chain_name(name)
        chain = self._chains[known]
        contracts = chain.contracts
        return Where(known, chain.node, contracts.supervisor, contracts.token)

    def contracts(self, name: str) -> NationalAddresses:
        """The national contracts of one chain.

        Raises:
            InvalidInput: ``gateway.chain_unknown``.
            Unavailable: ``gateway.chain_unavailable``.
        """
        return self._chains[chain_name(name)].contracts

    def start(self) -> None:
        """Begin to start all chains, each on its own."""
        self._starting = [asyncio.create_task(chain.run()) for chain in self._chains.values()]

    async def started(self) -> None:
        """Wait until every chain runs or has failed for good."""
        await asyncio.gather(*self._starting)

    async def close(self) -> None:
        """Stop all chains."""
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        for chain in self._chains.values():
            await chain.close()

    def health(self) -> dict[str, Any]:
        """How each chain is."""
        return {f"chain.{name}": chain.health() for name, chain in self._chains.items()}

    def national(self) -> dict[str, Any]:
        """The national contracts of the chains that run."""
        found: dict[str, Any] = {}
        for name, chain in self._chains.items():
            found[name] = {
                "chain_id": CHAIN_IDS[name],
                "supervisor": chain.contracts.supervisor,
                "attestations": chain.contracts.attestations,
                "token": chain.contracts.token,
            }
        return found

    def nodes(self) -> dict[ChainName, ChainNode]:
        """The nodes of all chains.

        Raises:
            Unavailable: ``gateway.chain_unavailable``.
        """
        return {name: chain.node for name, chain in self._chains.items()}


async def _close(node: ChainNode | None) -> None:
    if node is not None:
        with contextlib.suppress(SynakError):
            await node.close()
