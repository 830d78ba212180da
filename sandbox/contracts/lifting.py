"""What a refusal of the Supervisor would need to be lifted, as an override for one question.

A transaction is refused by the first clause that says no. To name the others too, the same
call is asked again with that clause lifted: the Supervisor's own code answers on a storage
that is changed for this one question and nowhere else. So there is no second copy of the
rules, and nothing is lifted that the Supervisor had not refused first.

Rules: a value limit becomes "no limit"; contract review and residence are not asked for; a state,
a date or an asset that is not listed becomes one that allows; an address that is no member
becomes a settlement wallet of the permit, which has no caps. What is not known here cannot be
lifted: the answer then says that more may refuse. So it is with claims of a supervised ledger
(``ledger_claim``, ``ledger_closed``): with claims made up it would answer about another ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.contracts.storage import Place, place
from sandbox.contracts.typed import ChainRefusal

VALUES: Final[Mapping[str, str]] = {
    "per_transaction": "perTransaction",
    "window_volume": "windowVolume",
    "customer_cap": "customerCap",
    "merchant_cap": "merchantCap",
    "outstanding": "outstandingCap",
}
"""Clauses with an amount, and where the terms keep it."""
FURTHER: Final[Mapping[str, str]] = {
    "week_volume": "weekVolume",
    "month_volume": "monthVolume",
    "customer_day_volume": "customerDayVolume",
    "customer_total": "customerTotal",
    "travel_rule": "travelRule",
}
"""The same for the limits that the FurtherLimits contract keeps."""
DATED: Final = frozenset({"state", "not_started", "wind_down"})
_ACTIVE: Final = 1
_SETTLEMENT: Final = 3


@dataclass(frozen=True, slots=True)
class Under:
    """The terms that a refusal was made under.

    Attributes:
        layout: the Supervisor's storage layout.
        index: the permit's number in the Supervisor.
        version: in force.
        token: the supervised token.
    """

    layout: Mapping[str, Any]
    index: int
    version: int
    token: str


def lift(refusal: ChainRefusal, under: Under) -> Iterator[tuple[Place, int]]:
    """What has to be written where, so that this refusal would not be made.

    Args:
        refusal: the Supervisor's.
        under: the terms in force.

    Yields:
        Places and values; nothing for a clause that is not known here.
    """
    if refusal.clause in VALUES:
        found = _limit(under, VALUES[refusal.clause])
        yield found, found.most
    elif refusal.clause in DATED:
        for name, value in (("state", _ACTIVE), ("start", 0)):
            yield _header(under, name), value
        end = _header(under, "end")
        yield end, end.most
    elif refusal.clause == "asset_scope":
        yield _limit(under, "listed"), 1
        for name in VALUES.values():
            found = _limit(under, name)
            yield found, found.most
    elif refusal.clause == "contract_review":
        yield _header(under, "contractReview"), 0
    elif refusal.clause in ("not_a_member", "cross_permit") and refusal.subject:
        subject = int(refusal.subject, 16)
        yield place(under.layout, "_members", subject, "permit"), under.index
        if refusal.clause == "not_a_member":
            yield place(under.layout, "_members", subject, "kind"), _SETTLEMENT


def lift_further(
    refusal: ChainRefusal, layout: Mapping[str, Any], token: str
) -> Iterator[tuple[Place, int]]:
    """The same for a refusal by a limit that the FurtherLimits contract keeps.

    Args:
        refusal: the Supervisor's, passed on.
        layout: the FurtherLimits' storage layout.
        token: the supervised token.

    Yields:
        Places and values; nothing for a clause that is not kept there.
    """
    permit = int.from_bytes(refusal.permit)
    if refusal.clause in FURTHER:
        path = (permit, refusal.version, int(token, 16), FURTHER[refusal.clause])
        found = place(layout, "_limits", *path)
        yield found, found.most
    elif refusal.clause == "residence":
        yield place(layout, "_residences", permit, refusal.version), 0


def index_place(layout: Mapping[str, Any], permit: bytes) -> Place:
    """Where the Supervisor keeps a permit's number.

    Args:
        layout: the Supervisor's storage layout.
        permit: the permit's key, 32 bytes.
    """
    return place(layout, "_indexOf", int.from_bytes(permit))


def _limit(under: Under, name: str) -> Place:
    path = (under.index, under.version, int(under.token, 16), name)
    return place(under.layout, "_limits", *path)


def _header(under: Under, name: str) -> Place:
    return place(under.layout, "_headers", under.index, under.version, name)
