"""Step 9a: what would the transaction leave behind?

Tried out once, and only where the answer can matter: where contracts are approved for a permit
(contract review), or where deployments are limited and a known factory is called or the gas could
pay for more creations than there is room for. A transaction to the national contracts is never
tried: they create nothing and call nobody else's code.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.chain.transaction import SignedTx
from sandbox.domain.policy import Policy
from sandbox.gateway.creations import Creations, national_addresses
from sandbox.gateway.review_watch import ReviewWatch
from sandbox.gateway.submission import Where


@dataclass(frozen=True, slots=True)
class Foresight:
    """The rules that need to know what a transaction would do."""

    reviews: ReviewWatch
    creations: Creations

    async def __call__(self, where: Where, policy: Policy, transaction: SignedTx) -> None:
        """Refuse what would go against one of them.

        Args:
            where: the chain.
            policy: of the authenticated permit.
            transaction: decoded.

        Raises:
            Refused: ``refused.contract_review``, ``refused.deployments``.
            Unavailable: ``gateway.cannot_foresee``, ``engine.unavailable``.
        """
        national = transaction.to in national_addresses(where)
        seen = await self.reviews.admit(where, policy, transaction, national=national)
        if not national:
            await self.creations.admit(where, policy, transaction, seen)
