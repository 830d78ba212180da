"""``synak audit``: check the log from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from sandbox.kit.errors import SynakError
from sandbox.kit.printable import printable
from sandbox.services.audit import KeptHead, verify_log
from sandbox.services.journal_compare import compare
from sandbox.services.views import VerifyReport
from sandbox.settings import Settings
from sandbox.store import Store

MOST_PLACES = 100
"""So many erased places are named."""
app = typer.Typer(no_args_is_help=True, help="The audit log.")


@app.callback()
def _audit() -> None:
    """The audit log."""


@app.command()
def verify(
    head: Annotated[
        Path | None,
        typer.Option(help="A tree head kept earlier (JSON of GET /desk/api/v1/audit/head)."),
    ] = None,
    journal: Annotated[
        list[Path] | None,
        typer.Option(help="A chain's directory or journal, to be compared with the log's batches."),
    ] = None,
    database: Annotated[
        str, typer.Option(help="Another store than the settings say (SQLAlchemy URL).")
    ] = "",
) -> None:
    """Check every record, every signed head and, if given, a kept head and chains' journals."""
    try:
        kept = KeptHead.from_dict(json.loads(head.read_text("utf-8"))) if head else None
        store = Store(database or Settings.of_running().database_url)
        with store.unit(read_only=True) as u:
            report = verify_log(u, kept=kept)
            comparisons = [compare(u, path) for path in journal or ()]
        store.close()
    except (SynakError, OSError, ValueError) as error:
        typer.echo(printable(f"cannot verify: {error}"), err=True)
        raise typer.Exit(3) from error
    typer.echo(printable(sentence(report)))
    for each in comparisons:
        typer.echo(printable(f"journal {each.chain}: {each.sentence()}"))
    good = report.ok and all(each.code is None for each in comparisons)
    raise typer.Exit(0 if good else 1)


def sentence(report: VerifyReport) -> str:
    """A report in one line."""
    if report.ok:
        return (
            f"ok: {report.size} records, root {report.root}, "
            f"{report.checked_heads} signed heads hold{_erased(report)}"
        )
    where = f"record {report.first_wrong}" if report.first_wrong is not None else "the log"
    meaning = {
        "audit.record_wrong": "is not what was written",
        "audit.erasure_not_recorded": "was erased, and no later record says so",
        "audit.head_wrong": "or one after it, before the next signed head, was rewritten",
        "audit.records_missing": "and what follows are missing: a signed head is longer",
        "audit.log_rewritten": "does not begin with the kept head: it was rewritten",
        "audit.kept_head_not_signed": "cannot be compared: the kept head's signature is wrong",
    }[report.code or "audit.record_wrong"]
    return f"WRONG: {where} {meaning} ({report.code})"


def _erased(report: VerifyReport) -> str:
    if not report.erased:
        return ""
    places = ", ".join(map(str, report.erased[:MOST_PLACES]))
    more = " and more" if len(report.erased) > MOST_PLACES else ""
    return f"; {len(report.erased)} erased by recorded acts: {places}{more}"
