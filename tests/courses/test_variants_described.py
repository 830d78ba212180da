"""Variants of an assignment: described wrongly they are found, and their edges are run."""

from __future__ import annotations

import re

import nbformat
import pytest

from tests.courses.test_content import ANSWER, GRADED, Script, bad, describe, folder, write
from tests.grading.notebooks import cell

__all__ = ["folder"]
VARIANTS = {"SUM": {"from": 1, "to": 9}, "CITY": {"one_of": ["Osh", "Talas"]}}
GIVEN = 'SUM = 3  # som\nCITY = "Osh"'


def varied(folder, given=GIVEN, text="You pay {{SUM}} som.", more="", **said):
    """The good assignment with a variant."""
    describe(folder, **{"seed": "student", "variants": VARIANTS, **said})
    cells = [] if given is None else [cell(given, "variant", locked=True)]
    cells += [nbformat.v4.new_code_cell(more, id="more")] if more else []
    write(folder, nbformat.v4.new_markdown_cell(text, id="t"), *cells, ANSWER, GRADED)
    return folder


def test_good_variant_has_no_fault(folder):
    assert bad(varied(folder)) == []


@pytest.mark.parametrize(
    ("changes", "code", "where"),
    [
        ({"seed": "none"}, "variants_seed", ""),
        ({"variants": None, "given": None, "text": "You pay."}, "variants_seed", ""),
        ({"variants": {}}, "value_wrong", ""),
        ({"variants": {"SUM": {"from": 1, "to": 1}}}, "value_wrong", ""),
        ({"variants": {"SUM": {"from": 1, "to": 9, "step": 5}}}, "value_wrong", ""),
        ({"variants": {"sum": {"from": 1, "to": 9}}}, "value_wrong", ""),
        ({"variants": {"SUM": {"one_of": ["a", 1]}}}, "value_wrong", ""),
        ({"variants": {"SUM": {"one_of": ["#", "'"]}}}, "value_wrong", ""),
        ({"given": None}, "variant_cell", "variant"),
        ({"given": "SUM = 3"}, "variant_values", "variant"),
        ({"given": GIVEN.replace("3", "30")}, "variant_values", "variant"),
        ({"given": GIVEN.replace("3", "1 + 2")}, "variant_values", "variant"),
        ({"given": GIVEN + "\nprint(SUM)"}, "variant_values", "variant"),
        ({"given": GIVEN.replace("SUM = ", "SUM=")}, "variant_values", "variant"),
        ({"text": "You pay {{SUMM}} som."}, "variant_unknown", "t"),
        ({"text": "# Pay {{SUM}}"}, "variant_heading", "t"),
        ({"more": "SUM = 5"}, "variant_taken", "more"),
        ({"more": "for SUM in range(3):\n    pass"}, "variant_taken", "more"),
        ({"more": "from limits import TOP as SUM"}, "variant_taken", "more"),
        ({"more": "def SUM():\n    pass"}, "variant_taken", "more"),
        ({"more": "def set():\n    global SUM\n    SUM = 1"}, "variant_taken", "more"),
        ({"more": "found = [(SUM := each) for each in range(3)]"}, "variant_taken", "more"),
    ],
)
def test_wrong_variant_is_found(folder, changes, code, where):
    found = bad(varied(folder, **changes))
    assert (code, where) in found
    assert all(each in {"value_wrong", "variant_unknown", "variant_cell", code}
               for each, _cell in found)  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        "total = SUM + 1",
        "def pay(SUM):\n    SUM = SUM + 1\n    return SUM",
        "found = [SUM for SUM in range(3)]",
        "wallet.SUM = SUM",
        "%time SUM",
    ],
)
def test_a_cell_may_read_a_variant_and_have_the_name_inside_a_function(folder, more):
    assert bad(varied(folder, more=more)) == []


def test_place_without_declaration_is_found(folder):
    text = nbformat.v4.new_markdown_cell("You pay {{SUM}} som.", id="t")
    write(folder, text, ANSWER, GRADED)
    assert bad(folder) == [("variant_unknown", "t")]


def test_translation_that_loses_a_value_is_found(folder):
    varied(folder)
    words = {"You pay {{SUM}} som.": "Вы платите 100 сом.", "x is one": "x равен одному"}
    text = nbformat.v4.new_markdown_cell("You pay {{SUM}} som.", id="t")
    write(folder, text, cell(GIVEN, "variant", locked=True), ANSWER, GRADED, words=words)
    assert ("text_shape", "t") in bad(folder)


class Given(Script):
    """Keeps the values that master and submission of each grading have."""

    def __init__(self, *marks):
        super().__init__(*marks)
        self.sums = []

    def run_job(self, folder):
        texts = [path.read_text() for path in folder.rglob("lab.ipynb")]
        self.sums.append({int(re.search(r"SUM = (\d+)", text)[1]) for text in texts})
        return super().run_job(folder)


@pytest.mark.parametrize(
    ("marks", "codes"),
    [
        ([2.0, 0.0] * 4, []),
        ([2.0, 0.0, 1.0, 0.0, 2.0, 0.0, 2.0, 0.0], ["variant_loses"]),
        ([2.0, 0.0] * 3 + [2.0, 0.5], ["variant_gives"]),
    ],
)
def test_edges_of_a_variant_are_run(folder, marks, codes):
    warden = Given(2.0, 2.0, 0.0, *marks)
    assert bad(varied(folder), warden) == [(code, "x-test") for code in codes]
    assert warden.sums[:5] == [{3}] * 3 + [{1}] * 2, "the example, then the smallest"
    assert warden.sums[5:7] == [{9}] * 2, "the largest"
    assert warden.sums[-1] == {3}
