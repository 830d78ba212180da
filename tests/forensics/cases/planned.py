"""Cases for tests: planned once each."""

from __future__ import annotations

from functools import cache

from sandbox.forensics.cases import Case, case_seed, changed, plan, recipe

SECRET = bytes(range(32))
NAMES = ("easy", "medium", "hard")
SMALL = {"transactions": 400, "people": 40, "decoys": 3}
"""Knobs of a case that is planned in no time."""


@cache
def case(name: str = "medium", attempt: int = 1) -> Case:
    """A standard case."""
    return plan(case_seed(SECRET, who="aida", lab="P3", attempt=attempt), recipe(name))


@cache
def small(name: str = "medium", attempt: int = 1, **knobs) -> Case:
    """A small one."""
    seed = case_seed(SECRET, who="aida", lab="P3", attempt=attempt)
    return plan(seed, changed(name, SMALL | knobs))
