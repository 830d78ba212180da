"""``synak journal``: prove that a chain is what its journal says.

Both commands only read, so they may be asked of a running chain. What is wrong ends them
with status 1 and one line that names the first wrong record or block. Progress goes to
the error output, results to the output; ``--json`` makes both one line of JSON each.
``sandbox.services.journal_commands`` puts the group together and adds ``--audit``.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from sandbox.chain.engine import LocalLauncher
from sandbox.chain.replay import Progress, ReplayReport, VerifyReport, replay, verify
from sandbox.kit.printable import printable, printable_json
from sandbox.toolchain.tools import anvil

JournalPath = Annotated[
    Path, typer.Argument(help="A chain's directory (state/chain/kgst) or its journal.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable, one JSON object.")]
_EVERY: Final = 2.0
"""Seconds between two lines of progress, where nobody watches a terminal."""


class Teller:
    """Tells of progress: over and over in one line of a terminal, else now and then.

    Args:
        as_json: as lines of JSON.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._alive = sys.stderr.isatty() and not as_json
        self._told = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        """Tell of progress, when it is time."""
        now = time.monotonic()
        if now - self._told < (0.1 if self._alive else _EVERY):
            return
        self._told = now
        if self._as_json:
            line = json.dumps({"progress": asdict(progress)})
        else:
            share = progress.done * 100 // max(1, progress.whole)
            line = f"{progress.what} {progress.done:,} of {progress.whole:,} ({share} %)"
        end = "" if self._alive else "\n"
        print(f"\r{line}" if self._alive else line, end=end, file=sys.stderr, flush=True)

    def close(self) -> None:
        """End the line of the terminal."""
        if self._alive:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def verify_command(path: JournalPath, as_json: AsJson = False) -> None:
    """Check every record; name the first wrong one. Changes nothing, needs no engine."""
    teller = Teller(as_json=as_json)
    try:
        report = verify(path, teller)
    finally:
        teller.close()
    _print(asdict(report), _verified(report), as_json=as_json)


def replay_command(
    path: JournalPath,
    to: Annotated[int | None, typer.Option(help="Stop after this block.")] = None,
    as_json: AsJson = False,
) -> None:
    """Rebuild the chain from nothing on a clean engine and compare every seal."""
    teller = Teller(as_json=as_json)
    try:
        report = asyncio.run(replay(path, LocalLauncher(anvil()), to, teller))
    finally:
        teller.close()
    _print(asdict(report) | {"identical": True}, _rebuilt(report), as_json=as_json)


def _print(values: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
    print(printable_json(json.dumps(values)) if as_json else "\n".join(map(printable, lines)))


def _verified(report: VerifyReport) -> list[str]:
    head = report.head
    lines = [
        f"sound: the journal of {report.chain}, {report.records:,} records",
        f"newest block {head.number}, {head.hash}",
        f"state root {head.state_root}",
        (
            f"transactions: {report.acknowledged:,} acknowledged, {report.mined:,} in blocks,"
            f" {report.dropped:,} dropped with a record, {report.queued:,} waiting"
        ),
        f"refusals: {report.refusals:,}; epochs: {report.epochs:,}",
        f"chain hash {report.chain_hash}",
    ]
    if report.torn_bytes:
        lines.append(f"a torn end of {report.torn_bytes} bytes was never acknowledged")
    return lines


def _rebuilt(report: ReplayReport) -> list[str]:
    head = report.head
    rate = report.transactions / report.seconds if report.seconds else 0.0
    return [
        (
            f"identical: {report.blocks:,} blocks with {report.transactions:,} transactions,"
            " every seal compared"
        ),
        f"block {head.number}, {head.hash}",
        f"state root {head.state_root}",
        (
            f"{report.seconds:.1f} s, {rate:,.0f} transactions a second, on {report.engine};"
            f" sealed by {report.sealed_by}"
        ),
    ]
