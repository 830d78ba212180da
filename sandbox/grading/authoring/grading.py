"""Gradings that a check needs: of the solution, of nothing, of attacks."""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from sandbox.domain.coursework import AUTHORS_SUFFIXES, Bundle
from sandbox.domain.release import check_release, source_of, without_authoring
from sandbox.domain.variants import Value, filled
from sandbox.grading.authoring.findings import Finding, fault, good
from sandbox.grading.authoring.languages import in_languages
from sandbox.grading.authoring.texts import cell_name, credited_in, nbgrader_of
from sandbox.grading.constants import constant_answer
from sandbox.grading.hostile import HOSTILE
from sandbox.grading.throwaway import throwaway_gradebook
from sandbox.grading.wire import Message
from sandbox.kit.errors import InvalidInput, SynakError

Cell = tuple[str, str]
"""Notebook and grade id."""


class Runs(Protocol):
    """What runs a grading: a warden."""

    def run_job(self, folder: Path) -> Message:
        """Grade the submission that lies in a folder."""


@dataclass(frozen=True, slots=True)
class Graded:
    """What one grading gave.

    Attributes:
        marks: by cell.
        reasons: by cell, why it is not full; as data.
        seconds: how long it took.
    """

    marks: Mapping[Cell, float | None]
    reasons: Mapping[Cell, Mapping[str, Any]]
    seconds: float


def make_release(folder: Path, work: Path) -> Path:
    """The student's version of an assignment, by nbgrader.

    Args:
        folder: the source.
        work: a folder to work in.

    Returns:
        The folder of the release.

    Raises:
        InvalidInput: ``authoring.not_generated`` when nbgrader cannot make it.
    """
    shutil.copytree(folder, work / "source" / "assignment")
    config = Config()
    config.CourseDirectory.root = str(work)
    config.CourseDirectory.course_id = "course"
    config.CourseDirectory.assignment_id = "assignment"
    converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
    converter.log.setLevel(logging.CRITICAL)
    try:
        with throwaway_gradebook(work.absolute()):
            converter.start()
    except NbGraderException as error:
        raise InvalidInput("authoring.not_generated", reason=str(error)[:200]) from error
    return work / "release" / "assignment"


