"""Autograde in the teacher's server takes what the platform found, or says why not."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbformat.v4 import new_output
from traitlets.config import Config

from sandbox.hub.exchange.client import DeskProblem
from sandbox.hub.exchange.course_home import prepare
from sandbox.hub.exchange.execute import PlatformExecute, take_outputs
from sandbox.services.classroom_queue import Grading
from sandbox.store.classroom_blobs import Blobs
from tests.exchange.conftest import COURSE
from tests.grading.notebooks import master


def graded_of(notebook):
    """The same notebook as the platform answers it: as text, with outputs."""
    made = nbformat.from_dict(json.loads(nbformat.writes(notebook)))
    for cell in made.cells:
        cell.source = "".join(cell.source)
        if cell.cell_type == "code":
            cell.outputs = [new_output("stream", text="from the platform")]
    return made


def test_outputs_are_taken_cell_by_cell():
    mine, theirs = master(), graded_of(master())
    take_outputs(mine, nbformat.reads(nbformat.writes(theirs), as_version=4))
    texts = {out.text for cell in mine.cells if cell.cell_type == "code" for out in cell.outputs}
    assert texts == {"from the platform"}


@pytest.mark.parametrize("change", ["source", "order", "missing"])
def test_outputs_of_another_notebook_are_refused(change):
    mine, theirs = master(), graded_of(master())
    if change == "source":
        theirs.cells[1].source += "#"
    elif change == "order":
        theirs.cells.reverse()
    else:
        theirs.cells.pop()
    with pytest.raises(DeskProblem, match="other_notebook"):
        take_outputs(mine, theirs)


class SetGrader:
    """The launcher's seam: every test passes, the graded notebook is the submitted one."""

    def __init__(self, folder):
        self.folder = folder

    def grade(self, job):
        text = (self.folder / job / "submission" / "lab.ipynb").read_text()
        graded = graded_of(nbformat.reads(text, as_version=4))
        cells = [{"cell": "double-test", "title": "t", "points": 4.0, "mark": 4.0,
                  "status": "passed", "reason": None}]  # fmt: skip
        return {
            "notebooks": [{"notebook": "lab", "cells": cells}],
            "autograded": {"lab.ipynb": nbformat.writes(graded)},
        }


@pytest.fixture
def collected(released, course_folder):
    """Lira's submission, collected; the folder nbgrader works in; the executor."""
    files = {"lab.ipynb": (course_folder / "release" / "lab" / "lab.ipynb").read_bytes()}
    from sandbox.hub.exchange.client import packed

    released.desk("lira").post("/assignments/lab/submissions", {"files": packed(files)})
    folder = course_folder / "autograded" / "lira" / "lab"
    folder.mkdir(parents=True)
    (folder / "lab.ipynb").write_bytes(files["lab.ipynb"])
    (folder / "timestamp.txt").write_text("2026-11-21 09:00:00.000000 UTC\n")
    config = Config()
    config.CourseDirectory.root = str(course_folder)
    config.CourseDirectory.course_id = COURSE
    executor = PlatformExecute(config=config, desk=released.desk("kanat"), wait=5)
    return released, folder, executor


def run(folder, executor):
    about = {"assignment": "lab", "student": "lira", "notebook": "lab"}
    resources = {"nbgrader": about, "metadata": {"path": str(folder)}}
    notebook = nbformat.read(folder / "lab.ipynb", as_version=4)
    return executor.preprocess(notebook, resources)[0]


def test_platform_grades_and_the_outputs_arrive(collected):
    world, folder, executor = collected
    jobs = world.folder / "jobs"
    queue = Grading(world.store, Blobs(world.parts.blobs), jobs, SetGrader(jobs), world.clock)
    asked = executor.desk.post

    def post(path, body):
        answer = asked(path, body)
        queue.work_once()
        return answer

    executor.desk.post = post
    notebook = run(folder, executor)
    assert notebook.cells[1].outputs[0].text == "from the platform"


def test_source_that_is_not_the_released_one_is_refused(collected, course_folder):
    _world, folder, executor = collected
    (course_folder / "source" / "lab" / "data.csv").write_text("changed")
    with pytest.raises(DeskProblem, match="source_changed"):
        run(folder, executor)


def test_submission_that_nobody_handed_in_is_refused(collected):
    _world, folder, executor = collected
    (folder / "timestamp.txt").write_text("2020-01-01 00:00:00.000000 UTC\n")
    with pytest.raises(DeskProblem, match="no_submission"):
        run(folder, executor)


def test_waiting_has_an_end(collected):
    _world, folder, executor = collected
    executor.wait = 1
    with pytest.raises(DeskProblem, match="too_long"):
        run(folder, executor)


def test_course_folder_is_made_for_teachers_only_and_never_overwritten(world):
    assert prepare(world.desk("lira"), world.home("lira")) == []
    assert not (world.home("lira") / COURSE).exists()
    written = prepare(world.desk("kanat"), world.home("kanat"))
    assert "first-payments/first-payments.ipynb" in written
    mine = world.home("kanat") / COURSE / "source" / "first-payments" / "course.yaml"
    mine.write_text("my own")
    assert prepare(world.desk("kanat"), world.home("kanat")) == []
    assert mine.read_text() == "my own"
