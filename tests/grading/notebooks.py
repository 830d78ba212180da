"""A small master notebook and submissions made of it."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


def cell(source, name, *, grade=False, solution=False, locked=False, points=0):
    meta = {
        "grade_id": name, "grade": grade, "solution": solution, "locked": locked,
        "schema_version": 3, "task": False, "cell_type": "code",
    }  # fmt: skip
    if grade:
        meta["points"] = points
    return new_code_cell(source, metadata={"nbgrader": meta})


def setup(source, name="setup"):
    return cell(source, name, locked=True)


def answer(source, name):
    return cell(f"### BEGIN SOLUTION\n{source}\n### END SOLUTION", name, solution=True)


def check(source, name, points):
    hidden = f"### BEGIN HIDDEN TESTS\n{source}\n### END HIDDEN TESTS"
    return cell(hidden, name, grade=True, locked=True, points=points)


def notebook(*cells):
    made = new_notebook(cells=list(cells))
    made.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    return made


def master():
    """Two tasks of 4 and 3 points; the second gives partial credit."""
    return notebook(
        new_markdown_cell("# Sums"),
        setup("LIMIT = 10"),
        new_markdown_cell("## Task 1: double"),
        answer("def double(x):\n    return 2 * x", "double"),
        check(
            "assert double(21) == 42, 'double(21) is 42'\nassert double(LIMIT) == 20",
            "double-test",
            4,
        ),
        new_markdown_cell("## Task 2: fill"),
        answer("def fill(box):\n    box.append(1)\n    return len(box)", "fill"),
        check(
            "box = [0]\nn = fill(box)\n(1 if n == 2 else 0) + (2 if box == [0, 1] else 0)",
            "fill-test",
            3,
        ),
    )


def submit(folder: Path, made, answers: dict[str, str], extra=(), at=None) -> Path:
    """Lay out a job: the master and a submission with other answers and more cells."""
    (folder / "master").mkdir(parents=True)
    (folder / "submission").mkdir()
    (folder / "master" / "lab.ipynb").write_text(nbformat.writes(made))
    copy = nbformat.from_dict(json.loads(nbformat.writes(made)))
    for one in copy.cells:
        name = one.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            one.source = answers[name]
        elif one.cell_type == "code" and one.metadata.get("nbgrader", {}).get("grade"):
            one.source = ""  # what a student holds: hidden tests are cut out
    copy.cells[at if at is not None else 2 : at if at is not None else 2] = list(extra)
    (folder / "submission" / "lab.ipynb").write_text(nbformat.writes(copy))
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def marks(result) -> dict[str, float | None]:
    return {c["cell"]: c["mark"] for n in result["notebooks"] for c in n["cells"]}


def reasons(result) -> dict[str, dict | None]:
    return {c["cell"]: c["reason"] for n in result["notebooks"] for c in n["cells"]}
