"""The risk of a provider in four tiers, with the working shown.

In a notebook::

    from sandbox.forensics import provider_risk
    seen = provider_risk.figures("exchange-a", sources)
    found = provider_risk.rate("exchange-a", {**seen, **answers})
    found.tier, found.explain("ky")

Rules: a model is data with a version (``provider_risk.Model``); what it proposes a person decides
(``provider_risk.decide``); nothing here reads a chain or a store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.kit.lazy import lazily

if TYPE_CHECKING:
    from sandbox.forensics.provider_risk.deciding import Decision, decide
    from sandbox.forensics.provider_risk.errors import CannotRate
    from sandbox.forensics.provider_risk.measuring import Sources, figures
    from sandbox.forensics.provider_risk.model import Model, schema
    from sandbox.forensics.provider_risk.rating import Change, Line, Rating, Value, rate

_HOMES: Final = {
    "CannotRate": ".errors",
    "Change": ".rating",
    "Decision": ".deciding",
    "Line": ".rating",
    "Model": ".model",
    "Rating": ".rating",
    "Sources": ".measuring",
    "Value": ".rating",
    "decide": ".deciding",
    "figures": ".measuring",
    "rate": ".rating",
    "schema": ".model",
}

__all__ = [
    "CannotRate",
    "Change",
    "Decision",
    "Line",
    "Model",
    "Rating",
    "Sources",
    "Value",
    "decide",
    "figures",
    "rate",
    "schema",
]

__getattr__ = lazily(__name__, _HOMES)
