"""Answers that always say the same; `course check` hands each in for every task.

A test that only asks for agreement, or only for refusal, would pay for them. What a task asks for
is what the solution defines: functions and values at the top of its cell.
"""

from __future__ import annotations

import ast
from typing import Final

CONSTANTS: Final = ("True", "False", "0", "[]", "None", '""')
"""What every function answers, as Python."""


def constant_answer(solution: str, value: str) -> str:
    r"""An answer that defines what a solution defines, and always says the same.

    Args:
        solution: source of the cell with the solution.
        value: one of `CONSTANTS`.

    Raises:
        SyntaxError: the solution is not plain Python.

    >>> print(constant_answer("LIMIT = 5\ndef over(sum): return sum > LIMIT", "True"))
    LIMIT = True
    def over(*_args, **_named): return True
    """
    return "\n".join(line for node in ast.parse(solution).body for line in _defined(node, value))


def _defined(node: ast.stmt, value: str) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [f"def {node.name}(*_args, **_named): return {value}"]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [f"{each.id} = {value}" for each in targets if isinstance(each, ast.Name)]
