"""Names of a package that are loaded when they are first asked for (PEP 562)."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def lazily(
    package: str, homes: Mapping[str, str], called: Mapping[str, str] | None = None
) -> Callable[[str], Any]:
    """What a package sets as its ``__getattr__``.

    Args:
        package: its name.
        homes: by each name the module that holds it, from the package: ``.ledger``, ``..errors``;
            a module of the package itself is at home in itself: ``joined`` in ``.joined``.
        called: names that are called otherwise there.

    >>> lazily("sandbox.kit", {"Money": ".money"})("Penny")
    Traceback (most recent call last):
    AttributeError: module 'sandbox.kit' has no attribute 'Penny'
    """

    def attribute(name: str) -> Any:
        if name not in homes:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        home = importlib.import_module(homes[name], package)
        if homes[name] == f".{name}":
            return home
        return getattr(home, (called or {}).get(name, name))

    return attribute
