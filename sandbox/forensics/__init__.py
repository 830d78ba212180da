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
    from sandbox.forensics.errors import CannotTrace
    from sandbox.forensics.ledger import Ledger
    from sandbox.forensics.policies import Policy
    from sandbox.forensics.tracing import Stop, Trace, trace

_HOMES: Final = {
    "CannotTrace": "errors",
    "Ledger": "ledger",
    "Policy": "policies",
    "Stop": "tracing",
    "Trace": "tracing",
    "trace": "tracing",
}

__all__ = ["CannotTrace", "Ledger", "Policy", "Stop", "Trace", "trace"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"sandbox.forensics.{_HOMES[name]}"), name)
