"""The public part of a case from its JSON, as a service keeps it.

Rule: what ``Public.canonical`` wrote is read to the same bytes again; anything else is refused.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.forensics.cases.case import Account, Paper, Public, Report, Tag, Transaction
from sandbox.forensics.cases.errors import CannotPlan
from sandbox.kit.strict_json import read_value


def read_public(content: bytes) -> Public:
    """Read what a trainee may see of a case.

    Args:
        content: canonical JSON of ``Public.as_data``.

    Raises:
        CannotPlan: ``cases.not_public``.
    """
    try:
        found = _public(read_value(content))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CannotPlan("cases.not_public") from error
    if found.canonical() != content:
        raise CannotPlan("cases.not_public")
    return found


def _public(said: dict[str, Any]) -> Public:
    transactions = tuple(_transaction(each) for each in said["transactions"])
    places = {tuple(each.place): each for each in transactions}
    return Public(
        lab=said["lab"],
        transactions=transactions,
        accounts=tuple(
            Account(each["address"], each["nonce"], int(each["coin"])) for each in said["accounts"]
        ),
        tags=tuple(Tag(**each) for each in said["tags"]),
        reports=tuple(
            Report(places[tuple(each["transaction"])], datetime.fromisoformat(each["moment"]))
            for each in said["reports"]
        ),
        papers=tuple(
            Paper(each["kind"], datetime.fromisoformat(each["moment"]), each["data"])
            for each in said["papers"]
        ),
    )


def _transaction(said: dict[str, Any]) -> Transaction:
    numbers = {"amount": int(said["amount"]), "tip": int(said["tip"])}
    return Transaction(**{**said, **numbers, "time": datetime.fromisoformat(said["time"])})
