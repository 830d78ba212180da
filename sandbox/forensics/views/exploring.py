"""Pictures that follow controls: which picture, how far, how much, whose.

Rules: the controls are ipywidgets, which every notebook server here has; a change draws the picture
again in the kernel, so that no script of ours runs in the page. Without a front end for widgets
the functions ``flow``, ``graph`` and ``timeline`` with a ``Choice`` do the same.
"""

from __future__ import annotations

from typing import Any, Final

import ipywidgets

from sandbox.forensics.asset import Asset
from sandbox.forensics.tracing import Trace
from sandbox.forensics.views.choice import Choice
from sandbox.forensics.views.flows import flow
from sandbox.forensics.views.graphs import graph
from sandbox.forensics.views.timelines import timeline
from sandbox.forensics.views.view import short
from sandbox.locale import translator
from sandbox.locale.catalogue import N_, Language

PICTURES: Final = {
    "flow": (N_("Flow diagram"), flow),
    "graph": (N_("Graph"), graph),
    "timeline": (N_("Timeline"), timeline),
}
SHARES: Final = (0, 1, 10, 50, 100)
"""Thousandths of what was seeded: the least movement that is shown."""
_WHOLE: Final = {"description_width": "initial"}
"""Labels are as wide as their words."""
ACCOUNTS: Final = 200
"""Accounts to choose from, those with most first."""


def explore(found: Trace, *, language: Language = "en", asset: Asset | None = None) -> Any:
    """A picture with controls above it, for a notebook.

    Args:
        found: the trace.
        language: ``ky``, ``ru`` or ``en``.
        asset: in what amounts are written; minor units unless given.

    Returns:
        A widget; at the end of a cell it is shown.
    """
    _, asset = translator(language).gettext, asset or Asset()
    hops = found.hops["hop"].to_list()
    seeded, furthest = found.totals["seeded"], max(hops, default=0)
    accounts = found.nodes["account"].to_list()[:ACCOUNTS]
    names = [(_("all accounts"), None), *((short(each), each) for each in accounts)]
    least = [(asset.amount(seeded * each // 1_000, translator(language)), each) for each in SHARES]
    controls = {
        "kind": _choosing(_("Picture"), [(_(word), key) for key, (word, _f) in PICTURES.items()]),
        "furthest": ipywidgets.IntSlider(
            value=furthest,
            min=0,
            max=furthest,
            description=_("Hops"),
            continuous_update=False,
            style=_WHOLE,
        ),
        "share": _choosing(_("At least"), least),
        "account": _choosing(_("Account (address)"), names),
    }
    shown = ipywidgets.HTML(layout=ipywidgets.Layout(width="100%", overflow="auto"))

    def draw(_change: Any = None) -> None:
        choice = Choice(
            hops=controls["furthest"].value,
            least=seeded * controls["share"].value // 1_000,
            account=controls["account"].value,
        )
        view = PICTURES[controls["kind"].value][1]
        shown.value = view(found, language=language, asset=asset, choice=choice)._repr_html_()

    for each in controls.values():
        each.observe(draw, names="value")
    draw()
    wrapped = ipywidgets.Layout(flex_flow="row wrap")
    return ipywidgets.VBox([ipywidgets.HBox(list(controls.values()), layout=wrapped), shown])


def _choosing(label: str, options: list[tuple[str, Any]]) -> Any:
    return ipywidgets.Dropdown(
        options=options, value=options[0][1], description=label, style=_WHOLE
    )
