"""Parts of an answer from what was traced and put into an exhibit: for notebooks and pages alike.

Rules: what is made here is JSON values, ready to be an answer's part; nothing here knows a truth.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.forensics.cases.scene import LedgerName
from sandbox.forensics.exhibits.exhibit import Exhibit
from sandbox.forensics.ledger import PLACE
from sandbox.forensics.tracing import Trace


def hops_of(found: Mapping[LedgerName, Trace]) -> list[dict[str, Any]]:
    """The hop ledger of traces.

    Args:
        found: a trace by ledger.
    """
    return [
        {"ledger": ledger, **dict(zip(PLACE, place, strict=True)), "tainted": str(tainted)}
        for ledger, each in found.items()
        for *place, tainted in each.hops.select(*PLACE, "tainted").iter_rows()
    ]


def located_of(found: Mapping[LedgerName, Trace]) -> list[dict[str, str]]:
    """Where the value of traces lies.

    Args:
        found: a trace by ledger.
    """
    return [
        {"ledger": ledger, "address": name, "amount": str(held + stopped)}
        for ledger, each in found.items()
        for name, held, stopped in each.nodes.select("account", "held", "stopped").iter_rows()
        if held or stopped
    ]


def exhibit_of(exhibit: Exhibit) -> dict[str, Any]:
    """An exhibit as an answer encloses it: document, head, and the JSON of each trace.

    Args:
        exhibit: with its traces.
    """
    return {
        "document": exhibit.document().decode(),
        "head": exhibit.head,
        "traces": {name: exhibit.files[name].decode() for name in exhibit.traces},
    }


def sent(parts: Mapping[str, Any]) -> bytes:
    """An answer's bytes.

    Args:
        parts: by name; ``addresses``, ``hops`` and ``located`` are empty, unless given.
    """
    return json.dumps({"addresses": [], "hops": [], "located": []} | dict(parts)).encode()
