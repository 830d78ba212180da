"""The engine's connection: answers by id, submissions in order, an end that is told."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from sandbox.chain.engine import EngineSpec, LocalLauncher, ManagedLauncher
from sandbox.chain.ipc import AnswerTooLong, EngineClient, EngineError, EngineLost
from sandbox.chain.recovery import Engine, EngineKeeper
from sandbox.kit.errors import Unavailable
from sandbox.toolchain.tools import anvil
from tests.chain.support import ACCOUNTS, pay, spec

pytestmark = pytest.mark.anyio


@pytest.fixture
def launcher() -> LocalLauncher:
    return LocalLauncher(anvil())


@pytest.fixture
async def engine(tmp_path: Path, launcher: LocalLauncher) -> AsyncIterator[Engine]:
    keeper = EngineKeeper(spec(), tmp_path / "e.ipc", launcher)
    try:
        yield await keeper.fresh()
    finally:
        await keeper.stop()


async def test_many_requests_at_once_are_each_answered_with_their_own(engine: Engine):
    asked = [("eth_getBalance", (each.address, "latest")) for each in ACCOUNTS]
    asked += [("eth_chainId", ()), ("eth_nonsense", ())]
    answers = await engine.reader.many(asked * 20)
    assert answers[: len(ACCOUNTS)] == [hex(10**24)] * len(ACCOUNTS)
    assert answers[len(ACCOUNTS)] == hex(417)
    assert isinstance(answers[len(ACCOUNTS) + 1], EngineError)


async def test_submissions_are_worked_in_their_order_while_others_read(engine: Engine):
    stop = asyncio.Event()

    async def read() -> None:
        while not stop.is_set():
            await engine.reader.many([("eth_getBalance", (ACCOUNTS[0].address, "latest"))] * 40)

    reading = asyncio.create_task(read())
    sent = [pay(account, nonce) for nonce in range(25) for account in ACCOUNTS]
    answers = await engine.writer.in_order(
        "eth_sendRawTransaction", ["0x" + tx.raw.hex() for tx in sent]
    )
    stop.set()
    await reading
    assert answers == [tx.hash for tx in sent]
    await engine.writer.call("evm_mine")
    block = await engine.reader.call("eth_getBlockByNumber", "latest", False)
    assert block["transactions"] == answers


async def test_blocks_hold_what_was_sent_for_each_also_more_than_a_batch(engine: Engine):
    head = await engine.writer.call("eth_getBlockByNumber", "latest", False)
    first = int(head["timestamp"], 16) + 10
    sizes = (1, 0, 3, 75)
    nonces = iter(range(sum(sizes)))
    sent = [["0x" + pay(ACCOUNTS[0], next(nonces)).raw.hex() for _ in range(n)] for n in sizes]
    times = [first + 7 * number for number in range(len(sizes))]
    answers = await engine.writer.block_by_block([*zip(times, sent, strict=True)])
    assert len(answers) == sum(sizes) + len(sizes)
    number = int(head["number"], 16)
    blocks = [
        await engine.reader.call("eth_getBlockByNumber", hex(number + 1 + at), False)
        for at in range(len(sizes))
    ]
    assert [len(each["transactions"]) for each in blocks] == list(sizes)
    assert [int(each["timestamp"], 16) for each in blocks] == times
    assert [tx for each in blocks for tx in each["transactions"]] == [
        each for each in answers if str(each).startswith("0x") and len(each) == 66
    ]


async def test_what_is_refused_in_a_block_is_a_value_and_the_next_block_is_mined(engine: Engine):
    head = await engine.writer.call("eth_getBlockByNumber", "latest", False)
    first = int(head["timestamp"], 16) + 10
    good = "0x" + pay(ACCOUNTS[0], 0).raw.hex()
    answers = await engine.writer.block_by_block([(first, ["0x00"]), (first + 5, [good])])
    assert isinstance(answers[0], EngineError)
    block = await engine.reader.call("eth_getBlockByNumber", "latest", False)
    assert block["transactions"] == [answers[2]]


async def test_a_refused_submission_is_a_value_in_its_place(engine: Engine):
    raws = ["0x" + pay(ACCOUNTS[0], 0).raw.hex(), "0x00", "0x" + pay(ACCOUNTS[0], 1).raw.hex()]
    first, second, third = await engine.writer.in_order("eth_sendRawTransaction", raws)
    assert (first, third) == (pay(ACCOUNTS[0], 0).hash, pay(ACCOUNTS[0], 1).hash)
    assert isinstance(second, EngineError)


async def test_the_base_fee_stays_zero(engine: Engine):
    for _ in range(3):
        await engine.writer.call("evm_mine")
    block = await engine.reader.call("eth_getBlockByNumber", "latest", False)
    assert (block["baseFeePerGas"], block["gasLimit"]) == ("0x0", hex(2_000_000_000))
    assert await engine.reader.call("eth_accounts") == []


async def test_requests_under_way_hear_of_a_killed_engine(engine: Engine, launcher: LocalLauncher):
    waiting = asyncio.gather(
        *(engine.reader.call("eth_chainId") for _ in range(2_000)), return_exceptions=True
    )
    await asyncio.sleep(0)
    os.kill(launcher.pid("som"), signal.SIGKILL)
    answers = await waiting
    assert all(answer == hex(417) or isinstance(answer, EngineLost) for answer in answers)
    await asyncio.wait_for(engine.wait_lost(), 5)
    with pytest.raises(EngineLost):
        await engine.reader.call("eth_chainId")


async def test_an_engine_that_does_not_answer_is_lost(tmp_path):
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(silent, tmp_path / "s")
    client = await EngineClient.connect(tmp_path / "s")
    with pytest.raises(EngineLost, match="no_answer"):
        await client.call("eth_chainId", within=0.05)
    await client.close()
    server.close()


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (b'"' + b"x" * 300_000 + b'"', "longer than 100000 bytes"),
        (b"[" * 2_000 + b"]" * 2_000, "cannot be read"),
    ],
)
async def test_an_answer_that_cannot_be_taken_fails_alone(tmp_path, result, why):
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            request = orjson.loads(line)
            found = result if request["method"] == "odd" else b"1"
            writer.write(b'{"jsonrpc":"2.0","id":%d,"result":%b}\n' % (request["id"], found))
        writer.close()

    server = await asyncio.start_unix_server(serve, tmp_path / "s")
    client = await EngineClient.connect(tmp_path / "s", most=100_000)
    answers = await client.many([("even", ()), ("odd", ()), ("even", ())])
    assert (answers[0], answers[2]) == (1, 1)
    assert why in answers[1].message
    assert await client.call("even") == 1
    assert not client.lost.is_set()
    await client.close()
    server.close()


async def test_who_takes_less_than_others_is_refused_alone_also_in_many_pieces(tmp_path):
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(b'{"jsonrpc":"2.0","id":%d,"result":"' % orjson.loads(line)["id"])
            for _ in range(20):
                writer.write(b"x" * 50_000)
                await writer.drain()
                await asyncio.sleep(0.002)
            writer.write(b'"}\n')
        writer.close()

    server = await asyncio.start_unix_server(serve, tmp_path / "s")
    client = await EngineClient.connect(tmp_path / "s")
    asked = [client.call("any", most=most) for most in (None, 100_000, None, 2_000_000, 1_000)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [isinstance(each, AnswerTooLong) for each in answers] == [
        False,
        True,
        False,
        False,
        True,
    ]
    assert {len(answers[place]) for place in (0, 2, 3)} == {1_000_000}
    assert len(await client.call("any")) == 1_000_000
    await client.close()
    server.close()


async def test_a_long_answer_is_taken_where_the_state_is_asked_for_and_not_elsewhere(
    tmp_path, launcher
):
    path = tmp_path / "e.ipc"
    await launcher.start(spec(), path)
    client = await EngineClient.connect(path, most=300)
    try:
        assert len(await client.call("anvil_dumpState", state=True)) > 300
        with pytest.raises(EngineError, match="longer than 300 bytes"):
            await client.call("anvil_dumpState")
        assert await client.call("eth_chainId") == hex(417)
    finally:
        await client.close()
        await launcher.stop("som")


async def test_no_engine_at_the_socket_is_unavailable(tmp_path):
    with pytest.raises(EngineLost, match="no_connection"):
        await EngineClient.connect(tmp_path / "none", within=0.05)


class StillBorn(LocalLauncher):
    """Starts engines that are killed before they listen."""

    async def start(self, spec: EngineSpec, ipc_path: Path) -> None:
        await super().start(spec, ipc_path)
        os.kill(self.pid(spec.chain), signal.SIGKILL)
        ipc_path.unlink(missing_ok=True)


async def test_an_engine_that_died_at_its_start_is_not_waited_for(tmp_path):
    keeper = EngineKeeper(spec(), tmp_path / "e.ipc", StillBorn(anvil()))
    began = time.monotonic()
    with pytest.raises(EngineLost, match="ended"):
        await keeper.fresh()
    assert time.monotonic() - began < 5
    await keeper.stop()


async def test_a_fresh_engine_knows_nothing_of_the_one_before(tmp_path, launcher):
    keeper = EngineKeeper(spec(), tmp_path / "e.ipc", launcher)
    first = await keeper.fresh()
    await first.writer.call("evm_mine")
    pid = launcher.pid("som")
    second = await keeper.fresh()
    assert await second.reader.call("eth_blockNumber") == "0x0"
    assert launcher.pid("som") != pid
    await keeper.stop()
    with pytest.raises(Unavailable, match=r"engine\.not_started"):
        launcher.pid("som")


async def test_a_program_that_is_not_there_is_unavailable(tmp_path):
    with pytest.raises(Unavailable, match=r"engine\.not_started"):
        await LocalLauncher(tmp_path / "none").start(spec(), tmp_path / "e.ipc")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b'{"ok": false, "code": "engine.unknown_chain"}\n', "engine.unknown_chain"),
        (b"nonsense\n", "JSONDecodeError"),
        (b"", "JSONDecodeError"),
    ],
)
async def test_a_manager_that_refuses_is_unavailable_and_one_that_agrees_is_not(
    tmp_path, answer, reason
):
    asked: list[bytes] = []
    answers = [answer, b'{"ok": true}\n']

    async def manager(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.write(answers.pop(0))
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(manager, tmp_path / "m")
    launcher = ManagedLauncher(tmp_path / "m")
    with pytest.raises(Unavailable) as caught:
        await launcher.start(spec(), tmp_path / "e.ipc")
    assert caught.value.params["reason"] == reason
    await launcher.stop("som")
    assert b'"engine.start"' in asked[0]
    assert b'"engine.stop"' in asked[1]
    server.close()
    with pytest.raises(Unavailable):
        await ManagedLauncher(tmp_path / "none").stop("som")


def test_a_spec_is_the_same_after_its_json_form():
    assert EngineSpec.from_dict(spec().as_dict()) == spec()
