"""Memory of engine and node stays bounded, however many blocks and whatever is copied in them."""

from __future__ import annotations

import os
import time
import tracemalloc
from dataclasses import replace

import pytest

from sandbox.chain.engine import resident
from sandbox.chain.replay import replay, verify
from sandbox.kit.ids import checksum
from tests.chain.support import ACCOUNTS, Chain, all_mined, creation, fast, pay, signed, until

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(600)]
META = {"permit": "SB-2026-0001"}
MEGABYTE = 1 << 20
# 1,000 times CALL(gas, 0xdead, 0, 0, 24576, 0, 0): the engine keeps each call's input
COPIES_RUNTIME = bytes.fromhex("6103e85b600060006160006000600061dead5af150600190038060035700")
BLOCKS = int(os.environ.get("BOUNDED_BLOCKS", "6000"))
EPOCH = 500


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


@pytest.mark.bench
async def test_memory_does_not_grow_with_the_number_of_blocks(chain: Chain):
    """A block for each payment and an epoch every 500: engine and node at each epoch's end.

    ``BOUNDED_BLOCKS=200000`` runs as many as the promise names; that takes an hour or two.
    """
    engines: list[int] = []
    nodes: list[int] = []
    began = time.monotonic()
    tracemalloc.start()
    async with chain.running(fast(interval=0.0, epoch_transactions=EPOCH)) as node:
        for nonce in range(BLOCKS):
            account = ACCOUNTS[nonce % 10]
            await node.submit(pay(account, nonce // 10), META)
            if nonce % EPOCH == EPOCH - 10:
                await all_mined(node, 60)
                engines.append(resident(chain.launcher.pid("som")) or 0)
                nodes.append(tracemalloc.get_traced_memory()[0])
            elif nonce % 10 == 9:
                await all_mined(node, 60)
        blocks = node.head.number
    tracemalloc.stop()
    half = len(engines) // 2
    slopes = {
        name: (sum(found[half:]) / (len(found) - half) - sum(found[1:half]) / (half - 1))
        for name, found in (("engine", engines), ("node", nodes))
    }
    took = time.monotonic() - began
    print(f"\n{blocks} blocks in {took:.0f} s; second half against first, bytes: {slopes}")
    print("engine MB:", [each // MEGABYTE for each in engines])
    print("node MB:", [round(each / MEGABYTE, 1) for each in nodes])
    assert blocks > BLOCKS // 10
    assert slopes["engine"] < 8 * MEGABYTE
    assert slopes["node"] < 4 * MEGABYTE
