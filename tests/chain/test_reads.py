"""Beyond an epoch the index answers as the engine did: every read method of the gateway."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import orjson
import pytest

from sandbox.chain.ipc import EngineError
from sandbox.chain.node import ChainNode
from sandbox.chain.reads import Reads
from sandbox.gateway.methods import METHODS, Kind
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import checksum
from tests.chain.codes import REVERTS_RUNTIME
from tests.chain.support import ACCOUNTS, META, Chain, all_mined, creation, fast, pay, signed, until

pytestmark = pytest.mark.anyio
# LOG2(0, 64, calldata word 0, calldata word 1)
LOGS_RUNTIME = bytes.fromhex("60203560003560406000a200")
# LOG0(0, 0), then CREATE of nothing with value 0
CREATES_RUNTIME = bytes.fromhex("60006000a0600060006000f000")
# the value goes on to 0x…beef
FORWARDS_RUNTIME = bytes.fromhex("600060006000600034" + "61beef" + "61fffff100")
A, B, C = ("0x" + digit * 64 for digit in "abc")


async def past(node: ChainNode) -> dict[str, str]:
    """Blocks with every kind of transaction, of every type; who was made."""
    made = {}
    for nonce, (name, code) in enumerate(
        {
            "logs": LOGS_RUNTIME,
            "reverts": REVERTS_RUNTIME,
            "creates": CREATES_RUNTIME,
            "forwards": FORWARDS_RUNTIME,
        }.items()
    ):
        sent = await node.submit(signed(ACCOUNTS[0], nonce, data=creation(code)), META)
        made[name] = checksum((await node.wait_receipt(sent))["contractAddress"])
    access = [{"address": made["logs"], "storageKeys": [A]}]
    dear = {"maxFeePerGas": 9, "maxPriorityFeePerGas": 2}
    for nonce in range(3):
        await asyncio.gather(
            node.submit(call(1, nonce, made["logs"], A + B[2:]), META),
            node.submit(call(2, nonce, made["logs"], B + C[2:], accessList=access), META),
            node.submit(call(3, nonce, made["logs"], A + C[2:], **dear), META),
            node.submit(call(4, nonce, made["reverts"], "0x", **dear, accessList=access), META),
            node.submit(call(5, nonce, made["creates"], "0x"), META),
            node.submit(call(6, nonce, made["forwards"], "0x", value=7), META),
            node.submit(pay(ACCOUNTS[7], nonce, gas=21_000), META),
            node.submit(signed(ACCOUNTS[8], nonce, data=b"\xfe", gas=60_000), META),
        )
        await all_mined(node)
    return made


def call(sender: int, nonce: int, to: str, data: str, **more: Any) -> Any:
    return signed(ACCOUNTS[sender], nonce, to, data=bytes.fromhex(data[2:]), **more)


async def questions(node: ChainNode, made: dict[str, str]) -> list[tuple[str, list[Any]]]:
    """Every way to ask for what is past, by number, hash and place."""
    asked: list[tuple[str, list[Any]]] = []
    for number in range(node.head.number + 1):
        at = hex(number)
        block = await node.call("eth_getBlockByNumber", at, False)
        for by, name in (("Number", at), ("Hash", block["hash"])):
            asked += [(f"eth_getBlockBy{by}", [name, full]) for full in (False, True)]
            asked.append((f"eth_getBlockTransactionCountBy{by}", [name]))
            asked.append((f"eth_getUncleCountByBlock{by}", [name]))
            for place in (0, 1, 5, 99):
                asked.append((f"eth_getTransactionByBlock{by}AndIndex", [name, hex(place)]))
                asked.append((f"eth_getRawTransactionByBlock{by}AndIndex", [name, hex(place)]))
        for tx_hash in [*block["transactions"], A]:
            for method in (
                "eth_getTransactionByHash",
                "eth_getTransactionReceipt",
                "eth_getRawTransactionByHash",
                "ots_getTransactionError",
                "ots_getInternalOperations",
            ):
                asked.append((method, [tx_hash]))
        asked.append(("eth_getLogs", [{"blockHash": block["hash"]}]))
    return asked + [("eth_getLogs", [each]) for each in filters(made, node.head.number)]


def filters(made: dict[str, str], newest: int) -> list[dict[str, Any]]:
    logs, creates, nobody = made["logs"], made["creates"], ACCOUNTS[0].address
    addresses: list[Any] = [None, logs, [logs, creates], nobody]
    several = [[[A, B], [B, C]], [[], C], [A, B, None]]
    topics: list[Any] = [None, [], [A], [None, C], [A, None], *several]
    ranges = [(0, newest), (1, 5), (5, 5), (4, newest - 1), (newest, newest), (0, 0)]
    found: list[dict[str, Any]] = []
    for address, topic, (first, last) in itertools.product(addresses, topics, ranges):
        wanted: dict[str, Any] = {"fromBlock": hex(first), "toBlock": hex(last)}
        wanted |= {"address": address} if address else {}
        found.append(wanted | ({"topics": topic} if topic is not None else {}))
    return [*found, {"fromBlock": hex(newest), "toBlock": "0x1"}]


async def answers(node: ChainNode, asked: list[tuple[str, list[Any]]]) -> list[Any]:
    found: list[Any] = []
    for method, params in asked:
        try:
            found.append(await node.call(method, *params))
        except EngineError as error:
            found.append((error.rpc_code, error.message))
    return found


async def turned(chain: Chain, node: ChainNode, nonce: int) -> None:
    """One more block, and the epoch that it is time for."""
    epochs = node.stats()["epochs"]
    chain.clock.forward(timedelta(days=2))
    await node.wait_receipt(await node.submit(pay(ACCOUNTS[9], nonce), META))
    await until(lambda: node.stats()["epochs"] == epochs + 1)
    await until(lambda: node.stats()["history"]["upto"] == node.stats()["history"]["boundary"])


async def test_every_answer_about_the_past_is_the_same_after_an_epoch(chain: Chain):
    async with chain.running(fast(interval=0.2)) as node:
        made = await past(node)
        asked = await questions(node, made)
        before = await answers(node, asked)
        await turned(chain, node, 0)
        for question, was, now in zip(asked, before, await answers(node, asked), strict=True):
            assert now == was, question
        assert sum(len(each) for each in before if isinstance(each, list)) > 100
        await turned(chain, node, 1)
        assert await answers(node, asked) == before
    async with chain.running(fast(interval=0.2)) as node:
        assert await answers(node, asked) == before


async def test_logs_of_a_range_over_index_and_engine_are_put_together_in_order(chain: Chain):
    async with chain.running(fast(interval=0.2)) as node:
        made = await past(node)
        await turned(chain, node, 0)
        boundary = node.newest_epoch
        await node.wait_receipt(await node.submit(call(1, 3, made["logs"], A + B[2:]), META))
        await all_mined(node)
        for wanted in ({"fromBlock": "earliest", "toBlock": "latest"}, {"fromBlock": "0x0"}):
            found = await node.call("eth_getLogs", wanted)
            numbers = [int(log["blockNumber"], 16) for log in found]
            assert numbers == sorted(numbers)
            assert min(numbers) <= boundary < max(numbers)
        above = await node.call("eth_getLogs", {"fromBlock": hex(boundary + 1), "topics": [A]})
        assert [log["transactionIndex"] for log in above] == ["0x0"]
        assert await node.call("eth_getLogs", {"fromBlock": "latest"}) == above


async def test_old_state_and_traces_are_refused_and_new_state_is_not(chain: Chain):
    async with chain.running(fast(interval=0.05)) as node:
        made = await past(node)
        (old,) = (await node.call("eth_getBlockByNumber", "0x5", False))["transactions"][:1]
        block_hash = (await node.call("eth_getBlockByNumber", "0x2", False))["hash"]
        before = await node.call("eth_getBalance", made["logs"], "0x2")
        await turned(chain, node, 0)
        asked = [
            ("eth_getBalance", made["logs"], "0x2"),
            ("eth_getBalance", made["logs"], {"blockHash": block_hash}),
            ("eth_getCode", made["logs"], {"blockNumber": "0x2"}),
            ("eth_call", {"to": made["logs"]}, "earliest"),
            ("eth_getStorageAt", made["logs"], "0x0", "0x3"),
            ("eth_getTransactionCount", made["logs"], "0x3"),
            ("eth_getProof", made["logs"], [], "0x3"),
            ("debug_traceTransaction", old, {"tracer": "callTracer"}),
        ]
        for method, *params in asked:
            with pytest.raises(InvalidInput) as caught:
                await node.call(method, *params)
            assert caught.value.code == "history.state_not_kept", method
        for tag in ("latest", "safe", "finalized", hex(node.head.number)):
            assert await node.call("eth_getBalance", made["logs"], tag) == before
        with pytest.raises(EngineError):
            await node.call("eth_getBalance", made["logs"], hex(node.head.number + 5))


def test_every_read_about_the_past_is_offered_by_the_gateway_or_asked_within():
    """Who adds a read of blocks or transactions to the gateway must teach the index."""
    past_words = ("Block", "Transaction", "Logs", "Uncle")
    offered = {
        name
        for name, method in METHODS.items()
        if method.kind is Kind.READ and any(word in name for word in past_words)
    }
    known = Reads(None, None, None, None, 0.0)  # type: ignore[arg-type]
    assert offered - {"eth_blockNumber"} <= known.methods | {"eth_getLogs"}


async def test_a_range_may_end_above_the_head_before_at_and_after_an_epoch(chain: Chain):
    async with chain.running(fast(interval=0.2)) as node:
        await past(node)

        async def above(**more: str) -> Any:
            beyond = hex(node.head.number + 5)
            return await node.call("eth_getLogs", {"fromBlock": "0x1", "toBlock": beyond, **more})

        before = await above()
        assert before
        await turned(chain, node, 0)
        assert node.head.number == node.newest_epoch
        assert await above() == before
        assert await above(fromBlock=hex(node.head.number)) == []
        await node.wait_receipt(await node.submit(pay(ACCOUNTS[9], 1), META))
        assert node.head.number > node.newest_epoch
        assert await above() == before
        assert await above(fromBlock=hex(node.head.number)) == []


async def test_too_many_logs_are_refused_alike_by_engine_and_index(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
):
    async with chain.running(fast(interval=0.2)) as node:
        await past(node)
        everything = {"fromBlock": "0x1", "toBlock": "latest"}
        found = await node.call("eth_getLogs", everything)
        size = sum(len(orjson.dumps(each)) + 1 for each in found)
        bounds = [("MOST_LOGS", len(found)), ("MOST_LOG_BYTES", size)]
        for epoch in range(2):
            for name, exact in bounds:
                with monkeypatch.context() as patched:
                    patched.setattr(f"sandbox.chain.index.{name}", exact)
                    assert await node.call("eth_getLogs", everything) == found
                    patched.setattr(
                        f"sandbox.chain.index.{name}", exact - (1 if name == "MOST_LOGS" else 200)
                    )
                    with pytest.raises(InvalidInput) as caught:
                        await node.call("eth_getLogs", everything)
                    assert caught.value.code == "history.too_many_logs"
                    one = await node.call("eth_getLogs", {"fromBlock": "0x5", "toBlock": "0x5"})
                    assert len(one) < len(found)
            assert await node.call("eth_getLogs", everything) == found
            if not epoch:
                await turned(chain, node, 0)
