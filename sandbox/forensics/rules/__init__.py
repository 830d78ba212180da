"""The supervisor's 27 alert rules, as versioned data over a ledger.

In a notebook::

    from sandbox.forensics import rules
    found = rules.watch(transfers, tables={"tags": tags})
    found.alerts, found.lines()

Rules: what rules run with is a pack (``rules.Pack``), which can be tried beside another
(``rules.compare``) and measured against truth (``rules.measured``); importing this is quick, as
``sandbox.forensics``; nothing here reads a chain or a store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.kit.lazy import lazily

if TYPE_CHECKING:
    from sandbox.forensics.rules import joined
    from sandbox.forensics.rules.engine import Found, watch
    from sandbox.forensics.rules.errors import CannotWatch
    from sandbox.forensics.rules.measuring import Measures, measured, measured_over
    from sandbox.forensics.rules.pack import Pack, schema
    from sandbox.forensics.rules.trials import Comparison, compare

_HOMES: Final = {
    "CannotWatch": ".errors",
    "Comparison": ".trials",
    "Found": ".engine",
    "Measures": ".measuring",
    "Pack": ".pack",
    "compare": ".trials",
    "joined": ".joined",
    "measured": ".measuring",
    "measured_over": ".measuring",
    "schema": ".pack",
    "watch": ".engine",
}

__all__ = [
    "CannotWatch",
    "Comparison",
    "Found",
    "Measures",
    "Pack",
    "compare",
    "joined",
    "measured",
    "measured_over",
    "schema",
    "watch",
]

__getattr__ = lazily(__name__, _HOMES)
