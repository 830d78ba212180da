"""Answers of another form than the model's get what stock gives: name → (answer, test)."""

_LIST = "(1 if sorted(f()) == [1, 2] else 0) + (1 if f() == [1, 2] else 0)"
_FLOAT = "x = f()\nassert abs(x - 1.5) < 1e-9"
OTHER_FORMS = {
    "a list is asked, a list given": ("def f():\n    return [1, 2]", _LIST),
    "a list is asked, a generator given": ("def f():\n    yield 1\n    yield 2", _LIST),
    "a list is asked, keys given": ("def f():\n    return {1: 0, 2: 0}.keys()", _LIST),
    "a list is asked, values given": ("def f():\n    return {0: 1, 3: 2}.values()", _LIST),
    "a list is asked, a range given": ("def f():\n    return range(1, 3)", _LIST),
    "a list is asked, a tuple given": ("def f():\n    return 1, 2", _LIST),
    "a list is asked, a map given": ("def f():\n    return map(int, '12')", _LIST),
    "a list is asked, a deque given": (
        "from collections import deque\ndef f():\n    return deque([1, 2])",
        _LIST,
    ),
    "a float is asked, a float given": ("def f():\n    return 1.5", _FLOAT),
    "a float is asked, a Decimal given": (
        "from decimal import Decimal\ndef f():\n    return Decimal('1.5')",
        _FLOAT,
    ),
    "a float is asked, a Fraction given": (
        "from fractions import Fraction\ndef f():\n    return Fraction(3, 2)",
        _FLOAT,
    ),
    "a float is asked, a text given": ("def f():\n    return '1.5'", _FLOAT),
    "a float is asked, nothing given": ("def f():\n    pass", _FLOAT),
    "an integer is asked, a Decimal given": (
        "from decimal import Decimal\ndef f():\n    return Decimal(4)",
        "assert f() == 4",
    ),
    "an integer is asked, a complex given": ("def f():\n    return 4 + 0j", "assert f() == 4"),
    "an integer is asked, a function given": ("def f():\n    return f", "assert f() == 4"),
    "a dictionary is asked, a Counter given": (
        "from collections import Counter\ndef f():\n    return Counter('a')",
        "assert f() == {'a': 1}",
    ),
    "an error is asked, none given": (
        "def f():\n    return None",
        "try:\n    f()\n    assert False\nexcept ValueError:\n    pass",
    ),
    "an error is asked, another given": (
        "class Odd(Exception):\n    pass\ndef f():\n    raise Odd",
        "try:\n    f()\n    assert False\nexcept ValueError:\n    pass",
    ),
    "not defined": ("pass", "assert not_there(1) == 1"),
    "wrong": ("def f(x):\n    return x", "assert f(1) == 2"),
}
