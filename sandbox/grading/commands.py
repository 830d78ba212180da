"""``synak course``: for those who write courses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
        warden = Warden(WardenSetup(checkout=CHECKOUT, level=probe().level))
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


def _notebooks(folder: Path) -> bool:
    return any(folder.glob("*.ipynb"))
