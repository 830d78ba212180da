"""``synak receipt``: check the receipt of a submission, without the desk and without a network.

It ends with the verdict's code, as ``synak audit verify`` does: 0 it holds, 1 it does not,
2 it cannot be checked.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from sandbox.domain.receipts import KEY_FILE, public_key, read_receipt, verify_receipt
from sandbox.hub.exchange.folders import OddFile, read_folder
from sandbox.kit.errors import IntegrityFailure, SynakError
from sandbox.services.evidence_verdict import Verdict
from sandbox.services.verdict_lines import end, in_words

NO_KEY: Final = (
    "no key to check with: give --key, the platform's public key as you know it from elsewhere"
    " (the desk shows it on the page 'Check a receipt')"
)
app = typer.Typer(no_args_is_help=True, help="Receipts of submissions.")


@app.callback()
def _receipt() -> None:
    """Receipts of submissions."""


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The receipt, a JSON file.")],
    key: Annotated[
        str,
        typer.Option(
            help="The platform's public key, hex; left out, the one kept beside the receipt"
            f" ({KEY_FILE})."
        ),
    ] = "",
    folder: Annotated[
        Path | None, typer.Option(help="The files that it should speak of, as handed in.")
    ] = None,
) -> None:
    """Check a receipt: its signature, its form, and with --folder the files themselves.

    Exits with 0 when it holds, with 1 when it was altered or speaks of other files, with 2 when it
    cannot be checked: a file that cannot be read, no key, or another one.
    """
    try:
        known = _key(key, file.parent / KEY_FILE)
        said = file.read_bytes()
        files = None if folder is None else read_folder(folder, ["feedback"])
    except (OSError, ValueError, SynakError, OddFile) as error:
        end(Verdict.CANNOT_CHECK, in_words(error))
    try:
        body = verify_receipt(read_receipt(said), known, files)
    except SynakError as error:
        unsure = error.code == "receipt.other_key" or not isinstance(error, IntegrityFailure)
        end(Verdict.CANNOT_CHECK if unsure else Verdict.ALTERED, in_words(error))
    names = ("student", "organisation", "course", "assignment", "at", "number", "content")
    lines = [f"{name}: {body[name]}" for name in names if name in body]
    lines += [f"file: {each['path']} ({each['size']} bytes)" for each in body["files"]]
    end(Verdict.WHOLE, *lines, f"key: {known}")


def _key(given: str, beside: Path) -> str:
    if not given and not beside.is_file():
        raise ValueError(NO_KEY)
    return public_key(given or beside.read_text("ascii"))
