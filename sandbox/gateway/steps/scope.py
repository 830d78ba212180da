"""Step 6: is this within what the key, and then the permit's terms, leave open?

1. A key may be limited to chains, methods and addresses by the team that made it. What is
   outside is refused and names the key's limit; it is no breach of the permit, so it is no
   evidence. Chains are looked at before anything else is done for the request, methods before
   it is charged. A signature may be used anywhere by anybody (a token's ``permit`` moves money
   without a transaction of the key), so a limited key signs only what its limits say: see
   ``key_signing``.
2. A permit may name the contracts, and their functions, that its transactions may go to
   (``sandbox.domain.scope``). What is outside is refused by a clause, and is evidence. The
   supervised money itself is always open: the Supervisor counts it, and nobody's money shall
   be locked up by a list. Creating a contract is the business of ``deployments``.

Looking costs nothing for a key or a permit without limits.
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.chain.transaction import SignedTx
from sandbox.domain.admission import scope_refusals
from sandbox.domain.policy import Policy
from sandbox.gateway.identity import Identity
from sandbox.kit.errors import NotAllowed
from sandbox.kit.ids import CHAIN_IDS, Address, ChainName


def key_chain(identity: Identity, chain: ChainName) -> None:
    """Refuse a chain that the key is not for.

    Raises:
        NotAllowed: ``gateway.key_chain``.
    """
    scope = identity.scope
    if scope is not None and not scope.allows_chain(chain):
        raise _outside("gateway.key_chain", identity, scope.chains, chain=chain)


def key_method(identity: Identity, method: str) -> None:
    """Refuse a method that the key is not for.

    Raises:
        NotAllowed: ``gateway.key_method``.
    """
    scope = identity.scope
    if scope is not None and not scope.allows_method(method):
        raise _outside("gateway.key_method", identity, scope.methods, method=method)


def key_signing(identity: Identity, method: str, typed_chain: int | None, chain: ChainName) -> None:
    """Refuse a signature that could be used outside the key's limits.

    A key with a limit of addresses or methods signs by those methods only that it names, so none
    where it names none. A key with a limit of chains signs typed data of the chain asked only;
    a message, which says no chain, only where the method is named.

    Args:
        identity: whose request it is.
        method: that signs: typed data or a message.
        typed_chain: the chain id in the typed data's domain; None for none.
        chain: the chain asked.

    Raises:
        NotAllowed: ``gateway.key_signing``.
    """
    scope = identity.scope
    if scope is None:
        return
    named = scope.methods is not None and method in scope.methods
    elsewhere = scope.chains is not None and typed_chain != CHAIN_IDS[chain]
    if method == "personal_sign":
        allowed = named
    else:
        allowed = (named or (scope.addresses is None and scope.methods is None)) and not elsewhere
    if not allowed:
        limits = [
            name for name in ("methods", "chains", "addresses") if getattr(scope, name) is not None
        ]
        raise _outside("gateway.key_signing", identity, limits, method=method, chain=chain)


def addressee(identity: Identity, policy: Policy, transaction: SignedTx, token: Address) -> None:
    """Refuse a transaction to where the key or the permit's terms do not let it go.

    Args:
        identity: whose request it is.
        policy: of that permit.
        transaction: decoded.
        token: the supervised money of this chain.

    Raises:
        NotAllowed: ``gateway.key_address``.
        Refused: ``refused.contract_scope``.
    """
    scope, to = identity.scope, transaction.to
    if scope is not None and not scope.allows_address(to):
        allowed = [f"{first}-{last}" for first, last in scope.addresses or ()]
        raise _outside("gateway.key_address", identity, allowed, address=to or "")
    for refused in scope_refusals(policy, to, transaction.data, always=token):
        raise refused


def _outside(
    code: str, identity: Identity, allowed: Iterable[str] | None, **asked: str
) -> NotAllowed:
    """What a key is not for; names what it is for."""
    return NotAllowed(code, key=identity.account, allowed=", ".join(allowed or ()), **asked)
