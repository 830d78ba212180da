"""``synak course``: for those who write courses."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from sandbox.locale import LANGUAGES, Language, language, wording
from sandbox.toolchain.layout import CHECKOUT

app = typer.Typer(help="Check and write courses.", no_args_is_help=True)
Place = Annotated[Path, typer.Argument(help="An assignment's folder, or one above it.")]


@app.callback()
def course() -> None:
    """Check and write courses."""


@app.command()
def check(
    path: Place,
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Only what needs no run.")] = False,
    lang: Annotated[str, typer.Option("--language", help="Of the findings: ky, ru, en.")] = "en",
) -> None:
    """Check assignments; exits with 1 when one does not hold.

    Held are: the description, cells, translations; then by running: solution 100 %, twice
    the same, untouched 0, attacks 0, within the time.
    """
    from sandbox.grading.authoring.description import check_course_file
    from sandbox.grading.authoring.findings import Finding
    from sandbox.grading.checking import check_assignment
    from sandbox.grading.warden import Warden, WardenSetup
    from sandbox.isolation.probe import probe

    said: Language = language(None, lang, otherwise="en")
    faults = 0

    def tell(finding: Finding) -> None:
        nonlocal faults
        faults += not finding.good
        typer.echo("  " + finding.line(said).replace("\n", "\n  "))

    folders = _assignments(path)
    warden = None if quick else Warden(WardenSetup(checkout=CHECKOUT, level=probe().level))
    for course_folder in sorted({folder.parent.parent for folder in folders}):
        if course_folder.parent.name == "courses":
            typer.echo(course_folder.name)
            described = course_folder / "course.yaml"
            content = described.read_bytes() if described.is_file() else None
            for finding in check_course_file(content):
                tell(finding)
    for number, folder in enumerate(folders, 1):
        typer.echo(f"{folder.name} ({number}/{len(folders)})")
        for finding in check_assignment(folder, warden, _progress(time.monotonic())):
            tell(finding)
    if faults:
        typer.echo(f"{faults} to correct.")
        raise typer.Exit(1)


@app.command()
def texts(
    path: Place,
    *,
    build: Annotated[
        Path | None, typer.Option(help="Write each language's notebooks and guide below this.")
    ] = None,
) -> None:
    """Bring the catalogues up to the source: what is new is empty, what changed is fuzzy."""
    from sandbox.grading.authoring.work import renew, write_languages

    for folder in _assignments(path):
        for lang, counts in renew(folder).items():
            done, fuzzy, missing = counts
            typer.echo(
                f"{folder.name} {lang}: {done} translated, {fuzzy} changed (fuzzy), {missing} new"
            )
        if build is not None:
            for written in write_languages(folder, build / folder.name):
                typer.echo(f"written {written}")


@app.command()
def sign(
    path: Place,
    *,
    lang: Annotated[str, typer.Option("--language", help="Which was read: ky, ru or en.")],
    name: Annotated[str, typer.Option(help="Of the native reader who read it.")],
) -> None:
    """Sign a language of an assignment as read by a native reader; today is noted."""
    from sandbox.grading.authoring.work import sign as sign_language

    if lang not in LANGUAGES:
        raise typer.BadParameter("ky, ru or en", param_hint="--language")
    for folder in _assignments(path):
        sign_language(folder, language(None, lang), by=name, at=date.today())  # noqa: DTZ011
        typer.echo(f"{folder.name}: {lang} signed by {name}")


@app.command()
def new(
    path: Annotated[Path, typer.Argument(help="courses/<course>/<unit>/<assignment>, not there.")],
    *,
    title: Annotated[str, typer.Option(help="In English; else from the folder's name.")] = "",
    title_ru: Annotated[str, typer.Option(help="In Russian.")] = "",
    title_ky: Annotated[str, typer.Option(help="In Kyrgyz.")] = "",
) -> None:
    """Start an assignment from the template; it passes the check as it is."""
    from sandbox.grading.authoring.work import start

    titles: dict[Language, str] = {"en": title, "ru": title_ru, "ky": title_ky}
    for written in start(path, titles):
        typer.echo(f"written {written}")
    typer.echo(f"Next: synak course check {path}")


@app.command("self-check")
def self_check(
    assignment: Annotated[str, typer.Argument(help="Its name, or its folder in your files.")],
    *,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the result.", min=0)] = 300.0,
) -> None:
    """For students: run the visible tests on your present work, as the grader does.

    It is no hand-in. In a terminal of the course's server; exits with 1 when a test fails.
    """
    from sandbox.hub.exchange.client import CourseDesk, DeskProblem
    from sandbox.hub.exchange.folders import OddFile
    from sandbox.hub.exchange.self_check import checked
    from sandbox.kit.errors import SynakError

    try:
        found = checked(CourseDesk.here(), Path.home(), assignment, wait, typer.echo)
    except (DeskProblem, SynakError, OddFile) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from problem
    raise typer.Exit(0 if found else 1)


def _assignments(path: Path) -> list[Path]:
    """The assignments at or below a folder; none is a wrong command line."""
    found = sorted(
        each.parent for each in path.rglob("course.yaml") if any(each.parent.glob("*.ipynb"))
    )
    if not found:
        words = wording("authoring.no_assignment", {"path": str(path)}, "en")
        typer.echo(words, err=True)
        raise typer.Exit(2)
    return found


def _progress(began: float) -> Callable[[int, int, str], None]:
    def told(number: int, steps: int, what: str) -> None:
        seconds = time.monotonic() - began
        more = ""
        if number > 2:  # the first step alone says nothing of those to come
            more = f", about {seconds / (number - 1) * (steps - number + 1):.0f} s left"
        typer.echo(f"  … {number}/{steps} {what} ({seconds:.0f} s{more})", err=True)

    return told
