"""Pictures of a trace for notebooks, each with the table behind it.

In a notebook::

    from sandbox.forensics.views import flow, graph, timeline
    flow(found, language="ru")

Rules: importing this is quick; a picture is SVG that we write, so that it needs no script, no
network and no library, and says in words what it shows; nothing is left out silently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.kit.lazy import lazily

if TYPE_CHECKING:
    from sandbox.forensics.asset import Asset
    from sandbox.forensics.views.choice import Choice
    from sandbox.forensics.views.exploring import explore
    from sandbox.forensics.views.flows import flow
    from sandbox.forensics.views.graphs import graph
    from sandbox.forensics.views.timelines import timeline
    from sandbox.forensics.views.view import View

_HOMES: Final = {
    "Asset": "..asset",
    "Choice": ".choice",
    "View": ".view",
    "explore": ".exploring",
    "flow": ".flows",
    "graph": ".graphs",
    "timeline": ".timelines",
}

__all__ = ["Asset", "Choice", "View", "explore", "flow", "graph", "timeline"]

__getattr__ = lazily(__name__, _HOMES)
