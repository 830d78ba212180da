"""Checking an assignment before anybody gets it.

Numbered plan:

1. ``course.yaml``: titles in three languages, points that are those of the tests
2. cells: ids are unique; tests and set-up use nothing that cannot cross the split
3. the student's version, made by nbgrader, shows no solution and no hidden test
4. the solution gives every point, twice the same, within its time
5. the student's version handed in as it is gives none
6. every cell of `sandbox.grading.hostile` in place of the answers gives none

What cannot cross is refused by name, so that no student is scored 0 silently.
"""

from __future__ import annotations

import ast
import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbgrader import utils
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from sandbox.domain.coursework import Bundle
from sandbox.domain.release import check_release
from sandbox.grading.hostile import HOSTILE
from sandbox.grading.plan import Plan, grade_id, plan_of
from sandbox.grading.throwaway import throwaway_gradebooks
from sandbox.grading.warden import Warden
from sandbox.grading.wire import Message
from sandbox.kit.errors import SynakError
from sandbox.locale import LANGUAGES

_reads: Callable[..., Any] = nbformat.reads
_writes: Callable[..., str] = nbformat.writes


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked.

    Attributes:
        what: in words.
        good: whether it holds.
        detail: figures, or what is wrong.
    """

    what: str
    good: bool
    detail: str = ""


def check_assignment(folder: Path, warden: Warden) -> Iterator[Finding]:
    """Check one assignment; stops early when running it would make no sense.

    Args:
        folder: with ``course.yaml`` and source notebooks.
        warden: runs the gradings.
    """
    plans = _plans(folder)
    points = sum(step.points for plan in plans.values() for step in plan.steps.values())
    described = _description(folder)
    yield from _check_description(described, points)  # 1
    findings = list(_check_cells(folder, plans))  # 2
    yield from findings
    if not all(finding.good for finding in findings):
        return
    with tempfile.TemporaryDirectory(prefix="synak-check-") as name:
        work = Path(name)
        work.chmod(0o755)
        release = make_release(folder, work / "course")
        yield _check_release(folder, release)  # 3
        grader = _Grader(warden, folder, release, work)
        budget = float(described.get("seconds") or 120)
        yield from grader.solution(points, budget)  # 4
        yield grader.empty()  # 5
        yield from grader.hostile()  # 6


def make_release(folder: Path, work: Path) -> Path:
    """The student's version of an assignment, by nbgrader.

    Args:
        folder: the source.
        work: a folder to work in.

    Returns:
        The folder of the release.
    """
    shutil.copytree(folder, work / "source" / "assignment")
    config = Config()
    config.CourseDirectory.root = str(work)
    config.CourseDirectory.course_id = "course"
    config.CourseDirectory.assignment_id = "assignment"
    converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
    converter.log.setLevel(logging.ERROR)
    with throwaway_gradebooks():
        converter.start()
    return work / "release" / "assignment"


def _plans(folder: Path) -> dict[str, Plan]:
    return {path.stem: plan_of(_read(path)) for path in sorted(folder.glob("*.ipynb"))}


def _read(path: Path) -> Any:
    return _reads(path.read_text("utf-8"), as_version=4)


def _description(folder: Path) -> dict[str, Any]:
    path = folder / "course.yaml"
    found = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else None
    return found if isinstance(found, dict) else {}


def _check_description(described: dict[str, Any], points: float) -> Iterator[Finding]:
    titles = described.get("titles") or {}
    missing = [lang for lang in LANGUAGES if not titles.get(lang)]
    yield Finding("titles in three languages", not missing, ", ".join(missing))
    said = described.get("points")
    yield Finding("points as described", said == points, f"{said} said, {points:g} in the tests")
    yield Finding("outcomes are named", bool(described.get("outcomes")))


def _check_cells(folder: Path, plans: dict[str, Plan]) -> Iterator[Finding]:
    for path in sorted(folder.glob("*.ipynb")):
        cells = _read(path).cells
        names = [grade_id(cell) for cell in cells if grade_id(cell)]
        twice = sorted({name for name in names if names.count(name) > 1})
        yield Finding(f"{path.name}: ids are unique", not twice, ", ".join(twice))
        classes = _classes(cells)
        problems = [
            f"{step.grade_id}: {problem}"
            for step in plans[path.stem].steps.values()
            for problem in uncrossable(step.source, classes)
        ]
        yield Finding(f"{path.name}: tests can cross the split", not problems, "; ".join(problems))


def _classes(cells: list[Any]) -> set[str]:
    """Names of the classes that solutions define."""
    found: set[str] = set()
    for cell in cells:
        if cell.cell_type == "code" and utils.is_solution(cell):
            try:
                tree = ast.parse(cell.source)
            except SyntaxError:
                continue
            found |= {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    return found


def uncrossable(source: str, classes: set[str]) -> list[str]:
    """What a test or set-up cell uses that does not work with the student elsewhere.

    Args:
        source: the cell.
        classes: names of classes that the student defines.

    Returns:
        Each by name: magics, mocks, reading source, isinstance on a student's class.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ["magics or a syntax error: tests are plain Python"]
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            named = {alias.name for alias in node.names} | {getattr(node, "module", "") or ""}
            if any(name.startswith("unittest.mock") or name == "mock" for name in named):
                found.append("mocks: they cannot reach into the student's process")
        if isinstance(node, ast.Name) and node.id == "get_ipython":
            found.append("get_ipython: tests run outside a notebook")
        if isinstance(node, ast.Attribute) and node.attr in ("getsource", "getsourcelines"):
            found.append("inspect.getsource: tests judge what code does, not how it reads")
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _TYPE_TESTS:
            names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            found += [f"{name} in a type test: it is a handle here" for name in names & classes]
    return found


