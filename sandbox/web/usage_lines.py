"""Use against each limit, as a bar and as figures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from babel.numbers import format_decimal

from sandbox.locale import forms
from sandbox.locale.catalogue import Language
from sandbox.services.views import UsageLine, UsageView
from sandbox.web.words import asset_name, limit_text, name_of

CALM: Final = frozenset({"max_customers", "max_merchants", "deployments"})
"""Counts that a trial is expected to use up."""


@dataclass(frozen=True)
class Bar:
    """One limit.

    Attributes:
        clause: which.
        name: in words.
        label: the same with the asset, where no figure beside it names the asset.
        asset: for limits of value.
        limit: the limit in words.
        used: what is used, in words; None for limits per transaction, person or request.
        share: percent used, 0 to 100; None when there is nothing to draw.
        percent: the same in words; empty when there is nothing to draw.
        calm: whether a full bar is no cause for alarm, as for a number of persons.
        endless: whether there is no limit.
        held_by: ``chain``, ``gateway``, ``desk`` or ``hub``.
    """

    clause: str
    name: str
    label: str
    asset: str | None
    limit: str
    used: str | None
    share: float | None
    percent: str
    calm: bool
    endless: bool
    held_by: str


def bars(lang: Language, usage: UsageView) -> list[Bar]:
    """Every limit of a permit; those that count up come first."""
    lines = [_bar(lang, line) for line in usage.limits]
    return [bar for bar in lines if bar.used is not None] + [
        bar for bar in lines if bar.used is None
    ]


def _bar(lang: Language, line: UsageLine) -> Bar:
    used = None
    if line.used is not None:
        used = (
            limit_text(lang, line.clause, line.used, line.asset)
            if line.asset
            else forms.count(int(line.used), line.decimals, lang)
        )
    used_share = share(line.used, line.limit)
    name = name_of(lang, line.clause)
    return Bar(
        clause=line.clause,
        name=name,
        label=f"{name} ({asset_name(lang, line.asset)})" if line.asset else name,
        asset=line.asset,
        limit=limit_text(lang, line.clause, _whole(line), line.asset),
        used=used,
        share=used_share,
        percent=percent(lang, used_share),
        calm=line.clause in CALM,
        endless=not line.limit.isdigit(),
        held_by=line.held_by,
    )


def _whole(line: UsageLine) -> str:
    """A limit as the terms have it: in whole units, where what is used is counted in parts."""
    if line.asset or not line.decimals or not line.limit.isdigit():
        return line.limit
    return str(int(line.limit) // 10**line.decimals)


def share(used: str | None, limit: str) -> float | None:
    """Percent of a limit that is used, rounded down to a tenth, at least a tenth when anything is.

    >>> share("1", "10000"), share("48", "1000"), share("5", "no limit"), share("0", "0")
    (0.1, 4.8, None, 100.0)
    """
    if used is None or not limit.isdigit():
        return None
    whole, part = int(limit), int(used)
    if whole == 0:
        return 100.0
    return min(1000, max(part * 1000 // whole, 1 if part else 0)) / 10


@lru_cache(maxsize=4_096)
def percent(lang: Language, used_share: float | None) -> str:
    r"""A share in words, one rule everywhere: below one percent says so, else one place at most.

    >>> percent("en", 0.4), percent("en", 4.8), percent("en", 100.0), percent("en", 0.0)
    ('< 1\xa0%', '4.8\xa0%', '100\xa0%', '0\xa0%')
    """
    if used_share is None:
        return ""
    if 0 < used_share < 1:
        return "< 1\u00a0%"
    return f"{format_decimal(used_share, format='0.#', locale=lang)}\u00a0%"
