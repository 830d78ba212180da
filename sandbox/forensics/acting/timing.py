"""The terms of the law's clock: data with their source, and what is drawn from them.

>>> terms().confirm_within
datetime.timedelta(days=2)
>>> "to be confirmed" in sources()["confirm_within"]
True
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from sandbox.forensics.cases.chance import Chance

WRITTEN: Final = Path(__file__).with_name("terms.toml")
Hours = tuple[int, int]
"""The least and the most, both included; minutes between them are drawn."""


@dataclass(frozen=True)
class Terms:
    """How long everybody takes, and what is too much.

    Attributes:
        exchange_answers: until an exchange answers, hours.
        exchange_returns: until it returns an over-broad request, hours.
        intelligence_answers: until the financial intelligence service answers, hours.
        prosecutor: until the prosecutor has read a motion, hours.
        judge: until the investigating judge has read it after that, hours.
        issuer: until an order to the issuer takes effect, hours.
        confirm_within: from an urgent freeze to the judge's decision, at most.
        longest_order: of a freeze.
        longest_period: that a request may cover.
        most_addresses: of a request.
        shortest_facts: characters.
    """

    exchange_answers: Hours
    exchange_returns: Hours
    intelligence_answers: Hours
    prosecutor: Hours
    judge: Hours
    issuer: Hours
    confirm_within: timedelta
    longest_order: timedelta
    longest_period: timedelta
    most_addresses: int
    shortest_facts: int


def drawn(key: bytes, hours: Hours, *label: str | int) -> timedelta:
    """How long it takes this time.

    Args:
        key: secret, of the case.
        hours: between which.
        *label: what for; each label is a draw of its own.
    """
    least, most = hours
    return timedelta(minutes=Chance(key, "acting", *label).between(60 * least, 60 * most))


@cache
def terms() -> Terms:
    """The shipped terms."""
    return Terms(**{name: _value(each) for name, each in _written().items()})


def sources() -> Mapping[str, str]:
    """Of each term, where it is from."""
    return {name: each["source"] for name, each in _written().items()}


def _value(said: Mapping[str, Any]) -> Any:
    if "count" in said:
        return said["count"]
    if "days" in said:
        return timedelta(days=said["days"])
    hours = said["hours"]
    return tuple(hours) if isinstance(hours, list) else timedelta(hours=hours)


@cache
def _written() -> dict[str, Any]:
    return tomllib.loads(WRITTEN.read_text("utf-8"))
