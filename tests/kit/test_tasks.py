"""Ending a task: it has ended, and who waits for that can be ended too."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.kit.tasks import end

pytestmark = pytest.mark.anyio


async def test_a_task_that_waits_is_ended():
    task = asyncio.create_task(asyncio.Event().wait())
    await end(task)
    assert task.cancelled()


async def test_a_task_that_ended_before_is_left_as_it_is():
    task = asyncio.create_task(asyncio.sleep(0, "done"))
    await task
    await end(task)
    assert task.result() == "done"


async def test_what_a_task_failed_with_is_raised():
    async def fail():
        raise ValueError("its own")

    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    with pytest.raises(ValueError, match="its own"):
        await end(task)


async def test_who_waits_for_a_slow_end_and_is_cancelled_does_not_go_on():
    async def slow():
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)

    went_on = False

    async def wait():
        nonlocal went_on
        await end(inner)
        went_on = True

    inner = asyncio.create_task(slow())
    await asyncio.sleep(0)
    outer = asyncio.create_task(wait())
    await asyncio.sleep(0.01)
    outer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await outer
    assert not went_on
    await asyncio.wait([inner])
