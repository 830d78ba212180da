"""What a permit allows: exact numbers, one document, one version.

Rules:

1. Every number is an integer of its unit (minor units, persons, requests, gas, bytes).
2. 0 means zero. "No limit" is the separate value ``NO_LIMIT`` and never a number.
3. A limit is below the type's maximum, since the chain reads that maximum as "no limit".
4. A term starts before it ends; both are whole seconds in UTC.
5. A condition that came later has a default and is written only when it differs from it, so
   that documents signed before it keep their canonical form.
6. Residences are ISO 3166-1 alpha-2 codes, sorted, each once; None: anybody may take part.

>>> from sandbox.kit.money import NO_LIMIT
>>> describe_limit(NO_LIMIT), describe_limit(0)
('no limit', '0')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sandbox.domain.residence import check_residences, residences_from_json
from sandbox.domain.scope import Scope, checked, scope_from_json, scope_to_json
from sandbox.domain.steps import Step, steps_from_json
from sandbox.domain.steps import checked as checked_steps
from sandbox.kit.clock import utc
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AssetCode, ChainName
from sandbox.kit.money import (
    DECIMALS,
    NO_LIMIT,
    Limit,
    NoLimit,
    limit_from_json,
    limit_to_json,
)

CHAIN_OF: Final[Mapping[AssetCode, ChainName]] = {"KGST": "kgst", "SOM": "som"}
"""On which chain a supervised asset lives."""

MAX_AMOUNT: Final = 2**112 - 1
"""The Supervisor keeps a value limit in 112 bits; the greatest value there means "no limit"."""
MAX_UINT32: Final = 2**32 - 1
MAX_UINT53: Final = 2**53 - 1
MAX_YEARS: Final = 5
"""The longest term that is accepted at all. Source: to be confirmed."""


class TrialState(StrEnum):
    """What the Supervisor does with a permit's transfers; values as in the contract."""

    ACTIVE = "active"
    WIND_DOWN = "wind_down"
    HALTED = "halted"

    @property
    def code(self) -> int:
        """The contract's number: 1 active, 2 wind-down, 3 halted."""
        return {"active": 1, "wind_down": 2, "halted": 3}[self.value]


