"""Step 5: does the transaction come from a wallet that this credential may use?

The sender is recovered from the signature, never believed. The permit's own
tokens speak for its settlement wallets, each of the team's own wallets for the
chains that it has joined; a customer's token for that customer's one wallet. A
foreign sender is an error and no evidence: anybody can sign anything, and nobody
shall be able to write into another's record.
"""

from __future__ import annotations

from sandbox.domain.policy import PolicyWallet
from sandbox.gateway.identity import Identity
from sandbox.gateway.policies import Standing
from sandbox.kit.errors import NotAllowed
from sandbox.kit.ids import Address, ChainName


def member(
    identity: Identity, standing: Standing, sender: Address, chain: ChainName
) -> PolicyWallet:
    """The permit's wallet that a transaction comes from.

    Args:
        identity: whose request it is.
        standing: the permit's policy.
        sender: recovered from the signature.
        chain: where the transaction goes.

    Raises:
        NotAllowed: ``gateway.wallet_not_permitted``, ``gateway.wallet_suspended``.
    """
    wallet = standing.wallets.get(sender)
    mine = (
        wallet is not None and wallet.kind == "settlement"
        if identity.wallet is None
        else identity.wallet == sender
    )
    joined = wallet is not None and (wallet.chains is None or chain in wallet.chains)
    if wallet is None or not mine or not joined:
        raise NotAllowed("gateway.wallet_not_permitted", wallet=sender, permit=identity.permit)
    require_free(standing, sender)
    return wallet


def require_free(standing: Standing, wallet: Address) -> None:
    """Refuse a wallet that an order of an authority stops.

    Raises:
        NotAllowed: ``gateway.wallet_suspended``.
    """
    found = standing.wallets.get(wallet)
    if found is not None and found.suspended:
        raise NotAllowed("gateway.wallet_suspended", wallet=wallet, permit=standing.policy.permit)
