"""What the executor decides: objects that cannot be compared, words that are told, the canary."""

from __future__ import annotations

import base64

import pytest

from sandbox.domain.classroom import Mark
from sandbox.domain.coursework import MAX_FILE_BYTES
from sandbox.grading import sides
from sandbox.grading.executor import NotebookRun, Run
from sandbox.grading.feedback import reason_text
from sandbox.grading.plan import plan_of
from sandbox.grading.sides import MAX_RENEWALS, Budget, Limits
from sandbox.kit.errors import IntegrityFailure, Unavailable
from tests.grading.direct import Direct, reason, run
from tests.grading.notebooks import answer, cell, check, notebook, setup

OPAQUE = {"kind": "opaque", "name": "", "message": ""}
WALLET = "class Wallet:\n    def __eq__(self, other): return True\n"
SECRET = "21000042"


def visible(source, name, points):
    return cell(source, name, grade=True, locked=True, points=points)


COMPARING = (
    "assert make() == 4",
    "assert 4 == make()",
    "assert make() != 5",
    "assert not make() == 4",
    "assert 3 < make()",
    "assert make() in [4, 5]",
    "assert 4 in make()",
    "assert {make(): 1}[4]",
    "assert abs(make() - 4) < 1",
    "assert 1 + make() == 5",
    "assert sum([make()]) == 4",
)


def test_object_of_the_student_is_never_compared_silently():
    tests = (check(test, f"t{number}", 1) for number, test in enumerate(COMPARING))
    body = WALLET + "    def __hash__(self): return 4\n    def __sub__(self, o): return 0\n"
    body += "    __radd__ = __rsub__ = __sub__\ndef make(): return Wallet()"
    found = run(notebook(answer("pass", "a"), *tests), {"a": body}).failures
    assert found == {("lab", f"t{number}"): OPAQUE for number in range(len(COMPARING))}


def test_plain_answers_are_compared():
    values = ("4", "[4]", "'4'", "(4, [4])", "{4: [4]}")
    tests = (check(f"assert make({n}) == {v}", f"t{n}", 1) for n, v in enumerate(values))
    body = f"def make(n): return [{', '.join(values)}][n]"
    assert run(notebook(answer("pass", "a"), *tests), {"a": body}).failures == {}


def test_truth_length_and_text_of_an_object_are_the_students_claim():
    body = (
        "class Box:\n    def __len__(self): return 0\n    def __str__(self): return 'box'\n"
        "def make(): return Box()"
    )
    test = "assert not make()\nassert len(make()) == 0\nassert str(make()) == 'box'"
    made = notebook(answer("pass", "a"), check(test, "t", 1))
    assert reason(made, {"a": body}, "t") is None


def test_claim_in_another_form_is_refused():
    body = "class Box:\n    def __str__(self): return 5\ndef make(): return Box()"
    made = notebook(answer("pass", "a"), check("assert str(make()) == 'box'", "t", 1))
    assert reason(made, {"a": body}, "t")["kind"] == "raised"


def test_list_that_a_call_filled_with_objects_is_still_seen():
    body = WALLET + "def fill(box):\n    box[:] = [Wallet()]"
    test = "box = [0]\nfill(box)\nassert len(box) == 1\nassert box[0] is not 0"
    made = notebook(answer("pass", "a"), check(test, "t", 1))
    assert reason(made, {"a": body}, "t") is None


LEAKS = {
    "an error's text": "def double(x): raise ValueError(repr(x))",
    "an assertion's text": "def double(x): raise AssertionError(repr(x))",
    "the name of an error's type": "def double(x): raise type(repr(x), (Exception,), {})()",
    "an error that is no one's": "def double(x): raise type('E' + str(x), (BaseException,), {})(x)",
    "what a message repeats": "def double(x): return str(x)",
    "a name that is said to be missing": (
        "import sandbox.grading.student as student\n"
        "import __main__, gc\n"
        "def double(x):\n"
        "    for each in gc.get_objects():\n"
        "        if type(each).__name__ == 'Student':\n"
        "            kind = type(each)\n"
        "            kind._call = lambda self, request: {'missing': repr(x)}\n"
        "    return 1\n"
    ),
    "the tag of a malformed answer": (
        "import gc\n"
        "def double(x):\n"
        "    for each in gc.get_objects():\n"
        "        if type(each).__name__ == 'Student':\n"
        "            type(each)._write = lambda self, *_: {str(x): 1}\n"
        "    return 1\n"
    ),
}


