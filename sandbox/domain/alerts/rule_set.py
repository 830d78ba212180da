"""Rule sets: which rules run, with which parameters, bands and weights; checked, versioned.

Rules:

1. A set names every rule: one that does not run is switched off, not left out. A set that was
   kept before a rule came (:data:`LATER`) reads as that rule switched off.
2. A parameter stays in its range; bands grow in value and in weight; weights are 1 to 100.
3. Version 1 is shipped with the software and in force until two regulators set another.

>>> RuleSet.read(SHIPPED.as_dict()) == SHIPPED
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

from sandbox.domain.alerts.burst import BURST
from sandbox.domain.alerts.complaint_rate import COMPLAINT_RATE
from sandbox.domain.alerts.dormant_surge import DORMANT_SURGE
from sandbox.domain.alerts.facts import WATCHED, Kind
from sandbox.domain.alerts.fan import FAN_IN, FAN_OUT
from sandbox.domain.alerts.loss_cap import LOSS_CAP
from sandbox.domain.alerts.overdue_report import OVERDUE_REPORT
from sandbox.domain.alerts.pass_through import PASS_THROUGH
from sandbox.domain.alerts.probing import PROBING
from sandbox.domain.alerts.reserve_shortfall import RESERVE_SHORTFALL
from sandbox.domain.alerts.rule import Band, Rule
from sandbox.domain.alerts.structuring import STRUCTURING
from sandbox.kit.errors import InvalidInput

RULES: Final[Mapping[str, Rule]] = {
    rule.name: rule
    for rule in (
        *(STRUCTURING, BURST, PASS_THROUGH, FAN_IN, FAN_OUT, DORMANT_SURGE, PROBING),
        *(COMPLAINT_RATE, LOSS_CAP, RESERVE_SHORTFALL, OVERDUE_REPORT),
    )
}
"""Every rule by its name."""
LATER: Final = frozenset({"complaint_rate", "loss_cap", "reserve_shortfall", "overdue_report"})
"""Rules that sets kept by an earlier version do not name."""
MOST_BANDS: Final = 4
LARGEST: Final = 10**15
"""The greatest start of a band, in the rule's unit."""


@dataclass(frozen=True)
class RuleSettings:
    """How one rule runs.

    Attributes:
        on: whether it runs.
        values: parameters by name, whole numbers in the parameter's unit.
        bands: ascending.
        kinds: which parties it is about.
    """

    on: bool
    values: Mapping[str, int]
    bands: tuple[Band, ...]
    kinds: frozenset[Kind]

    @property
    def window(self) -> timedelta:
        """How far back the rule looks."""
        return timedelta(minutes=self.values["window"])

    def as_dict(self) -> dict[str, Any]:
        """JSON."""
        return {
            "on": self.on,
            "values": dict(self.values),
            "bands": [[band.start, band.weight] for band in self.bands],
            "kinds": sorted(self.kinds),
        }


@dataclass(frozen=True)
class RuleSet:
    """All rules and the weight from which an alert is raised.

    Attributes:
        alert_at: weight, 1 to 100.
        rules: every rule by name.
    """

    alert_at: int
    rules: Mapping[str, RuleSettings]

    def as_dict(self) -> dict[str, Any]:
        """JSON."""
        return {
            "alert_at": self.alert_at,
            "rules": {name: each.as_dict() for name, each in self.rules.items()},
        }

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> RuleSet:
        """Read and check a set.

        Args:
            data: as ``as_dict`` gives it.

        Raises:
            InvalidInput: ``alert_rules.malformed``, ``alert_rules.outside``,
                ``alert_rules.bands``, ``alert_rules.nobody``.
        """
        try:
            given, alert_at = dict(data["rules"]), _whole(data["alert_at"])
            if given.keys() - RULES.keys() or RULES.keys() - given.keys() - LATER:
                raise InvalidInput("alert_rules.malformed", reason="rules")
            rules = {
                name: _settings(rule, given[name]) if name in given else as_shipped(rule, on=False)
                for name, rule in RULES.items()
            }
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput("alert_rules.malformed", reason=type(error).__name__) from error
        if not 1 <= alert_at <= 100:
            raise InvalidInput("alert_rules.outside", what="alert_at", low=1, high=100)
        return cls(alert_at, rules)

    def running(self) -> list[tuple[Rule, RuleSettings]]:
        """The rules that are on."""
        return [(RULES[name], each) for name, each in self.rules.items() if each.on]


def _settings(rule: Rule, data: Mapping[str, Any]) -> RuleSettings:
    values = {}
    for each in rule.parameters:
        value = _whole(data["values"][each.name])
        if not each.low <= value <= each.high:
            what = f"{rule.name}.{each.name}"
            raise InvalidInput("alert_rules.outside", what=what, low=each.low, high=each.high)
        values[each.name] = value
    bands = tuple(Band(_whole(start), _whole(weight)) for start, weight in data["bands"])
    kinds = frozenset(Kind(each) for each in data["kinds"])
    _check_bands(rule, bands)
    if kinds - set(WATCHED) or (rule.kinds and data["on"] and not kinds):
        raise InvalidInput("alert_rules.nobody", what=rule.name)
    return RuleSettings(bool(data["on"]), values, bands, kinds if rule.kinds else frozenset())


def _check_bands(rule: Rule, bands: tuple[Band, ...]) -> None:
    grows = all(a.start < b.start and a.weight < b.weight for a, b in pairwise(bands))
    inside = all(1 <= band.start <= LARGEST and 1 <= band.weight <= 100 for band in bands)
    if not 1 <= len(bands) <= MOST_BANDS or not grows or not inside:
        raise InvalidInput("alert_rules.bands", what=rule.name)


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError("not a whole number")
    return value


def as_shipped(rule: Rule, *, on: bool = True) -> RuleSettings:
    """How a rule is shipped."""
    values = {each.name: each.default for each in rule.parameters}
    return RuleSettings(on, values, rule.bands, rule.kinds)


SHIPPED: Final = RuleSet(
    alert_at=50, rules={name: as_shipped(rule) for name, rule in RULES.items()}
)
"""Version 1."""
