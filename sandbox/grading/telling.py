"""What the feedback of a hidden test may tell: words of the author's, never of the student's side.

The student's code sees the arguments of a hidden test, and may put them into an error's text,
into the name of an error's type or into what an author's message repeats. So of a failure only
what cannot hold them is kept:

- the name of one of Python's own errors, or none;
- a message that stands in the test as it is;
- the name that the test itself asked for.

Of a step that is credited only words are told that stand in the test as they are, and steps are
told only where they are the whole mark: nothing may be said to hold that gave no points.

>>> words = author_words("assert double(2) == 4, 'double(2) is 4'")
>>> told({"kind": "assertion", "name": "AssertionError", "message": "double(2) is 4"}, words)
{'kind': 'assertion', 'name': 'AssertionError', 'message': 'double(2) is 4'}
>>> told({"kind": "raised", "name": "ValueError", "message": "(2,)"}, words)
{'kind': 'raised', 'name': 'ValueError', 'message': ''}
"""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Collection
from typing import Final

from sandbox.grading.wire import Message

KNOWN: Final = frozenset(
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
) | {"SubmissionEnded", "WireError"}
"""Names of errors that may be told: Python's own, and those that the platform raises."""


def author_words(source: str) -> frozenset[str]:
    """The messages of assertions that stand in a test as they are told.

    Args:
        source: the test; one that is not plain Python has none.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return frozenset()
    said = (node.msg for node in ast.walk(tree) if isinstance(node, ast.Assert))
    return frozenset(
        each.value for each in said if isinstance(each, ast.Constant) and type(each.value) is str
    )


def credited_words(source: str, *, imported: bool = False) -> tuple[str, ...]:
    r"""What the steps of a test say, where the words stand in it as they are.

    Args:
        source: the test; one that is not plain Python has none.
        imported: whether an earlier test of the notebook imports `sandbox.kit.credit.credit`;
            where none does, and this one neither, the name is the student's and there are none.

    >>> credited_words("from sandbox.kit.credit import credit\ncredit(1, x == 2, 'x is two')")
    ('x is two',)
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ()
    if not (imported or imports_credit(source)):
        return ()
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    said = [node.args[2] for node in calls if _is_credit(node)]
    return tuple(
        each.value for each in said if isinstance(each, ast.Constant) and type(each.value) is str
    )


def imports_credit(source: str) -> bool:
    """Whether a test names `sandbox.kit.credit` as what its ``credit`` is."""
    return "from sandbox.kit.credit import credit\n" in source


def calls_credit(source: str) -> bool:
    """Whether a test calls something as ``credit`` is called.

    Args:
        source: the test.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return False
    return any(isinstance(node, ast.Call) and _is_credit(node) for node in ast.walk(tree))


def _is_credit(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "credit" and len(call.args) == 3


def steps_told(done: Message, mark: float, words: Collection[str]) -> list[Message]:
    """The steps of a test that may be told; none where they are not the mark.

    Args:
        done: what T answered.
        mark: that the test gave.
        words: of the test, from `credited_words`.
    """
    steps = list(done.get("steps") or [])
    given = sum(float(step["points"]) for step in steps if step["holds"])
    known = all(step["what"] in words for step in steps)
    return steps if known and math.isclose(given, mark, abs_tol=1e-9) else []


def told(failure: Message, words: frozenset[str]) -> Message:
    """A failure without anything that came from the student's side.

    Args:
        failure: of a test: kind, name, message.
        words: from `author_words`.
    """
    kind, name, message = (str(failure.get(part, "")) for part in ("kind", "name", "message"))
    ours = kind == "missing" or (kind == "assertion" and message in words)
    return {
        "kind": kind,
        "name": name if kind != "raised" or name in KNOWN else "",
        "message": message if ours else "",
    }
