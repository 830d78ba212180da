"""Ordered requests: in the order given over many batches, whole or not at all."""

import asyncio
import os
import signal
import socket
import tempfile
import threading
from pathlib import Path

import pytest

from sandbox.chain.engine import LocalLauncher
from sandbox.chain.feeder import ORDERED_BATCH, Feeder
from sandbox.chain.ipc import EngineLost
from sandbox.chain.recovery import Engine
from tests.chain.test_engine import engine, launcher  # noqa: F401 (fixtures)

pytestmark = pytest.mark.anyio


async def test_nothing_asked_is_nothing_answered(engine: Engine):  # noqa: F811
    assert await engine.writer.in_order("eth_chainId", []) == []


async def test_each_answer_belongs_to_its_question_over_many_batches(engine: Engine):  # noqa: F811
    numbers = [f"0x{number:04x}" for number in range(5 * ORDERED_BATCH + 7)]
    answers = await engine.writer.in_order("web3_sha3", numbers)
    again = await engine.reader.many([("web3_sha3", (number,)) for number in numbers])
    assert answers == again


async def test_a_killed_engine_ends_it(engine: Engine, launcher: LocalLauncher):  # noqa: F811
    asking = asyncio.create_task(engine.writer.in_order("web3_sha3", ["0x00"] * 60_000))
    await asyncio.sleep(0.05)
    os.kill(launcher.pid("som"), signal.SIGKILL)
    with pytest.raises(EngineLost):
        await asking


@pytest.mark.parametrize("said", [b"", b"{}\n", b"[]\n", b"not json\n", b'[{"id":7}]\n'])
async def test_an_answer_that_is_none_ends_it(said):
    with tempfile.TemporaryDirectory(prefix="fd-") as folder:
        path = Path(folder) / "s"
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
            server.listen(1)

            def answer():
                with server.accept()[0] as asked:
                    asked.recv(1 << 16)
                    asked.sendall(said)

            thread = threading.Thread(target=answer)
            thread.start()
            feeder = Feeder(path)
            with pytest.raises(OSError):  # noqa: PT011 (any: the connection is of no use)
                await feeder.ask([("eth_chainId", "x")], within=5)
            thread.join()
            await feeder.close()


async def test_an_engine_that_is_silent_is_given_up():
    with tempfile.TemporaryDirectory(prefix="fd-") as folder:
        path = Path(folder) / "s"
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
            server.listen(1)
            feeder = Feeder(path)
            with pytest.raises(BlockingIOError):
                await feeder.ask([("eth_chainId", "x")], within=1)
            await feeder.close()
