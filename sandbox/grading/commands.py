"""``synak course``: for those who write courses."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from sandbox.domain.receipts import verify_receipt
from sandbox.grading.warden import Warden, WardenSetup
from sandbox.isolation.probe import probe
from sandbox.kit.errors import SynakError
from sandbox.toolchain.layout import CHECKOUT

app = typer.Typer(help="Check and write courses.", no_args_is_help=True)


@app.callback()
def course() -> None:
    """Check and write courses."""


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="An assignment's folder, or one above it.")],
) -> None:
    """Check assignments: solution 100 %, untouched 0, attacks 0, the same marks twice."""
    from sandbox.grading.checking import check_assignment

    folders = sorted(each.parent for each in path.rglob("course.yaml") if _notebooks(each.parent))
    if not folders:
        typer.echo(f"No assignment below {path}: a folder with course.yaml and a notebook.")
        raise typer.Exit(2)
    good = True
    try:
        with closing(Warden(WardenSetup(checkout=CHECKOUT, level=probe().level))) as warden:
            for folder in folders:
                typer.echo(folder.name)
                for finding in check_assignment(folder, warden):
                    good = good and finding.good
                    mark = "ok  " if finding.good else "FAIL"
                    detail = f" ({finding.detail})" if finding.detail else ""
                    typer.echo(f"  {mark} {finding.what}{detail}")
    except SynakError as error:
        typer.echo(f"  FAIL {error}")
        good = False
    if not good:
        raise typer.Exit(1)


@app.command()
def receipt(
    path: Annotated[Path, typer.Argument(help="The receipt, a JSON file.")],
    public_key: Annotated[str, typer.Option(help="The desk's key, hex, from where you trust it.")],
    folder: Annotated[Path | None, typer.Option(help="The files it should speak of.")] = None,
) -> None:
    """Check a receipt offline: signature, and with --folder the files themselves."""
    try:
        said = json.loads(path.read_text("utf-8"))
        files = (
            None
            if folder is None
            else {
                str(each.relative_to(folder)): each.read_bytes()
                for each in sorted(folder.rglob("*"))
                if each.is_file()
                and not any(p.startswith(".") for p in each.relative_to(folder).parts)
            }
        )
        body = verify_receipt(said, public_key, files)
    except (OSError, ValueError, SynakError) as error:
        typer.echo(f"FAIL {error}")
        raise typer.Exit(1) from error
    typer.echo(f"ok   {body['student']} handed in {body['assignment']} at {body['at']}")


def _notebooks(folder: Path) -> bool:
    return any(folder.glob("*.ipynb"))
