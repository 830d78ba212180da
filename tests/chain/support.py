"""Real engines, real keys, real files for the tests of the chain."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eth_account import Account

from sandbox.chain.engine import EngineSpec, LocalLauncher
from sandbox.chain.node import ChainNode, NodeOptions
from sandbox.chain.queue import QueueLimits
from sandbox.chain.sealing import BlockRules
from sandbox.chain.transaction import SignedTx, decode
from sandbox.kit.clock import FixedClock
from sandbox.toolchain.tools import anvil

CHAIN_ID = 417
ACCOUNTS = [Account.from_key((1_000 + i).to_bytes(32, "big")) for i in range(12)]
POOR = Account.from_key((7).to_bytes(32, "big"))
START = datetime(2026, 11, 1, tzinfo=UTC)
META = {"permit": "SB-2026-0001"}


def creation(runtime: bytes) -> bytes:
    """Creation code that returns the runtime."""
    return bytes.fromhex(f"60{len(runtime):02x}600c60003960{len(runtime):02x}6000f3") + runtime


def spec(gas_price: int = 0) -> EngineSpec:
    genesis: dict[str, Any] = {
        "config": {"chainId": CHAIN_ID},
        "timestamp": hex(1_767_225_600),
        "gasLimit": hex(2_000_000_000),
        "difficulty": "0x0",
        "alloc": {each.address: {"balance": hex(10**24)} for each in ACCOUNTS},
        "baseFeePerGas": "0x0",
    }
    return EngineSpec("som", CHAIN_ID, genesis, gas_price)


def signed(account: Any, nonce: int, to: str | None = None, **more: Any) -> SignedTx:
    fields = {
        "nonce": nonce,
        "gas": 100_000,
        "gasPrice": 0,
        "value": 0,
        "data": b"",
        "chainId": CHAIN_ID,
    } | more
    if "maxFeePerGas" in fields:
        fields.pop("gasPrice")
    if to is not None:
        fields["to"] = to
    return decode(bytes(account.sign_transaction(fields).raw_transaction))


def pay(account: Any, nonce: int, value: int = 1, **more: Any) -> SignedTx:
    return signed(account, nonce, ACCOUNTS[-1].address, value=value, **more)


FAST = NodeOptions(blocks=BlockRules(interval=0.02), queue=QueueLimits(), read_timeout=10.0)


def fast(**blocks: Any) -> NodeOptions:
    return replace(FAST, blocks=replace(FAST.blocks, **blocks))


class Chain:
    """One chain in a directory, started as often as wanted."""

    def __init__(self, directory: Path, gas_price: int = 0) -> None:
        self.directory = directory
        self.spec = spec(gas_price)
        self.launcher = LocalLauncher(anvil())
        self.clock = FixedClock(START)

    @property
    def journal(self) -> Path:
        return self.directory / "chain" / "journal"

    def node(self, options: NodeOptions = FAST) -> ChainNode:
        return ChainNode(
            self.spec,
            self.directory / "chain",
            self.directory / "e.ipc",
            self.launcher,
            self.clock,
            options,
        )

    @asynccontextmanager
    async def running(self, options: NodeOptions = FAST) -> AsyncIterator[ChainNode]:
        node = self.node(options)
        await node.start()
        try:
            yield node
        finally:
            await node.close()


class SmallDisk:
    """A file system of its own with little room; ``full`` takes the rest of it away."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def full(self, but: int = 0) -> Iterator[None]:
        filler = self.path / "filler"
        stat = os.statvfs(self.path)
        filler.write_bytes(bytes(max(0, stat.f_bavail * stat.f_frsize - but)))
        try:
            yield
        finally:
            filler.unlink()


async def until(holds: Callable[[], bool], within: float = 30.0) -> None:
    """Wait until something holds, as a person would: by looking again."""
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.01)


async def all_mined(node: ChainNode, within: float = 30.0) -> None:
    await until(lambda: not node.stats()["executable"], within)


async def blocks(node: ChainNode) -> list[tuple[str, str, tuple[str, ...]]]:
    """Hash, state root and transactions of every block, from the engine."""
    found = []
    for number in range(1, node.head.number + 1):
        block = await node.call("eth_getBlockByNumber", hex(number), False)
        found.append((block["hash"], block["stateRoot"], tuple(block["transactions"])))
    return found
