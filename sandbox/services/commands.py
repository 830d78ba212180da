"""``synak audit``: check the log from the command line, alone or against outside witnesses.

It ends with the verdict's code, as ``synak evidence verify`` does: 0 whole, 1 altered, 2 cannot
check.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from sandbox.domain.head_paper import words_of
from sandbox.kit.errors import SynakError
from sandbox.kit.printable import printable
from sandbox.services.audit import verify_log
from sandbox.services.audit_witness import Testimony, Witness, read_witness, testify
from sandbox.services.evidence_verdict import EXIT_CODES, Verdict
from sandbox.services.gateway_client import GatewayClient
from sandbox.services.journal_compare import Comparison, compare
from sandbox.services.views import VerifyReport
from sandbox.services.witnessing import anchored
from sandbox.settings import Settings
from sandbox.store import Store

MOST_PLACES = 100
"""So many erased places are named."""
ANCHOR: Final = "anchor of"
LAST_LINES: Final = {
    Verdict.WHOLE: "whole: nothing was altered",
    Verdict.ALTERED: "ALTERED: see above",
    Verdict.CANNOT_CHECK: "CANNOT CHECK as asked: see above",
}
app = typer.Typer(no_args_is_help=True, help="The audit log.")


@app.callback()
def _audit() -> None:
    """The audit log."""


@app.command()
def verify(
    witness: Annotated[
        list[Path] | None,
        typer.Option(
            help="What an outside witness kept: the mail, a register page's PDF file, a head's"
            " JSON, or a text with size, root and words typed off the paper."
        ),
    ] = None,
    head: Annotated[
        Path | None,
        typer.Option(help="A tree head kept earlier (JSON of GET /desk/api/v1/audit/head)."),
    ] = None,
    chain: Annotated[
        bool,
        typer.Option(
            "--chain", help="Also every head that was anchored on the KGST chain, read from there."
        ),
    ] = False,
    journal: Annotated[
        list[Path] | None,
        typer.Option(help="A chain's directory or journal, to be compared with the log's batches."),
    ] = None,
    key: Annotated[
        str, typer.Option(help="The platform's public key, hex, as you know it from elsewhere.")
    ] = "",
    database: Annotated[
        str, typer.Option(help="Another store than the settings say (SQLAlchemy URL).")
    ] = "",
) -> None:
    """Check every record, every signed head, and what outside witnesses and journals say.

    Exits with 0 when all of it is whole, with 1 when anything was altered, with 2 when something
    cannot be checked: why and what to do is printed.
    """
    given = [read_witness(path) for path in (*(witness or ()), *([head] if head else ()))]
    given += _anchors() if chain else []
    try:
        known = _key(key)
        report, comparisons = _checked(database, given, journal or ())
    except (SynakError, OSError, ValueError) as error:
        typer.echo(printable(f"cannot verify: {error}"), err=True)
        typer.echo(LAST_LINES[Verdict.CANNOT_CHECK])
        raise typer.Exit(EXIT_CODES[Verdict.CANNOT_CHECK]) from error
    said = testify(given, report, key=known)
    for line in _lines(report, comparisons, said):
        typer.echo(printable(line))
    verdict = _verdict(report, comparisons, said)
    typer.echo(LAST_LINES[verdict])
    raise typer.Exit(EXIT_CODES[verdict])


def _anchors() -> list[Witness]:
    """The heads on the chain, before the log is read: so none is newer than it."""
    try:
        with contextlib.closing(
            GatewayClient(Settings.of_running().paths.gateway_socket)
        ) as gateway:
            heads = anchored(gateway)
    except (SynakError, OSError) as error:
        return [Witness("KGST chain", None, str(error))]
    return [
        Witness(f"{ANCHOR} {each.size}", replace(each, words=words_of(each.size, each.root)))
        for each in heads
    ]


def _key(text: str) -> str | None:
    if text and (len(text) != 64 or bytes.fromhex(text).hex() != text):
        raise ValueError("--key is not 64 hexadecimal digits")
    return text or None


def _checked(
    database: str, given: Sequence[Witness], journals: Sequence[Path]
) -> tuple[VerifyReport, list[Comparison]]:
    store = Store(database or Settings.of_running().database_url)
    sizes = {each.head.size for each in given if each.head is not None}
    try:
        with store.unit(read_only=True) as u:
            size = u.audit.size()
            report = verify_log(
                u,
                sizes=sizes,
                progress=lambda place: typer.echo(f"{place} of {size} records", err=True),
            )
            return report, [compare(u, path) for path in journals]
    finally:
        store.close()


def _lines(
    report: VerifyReport, comparisons: Sequence[Comparison], said: Sequence[Testimony]
) -> list[str]:
    found = [sentence(report)]
    found += [f"journal {each.chain}: {each.sentence()}" for each in comparisons]
    anchors = [each for each in said if each.name.startswith(ANCHOR)]
    if anchors:
        found.append(f"KGST chain: {len(anchors)} anchored heads were compared")
    for each in said:
        if each in anchors and each.verdict is Verdict.WHOLE:
            continue
        found.append(f"witness {each.name}: {each.verdict.value}: {each.words}")
        found += [f"  what to do: {each.advice}"] if each.advice else []
    return found


def _verdict(
    report: VerifyReport, comparisons: Sequence[Comparison], said: Sequence[Testimony]
) -> Verdict:
    """What was altered outweighs what could not be checked."""
    verdicts = {each.verdict for each in said}
    if not report.ok or any(each.code is not None for each in comparisons):
        return Verdict.ALTERED
    return next(
        (each for each in (Verdict.ALTERED, Verdict.CANNOT_CHECK) if each in verdicts),
        Verdict.WHOLE,
    )


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
