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
_RAISING: Final = ("raises", "assertRaises", "suppress")
_LOOKING: Final = {
    "inspect": ("signature", "getfullargspec", "isfunction", "isclass", "ismethod", "isgenerator"),
    "dataclasses": ("asdict", "astuple", "fields", "is_dataclass", "replace"),
}
_NETWORK: Final = frozenset({"aiohttp", "ftplib", "http", "httpx", "requests", "socket", "urllib"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One construct that cannot be.

    Attributes:
        kind: magic, mock, ipython, source, type_test, network, async, seed, file, look,
            operand, one_sided, patch.
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
        in ``except`` or as a base, where it is only a handle; ``async``, ``random.seed``,
        files, ``inspect`` and ``dataclasses`` looking at objects, modules patched; a
        student's object beside plain data at an operator, or only ever said to be equal.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        return [Problem("magic", (error.text or "").strip()[:40], error.lineno or 1)]
    nodes = list(ast.walk(tree))
    found = [problem for node in nodes for problem in _of_node(node, classes)]
    found += [problem for node in nodes for problem in _of_surroundings(node)]
    found += [problem for node in nodes for problem in _patched(node, _modules(nodes))]
    return found + _operated(nodes, classes)


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
    elif isinstance(node, ast.Call):
        tested = node.args[1:] if _last(node.func) in _TYPE_TESTS else []
        raised = node.args[:1] if _last(node.func) in _RAISING else []
        yield from _named(node, tested + raised, classes)
    elif isinstance(node, ast.Compare) and _asks_type(node.left):
        yield from _named(node, node.comparators, classes)
    elif isinstance(node, ast.ExceptHandler) and node.type is not None:
        yield from _named(node, [node.type], classes)
    elif isinstance(node, ast.ClassDef):
        yield from _named(node, node.bases, classes)


def _last(node: ast.expr) -> str:
    """The last word of a dotted name."""
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _asks_type(node: ast.expr) -> bool:
    called = isinstance(node, ast.Call) and _last(node.func) == "type"
    return called or _last(node) == "__class__"


def _of_surroundings(node: ast.AST) -> Iterator[Problem]:
    """What belongs to one process and is not shared: its loop, chance, files, reflection."""
    if isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith):
        yield Problem("async", "await", node.lineno)
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for name in _imported(node):
            module, _, word = name.partition(".")
            if module == "asyncio":
                yield Problem("async", module, node.lineno)
            elif word in _LOOKING.get(module, ()):
                yield Problem("look", name, node.lineno)
            elif name == "random.seed":
                yield Problem("seed", name, node.lineno)
    elif isinstance(node, ast.Call):
        yield from _of_call(node)


def _of_call(node: ast.Call) -> Iterator[Problem]:
    if isinstance(node.func, ast.Name | ast.Attribute):
        name = ast.unparse(node.func)
        module, _, word = name.rpartition(".")
        if name in ("random.seed", "np.random.seed", "numpy.random.seed"):
            yield Problem("seed", name, node.lineno)
        elif name == "open" or word in ("read_text", "read_bytes"):
            yield Problem("file", word, node.lineno)
        elif word in _LOOKING.get(module, ()):
            yield Problem("look", name, node.lineno)


def _modules(nodes: list[ast.AST]) -> set[str]:
    """Names of modules that a cell imports whole."""
    imports = (node for node in nodes if isinstance(node, ast.Import))
    return {alias.asname or alias.name for node in imports for alias in node.names}


def _patched(node: ast.AST, modules: set[str]) -> Iterator[Problem]:
    """A module's attribute that a cell sets: the student's process has its own."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    for target in targets:
        if isinstance(target, ast.Attribute) and ast.unparse(target.value) in modules:
            yield Problem("patch", ast.unparse(target), target.lineno)


def _operated(nodes: list[ast.AST], classes: set[str]) -> list[Problem]:
    """Objects of the student's classes at operators, where the cell shows that they are."""
    made = {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign) and _makes(node.value, classes, set())
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: list[Problem] = []
    equal: list[int] = []
    unequal = False
    for node in nodes:
        if isinstance(node, ast.BinOp):
            sides = [node.left, node.right]
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            sides = [node.left, node.comparators[0]]
        else:
            continue
        own = [_makes(side, classes, made) for side in sides]
        plain = [isinstance(side, ast.Constant) and side.value is not None for side in sides]
        searched = isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn)
        if any(own) and any(plain) and not (searched and own[0]):
            found.append(Problem("operand", ast.unparse(node)[:40], node.lineno))
        elif isinstance(node, ast.Compare) and any(own):
            unequal = unequal or not isinstance(node.ops[0], ast.Eq)
            if isinstance(node.ops[0], ast.Eq):
                equal.append(node.lineno)
    if equal and not unequal:
        found.append(Problem("one_sided", "==", equal[0]))
    return found


def _makes(node: ast.expr, classes: set[str], made: set[str]) -> bool:
    """Whether an expression is seen to be an object of the student's."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in classes
    return isinstance(node, ast.Name) and node.id in made


def _named(
    node: ast.Call | ast.Compare | ast.ExceptHandler | ast.ClassDef,
    where: list[ast.expr],
    classes: set[str],
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
