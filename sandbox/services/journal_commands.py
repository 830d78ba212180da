"""``synak journal``: prove that a chain is what its journal says, and what the audit log knows."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from sandbox.chain import commands
from sandbox.chain.commands import AsJson, JournalPath
from sandbox.kit.printable import printable
from sandbox.services.journal_compare import compare
from sandbox.settings import Settings
from sandbox.store import Store

app = typer.Typer(help="Prove that a chain is what its journal says.", no_args_is_help=True)
app.command("replay")(commands.replay_command)


@app.command("verify")
def verify_command(
    path: JournalPath,
    *,
    audit: Annotated[
        bool,
        typer.Option("--audit", help="Compare with the audit log: shows an end that was cut off."),
    ] = False,
    database: Annotated[
        str, typer.Option(help="Another store than the settings say (SQLAlchemy URL).")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check every record; name the first wrong one. Changes nothing, needs no engine."""
    commands.verify_command(path, as_json)
    if not audit:
        return
    store = Store(database or Settings.of_running().database_url)
    with store.unit(read_only=True) as u:
        comparison = compare(u, path)
    store.close()
    words = f"audit log: {comparison.sentence()}"
    typer.echo(json.dumps({"audit": asdict(comparison)}) if as_json else printable(words))
    if comparison.code is not None:
        raise typer.Exit(1)
