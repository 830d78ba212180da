"""A whole list of customers against a list of names.

Rules: every customer is compared with every name of every entry, and what reaches the review
threshold is told, with the name of the entry that is most like. From ``block`` on the verdict is
``block``, below that ``review``. A hit is a question to a person, not an answer: see the published
error rates.

The result is that of comparing each with each. To be quick, only those pairs are looked at in which
so many parts are alike that the score can reach the threshold (``candidates``).

>>> import polars as pl
>>> watch = {"list": "training", "version": 1, "as_of": "2026-11-01", "entries": [
...     {"id": "T-1", "kind": "sanctions", "names": ["Toktosunov Ermek"], "born": "1971-05-03"}]}
>>> people = pl.DataFrame({"id": ["c1", "c2"], "name": ["Эрмек Токтосунов", "Усенова Айгүл"]})
>>> screen(people, watch).hits.select("customer", "entry", "score", "verdict").rows()
[('c1', 'T-1', 1.0, 'block')]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from sandbox.forensics.errors import CannotScreen
from sandbox.forensics.screening.births import Birth, births
from sandbox.forensics.screening.candidates import candidates
from sandbox.forensics.screening.comparing import BIRTH_COUNTS_FROM, Comparison, compare_parts
from sandbox.forensics.screening.lists import WatchList
from sandbox.forensics.screening.names import Parts, taken_apart

REVIEW: Final = 0.85
BLOCK: Final = 0.95
"""The thresholds as shipped: ours, and adjustable."""
LOWEST: Final = 0.65
"""No threshold below this: nearly everybody would be a hit."""
_COLUMNS: Final = {
    **dict.fromkeys(("customer", "entry", "kind", "name", "other"), pl.String),
    "score": pl.Float64,
    "verdict": pl.String,
    "born": pl.String,
}


@dataclass(frozen=True)
class Thresholds:
    """From which score on a name is looked at by a person, and from which it is stopped.

    Attributes:
        review: ``LOWEST`` to 1.
        block: ``review`` to 1.
    """

    review: float = REVIEW
    block: float = BLOCK

    def __post_init__(self) -> None:
        if not LOWEST <= self.review <= self.block <= 1:
            raise CannotScreen("screening.thresholds_malformed", lowest=LOWEST)

    def verdict(self, score: float) -> str:
        """``block``, ``review`` or ``clear``."""
        return "block" if score >= self.block else "review" if score >= self.review else "clear"


@dataclass(frozen=True)
class Screening:
    """What a screening found.

    Attributes:
        hits: a row for each customer and entry from the review threshold on, the highest score
            first: ``customer``, ``entry``, ``kind``, ``name`` (the customer's), ``other`` (the
            entry's name that is most like), ``score``, ``verdict``, ``born``.
        list: name, version and digest of the list.
        thresholds: as they were.
        customers: how many were screened.
        working: the comparison behind each hit, by customer and entry.
    """

    hits: pl.DataFrame
    list: tuple[str, int, str]
    thresholds: Thresholds
    customers: int
    working: Mapping[tuple[str, str], Comparison]

    def why(self, customer: str, entry: str) -> pl.DataFrame:
        """The working of a hit, as ``Comparison.table``.

        Raises:
            CannotScreen: ``screening.no_such_hit``.
        """
        found = self.working.get((customer, entry))
        if found is None:
            raise CannotScreen("screening.no_such_hit", customer=customer[:40], entry=entry[:40])
        return found.table


def screen(
    customers: pl.DataFrame,
    against: WatchList | Mapping[str, Any] | str | Path,
    thresholds: Thresholds | None = None,
) -> Screening:
    """Screen a table of customers.

    Args:
        customers: ``id`` and ``name`` as text, each id once; perhaps ``born`` (text or dates).
        against: a list, or what ``WatchList.read`` takes.
        thresholds: as shipped, if nothing else is given.

    Raises:
        CannotScreen: ``screening.customers_malformed``, ``screening.customer_malformed``, and what
            ``WatchList.read`` raises.
    """
    watch = against if isinstance(against, WatchList) else WatchList.read(against)
    limits = thresholds or Thresholds()
    people = _people(customers)
    known = [(entry, name, taken_apart(name)) for entry in watch.entries for name in entry.names]
    best: dict[tuple[str, str], tuple[Comparison, int]] = {}
    births_known = any(each[1] for each in people) and any(each.born for each in watch.entries)
    least = min(limits.review, BIRTH_COUNTS_FROM) if births_known else limits.review
    names = [each[2] for each in people], [each[2] for each in known]
    for one, other in candidates(*names, least):
        (customer, born, parts), (entry, _, listed) = people[one], known[other]
        found = compare_parts(parts, listed, births(born, entry.born))
        place = (customer, entry.id)
        if found.score >= limits.review and (
            place not in best or found.score > best[place][0].score
        ):
            best[place] = (found, other)
    texts = dict(customers.select("id", "name").rows())
    rows = [
        (
            *(customer, number, known[other][0].kind.value, texts[customer], known[other][1]),
            *(found.score, limits.verdict(found.score), found.born),
        )
        for (customer, number), (found, other) in best.items()
    ]
    hits = pl.DataFrame(rows, schema=_COLUMNS, orient="row")
    return Screening(
        hits.sort("score", "customer", "entry", descending=[True, False, False]),
        (watch.name, watch.version, watch.digest),
        limits,
        len(people),
        {place: found for place, (found, _) in best.items()},
    )


_Person = tuple[str, Birth | None, Parts]


def _people(customers: pl.DataFrame) -> list[_Person]:
    texts = all(customers.schema.get(each) == pl.String for each in ("id", "name"))
    if not texts or customers["id"].null_count() or customers["id"].n_unique() < len(customers):
        raise CannotScreen("screening.customers_malformed")
    born = customers["born"] if "born" in customers.columns else [None] * len(customers)
    found = []
    for number, name, said in zip(customers["id"], customers["name"], born, strict=True):
        try:
            found.append((number, Birth.read(said), taken_apart(name or "")))
        except CannotScreen as error:
            raise CannotScreen(
                "screening.customer_malformed", customer=number[:40], why=error.explain()
            ) from error
    return found
