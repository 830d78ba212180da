"""The engine: which program, which flags, who starts it.

Rules:

- Every flag is set here and nowhere else; the journal's header repeats them.
- An engine has no accounts of its own, mines only when told and takes transactions
  in the order they came. It listens on a unix socket; its HTTP port cannot be
  switched off, so it is a random port of loopback, or of no network at all when the
  launcher isolates it.
- ``start`` always gives a fresh engine: what it knew before is in the journal.

>>> spec = EngineSpec("som", 417, {"alloc": {}}, gas_price=0)
>>> spec.flags[:3]
('--no-mining', '--order', 'fifo')
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Protocol, cast

import orjson

from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import ChainName

HARDFORK: Final = "osaka"
"""The rules of the chain; Osaka brings the cap of 2**24 gas a transaction (EIP-7825)."""
GAS_LIMIT: Final = 2_000_000_000
"""Gas limit of a block."""
STATES_KEPT: Final = 32
"""Of how many of the newest blocks the engine keeps the state, each a whole copy in memory.
Without this flag it writes older ones to its temporary folder, without bound and without
removing them."""
_PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True)
class EngineSpec:
    """One chain's engine.

    Attributes:
        chain: its name.
        chain_id: EIP-155 chain id.
        genesis: a geth genesis file as a dict.
        gas_price: the least price of gas, wei.
    """

    chain: ChainName
    chain_id: int
    genesis: dict[str, Any]
    gas_price: int

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags that decide what the engine calculates."""
        return (
            "--no-mining",
            "--order",
            "fifo",
            "--chain-id",
            str(self.chain_id),
            "--hardfork",
            HARDFORK,
            "--gas-limit",
            str(GAS_LIMIT),
            "--base-fee",
            "0",
            "--gas-price",
            str(self.gas_price),
            "--accounts",
            "0",
        )

    def command(self, anvil: Path, ipc_path: Path, genesis_path: Path) -> list[str]:
        """The whole command line.

        Args:
            anvil: the program.
            ipc_path: the socket it shall listen on.
            genesis_path: where ``genesis`` lies as JSON.
        """
        return [
            str(anvil),
            *self.flags,
            *("--init", str(genesis_path)),
            *("--ipc", str(ipc_path)),
            *("--host", "127.0.0.1", "--port", "0", "--quiet", "--no-request-size-limit"),
            *("--prune-history", str(STATES_KEPT)),
        ]

    def as_dict(self) -> dict[str, Any]:
        """The spec as JSON, for the launcher and the journal's header."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> EngineSpec:
        """The spec from its JSON form."""
        return cls(value["chain"], value["chain_id"], value["genesis"], value["gas_price"])


@dataclass(frozen=True, slots=True)
class EngineMemory:
    """How much memory an engine uses.

    Attributes:
        used: bytes, now.
        limit: bytes; above it the engine is ended. None: the machine sets no limit.
    """

    used: int
    limit: int | None = None


def history_name(chain: str) -> str:
    """What the engine is called that makes a chain's history again, beside the live one.

    >>> history_name("som")
    'som-history'
    """
    return f"{chain}-history"


def resident(pid: int) -> int | None:
    """The memory of a process, bytes; None when it is gone."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class EngineLauncher(Protocol):
    """Whoever may start engines."""

    async def start(self, spec: EngineSpec, ipc_path: Path) -> None:
        """Start a fresh engine; an old one of that chain is stopped first.

        Raises:
            Unavailable: ``engine.not_started``.
        """
        ...

    async def stop(self, chain: ChainName) -> None:
        """Stop the chain's engine, if there is one."""
        ...

    async def memory(self, chain: ChainName) -> EngineMemory | None:
        """How much memory the chain's engine uses; None where that cannot be told."""
        ...

    async def ended(self, chain: ChainName) -> bool:
        """Whether the engine that was started for the chain is known to be gone."""
        ...


