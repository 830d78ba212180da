"""How far what was found agrees with the truth: for scoring, and for known error rates.

Truth is who owns each account. All figures count over the accounts of the truth; one of them that
was found in no cluster is a cluster of its own, and an account that the truth does not know counts
nowhere. Figures are floats: they are about money, but none of it.

- **pairs**: two accounts are claimed where they are in one cluster, true where they have one owner.
  ``precision`` is the part of the claimed that is true, ``recall`` the part of the true that is
  claimed, ``f1`` their harmonic mean. Source: the usual ones. Of none claimed all are true, and of
  none true all are claimed: 1.
- **rand**: the adjusted Rand index, 1 for the same division, about 0 for one by chance. Source:
  Hubert and Arabie, "Comparing partitions" (1985). Where chance has no play it is 1.
- **brier**: the mean square of what was claimed of each link less what is so; 0 is best, and who
  always says 0.5 has 0.25. Source: Brier, "Verification of forecasts" (1950).

>>> agreement({"a": 1, "b": 1, "c": 1}, {"a": "Aida", "b": "Aida", "c": "Bek", "d": "Bek"})
Agreement(claimed=3, true=2, right=1, precision=0.3333333333333333, recall=0.5, f1=0.4, rand=0.0)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from sandbox.forensics.accounts import spelt

_RATES: Final = {
    "heuristic": pl.String,
    **dict.fromkeys(("links", "right", "wrong", "unknown"), pl.Int64),
    **dict.fromkeys(("claimed", "precision", "brier"), pl.Float64),
}


@dataclass(frozen=True)
class Agreement:
    """What clusters and truth have in common.

    Attributes:
        claimed: pairs within a cluster.
        true: pairs of one owner.
        right: pairs that are both.
        precision: ``right`` of ``claimed``.
        recall: ``right`` of ``true``.
        f1: the harmonic mean of both.
        rand: the adjusted Rand index.
    """

    claimed: int
    true: int
    right: int
    precision: float
    recall: float
    f1: float
    rand: float


def agreement(
    found: Mapping[str, Hashable], truth: Mapping[str, Hashable], apart: Collection[str] = ()
) -> Agreement:
    """Hold clusters against the truth.

    Args:
        found: account → cluster; of ``Clusters`` the first two columns of ``accounts``.
        truth: account → owner.
        apart: accounts that count nowhere, as services.
    """
    owner, named = _counted(truth, apart), {spelt(name): each for name, each in found.items()}
    cells = Counter(((name in named, named.get(name, name)), each) for name, each in owner.items())
    rows, columns = Counter[Hashable](), Counter[Hashable]()
    for (group, each), size in cells.items():
        rows[group] += size
        columns[each] += size
    right, claimed, true = (_pairs(each.values()) for each in (cells, rows, columns))
    every = _pairs([len(owner)])
    return Agreement(
        claimed=claimed,
        true=true,
        right=right,
        precision=_part(right, claimed),
        recall=_part(right, true),
        f1=_part(2 * right, claimed + true),
        rand=_adjusted(right, claimed, true, every),
    )


def error_rates(
    links: pl.DataFrame, truth: Mapping[str, Hashable], apart: Collection[str] = ()
) -> pl.DataFrame:
    """How often each heuristic's links are right.

    Args:
        links: with the columns ``account``, ``other``, ``heuristic`` and ``confidence``, as
            ``Clusters.links``.
        truth: account → owner.
        apart: accounts that count nowhere.

    Returns:
        A row for each heuristic, and one called ``all``. Columns: ``links``; ``right``, both have
        one owner; ``wrong``; ``unknown``, the truth does not know both; of those that it knows the
        confidence ``claimed`` on average, ``precision`` and ``brier`` (empty without any).
    """
    owner = _counted(truth, apart)
    rows: dict[str, list[tuple[float, bool | None]]] = {}
    columns = links.select("account", "other", "heuristic", "confidence")
    for account, other, heuristic, confidence in columns.iter_rows():
        one, two = (owner.get(spelt(name), _UNKNOWN) for name in (account, other))
        is_so = None if _UNKNOWN in (one, two) else one == two
        for name in (heuristic, "all"):
            rows.setdefault(name, []).append((confidence, is_so))
    order = [*sorted(set(rows) - {"all"}), "all"]
    return pl.DataFrame(
        [(name, *_rates(rows.get(name, []))) for name in order], schema=_RATES, orient="row"
    )


def brier(claims: Iterable[tuple[float, bool]]) -> float | None:
    """The Brier score of claims.

    Args:
        claims: the probability that was stated, 0 to 1, and whether it was so.

    Returns:
        0 (best) to 1; None without claims.

    >>> brier([(0.9, True), (0.5, False)])
    0.13
    """
    squares = [(stated - is_so) ** 2 for stated, is_so in claims]
    return sum(squares) / len(squares) if squares else None


_UNKNOWN: Final = object()


def _counted(truth: Mapping[str, Hashable], apart: Collection[str]) -> dict[str, Hashable]:
    """The accounts that count, with their owners."""
    left_out = {spelt(name) for name in apart}
    owner = {spelt(name): each for name, each in truth.items()}
    return {name: each for name, each in owner.items() if name not in left_out}


def _rates(claims: list[tuple[float, bool | None]]) -> tuple[float | None, ...]:
    known = [(stated, is_so) for stated, is_so in claims if is_so is not None]
    right = sum(is_so for _, is_so in known)
    count = len(known)
    return (
        len(claims),
        right,
        count - right,
        len(claims) - count,
        sum(stated for stated, _ in known) / count if count else None,
        right / count if count else None,
        brier(known),
    )


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def _part(some: int, whole: int) -> float:
    return some / whole if whole else 1.0


def _adjusted(right: int, claimed: int, true: int, every: int) -> float:
    """The index in whole numbers up to the division: chance is claimed * true / every."""
    over = 2 * (right * every - claimed * true)
    under = (claimed + true) * every - 2 * claimed * true
    return over / under if under else 1.0
