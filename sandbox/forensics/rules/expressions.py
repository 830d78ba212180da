"""Expressions of typologies: whole numbers put together from the scores of rules.

Rules: an expression is the name of a rule, a whole number from 0 to ``LARGEST``, or a list of an
operator and two operands or more: ``add``, ``multiply``, ``max``, ``min``. It is at most
``DEEPEST`` lists deep and ``LONGEST`` parts long. The score of a rule that says nothing is 0. The
form follows Tazama's typology processor (an operator before its operands, weights outside);
``max`` and ``min`` are ours.

>>> evaluated(["add", "R01", ["min", "R08", 30]], {"R01": 20, "R08": 50}.get)
50
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any, Final

OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "add": operator.add,
    "multiply": operator.mul,
    "max": max,
    "min": min,
}
LARGEST: Final = 1_000
DEEPEST: Final = 6
LONGEST: Final = 100


def names(expression: Any) -> set[str]:
    """The rules that an expression names.

    Args:
        expression: data, from outside.

    Raises:
        ValueError: it is none.
    """
    parts = list(_parts(expression, 0))
    if len(parts) > LONGEST:
        raise ValueError("too long")
    return {each for each in parts if isinstance(each, str)}


def _parts(expression: Any, depth: int) -> Iterator[str | int]:
    if isinstance(expression, str) or (type(expression) is int and 0 <= expression <= LARGEST):
        yield expression
    elif isinstance(expression, list) and depth < DEEPEST and len(expression) > 2:
        if expression[0] not in list(OPERATORS):
            raise ValueError("no operator")
        for each in expression[1:]:
            yield from _parts(each, depth + 1)
    else:
        raise ValueError("no expression")


def evaluated(expression: Any, score: Callable[[str], Any], pairwise: Any = OPERATORS) -> Any:
    """What an expression comes to.

    Args:
        expression: a checked one.
        score: of a rule; a number, or a column of them with ``pairwise`` of columns.
        pairwise: the operators.
    """
    if isinstance(expression, str):
        return score(expression)
    if isinstance(expression, int):
        return expression
    operands = (evaluated(each, score, pairwise) for each in expression[1:])
    return reduce(pairwise[expression[0]], operands)
