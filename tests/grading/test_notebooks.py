"""No metadata of a submission survives; its text does."""

from __future__ import annotations

import json

import nbformat
import pytest

from sandbox.domain.coursework import check_notebook
from sandbox.domain.notebooks import normalised
from tests.grading.notebooks import cell, master, notebook

MASTER = nbformat.writes(master()).encode()


def made(*cells, **more):
    raw = {"cells": list(cells), "nbformat": 4, "nbformat_minor": 5, "metadata": {}, **more}
    found = json.loads(normalised(json.dumps(raw).encode(), MASTER))
    nbformat.validate(found)
    return found


def test_untouched_master_keeps_its_cells_and_metadata():
    found = json.loads(normalised(MASTER, MASTER))
    before = json.loads(MASTER)
    assert [c["metadata"] for c in found["cells"]] == [c["metadata"] for c in before["cells"]]
    assert ["".join(c["source"]) for c in found["cells"]] == [
        "".join(c["source"]) for c in before["cells"]
    ]


def test_points_and_kind_are_the_masters():
    (found,) = made(cell("pass", "double-test", grade=True, points=100))["cells"]
    assert found["metadata"]["nbgrader"]["points"] == 4
    assert found["source"] == "pass"


def test_unknown_or_repeated_id_makes_an_ordinary_cell_and_the_last_answer_counts():
    first, last, other = made(
        cell("first", "double", solution=True),
        cell("last", "double", solution=True),
        cell("x", "mine", locked=True),
    )["cells"]
    assert (first["metadata"], other["metadata"]) == ({}, {})
    assert last["metadata"]["nbgrader"]["grade_id"] == "double"


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"cell_type": "code"},
        {"cell_type": 5, "source": 7, "metadata": []},
        {"cell_type": "code", "source": ["a", "b"], "metadata": {"nbgrader": "x"}, "outputs": 3},
        {"cell_type": "markdown", "source": "t", "attachments": {"a": {"text/html": "<b>"}}},
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": ["l"]}}, "source": ""},
        {"cell_type": "markdown", "source": "t", "attachments": {"a": {"image/png": "x' <b>"}}},
    ],
)
def test_odd_cells_become_valid_ones(odd):
    found = made(odd)["cells"]
    assert len(found) == 1
    assert "text/html" not in json.dumps(found)
    assert "<b>" not in json.dumps(found)


def test_notebook_of_another_kind_is_refused_before():
    check_notebook("a.ipynb", nbformat.writes(notebook()).encode())
    for wrong in (b"", b"[]", b'{"nbformat": 3, "cells": []}', b'{"nbformat": 4, "cells": [1]}'):
        with pytest.raises(Exception, match="bad_notebook"):
            check_notebook("a.ipynb", wrong)
