"""``synak explorer``: the index of the chains from the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.kit.errors import InvalidInput
from sandbox.services.explorer_follow import CHAINS
from sandbox.settings import Settings
from sandbox.store import Store

app = typer.Typer(no_args_is_help=True, help="The explorer's index of the chains.")
_Database = Annotated[
    str, typer.Option(help="Another store than the settings say (SQLAlchemy URL).")
]


@app.command()
def status(database: _Database = "") -> None:
    """Say how far each chain is indexed."""
    store = Store(database or Settings.of_running().database_url)
    with store.unit(read_only=True) as u:
        for cursor in u.explorer.cursors():
            counts = u.explorer.counts(cursor.chain)
            told = ", ".join(f"{count} {name}" for name, count in counts.items())
            typer.echo(f"{cursor.chain}: block {cursor.block} of {cursor.head}; {told}")
    store.close()


@app.command()
def rebuild(
    chain: Annotated[str, typer.Argument(help="kgst or som.")],
    *,
    other: Annotated[
        bool,
        typer.Option(help="The chain is another one now: forget its verified sources as well."),
    ] = False,
    database: _Database = "",
) -> None:
    """Forget a chain's index; the worker makes it again from the first block.

    Differences of balances in the past cannot be measured again: they are found as one, with the
    span of blocks in which they happened.
    """
    if chain not in CHAINS:
        raise InvalidInput("gateway.chain_unknown", chain=chain[:20], known=", ".join(CHAINS))
    store = Store(database or Settings.of_running().database_url)
    with store.unit() as u:
        u.explorer.hold(chain)
        u.explorer.forget(chain)
        if other:
            u.explorer.drop_sources(chain)
        u.commit()
    store.close()
    typer.echo(f"{chain}: forgotten; the worker makes the index again")
