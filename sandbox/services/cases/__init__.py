"""Planned cases become real ones: executed on private engines, sealed, and kept in a folder.

In a service, or a command of a trainer::

    from sandbox.services.cases import Order, make, opened
    made = make(Order("P3", "easy", "aida", attempt=1), secret, Path("cases/aida-1"))
    made.table("kgst"), made.seal.hex()

Rules: the planner stays pure (``sandbox.forensics.cases``), everything with a process, a socket or
a file is here; a trainee reaches the folder ``public`` and a node's read methods, nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.kit.lazy import lazily

if TYPE_CHECKING:
    from sandbox.services.cases.execution import Executed, Workshop
    from sandbox.services.cases.folders import Made, opened
    from sandbox.services.cases.making import Order, make, planned
    from sandbox.services.cases.node import CaseNode

_HOMES: Final = {
    "CaseNode": ".node",
    "Executed": ".execution",
    "Made": ".folders",
    "Order": ".making",
    "Workshop": ".execution",
    "make": ".making",
    "opened": ".folders",
    "planned": ".making",
}

__all__ = ["CaseNode", "Executed", "Made", "Order", "Workshop", "make", "opened", "planned"]

__getattr__ = lazily(__name__, _HOMES)
