"""What is used of each limit: counted by the Supervisor, gateway, desk, or hub, each its own.

A part that cannot be asked is named in ``incomplete`` and its figures are None, never zero.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from sandbox.contracts.made import further_address
from sandbox.domain.listing import ListedFile
from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.seats import Actor
from sandbox.domain.terms import (
    CHAIN_OF,
    DESK_VALUE_LIMITS,
    LATER_VALUE_LIMITS,
    LOAD_LIMITS,
    VALUE_LIMITS,
    AssetTerms,
)
from sandbox.kit.errors import NotFound, Refused, SynakError, Unavailable
from sandbox.kit.ids import ChainName, permit_key
from sandbox.kit.money import DECIMALS, NO_LIMIT, limit_to_json
from sandbox.services.access import readable_permit
from sandbox.services.calls import read
from sandbox.services.desk_limits import desk_lines
from sandbox.services.ports import NationalChain, Ports
from sandbox.services.views import UsageLine, UsageView
from sandbox.services.workspaces import left_of, workspace_lines
from sandbox.store import UnitOfWork

CLAUSES: Final[Mapping[str, str]] = {
    "window_volume": "window_volume",
    "outstanding_cap": "outstanding",
    "per_transaction": "per_transaction",
    "customer_cap": "customer_cap",
    "merchant_cap": "merchant_cap",
    **{name: name for name in VALUE_LIMITS if name in LATER_VALUE_LIMITS - DESK_VALUE_LIMITS},
}
"""Each value limit and the clause that refuses by it; later ones are shown where they are set."""


def usage(u: UnitOfWork, actor: Actor, number: str, *, at: datetime, ports: Ports) -> UsageView:
    """All limits of a permit and what is used of them now.

    Raises:
        NotFound: ``permit.not_found``.
    """
    permit, file = readable_permit(u, actor, number)
    desk = desk_lines(u, [permit], at=at).get(permit.number, ())
    left = left_of(u, [permit]).get(permit.number, ())
    return usage_of(permit, file, at=at, ports=ports, desk=desk, left=left)


def usage_of(
    permit: Permit,
    file: PermitFile | ListedFile,
    *,
    at: datetime,
    ports: Ports,
    desk: Sequence[UsageLine] = (),
    left: Collection[str] = (),
) -> UsageView:
    """The same for records that were read already.

    Args:
        permit: its record.
        file: its file, for the state.
        at: now.
        ports: gateway and chains.
        desk: the lines of the limits that the desk watches.
        left: accounts whose workspaces do not count any more.
    """
    incomplete: list[str] = []
    counted = _chain_counts(permit, ports, incomplete)
    counters = _gateway_counts(permit, ports, incomplete)
    lines = [*_value_lines(permit, counted), *_person_lines(permit, counted), *desk]
    lines += [
        UsageLine(
            clause=name,
            asset=None,
            limit=limit_to_json(getattr(permit.terms.load, name)),
            used=None if name not in counters else str(counters[name]),
            decimals=0,
            held_by="gateway",
        )
        for name in LOAD_LIMITS
    ]
    lines += workspace_lines(permit, ports, incomplete, left)
    return UsageView(
        permit=permit.number,
        as_of=at,
        version=permit.version,
        state=file.state.value,
        limits=tuple(lines),
        incomplete=tuple(incomplete),
    )


def _value_lines(permit: Permit, counted: Mapping[str, Mapping[str, int]]) -> list[UsageLine]:
    lines = []
    for asset in permit.terms.assets:
        used = counted.get(asset.asset, {})
        for name, clause in CLAUSES.items():
            if name in LATER_VALUE_LIMITS and getattr(asset, name) == NO_LIMIT:
                continue
            lines.append(
                UsageLine(
                    clause=clause,
                    asset=asset.asset,
                    limit=limit_to_json(getattr(asset, name)),
                    used=str(used[clause]) if clause in used else None,
                    decimals=DECIMALS[asset.asset],
                    held_by="chain",
                )
            )
    return lines


def _person_lines(permit: Permit, counted: Mapping[str, Mapping[str, int]]) -> list[UsageLine]:
    lines = []
    for name in ("max_customers", "max_merchants"):
        known = [used[name] for used in counted.values()]
        lines.append(
            UsageLine(
                clause=name,
                asset=None,
                limit=limit_to_json(getattr(permit.terms, name)),
                used=str(max(known)) if known else None,
                decimals=0,
                held_by="chain",
            )
        )
    return lines


def _chain_counts(permit: Permit, ports: Ports, incomplete: list[str]) -> dict[str, dict[str, int]]:
    try:
        national = ports.gateway.national()
    except Unavailable:
        incomplete.extend(f"chain:{chain}" for chain in permit.chains)
        return {}
    found: dict[str, dict[str, int]] = {}
    for asset in permit.terms.assets:
        chain = CHAIN_OF[asset.asset]
        try:
            found[asset.asset] = _asset_counts(permit, national[chain], chain, asset, ports)
        except (Unavailable, NotFound, Refused, KeyError, ValueError):
            if f"chain:{chain}" not in incomplete:
                incomplete.append(f"chain:{chain}")
    return found


def _asset_counts(
    permit: Permit, where: NationalChain, chain: ChainName, asset: AssetTerms, ports: Ports
) -> dict[str, int]:
    key, token = permit_key(permit.number), where.tokens[asset.asset]
    volume, outstanding, customers, merchants = read(
        ports.gateway,
        chain,
        where.supervisor,
        "usage",
        key,
        token,
    )
    further = {}
    if asset.week_volume != NO_LIMIT or asset.month_volume != NO_LIMIT:
        book = further_address(where.supervisor)
        week, month = read(
            ports.gateway, chain, book, "usage", key, token, contract="FurtherLimits"
        )
        further = {"week_volume": int(week), "month_volume": int(month)}
    return {
        **further,
        "window_volume": int(volume),
        "outstanding": int(outstanding),
        "max_customers": int(customers),
        "max_merchants": int(merchants),
    }


def _gateway_counts(permit: Permit, ports: Ports, incomplete: list[str]) -> dict[str, int]:
    try:
        counters = ports.gateway.usage(permit.number)
    except SynakError:
        incomplete.append("gateway")
        return {}
    return {name: int(counters[name]) for name in LOAD_LIMITS if name in counters}
