"""Heavy work on dumps in a process apart (``toil``), so that acknowledging never waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Final

import orjson

from sandbox.chain.dump import Dump
from sandbox.chain.engine import die_with_parent
from sandbox.chain.toil import REFUSED
from sandbox.kit.errors import IntegrityFailure, Unavailable

_SMALL: Final = 200_000
"""A dump of so few bytes is stripped here: that takes a few milliseconds."""


async def strip_apart(data: bytes) -> bytes:
    """What of a dump the engine needs to go on.

    Args:
        data: from ``dump``.

    Raises:
        IntegrityFailure: ``epoch.bad_dump``.
        Unavailable: ``history.worker_failed``.
    """
    if len(data) < _SMALL:
        return await asyncio.to_thread(lambda: Dump(data).strip())
    return await _run(["strip"], data)


async def index_apart(work: Path, index: Path, journal: Path) -> None:
    """Write one epoch into the index.

    Args:
        work: a work file.
        index: the index's file.
        journal: the chain's journal.

    Raises:
        IntegrityFailure: ``history.damaged``, ``history.gap``, ``epoch.bad_dump``,
            ``history.bad_work``, ``history.other_chain``, ``journal.bad_record``.
        Unavailable: ``history.unwritable``, ``history.worker_failed``.
    """
    await _run(["index", str(work), str(index), str(journal)], b"")


async def remember_apart(journal: Path, number: int) -> None:
    """Write the checkpoint of an epoch, if it is not there.

    Args:
        journal: the chain's journal.
        number: the epoch's block.

    Raises:
        IntegrityFailure: ``journal.bad_record``.
        Unavailable: ``history.unwritable``, ``history.worker_failed``.
    """
    await _run(["remember", str(journal), str(number)], b"")


async def _run(arguments: list[str], data: bytes) -> bytes:
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sandbox.chain.toil", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=die_with_parent,
        )
    except OSError as error:
        raise Unavailable("history.worker_failed", reason=str(error)) from error
    try:
        out, words = await process.communicate(data)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode == 0:
        return out
    if process.returncode == REFUSED:
        told = orjson.loads(words.splitlines()[-1])
        kind = Unavailable if told["kind"] == "Unavailable" else IntegrityFailure
        raise kind(told["code"], **told["params"])
    reason = f"exit {process.returncode}: {words.decode(errors='replace')[-200:]}"
    raise Unavailable("history.worker_failed", reason=reason)
