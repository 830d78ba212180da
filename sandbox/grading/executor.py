"""The executor that nbgrader's autograde drives in place of its own.

It is a preprocessor for ``c.Autograde.autograde_preprocessors``: nbgrader sanitises
the submission, overwrites what is locked, runs this, and saves the marks. Cells run in
notebook order as they would in one kernel, each on the side that the plan says.

- The text of tests and set-up comes from the master, never from the submission.
- Each test that gives points is followed by a canary that must fail, in the same process
  and not on the submission's budget; if it passes, nothing is believed.
- Once a hidden test has run, no word of the student's side is told to the student: it
  could be an argument of that test.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from sandbox.grading.plan import Plan, Step, grade_id
from sandbox.grading.sides import Budget, Limits, Processes, StudentSide, TesterSide
from sandbox.grading.telling import author_words, steps_told, told
from sandbox.grading.wire import Message
from sandbox.kit.errors import IntegrityFailure, SynakError

_MAX_TEXT = 20_000
_MAX_OUTPUTS = 1_000_000
_node: Callable[..., NotebookNode] = NotebookNode


@dataclass(slots=True)
class Run:
    """What one grading needs and what it finds out.

    Attributes:
        room: characters that outputs of S may still have; then its cells have none.
        budget: of time, for all notebooks together; it begins with the first.
    """

    processes: Processes
    plans: dict[str, Plan]
    limits: Limits
    failures: dict[tuple[str, str], Message] = field(default_factory=dict)
    steps: dict[tuple[str, str], list[Message]] = field(default_factory=dict)
    error: SynakError | None = None
    room: int = _MAX_OUTPUTS
    budget: Budget | None = None


class SplitExecute(NbGraderPreprocessor):  # type: ignore[misc]
    """Runs a notebook split over S and T."""

    run: ClassVar[Run]

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Run every code cell and put its outputs into the notebook.

        Args:
            nb: the sanitised submission.
            resources: nbgrader's; names the notebook and its folder.
        """
        name = resources["nbgrader"]["notebook"]
        folder = Path(resources.get("metadata", {}).get("path") or ".")
        try:
            NotebookRun(self.run, name, data_files(folder)).execute(nb)
        except SynakError as error:
            self.run.error = error  # nbgrader would only say that something failed
            raise
        return nb, resources


def split_execute(run: Run) -> type[SplitExecute]:
    """The preprocessor bound to one run, to be registered with nbgrader.

    Args:
        run: what it uses and fills.
    """
    return type("BoundSplitExecute", (SplitExecute,), {"run": run})


def data_files(folder: Path) -> dict[str, str]:
    """All files but notebooks below a folder, base64 by relative path."""
    return {
        str(path.relative_to(folder)): base64.b64encode(path.read_bytes()).decode()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.suffix != ".ipynb"
    }


