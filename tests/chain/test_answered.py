"""What many ask of one head the engine is asked once, and nobody sees an old state."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.chain.answered import LONGEST, MOST, Answered
from sandbox.chain.ipc import EngineClient
from sandbox.chain.producer import Head
from sandbox.kit.errors import Unavailable
from tests.chain.support import ACCOUNTS, Chain, creation, fast, pay, signed

pytestmark = pytest.mark.anyio
META = {"permit": "SB-2026-0001"}
# TIMESTAMP, PUSH0, MSTORE, RETURN(0, 32)
CLOCK_RUNTIME = bytes.fromhex("425f5260205ff3")


def head(number: int) -> Head:
    return Head(number, number, "0x" + f"{number:064x}", "0x" + f"{number:064x}")


@pytest.fixture
def asked(monkeypatch):
    """Methods that the engine itself is asked."""
    methods, really = [], EngineClient.call

    async def call(self, method, *params, **more):
        methods.append(method)
        return await really(self, method, *params, **more)

    monkeypatch.setattr(EngineClient, "call", call)
    return methods


async def test_an_answer_is_given_again_until_the_next_block_and_not_beyond(chain: Chain, asked):
    rich = ACCOUNTS[1].address
    async with chain.running(fast(interval=0.01)) as node:
        first = await node.call("eth_getBalance", rich, "latest")
        asked.clear()
        for tag in ("latest", "safe", "finalized"):
            assert await node.call("eth_getBalance", rich, tag) == first
        assert "eth_getBalance" not in asked
        assert await node.call("eth_getBalance", ACCOUNTS[2].address, "latest") is not None
        assert asked.count("eth_getBalance") == 1, "another question"
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[1], 0, value=5), META))
        after = await node.call("eth_getBalance", rich, "latest")
        assert int(after, 16) < int(first, 16)


async def test_the_time_in_a_call_is_the_heads_so_an_answer_does_not_grow_old(chain: Chain, asked):
    async with chain.running(fast(interval=0.01)) as node:
        made = await node.submit(signed(ACCOUNTS[0], 0, data=creation(CLOCK_RUNTIME)), META)
        clock = (await node.wait_receipt(made))["contractAddress"]
        said = await node.call("eth_call", {"to": clock}, "latest")
        assert int(said, 16) == node.head.time
        await asyncio.sleep(1.1)
        really = await node.call("eth_call", {"to": clock, "gas": "0x100000"}, "latest")
        assert really == said, "the engine itself goes by the head, not by the clock"
        asked.clear()
        assert await node.call("eth_call", {"to": clock}, "latest") == said
        later = hex(node.head.time + 600)
        moved = await node.call("eth_call", {"to": clock}, "latest", {}, {"time": later})
        assert (int(moved, 16), asked) == (int(later, 16), ["eth_call"])


async def test_balances_that_are_read_while_blocks_come_never_go_back(chain: Chain):
    payee, seen = ACCOUNTS[-1].address, []
    async with chain.running(fast(interval=0.01)) as node:
        reading = True

        async def read():
            while reading:
                before = node.head.number
                balance = int(await node.call("eth_getBalance", payee, "latest"), 16)
                seen.append((before, balance))
                await asyncio.sleep(0)

        readers = [asyncio.create_task(read()) for _ in range(4)]
        start = int(await node.call("eth_getBalance", payee, "latest"), 16)
        for nonce in range(8):
            digest = await node.submit(pay(ACCOUNTS[1], nonce), META)
            await node.wait_receipt(digest)
            assert int(await node.call("eth_getBalance", payee, "latest"), 16) == start + nonce + 1
        reading = False
        await asyncio.gather(*readers)
    assert [balance for _, balance in seen] == sorted(balance for _, balance in seen)


async def test_a_stopped_chain_answers_nothing(chain: Chain):
    async with chain.running(fast(interval=0.01)) as node:
        await node.call("eth_getBalance", ACCOUNTS[1].address, "latest")
    with pytest.raises(Unavailable):
        await node.call("eth_getBalance", ACCOUNTS[1].address, "latest")


def test_only_plain_questions_about_the_newest_state_are_kept():
    to = {"to": "0x" + "11" * 20}
    assert Answered.key("eth_call", (to, "latest"))
    assert Answered.key("eth_call", (to, "0x1")) is None
    assert Answered.key("eth_call", (to, "latest", {})) is None
    assert Answered.key("eth_estimateGas", (to, "latest")) is None
    assert Answered.key("eth_blockNumber", ()) is None


def test_what_is_kept_is_bounded_and_of_one_head():
    kept, one, two = Answered(), head(1), head(2)
    kept.keep(one, b"long", "0x" + "0" * LONGEST)
    kept.keep(one, b"odd", {"not": "text"})
    assert kept.find(one, b"long") is None
    assert kept.find(one, b"odd") is None
    for number in range(MOST + 1):
        kept.keep(one, b"%d" % number, "0x")
    assert sum(kept.find(one, b"%d" % number) is not None for number in range(MOST + 1)) == 1
    assert kept.find(two, b"%d" % MOST) is None
    kept.keep(two, b"new", "0x")
    assert kept.find(one, b"%d" % MOST) is None
