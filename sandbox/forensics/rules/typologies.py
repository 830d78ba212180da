"""Typologies: what the rules say about an account together, and from when on that is an alert."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from sandbox.forensics.rules import kernels
from sandbox.forensics.rules.expressions import evaluated
from sandbox.forensics.rules.facts import Array, Facts, compiled
from sandbox.forensics.rules.looks import MINUTE, MOST_PIECES, ranges
from sandbox.forensics.rules.pack import MOST_BANDS, RULES, Typology

LEVELS: Final = ("", "alert", "interdict")
_PAIRWISE: Final[dict[str, Any]] = {
    "add": np.add,
    "multiply": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
}
_SCHEMA: Final[dict[str, Any]] = {
    "typology": pl.String,
    "account": pl.String,
    "level": pl.String,
    "score": pl.Int64,
    "block": pl.Int64,
    "time": pl.Int64,
    "hits": pl.List(pl.Int64),
}
_NUMBERS: Final = {name: number for number, name in enumerate(RULES)}


def alerts_of(facts: Facts, hits: pl.DataFrame) -> pl.DataFrame:
    """The alerts of all typologies, by typology, moment and account.

    Args:
        facts: for the pack and the names of accounts.
        hits: with ``number`` (of the account) and ``time`` in seconds.
    """
    hits = hits.with_row_index("hit").sort("number", "time", "hit")
    who, when, score = (np.array(hits[each].to_numpy()) for each in ("number", "time", "score"))
    rule = hits["rule"].replace_strict(_NUMBERS, return_dtype=pl.Int64).to_numpy()
    scores = np.zeros((len(RULES), MOST_BANDS), np.int64)
    for number, name in enumerate(RULES):
        bands = facts.pack.rules[name].bands
        scores[number, : len(bands)] = [each for _, each in bands]
    band = (scores[rule] == score[:, None]).argmax(axis=1)
    mark, memory = rule * MOST_BANDS + band, facts.pack["memory"] * MINUTE
    first, best = compiled(kernels.remembered, who, when, mark, scores, memory)
    parts = [
        _alerts(facts, each, hits, rule, (first, best)) for each in facts.pack.typologies.values()
    ]
    return pl.concat(parts).sort("typology", "time", "account", "score", maintain_order=True)


def _alerts(
    facts: Facts,
    typology: Typology,
    hits: pl.DataFrame,
    rule: Array,
    remembered: tuple[Array, Array],
) -> pl.DataFrame:
    first, best = remembered
    own = np.zeros(len(RULES), bool)
    own[[_NUMBERS[each] for each in typology.weights]] = True
    at = np.flatnonzero(own[rule])

    def weighed(name: str) -> Array:
        scores: Array = best[at, _NUMBERS[name]] * typology.weights[name] // 100
        return scores

    score = evaluated(typology.expression, weighed, _PAIRWISE)
    level = (score >= typology.alert).astype(np.int64) + (score >= typology.interdict)
    who, when = hits["number"].to_numpy()[at], hits["time"].to_numpy()[at]
    silence = facts.pack["silence"] * MINUTE
    keep = compiled(kernels.kept, who, np.arange(len(at)), when, level, silence)
    at, score, level = at[keep], score[keep], level[keep]
    alert, places = ranges(np.maximum(first[at], at + 1 - MOST_PIECES), at + 1)
    chosen = own[rule[places]]
    resting = (
        pl.DataFrame(
            {"alert": alert[chosen], "hits": hits["hit"].to_numpy()[places[chosen]]},
            schema={"alert": pl.Int64, "hits": pl.Int64},
        )
        .sort("alert", "hits")
        .group_by("alert", maintain_order=True)
        .agg("hits")["hits"]
    )
    told = hits[at]
    return pl.DataFrame(
        {
            "typology": pl.Series([typology.id] * len(at), dtype=pl.String),
            "account": told["account"],
            "level": pl.Series([LEVELS[each] for each in level.tolist()], dtype=pl.String),
            "score": score,
            "block": told["block"],
            "time": told["time"],
            "hits": resting,
        },
        schema=_SCHEMA,
    )
