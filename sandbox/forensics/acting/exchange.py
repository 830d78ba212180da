"""The exchange's compliance desk, and the financial intelligence service: what they answer.

Rules:

1. What was asked is answered, and only that: the fields that were asked for, of the period that
   was asked about, up to the moment of the answer.
2. An exchange says of an address that is not its own that it has no such customer; not whose it
   is.
3. An over-broad request comes back: too many addresses (``too_many_addresses``), too long a
   period (``period_too_long``), nothing asked (``nothing_asked``). Payments to cards are banking
   secrecy: without the judge's order for records that names every address it comes back
   (``order_needed``). Ours, to be confirmed.
4. The financial intelligence service says which service an address belongs to, if any:
   information for the search, not evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.forensics.acting.acts import Aim, Request, moment_of, spelt
from sandbox.forensics.acting.moving import Moving, Row
from sandbox.forensics.acting.world import World
from sandbox.forensics.cases.case import written


def returned(request: Request, world: World, order: list[Aim] | None) -> list[dict[str, Any]]:
    """Why a request comes back; nothing if it does not.

    Args:
        request: that was sent.
        world: the case.
        order: targets of the judge's order that it names, or none.
    """
    terms, reasons = world.terms, []
    if len(set(request.addresses)) > terms.most_addresses:
        reasons.append("too_many_addresses")
    if moment_of(request.last) - moment_of(request.first) > terms.longest_period:
        reasons.append("period_too_long")
    if not request.asks or not request.addresses:
        reasons.append("nothing_asked")
    ordered = {spelt(each.address) for each in order or []}
    if "payouts" in request.asks and not {spelt(each) for each in request.addresses} <= ordered:
        reasons.append("order_needed")
    return [{"missing": each} for each in reasons]


def answered(
    request: Request, world: World, moving: Moving, moment: datetime
) -> list[dict[str, Any]]:
    """What an exchange answers about each address.

    Args:
        request: that was sent.
        world: the case.
        moving: its ledgers at the moment of the answer.
        moment: of the answer.
    """
    until = min(moment_of(request.last), moment)
    period = (moment_of(request.first), until)
    return [
        _about(request, world, moving, address, period)
        for address in dict.fromkeys(spelt(each) for each in request.addresses)
    ]


def known(address: str, world: World) -> dict[str, Any]:
    """What the financial intelligence service says about an address."""
    service, role = world.services.get(spelt(address), ("", ""))
    return {"address": spelt(address), "service": service, "role": role}


def _about(
    request: Request,
    world: World,
    moving: Moving,
    address: str,
    period: tuple[datetime, datetime],
) -> dict[str, Any]:
    record = world.records.get(address)
    rows = _deposits(record, world, moving) if record and record["exchange"] == request.to else {}
    if not record or not rows:
        return {"address": address, "customer_known": False}
    found: dict[str, Any] = {"address": address, "customer_known": True}
    for each in ("customer", "since"):
        if each in request.asks:
            found[each] = record[each]
    if "deposits" in request.asks:
        found["deposits"] = [
            {"place": [row.ledger, row.block, row.index], "time": written(row.time)}
            | {"amount": str(row.amount)}
            for row in rows.values()
            if period[0] <= row.time <= period[1]
        ]
    if "payouts" in request.asks:
        found["payouts"] = [
            {name: each[name] for name in ("time", "tyiyn", "card")}
            for each in record["payouts"]
            if (row := rows.get(tuple(each["deposit"])))
            and max(row.time, period[0]) <= datetime.fromisoformat(each["time"]) <= period[1]
        ]
    return found


def _deposits(
    record: Mapping[str, Any], world: World, moving: Moving
) -> dict[tuple[Any, ...], Row]:
    """The deposits that were made, by the place that the plan has for them."""
    positions = {tuple(each): world.position[tuple(each)] for each in record["deposits"]}
    return {
        place: moving.made[position]
        for place, position in positions.items()
        if position in moving.made
    }
