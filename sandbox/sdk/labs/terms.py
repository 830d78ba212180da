"""A draft's terms, however they were written down, as the one document that is enforced.

Rules:

1. Terms are a ``Terms`` document, its JSON form, or the flat form of ``trial.about["terms"]``.
2. What is left out is not limited: dates from now on for a year, "no limit" for a number. So
   one limit alone can be tried.
3. A name that is not known is refused: a limit that is misspelt must not silently be none.

>>> from datetime import UTC
>>> said = {"assets": [{"asset": "KGST", "per_transaction": "5"}], "deployments": 2}
>>> read(said, now=datetime(2026, 1, 1, tzinfo=UTC)).load.deployments
2
>>> read({"deploiments": 2}, now=datetime(2026, 1, 1, tzinfo=UTC))
Traceback (most recent call last):
    ...
sandbox.sdk.errors.SdkError: The terms hold a name that is not known: deploiments.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.domain.terms import (
    ASSET_FLAGS,
    CHAIN_OF,
    DESK_LIMITS,
    HUB_LIMITS,
    LOAD_LIMITS,
    PERSON_LIMITS,
    VALUE_LIMITS,
    Terms,
)
from sandbox.kit.errors import InvalidInput
from sandbox.kit.money import NO_LIMIT, limit_to_json
from sandbox.sdk.errors import SdkError

TERM: Final = timedelta(days=365)
"""How long terms without an end hold."""
_CONDITIONS: Final = (
    "contract_review",
    "failed_deployments_count",
    "contracts",
    "residences",
    "steps",
)
"""Conditions that stand beside the limits."""
_LOAD: Final = (*LOAD_LIMITS, *HUB_LIMITS)
_KNOWN: Final = {
    *("start", "end", "assets", "load"),
    *(*PERSON_LIMITS, *_LOAD, *DESK_LIMITS, *_CONDITIONS),
}
_NO_LIMIT: Final = limit_to_json(NO_LIMIT)


def read(said: Terms | Mapping[str, Any], *, now: datetime) -> Terms:
    """The terms that are meant.

    Args:
        said: see the rules; amounts are minor units, as text or ``int``.
        now: from when terms without a start hold.

    Raises:
        SdkError: ``sdk.terms_name``.
        InvalidInput: ``terms.*``: what keeps them from being terms.
    """
    if isinstance(said, Terms):
        return said
    _check(said, _KNOWN)
    load = {**{name: said[name] for name in _LOAD if name in said}, **said.get("load", {})}
    _check(load, set(_LOAD))
    start = str(said.get("start") or now.replace(microsecond=0).isoformat())
    ends = datetime.fromisoformat(start) + TERM
    assets = said.get("assets") or [{"asset": asset} for asset in CHAIN_OF]
    for each in assets:
        _check(each, {"asset", *VALUE_LIMITS, *ASSET_FLAGS})
    return Terms.from_dict(
        {
            "start": start,
            "end": str(said.get("end") or ends.isoformat()),
            **{name: _limit(said, name) for name in PERSON_LIMITS},
            "assets": [
                {
                    "asset": each["asset"],
                    **{name: _limit(each, name) for name in VALUE_LIMITS},
                    **{name: each[name] for name in ASSET_FLAGS if name in each},
                }
                for each in assets
            ],
            "load": {name: _limit(load, name) for name in _LOAD},
            **{name: said[name] for name in _CONDITIONS if name in said},
            **{name: _limit(said, name) for name in DESK_LIMITS},
        }
    )


def _limit(said: Mapping[str, Any], name: str) -> Any:
    """As the document writes it: text; a number is taken as it is."""
    value = said.get(name, _NO_LIMIT)
    text = str(value)
    if isinstance(value, (bool, float)) or not (text == _NO_LIMIT or text.isdecimal()):
        raise InvalidInput("terms.not_whole", limit=name, value=text[:80])
    return text


def _check(said: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(said) - known)
    if unknown:
        raise SdkError("sdk.terms_name", name=", ".join(unknown)[:120])
