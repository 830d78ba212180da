"""Which code approved contracts ran in the blocks: what no trial at the head can promise.

Rules:

- Each sealed block is looked at once while anything is approved on its chain: the engine is asked
  for the delegate calls that approved contracts made in it (``trace_filter``: from the traces that
  it keeps anyway, so nothing is executed again, and filtered there). Transactions to the national
  contracts run nobody else's code and need not be told apart.
- A transaction that succeeded and had an approved contract run code that is neither of an accepted
  layer nor linked in one is evidence (``unapproved_code``, method ``mined``, ``requested`` the
  address of the code) against the permit of the transaction, once; then the approval lapses, as if
  the contract had changed (``review_watch``). The value limits held all the while.
- Judged is what was mined under the approval: what lies before it on the chain is not.
- After a restart what lies behind the newest epoch is looked at again: what the journal holds
  already is not written twice, and a withdrawal is sent once. An epoch, which takes the traces
  away, waits until everything was looked at.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

import structlog
from eth_utils.crypto import keccak

from sandbox.chain.node import ChainNode
from sandbox.contracts.made import reviews_address
from sandbox.domain.admission import refusal
from sandbox.domain.review import ApprovedContract
from sandbox.gateway.identity import Identity
from sandbox.gateway.policies import PolicyStore
from sandbox.gateway.refusals import Attempt, Refusals
from sandbox.gateway.review_watch import ApprovalKey, ReviewWatch
from sandbox.gateway.sealed import SealedBlocks
from sandbox.gateway.submission import Where
from sandbox.kit.ids import ChainName, PermitNumber, TxHash, permit_key

CLAUSE: Final = "unapproved_code"
"""Names the evidence."""
PAGE: Final = 500
"""Calls of approved contracts in one answer of the engine; each has its input in it."""
_DELEGATES: Final = frozenset({"delegatecall", "callcode"})
_APPROVED: Final = (
    "0x" + keccak(text="ContractApproved(bytes32,address,uint256,(address,bytes32)[])").hex()
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delegation:
    """An account ran the code of another address as its own.

    Attributes:
        account: lower-case.
        code: the address, lower-case.
        transaction: in which.
        block: its number.
        place: of the transaction in it.
    """

    account: str
    code: str
    transaction: TxHash
    block: int
    place: int


async def delegations(
    node: ChainNode, number: int, accounts: Collection[str]
) -> AsyncIterator[Delegation]:
    """The delegate calls of accounts in a block, each code of a transaction once.

    Args:
        node: the chain.
        number: of a block behind the newest epoch.
        accounts: addresses.

    Raises:
        EngineError, Unavailable: the engine is out of reach.
    """
    asked = {"fromBlock": hex(number), "toBlock": hex(number), "fromAddress": sorted(accounts)}
    after, told = 0, set()
    while True:
        page = await node.call("trace_filter", {**asked, "after": after, "count": PAGE})
        for each in page:
            action = each["action"]
            if action.get("callType") not in _DELEGATES:
                continue
            one = Delegation(
                action["from"].lower(),
                action["to"].lower(),
                TxHash(each["transactionHash"]),
                number,
                each["transactionPosition"],
            )
            if one not in told:
                told.add(one)
                yield one
        if len(page) < PAGE:
            return
        after += PAGE


class MinedDelegations(SealedBlocks):
    """Looks at what approved contracts ran.

    Args:
        watch: knows what is approved, and ends approvals.
        policies: whose versions evidence names.
        refusals: the recorder.
        where: finds a running chain by its name.
    """

    def __init__(
        self,
        watch: ReviewWatch,
        policies: PolicyStore,
        refusals: Refusals,
        where: Callable[[str], Where],
    ) -> None:
        super().__init__("gateway.delegations_wait")
        self._watch = watch
        self._policies = policies
        self._refusals = refusals
        self._where = where

    async def look_at(self, chain: ChainName, node: ChainNode, number: int) -> None:
        """Judge what approved contracts ran in a block. Args and errors as of the base."""
        approved = dict(self._watch.approved(chain))
        if not approved:
            return
        where = self._where(chain)
        accounts = {one.address.lower() for one in approved.values()}
        async for found in delegations(node, number, accounts):
            for key, one in approved.items():
                if one.address.lower() == found.account:
                    await self._judge(where, key, one, found)

    async def _judge(
        self, where: Where, key: ApprovalKey, one: ApprovedContract, found: Delegation
    ) -> None:
        """Evidence first, then the end of the approval: a crash in between repeats both."""
        if await self._watch.may_run(where, key, one, found.code, block=found.block):
            return
        receipt = await where.node.call("eth_getTransactionReceipt", found.transaction)
        if receipt["status"] != "0x1" or await _approved_since(where, key, found):
            return
        await self._record(where, key, found, receipt)
        await self._watch.lapse(where.chain, key)

    async def _record(
        self, where: Where, key: ApprovalKey, found: Delegation, receipt: dict[str, Any]
    ) -> None:
        meta = where.node.meta(found.transaction) or {}
        permit = PermitNumber(str(meta.get("permit") or key[1]))
        policy = self._policies.held(permit) or self._policies.held(key[1])
        if policy is None:
            return
        attempt = Attempt(
            Identity(permit, "server", str(meta.get("account", ""))),
            where.chain,
            "mined",
            str(meta.get("request_id", "")),
            sender=receipt["from"],
            to=receipt.get("to"),
            tx_hash=found.transaction,
        )
        refused = refusal(policy, CLAUSE, subject=key[2], requested=found.code)
        if await self._refusals.once(where.node, attempt, refused):
            _log.warning(
                "gateway.unapproved_code_ran",
                chain=where.chain,
                contract=key[2],
                code=found.code,
                transaction=found.transaction,
            )


async def _approved_since(where: Where, key: ApprovalKey, found: Delegation) -> bool:
    """Whether a transaction lies before the approval that it would be judged by."""
    _, permit, address, nonce = key
    topics = [_APPROVED, "0x" + permit_key(permit).hex(), "0x" + address[2:].lower().rjust(64, "0")]
    logs = await where.node.call(
        "eth_getLogs",
        {
            "fromBlock": hex(found.block),
            "toBlock": "latest",
            "address": reviews_address(where.supervisor),
            "topics": topics,
        },
    )
    return any(
        int(each["data"][2:66], 16) == nonce
        and (int(each["blockNumber"], 16), int(each["transactionIndex"], 16))
        > (found.block, found.place)
        for each in logs
    )
