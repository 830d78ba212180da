"""Refusals copied from the gateway's journal into the store, with an audit root per batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from sandbox.domain.records import RefusalRecord
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import PermitNumber
from sandbox.kit.merkle import leaf_hash, root
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
    """Write a batch and commit to its records in the audit log.

    A record that cannot be read is kept as it came under the clause ``unreadable``: it neither
    stops the others nor is it lost.
    """
    records = [_readable(raw, at) for raw in batch]
    for record in records:
        u.refusals.add(record)
    u.audit.append(
        kind="refusals.copied",
        actor="system",
        subject="refusals",
        data={
            "first": str(records[0].seq),
            "last": str(records[-1].seq),
            "count": len(records),
            "root": root([_leaf(raw) for raw in batch]).hex(),
        },
        at=at,
    )


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


def _leaf(raw: Mapping[str, Any]) -> bytes:
    try:
        return leaf_hash(canonical(dict(raw)))
    except InvalidInput:
        return leaf_hash(repr(sorted(raw.items())).encode())
