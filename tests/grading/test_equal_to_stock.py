"""Equal to stock nbgrader, cell by cell: the corpus of honest answers.

Our own courses are held against stock in `tests/grading/test_courses_equal_to_stock.py`.
"""

from __future__ import annotations

import nbformat
import pytest

from sandbox.grading.authoring.crossing import classes_of, uncrossable
from tests.grading.honest import CASES
from tests.grading.notebooks import answer, check, notebook
from tests.grading.stock import stock

pytestmark = pytest.mark.slow


def corpus() -> bytes:
    """All cases as one notebook; every answer starts from nothing that another left."""
    cells = []
    for number, (text, test) in enumerate(CASES.values()):
        cells += [answer(text, f"a{number}"), check(test, f"t{number}", 2)]
    return nbformat.writes(notebook(*cells)).encode()


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
