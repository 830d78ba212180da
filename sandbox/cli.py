"""The command line: ``synak run``, ``synak doctor`` and what the parts add.

Rules:

- A part adds commands in ``sandbox/<part>/…commands.py`` as a Typer app named ``app``;
  it is imported only when it is asked for.
- An error is shown as its wording and its code, on the error output, and the exit code
  is 1; a wrong command line exits with 2.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from sandbox.kit.errors import SynakError

PARTS: Mapping[str, str] = {
    "audit": "sandbox.services.commands",
    "badge": "sandbox.services.badge_commands",
    "case": "sandbox.services.cases.commands",
    "course": "sandbox.grading.commands",
    "department": "sandbox.services.department_commands",
    "evidence": "sandbox.services.evidence_commands",
    "explorer": "sandbox.services.explorer_commands",
    "journal": "sandbox.services.journal_commands",
    "mark": "sandbox.services.mark_commands",
    "passkey": "sandbox.services.passkey_commands",
    "receipt": "sandbox.services.receipt_commands",
}
"""Command group: the module whose ``app`` holds its commands."""


class _Parts(TyperGroup):
    """Finds the parts' commands when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, also of those not yet imported."""
        found = [name for name, module in PARTS.items() if _there(module)]
        return sorted([*super().list_commands(ctx), *found])

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """One command, imported now if it belongs to a part."""
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in PARTS or not _there(PARTS[cmd_name]):
            return own
        command = get_command(importlib.import_module(PARTS[cmd_name]).app)
        command.name = cmd_name
        return command


def _there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


app = typer.Typer(
    cls=_Parts,
    no_args_is_help=True,
    add_completion=False,
    help="Synak: a regulatory sandbox and a school for digital money.",
)


@app.command()
def run() -> None:
    """Start everything, and stop it on Ctrl-C; settings are SYNAK_… variables."""
    from sandbox.run.console import run as run_install
    from sandbox.settings import Settings

    raise typer.Exit(run_install(Settings.load()))


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
) -> None:
    """Say how every part is and what to do; exits with 1 when something is not well."""
    import json
    from dataclasses import asdict

    from sandbox.run.doctor import examine, lines
    from sandbox.settings import Settings

    findings = examine(Settings.of_running())
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in findings], indent=1))
    else:
        for line in lines(findings):
            typer.echo(line)
    raise typer.Exit(0 if all(one.ok for one in findings) else 1)


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder for the backup.")],
    *,
    secrets: Annotated[
        bool, typer.Option("--secrets", help="Also the keys; then keep it as you keep keys.")
    ] = False,
) -> None:
    """Write a backup of this install, which may be running: store first, journals after."""
    from sandbox.run.backups import backup as take
    from sandbox.settings import Settings

    for line in take(Settings.of_running(), folder, secrets=secrets):
        typer.echo(line)


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="The backup's folder.")],
) -> None:
    """Check a backup and put it into an empty install, which must not be running."""
    from sandbox.run.backups import restore as put_back
    from sandbox.settings import Settings

    for line in put_back(Settings.load(), folder):
        typer.echo(line)


@app.command()
def version() -> None:
    """Print the installed version."""
    typer.echo(installed("synak"))


def main() -> None:
    """Entry point of the ``synak`` command."""
    try:
        app()
    except SynakError as error:
        from sandbox.kit.printable import printable
        from sandbox.locale import wording

        words = f"synak: {wording(error.code, error.params, 'en')} [{error.code}]"
        typer.echo(printable(words), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
