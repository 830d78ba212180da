"""Plain data that answers give and take: name → (answer, test)."""

DATA = {
    "a list keeps what was done to it": (
        "def f(b):\n    b.append(1)\n    b[0] = 9",
        "x = [0]\nf(x)\nassert x == [9, 1]",
    ),
    "a dictionary keeps it": (
        "def f(d):\n    d['k'] = [1]\n    d.pop('z')",
        "x = {'z': 0}\nf(x)\nassert x == {'k': [1]}",
    ),
    "a set keeps it": (
        "def f(s):\n    s.add(3)\n    s.discard(1)",
        "x = {1, 2}\nf(x)\nassert x == {2, 3}",
    ),
    "a bytearray keeps it": (
        "def f(b):\n    b.extend(b'x')\n    b[0] = 65",
        "x = bytearray(b'zz')\nf(x)\nassert x == bytearray(b'Azx')",
    ),
    "a deque keeps it": (
        "def f(q):\n    q.rotate(1)\n    q.append(7)",
        "from collections import deque\nx = deque([1, 2])\nf(x)\nassert x == deque([2, 1, 7])",
    ),
    "a dictionary of the test's own kind keeps it": (
        "def f(d):\n    d['k'] = 1\n    d.pop('z')\n    return d",
        (
            "class Book(dict):\n    def __setitem__(self, key, value):\n"
            "        super().__setitem__(key, value)\n        self.last = key\n"
            "x = Book(z=0)\ny = f(x)\nassert x == {'k': 1} and y is x and type(x) is Book"
        ),
    ),
    "a list of the test's own kind keeps it": (
        "def f(b):\n    b.append(1)",
        "class Row(list):\n    pass\nx = Row([0])\nf(x)\nassert x == [0, 1] and type(x) is Row",
    ),
    "a set of the test's own kind keeps it": (
        "def f(s):\n    s.add(3)",
        "class Marks(set):\n    pass\nx = Marks({1})\nf(x)\nassert x == {1, 3}",
    ),
    "dictionaries with an order, a default or counts keep it": (
        "def f(d):\n    d['b'] = 2\n    d['a'] = 1\n    return list(d)",
        (
            "from collections import Counter, OrderedDict, defaultdict\n"
            "class Order(OrderedDict):\n    pass\n"
            "for x in (OrderedDict(a=0), Order(a=0), Counter('a'), defaultdict(int, a=0)):\n"
            "    kind = type(x)\n    assert f(x) == list(x) == ['a', 'b'] and type(x) is kind\n"
            "    assert x == {'a': 1, 'b': 2}"
        ),
    ),
    "deep inside": (
        "def f(d):\n    d['a'][0]['b'].append(5)",
        (
            "x = {'a': [{'b': [1]}]}\nrow = x['a'][0]['b']\nf(x)\nassert row == [1, 5]\n"
            "assert x['a'][0]['b'] is row"
        ),
    ),
    "two names for one list": (
        "def f(m):\n    m[0].append(1)",
        "r = []\nm = [r, r]\nf(m)\nassert m == [[1], [1]] and r == [1]",
    ),
    "two arguments are one list": (
        "def f(a, b):\n    return a is b",
        "r = []\nassert f(r, r)\nassert not f(r, [])",
    ),
    "the list that was passed comes back": (
        "def f(x):\n    x.append(1)\n    return x",
        "a = []\nb = f(a)\nassert b is a and a == [1]",
    ),
    "a new list comes back": (
        "def f(x):\n    return [*x, 1]",
        "a = []\nb = f(a)\nassert b is not a and a == []",
    ),
    "a named argument is changed": (
        "def f(*, box):\n    box.clear()",
        "a = [1]\nf(box=a)\nassert a == []",
    ),
    "a list that is put into itself": (
        "def f(x):\n    x.append(x)",
        "a = []\nf(a)\nassert a[0] is a",
    ),
    "two rows of an answer are one": (
        "def f():\n    return [[0] * 2] * 2",
        "a = f()\nassert a[0] is a[1]",
    ),
    "Counter": (
        "from collections import Counter\ndef f(s):\n    return Counter(s)",
        (
            "c = f('aab')\nassert c == {'a': 2, 'b': 1}\nassert c['z'] == 0\n"
            "assert c.most_common(1) == [('a', 2)]"
        ),
    ),
    "defaultdict": (
        (
            "from collections import defaultdict\ndef f():\n    d = defaultdict(list)\n"
            "    d['a'].append(1)\n    return d"
        ),
        "d = f()\nassert d == {'a': [1]}\nassert d['b'] == []",
    ),
    "OrderedDict": (
        "from collections import OrderedDict\ndef f():\n    return OrderedDict(b=1, a=2)",
        (
            "from collections import OrderedDict\nassert f() == OrderedDict(b=1, a=2)\n"
            "assert f() != OrderedDict(a=2, b=1)"
        ),
    ),
    "a named tuple": (
        (
            "from collections import namedtuple\nItem = namedtuple('Item', 'name count')\n"
            "def f():\n    return Item('tea', 2)"
        ),
        (
            "r = f()\nassert r == ('tea', 2) and r.name == 'tea' and r.count == 2\n"
            "assert r._asdict() == {'name': 'tea', 'count': 2}\n"
            "assert repr(r) == \"Item(name='tea', count=2)\"\nassert r._replace(count=3).count == 3"
        ),
    ),
    "Decimal": (
        "from decimal import Decimal\ndef f(x):\n    return x + Decimal('1.10')",
        (
            "from decimal import Decimal\nassert f(Decimal('0.20')) == Decimal('1.30')\n"
            "assert isinstance(f(Decimal(0)), Decimal)"
        ),
    ),
    "Fraction": (
        "from fractions import Fraction\ndef f(x):\n    return x / 3",
        "from fractions import Fraction\nassert f(Fraction(1)) * 3 == 1",
    ),
    "dates and times": (
        (
            "from datetime import date, datetime, timedelta, timezone\n"
            "def f(d):\n    return d + timedelta(days=1)\n"
            "def g():\n    return datetime(2026, 1, 2, 3, tzinfo=timezone.utc)"
        ),
        (
            "from datetime import date, datetime, timezone\nassert f(date(2026, 1, 1)) == "
            "date(2026, 1, 2)\nassert g() == datetime(2026, 1, 2, 3, tzinfo=timezone.utc)\n"
            "assert (g() - g()).days == 0"
        ),
    ),
    "complex": ("def f():\n    return 1 + 2j", "assert f() == 1 + 2j"),
    "large, small and endless numbers": (
        "def f():\n    return [10**50, 0.1, float('inf'), -0.0]",
        "assert f() == [10**50, 0.1, float('inf'), 0.0]",
    ),
    "numbers as long as may be": (
        "def f(n):\n    return -2 * n",
        "assert f(2**15_998) == -(2**15_999) and f(-(10**4800)) == 2 * 10**4800",
    ),
    "no number": ("def f():\n    return float('nan')", "x = f()\nassert x != x"),
    "bytes, tuple, frozenset": (
        "def f():\n    return (b'a', frozenset({1}), {2: 3})",
        "assert f() == (b'a', frozenset({1}), {2: 3})",
    ),
    "range": (
        "def f():\n    return range(3)",
        "assert list(f()) == [0, 1, 2] and f() == range(3) and f() != [0, 1, 2]",
    ),
    "views of a dictionary": (
        "def f(d):\n    return d.keys(), d.values(), d.items()",
        (
            "k, v, i = f({'b': 1, 'a': 2})\nassert set(k) == {'a', 'b'} and k == {'a', 'b'}\n"
            "assert list(v) == [1, 2] and sorted(i) == [('a', 2), ('b', 1)]"
        ),
    ),
    "a type of Python's own": (
        "def f(x):\n    return type(x)",
        "assert f(1) is int and f('') == str",
    ),
    "a variable": (
        "answered = {'a': (1, 2)}",
        "assert answered == {'a': (1, 2)} and isinstance(answered['a'], tuple)",
    ),
    "a list of the student's kind": (
        "class L(list):\n    pass\ndef f():\n    return L([1])",
        "assert f() == [1] and f()[0] == 1",
    ),
    "text in Kyrgyz": (
        "def f(s):\n    return s.upper()",
        "assert f('өкмөт ңү') == 'ӨКМӨТ ҢҮ'",
    ),
}
