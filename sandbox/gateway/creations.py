"""Contracts that contracts create: a factory's children are the permit's deployments.

Rules:

- What counts is what happened: after each sealed block the engine says which contracts each
  transaction created or tried to (``ots_getInternalOperations``: from the trace that the engine
  keeps anyway, creations and self-destructions only, so that gas bounds the answer; nothing is
  executed again). Direct deployments are counted from their receipts (``tracker``).
- A child that is there after the transaction, and one that destroyed itself in it, counts for
  ever; one whose creation failed or was undone counts where the terms count failed ones.
- It is the permit of the transaction that is charged, whoever wrote the factory.
- What was counted is a record of the journal. At a restart what lies behind the newest epoch is
  looked at again and what has a record already is not counted twice; before an epoch, which takes
  traces away, everything has been counted.
- The limit refuses beforehand where it can: a transaction to a known factory, and one whose gas
  could pay for more creations than there is room for, is tried out, and one that would create
  more than that is refused. So a limit that is used up is closed, whoever the factory is. What
  a transaction created beyond the limit all the same (it was tried at the head and did something
  else in its block) is evidence against its permit, and leaves no room for more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sandbox.chain.memory import Settled
from sandbox.chain.node import ChainNode
from sandbox.chain.transaction import SignedTx
from sandbox.contracts.made import further_address, ledgers_address, reviews_address
from sandbox.domain.admission import refusal
from sandbox.domain.policy import Policy
from sandbox.domain.usage import Usage
from sandbox.gateway.foresight import Foreseen
from sandbox.gateway.identity import Identity
from sandbox.gateway.policies import PolicyStore
from sandbox.gateway.refusals import Attempt, Refusals
from sandbox.gateway.sealed import SealedBlocks
from sandbox.gateway.submission import Where
from sandbox.gateway.trials import Trials
from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import Address, ChainName, PermitNumber, checksum
from sandbox.kit.money import NoLimit

CREATION_GAS: Final = 32_000
"""What CREATE and CREATE2 cost at the least (EIP-150's table; EIP-3860 adds to it)."""
_TRANSACTION_GAS: Final = 21_000
_SIDE_BY_SIDE: Final = 50
_SELF_DESTRUCT, _CREATES = 1, (2, 3)


@dataclass(frozen=True)
class Creation:
    """What one transaction created beside itself.

    Attributes:
        made: contracts that came to be.
        failed: creations that failed or were undone.
        factories: addresses of the contracts that created.
    """

    made: int
    failed: int
    factories: tuple[str, ...]


class Creations(SealedBlocks):
    """Counts what contracts create.

    Args:
        usage: the counters that are kept true.
        policies: the limits.
        refusals: the recorder.
        trials: of transactions.
        where: finds a running chain by its name.
    """

    def __init__(
        self,
        usage: Usage,
        policies: PolicyStore,
        refusals: Refusals,
        trials: Trials,
        where: Callable[[str], Where],
    ) -> None:
        super().__init__("gateway.creations_wait")
        self._usage = usage
        self._policies = policies
        self._refusals = refusals
        self._trials = trials
        self._where = where
        self._factories: dict[ChainName, set[str]] = {}

    async def recount(self, chain: ChainName, node: ChainNode) -> None:
        """Count again what the journal holds; the rest follows with ``follow``.

        Args:
            chain: its name.
            node: started.
        """
        for permit, (made, failed) in node.created.totals.items():
            self._usage.created(PermitNumber(permit), made, failed)
        self._factories[chain] = set(node.created.factories)
        await super().recount(chain, node)

    async def admit(
        self, where: Where, policy: Policy, transaction: SignedTx, seen: Foreseen | None
    ) -> Foreseen | None:
        """Refuse what would create more than there is room for.

        Args:
            where: the chain.
            policy: of the authenticated permit.
            transaction: decoded; a direct deployment holds its own place already.
            seen: what it would do, if that was tried already.

        Returns:
            What it would do, if it was tried.

        Raises:
            Refused: ``refused.deployments``.
            Unavailable: ``gateway.cannot_foresee``.
        """
        limit = policy.limits["deployments"]
        if isinstance(limit, NoLimit):
            return seen
        factory = (transaction.to or "").lower() in self._factories.get(where.chain, ())
        used = self._usage.of(policy.permit).deployments(policy)
        most = max(0, transaction.gas - _TRANSACTION_GAS) // CREATION_GAS
        if seen is None and not factory and most <= max(0, limit - used):
            return None
        seen = seen or await self._trials.foresee(where.node, policy.permit, transaction)
        children = len(seen.created) - int(transaction.to is None)
        used = self._usage.of(policy.permit).deployments(policy)
        if children > 0 and used + children > limit:
            raise refusal(
                policy, "deployments", limit=str(limit), used=str(used), requested=str(children)
            )
        return seen

    async def look_at(self, chain: ChainName, node: ChainNode, number: int) -> None:
        """Count what a block created. Args and errors as of the base."""
        apart = self._where_of(chain, node)
        suspects = [
            each
            for each in node.sealed(number)
            if each.to not in apart
            and each.hash not in node.created.hashes
            and isinstance(each.meta.get("permit"), str)
        ]
        for start in range(0, len(suspects), _SIDE_BY_SIDE):
            part = suspects[start : start + _SIDE_BY_SIDE]
            found = await asyncio.gather(*(creation_of(node, each) for each in part))
            for transaction, creation in zip(part, found, strict=True):
                if creation.made or creation.failed:
                    await self._keep(chain, node, transaction, creation)

    def _where_of(self, chain: ChainName, node: ChainNode) -> tuple[str, ...]:
        """The national contracts, which create nothing; none while the chain is starting."""
        try:
            where = self._where(chain)
        except Unavailable:
            return ()
        return national_addresses(where) if where.node is node else ()

    async def _keep(
        self, chain: ChainName, node: ChainNode, transaction: Settled, found: Creation
    ) -> None:
        """Evidence first, then the record that ends it: a crash in between repeats both."""
        meta = transaction.meta
        permit = PermitNumber(str(meta["permit"]))
        policy = self._policies.held(permit)
        limit = policy.limits["deployments"] if policy is not None else None
        before = self._usage.of(permit).deployments(policy)
        counts_failed = policy is not None and policy.failed_deployments_count
        more = found.made + (found.failed if counts_failed else 0)
        beyond = limit is not None and not isinstance(limit, NoLimit) and before + more > limit
        if policy is not None and beyond and more:
            identity = Identity(permit, "server", str(meta.get("account", "")))
            attempt = Attempt(
                identity,
                chain,
                "mined",
                str(meta.get("request_id", "")),
                sender=transaction.sender,
                to=transaction.to,
                tx_hash=transaction.hash,
            )
            counters = {"limit": str(limit), "used": str(before), "requested": str(more)}
            await self._refusals.record(node, attempt, refusal(policy, "deployments", **counters))
        body = {
            "hash": transaction.hash,
            "block": transaction.block,
            "permit": permit,
            "made": found.made,
            "failed": found.failed,
            "factories": list(found.factories),
        }
        await node.keep_created(body)
        self._usage.created(permit, found.made, found.failed)
        self._factories[chain] |= set(found.factories)


def national_addresses(where: Where) -> tuple[Address, ...]:
    """The national contracts of a chain: they neither create nor call anybody else's code.

    Args:
        where: the chain.
    """
    supervisor = where.supervisor
    made = (reviews_address, further_address, ledgers_address)
    return where.token, supervisor, *(address_of(supervisor) for address_of in made)


async def creation_of(node: ChainNode, transaction: Settled) -> Creation:
    """What a mined transaction created, itself left out.

    Args:
        node: the chain.
        transaction: of a block behind the newest epoch.

    Raises:
        EngineError, Unavailable: the engine is out of reach.
    """
    digest = transaction.hash
    operations = await node.call("ots_getInternalOperations", digest) or []
    own = None
    if operations and transaction.to is None:
        receipt = await node.call("eth_getTransactionReceipt", digest)
        own = str(receipt.get("contractAddress") or "").lower()
    created = [one for one in operations if one["type"] in _CREATES and one["to"].lower() != own]
    brief = {one["from"].lower() for one in operations if one["type"] == _SELF_DESTRUCT} - {own}
    there: set[str] = set()
    for address in {one["to"].lower() for one in created}:
        if await _is_there(node, address):
            there.add(address)
    gone = {address for address in brief if not await _is_there(node, address)}
    if (created or gone) and await _failed(node, digest):
        there, gone, attempts = set(), set(), len(created) + len(gone)
    else:
        attempts = len(created) + len(gone)
    made = len(there) + len(gone)
    factories = tuple(sorted({one["from"].lower() for one in created if own != one["from"]}))
    target = transaction.to
    if attempts and target:
        factories = tuple(sorted({*factories, target.lower()}))
    return Creation(made, attempts - made, factories)


async def _is_there(node: ChainNode, address: str) -> bool:
    """Whether an address is a contract: EIP-161 gives every new one the nonce 1."""
    return int(await node.call("eth_getTransactionCount", checksum(address), "latest"), 16) > 0


async def _failed(node: ChainNode, digest: str) -> bool:
    receipt = await node.call("eth_getTransactionReceipt", digest)
    return not isinstance(receipt, dict) or receipt.get("status") != "0x1"
