"""Equal to stock nbgrader, cell by cell: the corpus of honest answers, and our own courses."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from sandbox.domain.release import without_authoring
from sandbox.grading.authoring.crossing import classes_of, uncrossable
from sandbox.grading.authoring.grading import files_below
from sandbox.grading.warden import Warden, WardenSetup
from sandbox.isolation.probe import probe
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import changed
from tests.courses.test_partial_credit import KEYS
from tests.grading.honest import CASES
from tests.grading.notebooks import answer, check, notebook

ASSIGNMENT = CHECKOUT / "courses/digital-money/foundations/keys-and-signatures"
SOLUTION = re.compile(r"### BEGIN SOLUTION.*### END SOLUTION", re.DOTALL)
pytestmark = pytest.mark.slow


def corpus() -> bytes:
    """All cases as one notebook; every answer starts from nothing that another left."""
    cells = []
    for number, (text, test) in enumerate(CASES.values()):
        cells += [answer(text, f"a{number}"), check(test, f"t{number}", 2)]
    return nbformat.writes(notebook(*cells)).encode()


def stock(folder, master, submissions) -> dict[str, dict[str, float]]:
    """Marks by stock nbgrader: student → cell → mark.

    Args:
        folder: an empty one.
        master: files with solutions and tests.
        submissions: student → files.
    """
    places = {"source/lab": master}
    places |= {f"submitted/{who}/lab": files for who, files in submissions.items()}
    for place, files in places.items():
        lay(folder / place, files)
    config = Config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.course_id = "course"
    config.CourseDirectory.assignment_id = "lab"
    for kind in (GenerateAssignment, Autograde):
        kind(coursedir=CourseDirectory(config=config), config=config).start()
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        return {
            each.student.id: {g.name: g.auto_score for n in each.notebooks for g in n.grades}
            for each in book.assignment_submissions("lab")
        }


def lay(folder, files):
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


@pytest.fixture(autouse=True)
def tools(monkeypatch):
    """Stock nbgrader starts alembic and jupyter by their names."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade by ours: master and submission → (cell → mark, cell → reason)."""
    warden = Warden(WardenSetup(CHECKOUT, probe().level, grader_uid=61840, uid_base=61842, slots=1))
    base = tmp_path_factory.mktemp("ours")
    for folder in (base, *base.parents[:2]):
        folder.chmod(0o755)
    count = iter(range(100))

    def run(master, submission):
        job = base / str(next(count))
        lay(job / "master", master)
        lay(job / "submission", submission)
        for each in (job, *job.rglob("*")):
            each.chmod(0o755 if each.is_dir() else 0o644)
        cells = [c for n in warden.run_job(job)["notebooks"] for c in n["cells"]]
        return {c["cell"]: c["mark"] for c in cells}, {c["cell"]: c["reason"] for c in cells}

    yield run
    warden.close()


@pytest.mark.filterwarnings("ignore")
def test_corpus_scores_as_by_stock(tmp_path, graded):
    made = {"lab.ipynb": corpus()}
    theirs = stock(tmp_path, made, {"full": made})["full"]
    ours, reasons = graded(made, made)
    different = {
        name: (theirs[f"t{n}"], ours[f"t{n}"], reasons[f"t{n}"])
        for n, name in enumerate(CASES)
        if theirs[f"t{n}"] != ours[f"t{n}"]
    }
    assert different == {}
    assert sum(mark == 2 for mark in ours.values()) > 80


def test_corpus_is_accepted_by_the_check():
    for name, (text, test) in CASES.items():
        assert uncrossable(test, classes_of(text)) == [], name


@pytest.mark.filterwarnings("ignore")
def test_own_course_scores_as_by_stock(tmp_path, graded):
    master = without_authoring(files_below(ASSIGNMENT))
    hollow = {path: _hollow(content) for path, content in master.items()}
    submissions = {"full": master, "none": hollow, "mistaken": changed(master, KEYS)}
    theirs = stock(tmp_path, master, submissions)
    assert sum(theirs["full"].values()) > sum(theirs["mistaken"].values()) > 0
    for who, files in submissions.items():
        assert graded(master, files)[0] == theirs[who], who


def _hollow(content: bytes) -> bytes:
    """A notebook without its solutions; other files as they are."""
    try:
        cells = json.loads(content)
    except ValueError:
        return content
    for cell in cells["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = re.sub(
                r"### BEGIN SOLUTION.*### END SOLUTION",
                "pass",
                "".join(cell["source"]),
                flags=re.DOTALL,
            )
    return json.dumps(cells).encode()
