"""``synak journal``: prove that a chain is what its journal says."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sandbox.chain.engine import LocalLauncher
from sandbox.chain.producer import Head
from sandbox.chain.replay import replay, verify
from sandbox.toolchain.tools import anvil

app = typer.Typer(help="Prove that a chain is what its journal says.", no_args_is_help=True)

JournalPath = Annotated[
    Path, typer.Argument(help="A chain's directory (state/chain/kgst) or its journal.")
]


@app.command("verify")
def verify_command(path: JournalPath) -> None:
    """Check every record; name the first wrong one. Changes nothing, needs no engine."""
    report = verify(path)
    for name, value in asdict(report).items():
        print(f"{name}: {value}")


@app.command("replay")
def replay_command(
    path: JournalPath,
    to: Annotated[int | None, typer.Option(help="Stop after this block.")] = None,
) -> None:
    """Rebuild the chain from nothing on a clean engine and compare every seal."""

    def progress(head: Head) -> None:
        if sys.stderr.isatty():
            print(f"\rblock {head.number}", end="", file=sys.stderr)

    report = asyncio.run(replay(path, LocalLauncher(anvil()), to, progress))
    print(
        f"identical: {report.blocks} blocks, {report.transactions} transactions,"
        f" block {report.head.number} {report.head.hash}, state root {report.head.state_root},"
        f" {report.seconds:.1f} s, {report.engine}"
    )
