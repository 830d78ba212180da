"""Pictures of a trace for notebooks, each with the table behind it.

In a notebook::

    from sandbox.forensics.views import flow, graph, timeline
    flow(found, language="ru")

Rules: importing this is quick; a picture is SVG that we write, so that it needs no script, no
network and no library, and says in words what it shows; nothing is left out silently.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sandbox.forensics.asset import Asset
    from sandbox.forensics.views.flows import flow
    from sandbox.forensics.views.graphs import graph
    from sandbox.forensics.views.timelines import timeline
    from sandbox.forensics.views.view import View

_HOMES: Final = {
    "Asset": "asset",
    "View": "views.view",
    "flow": "views.flows",
    "graph": "views.graphs",
    "timeline": "views.timelines",
}

__all__ = ["Asset", "View", "flow", "graph", "timeline"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"sandbox.forensics.{_HOMES[name]}"), name)
