r"""Words in code: what a cell prints, says and explains, so that it is read in one's own language.

Rules:

- Docstrings, comments, plain texts that `print` is called with, and the messages of assertions
  and errors. Names, and texts that code works with, stay as they are.
- A text that is put together (an f-string) is nobody's to translate: print its parts.
- Nothing between the authors' markers: no student sees a solution or a hidden test.

>>> words_in('print("paid", total)  # all of them')
('paid', 'all of them')
>>> code_in('print("paid", total)  # all of them', {"paid": "төлөндү"}.get)
'print("төлөндү", total)  # all of them'
"""

from __future__ import annotations

import ast
import inspect
import io
import json
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from sandbox.domain.release import HIDDEN, SOLUTION

_WORD: Final = re.compile(r"[^\W\d_]{2}")
_MARK: Final = re.compile(r"#{2,}|#\s*(noqa|type:|fmt:)")
Place = tuple[int, int]
"""Line from 1, and byte in it."""


@dataclass(frozen=True, slots=True)
class _Said:
    """Words and where they stand; ``form`` writes other words as code."""

    words: str
    start: Place
    end: Place
    form: Callable[[str], str]


def words_in(source: str) -> tuple[str, ...]:
    """What a cell says, in the order in which it is read.

    Args:
        source: of a code cell; what is no plain Python says nothing.
    """
    return tuple(each.words for each in _found(source))


def code_in(source: str, translate: Callable[[str], str | None]) -> str:
    """The same code with other words.

    Args:
        source: of a code cell.
        translate: words to words; None: they stay.
    """
    lines = [line.encode() for line in source.split("\n")]
    for each in reversed(_found(source)):
        words = translate(each.words)
        if words is None or words == each.words:
            continue
        (first, start), (last, end) = each.start, each.end
        after = lines[last - 1][end:]
        made = lines[first - 1][:start] + each.form(words).encode() + after
        lines[first - 1 : last] = made.split(b"\n")
    return b"\n".join(lines).decode()


def _found(source: str) -> list[_Said]:
    try:
        tree = ast.parse(source)
        found = [*_texts(tree), *_comments(source)]
    except (SyntaxError, tokenize.TokenError):
        return []
    inside = _between_markers(source)
    told = [each for each in found if _WORD.search(each.words) and not inside & _lines_of(each)]
    return sorted(told, key=lambda each: each.start)


def _lines_of(said: _Said) -> set[int]:
    return set(range(said.start[0], said.end[0] + 1))


def _between_markers(source: str) -> set[int]:
    """Numbers of the lines that no student sees."""
    inside, hidden = False, set[int]()
    for number, line in enumerate(source.split("\n"), 1):
        inside = inside or HIDDEN[0] in line or SOLUTION[0] in line
        if inside:
            hidden.add(number)
        inside = inside and not (HIDDEN[1] in line or SOLUTION[1] in line)
    return hidden


def _texts(tree: ast.AST) -> Iterator[_Said]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            if ast.get_docstring(node) is not None and isinstance(node.body[0], ast.Expr):
                yield from _docstring(node.body[0].value)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
            for each in node.args:
                yield from _plain(each)
        elif isinstance(node, ast.Assert) and node.msg is not None:
            yield from _plain(node.msg)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            for each in node.exc.args:
                yield from _plain(each)


def _plain(node: ast.expr) -> Iterator[_Said]:
    """A text, also where it is one of several that a condition chooses from."""
    if isinstance(node, ast.IfExp):
        yield from _plain(node.body)
        yield from _plain(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        words = node.value.strip()
        before, after = node.value.split(words) if words else ("", "")
        yield _said(node, words, lambda told: json.dumps(before + told + after, ensure_ascii=False))


def _docstring(node: ast.expr) -> Iterator[_Said]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        margin = " " * node.col_offset

        def form(told: str) -> str:
            safe = told.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
            more = "\n" + margin if "\n" in safe else ""
            return f'"""{safe.replace(chr(10), chr(10) + margin)}{more}"""'

        yield _said(node, inspect.cleandoc(node.value), form)


def _said(node: ast.expr, words: str, form: Callable[[str], str]) -> _Said:
    end = (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
    return _Said(words, (node.lineno, node.col_offset), end, form)


def _comments(source: str) -> Iterator[_Said]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and not _MARK.match(token.string):
            (line, column), text = token.start, token.string
            start = len(token.line[:column].encode())
            end = (line, start + len(text.encode()))
            yield _Said(text[1:].strip(), (line, start), end, "# {}".format)
