"""``synak mark``: check the proof of a mark, without the desk and without a network.

It ends with the verdict's code, as ``synak receipt verify`` does: 0 it holds, 1 it does not, 2 it
cannot be checked.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.kit.errors import IntegrityFailure, SynakError
from sandbox.services.evidence_verdict import Verdict
from sandbox.services.mark_proofs import LARGEST, check
from sandbox.services.verdict_lines import end, in_words, read_at_most, read_key

HOLDS = "holds: the mark was in the platform's log when the head was signed"
app = typer.Typer(no_args_is_help=True, help="Proofs of marks.")


@app.callback()
def _mark() -> None:
    """Proofs of marks."""


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The proof, a JSON file.")],
    key: Annotated[
        str,
        typer.Option(help="The key of the audit log's heads: 64 hexadecimal digits, or a file."),
    ],
) -> None:
    """Check that a mark stood in the audit log; a later one may have corrected it.

    Exits with 0 when the proof holds, with 1 when it does not, with 2 when it cannot be checked.
    """
    try:
        known, content = read_key(key), read_at_most(file, LARGEST)
    except (OSError, ValueError, SynakError) as error:
        end(Verdict.CANNOT_CHECK, in_words(error))
    try:
        said = check(content, known)
    except SynakError as error:
        unsure = error.code == "mark_proof.other_key" or not isinstance(error, IntegrityFailure)
        end(Verdict.CANNOT_CHECK if unsure else Verdict.ALTERED, in_words(error))
    entry, head = said["entry"], said["head"]
    lines = [f"{name}: {entry['data'][name]}" for name in sorted(entry["data"])]
    lines += [f"{name}: {entry[name]}" for name in ("kind", "actor", "at", "index")]
    end(
        Verdict.WHOLE,
        *lines,
        f"head: {head['size']} entries, {head['at']}",
        f"key: {known}",
        holds=HOLDS,
    )
