"""Conditions compiled to what the Supervisor contract is told, one chain at a time.

"No limit" becomes the type's maximum here and only here; a limit equal to that maximum is refused
where terms are made, so the two never meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.domain.terms import CHAIN_OF, MAX_UINT32, Terms, TrialState
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


def supervisor_terms(
    terms: Terms,
    *,
    number: PermitNumber,
    version: int,
    state: TrialState,
    chain: ChainName,
    tokens: Mapping[str, Address],
) -> dict[str, Any]:
    """The contract's ``Terms`` struct with Solidity's names.

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
    assets = []
    for each in terms.assets:
        if CHAIN_OF[each.asset] != chain:
            continue
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
    }


def _number(limit: Limit, maximum: int) -> int:
    return maximum if isinstance(limit, NoLimit) else limit
