"""A sealed block whole: what the engine says, in order, with what was remembered."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import checksum
from tests.chain.codes import REVERTS_RUNTIME
from tests.chain.support import ACCOUNTS, Chain, all_mined, creation, fast, pay, signed, until

pytestmark = pytest.mark.anyio
# LOG1(0, 32, 1)
LOGS_RUNTIME = bytes.fromhex("600160206000a100")
ONE = {"permit": "SB-2026-0001"}
TWO = {"permit": None, "system": True}


async def test_a_bundle_is_the_block_with_receipts_and_metas_in_its_order(chain: Chain):
    async with chain.running(fast(interval=0.3)) as node:
        made = await node.submit(signed(ACCOUNTS[0], 0, data=creation(LOGS_RUNTIME)), ONE)
        logs = checksum((await node.wait_receipt(made))["contractAddress"])
        made = await node.submit(signed(ACCOUNTS[0], 1, data=creation(REVERTS_RUNTIME)), ONE)
        fails = checksum((await node.wait_receipt(made))["contractAddress"])
        await asyncio.gather(
            node.submit(signed(ACCOUNTS[1], 0, logs), ONE),
            node.submit(pay(ACCOUNTS[2], 0, maxFeePerGas=0, maxPriorityFeePerGas=0), TWO),
            node.submit(signed(ACCOUNTS[3], 0, fails), TWO),
            node.submit(signed(ACCOUNTS[1], 1, logs), ONE),
        )
        await all_mined(node)
        number = node.head.number
        bundle = await node.bundle(number)
        block = await node.call("eth_getBlockByNumber", hex(number), True)
        assert (bundle.block, bundle.number) == (block, number)
        asked = [
            await node.call("eth_getTransactionReceipt", each["hash"])
            for each in block["transactions"]
        ]
        assert bundle.receipts == asked
        assert [len(each["logs"]) for each in asked] == [1, 0, 0, 1]
        assert [each["status"] for each in asked] == ["0x1", "0x1", "0x0", "0x1"]
        assert bundle.metas == [ONE, TWO, TWO, ONE]
        assert bundle.permits == ["SB-2026-0001", None, None, "SB-2026-0001"]


async def test_the_genesis_has_a_bundle_and_a_block_to_come_has_none(chain: Chain):
    async with chain.running() as node:
        assert (await node.bundle(0)).receipts == []
        for number in (-1, 1):
            with pytest.raises(InvalidInput) as caught:
                await node.bundle(number)
            assert caught.value.code == "history.no_such_block"


async def test_beyond_an_epoch_a_bundle_is_the_same_but_for_what_the_engine_can_still_do(
    chain: Chain,
):
    async with chain.running(fast(epoch_transactions=2)) as node:
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[0], 0), ONE))
        before = await node.bundle(1)
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[1], 0), TWO))
        await until(lambda: node.stats()["history"]["upto"] == 2)
        after = await node.bundle(1)
        assert (before.live, after.live) == (True, False)
        assert (after.block, after.receipts, after.metas) == (
            before.block,
            before.receipts,
            before.metas,
        )
        assert (await node.bundle(2)).metas == [TWO]
