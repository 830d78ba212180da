"""Cases: investigations whose whole truth is known, planned from a seed.

In a service, or a notebook of a trainer::

    from sandbox.forensics.cases import case_seed, plan, recipe
    case = plan(case_seed(secret, who="aida", lab="P3", attempt=1), recipe("easy"))
    case.public().ledger("kgst")

Rules: pure; the same seed and recipe give the same bytes on every machine; what the trainee may see
(``public``) and what is sealed (``truth``) are different objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.kit.lazy import lazily

if TYPE_CHECKING:
    from sandbox.forensics.cases.case import Case, Public, Transaction
    from sandbox.forensics.cases.errors import CannotPlan
    from sandbox.forensics.cases.planner import case_seed, plan
    from sandbox.forensics.cases.reading import read_public
    from sandbox.forensics.cases.recipes import Recipe, changed, read_recipe, recipe
    from sandbox.forensics.cases.truth import Truth

_HOMES: Final = {
    "CannotPlan": ".errors",
    "Case": ".case",
    "Public": ".case",
    "Recipe": ".recipes",
    "Transaction": ".case",
    "Truth": ".truth",
    "case_seed": ".planner",
    "changed": ".recipes",
    "plan": ".planner",
    "read_public": ".reading",
    "read_recipe": ".recipes",
    "recipe": ".recipes",
}

__all__ = [
    "CannotPlan",
    "Case",
    "Public",
    "Recipe",
    "Transaction",
    "Truth",
    "case_seed",
    "changed",
    "plan",
    "read_public",
    "read_recipe",
    "recipe",
]

__getattr__ = lazily(__name__, _HOMES)
