"""Use against each limit, as a bar and as figures."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.locale import forms
from sandbox.locale.catalogue import Language
from sandbox.services.views import UsageLine, UsageView
from sandbox.web.words import limit_text, name_of


@dataclass(frozen=True)
class Bar:
    """One limit.

    Attributes:
        clause: which.
        name: in words.
        asset: for limits of value.
        limit: the limit in words.
        used: what is used, in words; None for limits per transaction, person or request.
        share: percent used, 0 to 100; None when there is nothing to draw.
        endless: whether there is no limit.
        held_by: ``chain`` or ``gateway``.
    """

    clause: str
    name: str
    asset: str | None
    limit: str
    used: str | None
    share: int | None
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
            else forms.number(int(line.used), lang)
        )
    return Bar(
        clause=line.clause,
        name=name_of(lang, line.clause),
        asset=line.asset,
        limit=limit_text(lang, line.clause, line.limit, line.asset),
        used=used,
        share=share(line.used, line.limit),
        endless=not line.limit.isdigit(),
        held_by=line.held_by,
    )


def share(used: str | None, limit: str) -> int | None:
    """Whole percent of a limit that is used, rounded down, at least 1 when anything is.

    >>> share("1", "1000"), share("999", "1000"), share("5", "no limit"), share("0", "0")
    (1, 99, None, 100)
    """
    if used is None or not limit.isdigit():
        return None
    whole, part = int(limit), int(used)
    if whole == 0:
        return 100
    return min(100, max(part * 100 // whole, 1 if part else 0))
