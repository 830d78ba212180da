"""Autograde in a teacher's server: the platform runs the submission, never this server.

This takes the place of nbgrader's executor. A student's code would otherwise run beside
the teacher's token and gradebook. It asks the desk to grade the collected submission,
waits, and puts the outputs of the graded notebook into the one at hand; nbgrader's own
preprocessors then read the marks from them as ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Any as AnyTrait
from traitlets import Float, default

from sandbox.domain.coursework import AUTHORS_SUFFIXES, Bundle, assignment_name
from sandbox.domain.variants import PLACE, is_variant
from sandbox.hub.exchange.base import stamp
from sandbox.hub.exchange.client import CourseDesk, DeskProblem
from sandbox.hub.exchange.folders import read_folder

_reads: Callable[..., Any] = nbformat.reads


class PlatformExecute(NbGraderPreprocessor):  # type: ignore[misc]
    """Lets the platform run a submission and takes over what came out."""

    wait = Float(600.0, help="How long to wait for one submission, seconds.").tag(config=True)
    desk: Any = AnyTrait()

    @default("desk")
    def _desk(self) -> CourseDesk:
        return CourseDesk.here()

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Take the outputs from the platform.

        Args:
            nb: the sanitised submission.
            resources: nbgrader's; name student, assignment, notebook and folder.

        Raises:
            DeskProblem: the source is not the released one; grading failed or takes too long.
        """
        about = resources["nbgrader"]
        folder = Path(resources.get("metadata", {}).get("path") or ".")
        assignment = assignment_name(str(about["assignment"]))
        self._same_source(assignment)
        submission = self._submission(assignment, str(about["student"]), folder)
        self.desk.post(f"/assignments/{assignment}/grading", {"submissions": [submission]})
        graded = self._result(submission).get(f"{about['notebook']}.ipynb")
        if graded is None:
            raise DeskProblem(
                "classroom.other_notebook",
                "This work is too large to be brought here; its marks are at the desk.",
            )
        take_outputs(nb, _reads(graded, as_version=4))
        return nb, resources

    def _same_source(self, assignment: str) -> None:
        """The platform grades by the released source; the one here must be that."""
        course = CourseDirectory(config=self.config)
        path = course.format_path(course.source_directory, ".", assignment)
        source = read_folder(Path(path), course.ignore)
        mine = Bundle.of(source, AUTHORS_SUFFIXES).hash
        for released in self.desk.get("/assignments"):
            if released["assignment"] == assignment and released["master"] == mine:
                return
        raise DeskProblem(
            "classroom.source_changed",
            f"The source of {assignment} is not the released one: release it again, then grade.",
        )

    def _submission(self, assignment: str, student: str, folder: Path) -> str:
        held = folder / "timestamp.txt"
        timestamp = held.read_text("utf-8").strip() if held.is_file() else ""
        for each in self.desk.get("/submissions", assignment=assignment):
            if each["student"] == student and stamp(each["at"]) == timestamp:
                return str(each["submission"])
        raise DeskProblem("classroom.no_submission", f"{student} did not hand this in: collect it.")

    def _result(self, submission: str) -> Mapping[str, str]:
        until = time.monotonic() + self.wait
        while time.monotonic() < until:
            answer = self.desk.get(f"/submissions/{submission}/grading")
            job = answer["job"] or {}
            if job.get("state") == "done":
                notebooks: Mapping[str, str] = answer["notebooks"]
                return notebooks
            if job.get("state") == "failed":
                raise DeskProblem(str(job.get("error")), "Grading this submission failed.")
            time.sleep(0.5)
        raise DeskProblem("grading.too_long", "Grading takes too long; it goes on at the desk.")


def take_outputs(nb: Any, graded: Any) -> None:
    """Put the outputs of the graded notebook into the same notebook at hand.

    Cells with values of a variant are taken over too: the source here has an example's.

    Args:
        nb: the notebook at hand.
        graded: as the platform ran it.

    Raises:
        DeskProblem: ``classroom.other_notebook`` when they are not the same.
    """
    same = len(nb.cells) == len(graded.cells) and all(
        mine.cell_type == theirs.cell_type and (mine.source == theirs.source or _has_values(mine))
        for mine, theirs in zip(nb.cells, graded.cells, strict=True)
    )
    if not same:
        raise DeskProblem("classroom.other_notebook", "The graded notebook is another one.")
    for mine, theirs in zip(nb.cells, graded.cells, strict=True):
        mine.source = theirs.source
        if mine.cell_type == "code":
            mine.outputs = theirs.outputs
            mine.execution_count = theirs.get("execution_count")


def _has_values(cell: Any) -> bool:
    """Whether a cell of the source holds values of a variant, or a place for one."""
    places = cell.cell_type == "markdown" and PLACE.search(cell.source) is not None
    return places or is_variant(cell)
