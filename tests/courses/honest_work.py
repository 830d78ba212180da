"""Honest submissions made from an assignment's own solution, with nothing said of what it asks.

Each is a name and the files that a student would hand in:

- whole; untouched; half done: every second answer left as it was handed out, and one of the
  others ends with an error;
- each answer with one mistake, together;
- one function alone wrong in a way that people make: a comparison, a number, a condition or a
  ``return`` (of an answer that is a text: a line left out).
"""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Callable, Iterator, Mapping

from sandbox.domain.release import source_of
from sandbox.grading.authoring.texts import cell_name, nbgrader_of

Files = Mapping[str, bytes]
Node = ast.FunctionDef | ast.Assign
OTHER = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
         ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In}  # fmt: skip
FEW = ("whole", "untouched", "half done", "each answer wrong")


def honest_work(master: Files, release: Files) -> dict[str, Files]:
    """All honest submissions of an assignment.

    Args:
        master: with solutions.
        release: what students get.
    """
    blank, solved = dict(_answers(release)), dict(_answers(master))
    names = list(solved)
    wrong = {
        name: [(what, text) for what, text in mistakes(solved[name]) if text != solved[name]]
        for name in names
    }
    typical = {name: wrong[name][number % len(wrong[name])][1]
               for number, name in enumerate(names) if wrong[name]}  # fmt: skip
    last = names[::2][-1]
    raising = {last: f"{solved[last]}\nraise ValueError('what comes next?')"}
    made = {
        "whole": {},
        "untouched": blank,
        "half done": {name: blank[name] for name in names[1::2]} | raising,
        "each answer wrong": typical,
        "other half done": {name: blank[name] for name in names[::2]},
        "begins with an error": {last: f"undefined_name\n{solved[last]}"},
    } | {f"{name}: {what}": {name: text} for name in names for what, text in wrong[name]}
    return {name: answered(master, texts) for name, texts in made.items()}


def answered(files: Files, texts: Mapping[str, str]) -> Files:
    """The files with other texts in some answers, by the cell's name."""
    made = dict(files)
    for path in [each for each in files if each.endswith(".ipynb")]:
        notebook = json.loads(files[path])
        for cell in notebook["cells"]:
            cell["source"] = texts.get(cell_name(cell), cell["source"])
        made[path] = json.dumps(notebook).encode()
    return made


def _answers(files: Files) -> Iterator[tuple[str, str]]:
    for path, content in files.items():
        for cell in json.loads(content)["cells"] if path.endswith(".ipynb") else []:
            if nbgrader_of(cell).get("solution") and cell["cell_type"] == "code":
                yield cell_name(cell), source_of(cell)


def mistakes(solution: str) -> Iterator[tuple[str, str]]:
    """Each function, and each long text, of a solution wrong in each way that fits it.

    A function that loops until something holds only loses what it returns: it could go on for ever.
    """
    tree = ast.parse(solution)
    for number, node in enumerate(ast.walk(tree)):
        if not isinstance(node, Node):
            continue
        endless = any(isinstance(each, ast.While) for each in ast.walk(node))
        ways = WAYS if not endless else {"returns nothing": _returns_nothing}
        for what, spoil in ways.items():
            spoiled = copy.deepcopy(tree)
            target = list(ast.walk(spoiled))[number]
            if isinstance(node, ast.Assign) != (what in TEXTS):
                continue
            if spoil(target):
                name = (
                    node.name if isinstance(node, ast.FunctionDef) else ast.unparse(node.targets[0])
                )
                yield f"{name} {what}", ast.unparse(ast.fix_missing_locations(spoiled))


def _first(node: ast.AST, kind: type) -> Iterator[ast.AST]:
    return (each for each in ast.walk(node) if isinstance(each, kind))


def _compares_otherwise(node: ast.AST) -> bool:
    for each in _first(node, ast.Compare):
        if type(each.ops[0]) in OTHER:
            each.ops[0] = OTHER[type(each.ops[0])]()
            return True
    return False


def _one_more(node: ast.AST) -> bool:
    for each in _first(node, ast.Constant):
        if type(each.value) is int:
            each.value += 1
            return True
    return False


def _without_condition(node: ast.AST) -> bool:
    for each in _first(node, ast.If):
        if not each.orelse:
            each.test = ast.Constant(False)
            return True
    return False


def _returns_nothing(node: ast.AST) -> bool:
    for each in _first(node, ast.Return):
        each.value = None
        return True
    return False


def _lacks_a_line(node: ast.AST) -> bool:
    for each in _first(node, ast.Constant):
        lines = each.value.split("\n") if isinstance(each.value, str) else []
        ends = [n for n, line in enumerate(lines) if line.startswith("    ") and line.endswith(";")]
        if ends:
            del lines[ends[-1]]
            each.value = "\n".join(lines)
            return True
    return False


TEXTS = {"lacks a line": _lacks_a_line}
WAYS: dict[str, Callable[[ast.AST], bool]] = {
    "compares otherwise": _compares_otherwise,
    "counts one more": _one_more,
    "forgets a condition": _without_condition,
    "returns nothing": _returns_nothing,
    **TEXTS,
}
