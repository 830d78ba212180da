"""Ending tasks of the event loop."""

from __future__ import annotations

import asyncio
from typing import Any


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait until it has ended.

    Whoever waits may be cancelled meanwhile and is: ``suppress(CancelledError)`` around
    ``await task`` cannot tell the two apart and would lose it, and with it the end of the waiter.

    Args:
        task: may have ended already.

    Raises:
        Exception: what the task itself failed with.
    """
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled() and (error := task.exception()) is not None:
        raise error
