"""``synak case``: make an investigation with a known truth, and check one, without the desk.

``verify`` ends with the verdict's code, as ``synak receipt verify`` does: 0 it holds, 1 it does
not, 2 it cannot be checked.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Final

import typer

from sandbox.chain.signer.keys import read_seed
from sandbox.kit.errors import IntegrityFailure, SynakError
from sandbox.services.cases.folders import ENGINE, MANIFEST, PUBLIC, SEALED, Made
from sandbox.services.cases.making import Order, make
from sandbox.services.cases.verifying import verify as check
from sandbox.services.evidence_verdict import Verdict
from sandbox.services.verdict_lines import end, in_words

_FILE: Final = "case-secret"
HOLDS: Final = "holds: every file is as the manifest says"
app = typer.Typer(no_args_is_help=True, help="Investigations with a known truth.")


@app.callback()
def _case() -> None:
    """Investigations with a known truth."""


@app.command(name="make")
def make_one(
    *,
    lab: Annotated[str, typer.Option(help="Of the curriculum, for example P3.")],
    difficulty: Annotated[str, typer.Option(help="easy, medium or hard.")],
    who: Annotated[str, typer.Option(help="The trainee or the team; a pseudonym will do.")],
    to: Annotated[Path, typer.Option(help="A new folder for the case.")],
    attempt: Annotated[int, typer.Option(help="From 1; each is another case.")] = 1,
    secret: Annotated[
        Path | None,
        typer.Option(
            help="The file of the secret under which cases are made; made when it is not there."
            f" Left out: {_FILE} beside the case's folder. With it the same case is made again"
            " next year."
        ),
    ] = None,
) -> None:
    """Plan a case, execute it on private chains, seal its truth, and write its folder.

    Give trainees the folder 'public' and nothing else.
    """
    order = Order(lab, difficulty, who, attempt)
    path = secret or to.parent / _FILE
    try:
        known = read_seed(path)
    except IntegrityFailure as error:
        raise IntegrityFailure("cases.secret_unusable", name=path.name) from error
    for line in _lines(make(order, known, to)):
        typer.echo(line)


def _lines(made: Made) -> list[str]:
    rows = ", ".join(f"{each['rows']} {name}" for name, each in made.manifest["ledgers"].items())
    digest = hashlib.sha256((made.public / MANIFEST).read_bytes()).hexdigest()
    return [
        f"made: {rows}",
        f"{PUBLIC}: for the trainee",
        f"{ENGINE}: for a node on a server",
        f"{SEALED}: for you alone",
        f"manifest: {digest}",
        f"seal: {made.seal.hex()}",
    ]


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="The folder of a case.")],
) -> None:
    """Check a case: its files, and where the sealed one is there, by executing it again.

    Exits with 0 when it holds, with 1 when it was altered, with 2 when it cannot be checked: no
    case, or one of another version of this program.
    """
    try:
        found = check(folder)
    except SynakError as error:
        altered = isinstance(error, IntegrityFailure)
        end(Verdict.ALTERED if altered else Verdict.CANNOT_CHECK, in_words(error))
    except OSError as error:
        end(Verdict.CANNOT_CHECK, in_words(error))
    replayed = "executed again: the same blocks, and the truth that was sealed"
    end(
        Verdict.WHOLE,
        f"files: {found.files}",
        f"manifest: {found.manifest}",
        replayed if found.replayed else "not executed again: the sealed file is not here",
        holds=HOLDS,
    )
