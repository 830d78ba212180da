"""What the feedback of a hidden test may tell: words of the author's, never of the student's side.

The student's code sees the arguments of a hidden test, and may put them into an error's text,
into the name of an error's type or into what an author's message repeats. So of a failure only
what cannot hold them is kept:

- the name of one of Python's own errors, or none;
- a message that stands in the test as it is;
- the name that the test itself asked for.

>>> words = author_words("assert double(2) == 4, 'double(2) is 4'")
>>> told({"kind": "assertion", "name": "AssertionError", "message": "double(2) is 4"}, words)
{'kind': 'assertion', 'name': 'AssertionError', 'message': 'double(2) is 4'}
>>> told({"kind": "raised", "name": "ValueError", "message": "(2,)"}, words)
{'kind': 'raised', 'name': 'ValueError', 'message': ''}
"""

from __future__ import annotations

import ast
import builtins
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
