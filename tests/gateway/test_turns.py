"""Heavy reads take turns; the answers of a body have an end."""

import asyncio
from types import SimpleNamespace

import pytest

from sandbox.chain.ipc import AnswerTooLong
from sandbox.gateway import pipeline
from sandbox.gateway import turns as turns_module
from sandbox.gateway.identity import Identity
from sandbox.gateway.methods import find
from sandbox.gateway.pipeline import Pipeline
from sandbox.gateway.refusals import Attempt
from sandbox.gateway.steps.classify import Call
from sandbox.gateway.turns import Room, Turns
from sandbox.kit.errors import InvalidInput, Unavailable

pytestmark = pytest.mark.anyio
ONE, OTHER = "SB-2026-0001", "SB-2026-0002"


async def test_a_permits_heavy_reads_take_turns_and_others_do_not_wait_for_them():
    turns, under_way, most = Turns(), 0, 0

    async def read(method, permit=ONE, chain="kgst", params=()):
        nonlocal under_way, most
        async with turns.turn(chain, permit, method, list(params)):
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.005)
            under_way -= 1

    await asyncio.gather(*(read("eth_getLogs") for _ in range(20)))
    assert most == turns_module.SEARCHES
    most = 0
    await asyncio.gather(*(read("eth_getTransactionReceipt") for _ in range(20)))
    assert most == turns_module.LARGE
    most = 0
    await asyncio.gather(*(read("eth_getBalance") for _ in range(20)))
    assert most == 20, "light reads need no turn"
    most = 0
    await asyncio.gather(*(read("eth_getLogs", each) for each in (ONE, OTHER) for _ in range(9)))
    assert most == 2 * turns_module.SEARCHES
    most = 0
    for full in (True, False):
        most = 0
        await asyncio.gather(*(read("eth_getBlockByHash", params=["", full]) for _ in range(9)))
        assert most == (turns_module.LARGE if full else 9)


def test_what_seldom_is_large_goes_beside_the_turns_while_there_is_room():
    turns = Turns()
    places = [turns.beside("kgst", ONE, "eth_call") for _ in range(turns_module.BESIDE + 1)]
    assert places == [True] * turns_module.BESIDE + [False]
    assert turns.beside("kgst", OTHER, "eth_call"), "another permit has room of its own"
    assert turns.beside("som", ONE, "eth_call"), "so has another chain"
    turns.done("kgst", ONE)
    assert turns.beside("kgst", ONE, "eth_getTransactionReceipt")
    for heavy in ("eth_getLogs", "debug_traceCall", "eth_estimateGas", "eth_createAccessList"):
        assert not turns.beside("som", OTHER, heavy)


async def test_a_turn_is_given_back_by_who_fails_and_waited_for_a_bounded_time(monkeypatch):
    monkeypatch.setattr(turns_module, "PATIENCE", 0.05)
    turns = Turns()
    for _ in range(5):
        with pytest.raises(ValueError, match="x"):
            async with turns.turn("kgst", ONE, "eth_getLogs", []):
                raise ValueError("x")
    async with (
        turns.turn("kgst", ONE, "eth_getLogs", []),
        turns.turn("kgst", ONE, "eth_getLogs", []),
    ):
        with pytest.raises(Unavailable):
            async with turns.turn("kgst", ONE, "eth_getLogs", []):
                pass
        async with turns.turn("kgst", OTHER, "eth_getLogs", []):
            pass
    async with turns.turn("kgst", ONE, "eth_getLogs", []):
        pass


async def test_a_body_carries_out_no_more_once_its_answers_are_too_long():
    room = Room()
    room.check()
    room.take(turns_module.BATCH - 1)
    room.check()
    room.take(1)
    with pytest.raises(InvalidInput) as caught:
        room.check()
    assert caught.value.code == "gateway.batch_answer_too_long"


async def test_one_answer_has_an_end_of_its_own():
    room = Room()
    room.take(turns_module.LONGEST)
    with pytest.raises(InvalidInput) as caught:
        Room().take(turns_module.LONGEST + 1)
    assert caught.value.code == "gateway.answer_too_long"


async def test_a_receipt_that_waited_for_its_block_is_read_in_its_turn(monkeypatch):
    """Large ones of ``eth_sendRawTransactionSync`` too: a few at once."""
    under_way = most = 0

    async def read(_where, _permit, name, _params, *, most=None):
        assert name == "eth_getTransactionReceipt"
        if most == turns_module.SMALL:
            raise AnswerTooLong({"code": -1})
        return await counted()

    async def counted():
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.005)
        under_way -= 1
        return {"status": "0x1"}

    async def submit(*_arguments):
        return "0x" + "11" * 32

    async def settled(*_arguments):
        return None

    monkeypatch.setattr(pipeline.answers, "read", read)
    monkeypatch.setattr(pipeline, "submit", submit)
    where = SimpleNamespace(chain="kgst", node=SimpleNamespace(settled=settled))
    line = Pipeline(None, None, None, None)
    call = Call(find("eth_sendRawTransactionSync"), ["0x"])
    attempt = Attempt(Identity(ONE, "permit_key", "x"), "kgst", "", "")
    asked = [line._submit(where, attempt, call, Room()) for _ in range(20)]
    assert {each["status"] for each in await asyncio.gather(*asked)} == {"0x1"}
    assert most == turns_module.LARGE
