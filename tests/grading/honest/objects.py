"""Objects of the student's classes: name → (answer, test)."""

_ENUM = "from enum import Enum\nclass E(Enum):\n    A = 1\n    B = 2"
_VALUE = (
    "class V:\n    def __init__(self, v):\n        self.v = v\n"
    "    def __eq__(self, o):\n        return self.v == o.v\n"
    "    def __hash__(self):\n        return hash(self.v)\n"
    "    def __lt__(self, o):\n        return self.v < o.v\n"
    "    def __add__(self, o):\n        return V(self.v + o.v)\n"
    "    def __neg__(self):\n        return V(-self.v)\n"
    "    def __abs__(self):\n        return V(abs(self.v))\n"
    "    def __iadd__(self, o):\n        self.v += o.v\n        return self\n"
    "    def __contains__(self, o):\n        return o.v < self.v\n"
    "    def __float__(self):\n        return float(self.v)"
)
OBJECTS = {
    "attributes and methods": (
        (
            "class C:\n    def __init__(self, x):\n        self.x = x\n"
            "    def double(self):\n        return self.x * 2"
        ),
        "c = C(4)\nassert c.x == 4 and c.double() == 8\nc.x = 5\nassert c.double() == 10",
    ),
    "length and items": (
        (
            "class C:\n    def __init__(self):\n        self.v = [1, 2, 3]\n"
            "    def __len__(self):\n        return 3\n    def __iter__(self):\n"
            "        return iter(self.v)\n    def __getitem__(self, i):\n        return self.v[i]\n"
            "    def __setitem__(self, i, x):\n        self.v[i] = x\n"
            "    def __delitem__(self, i):\n        del self.v[i]"
        ),
        (
            "c = C()\nassert len(c) == 3 and list(c) == [1, 2, 3] and c[1] == 2 and sum(c) == 6\n"
            "c[0] = 9\nassert list(c) == [9, 2, 3]\ndel c[0]\nassert list(c) == [2, 3]"
        ),
    ),
    "iterator of one's own": (
        (
            "class C:\n    def __init__(self):\n        self.n = 0\n    def __iter__(self):\n"
            "        return self\n    def __next__(self):\n        self.n += 1\n"
            "        if self.n > 3:\n            raise StopIteration\n        return self.n"
        ),
        "assert list(C()) == [1, 2, 3]\nassert [x * 2 for x in C()] == [2, 4, 6]",
    ),
    "items by index only": (
        "class C:\n    def __getitem__(self, i):\n        return [5, 6][i]",
        "assert list(C()) == [5, 6]",
    ),
    "equal": (_VALUE, "assert V(1) == V(1)\nassert V(1) != V(2)\nassert [V(1)] == [V(1)]"),
    "ordered": (_VALUE, "assert V(1) < V(2)\nassert sorted([V(2), V(1)])[0].v == 1"),
    "added": (_VALUE, "assert (V(1) + V(2)).v == 3\nassert (-V(1)).v == -1 and abs(V(-2)).v == 2"),
    "added in place": (_VALUE, "a = b = V(1)\na += V(2)\nassert a is b and b.v == 3"),
    "within": (_VALUE, "assert V(1) in V(2)\nassert V(3) not in V(2)"),
    "in a set": (_VALUE, "assert len({V(1), V(1), V(2)}) == 2\nassert {V(1): 'a'}[V(1)] == 'a'"),
    "in a list": (_VALUE, "assert V(1) in [V(2), V(1)]\nassert [V(2), V(1)].index(V(1)) == 1"),
    "as a number": (_VALUE, "import math\nassert float(V(2)) == 2.0 and math.isclose(V(2), 2)"),
    "nothing equals None": (_VALUE, "assert V(1).v is not None and (lambda: 0) != None"),
    "truth": (
        "class C:\n    def __bool__(self):\n        return False",
        "assert not C()",
    ),
    "call and with": (
        (
            "class C:\n    log = []\n    def __enter__(self):\n        self.log.append('in')\n"
            "        return 5\n    def __exit__(self, kind, error, trace):\n"
            "        self.log.append(kind.__name__ if kind else 'out')\n        return False\n"
            "    def __call__(self, x):\n        return x + 1"
        ),
        (
            "with C() as v:\n    assert v == 5\ntry:\n    with C():\n        raise KeyError('a')\n"
            "except KeyError:\n    pass\nassert C.log == ['in', 'out', 'in', 'KeyError']\n"
            "assert C()(1) == 2"
        ),
    ),
    "with a generator": (
        (
            "import contextlib\nseen = []\n@contextlib.contextmanager\ndef opened():\n"
            "    seen.append(1)\n    yield 7\n    seen.append(2)"
        ),
        "with opened() as x:\n    assert x == 7 and seen == [1]\nassert seen == [1, 2]",
    ),
    "property, static, class": (
        (
            "class C:\n    @property\n    def p(self):\n        return 7\n    @staticmethod\n"
            "    def s():\n        return 8\n    @classmethod\n    def c(cls):\n        return 9"
        ),
        "assert C().p == 7 and C.s() == 8 and C.c() == 9",
    ),
    "a property that refuses": (
        "class C:\n    @property\n    def p(self):\n        return 7",
        "try:\n    C().p = 1\n    ok = False\nexcept AttributeError:\n    ok = True\nassert ok",
    ),
    "inherited": (
        (
            "class B:\n    def who(self):\n        return 'b'\nclass D(B):\n"
            "    def who(self):\n        return super().who() + 'd'"
        ),
        "assert D().who() == 'bd'",
    ),
    "abstract": (
        (
            "from abc import ABC, abstractmethod\nclass A(ABC):\n    @abstractmethod\n"
            "    def f(self): ..."
        ),
        "try:\n    A()\n    ok = False\nexcept TypeError:\n    ok = True\nassert ok",
    ),
    "dataclass": (
        (
            "from dataclasses import dataclass\n@dataclass(order=True)\nclass P:\n    x: int\n"
            "    y: int = 2"
        ),
        (
            "p = P(1)\nassert (p.x, p.y) == (1, 2) and P(1) == P(1, 2) and P(1) < P(2)\n"
            "assert repr(p) == 'P(x=1, y=2)' and p.__dict__ == {'x': 1, 'y': 2} == vars(p)"
        ),
    ),
    "frozen": (
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass P:\n    x: int",
        "try:\n    P(1).x = 2\n    ok = False\nexcept AttributeError:\n    ok = True\nassert ok",
    ),
    "an enumeration": (
        _ENUM,
        (
            "assert E.A.value == 1 and E.A.name == 'A' and E.A is E.A and E.A == E.A\n"
            "assert E.A != E.B and E(2) is E.B and E['A'] is E.A and [e.value for e in E] == [1, 2]"
        ),
    ),
    "one object only": (
        (
            "class S:\n    one = None\n    def __new__(cls):\n        if cls.one is None:\n"
            "            cls.one = super().__new__(cls)\n        return cls.one"
        ),
        "assert S() is S()",
    ),
    "two objects are two": ("class S:\n    pass", "assert S() is not S() and S() != S()"),
    "text": (
        (
            "class C:\n    def __repr__(self):\n        return 'C'\n    def __str__(self):\n"
            "        return 'S'"
        ),
        "c = C()\nassert repr(c) == 'C' and str(c) == 'S' and f'{c}' == 'S' and str([c]) == '[C]'",
    ),
    "name of the type": ("class C:\n    pass", "assert type(C()).__name__ == 'C'"),
    "copies": (
        "class C:\n    def __init__(self):\n        self.a = [1]",
        (
            "import copy\nc = C()\nd = copy.deepcopy(c)\nd.a = 5\nassert c.a == [1] and d.a == 5\n"
            "assert copy.copy(c).a == [1]"
        ),
    ),
    "has and has not": (
        "class C:\n    a = 1",
        "assert hasattr(C(), 'a') and not hasattr(C(), 'b')",
    ),
    "names that the stand-in could have for itself": (
        (
            "class Account:\n    def __init__(self):\n        self._number = 'KG12'\n"
            "        self._asker = [1]\n    def _compared(self):\n        return 7"
        ),
        "a = Account()\nassert (a._number, a._asker, a._compared()) == ('KG12', [1], 7)",
    ),
    "two objects act on each other": (
        (
            "class W:\n    def __init__(self):\n        self.b = 0\n    def pay(self, o, n):\n"
            "        self.b -= n\n        o.b += n"
        ),
        "a, b = W(), W()\na.pay(b, 5)\nassert (a.b, b.b) == (-5, 5)",
    ),
    "objects in a list": (
        (
            "class W:\n    def __init__(self, n):\n        self.n = n\n"
            "def f():\n    return [W(i) for i in range(3)]\n"
            "def all_of(ws):\n    return sum(w.n for w in ws)"
        ),
        (
            "assert [w.n for w in f()] == [0, 1, 2]\nassert all_of(f()) == 3\n"
            "assert all_of([W(5)]) == 5"
        ),
    ),
}
