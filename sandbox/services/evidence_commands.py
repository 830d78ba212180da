"""``synak evidence``: check an evidence file, on any machine, with nothing but the file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox.kit.printable import printable, printable_json
from sandbox.services.evidence_report import Report
from sandbox.services.evidence_verify import verify_file

MOST_PROBLEMS = 50
"""So many problems are printed; ``--json`` gives all."""
app = typer.Typer(no_args_is_help=True, help="Evidence files.")


@app.callback()
def _evidence() -> None:
    """Evidence files."""


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The evidence file (zip).")],
    head: Annotated[
        Path | None,
        typer.Option(
            help="A tree head kept earlier (JSON of GET /desk/api/v1/audit/head): shows a log that"
            " was rewritten since."
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="The platform's public key, hex, as you know it from elsewhere."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
) -> None:
    """Check every record of an evidence file; name what was altered.

    Needs no store, settings or network. Exits with 1 when anything is wrong, with 3 when the kept
    head cannot be read.
    """
    try:
        kept = _kept(head) if head else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        typer.echo(printable(f"cannot read the kept head: {error}"), err=True)
        raise typer.Exit(3) from error
    report = verify_file(file, kept=kept, key=key)
    if as_json:
        typer.echo(printable_json(json.dumps(report.as_dict(), indent=1, ensure_ascii=False)))
    else:
        for line in _lines(report, known=key is not None or kept is not None):
            typer.echo(printable(line))
    raise typer.Exit(0 if report.ok else 1)


def _kept(path: Path) -> dict[str, Any]:
    """A head as the desk gives it, or as the SDK keeps it: below the log's address."""
    data = json.loads(path.read_text("utf-8"))
    if "size" not in data:
        if len(data) != 1:
            raise ValueError(f"it holds the heads of {len(data)} logs; keep one in a file")
        (data,) = data.values()
    return {
        "size": int(data["size"]),
        "root": str(data["root"]),
        "at": str(data["at"]).replace("Z", "+00:00"),
        "signature": str(data["signature"]),
        "public_key": str(data["public_key"]),
    }


def _lines(report: Report, *, known: bool) -> list[str]:
    found = []
    facts = report.facts
    if facts:
        found += [
            f"{facts['id']}: permit {facts['permit']}, for {facts['recipient']}",
            f"  basis: {facts['legal_basis']}",
            f"  made {facts['made_at']} by seat {facts['made_by']['seat']}",
            _counted(facts),
            *(f"  from the first {n} records of {c}" for c, n in facts["covers"].items()),
            f"  {facts['redaction']}",
            f"  {facts['notice']}",
        ]
        found += [_version(each) for each in facts["versions"]]
    found += [f"{'ok   ' if ok else 'WRONG'} {words}" for words, ok in report.steps]
    found += [f"WRONG: {each.sentence()}" for each in report.problems[:MOST_PROBLEMS]]
    if len(report.problems) > MOST_PROBLEMS:
        found.append(f"and {len(report.problems) - MOST_PROBLEMS} more (--json gives all)")
    if facts and not known:
        found.append(
            f"signed by {facts['signed_by']}: compare this key with the platform's, or check again"
            " with --key or --head"
        )
    found.append("nothing was altered" if report.ok else "this file was ALTERED")
    return found


def _counted(facts: Mapping[str, Any]) -> str:
    outcomes = ", ".join(f"{facts[name]} {name}" for name in ("succeeded", "failed", "dropped"))
    return f"  {facts['transactions']} transactions ({outcomes}), {facts['refusals']} refusals"


def _version(version: dict[str, Any]) -> str:
    where = ", ".join(f"{chain} by {tx}" for chain, tx in version["published"].items())
    signers = " and ".join(version["signatures"])
    unknown = "" if version["regulators"] else " (not shown to be regulators by this file)"
    return (
        f"  version {version['version']} signed by {signers}{unknown};"
        f" published: {where or 'not shown'}"
    )
