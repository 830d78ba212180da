"""Submissions made from an assignment's own solution, and what the grader says of them."""

from __future__ import annotations

import json

from sandbox.domain.release import without_authoring
from sandbox.grading.authoring.grading import files_below
from sandbox.grading.authoring.texts import nbgrader_of
from sandbox.grading.warden import Warden, WardenSetup
from sandbox.isolation.probe import probe
from sandbox.toolchain.layout import CHECKOUT

FOUNDATIONS = CHECKOUT / "courses/digital-money/foundations"
CONTRACTS = CHECKOUT / "courses/digital-money/contracts"


def changed(files, replacements):
    """The solution with each text of its answers replaced, in the one cell that holds it."""
    left = list(replacements)
    made = {}
    for path, content in files.items():
        if not path.endswith(".ipynb"):
            made[path] = content
            continue
        notebook = json.loads(content)
        for cell in notebook["cells"]:
            if nbgrader_of(cell).get("solution"):
                source = "".join(cell["source"])
                for each in replacements:
                    if each[0] in source:
                        source = source.replace(*each)
                        left.remove(each)
                cell["source"] = source
        made[path] = json.dumps(notebook).encode()
    assert left == [], "every replacement is made"
    return made


def continued(files, lines):
    """The solution with a line more at the end of some answers, by the cell's name."""
    left = set(lines)
    made = dict(files)
    for path in [each for each in files if each.endswith(".ipynb")]:
        notebook = json.loads(files[path])
        for cell in notebook["cells"]:
            name = nbgrader_of(cell).get("grade_id")
            if name in lines:
                cell["source"] = "".join(cell["source"]) + "\n" + lines[name]
                left.remove(name)
        made[path] = json.dumps(notebook).encode()
    assert left == set(), "every line has its cell"
    return made


def beginning_with(files, line):
    """The solution with a line before each of its answers."""
    made = dict(files)
    for path in [each for each in files if each.endswith(".ipynb")]:
        notebook = json.loads(files[path])
        for cell in notebook["cells"]:
            if nbgrader_of(cell).get("solution") and cell["cell_type"] == "code":
                cell["source"] = f"{line}\n" + "".join(cell["source"])
        made[path] = json.dumps(notebook).encode()
    return made


def graded(folder, master, submission):
    """Rows by test of one grading, in the grader's own isolation."""
    for name, parts in (("master", master), ("submission", submission)):
        for path, content in parts.items():
            target = folder / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    for each in [folder, *folder.rglob("*")]:
        each.chmod(0o755 if each.is_dir() else 0o644)
    setup = WardenSetup(CHECKOUT, probe().level, grader_uid=61413, uid_base=61460, slots=1)
    (notebook,) = Warden(setup).run_job(folder)["notebooks"]
    return {cell["cell"]: cell for cell in notebook["cells"]}


def marks_with(place, assignment, mistakes):
    """Marks by test of an assignment's solution with these mistakes in it."""
    master = without_authoring(files_below(assignment))
    rows = graded(place, master, changed(master, mistakes))
    return {name: row["mark"] for name, row in rows.items()}


def answered(files, answers):
    """The solution with other sources of some answers, by the cell's name."""
    left = set(answers)
    made = dict(files)
    for path in [each for each in files if each.endswith(".ipynb")]:
        notebook = json.loads(files[path])
        for cell in notebook["cells"]:
            name = nbgrader_of(cell).get("grade_id")
            if name in answers:
                cell["source"] = answers[name]
                left.remove(name)
        made[path] = json.dumps(notebook).encode()
    assert left == set(), "every answer has its cell"
    return made


def values(**said):
    """The source of an answer that is values written down."""
    return "\n".join(f"{name} = {value!r}" for name, value in said.items())


def solution(master, name):
    """The source of an answer of the model solution."""
    ((_, content),) = ((n, c) for n, c in master.items() if n.endswith(".ipynb"))
    (cell,) = (each for each in json.loads(content)["cells"] if each["id"] == name)
    return "".join(cell["source"])
