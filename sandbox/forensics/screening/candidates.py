"""Which of two lists' names are worth comparing: those of which enough parts are alike.

Rule: no pair is left out whose score reaches the one that was asked for. Parts are alike when one
of their forms is the same or a typo apart; all forms are compared with all, compiled (rapidfuzz).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from sandbox.forensics.screening.comparing import LIGHT, TENTHS
from sandbox.forensics.screening.names import MOST, Kind, Parts, joined

ROUNDING: Final = 1e-4
"""Scores are rounded to four places."""
_COMPARED: Final = 1_000_000
"""Comparisons of parts at a time."""
_BATCH: Final = 2_000
"""Customers at a time."""


def candidates(some: list[Parts], others: list[Parts], least: float) -> Iterator[tuple[int, int]]:
    """Pairs of names that may reach a score, in order.

    Args:
        some: names, taken apart.
        others: names, taken apart.
        least: the score, above 0.

    Yields:
        Their numbers.
    """
    left, right = _traces(some, "name"), _traces(others, "listed")
    near = _alike(left["form"].unique().sort(), right["form"].unique().sort())
    found = near.join(right, left_on="other", right_on="form")
    sizes = _sizes(some, "name"), _sizes(others, "listed")
    for first in range(0, len(some), _BATCH):
        batch = left.filter(pl.col("name").is_between(first, first + _BATCH - 1))
        met = batch.join(found, left_on="form", right_on="one").unique(["name", "part", "listed"])
        counted = met.group_by("name", "listed").len("met")
        whole = counted.join(sizes[0], on="name").join(sizes[1], on="listed")
        enough = whole.filter(pl.col("met") >= _needed(least))
        yield from enough.select("name", "listed").sort("name", "listed").iter_rows()


def _needed(least: float) -> pl.Expr:
    """How many parts have to be alike at least.

    A part that differs weighs ``LIGHT`` at least. Of n parts that are compared z may differ as long
    as (n - z) / (n - z + LIGHT z) reaches the score. With an initial one may be enough.
    """
    of = {}
    for size in range(1, MOST + 1):
        differ = [z for z in range(size) if (size - z) / (size - z + LIGHT * z) >= least - ROUNDING]
        of[size] = size - max(differ)
    more = pl.col("names") - pl.col("names_listed")
    parts = pl.min_horizontal(
        pl.col("parts") - (more == 1).cast(pl.Int64),
        pl.col("parts_listed") - (more == -1).cast(pl.Int64),
    )
    initials = pl.col("initials") | pl.col("initials_listed")
    return pl.when(initials).then(1).otherwise(parts.replace_strict(of, return_dtype=pl.Int64))


def _sizes(names: list[Parts], column: str) -> pl.DataFrame:
    kinds = [[part.kind for part in parts] for parts in names]
    more = "_listed" if column == "listed" else ""
    return pl.DataFrame(
        {
            column: range(len(names)),
            f"parts{more}": [len(each) for each in kinds],
            f"names{more}": [each.count(Kind.NAME) for each in kinds],
            f"initials{more}": [Kind.INITIAL in each for each in kinds],
        },
        schema_overrides={column: pl.Int64},
    )


def _traces(names: list[Parts], column: str) -> pl.DataFrame:
    """Every form by which a part may be found: the form, the number of the name, of the part."""
    found = []
    for number, parts in enumerate(names):
        pairs = [pair for pair in pairwise(parts) if {e.kind for e in pair} == {Kind.NAME}]
        together = map(joined, pairs)
        for place, part in enumerate((*parts, *together)):
            if part.kind is Kind.INITIAL:
                continue
            bare = [each.rstrip("aeiou") for each in part.keys]
            forms = dict.fromkeys((*part.keys, *part.father, *part.stem, *part.root, *bare))
            found += [(form, number, place) for form in forms]
    schema = {"form": pl.String, column: pl.Int64, "part": pl.Int64}
    return pl.DataFrame(found, schema=schema, orient="row")


def _alike(some: pl.Series, others: pl.Series) -> pl.DataFrame:
    """Pairs of forms that are one, or a typo apart."""
    ones, twos = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    most, known = TENTHS / 10 + 1e-6, others.to_list()
    rows = max(1, _COMPARED // max(1, len(known)))
    for first in range(0, len(some) if known else 0, rows):
        batch = some[first : first + rows].to_list()
        near = cdist(batch, known, scorer=OSA.normalized_distance, score_cutoff=most)
        one, other = np.nonzero(near <= most)
        ones.append(one + first)
        twos.append(other)
    return pl.DataFrame(
        {"one": some.gather(np.concatenate(ones)), "other": others.gather(np.concatenate(twos))}
    )
