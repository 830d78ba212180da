"""Whose a name is: the teacher's version says, never the student's process."""

from __future__ import annotations

import pytest

from sandbox.grading.names import bound_in, definitions_in
from sandbox.grading.plan import plan_of
from sandbox.grading.sides import Limits
from tests.grading.direct import run
from tests.grading.notebooks import answer, check, notebook, setup

QUICK = Limits(cell=30, test=5, total=120)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("x = 1\ny, (z, *w) = 1, (2, 3)", "wxyz"),
        ("import a.b\nfrom c import d as e", "ae"),
        ("def f(g):\n    h = 1\nclass K:\n    m = 2", "Kf"),
        ("for i in range(3): pass\nwith open('x') as f: pass", "fi"),
        ("[j for j in 'a' if (k := j)]", "k"),
        ("def f():\n    global q\n    q = 1", "fq"),
        ("print(n)\nn.x = 1\nn[0] = 1", ""),
        ("%time x = 1", ""),
    ],
)
def test_names_that_a_cell_binds_are_found(source, names):
    assert bound_in(source) == set(names)


def test_only_imports_functions_and_classes_are_defined_again():
    source = (
        "import a\nx = f()\ndef g(): return 1\nif x:\n    def h(): pass\nclass K: pass\nassert g()"
    )
    assert bound_in(definitions_in(source)) == {"a", "g", "K"}
    assert definitions_in("%time x") == ""


TAKEN = notebook(
    setup("LIMIT, SCALE = 10, 2"),
    answer("def one(): return 1", "a"),
    check("total = 5\ndef right(v): return v == 42\nassert one() == 1", "first", 1),
    answer("total = 7\nLIMIT = 20\ndef g(): return 42", "b"),
    check("assert (total, LIMIT, SCALE) == (7, 20, 2)\nassert right(g())", "second", 1),
)


def test_plan_tells_names_of_tests_from_those_that_answers_bind_anew():
    plan = plan_of(TAKEN)
    assert plan.own == {"right"}
    assert plan.answered == {"b": {"total", "LIMIT"}}


def test_name_that_a_later_answer_binds_is_the_answers():
    assert run(TAKEN, {}).failures == {}
    assert set(run(TAKEN, {"b": "total = 8\nLIMIT = 20\ndef g(): return 42"}).failures) == {
        ("lab", "second")
    }


def test_helper_of_a_test_is_never_the_students():
    forged = "total = 7\nLIMIT = 20\ndef g(): return 0\ndef right(v): return True"
    assert set(run(TAKEN, {"b": forged}).failures) == {("lab", "second")}


def test_helper_of_a_test_that_did_not_get_there_is_not_asked_of_the_student():
    made = notebook(
        answer("def one(): return 1\ndef g(): return 42", "a"),
        check("assert one() == 1\ndef right(v): return v == 42", "first", 1),
        check("assert right(g())", "second", 1),
    )
    assert run(made, {}).failures == {}
    failures = run(
        made, {"a": "def one(): return 0\ndef g(): return 0\ndef right(v): return True"}
    ).failures
    assert failures["lab", "first"]["kind"] == "assertion"
    assert failures["lab", "second"]["kind"] == "earlier"


@pytest.mark.slow
def test_what_earlier_tests_define_is_there_after_a_time_out():
    made = notebook(
        answer("def f(): return 21", "a"),
        check("import math\ndef twice(n): return 2 * n\nassert f() == 21", "first", 1),
        check("def half(n): return n // 2\nwhile True: pass", "endless", 1),
        check("assert half(twice(f())) == 21 and math.pi > 3", "third", 1),
    )
    assert set(run(made, {}, QUICK).failures) == {("lab", "endless")}


@pytest.mark.slow
def test_name_stays_the_answers_after_a_time_out():
    cells = [*TAKEN.cells[:4], check("while True: pass", "endless", 1), TAKEN.cells[4]]
    assert set(run(notebook(*cells), {}, QUICK).failures) == {("lab", "endless")}


CREDITING = "score = credit(1, lambda: one() == 1, 'one is one')\nscore"


def test_steps_are_told_where_an_earlier_test_imports_credit():
    made = notebook(
        answer("def one(): return 1", "a"),
        check("from sandbox.kit.credit import credit\n" + CREDITING, "first", 1),
        check(CREDITING, "second", 1),
    )
    found = run(made, {"a": "def one(): return 1\ndef credit(*_): return 1"})
    steps = [{"points": 1.0, "holds": True, "what": "one is one"}]
    assert found.steps == {("lab", "first"): steps, ("lab", "second"): steps}