@pytest.mark.parametrize("how", LEAKS)
def test_argument_of_a_hidden_test_is_not_told(how):
    test = f"got = double({SECRET})\nagain = double({SECRET})\nassert got == 2, f'{{got!r}} it is'"
    made = notebook(answer("pass", "a"), check(test, "t", 1))
    found = reason(made, {"a": LEAKS[how]}, "t")
    assert found is not None
    assert SECRET not in str(found)
    mark = Mark("s", "lab", "t", "Task", 1.0, 0.0, "failed", found)
    assert SECRET not in reason_text(mark, "en")


def test_argument_kept_by_the_student_is_not_told_by_a_later_visible_test():
    body = "seen = []\ndef double(x):\n    seen.append(x)\n    raise ValueError(repr(seen))"
    made = notebook(
        answer("pass", "a"), check(f"double({SECRET})", "t", 1), visible("double(1)", "u", 1)
    )
    assert SECRET not in str(reason(made, {"a": body}, "u"))


def test_visible_test_before_any_hidden_one_tells_the_errors_text():
    made = notebook(answer("pass", "a"), visible("double(1)", "u", 1), check("double(2)", "t", 1))
    body = "def double(x): raise ValueError('no number')"
    assert reason(made, {"a": body}, "u") == {
        "kind": "raised",
        "name": "ValueError",
        "message": "no number",
    }


def test_half_of_a_character_in_an_errors_text_can_be_kept():
    made = notebook(answer("pass", "a"), visible("double(1)", "u", 1))
    found = reason(made, {"a": "def double(x): raise ValueError('half ' + chr(0xD800))"}, "u")
    assert found == {"kind": "raised", "name": "ValueError", "message": "half ?"}


def test_words_of_the_author_and_the_kind_of_error_stay():
    made = notebook(answer("pass", "a"), check("assert double(2) == 4, 'twice two'", "t", 1))
    assert reason(made, {"a": "def double(x): return x"}, "t")["message"] == "twice two"
    raised = reason(made, {"a": "def double(x): raise KeyError(x)"}, "t")
    assert raised == {"kind": "raised", "name": "KeyError", "message": ""}
    assert "double" in reason(made, {"a": "pass"}, "t")["message"]


TWO = notebook(
    answer("pass", "a"),
    check("assert one() == 1", "t", 1),
    check("assert two() == 2", "u", 1),
)


LOOPS = (
    "assert all(map(lambda each: f(each) == 2 * each, range(3)))",
    "assert not any(map(lambda each: f(each) != 2 * each, range(3)))",
    "assert [pair for pair in zip(map(f, [1, 2]), [2, 4]) if pair[0] != pair[1]] == []",
)
"""Ways of authors to look at many answers; each believes an iterator that ends."""


@pytest.mark.parametrize("test", LOOPS)
@pytest.mark.parametrize("error", ["StopIteration", "StopAsyncIteration"])
def test_error_that_ends_a_loop_does_not_end_the_loop_of_a_test(test, error):
    made = notebook(answer("def f(x): return 2 * x", "f"), visible(test, "t", 3))
    assert run(made, {"f": "def f(x): return 2 * x"}).failures == {}
    found = reason(made, {"f": f"def f(x): raise {error}"}, "t")
    assert (found["kind"], found["name"]) == ("raised", error)


def test_canary_runs_although_the_budget_is_used_up():
    body = "import time\ndef one(): return 1\ndef two(): time.sleep(30)"
    found = run(TWO, {"a": body}, Limits(cell=2, test=30, total=3))
    assert [name for _, name in found.failures] == ["u"]


SLEEPS = "import time\ntime.sleep(9)"
"""In place of an answer: uses up the time of the submission below."""