@dataclass(frozen=True)
class AssetTerms:
    """The value limits for one asset, in its minor units.

    Attributes:
        asset: KGST or SOM.
        per_transaction: what one person may pay in one transaction.
        window_volume: what all customers together may pay in any rolling 24 hours.
        customer_cap: what one customer may hold.
        merchant_cap: what one merchant may hold.
        outstanding_cap: what customers and the permit's contracts may hold together.
        week_volume: what all customers together may pay in any rolling 7 days.
        month_volume: what all customers together may pay in any rolling 30 days.
        customer_day_volume: what one customer may pay in any rolling 24 hours.
        customer_total: what one customer may pay in the whole trial.
        travel_rule: what a customer who is not fully identified may pay in one transaction.
        waterfall: what would exceed a holding cap goes on to the linked settlement wallet.
        loss_cap: customers' money in the firm's hands that nothing covers; held by the desk.
    """

    asset: AssetCode
    per_transaction: Limit
    window_volume: Limit
    customer_cap: Limit
    merchant_cap: Limit
    outstanding_cap: Limit
    week_volume: Limit = NO_LIMIT
    month_volume: Limit = NO_LIMIT
    customer_day_volume: Limit = NO_LIMIT
    customer_total: Limit = NO_LIMIT
    travel_rule: Limit = NO_LIMIT
    waterfall: bool = False
    loss_cap: Limit = NO_LIMIT

    @property
    def further(self) -> bool:
        """Whether any limit is set that the Supervisor's own terms do not carry."""
        chains = LATER_VALUE_LIMITS - DESK_VALUE_LIMITS
        return self.waterfall or any(getattr(self, each) != NO_LIMIT for each in chains)

    def as_dict(self) -> dict[str, Any]:
        """JSON form; what came later only where it is set."""
        return {
            "asset": self.asset,
            **{
                name: limit_to_json(getattr(self, name))
                for name in VALUE_LIMITS
                if name not in LATER_VALUE_LIMITS or getattr(self, name) != NO_LIMIT
            },
            **{name: True for name in ASSET_FLAGS if getattr(self, name)},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> AssetTerms:
        """Read the JSON form again; raises ``KeyError`` and ``TypeError`` when it is none."""
        read: dict[str, Any] = {
            name: limit_from_json(data[name])
            for name in VALUE_LIMITS
            if name not in LATER_VALUE_LIMITS or name in data
        }
        return cls(data["asset"], **read, **{name: data.get(name, False) for name in ASSET_FLAGS})


@dataclass(frozen=True)
class LoadTerms:
    """What the gateway or the hub holds, since the chain cannot see it.

    Attributes:
        transactions_per_day: admitted transactions in any rolling 24 hours.
        deployments: contract deployments in the whole term.
        requests_per_second: requests of all the permit's tokens together.
        gas_per_transaction: gas units.
        payload_bytes: size of one request body.
        units_per_day: compute units in any rolling 24 hours, by the prices of the methods.
        gas_per_day: gas of admitted transactions in any rolling 24 hours.
        server_cores: processor cores of each server of the permit; held by the hub.
        server_memory: megabytes of memory of each server of the permit; held by the hub.
        server_hours_per_day: hours of all the permit's servers together in a day of Bishkek.
        server_disk: megabytes of files in each workspace of the permit; held by the hub.
    """

    transactions_per_day: Limit
    deployments: Limit
    requests_per_second: Limit
    gas_per_transaction: Limit
    payload_bytes: Limit
    units_per_day: Limit = NO_LIMIT
    gas_per_day: Limit = NO_LIMIT
    server_cores: Limit = NO_LIMIT
    server_memory: Limit = NO_LIMIT
    server_hours_per_day: Limit = NO_LIMIT
    server_disk: Limit = NO_LIMIT

    def as_dict(self) -> dict[str, str]:
        """JSON form; what came later only where it is set."""
        return {
            name: limit_to_json(getattr(self, name))
            for name in (*LOAD_LIMITS, *HUB_LIMITS)
            if name not in LATER_LOAD_LIMITS or getattr(self, name) != NO_LIMIT
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LoadTerms:
        """Read the JSON form again; raises ``KeyError`` and ``TypeError`` when it is none."""
        return cls(
            **{
                name: limit_from_json(data[name])
                for name in (*LOAD_LIMITS, *HUB_LIMITS)
                if name not in LATER_LOAD_LIMITS or name in data
            }
        )


@dataclass(frozen=True)
class Terms:
    """The conditions of a permit, without its number, version or state.

    Attributes:
        start: of the term.
        end: of the term; not part of it.
        max_customers: persons.
        max_merchants: persons.
        assets: the value limits.
        load: what the gateway holds.
        contract_review: a contract touches supervised money only when a regulator approved it.
        failed_deployments_count: a deployment that failed uses up a place too.
        contracts: where transactions may go; None: anywhere.
        residences: where customers and merchants have to live; None: anywhere.
        complaint_rate: people who complained in 30 days for each 10,000 payments; held by the desk.
        steps: by which limits may rise; the first is the next.
    """

    start: datetime
    end: datetime
    max_customers: Limit
    max_merchants: Limit
    assets: tuple[AssetTerms, ...]
    load: LoadTerms
    contract_review: bool = False
    failed_deployments_count: bool = False
    contracts: Scope = None
    residences: tuple[str, ...] | None = None
    complaint_rate: Limit = NO_LIMIT
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        _check(self)

    @property
    def chains(self) -> tuple[ChainName, ...]:
        """The chains on which these terms are published, in a fixed order."""
        used = {CHAIN_OF[each.asset] for each in self.assets}
        return tuple(chain for chain in ("kgst", "som") if chain in used)

    @property
    def describes_people(self) -> bool:
        """Whether the chain has to know where people live or how well they are identified."""
        return self.residences is not None or any(
            each.travel_rule != NO_LIMIT for each in self.assets
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON form; limits are strings."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "max_customers": limit_to_json(self.max_customers),
            "max_merchants": limit_to_json(self.max_merchants),
            "assets": [each.as_dict() for each in self.assets],
            "load": self.load.as_dict(),
            **{name: True for name in FLAGS if getattr(self, name)},
            **({} if self.contracts is None else {"contracts": scope_to_json(self.contracts)}),
            **({} if self.residences is None else {"residences": list(self.residences)}),
            **{
                name: limit_to_json(getattr(self, name))
                for name in DESK_LIMITS
                if getattr(self, name) != NO_LIMIT
            },
            **({"steps": [each.as_dict() for each in self.steps]} if self.steps else {}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Terms:
        """Read the JSON form again.

        Raises:
            InvalidInput: ``terms.malformed`` and every code of the checks.
        """
        try:
            return cls(
                start=datetime.fromisoformat(data["start"]),
                end=datetime.fromisoformat(data["end"]),
                max_customers=limit_from_json(data["max_customers"]),
                max_merchants=limit_from_json(data["max_merchants"]),
                assets=tuple(AssetTerms.from_dict(each) for each in data["assets"]),
                load=LoadTerms.from_dict(data["load"]),
                **{name: data.get(name, False) for name in FLAGS},
                contracts=scope_from_json(data.get("contracts")),
                residences=residences_from_json(data.get("residences")),
                complaint_rate=limit_from_json(data.get("complaint_rate", NO_LIMIT.value)),
                steps=steps_from_json(data.get("steps", ())),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidInput("terms.malformed", reason=str(error)[:120]) from error


VALUE_LIMITS: Final = (
    "per_transaction",
    "window_volume",
    "customer_cap",
    "merchant_cap",
    "outstanding_cap",
    "week_volume",
    "month_volume",
    "customer_day_volume",
    "customer_total",
    "travel_rule",
    "loss_cap",
)
LATER_VALUE_LIMITS: Final = frozenset(VALUE_LIMITS[5:])
"""Absent in older documents, where they mean "no limit"."""
DESK_VALUE_LIMITS: Final = frozenset({"loss_cap"})
"""Value limits that no chain knows: the desk watches them and suspends."""
DESK_LIMITS: Final = ("complaint_rate",)
"""The same for the permit as a whole; absent in older documents, where they mean "no limit"."""
MAX_RATE: Final = 10_000
"""The greatest complaint rate that can be set."""
ASSET_FLAGS: Final = ("waterfall",)
"""Conditions of an asset that are on or off; off is the stricter and the default."""
PERSON_LIMITS: Final = ("max_customers", "max_merchants")
LOAD_LIMITS: Final = (
    "transactions_per_day",
    "deployments",
    "requests_per_second",
    "gas_per_transaction",
    "payload_bytes",
    "units_per_day",
    "gas_per_day",
)
"""What the gateway holds."""
HUB_LIMITS: Final = ("server_cores", "server_memory", "server_hours_per_day", "server_disk")
"""What the hub holds, for the servers of this permit alone."""
HUB_RANGE: Final[Mapping[str, tuple[int, int]]] = {
    "server_cores": (1, 64),
    "server_memory": (256, 65_536),
    "server_hours_per_day": (0, 240),
    "server_disk": (64, 1_048_576),
}
"""From, to; a server does not start with less. 240 hours are ten servers all day; the most
of a disk is a terabyte."""
LATER_LOAD_LIMITS: Final = frozenset({"units_per_day", "gas_per_day", *HUB_LIMITS})
"""Absent in older documents, where they mean "no limit"."""
FLAGS: Final = ("contract_review", "failed_deployments_count")
"""Conditions that are on or off; on is the stricter, off the default."""


def describe_limit(limit: Limit) -> str:
    """A limit as text: digits of its unit, or ``no limit``."""
    return limit_to_json(limit)


def _check(terms: Terms) -> None:
    start, end = utc(terms.start), utc(terms.end)
    if end <= start:
        raise InvalidInput("terms.end_before_start", start=start.isoformat(), end=end.isoformat())
    if start.microsecond or end.microsecond:
        raise InvalidInput("terms.fraction_of_second", start=start.isoformat(), end=end.isoformat())
    if (end - start).days > 366 * MAX_YEARS:
        raise InvalidInput("terms.too_long", years=MAX_YEARS)
    if not terms.assets:
        raise InvalidInput("terms.no_asset")
    _check_assets(terms.assets)
    _check_counts(terms)
    for name in FLAGS:
        if not isinstance(getattr(terms, name), bool):
            raise InvalidInput("terms.malformed", reason=f"{name} is neither true nor false")
    if terms.contracts is not None:
        checked(terms.contracts)
    check_residences(terms.residences)
    checked_steps(terms.steps)


def _check_counts(terms: Terms) -> None:
    for name in (*PERSON_LIMITS, *DESK_LIMITS):
        most = MAX_RATE + 1 if name in DESK_LIMITS else MAX_UINT32
        check_limit(name, getattr(terms, name), most)
    for name in LOAD_LIMITS:
        check_limit(name, getattr(terms.load, name), MAX_UINT53)
    for name in HUB_LIMITS:
        check_hub_limit(name, getattr(terms.load, name))


def stepped(terms: Terms) -> Terms:
    """The conditions with the next step taken.

    Raises:
        InvalidInput: ``terms.too_large`` where a limit would not fit any more.
    """
    step, *rest = terms.steps

    def raised(record: Terms | AssetTerms, names: tuple[str, ...]) -> dict[str, Any]:
        rising = [name for name in names if name in step.limits]
        known = {name: getattr(record, name) for name in rising}
        return {
            name: limit if isinstance(limit, NoLimit) else limit * step.factor
            for name, limit in known.items()
        }

    return replace(
        terms,
        assets=tuple(replace(each, **raised(each, VALUE_LIMITS)) for each in terms.assets),
        **raised(terms, PERSON_LIMITS),
        steps=tuple(rest),
    )


def _check_assets(assets: tuple[AssetTerms, ...]) -> None:
    seen: set[str] = set()
    for each in assets:
        if each.asset not in CHAIN_OF:
            raise InvalidInput("terms.unknown_asset", asset=str(each.asset)[:16])
        if each.asset in seen:
            raise InvalidInput("terms.asset_twice", asset=each.asset)
        seen.add(each.asset)
        for name in VALUE_LIMITS:
            check_limit(f"{each.asset}.{name}", getattr(each, name), MAX_AMOUNT)
        if not all(isinstance(getattr(each, name), bool) for name in ASSET_FLAGS):
            raise InvalidInput("terms.malformed", reason="waterfall is neither true nor false")


def check_limit(name: str, limit: Limit, maximum: int) -> None:
    """Refuse a limit that is no whole number of its type.

    Args:
        name: which limit, for the error.
        limit: the value.
        maximum: the type's maximum, which the chain reads as "no limit": not allowed.

    Raises:
        InvalidInput: ``terms.not_whole``, ``terms.below_zero`` or ``terms.too_large``.
    """
    if isinstance(limit, NoLimit):
        return
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise InvalidInput("terms.not_whole", limit=name, value=str(limit)[:80])
    if limit < 0:
        raise InvalidInput("terms.below_zero", limit=name, value=str(limit)[:80])
    if limit >= maximum:
        raise InvalidInput("terms.too_large", limit=name, value=str(limit)[:90])


def check_hub_limit(name: str, limit: Limit) -> None:
    """Refuse a limit of servers outside :data:`HUB_RANGE`.

    Args:
        name: one of :data:`HUB_LIMITS`.
        limit: cores, megabytes or hours.

    Raises:
        InvalidInput: ``terms.not_whole``, ``terms.below_zero``, ``terms.server_range``.
    """
    check_limit(name, limit, MAX_UINT53)
    least, most = HUB_RANGE[name]
    if not isinstance(limit, NoLimit) and not least <= limit <= most:
        raise InvalidInput("terms.server_range", limit=name, least=str(least), most=str(most))


def decimals_of(limit: str) -> int:
    """Decimal places in which people write a limit (``KGST.customer_cap`` 18, counts 0)."""
    asset, dot, _ = limit.partition(".")
    return DECIMALS[asset] if dot else 0  # type: ignore[index]
