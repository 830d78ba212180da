"""A customer's own act, asked for by the desk for the customer's page.

Rules:

1. Two acts only, of one customer's or merchant's own managed wallet: pay and redeem, in the
   national money of a chain. Nothing else of that wallet can be asked for here.
2. It is the customer's own transaction: the same steps, counters, refusals and evidence as with
   the customer's token (``managed``, ``submission``); none is skipped.
3. The act's name goes into the journal beside the transaction. Asked again, also after a crash,
   the first transaction is the answer; only one that was dropped is sent anew.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakValueDictionary

from eth_abi.abi import encode
from eth_utils.abi import function_signature_to_4byte_selector

from sandbox.contracts.typed import decode_refusal
from sandbox.gateway.identity import Identity
from sandbox.gateway.managed import Managed
from sandbox.gateway.policies import PolicyStore
from sandbox.gateway.refusals import Attempt
from sandbox.gateway.reverts import chain_refusal, reason, revert_data
from sandbox.gateway.submission import Where
from sandbox.gateway.system import SystemWallets
from sandbox.gateway.top_call import TOP_CALL
from sandbox.kit.errors import InvalidInput, NotAllowed, Unavailable
from sandbox.kit.ids import Address, ChainName, PermitNumber, TxHash
from sandbox.kit.money import MAX_UINT256

WAIT: Final = 10.0
"""Seconds that an answer waits for the block; a page asks again afterwards."""
LONGEST_KEY: Final = 64
PERSONS: Final = frozenset({"customer", "merchant"})


@dataclass(frozen=True, slots=True)
class CustomerAct:
    """What a customer does.

    Attributes:
        permit: the customer's permit.
        wallet: the customer's own.
        act: ``pay`` or ``redeem``.
        to: who is paid; None for a redemption.
        amount: minor units of the chain's national money, above zero.
        key: the desk's own name for this act, used once.
    """

    permit: PermitNumber
    wallet: Address
    act: str
    to: Address | None
    amount: int
    key: str

    @property
    def name(self) -> str:
        """Its name in the journal: another wallet's act never answers for this one."""
        return f"customer:{self.wallet}:{self.key}"

    @property
    def data(self) -> str:
        """The call of the token, ``0x`` hex.

        Raises:
            InvalidInput: ``gateway.params_invalid``.
        """
        if not 0 < self.amount <= MAX_UINT256 or not 0 < len(self.key) <= LONGEST_KEY:
            raise InvalidInput("gateway.params_invalid", what="amount, key")
        if self.act == "redeem" and self.to is None:
            return _call("redeem(uint256)", ("uint256",), self.amount)
        if self.act == "pay" and self.to is not None:
            types = ("address", "uint256")
            return _call("transfer(address,uint256)", types, self.to, self.amount)
        raise InvalidInput("gateway.params_invalid", what="act, to")


class CustomerActs:
    """Sends for customers' pages.

    Args:
        managed: signs and submits as for a customer's token.
        system: remembers what was sent under which name.
        policies: whose wallets are whose.
    """

    def __init__(self, managed: Managed, system: SystemWallets, policies: PolicyStore) -> None:
        self._managed = managed
        self._system = system
        self._policies = policies
        self._locks: WeakValueDictionary[tuple[ChainName, str], asyncio.Lock] = (
            WeakValueDictionary()
        )

    async def do(self, where: Where, asked: CustomerAct) -> dict[str, Any]:
        """Do an act once, however often it is asked for.

        Args:
            where: the chain.
            asked: by whom and what.

        Returns:
            ``transactionHash`` and ``status``: ``0x1``; ``0x0`` with ``refusal`` or ``error``;
            None while it is not in a block yet.

        Raises:
            NotAllowed: ``gateway.wallet_not_managed``: no person's wallet of that permit.
            InvalidInput: ``gateway.params_invalid``.
            Refused: ``refused.<clause>``; recorded as the customer's own attempt.
            Conflict: ``tx.dropped``: it will never be mined; asking again sends it anew.
            Unavailable: ``gateway.policy_stale`` and as ``submit``.
        """
        self._policies.check_fresh()
        data, identity = asked.data, self._identity(asked)
        lock = self._locks.setdefault((where.chain, asked.name), asyncio.Lock())
        async with lock:
            digest = self._system.sent(where.chain, asked.name)
            if digest is None or where.node.status(digest) == "dropped":
                attempt = Attempt(
                    identity,
                    where.chain,
                    "eth_sendTransaction",
                    secrets.token_hex(8),
                    idempotency_key=asked.name,
                )
                fields = {"from": asked.wallet, "to": where.token, "data": data}
                digest = TxHash(await self._managed.answer(where, attempt, [fields]))
                self._system.remember(where.chain, asked.name, digest)
        return await self._outcome(where, asked, digest)

    async def found(self, where: Where, asked: CustomerAct) -> dict[str, Any]:
        """What became of an act, without sending anything.

        Args:
            where: the chain.
            asked: as it was asked for.

        Returns:
            As ``do``; ``transactionHash`` None when it never reached the journal.
        """
        digest = self._system.sent(where.chain, asked.name)
        if digest is None or where.node.status(digest) == "dropped":
            return {"transactionHash": None, "status": None}
        return await self._outcome(where, asked, digest)

    def _identity(self, asked: CustomerAct) -> Identity:
        wallet = self._policies.standing(asked.permit).wallets.get(asked.wallet)
        if wallet is None or wallet.kind not in PERSONS or wallet.signer_key is None:
            raise NotAllowed("gateway.wallet_not_managed", wallet=asked.wallet, permit=asked.permit)
        account = f"page:{asked.wallet.lower()[2:14]}"
        return Identity(asked.permit, "customer_token", account, asked.wallet)

    async def _outcome(self, where: Where, asked: CustomerAct, digest: TxHash) -> dict[str, Any]:
        try:
            receipt = await where.node.wait_receipt(digest, timeout=WAIT)
        except Unavailable as error:
            if error.code != "tx.not_mined_yet":
                raise
            return {"transactionHash": digest, "status": None}
        said = {"transactionHash": digest, "status": receipt["status"]}
        if receipt["status"] == "0x1":
            return said
        trace = await where.node.call("debug_traceTransaction", digest, TOP_CALL)
        data = revert_data(trace.get("output"))
        found = decode_refusal(data)
        if found is None:
            return {**said, "error": reason(data)}
        return {**said, "refusal": chain_refusal(found, where.chain, asked.permit).params}


def _call(signature: str, types: tuple[str, ...], *values: object) -> str:
    return "0x" + (function_signature_to_4byte_selector(signature) + encode(types, values)).hex()