_TYPE_TESTS = ("isinstance", "issubclass")


def _check_release(folder: Path, release: Path) -> Finding:
    def bundle(where: Path) -> Bundle:
        return Bundle.of(
            {
                str(path.relative_to(where)): path.read_bytes()
                for path in sorted(where.rglob("*"))
                if path.is_file()
            }
        )

    try:
        check_release(bundle(release), bundle(folder))
    except SynakError as error:
        return Finding("the release shows no solution and no hidden test", False, str(error))
    return Finding("the release shows no solution and no hidden test", True)


class _Grader:
    """Grades variants of one assignment."""

    def __init__(self, warden: Warden, folder: Path, release: Path, work: Path) -> None:
        self._warden = warden
        self._folder = folder
        self._release = release
        self._work = work
        self._count = 0

    def solution(self, points: float, budget: float) -> Iterator[Finding]:
        began = time.monotonic()
        first = self._grade(self._folder)
        took = time.monotonic() - began
        score = sum(mark or 0 for mark in first.values())
        lost = ", ".join(name for name, mark in first.items() if mark == 0)
        yield Finding("the solution gives every point", score == points, f"{score:g} {lost}")
        yield Finding("within its time", took <= budget, f"{took:.1f} s of {budget:g} s")
        yield Finding("the same marks twice", self._grade(self._folder) == first)

    def empty(self) -> Finding:
        score = sum(mark or 0 for mark in self._grade(self._release).values())
        return Finding("handed in untouched it gives nothing", score == 0, f"{score:g}")

    def hostile(self) -> Iterator[Finding]:
        for name, source in HOSTILE.items():
            folder = self._fresh("hostile")
            shutil.copytree(self._release, folder)
            for path in folder.glob("*.ipynb"):
                notebook = _read(path)
                for cell in notebook.cells:
                    if cell.cell_type == "code" and utils.is_solution(cell):
                        cell.source = source
                path.write_text(_writes(notebook), "utf-8")
            score = sum(mark or 0 for mark in self._grade(folder).values())
            yield Finding(f"attack gives nothing: {name}", score == 0, f"{score:g}")

    def _grade(self, submission: Path) -> dict[str, float | None]:
        job = self._fresh("job")
        shutil.copytree(self._folder, job / "master")
        shutil.copytree(submission, job / "submission")
        for path in [job, *job.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        return marks_by_cell(self._warden.run_job(job))

    def _fresh(self, name: str) -> Path:
        self._count += 1
        return self._work / f"{name}-{self._count}"


def marks_by_cell(result: Message) -> dict[str, float | None]:
    """The marks of a result, by notebook and cell."""
    return {
        f"{notebook['notebook']}/{cell['cell']}": cell["mark"]
        for notebook in result["notebooks"]
        for cell in notebook["cells"]
    }
