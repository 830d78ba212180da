"""Functions, iterators, errors, printing: name → (answer, test)."""

FUNCTIONS = {
    "all kinds of arguments": (
        "def f(a, *r, k=2, **o):\n    return a + sum(r) + k + len(o)",
        "assert f(1, 2, 3, k=4, z=1) == 11",
    ),
    "a default that remembers": (
        "def f(x, acc=[]):\n    acc.append(x)\n    return acc",
        "assert f(1) == [1]\nassert f(2) == [1, 2]",
    ),
    "a function that gives a function": (
        "def f(n):\n    def g(x):\n        return x * n\n    return g",
        "assert f(3)(4) == 12",
    ),
    "a generator": (
        "def f(n):\n    for i in range(n):\n        yield i * i",
        "assert list(f(4)) == [0, 1, 4, 9]\nassert sum(f(3)) == 5\nassert f(2) != [0, 1]",
    ),
    "a generator step by step": (
        "def f():\n    yield 1\n    yield 2",
        "g = f()\nassert next(g) == 1\nassert next(g) == 2\nassert next(g, 'end') == 'end'",
    ),
    "an endless generator, cut": (
        "def f():\n    n = 0\n    while True:\n        yield n\n        n += 1",
        "from itertools import islice\nassert list(islice(f(), 5)) == [0, 1, 2, 3, 4]",
    ),
    "map, filter, zip": (
        "def f(x):\n    return map(abs, x), filter(None, x), zip(x, x)",
        (
            "a, b, c = f([-1, 0])\nassert list(a) == [1, 0] and list(b) == [-1]\n"
            "assert dict(c) == {-1: -1, 0: 0}"
        ),
    ),
    "a test's function is called": (
        "def f(g, x):\n    return g(g(x))",
        "assert f(lambda v: v + 1, 1) == 3",
    ),
    "a test's function remembers": (
        "def f(g):\n    for i in range(3):\n        g(i)",
        "s = []\nf(s.append)\nassert s == [0, 1, 2]",
    ),
    "a test's function as a key": (
        "def f(x, key):\n    return sorted(x, key=key)",
        (
            "assert f([1, -3, 2], lambda v: -v) == [2, 1, -3]\n"
            "assert f(['bb', 'a'], len) == ['a', 'bb']"
        ),
    ),
    "a decorator": (
        "def twice(g):\n    def inner(*a):\n        return g(*a) * 2\n    return inner",
        "@twice\ndef three(x):\n    return 3 + x\nassert three(1) == 8",
    ),
    "a cache": (
        (
            "def cached(g):\n    known = {}\n    def inner(x):\n        if x not in known:\n"
            "            known[x] = g(x)\n        return known[x]\n    return inner"
        ),
        (
            "calls = []\ndef slow(x):\n    calls.append(x)\n    return x * x\nfast = cached(slow)\n"
            "assert (fast(3), fast(3)) == (9, 9) and calls == [3]"
        ),
    ),
    "trying again": (
        (
            "def retry(g, n):\n    for _ in range(n):\n        try:\n            return g()\n"
            "        except ValueError:\n            pass"
        ),
        (
            "tries = []\ndef sometimes():\n    tries.append(1)\n    if len(tries) < 3:\n"
            "        raise ValueError('not yet')\n    return 'done'\n"
            "assert retry(sometimes, 5) == 'done'"
        ),
    ),
    "an error of the test's function comes through": (
        "def f(g):\n    return g()",
        (
            "def bad():\n    raise KeyError('k')\ntry:\n    f(bad)\n    assert False\n"
            "except KeyError:\n    pass"
        ),
    ),
    "an error": (
        "def f(x):\n    if x < 0:\n        raise ValueError('neg')\n    return x",
        (
            "try:\n    f(-1)\n    assert False\nexcept ValueError as e:\n"
            "    assert 'neg' in str(e)\n"
            "assert f(1) == 1"
        ),
    ),
    "an error caught as its base": (
        "def f():\n    raise KeyError('a')",
        "ok = False\ntry:\n    f()\nexcept LookupError:\n    ok = True\nassert ok",
    ),
    "an error that is made of more than a text": (
        "def f(raw):\n    return raw.decode()",
        "ok = False\ntry:\n    f(b'\\xff')\nexcept ValueError:\n    ok = True\nassert ok",
    ),
    "the student's own error": (
        "class Short(ValueError):\n    pass\ndef f():\n    raise Short('x')",
        "try:\n    f()\n    assert False\nexcept ValueError as e:\n    assert str(e) == 'x'",
    ),
    "the student's own error of no kind": (
        "class Odd(Exception):\n    pass\ndef f():\n    raise Odd('x')",
        (
            "try:\n    f()\n    assert False, 'no error'\nexcept AssertionError:\n    raise\n"
            "except Exception as e:\n    assert 'x' in str(e)"
        ),
    ),
    "recursion": (
        "def f(n):\n    return 1 if n < 2 else n * f(n - 1)",
        "import math\nassert f(50) == math.factorial(50)",
    ),
    "a global that counts": (
        "counted = 0\ndef f():\n    global counted\n    counted += 1",
        "f()\nf()\nassert counted == 2",
    ),
    "what is printed": (
        "def f():\n    print('hi')",
        (
            "import io, contextlib\nb = io.StringIO()\n"
            "with contextlib.redirect_stdout(b):\n    f()\n"
            "assert b.getvalue() == 'hi\\n'"
        ),
    ),
    "name and description": (
        "def f(x: int) -> str:\n    '''doc'''\n    return x",
        (
            "assert f.__doc__ == 'doc' and f.__name__ == 'f'\n"
            "assert f.__annotations__ == {'x': int, 'return': str}"
        ),
    ),
    "no description": ("def f(x):\n    return x", "assert f.__doc__ is None"),
    "a function is callable": ("def f():\n    return 1", "assert callable(f) and f is not None"),
    "a function as a test's key": (
        "def f(x):\n    return -x",
        "assert sorted([1, 3, 2], key=f) == [3, 2, 1]\nassert list(map(f, [1])) == [-1]",
    ),
    "points for parts": ("def f():\n    return 3", "(1 if f() == 3 else 0) + 0.5"),
}
