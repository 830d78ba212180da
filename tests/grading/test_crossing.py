"""What crosses between the student's process and the test's may be a lie: it costs its own test."""

from __future__ import annotations

import pytest

from sandbox.grading.data import Shared, decode, encode
from sandbox.grading.sides import Limits
from sandbox.grading.wire import WireError
from tests.grading.direct import run
from tests.grading.notebooks import answer, check, notebook

QUICK = Limits(cell=3, test=4, total=60)
LIES = {
    "a generator without an end": (
        "def f():\n    while True:\n        yield 'x' * 1_000_000",
        "assert list(f())",
    ),
    "a range larger than the memory": ("def f():\n    return range(10**30)", "assert f() == 4"),
    "a decimal that fills the memory": (
        "from decimal import Decimal\ndef f():\n    return Decimal('1E+999999')",
        "assert int(f()) >= 0",
    ),
    "the end of an iteration": (
        "def f(x=0):\n    raise StopIteration",
        "assert all(map(f, [1, 2]))\nassert list(map(f, [1])) == []",
    ),
    "a context that swallows errors": (
        (
            "class F:\n    def __enter__(self): return self\n"
            "    def __exit__(self, *a): return True\nf = F"
        ),
        "with f():\n    assert 1 == 2",
    ),
    "a subtraction that is always nought": (
        "class F:\n    def __sub__(self, o): return 0\n    __rsub__ = __sub__\nf = F",
        "assert abs(f() - 42) < 1",
    ),
    "a container that holds everything": (
        "class F:\n    def __contains__(self, o): return True\nf = F",
        "assert 42 in f()",
    ),
    "an order that always holds": (
        "class F:\n    def __lt__(self, o): return True\n    __gt__ = __lt__\nf = F",
        "assert 41 < f() < 43",
    ),
    "another class": (
        "class F:\n    __class__ = int\n    def __eq__(self, o): return True\nf = F",
        "assert f() == 42",
    ),
    "an object of the student's to a test's function": (
        "class F(object):\n    def __eq__(self, o): return True\ndef f(check):\n    check(F())",
        "seen = []\nf(lambda v: seen.append(v == 42))\nassert seen == [True]",
    ),
    "a test's function without an end": (
        (
            "def f(g):\n    while True:\n        try:\n            g(1)\n"
            "        except Exception:\n            pass"
        ),
        "f(lambda v: v)",
    ),
    "a test's function after its call": (
        (
            "kept = []\ndef f(g):\n    kept.append(g)\n    import threading\n"
            "    threading.Thread(target=lambda: g(1)).start()"
        ),
        "f(lambda v: v)\nassert False",
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_lie_costs_its_own_test_only(name):
    body, test = LIES[name]
    honest = check("assert honest(1) == 2\nassert apply(lambda v: v + 1, 1) == 2", "after", 1)
    made = notebook(answer("pass", "a"), answer("pass", "b"), check(test, "lie", 1), honest)
    good = "def honest(x):\n    return x + 1\ndef apply(g, x):\n    return g(x)"
    found = run(made, {"a": body, "b": good}, QUICK).failures
    assert set(found) == {("lab", "lie")}


@pytest.mark.parametrize(
    "lie",
    [
        {"D": "1E+99999999"},
        {"D": "9" * 5000},
        {"D": 1},
        {"F": ["0x1", "0x0"]},
        {"r": ["0x0", "0x1", "0x0"]},
        {"c": ["1"]},
        {"T": ["eval", "1"]},
        {"T": ["date", "2026-99-99"]},
        {"L": [10**12, 0, 0]},
        {"k": "eval"},
        {"k": "type"},
        {"e": ["eval", []]},
        {"N": ["a", ["__class__"], [{"p": None}]]},
        {"N": ["a", ["x", "x"], [{"p": None}, {"p": None}]]},
        {"N": ["a", ["x; import os"], [{"p": None}]]},
        {"N": ["a", ["x"], []]},
        {"q": ["many", []]},
        {"m": 5, "v": {"l": []}},
        {"m": 0, "v": {"l": [{"@": 0}]}},
        {"@": 3},
        {"g": 0, "n": "eval"},
    ],
)
def test_malformed_kinds_are_refused(lie):
    with pytest.raises(WireError):
        decode(lie, None, Shared())


@pytest.mark.parametrize("number", [2**16_000, -(2**16_000)], ids=["above", "below"])
def test_longer_numbers_are_refused_on_both_sides_with_one_message(number):
    assert decode(encode(number // 2 + 1)) == number // 2 + 1
    for crossing in (lambda: encode(number), lambda: decode({"i": hex(number)})):
        with pytest.raises(WireError, match="of more than 16000 bits cannot cross"):
            crossing()


def test_alias_is_kept_and_a_circle_refused():
    row = [0]
    back = decode(encode({"a": row, "b": (row,)}, shared=Shared()), shared=Shared())
    assert back["a"] is back["b"][0]
    row.append(row)
    with pytest.raises(WireError):
        encode(row, shared=Shared())


def test_student_learns_only_what_a_function_gives_back():
    body = (
        "learned = ''\ndef f(g):\n    global learned\n"
        "    try:\n        g(1)\n    except ValueError as error:\n"
        "        learned = repr((str(error), g.__name__, g.__doc__, error.__cause__))"
    )
    test = (
        "def secret_of_the_test(v):\n    '''told to nobody'''\n"
        "    raise ValueError('told to nobody')\nf(secret_of_the_test)\n"
        "assert 'secret' not in learned and 'nobody' not in learned and learned"
    )
    assert run(notebook(answer("pass", "a"), check(test, "t", 1)), {"a": body}).failures == {}
