"""Contract review as the gateway holds it: approved contracts stay what was approved.

The Supervisor checks the code of a contract inside every transfer; what a proxy's storage
points to it cannot see. That is watched here.

Rules:

- Beforehand (``admit``): a transaction, whoever sends it, that at the head would make an
  approved contract be made of other layers than approved is refused (``contract_review``).
  Transactions to the national contracts change nobody's storage but their own: not tried.
  What is changed and put back within the transaction leaves no difference: so each delegate
  call that an approved contract would make must go to an accepted layer, or to an address
  written in the code of one (a linked library). A transaction with more gas than
  ``TRACED_GAS`` that enters an approved contract or one of its layers is refused.
- Afterwards (``follow``): at every sealed block, and at the start, each approved contract is
  looked at. One that is not as approved any more loses its approval at once: the registrar
  withdraws it on chain; until that is in a block, nothing of that permit is admitted. The
  same happens to one that ran unapproved code in its block (``lapse``: ``mined_delegations``).
- Which contracts are approved the policies say. A withdrawal is sent once however often it
  is tried; what the chain has withdrawn already is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog

from sandbox.chain.node import ChainNode
from sandbox.chain.transaction import SignedTx
from sandbox.contracts.made import reviews_address
from sandbox.contracts.typed import withdrawal_call
from sandbox.domain.admission import refusal
from sandbox.domain.policy import Policy
from sandbox.domain.review import ApprovedContract, Layer, Layers
from sandbox.gateway.foresight import TRACED_GAS, Foreseen
from sandbox.gateway.layers import LayerReader, Overlay
from sandbox.gateway.policies import PolicyStore
from sandbox.gateway.sealed import at_each_seal
from sandbox.gateway.submission import Where
from sandbox.gateway.system import SystemCall, SystemWallets
from sandbox.gateway.trials import Trials
from sandbox.kit.errors import InvalidInput, SynakError, Unavailable
from sandbox.kit.ids import Address, ChainName, PermitNumber, TxHash, permit_key

_LAST_PRECOMPILE: Final = 0x1FF
UNSENT: Final = TxHash("")

_log = structlog.get_logger(__name__)
ApprovalKey = tuple[ChainName, PermitNumber, Address, int]
"""An approval: chain, permit, contract, nonce."""


@dataclass
class _Seen:
    """What is known of one chain's approved contracts.

    Attributes:
        looked: those that were looked at.
        arrived: those that were seen made of what was approved, with the head of then.
        misused: those that ran unapproved code in a block, whatever they are made of now.
        changed: those that are not any more, with the withdrawal's hash; ``UNSENT`` while it is
            being sent, None when the chain has withdrawn it already.
    """

    looked: set[ApprovalKey] = field(default_factory=set)
    arrived: dict[ApprovalKey, int] = field(default_factory=dict)
    misused: set[ApprovalKey] = field(default_factory=set)
    changed: dict[ApprovalKey, TxHash | None] = field(default_factory=dict)


class ReviewWatch:
    """Watches over approved contracts.

    Args:
        policies: say which contracts are approved.
        system: sends the registrar's withdrawals.
        trials: of transactions.
        where: finds a running chain by its name.
    """

    def __init__(
        self,
        policies: PolicyStore,
        system: SystemWallets,
        trials: Trials,
        where: Callable[[str], Where],
    ) -> None:
        self._policies = policies
        self._trials = trials
        self._system = system
        self._where = where
        self._seen: dict[ChainName, _Seen] = {}
        self._readers: dict[ChainName, tuple[ChainNode, LayerReader]] = {}

    def reader(self, where: Where) -> LayerReader:
        """Reads layers of a chain.

        Args:
            where: the chain.
        """
        kept = self._readers.get(where.chain)
        if kept is None or kept[0] is not where.node:
            kept = where.node, LayerReader(where.node.call)
            self._readers[where.chain] = kept
        return kept[1]

    async def admit(
        self, where: Where, policy: Policy, transaction: SignedTx, *, national: bool
    ) -> Foreseen | None:
        """Refuse a transaction that would change what is approved.

        Args:
            where: the chain.
            policy: of the authenticated permit: what the refusal is evidence against.
            transaction: decoded.
            national: it goes to one of the national contracts.

        Returns:
            What it would do, if it was tried.

        Raises:
            Refused: ``refused.contract_review``.
            Unavailable: ``gateway.cannot_foresee``, ``engine.unavailable``.
        """
        known = self._seen.setdefault(where.chain, _Seen())
        for key, withdrawal in known.changed.items():
            waits = withdrawal == UNSENT or (
                withdrawal is not None and where.node.status(withdrawal) == "queued"
            )
            if waits and key[1] == policy.permit:
                raise refusal(policy, "contract_review", subject=key[2])
        watched = dict(self.approved(where.chain))
        if not watched or national:
            return None
        if any(key not in known.looked for key in watched):
            await self.look(where.chain)
        accounts = {account for one in watched.values() for account in _accounts(_of(one))}
        seen = await self._trials.foresee(where.node, policy.permit, transaction, accounts)
        entered = {
            key: one
            for key, one in watched.items()
            if key not in known.changed and seen.entered & _accounts(_of(one))
        }
        if transaction.gas > TRACED_GAS:
            for one in entered.values():
                raise refusal(policy, "contract_review", subject=one.address)
        await self._check_ran(where, policy, watched, seen)
        if entered:
            await self._check_layers(where, policy, transaction, entered)
        return seen

    async def _check_ran(
        self,
        where: Where,
        policy: Policy,
        watched: Mapping[ApprovalKey, ApprovedContract],
        seen: Foreseen,
    ) -> None:
        """Refuse a transaction in which an approved contract runs code that is not approved."""
        known = self._seen[where.chain]
        for account, code in sorted(seen.ran):
            for key, one in watched.items():
                if one.address.lower() != account or key in known.changed:
                    continue
                if not await self.may_run(where, key, one, code):
                    raise refusal(policy, "contract_review", subject=one.address)

    async def _check_layers(
        self,
        where: Where,
        policy: Policy,
        transaction: SignedTx,
        entered: Mapping[ApprovalKey, ApprovedContract],
    ) -> None:
        """Refuse a transaction after which an approved contract is made of other layers."""
        arrived = self._seen[where.chain].arrived
        accounts = {account for one in entered.values() for account in _accounts(_of(one))}
        after = await self._trials.aftermath(where.node, policy.permit, transaction, accounts)
        for key, one in entered.items():
            if not one.accepts(await self._layers(where, one, after), arrived=key in arrived):
                raise refusal(policy, "contract_review", subject=one.address)

    async def may_run(
        self,
        where: Where,
        key: ApprovalKey,
        one: ApprovedContract,
        code: str,
        *,
        block: int | None = None,
    ) -> bool:
        """Whether an approved contract may run the code of an address as its own.

        Args:
            where: the chain.
            key: the approval.
            one: the contract.
            code: the address, lower-case.
            block: where it did; None for the next one. In blocks up to the one at which an
                upgrade was seen to have been made, the layers before it are good as well.

        Raises:
            EngineError, Unavailable: the engine is out of reach.
        """
        arrived = self._seen.setdefault(where.chain, _Seen()).arrived.get(key)
        made = arrived is not None and (block is None or block > arrived)
        accepted = _accounts(one.layers if made else _of(one))
        if code in accepted or int(code, 16) <= _LAST_PRECOMPILE:
            return True
        return await self.reader(where).written(accepted, code)

    async def lapse(self, chain: ChainName, key: ApprovalKey) -> None:
        """End an approval whose contract ran unapproved code in a block.

        Args:
            chain: its name.
            key: the approval; one that the policies do not hold any more has ended already.

        Raises:
            EngineError, Unavailable: the withdrawal could not be sent.
        """
        self._seen.setdefault(chain, _Seen()).misused.add(key)
        await self.look(chain)

    async def recount(self, chain: ChainName, node: ChainNode) -> None:
        """Begin anew with a chain that was just started: nothing is known of it.

        Args:
            chain: its name.
            node: started.
        """
        self._seen[chain] = _Seen()
        self._readers[chain] = node, LayerReader(node.call)

    async def follow(self, chain: ChainName, node: ChainNode) -> None:
        """Watch a chain while it runs; never returns before it stops.

        Args:
            chain: its name.
            node: started.
        """
        await at_each_seal(chain, node, lambda: self.look(chain), "gateway.review_not_looked")

    async def look(self, chain: ChainName) -> None:
        """Compare every approved contract of a chain with what it is made of now.

        Args:
            chain: its name.

        Raises:
            EngineError, Unavailable: the engine is out of reach.
        """
        where, known = self._where(chain), self._seen.setdefault(chain, _Seen())
        current = dict(self.approved(chain))
        for key, one in current.items():
            found = await self._layers(where, one)
            if found == one.layers:
                known.arrived.setdefault(key, where.node.head.number)
            good = one.accepts(found, arrived=key in known.arrived)
            if good and key not in known.misused:
                known.changed.pop(key, None)
            elif self._unsent(where, known.changed, key):
                _log.warning("gateway.approval_lapsed", chain=chain, contract=one.address)
                known.changed[key] = UNSENT
                known.changed[key] = await self._withdraw(where, key)
        known.changed = {key: sent for key, sent in known.changed.items() if key in current}
        known.arrived = {key: at for key, at in known.arrived.items() if key in current}
        known.misused &= current.keys()
        known.looked = set(current)

    @staticmethod
    def _unsent(
        where: Where, changed: Mapping[ApprovalKey, TxHash | None], key: ApprovalKey
    ) -> bool:
        """Whether the withdrawal is still to be sent, or was dropped."""
        sent = changed.get(key, UNSENT)
        return sent == UNSENT or (sent is not None and where.node.status(sent) == "dropped")

    async def _withdraw(self, where: Where, key: ApprovalKey) -> TxHash | None:
        """The withdrawal's hash; None when the chain holds no such approval any more."""
        _, permit, address, nonce = key
        call = SystemCall(
            key="system/registrar",
            to=reviews_address(where.supervisor),
            data=withdrawal_call(permit_key(permit), address, nonce + 1),
            value=0,
            idempotency_key=f"lapse:{where.chain}:{permit}:{address}:{nonce}",
            permit=permit,
            wait=False,
        )
        try:
            sent = await self._system.submit(where, call, f"lapse-{address[2:10]}")
        except SynakError as error:
            _log.error("gateway.lapse_not_sent", contract=address, reason=str(error)[:120])
            raise Unavailable("gateway.lapse_not_sent", contract=address) from error
        return TxHash(sent["transactionHash"]) if sent["transactionHash"] else None

    async def _layers(
        self, where: Where, one: ApprovedContract, overlay: Overlay | None = None
    ) -> Layers:
        """What a contract is made of; nothing when that cannot be told: never as approved."""
        try:
            return await self.reader(where).layers(one.address, overlay=overlay)
        except InvalidInput:
            return ()

    def approved(self, chain: ChainName) -> Iterator[tuple[ApprovalKey, ApprovedContract]]:
        """What the policies call approved on a chain.

        Args:
            chain: its name.
        """
        for permit in self._policies.permits():
            policy = self._policies.held(permit)
            for one in policy.approved if policy is not None else ():
                if one.chain == chain:
                    yield (chain, permit, one.address, one.nonce), one


def _of(one: ApprovedContract) -> Layers:
    return one.layers + (one.before or ())


def _accounts(layers: Iterable[Layer]) -> set[str]:
    return {each.account.lower() for each in layers}
