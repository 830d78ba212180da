"""Refusals as evidence: read from the store's copy of the gateway's journal."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.contracts.typed import decode_reason
from sandbox.domain.records import RefusalRecord
from sandbox.domain.seats import Actor, Right, rights_of
from sandbox.domain.sight import sight_of
from sandbox.kit.ids import PermitNumber
from sandbox.services.access import readable_permit
from sandbox.services.views import RefusalView
from sandbox.store import UnitOfWork

LARGEST_PAGE = 500


def list_refusals(  # noqa: PLR0913
    u: UnitOfWork,
    actor: Actor,
    *,
    permit: str | None = None,
    after: int = 0,
    limit: int = 100,
    newest_first: bool = False,
    at: datetime,  # noqa: ARG001
) -> tuple[RefusalView, ...]:
    """Refusals this actor may see.

    Args:
        u: a reading unit of work.
        actor: who asks; a regulator may leave ``permit`` out to see all.
        permit: of one permit.
        after: the last ``seq`` that was seen; 0 for the beginning.
        limit: at most so many, up to 500.
        newest_first: for pages; otherwise oldest first, to follow.
        at: now.

    Raises:
        NotFound: ``permit.not_found``.
    """
    named = permit or actor.permit
    numbers: list[PermitNumber] | None
    if named is not None:
        found, _ = readable_permit(u, actor, named)
        numbers = [found.number]
    elif Right.SEE_ALL_FILES in rights_of(actor.seats):
        every = u.listing.numbers(sight_of(actor))
        numbers = None if every is None else list(every)
    else:
        numbers = [each.number for each in u.permits.of_orgs(actor.org)] if actor.org else []
    page = u.refusals.page(
        numbers, after=after, limit=max(1, min(limit, LARGEST_PAGE + 1)), newest_first=newest_first
    )
    return tuple(refusal_view(each) for each in page)


def newest_refusals(u: UnitOfWork, number: PermitNumber, limit: int) -> tuple[RefusalView, ...]:
    """A permit's newest refusals, for readers who were let in already."""
    page = u.refusals.page([number], after=0, limit=limit, newest_first=True)
    return tuple(refusal_view(each) for each in page)


def refusal_view(record: RefusalRecord) -> RefusalView:
    """A refusal with the parameters of its wording."""
    return RefusalView(
        seq=record.seq,
        permit=record.permit,
        at=record.at,
        chain=record.chain,
        layer=record.layer,
        clause=record.clause,
        version=record.version,
        code=record.code,
        asset=record.asset,
        limit=record.limit,
        used=record.used,
        requested=record.requested,
        frees_at=record.frees_at,
        sender=record.sender,
        method=record.method,
        tx_hash=record.tx_hash,
        wording={
            "asset": record.asset,
            "limit": record.limit,
            "used": record.used,
            "requested": record.requested,
            "frees_at": record.frees_at.isoformat() if record.frees_at else None,
            "subject": record.raw.get("subject"),
            "reason": _reason(record.raw),
        },
        count=int(record.raw.get("count") or 1),
    )


def record_of(raw: Mapping[str, Any]) -> RefusalRecord:
    """The store's copy of one of the gateway's records.

    Args:
        raw: as ``GatewayPort.refusals`` gives it.

    Raises:
        KeyError, ValueError, TypeError: when it has no number, time or chain.
    """
    clause = str(raw.get("clause") or "reverted")
    return RefusalRecord(
        seq=int(raw["seq"]),
        permit=PermitNumber(str(raw.get("permit") or "")),
        at=_moment(raw["at"]),
        chain="som" if raw["chain"] == "som" else "kgst",
        layer="gateway" if raw.get("source") == "gateway" else "chain",
        clause=clause[:40],
        version=int(raw.get("version") or 0),
        code=f"refused.{clause}"[:80],
        asset=_text(raw.get("asset"), 10),
        limit=_text(raw.get("limit"), 80),
        used=_text(raw.get("used"), 80),
        requested=_text(raw.get("requested"), 80),
        frees_at=_moment(raw["frees_at"]) if raw.get("frees_at") else None,
        sender=_text(raw.get("sender"), 42),
        method=_text(raw.get("method"), 60),
        tx_hash=_text(raw.get("tx_hash"), 66),
        raw=dict(raw),
    )


def _reason(raw: Mapping[str, Any]) -> str | None:
    """Why a product's own contract reverted, in its words."""
    output = raw.get("output")
    if isinstance(output, str) and output.startswith("0x") and len(output) % 2 == 0:
        with contextlib.suppress(ValueError):
            return decode_reason(bytes.fromhex(output[2:]))
    return _text(raw.get("reason"), 300)


def _moment(value: Any) -> datetime:
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(value), UTC)


def _text(value: Any, most: int) -> str | None:
    return None if value is None else str(value)[:most]
