"""Engines, started for the gateway: no network, one socket, nothing else.

An engine is a replaceable calculator: it holds nothing worth keeping and is killed
rather than stopped. Where the machine lets us, its memory is limited: what a transaction
copies while it is executed is not all paid for by gas, and shall end the engine alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from sandbox.chain.engine import EngineSpec, history_name, resident
from sandbox.isolation.bubblewrap import Box
from sandbox.isolation.memory import MemoryControl, remove
from sandbox.isolation.probe import Isolation
from sandbox.kit.errors import InvalidInput
from sandbox.run.identity import Identities
from sandbox.run.process import Command, Running, start
from sandbox.settings import Settings
from sandbox.toolchain import tools

CHAINS = ("kgst", "som")
NAMES = frozenset({*CHAINS, *(history_name(chain) for chain in CHAINS)})
"""What may be started: each chain's engine, and one that makes its history again."""
_MEGABYTE = 1 << 20

log = structlog.get_logger()


class Engines:
    """Starts and stops the chains' engines.

    Args:
        settings: of the install.
        ids: who runs what.
        level: the isolation this machine gives.
        memory: where memory can be limited; None where it cannot.
    """

    def __init__(
        self,
        settings: Settings,
        ids: Identities,
        level: Isolation,
        memory: MemoryControl | None = None,
    ) -> None:
        self._memory = memory
        self._settings = settings
        self._ids = ids
        self._level = level
        self._running: dict[str, Running] = {}

    async def start(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Operation ``engine.start {spec}``: a fresh engine; an old one is stopped first.

        Raises:
            InvalidInput: ``engine.unknown_chain``, ``engine.bad_spec``.
        """
        try:
            spec = EngineSpec.from_dict(request["spec"])
            chain, chain_id, gas_price = str(spec.chain), int(spec.chain_id), int(spec.gas_price)
        except (KeyError, TypeError, ValueError):
            raise InvalidInput("engine.bad_spec") from None
        if chain not in NAMES:
            raise InvalidInput("engine.unknown_chain", chain=chain)
        await self._stop(chain)
        clean = EngineSpec(spec.chain, chain_id, spec.genesis, gas_price)
        self._running[chain] = await start(self._command(clean), self._level)
        log.info("engine.started", chain=chain)
        return {}

    async def stop(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Operation ``engine.stop {chain}``; nothing to do is fine."""
        await self._stop(str(request.get("chain")))
        return {}

    async def memory(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Operation ``engine.memory {chain}`` → ``{used: bytes | null, limit: bytes | null}``."""
        chain = str(request.get("chain"))
        running, pid = self._running.get(chain), self.pid(chain)
        limited = running is not None and running.command.memory is not None
        limit = self._settings.chain.engine_memory_mb * _MEGABYTE if limited else None
        return {"used": resident(pid) if pid is not None else None, "limit": limit}

    async def poll(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Operation ``engine.poll {chain}`` → ``{exit: null | int}``, 0 if unknown."""
        running = self._running.get(str(request.get("chain")))
        return {"exit": running.exit_code if running else 0}

    async def stop_all(self) -> None:
        """Stop every engine."""
        for chain in list(self._running):
            await self._stop(chain)

    def pid(self, chain: str) -> int | None:
        """The engine's process id, for the doctor."""
        running = self._running.get(chain)
        return running.program_pid() if running else None

    async def _stop(self, chain: str) -> None:
        running = self._running.pop(chain, None)
        if running is not None:
            await running.stop(0)
            if running.command.memory is not None:
                remove(running.command.memory)

    def _command(self, spec: EngineSpec) -> Command:
        socket = self._settings.paths.engine_socket(spec.chain)
        socket.unlink(missing_ok=True)
        genesis = self._genesis(spec)
        anvil = tools.anvil()
        memory = self._memory and self._memory.limit(
            f"synak-{self._settings.paths.port}-engine-{spec.chain}",
            self._settings.chain.engine_memory_mb * _MEGABYTE,
        )
        return Command(
            name=f"engine {spec.chain}",
            line=tuple(spec.command(anvil, socket, genesis)),
            environment={"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"},  # noqa: S108
            box=Box(
                uid=self._ids.uid("engine"),
                read_only=(anvil.parent, genesis),
                writable=(socket.parent,),
                directory=str(socket.parent),
            ),
            log=self._settings.paths.logs / f"engine-{spec.chain}.log",
            memory=memory or None,
        )

    def _genesis(self, spec: EngineSpec) -> Path:
        path = self._settings.paths.run_dir / "etc" / f"genesis-{spec.chain}.json"
        path.write_text(json.dumps(spec.genesis))
        path.chmod(0o644)
        return path