class NotebookRun:
    """One notebook of one submission."""

    def __init__(self, run: Run, name: str, files: dict[str, str]) -> None:
        budget = run.budget = run.budget or Budget(run.limits.total)
        self._run = run
        self._name = name
        self._plan = run.plans[name]
        self._student = StudentSide(run.processes, files, run.limits, budget)
        self._tester = TesterSide(run.processes, self._student, run.limits, budget, self._plan.own)
        self._prepared: set[str] = set()
        self._exposed = False
        self._watched = False

    def execute(self, nb: Any) -> None:
        """Run all cells; a notebook of which no test gave points still has its canary.

        Args:
            nb: the notebook; outputs are put in.

        Raises:
            IntegrityFailure: ``grading.canary_passed``.
            Unavailable: ``grading.canary_missing``.
        """
        for cell in nb.cells:
            if cell.cell_type == "code" and cell.source.strip():
                cell.outputs = self._cell(cell)
        if not self._watched:
            self._canary()

    def _fitting(self, claimed: list[Message]) -> list[NotebookNode]:
        """Outputs of S while there is room; those of tests hold the marks and always stay."""
        outputs = notebook_outputs(claimed)
        self._run.room -= len(str(outputs))
        return outputs if self._run.room > 0 else []

    def _cell(self, cell: Any) -> list[NotebookNode]:
        kind = self._plan.kind(cell)
        if kind == "student":
            outputs = self._student.run(cell.source)
            self._tester.forget(self._plan.answered.get(grade_id(cell), frozenset()))
            return self._fitting(outputs)
        step = self._plan.steps[grade_id(cell)]
        if kind == "setup":
            return self._fitting(self._prepare(step, partial(self._student.run, step.source)))
        for earlier in self._plan.setup_before(step.grade_id):
            self._prepare(self._plan.steps[earlier], list[Message])
        return self._test(step)

    def _prepare(self, step: Step, meanwhile: Callable[[], list[Message]]) -> list[Message]:
        """Run a set-up cell in T, once, and something in S at the same time."""
        if step.grade_id in self._prepared:
            return meanwhile()
        self._prepared.add(step.grade_id)
        return self._tester.prepare(step.source, meanwhile)

    def _canary(self) -> None:
        self._watched = True
        if not self._tester.canary():
            raise IntegrityFailure("grading.canary_passed", notebook=self._name)

    def _test(self, step: Step) -> list[NotebookNode]:
        self._exposed = self._exposed or step.hidden
        done = self._tester.test(step.source)
        failure = done.get("failure") or score_failure(done.get("score"), step.points)
        score = done.get("score")
        mark = 0.0 if failure else score if type(score) is float else step.points
        self._run.steps[self._name, step.grade_id] = steps_told(done, mark, step.credited)
        if failure:
            shown = told(failure, author_words(step.source)) if self._exposed else failure
            self._run.failures[self._name, step.grade_id] = {
                part: _kept(str(said)) for part, said in shown.items()
            }
            return [_error(str(failure.get("name", "")), _why(failure), str(done.get("trace", "")))]
        self._canary()
        outputs = []
        if done.get("text"):
            outputs.append(_stream("stdout", str(done["text"])))
        if type(done.get("score")) is float:
            outputs.append(_value(repr(done["score"])))
        return outputs


def score_failure(score: object, points: float) -> Message | None:
    """A score that is no mark: outside 0 to the points, or not finite.

    Args:
        score: the last value of the test.
        points: what the test is worth.
    """
    if type(score) is float and not (math.isfinite(score) and 0 <= score <= points):
        return {"kind": "form", "name": "score", "message": ""}
    return None


def notebook_outputs(claimed: list[Message]) -> list[NotebookNode]:
    """Outputs as S claims them, made anew: texts only, bounded.

    Args:
        claimed: from S.
    """
    makers: dict[str, Callable[[Message], NotebookNode]] = {
        "stream": lambda o: _stream(
            "stderr" if o.get("name") == "stderr" else "stdout", str(o.get("text", ""))
        ),
        "error": lambda o: _error(
            str(o.get("ename", ""))[:80],
            str(o.get("evalue", ""))[:2000],
            str(o.get("traceback", ""))[:_MAX_TEXT],
        ),
        "execute_result": lambda o: _value(str(o.get("text", ""))[:_MAX_TEXT]),
    }
    return [
        makers[str(output["output_type"])](output)
        for output in claimed[:50]
        if str(output.get("output_type")) in makers
    ]


def _kept(text: str) -> str:
    """A text as a file can hold it; half a pair of surrogates becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _error(name: str, value: str, trace: str) -> NotebookNode:
    name, value, trace = (_kept(each) for each in (name or "Error", value, trace or value))
    return _node(output_type="error", ename=name, evalue=value, traceback=[trace])


def _stream(name: str, text: str) -> NotebookNode:
    return _node(output_type="stream", name=name, text=_kept(text[:_MAX_TEXT]))


def _value(text: str) -> NotebookNode:
    data = _node({"text/plain": _kept(text)})
    return _node(output_type="execute_result", data=data, metadata=_node(), execution_count=None)


def _why(failure: Message) -> str:
    return f"{failure.get('kind')}: {failure.get('message') or failure.get('name')}"[:2000]
