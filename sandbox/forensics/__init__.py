"""Following money through a ledger: for trainees, graders and supervisors alike.

In a notebook::

    from sandbox.forensics import trace
    from sandbox.sdk import ledger
    trace(ledger(chain.kgst), "fifo", seeds=theft["transactionHash"]).hops

Rules: importing this is quick (polars and numba are loaded when they are first needed); where the
money "is" depends on a policy, which is named; nothing here reads a chain or a store.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sandbox.forensics.clusters.airdrops import AirdropReuse
    from sandbox.forensics.clusters.authorisations import SelfAuthorisation
    from sandbox.forensics.clusters.clustering import Clusters, cluster, together
    from sandbox.forensics.clusters.deposits import DepositReuse
    from sandbox.forensics.clusters.funders import CommonFunder
    from sandbox.forensics.errors import CannotScreen, CannotTrace
    from sandbox.forensics.ledger import Ledger
    from sandbox.forensics.policies import Policy
    from sandbox.forensics.screening.comparing import Comparison, compare
    from sandbox.forensics.screening.lists import WatchList
    from sandbox.forensics.screening.screening import Screening, Thresholds, screen
    from sandbox.forensics.tracing import Stop, Trace, trace

_HOMES: Final = {
    "AirdropReuse": "clusters.airdrops",
    "CannotScreen": "errors",
    "CannotTrace": "errors",
    "Clusters": "clusters.clustering",
    "CommonFunder": "clusters.funders",
    "Comparison": "screening.comparing",
    "DepositReuse": "clusters.deposits",
    "Ledger": "ledger",
    "Policy": "policies",
    "Screening": "screening.screening",
    "SelfAuthorisation": "clusters.authorisations",
    "Stop": "tracing",
    "Thresholds": "screening.screening",
    "Trace": "tracing",
    "WatchList": "screening.lists",
    "cluster": "clusters.clustering",
    "compare": "screening.comparing",
    "screen": "screening.screening",
    "together": "clusters.clustering",
    "trace": "tracing",
}

__all__ = [
    "AirdropReuse",
    "CannotScreen",
    "CannotTrace",
    "Clusters",
    "CommonFunder",
    "Comparison",
    "DepositReuse",
    "Ledger",
    "Policy",
    "Screening",
    "SelfAuthorisation",
    "Stop",
    "Thresholds",
    "Trace",
    "WatchList",
    "cluster",
    "compare",
    "screen",
    "together",
    "trace",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"sandbox.forensics.{_HOMES[name]}"), name)
