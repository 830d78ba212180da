"""What the commands that check something offline have in common: reading, and how they end."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NoReturn

import typer

from sandbox.domain.receipts import public_key
from sandbox.kit.errors import SynakError
from sandbox.kit.printable import printable
from sandbox.locale import wording
from sandbox.services.evidence_verdict import EXIT_CODES, Verdict

SIGNED: Final = "holds: the platform signed this, and nothing in it was altered"


def read_key(given: str) -> str:
    """A public key as typed, or the one in a file.

    Raises:
        InvalidInput: ``receipt.bad_key``.
        OSError, ValueError: the file cannot be read.
    """
    path = Path(given)
    return public_key(path.read_text("ascii") if path.is_file() else given)


def read_at_most(path: Path, most: int) -> bytes:
    """A file, or the first byte too many of it.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(most + 1)


def in_words(error: Exception) -> str:
    """An error for a terminal."""
    if isinstance(error, SynakError):
        return f"{wording(error.code, error.params, 'en')} [{error.code}]"
    return str(error)


def end(verdict: Verdict, *lines: str, holds: str = SIGNED) -> NoReturn:
    """Say what was found, and end with the verdict's code.

    Args:
        verdict: what came of it.
        *lines: said before it.
        holds: how a good one is called.
    """
    last = {
        Verdict.WHOLE: holds,
        Verdict.ALTERED: "DOES NOT HOLD: see above",
        Verdict.CANNOT_CHECK: "CANNOT CHECK: see above",
    }[verdict]
    for line in (*lines, last):
        typer.echo(printable(line))
    raise typer.Exit(EXIT_CODES[verdict])
