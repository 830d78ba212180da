"""What is used of each limit: counted by the Supervisor, gateway, desk, or hub, each its own.

A part that cannot be asked is named in ``incomplete`` and its figures are None, never zero.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from eth_abi.exceptions import DecodingError

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
from sandbox.kit.errors import SynakError, Unavailable
from sandbox.kit.ids import ChainName, permit_key
from sandbox.kit.money import DECIMALS, NO_LIMIT, limit_to_json
from sandbox.services.access import readable_permit
from sandbox.services.calls import Call
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
NAMES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "Supervisor": ("window_volume", "outstanding", "max_customers", "max_merchants"),
    "FurtherLimits": ("week_volume", "month_volume"),
}
"""What a contract's ``usage`` answers, in order."""


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
    return usages_of([Asked(permit, file, desk, left)], at=at, ports=ports)[0]


@dataclass(frozen=True)
class Asked:
    """A permit whose use is asked for: the arguments of :func:`usage_of`."""

    permit: Permit
    file: PermitFile | ListedFile
    desk: Sequence[UsageLine] = ()
    left: Collection[str] = ()


def usages_of(asked: Sequence[Asked], *, at: datetime, ports: Ports) -> list[UsageView]:
    """The use of many permits: the gateway is asked once for all of them."""
    counts = _counts([each.permit for each in asked], ports)
    return [_view(each, counted, at, ports) for each, counted in zip(asked, counts, strict=True)]


@dataclass
class _Counts:
    """What gateway and chains said of one permit: by asset, by load limit, and who said nothing."""

    chain: dict[str, dict[str, int]] = field(default_factory=dict)
    gateway: Mapping[str, int] = field(default_factory=dict)
    incomplete: list[str] = field(default_factory=list)

    def missing(self, part: str) -> None:
        """Note once who said nothing."""
        if part not in self.incomplete:
            self.incomplete.append(part)


def _view(asked: Asked, counts: _Counts, at: datetime, ports: Ports) -> UsageView:
    permit, counters, incomplete = asked.permit, counts.gateway, counts.incomplete
    lines = [*_value_lines(permit, counts.chain), *_person_lines(permit, counts.chain)]
    lines += asked.desk
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
    lines += workspace_lines(permit, ports, incomplete, asked.left)
    return UsageView(
        permit=permit.number,
        as_of=at,
        version=permit.version,
        state=asked.file.state.value,
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
        known = [used[name] for used in counted.values() if name in used]
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


def _counts(permits: Sequence[Permit], ports: Ports) -> list[_Counts]:
    found = [_Counts() for _ in permits]
    calls: list[tuple[_Counts, AssetTerms, Call]] = []
    for permit, counts in zip(permits, found, strict=True):
        for asset in permit.terms.assets:
            chain = CHAIN_OF[asset.asset]
            try:
                where = ports.gateway.national()[chain]
                calls += [(counts, asset, call) for call in _calls(permit, where, chain, asset)]
            except (Unavailable, KeyError):
                counts.missing(f"chain:{chain}")
    try:
        counters, answers = ports.gateway.readings(
            [permit.number for permit in permits], [call.request() for _, _, call in calls]
        )
        silent = []
    except SynakError as error:
        counters, answers, silent = [{}] * len(permits), [error] * len(calls), ["gateway"]
    for counts, told in zip(found, counters, strict=True):
        counts.gateway = {name: int(told[name]) for name in LOAD_LIMITS if name in told}
    for (counts, asset, call), answer in zip(calls, answers, strict=True):
        try:
            if isinstance(answer, SynakError):
                raise answer
            named = dict(zip(NAMES_OF[call.contract], call.read(answer), strict=True))
        except (SynakError, DecodingError, ValueError):
            counts.missing(f"chain:{call.chain}")
            continue
        counted = counts.chain.setdefault(asset.asset, {})
        counted |= {name: int(value) for name, value in named.items()}
    for counts in found:
        counts.incomplete += silent
    return found


def _calls(
    permit: Permit, where: NationalChain, chain: ChainName, asset: AssetTerms
) -> Iterator[Call]:
    arguments = (permit_key(permit.number), where.tokens[asset.asset])
    yield Call(chain, where.supervisor, "usage", arguments)
    if asset.week_volume != NO_LIMIT or asset.month_volume != NO_LIMIT:
        book = further_address(where.supervisor)
        yield Call(chain, book, "usage", arguments, "FurtherLimits")
