"""The gradebook in memory: nbgrader gives the same marks with it as with its own."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets.config import Config

from sandbox.grading.memory_book import MemoryBook
from sandbox.grading.throwaway import throwaway_gradebook
from tests.grading.notebooks import answer, cell, check, notebook, setup

OUTPUTS = {
    "part-test": new_output("execute_result", data={"text/plain": "1.5"}),
    "broken-test": new_output("error", ename="AssertionError", evalue="", traceback=[]),
    "noisy-test": new_output("stream", name="stderr", text="careful"),
}


@pytest.fixture(autouse=True)
def programs(monkeypatch):
    """nbgrader's own gradebook starts alembic."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")


class Ran(NbGraderPreprocessor):
    """In place of an executor: outputs by the test's name."""

    def preprocess(self, nb, resources):
        for each in nb.cells:
            name = each.metadata.get("nbgrader", {}).get("grade_id")
            if each.cell_type == "code" and name in OUTPUTS:
                each.outputs = [OUTPUTS[name]]
        return nb, resources


def by_hand(name, *, task=False):
    made = new_markdown_cell("What is money?")
    made.metadata["nbgrader"] = {
        "grade_id": name, "grade": not task, "solution": not task, "locked": task, "points": 5,
        "schema_version": 3, "task": task, "cell_type": "markdown",
    }  # fmt: skip
    return made


def masters():
    return {
        "one": notebook(
            setup("LIMIT = 10"),
            answer("pass", "full"),
            check("assert full", "full-test", 4),
            check("assert part", "part-test", 3),
            check("assert broken", "broken-test", 2),
            check("assert noisy", "noisy-test", 1),
            by_hand("words"),
            by_hand("same-words"),
            cell("pass", "code-by-hand", grade=True, solution=True, points=6),
            by_hand("task", task=True),
        ),
        "two": notebook(answer("pass", "other"), check("assert other", "other-test", 7)),
    }


def submitted(made):
    """A submission that lost a test, changed another's points and text, and added cells."""
    copy = nbformat.from_dict(json.loads(nbformat.writes(made)))
    for each in copy.cells:
        name = each.metadata["nbgrader"]["grade_id"]
        if name == "words":
            each.source = "A claim."
        if name == "part-test":
            each.metadata["nbgrader"]["points"] = 300
        if name == "setup":
            each.source = "LIMIT = 11"
    copy.cells = [c for c in copy.cells if c.metadata["nbgrader"]["grade_id"] != "noisy-test"]
    copy.cells += [new_code_cell("1"), new_markdown_cell("2")]
    return copy


def graded(folder: Path, book):
    """Marks, comments and notebooks by nbgrader's converters, with outputs given."""
    for part in ("source", "submitted/student"):
        (folder / part / "lab").mkdir(parents=True)
    for name, made in masters().items():
        (folder / "source/lab" / f"{name}.ipynb").write_text(nbformat.writes(made))
    handed_in = nbformat.writes(submitted(masters()["one"]))
    (folder / "submitted/student/lab/one.ipynb").write_text(handed_in)
    config = Config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.assignment_id = "lab"
    config.OverwriteCells.add_missing_cells = True
    config.Autograde.autograde_preprocessors = [
        Ran if kind.__name__ == "Execute" else kind
        for kind in Autograde.autograde_preprocessors.default_args[0]
    ]
    with book:
        for kind in (GenerateAssignment, Autograde):
            converter = kind(coursedir=CourseDirectory(config=config), config=config)
            converter.log.setLevel(logging.ERROR)
            converter.start()
        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as opened:
            notebooks = [opened.find_submission_notebook(n, "lab", "student") for n in masters()]
            marks = {
                (g.name, g.max_score, g.auto_score, g.needs_manual_grade)
                for each in notebooks
                for g in each.grades
            }
            comments = {
                name: opened.find_comment(name, "one", "lab", "student").auto_comment
                for name in ("full", "words", "same-words", "code-by-hand", "task")
            }
    made = (folder / "autograded/student/lab/one.ipynb").read_text()
    return marks, comments, json.loads(made)


@pytest.mark.filterwarnings("ignore")  # nbgrader and nbformat warn of themselves
def test_marks_comments_and_notebooks_are_those_of_nbgraders_own_gradebook(tmp_path):
    for name in ("memory", "own"):
        (tmp_path / name).mkdir()
    mine, own = tmp_path / "memory", tmp_path / "own"
    in_memory = graded(mine, throwaway_gradebook(mine))
    by_nbgrader = graded(own, contextlib.nullcontext())
    assert in_memory[:2] == by_nbgrader[:2]
    for made in (in_memory[2], by_nbgrader[2]):
        for each in made["cells"]:
            each.pop("id")  # nbgrader draws those of cells that it puts back
    assert in_memory[2] == by_nbgrader[2]
    assert {(n, s) for n, _most, s, _by_hand in in_memory[0]} >= {
        ("full-test", 4.0), ("part-test", 1.5), ("broken-test", 0.0), ("other-test", 0.0),
        ("words", None),
    }  # fmt: skip
    assert not (mine / "gradebook.db").exists()
    assert (own / "gradebook.db").exists()


def test_master_that_nbgraders_own_gradebook_refuses_is_refused(tmp_path):
    made = notebook(answer("pass", "a"), check("assert a", "t", 1))
    made.cells[1].cell_type = "raw"
    (tmp_path / "source/lab").mkdir(parents=True)
    (tmp_path / "source/lab/lab.ipynb").write_text(json.dumps(made))
    config = Config()
    config.CourseDirectory.root = str(tmp_path)
    config.CourseDirectory.assignment_id = "lab"
    converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
    converter.log.setLevel(logging.ERROR)
    with throwaway_gradebook(tmp_path), pytest.raises(NbGraderException):
        converter.start()


def test_only_the_course_in_hand_is_kept_in_memory(tmp_path):
    other = f"sqlite:///{tmp_path / 'other.db'}"
    with throwaway_gradebook(tmp_path) as book:
        assert Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") is book
        with Gradebook(other) as opened:
            assert type(opened) is Gradebook
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as opened:
        assert type(opened) is Gradebook


def test_what_the_book_does_not_know_is_an_error_and_no_mark():
    book = MemoryBook()
    book.add_notebook("one", "lab", kernelspec="{}")
    book.update_or_create_submission("lab", "student")
    for asked in (
        lambda: book.find_notebook("two", "lab"),
        lambda: book.find_grade("t", "one", "lab", "student"),
        lambda: book.find_source_cell("t", "one", "lab"),
    ):
        with pytest.raises(MissingEntry):
            asked()
    with pytest.raises(AttributeError):
        _ = book.remove_student
