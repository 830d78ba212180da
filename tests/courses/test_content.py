"""Every assignment in the repository keeps its promises; broken ones are found."""

from __future__ import annotations

import shutil

import nbformat
import pytest

from sandbox.grading.checking import check_assignment
from sandbox.grading.warden import Warden, WardenSetup
from sandbox.isolation.probe import probe
from sandbox.kit.errors import Unavailable
from sandbox.toolchain.layout import CHECKOUT
from tests.grading.notebooks import cell, check, notebook

ASSIGNMENTS = sorted(path.parent for path in (CHECKOUT / "courses").glob("*/*/*/course.yaml"))
YAML = 'titles: {en: "a", ru: "b", ky: "c"}\npoints: 2\noutcomes: [one]\n'


class NoWarden:
    """For checks that end before anything is run."""

    def run_job(self, folder):
        raise Unavailable("grading.no_isolation")


def findings(folder, warden=None):
    """What was found until running begins (without a warden)."""
    found = []
    try:
        for each in check_assignment(folder, warden or NoWarden()):
            found.append(each)  # noqa: PERF402 (kept when it ends early)
    except Unavailable:
        if warden is not None:
            raise
    return found


def bad(folder):
    return [each.what for each in findings(folder) if not each.good]


@pytest.fixture
def folder(tmp_path):
    """A good assignment of two points."""
    made = tmp_path / "lab"
    made.mkdir()
    (made / "course.yaml").write_text(YAML)
    write(made, cell("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "x", solution=True),
          check("assert x == 1, 'x is one'", "x-test", 2))  # fmt: skip
    return made


def write(folder, *cells):
    (folder / "lab.ipynb").write_text(nbformat.writes(notebook(*cells)))


def test_there_is_a_course():
    assert [path.name for path in ASSIGNMENTS] == ["first-payments"]


@pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda path: path.name)
def test_assignment_holds_what_can_be_read(path):
    assert bad(path) == []


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda path: path.name)
def test_assignment_holds_when_it_is_run(path):
    warden = Warden(WardenSetup(CHECKOUT, probe().level, grader_uid=61409, uid_base=61440, slots=1))
    assert [each for each in findings(path, warden) if not each.good] == []


def test_good_assignment_has_no_finding(folder):
    assert bad(folder) == []


def test_missing_title_is_found(folder):
    (folder / "course.yaml").write_text(YAML.replace('ky: "c"', 'ky: ""'))
    assert bad(folder) == ["titles in three languages"]


def test_wrong_points_are_found(folder):
    (folder / "course.yaml").write_text(YAML.replace("points: 2", "points: 3"))
    assert bad(folder) == ["points as described"]


def test_magic_in_a_test_is_found_before_anything_is_run(folder):
    write(folder, check("%time x", "x-test", 2))
    assert bad(folder) == ["lab.ipynb: tests can cross the split"]


def test_repeated_id_is_found(folder):
    write(folder, check("x", "x-test", 1), check("x", "x-test", 1))
    assert "lab.ipynb: ids are unique" in bad(folder)


def test_hidden_test_told_in_the_text_is_found(folder):
    shutil.copy(folder / "lab.ipynb", folder / "copy.ipynb")
    (folder / "hint.md").write_text("The test is: assert x == 1, 'x is one'")
    (folder / "copy.ipynb").unlink()
    assert bad(folder) == ["the release shows no solution and no hidden test"]