def files_below(folder: Path) -> dict[str, bytes]:
    """Every plain file below a folder that is not hidden, by relative path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    }


def check_shown(release: Mapping[str, bytes], source: Mapping[str, bytes]) -> Finding:
    """Whether the student's version shows a solution or a hidden test, in any language.

    Args:
        release: files that students get.
        source: files of the source.
    """
    try:
        master = Bundle.of(source, AUTHORS_SUFFIXES)
        for files in (release, *in_languages(release, source).values()):
            check_release(Bundle.of(files), master)
    except SynakError as error:
        return fault("shown", str(error.params.get("path", "")), reason=error.code)
    return good("shown")


class Gradings:
    """Grades variants of one assignment.

    Args:
        warden: runs them.
        source: files of the source.
        release: files that students get.
        work: a folder to work in.
    """

    def __init__(
        self,
        warden: Runs,
        source: Mapping[str, bytes],
        release: Mapping[str, bytes],
        work: Path,
    ) -> None:
        self._warden = warden
        self._master = without_authoring(source)
        self._release = dict(release)
        self._work = work
        self._count = 0

    def solution(self, tests: Mapping[Cell, float], budget: float) -> Iterator[Finding]:
        """The solution gives every point, within its time.

        Args:
            tests: points by cell.
            budget: seconds.
        """
        self._first = self._grade(self._master)
        yield from _lost(self._first, tests) or [
            good("solution", points=_plain(sum(tests.values())))
        ]
        yield from self._untold()
        took = self._first.seconds
        params = {"seconds": f"{took:.1f}", "budget": f"{budget:g}"}
        yield good("time", **params) if took <= budget else fault("too_slow", **params)

    def twice(self) -> Iterator[Finding]:
        """The solution again gives the same marks."""
        again = self._grade(self._master)
        changed = [
            cell for cell, mark in self._first.marks.items() if again.marks.get(cell) != mark
        ]
        yield from [fault("unsteady", f"{notebook}.ipynb", cell) for notebook, cell in changed] or [
            good("twice")
        ]

    def untouched(self) -> Iterator[Finding]:
        """What students get, handed in as it is, gives nothing."""
        given = _given(self._grade(self._release))
        yield from [
            fault("untouched_gives", f"{notebook}.ipynb", cell, mark=mark)
            for (notebook, cell), mark in given
        ] or [good("untouched")]

    def variant(
        self, tests: Mapping[Cell, float], values: Mapping[str, Value]
    ) -> Iterator[Finding]:
        """With these values the solution gives every point, and what students get nothing.

        Args:
            tests: points by cell.
            values: of a variant.
        """
        said = said_of(values)
        full = self._grade(filled(self._master, values), values)
        empty = self._grade(filled(self._release, values), values)
        found = [
            *_lost(full, tests, "variant_loses", values=said),
            *(
                fault("variant_gives", f"{notebook}.ipynb", cell, mark=mark, values=said)
                for (notebook, cell), mark in _given(empty)
            ),
        ]
        yield from found or [good("variant", values=said)]

    def attacked(self, name: str) -> Iterator[Finding]:
        """An attack in the place of every answer gives nothing.

        Args:
            name: of `sandbox.grading.hostile.HOSTILE`.
        """
        files = {
            path: _with_answers(content, HOSTILE[name]) if path.endswith(".ipynb") else content
            for path, content in self._release.items()
        }
        given = _given(self._grade(files))
        yield from [
            fault("attack_gives", f"{notebook}.ipynb", cell, mark=mark, attack=name)
            for (notebook, cell), mark in given
        ] or [good("attack", attack=name)]

    def constant(self, value: str) -> Iterator[Finding]:
        """Answers that always say the same give nothing.

        Args:
            value: of `sandbox.grading.constants.CONSTANTS`.
        """
        files = {
            path: _with_constants(content, value) if path.endswith(".ipynb") else content
            for path, content in self._master.items()
        }
        given = _given(self._grade(files))
        yield from [
            fault("constant_gives", f"{notebook}.ipynb", cell, mark=mark, value=value)
            for (notebook, cell), mark in given
        ] or [good("constant", value=value)]

    def _untold(self) -> Iterator[Finding]:
        """A fault for each test that credits steps of which the solution's mark does not tell."""
        for path, content in self._master.items():
            if not path.endswith(".ipynb"):
                continue
            for cell, words in credited_in(json.loads(content)["cells"]):
                place = (path.removesuffix(".ipynb"), cell_name(cell))
                if words and not self._first.reasons.get(place, {}).get("steps"):
                    yield fault("credit_untold", path, cell_name(cell))

    def _grade(
        self, submission: Mapping[str, bytes], values: Mapping[str, Value] | None = None
    ) -> Graded:
        self._count += 1
        job = self._work / f"job-{self._count}"
        for name, files in (
            ("master", filled(self._master, values or {})),
            ("submission", submission),
        ):
            for path, content in files.items():
                target = job / name / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        for each in [job, *job.rglob("*")]:
            each.chmod(0o755 if each.is_dir() else 0o644)
        began = time.monotonic()
        result = self._warden.run_job(job)
        return _graded(result, time.monotonic() - began)


def _graded(result: Message, seconds: float) -> Graded:
    cells = {
        (str(notebook["notebook"]), str(cell["cell"])): cell
        for notebook in result["notebooks"]
        for cell in notebook["cells"]
    }
    return Graded(
        {place: cell["mark"] for place, cell in cells.items()},
        {place: cell["reason"] or {} for place, cell in cells.items()},
        seconds,
    )


def said_of(values: Mapping[str, Value]) -> str:
    """Values as a line."""
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def _lost(
    graded: Graded, tests: Mapping[Cell, float], code: str = "solution_loses", **params: str
) -> list[Finding]:
    """A fault for each test that did not give all of its points."""
    return [
        fault(
            code,
            f"{notebook}.ipynb",
            cell,
            mark=_plain(graded.marks.get((notebook, cell))),
            points=_plain(points),
            why=_why(graded.reasons.get((notebook, cell), {})),
            **params,
        )
        for (notebook, cell), points in tests.items()
        if graded.marks.get((notebook, cell)) != points
    ]


def _given(graded: Graded) -> list[tuple[Cell, str]]:
    return [(cell, _plain(mark)) for cell, mark in graded.marks.items() if mark]


def _with_answers(content: bytes, answer: str) -> bytes:
    notebook = json.loads(content)
    for cell in notebook["cells"]:
        if cell.get("cell_type") == "code" and nbgrader_of(cell).get("solution"):
            cell["source"] = answer
    return json.dumps(notebook).encode()


def _with_constants(content: bytes, value: str) -> bytes:
    notebook = json.loads(content)
    for cell in notebook["cells"]:
        if cell.get("cell_type") == "code" and nbgrader_of(cell).get("solution"):
            cell["source"] = constant_answer(source_of(cell), value)
    return json.dumps(notebook).encode()


def _plain(mark: float | None) -> str:
    return "—" if mark is None else f"{mark:g}"


def _why(reason: Mapping[str, Any]) -> str:
    words = [str(reason.get(part) or "") for part in ("name", "message")]
    return ": ".join(word for word in words if word)[:200] or "—"
