r"""Whose the names of a notebook are, read from the teacher's version alone.

A student's process has no say in it: it would claim the names of a test's own helpers.

>>> sorted(bound_in("import math\ntotal = sum(n for n in range(3))\ndef f(a): b = a"))
['f', 'math', 'total']
>>> print(definitions_in("import math\nx = f()\ndef g(): return x\nassert g()"))
import math
def g():
    return x
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from symtable import SymbolTable, symtable


def bound_in(source: str) -> frozenset[str]:
    """The names that a cell gives to the notebook.

    Args:
        source: of the cell; what is no plain Python gives none.
    """
    try:
        top = symtable(source, "<cell>", "exec")
    except (SyntaxError, ValueError):
        return frozenset()
    own = {
        each.get_name() for each in top.get_symbols() if each.is_assigned() or each.is_imported()
    }
    return frozenset(own | set(_declared_global(top)))


def _declared_global(table: SymbolTable) -> Iterator[str]:
    """Names that functions below give to the notebook by ``global``."""
    for child in table.get_children():
        for each in child.get_symbols():
            if each.is_declared_global() and each.is_assigned():
                yield each.get_name()
        yield from _declared_global(child)


def definitions_in(source: str) -> str:
    """The imports, functions and classes of a cell: what can be defined again without running it.

    Args:
        source: of the cell; what is no plain Python has none.
    """
    try:
        lines = ast.parse(source).body
    except SyntaxError:
        return ""
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    return "\n".join(ast.unparse(line) for line in lines if isinstance(line, kinds))


def forgetting(names: frozenset[str]) -> str:
    """A cell after which names are no longer bound.

    Args:
        names: which.
    """
    return f"[globals().pop(each, None) for each in {sorted(names)!r}]"
