"""Limits as people write them: one flat form for applications, conditions and variations.

``KGST.per_transaction = "5 000"``, ``max_customers = "20"``, ``term_days = "90"``; an amount is in
whole units of its asset, "no limit" is the word for no limit. ``contract_review = "yes"`` switches
a condition on; ``contracts`` holds one contract a line. Every wrong field is named at once.

>>> from datetime import UTC, datetime
>>> problems = read_terms({"assets": "KGST"}, at=datetime(2026, 1, 1, tzinfo=UTC))[1]
>>> problems[0].part, problems[0].code
('term_days', 'limits.missing')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from sandbox.domain.residence import read_residences, write_residences
from sandbox.domain.scope import read_scope, write_scope
from sandbox.domain.steps import read_steps, write_steps
from sandbox.domain.terms import (
    ASSET_FLAGS,
    CHAIN_OF,
    DESK_LIMITS,
    FLAGS,
    HUB_LIMITS,
    LATER_VALUE_LIMITS,
    LOAD_LIMITS,
    MAX_AMOUNT,
    MAX_RATE,
    MAX_UINT32,
    MAX_UINT53,
    PERSON_LIMITS,
    VALUE_LIMITS,
    AssetTerms,
    LoadTerms,
    Terms,
    check_hub_limit,
    check_limit,
    decimals_of,
)
from sandbox.kit.dates import in_range, read_moment
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AssetCode
from sandbox.kit.money import (
    DECIMALS,
    NO_LIMIT,
    Limit,
    NoLimit,
    format_amount,
    parse_amount,
)

_List = TypeVar("_List")

DEFAULTS: Final[Mapping[str, Limit]] = {
    "requests_per_second": 50,
    "gas_per_transaction": 16_777_216,
    "payload_bytes": 262_144,
    "units_per_day": NO_LIMIT,
    "gas_per_day": NO_LIMIT,
    **dict.fromkeys(HUB_LIMITS, NO_LIMIT),
}
"""Limits an applicant need not think about. Source: EIP-7825 for gas; the others are ours."""

ASSET_DEFAULTS: Final[Mapping[str, Limit]] = {
    "outstanding_cap": NO_LIMIT,
    **dict.fromkeys(sorted(LATER_VALUE_LIMITS), NO_LIMIT),
}
COMMON_FIELDS: Final = (
    *("term_days", "start", "end", "assets"),
    *PERSON_LIMITS,
    *LOAD_LIMITS,
    *HUB_LIMITS,
    *DESK_LIMITS,
    *FLAGS,
    "contracts",
    "residences",
    "steps",
)


_MOST: Final[Mapping[str, int]] = {
    **dict.fromkeys(PERSON_LIMITS, MAX_UINT32),
    **dict.fromkeys(DESK_LIMITS, MAX_RATE + 1),
}
"""The first value that a count cannot have, where it is not that of the load limits."""


@dataclass(frozen=True)
class Problem:
    """One part of a form that is missing or wrong."""

    part: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"part": self.part, "code": self.code, "params": dict(self.params)}


def field_names(assets: tuple[AssetCode, ...] = ("KGST", "SOM")) -> tuple[str, ...]:
    """Every field of the form."""
    each = (*VALUE_LIMITS, *ASSET_FLAGS)
    return (*COMMON_FIELDS, *(f"{asset}.{name}" for asset in assets for name in each))


def read_terms(form: Mapping[str, str], *, at: datetime) -> tuple[Terms | None, list[Problem]]:
    """Read conditions.

    Args:
        form: fields as typed; unknown fields are ignored.
        at: the moment from which a term without a start runs.

    Returns:
        The terms and no problem, or None and every problem.
    """
    problems: list[Problem] = []
    span = _read_span(form, at.replace(microsecond=0), problems)
    counts = {name: _read_limit(form, name, problems) for name in PERSON_LIMITS}
    load = {
        name: _read_limit(form, name, problems, DEFAULTS.get(name))
        for name in (*LOAD_LIMITS, *HUB_LIMITS)
    }
    desk = {name: _read_limit(form, name, problems, NO_LIMIT) for name in DESK_LIMITS}
    assets = _read_assets(form, problems)
    flags = {name: _read_flag(form, name, problems) for name in FLAGS}
    contracts = _read_list(form, "contracts", read_scope, problems)
    residences = _read_list(form, "residences", read_residences, problems)
    steps = _read_list(form, "steps", read_steps, problems)
    if problems or span is None:
        return None, problems
    try:
        terms = Terms(
            start=span[0],
            end=span[1],
            max_customers=counts["max_customers"],
            max_merchants=counts["max_merchants"],
            assets=assets,
            load=LoadTerms(**load),
            contract_review=flags["contract_review"],
            failed_deployments_count=flags["failed_deployments_count"],
            contracts=contracts,
            residences=residences,
            steps=steps or (),
            **desk,
        )
    except InvalidInput as error:
        part = "term_days" if error.code.startswith("terms.end") else "terms"
        return None, [Problem(part, error.code, error.params)]
    return terms, []


def write_terms(terms: Terms) -> dict[str, str]:
    """The form that would give these terms, for editing them."""
    form = {
        "start": terms.start.isoformat(),
        "end": terms.end.isoformat(),
        "assets": ",".join(each.asset for each in terms.assets),
    }
    form |= {name: _text(getattr(terms, name), 0) for name in PERSON_LIMITS}
    form |= {name: _text(getattr(terms.load, name), 0) for name in (*LOAD_LIMITS, *HUB_LIMITS)}
    form |= {name: _text(getattr(terms, name), 0) for name in DESK_LIMITS}
    form |= {name: "yes" if getattr(terms, name) else "no" for name in FLAGS}
    form["contracts"] = write_scope(terms.contracts)
    form["residences"] = write_residences(terms.residences)
    form["steps"] = write_steps(terms.steps)
    for each in terms.assets:
        for name in VALUE_LIMITS:
            form[f"{each.asset}.{name}"] = _text(getattr(each, name), DECIMALS[each.asset])
        for name in ASSET_FLAGS:
            form[f"{each.asset}.{name}"] = "yes" if getattr(each, name) else "no"
    return form


def _text(limit: Limit, decimals: int) -> str:
    return limit.value if isinstance(limit, NoLimit) else format_amount(limit, decimals)


def _read_span(
    form: Mapping[str, str], at: datetime, problems: list[Problem]
) -> tuple[datetime, datetime] | None:
    start = _read_moment(form, "start", problems) or at
    end = _read_moment(form, "end", problems)
    days = form.get("term_days", "").strip()
    if end is None and not days:
        if not any(each.part == "end" for each in problems):
            problems.append(Problem("term_days", "limits.missing"))
        return None
    if end is not None:
        return start, end
    try:
        number = parse_amount(days, 0)
    except InvalidInput as error:
        problems.append(Problem("term_days", error.code, error.params))
        return None
    if number > 366 * 100:
        problems.append(Problem("term_days", "terms.too_long", {"years": 5}))
        return None
    try:
        return start, in_range(start + timedelta(days=number))
    except InvalidInput as error:
        problems.append(Problem("term_days", error.code, error.params))
        return None


def _read_moment(form: Mapping[str, str], name: str, problems: list[Problem]) -> datetime | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        return read_moment(text, UTC)
    except InvalidInput as error:
        problems.append(Problem(name, error.code, error.params))
        return None


def _read_assets(form: Mapping[str, str], problems: list[Problem]) -> tuple[AssetTerms, ...]:
    names = [name.strip().upper() for name in form.get("assets", "").split(",") if name.strip()]
    if not names:
        problems.append(Problem("assets", "limits.no_asset"))
    found = []
    for name in dict.fromkeys(names):
        if name not in CHAIN_OF:
            problems.append(Problem("assets", "terms.unknown_asset", {"asset": name[:16]}))
            continue
        limits = {
            limit: _read_limit(form, f"{name}.{limit}", problems, ASSET_DEFAULTS.get(limit))
            for limit in VALUE_LIMITS
        }
        flags = {flag: _read_flag(form, f"{name}.{flag}", problems) for flag in ASSET_FLAGS}
        found.append(AssetTerms(name, **limits, **flags))  # type: ignore[arg-type]
    return tuple(found)


def _read_flag(form: Mapping[str, str], name: str, problems: list[Problem]) -> bool:
    text = form.get(name, "").strip().lower()
    if text not in ("", "no", "yes"):
        problems.append(Problem(name, "limits.not_a_switch", {"text": text[:40]}))
    return text == "yes"


def _read_list(
    form: Mapping[str, str],
    name: str,
    reader: Callable[[str], _List | None],
    problems: list[Problem],
) -> _List | None:
    try:
        return reader(form.get(name, ""))
    except InvalidInput as error:
        problems.append(Problem(name, error.code, error.params))
        return None


def _read_limit(
    form: Mapping[str, str], name: str, problems: list[Problem], default: Limit | None = None
) -> Limit:
    text = form.get(name, "").strip()
    if not text:
        if default is None:
            problems.append(Problem(name, "limits.missing"))
            return 0
        return default
    if text.lower() == NO_LIMIT.value:
        return NO_LIMIT
    try:
        return _number(name, text)
    except InvalidInput as error:
        problems.append(Problem(name, error.code, error.params))
        return 0


def _number(name: str, text: str) -> int:
    if text.lstrip().startswith(("-", "−")):
        raise InvalidInput("terms.below_zero", limit=name, value=text[:80])
    decimals = decimals_of(name)
    value = parse_amount(text, decimals)
    if name in HUB_LIMITS:
        check_hub_limit(name, value)
    check_limit(name, value, MAX_AMOUNT if decimals else _MOST.get(name, MAX_UINT53))
    return value
