"""What a test or set-up cell may not use, since the student's code is in another process.

Refused by name, so that no student is scored 0 silently.

>>> [problem.what for problem in uncrossable("from unittest import mock", set())]
['mock']
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TYPE_TESTS: Final = ("isinstance", "issubclass")
_SOURCE: Final = ("getsource", "getsourcelines", "getsourcefile")
_NETWORK: Final = frozenset({"aiohttp", "ftplib", "http", "httpx", "requests", "socket", "urllib"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One construct that cannot be.

    Attributes:
        kind: magic, mock, ipython, source, type_test, network.
        what: its name in the cell.
        line: of the cell, from 1.
    """

    kind: str
    what: str
    line: int


def uncrossable(source: str, classes: set[str]) -> list[Problem]:
    """What a test or set-up cell uses that does not work with the student elsewhere.

    Args:
        source: the cell.
        classes: names of classes that the student defines.

    Returns:
        Each by name: magics, mocks, reading source; a student's class in ``isinstance``,
        in ``except`` or as a base, where it is only a handle.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        return [Problem("magic", (error.text or "").strip()[:40], error.lineno or 1)]
    return [problem for node in ast.walk(tree) for problem in _of_node(node, classes)]


def networked(source: str) -> list[Problem]:
    """What a cell imports that needs a network; there is none where it runs.

    Args:
        source: the cell; what is no plain Python imports nothing.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    return [
        Problem("network", name, node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in _imported(node)
        if name.partition(".")[0] in _NETWORK and not name.startswith("urllib.parse")
    ]


def classes_of(source: str) -> set[str]:
    """Names of the classes that a cell defines."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def _of_node(node: ast.AST, classes: set[str]) -> Iterator[Problem]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for name in _imported(node):
            if name == "mock" or name.startswith(("mock.", "unittest.mock")):
                yield Problem("mock", "mock", node.lineno)
    elif isinstance(node, ast.Name) and node.id == "get_ipython":
        yield Problem("ipython", node.id, node.lineno)
    elif isinstance(node, ast.Attribute) and node.attr in _SOURCE:
        yield Problem("source", node.attr, node.lineno)
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in _TYPE_TESTS:
        yield from _named(node, node.args[1:], classes)
    elif isinstance(node, ast.ExceptHandler) and node.type is not None:
        yield from _named(node, [node.type], classes)
    elif isinstance(node, ast.ClassDef):
        yield from _named(node, node.bases, classes)


def _named(
    node: ast.Call | ast.ExceptHandler | ast.ClassDef, where: list[ast.expr], classes: set[str]
) -> Iterator[Problem]:
    """The student's classes among names that must be classes here."""
    names = {each.id for part in where for each in ast.walk(part) if isinstance(each, ast.Name)}
    for name in sorted(names & classes):
        yield Problem("type_test", name, node.lineno)


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """What a statement imports, as dotted names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    whole = node.module or ""
    return [f"{whole}.{alias.name}" for alias in node.names]
