"""Checking an assignment before anybody gets it.

Numbered plan:

1. ``course.yaml``: known keys, titles in three languages, points that are those of the
   tests, outcomes that the tests give evidence of, rubrics of what a person marks;
   ``quiz.yaml``, where there is one
2. cells: ids are unique; nothing that cannot cross the split or needs a network;
   the opening names tasks, points and minutes as they are
   variants: the locked cell and the places in texts are those that are declared
3. translations: there, of the texts as they are, of the same shape; who signed them
4. the student's version, made by nbgrader, shows no solution and no hidden test
5. the solution gives every point of the tests, twice the same, within its time; where a test
   credits steps, they are told, and are the points
6. the student's version handed in as it is gives none
7. where there are variants: 5 and 6 again with the edges of every parameter and with values between
8. every cell of `sandbox.grading.hostile` in place of the answers gives none, nor does an answer
   that always says the same (`sandbox.grading.constants`)

What cannot be right is told by code, file and cell, with what to do. Running starts only
when cells and description hold: marks of a broken assignment mean nothing.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sandbox.domain.release import without_authoring
from sandbox.domain.variants import samples
from sandbox.grading.authoring.check_cells import (
    Cells,
    answers_of,
    check_cells,
    check_titles,
    tests_of,
)
from sandbox.grading.authoring.check_opening import check_opening
from sandbox.grading.authoring.check_texts import check_texts
from sandbox.grading.authoring.check_variants import check_variants, declared_in
from sandbox.grading.authoring.description import FILE, check_assignment_file, described
from sandbox.grading.authoring.findings import Finding, Level, fault
from sandbox.grading.authoring.grading import (
    Gradings,
    Runs,
    check_shown,
    files_below,
    make_release,
    said_of,
)
from sandbox.grading.authoring.quizzes import check_quiz
from sandbox.grading.constants import CONSTANTS
from sandbox.grading.hostile import HOSTILE
from sandbox.kit.errors import SynakError

Told = Callable[[int, int, str], None]
"""Progress: number of the step, of how many, its name."""


def check_assignment(
    folder: Path, warden: Runs | None, told: Told = lambda *_said: None
) -> Iterator[Finding]:
    """Check one assignment; stops early when running it would make no sense.

    Args:
        folder: with ``course.yaml`` and source notebooks.
        warden: runs the gradings; None: only what can be read is checked.
        told: is told each step that takes time, before it starts.
    """
    files = files_below(folder)
    notebooks = {path: _cells(files[path]) for path in files if _is_source(path)}
    broken = [path for path, cells in notebooks.items() if cells is None]
    if broken or not notebooks:
        yield from [fault("notebook_unreadable", path) for path in broken or [folder.name]]
        return
    readable = {path: cells or [] for path, cells in notebooks.items()}
    findings = list(_read(files, readable))  # 1, 2
    yield from findings
    yield from check_texts(files)  # 3
    if warden is not None and all(finding.good for finding in findings):
        yield from _run(folder, files, readable, warden, told)


def _read(files: Mapping[str, bytes], notebooks: Mapping[str, Cells]) -> Iterator[Finding]:
    tests: dict[str, float] = {}
    for cells in notebooks.values():
        tests |= tests_of(cells)
    answers = [name for cells in notebooks.values() for name in answers_of(cells)]
    yield from check_assignment_file(files.get(FILE), tests, answers)
    for path, cells in notebooks.items():
        yield from check_cells(path, cells, files)
        yield from check_titles(path, cells)
        yield from check_opening(path, cells, described(files.get(FILE)))
    yield from check_variants(described(files.get(FILE)), notebooks)
    yield from check_quiz(files)


def _run(
    folder: Path,
    files: Mapping[str, bytes],
    notebooks: Mapping[str, Cells],
    warden: Runs,
    told: Told,
) -> Iterator[Finding]:
    with tempfile.TemporaryDirectory(prefix="synak-check-") as name:
        work = Path(name)
        work.chmod(0o755)
        said = described(files[FILE]) or {}
        variants = samples(declared_in(said))
        steps = 4 + len(variants) + len(HOSTILE) + len(CONSTANTS)
        told(1, steps, "release")
        try:
            made = make_release(folder, work / "course")
        except SynakError as error:
            yield Finding(error.code, Level.FAULT, params=error.params)
            return
        release = without_authoring(files_below(made))
        yield check_shown(release, files)  # 4
        gradings = Gradings(warden, files, release, work)
        tests = {
            (path.removesuffix(".ipynb"), cell): points
            for path, cells in notebooks.items()
            for cell, points in tests_of(cells).items()
            if cell not in answers_of(cells)
        }
        seconds = float(said["seconds"])
        parts: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
            ("solution", lambda: gradings.solution(tests, seconds)),  # 5
            ("solution again", gradings.twice),
            ("untouched", gradings.untouched),  # 6
            *(
                (f"variant: {said_of(each)}", partial(gradings.variant, tests, each))
                for each in variants
            ),  # 7
            *((f"attack: {name}", partial(gradings.attacked, name)) for name in HOSTILE),  # 8
            *((f"always {value}", partial(gradings.constant, value)) for value in CONSTANTS),
        ]
        for number, (what, part) in enumerate(parts, 2):
            told(number, steps, what)
            try:
                yield from part()
            except SynakError as error:
                yield Finding(error.code, Level.FAULT, params=error.params)
                return


def _is_source(path: str) -> bool:
    return path.endswith(".ipynb") and "/" not in path


def _cells(content: bytes) -> Cells | None:
    """The cells of a notebook; None when it is none."""
    try:
        notebook: Any = json.loads(content)
        cells = notebook["cells"]
        return cells if all(isinstance(cell["metadata"], dict) for cell in cells) else None
    except (ValueError, KeyError, TypeError):
        return None
