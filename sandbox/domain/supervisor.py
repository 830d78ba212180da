"""Conditions compiled to what the Supervisor contract is told, one chain at a time.

Limits that the Supervisor's ``Terms`` do not carry become ``further``, published through its
FurtherLimits contract; terms without them are published, and signed, as they were before it.

"No limit" becomes the type's maximum here and only here; a limit equal to that maximum is refused
where terms are made, so the two never meet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sandbox.domain.terms import CHAIN_OF, MAX_UINT32, AssetTerms, Terms, TrialState
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import Address, ChainName, PermitNumber, permit_key
from sandbox.kit.money import MAX_UINT256, Limit, NoLimit

SOLIDITY_NAMES: Final[Mapping[str, str]] = {
    "per_transaction": "perTransaction",
    "window_volume": "windowVolume",
    "customer_cap": "customerCap",
    "merchant_cap": "merchantCap",
    "outstanding_cap": "outstandingCap",
}
FURTHER_NAMES: Final[Mapping[str, str]] = {
    "week_volume": "weekVolume",
    "month_volume": "monthVolume",
    "customer_day_volume": "customerDayVolume",
    "customer_total": "customerTotal",
    "travel_rule": "travelRule",
}


def supervisor_terms(
    terms: Terms,
    *,
    number: PermitNumber,
    version: int,
    state: TrialState,
    chain: ChainName,
    tokens: Mapping[str, Address],
) -> dict[str, Any]:
    """The contract's ``Terms`` struct with Solidity's names; ``further`` beside it, or None.

    Args:
        terms: the conditions.
        number: the permit.
        version: the version to publish.
        state: what the Supervisor shall let through.
        chain: for which chain; only its assets are included.
        tokens: the national tokens on that chain.

    Raises:
        InvalidInput: ``terms.no_token`` when an asset has no token there.
    """
    assets: list[dict[str, Any]] = []
    here = [each for each in terms.assets if CHAIN_OF[each.asset] == chain]
    for each in here:
        if each.asset not in tokens:
            raise InvalidInput("terms.no_token", asset=each.asset, chain=chain)
        limits = {
            solidity: _number(getattr(each, name), MAX_UINT256)
            for name, solidity in SOLIDITY_NAMES.items()
        }
        assets.append({"token": tokens[each.asset], **limits})
    return {
        "permit": "0x" + permit_key(number).hex(),
        "version": version,
        "state": state.code,
        "start": int(terms.start.timestamp()),
        "end": int(terms.end.timestamp()),
        "maxCustomers": _number(terms.max_customers, MAX_UINT32),
        "maxMerchants": _number(terms.max_merchants, MAX_UINT32),
        "contractReview": terms.contract_review,
        "assets": assets,
        "further": further_terms(terms, here, tokens),
    }


def further_terms(
    terms: Terms, assets: Sequence[AssetTerms], tokens: Mapping[str, Address]
) -> dict[str, Any] | None:
    """The contract's ``Further`` struct with Solidity's names.

    Args:
        terms: the conditions.
        assets: those that are published together, in their order.
        tokens: where each has its token.

    Returns:
        One entry for each asset; None where nothing is set beyond the Supervisor's own terms.
    """
    if terms.residences is None and not any(each.further for each in assets):
        return None
    return {
        "residences": ["0x" + code.encode("ascii").hex() for code in terms.residences or ()],
        "assets": [
            {
                "token": tokens[each.asset],
                **{
                    solidity: _number(getattr(each, name), MAX_UINT256)
                    for name, solidity in FURTHER_NAMES.items()
                },
                "waterfall": each.waterfall,
            }
            for each in assets
        ],
    }


def _number(limit: Limit, maximum: int) -> int:
    return maximum if isinstance(limit, NoLimit) else limit