def test_time_used_up_before_a_set_up_is_a_zero_and_no_failure_of_the_course():
    made = notebook(answer("pass", "a"), setup("two = 2"), check("assert one() == two - 1", "t", 1))
    limits = Limits(cell=3, test=2, total=1)
    assert reason(made, {"a": SLEEPS}, "t", limits) == {
        "kind": "timeout",
        "name": "",
        "message": "",
    }


def test_tests_left_when_the_time_is_used_up_start_no_process_each():
    tests = (check("assert one() == 1", f"t{number}", 1) for number in range(MAX_RENEWALS + 4))
    found = run(notebook(answer("pass", "a"), *tests), {"a": SLEEPS}, Limits(3, 2, 1))
    assert {failure["kind"] for failure in found.failures.values()} == {"timeout"}
    assert found.processes.starts.count("tester") == 1


def test_tests_that_each_end_their_process_leave_a_start_for_the_canary(monkeypatch):
    monkeypatch.setattr(sides, "MAX_RENEWALS", 2)
    ending = [check("import os\nos._exit(0)", f"t{number}", 1) for number in range(5)]
    made = notebook(answer("pass", "a"), *ending, setup("two = 2"), check("assert two", "u", 1))
    found = run(made, {"a": "pass"})
    assert {failure["kind"] for failure in found.failures.values()} == {"timeout"}
    assert len(found.failures) == 6
    assert found.processes.starts.count("tester") == 4


def test_files_larger_than_a_frame_together_are_there(tmp_path):
    content = base64.b64encode(bytes(MAX_FILE_BYTES)).decode()
    files = {str(tmp_path / name): content for name in ("one", "two")}
    body = (
        f"import os\ndef size(name): return os.path.getsize(os.path.join({str(tmp_path)!r}, name))"
    )
    test = f"assert [size('one'), size('two')] == [{MAX_FILE_BYTES}] * 2"
    made = notebook(answer("pass", "a"), check(test, "t", 1))
    assert run(made, {"a": body}, files=files).failures == {}


def test_notebooks_of_one_submission_share_its_time():
    processes = Direct()
    made = notebook(answer("pass", "a"), check("assert 1 == 1", "t", 1))
    found = Run(processes, {"one": plan_of(made), "two": plan_of(made)}, Limits())
    try:
        NotebookRun(found, "one", {}).execute(made)
        assert found.budget is not None
        found.budget = Budget(0)
        NotebookRun(found, "two", {}).execute(made)
    finally:
        processes.close()
    assert list(found.failures) == [("two", "t")]
    assert found.failures["two", "t"]["kind"] == "timeout"


def test_notebook_that_gives_nothing_still_has_its_canary(monkeypatch):
    monkeypatch.setattr(sides, "CANARY", "1 == 1")
    with pytest.raises(IntegrityFailure, match="canary_passed"):
        run(TWO, {"a": "import time\ntime.sleep(30)"}, Limits(cell=2, test=2, total=1))


def test_canary_that_passes_is_believed_by_nobody(monkeypatch):
    monkeypatch.setattr(sides, "CANARY", "1 == 1")
    with pytest.raises(IntegrityFailure, match="canary_passed"):
        run(TWO, {"a": "def one(): return 1"})


def test_canary_that_is_not_answered_is_tried_again_later(monkeypatch):
    monkeypatch.setattr(sides, "CANARY", "import os\nos._exit(0)")
    with pytest.raises(Unavailable, match="canary_missing"):
        run(TWO, {"a": "def one(): return 1"})


def test_every_test_that_gives_points_has_a_canary(monkeypatch):
    asked = []
    real = sides.TesterSide.canary

    def canary(self):
        asked.append(1)
        return real(self)

    monkeypatch.setattr(sides.TesterSide, "canary", canary)
    run(TWO, {"a": "def one(): return 1\ndef two(): return 2"})
    assert len(asked) == 2


def test_process_without_points_is_not_replaced_for_its_canary():
    processes = run(TWO, {"a": "pass"}).processes
    assert isinstance(processes, Direct)
    assert processes.starts.count("tester") == 1
