"""Refusals copied from the gateway's journal into the store, to be searched.

That they are what the journal holds is shown by the journal's batches in the audit log
(``sandbox.services.journal_batches``), not by this copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from sandbox.domain.records import RefusalRecord
from sandbox.kit.ids import PermitNumber
from sandbox.services.publication import Desk
from sandbox.services.refusals import record_of
from sandbox.store import UnitOfWork

BATCH = 500
_log = structlog.get_logger()


def copy_refusals(desk: Desk) -> int:
    """Copy what is new; each once, however often this runs.

    Returns:
        How many were copied.

    Raises:
        Unavailable: gateway or store out of reach; the next run goes on from the same place.
    """
    with desk.store.unit(read_only=True) as u:
        after = u.refusals.last()
    batch = desk.gateway.refusals(after, limit=BATCH)
    if not batch:
        return 0
    with desk.store.unit() as u:
        if u.refusals.last() != after:
            return 0
        keep(u, batch, at=desk.clock.now())
        u.commit()
    return len(batch)


def keep(u: UnitOfWork, batch: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
    """Write a batch down.

    A record that cannot be read is kept as it came under the clause ``unreadable``: it neither
    stops the others nor is it lost.
    """
    for raw in batch:
        u.refusals.add(_readable(raw, at))


def _readable(raw: Mapping[str, Any], at: datetime) -> RefusalRecord:
    try:
        return record_of(raw)
    except (KeyError, ValueError, TypeError) as error:
        _log.warning("refusals.unreadable", reason=type(error).__name__)
        return RefusalRecord(
            seq=int(raw["seq"]),
            permit=PermitNumber(str(raw.get("permit") or "")[:20]),
            at=at,
            chain="kgst",
            layer="gateway",
            clause="unreadable",
            version=0,
            code="refused.unreadable",
            raw=dict(raw),
        )
