"""The engine's memory stays bounded, whatever is copied in its blocks (``make bench NAME=memory``:
however many there are)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.chain.engine import resident
from sandbox.chain.replay import replay, verify
from sandbox.kit.ids import checksum
from tests.chain.support import ACCOUNTS, META, Chain, creation, fast, signed, until

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(600)]
MEGABYTE = 1 << 20
# 1,000 times CALL(gas, 0xdead, 0, 0, 24576, 0, 0): the engine keeps each call's input
COPIES_RUNTIME = bytes.fromhex("6103e85b600060006160006000600061dead5af150600190038060035700")


async def test_what_calls_copy_does_not_add_up_in_the_engine(chain: Chain):
    """Each call costs 0.2 M gas and leaves 25 MB: fifteen of them, in an engine allowed 80 MB."""
    most = 0
    options = replace(fast(engine_memory=640 * MEGABYTE), read_timeout=60.0)
    async with chain.running(options) as node:
        made = await node.submit(signed(ACCOUNTS[0], 0, data=creation(COPIES_RUNTIME)), META)
        copies = checksum((await node.wait_receipt(made))["contractAddress"])
        base = resident(chain.launcher.pid("som")) or 0
        for nonce in range(1, 16):
            sent = await node.submit(signed(ACCOUNTS[0], nonce, copies, gas=400_000), META)
            receipt = await node.wait_receipt(sent, timeout=60)
            assert receipt["status"] == "0x1"
            most = max(most, (resident(chain.launcher.pid("som")) or 0) - base)
        await until(lambda: node.stats()["epochs"] >= 2, within=60)
        snapshots = (chain.directory / "chain" / "epochs").glob("*.snapshot")
        assert all(each.stat().st_size < MEGABYTE for each in snapshots)
    print(f"\nthe engine grew by at most {most // MEGABYTE} MB; all calls copied 15 * 24 MB")
    assert most < 15 * 24 * MEGABYTE * 2 // 3
    rebuilt = await replay(chain.journal, chain.launcher)
    assert rebuilt.head == verify(chain.journal).head
