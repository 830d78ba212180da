"""``synak passkey``: for somebody who lost every passkey."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.kit.clock import SystemClock
from sandbox.kit.errors import NotFound
from sandbox.services.passkeys import forget_all
from sandbox.settings import Settings
from sandbox.store import Store

app = typer.Typer(no_args_is_help=True, help="Passkeys of accounts.")


@app.callback()
def group() -> None:
    """Passkeys of accounts."""


@app.command()
def forget(
    account: Annotated[str, typer.Argument(help="Whose passkeys are taken away.")],
    database: Annotated[
        str, typer.Option(help="Another store than the settings say (SQLAlchemy URL).")
    ] = "",
) -> None:
    """Take away all passkeys of an account, when you know who asks; it is in the audit log."""
    store = Store(database or Settings.of_running().database_url)
    try:
        with store.unit() as u:
            if u.accounts.find(account) is None:
                raise NotFound("account.not_found", account=account)
            gone = forget_all(u, account, at=SystemClock().now())
            u.commit()
    finally:
        store.close()
    typer.echo(f"{account}: {gone} taken away")
