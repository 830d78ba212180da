"""``synak evidence``: check an evidence file, on any machine, with nothing but the file.

It ends with the verdict's code: 0 whole, 1 altered, 2 cannot check.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from sandbox.kit.printable import printable, printable_json
from sandbox.services.evidence_report import Report
from sandbox.services.evidence_verdict import EXIT_CODES, Verdict
from sandbox.services.evidence_verify import verify_file

MOST_PROBLEMS = 50
"""So many problems are printed; ``--json`` gives all."""
LAST_LINES: Final[Mapping[Verdict, str]] = {
    Verdict.WHOLE: "nothing was altered",
    Verdict.ALTERED: "this file was ALTERED",
    Verdict.CANNOT_CHECK: "this file was NOT CHECKED as asked; see above",
}
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

    Needs no store, settings or network. Exits with 0 when the file is whole, with 1 when anything
    was altered, with 2 when it cannot be checked: the reason and what to do are printed.
    """
    kept, trouble = _kept_or_why(head)
    report = verify_file(file, kept=kept, key=key)
    if trouble:
        report.cannot("head_unreadable", trouble)
    if as_json:
        typer.echo(printable_json(json.dumps(report.as_dict(), indent=1, ensure_ascii=False)))
    else:
        for line in _lines(report, known=key is not None or head is not None):
            typer.echo(printable(line))
    raise typer.Exit(EXIT_CODES[report.verdict])


def _kept_or_why(path: Path | None) -> tuple[dict[str, Any] | None, str]:
    """The kept head, or why it cannot be read."""
    if path is None:
        return None, ""
    try:
        return _kept(path), ""
    except OSError as error:
        return None, f"{path}: {error.strerror or type(error).__name__}"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return None, f"{path}: {error or type(error).__name__}"


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
            *(line for chain in facts["covers"] for line in _chain(facts, chain)),
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
    for each in report.obstacles:
        found += [f"CANNOT CHECK: {each.why}", f"  what to do: {each.advice}"]
    return [*found, LAST_LINES[report.verdict]]


def _counted(facts: Mapping[str, Any]) -> str:
    outcomes = ", ".join(f"{facts[name]} {name}" for name in ("succeeded", "failed", "dropped"))
    return f"  {facts['transactions']} transactions ({outcomes}), {facts['refusals']} refusals"


def _chain(facts: Mapping[str, Any], chain: str) -> list[str]:
    """What the file rests on, of one chain, and what it does not hold yet."""
    number, supervisor = facts["chain_id"][chain], facts["supervisor"][chain]
    newer = facts["not_batched"][chain]
    found = [
        f"  from the first {facts['covers'][chain]} records of {chain}",
        f"  {chain}: chain {number}, Supervisor {supervisor} (compare with the platform's)",
    ]
    if newer:
        found.append(
            f"  {newer} newer records of {chain} were not in the audit log when it was made"
        )
    return found


def _version(version: dict[str, Any]) -> str:
    where = ", ".join(f"{chain} by {tx}" for chain, tx in version["published"].items())
    signers = " and ".join(version["signatures"])
    return f"  version {version['version']} signed by {signers}; published: {where or 'not shown'}"
