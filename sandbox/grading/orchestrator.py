"""The orchestrator O: one submission in, marks out, by nbgrader's own converters.

Runs in a sandbox without network, under the grader's user id, and knows no names: the
student is called "student". Plan of `grade`:

1. lay out a course of one assignment in a private folder: master, and the submission
   with the master's metadata
2. let nbgrader read the master (``generate_assignment``) into a fresh gradebook
3. let nbgrader autograde the submission with `SplitExecute` in place of its executor
4. read the marks back from the gradebook, add why each test failed
"""

from __future__ import annotations

import gc
import json
import logging
import shutil
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import nbformat
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells
from traitlets.config import Config

from sandbox.domain.notebooks import normalised
from sandbox.grading.executor import Run, split_execute
from sandbox.grading.memory_book import Grade, MemoryBook
from sandbox.grading.plan import Plan, plan_of
from sandbox.grading.sides import Limits, Processes, Role
from sandbox.grading.throwaway import throwaway_gradebook
from sandbox.grading.wire import MAX_RESULT, Link, Message, WireError
from sandbox.kit.errors import IntegrityFailure, SynakError, Unavailable

STUDENT: Final = "student"
WORK: Final = Path("/tmp/course")  # noqa: S108 (a tmpfs of its own)
"""Where a grading is laid out; always the same, so that what was compiled for it is of use."""
_read: Callable[..., Any] = nbformat.reads


class WardenProcesses:
    """Asks the warden, over the control link, to start processes."""

    def __init__(self, control: Link) -> None:
        self._control = control

    def start(self, role: Role, first_handle: int) -> Link:
        """Start a process (killing an older one of that role) and give a link to it.

        Args:
            role: student or tester.
            first_handle: number of the first handle it may give.

        Raises:
            Unavailable: ``grading.process_refused``.
        """
        self._control.send({"op": "start", "role": role, "first_handle": first_handle})
        _byte, descriptors, _flags, _address = socket.recv_fds(self._control.socket, 1, 1)
        if not descriptors:
            raise Unavailable("grading.process_refused", role=role)
        return Link(socket.socket(fileno=descriptors[0]))


def grade(job: Path, work: Path, processes: Processes, limits: Limits) -> Message:
    """Grade one submission.

    Args:
        job: folder with ``master`` and ``submission``.
        work: an empty private folder.
        processes: starts S and T.
        limits: of time.

    Returns:
        ``notebooks``: for each its ``cells`` with points, mark and reason; and the
        ``autograded`` notebooks.

    Raises:
        IntegrityFailure: the canary passed, or nbgrader failed.
        Unavailable: the course's own set-up failed, or no process could be started.
    """
    assignment = "assignment"
    shutil.copytree(job / "master", work / "source" / assignment)  # 1
    submitted = work / "submitted" / STUDENT / assignment
    shutil.copytree(job / "submission", submitted)
    for path in submitted.glob("*.ipynb"):
        master = job / "master" / path.name
        if master.is_file():
            path.write_bytes(normalised(path.read_bytes(), master.read_bytes()))
    plans = {
        path.stem: plan_of(_read(path.read_text("utf-8"), as_version=4))
        for path in sorted((job / "master").glob("*.ipynb"))
    }
    run = Run(processes, plans, limits)
    with throwaway_gradebook(work) as book:
        _convert(GenerateAssignment, _config(work, assignment, None))  # 2
        try:  # 3
            _convert(Autograde, _config(work, assignment, run))
        except SynakError as error:
            raise run.error or error from error
        return _read_marks(work / "autograded" / STUDENT / assignment, book, run)  # 4


def _config(work: Path, assignment: str, run: Run | None) -> Config:
    config = Config()
    config.CourseDirectory.root = str(work)
    config.CourseDirectory.course_id = "course"
    config.CourseDirectory.assignment_id = assignment
    config.OverwriteCells.add_missing_cells = True
    kinds = [*GenerateAssignment.preprocessors.default_args[0]]
    config.GenerateAssignment.preprocessors = kinds[: kinds.index(SaveCells) + 1]  # no release
    if run is not None:
        config.CourseDirectory.student_id = STUDENT
        config.Autograde.autograde_preprocessors = [
            split_execute(run) if kind.__name__ == "Execute" else kind
            for kind in Autograde.autograde_preprocessors.default_args[0]
        ]
    return config


def _convert(converter: Any, config: Config) -> None:
    """Run one of nbgrader's converters; its log is kept for the failure."""
    coursedir = CourseDirectory(config=config)
    instance = converter(coursedir=coursedir, config=config)
    instance.log.setLevel(logging.ERROR)
    held: list[str] = []
    handler = _Keep(held)
    instance.log.addHandler(handler)
    try:
        instance.start()
    except Exception as error:
        sys.stderr.write("\n".join(held) + "\n")
        raise IntegrityFailure("grading.nbgrader_failed", reason=str(error)[:300]) from error
    finally:
        instance.log.removeHandler(handler)


class _Keep(logging.Handler):
    """Keeps error lines."""

    def __init__(self, held: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._held = held

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self._held.append(record.getMessage()[:2000])


def _read_marks(folder: Path, book: MemoryBook, run: Run) -> Message:
    notebooks = []
    for name, plan in run.plans.items():
        order = list(plan.titles)
        marks = book.find_submission_notebook(name).grades
        cells = [_mark(grade, name, plan, run) for grade in marks]
        cells.sort(key=lambda cell: order.index(cell["cell"]) if cell["cell"] in order else 0)
        notebooks.append({"notebook": name, "cells": cells})
    graded = {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.ipynb"))}
    return {"notebooks": notebooks, "autograded": graded}


def _mark(grade: Grade, notebook: str, plan: Plan, run: Run) -> Message:
    points, mark = float(grade.max_score or 0), grade.auto_score
    failure = run.failures.get((notebook, grade.name))
    if mark is None:
        status = "manual"
    elif failure is not None or mark == 0:
        status = "failed"
    else:
        status = "passed" if mark >= points else "partial"
    if status == "failed" and failure is None:
        failure = {"kind": "absent", "name": "", "message": ""}
    return {
        "cell": grade.name,
        "title": plan.titles.get(grade.name) or grade.name,
        "points": points,
        "mark": None if mark is None else float(mark),
        "status": status,
        "reason": failure if status == "failed" else None,
    }


def serve(descriptor: int, times: str) -> None:
    """Grade ``/job`` and tell the warden.

    Args:
        descriptor: of the control socket.
        times: `Limits` as JSON.
    """
    gc.disable()  # it lives for a second, and shares its pages with the zygote
    control = Link(socket.socket(fileno=descriptor), MAX_RESULT)
    work = WORK
    work.mkdir()
    limits = Limits(**json.loads(times))
    try:
        result: Message = grade(Path("/job"), work, WardenProcesses(control), limits)
    except SynakError as error:
        result = {"error": error.as_dict()}
    except Exception:  # noqa: BLE001 (told to the warden, traced to the log)
        result = {"error": {"code": "grading.internal", "params": {}}}
        traceback.print_exc()
    try:
        control.send({"op": "result", "result": result})
    except WireError:  # a work beyond measure: its marks are told, its notebooks are not
        control.send({"op": "result", "result": result | {"autograded": {}}})