class LocalLauncher:
    """Engines as children of this process: for tests, labs and the replay command.

    A child dies with its parent (``PR_SET_PDEATHSIG``), also after kill -9.
    """

    def __init__(self, anvil: Path) -> None:
        self._anvil = anvil
        self._running: dict[ChainName, asyncio.subprocess.Process] = {}

    async def start(self, spec: EngineSpec, ipc_path: Path) -> None:
        """Start a fresh engine.

        Raises:
            Unavailable: ``engine.not_started``.
        """
        await self.stop(spec.chain)
        genesis = ipc_path.with_suffix(".genesis.json")
        try:
            ipc_path.parent.mkdir(parents=True, exist_ok=True)
            ipc_path.unlink(missing_ok=True)
            genesis.write_bytes(orjson.dumps(spec.genesis))
            self._running[spec.chain] = await asyncio.create_subprocess_exec(
                *spec.command(self._anvil, ipc_path, genesis),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                preexec_fn=die_with_parent,
            )
        except OSError as error:
            raise Unavailable("engine.not_started", chain=spec.chain, reason=str(error)) from error

    async def stop(self, chain: ChainName) -> None:
        """Kill the chain's engine, if there is one: it holds nothing worth keeping."""
        process = self._running.pop(chain, None)
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def memory(self, chain: ChainName) -> EngineMemory | None:
        """How much memory the chain's engine uses; children have no limit here."""
        process = self._running.get(chain)
        used = resident(process.pid) if process is not None else None
        return None if used is None else EngineMemory(used)

    async def ended(self, chain: ChainName) -> bool:
        """Whether the chain's engine is gone."""
        process = self._running.get(chain)
        return process is None or process.returncode is not None

    def pid(self, chain: ChainName) -> int:
        """The process id of the chain's engine.

        Raises:
            Unavailable: ``engine.not_started``.
        """
        if chain not in self._running:
            raise Unavailable("engine.not_started", chain=chain, reason="not_running")
        return self._running[chain].pid


class ManagedLauncher:
    """Engines started by the manager process, asked over its unix socket.

    Args:
        launcher_socket: one JSON line asks, one JSON line answers.
    """

    def __init__(self, launcher_socket: Path) -> None:
        self._socket = launcher_socket

    async def start(self, spec: EngineSpec, ipc_path: Path) -> None:
        """Ask for a fresh engine.

        Raises:
            Unavailable: ``engine.not_started``.
        """
        await self._ask({"op": "engine.start", "spec": spec.as_dict(), "ipc": str(ipc_path)})

    async def stop(self, chain: ChainName) -> None:
        """Ask to stop the chain's engine.

        Raises:
            Unavailable: ``engine.not_started``.
        """
        await self._ask({"op": "engine.stop", "chain": chain})

    async def memory(self, chain: ChainName) -> EngineMemory | None:
        """Ask how much memory the chain's engine uses; None when nobody answers."""
        try:
            answer = await self._ask({"op": "engine.memory", "chain": chain})
            return EngineMemory(int(answer["used"]), answer["limit"])
        except (Unavailable, KeyError, TypeError, ValueError):
            return None

    async def ended(self, chain: ChainName) -> bool:
        """Ask whether the chain's engine is gone; False when nobody answers."""
        try:
            answer = await self._ask({"op": "engine.poll", "chain": chain})
        except Unavailable:
            return False
        return answer.get("exit") is not None

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(30):
                reader, writer = await asyncio.open_unix_connection(str(self._socket))
                try:
                    writer.write(orjson.dumps(request) + b"\n")
                    line = await reader.readline()
                finally:
                    writer.close()
            answer = orjson.loads(line)
        except (OSError, TimeoutError, orjson.JSONDecodeError) as error:
            raise Unavailable("engine.not_started", reason=type(error).__name__) from error
        if not answer.get("ok"):
            reason = answer.get("code", "refused")
            raise Unavailable("engine.not_started", reason=str(reason))
        return dict(answer)


def die_with_parent() -> None:
    """Ask the kernel to kill this child when the thread that started it is gone."""
    libc = cast("Any", ctypes.CDLL(None))
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
