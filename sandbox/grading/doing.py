"""What a test may have done with an object of the submission, in the student's process S.

Everything here is what Python itself does for the same words in a test: ``x.name``,
``x[key]``, ``len(x)``, ``next(x)``, ``x + y``. The words are fixed: a test's process asks
by name, and no name that begins with ``__`` is read but those in `TOLD`.
"""

from __future__ import annotations

import builtins
import copy
import operator
from collections.abc import Callable
from typing import Any, Final

TOLD: Final = frozenset(
    {"__name__", "__qualname__", "__doc__", "__dict__", "__annotations__", "__defaults__"}
)
"""Names of Python's own that a test may read of an object."""
COMPARING: Final = ("eq", "ne", "lt", "le", "gt", "ge")
COMBINING: Final = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor",
    "lshift", "rshift",
)  # fmt: skip
VIEWS: Final[dict[str, type]] = {
    "bool": bool, "len": int, "str": str, "repr": str, "hash": int, "int": int, "float": float,
}  # fmt: skip
"""What an object says of itself as plain data, and of which type that is."""


def _leave(target: Any, raised: str | None) -> None:
    """Leave a ``with``; whether an error should be swallowed is not asked."""
    kind = getattr(builtins, raised, Exception) if raised else None
    type(target).__exit__(target, kind, kind() if kind else None, None)


DOING: Final[dict[str, Callable[..., object]]] = {
    **{name: getattr(builtins, name) for name in VIEWS},
    **{name: getattr(operator, name) for name in (*COMPARING, *COMBINING)},
    **{f"i{name.rstrip('_')}": getattr(operator, f"i{name.rstrip('_')}") for name in COMBINING},
    **{name: getattr(operator, name) for name in ("neg", "pos", "invert", "contains")},
    "abs": abs,
    "round": round,
    "attribute": getattr,
    "set": setattr,
    "item": operator.getitem,
    "set_item": operator.setitem,
    "del_item": operator.delitem,
    "iter": iter,
    "next": next,
    "enter": lambda target: type(target).__enter__(target),
    "leave": _leave,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}
"""Everything that can be asked: its name → what does it."""
