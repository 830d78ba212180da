"""Managed wallets: the signer holds the keys, the gateway asks it to sign.

Rules:

- A permit's tokens may use its settlement wallets, a customer's token that one
  wallet; nobody else's, and no external wallet (its owner signs).
- Typed data over the Supervisor's own domain is signed for nobody (``reserved``), and none
  whose domain is of another chain than the one asked.
- A limited key signs only what its limits say (``steps.scope.key_signing``).
- What is sent is signed here and then takes the very same path as a transaction
  signed elsewhere: no step is skipped for it.
- One at a time per wallet and chain: the next nonce is only known when the
  transaction before it is in the queue.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final
from weakref import WeakValueDictionary

from sandbox.chain.ipc import EngineError
from sandbox.chain.national import GAS_PRICES
from sandbox.chain.signer.client import AsyncSignerClient
from sandbox.chain.signer.requests import check_typed_size
from sandbox.gateway import parameters as p
from sandbox.gateway.identity import Identity
from sandbox.gateway.policies import Standing
from sandbox.gateway.refusals import Attempt
from sandbox.gateway.reserved import check_not_reserved, typed_chain
from sandbox.gateway.reverts import chain_refusal, revert_data, reverted
from sandbox.gateway.steps.member import require_free
from sandbox.gateway.steps.preflight import confirmed
from sandbox.gateway.steps.record import record
from sandbox.gateway.steps.scope import key_signing
from sandbox.gateway.submission import Admission, Where, submit
from sandbox.kit.errors import InvalidInput, NotAllowed
from sandbox.kit.ids import CHAIN_IDS, Address, TxHash, checksum
from sandbox.kit.money import NoLimit

BEHIND_QUEUE_GAS: Final = 1_000_000
"""Gas for a transaction that is sent without a limit while others of its wallet are
queued: the head is not the state it will meet, so it cannot be estimated."""


def wallets(identity: Identity, standing: Standing) -> dict[Address, str]:
    """The wallets that a credential may have signed for.

    Args:
        identity: whose request it is.
        standing: the permit's policy.

    Returns:
        The signer's key name by address.
    """
    return {
        address: wallet.signer_key
        for address, wallet in standing.wallets.items()
        if wallet.signer_key is not None
        and (wallet.kind == "settlement" if identity.wallet is None else address == identity.wallet)
    }


class Managed:
    """The SIGN methods.

    Args:
        signer: holds the keys.
        admission: policies, counters, recorder, clock.
    """

    def __init__(self, signer: AsyncSignerClient, admission: Admission) -> None:
        self._signer = signer
        self._admission = admission
        self._locks: WeakValueDictionary[tuple[str, Address], asyncio.Lock] = WeakValueDictionary()

    async def answer(self, where: Where, attempt: Attempt, params: list[Any]) -> Any:
        """Answer one SIGN method.

        Args:
            where: the chain.
            attempt: who asks, and by which method.
            params: as its schema read them.

        Raises:
            NotAllowed: ``gateway.wallet_not_managed``, ``gateway.typed_data_reserved``,
                ``gateway.key_signing``, ``gateway.wallet_suspended``.
            InvalidInput: ``tx.wrong_chain_id``: typed data of another chain.
            SynakError: as ``submit``; ``gateway.reverted`` when the estimate reverts.
        """
        standing = self._admission.policies.standing(attempt.identity.permit)
        keys = wallets(attempt.identity, standing)
        if attempt.method in ("eth_accounts", "eth_requestAccounts"):
            return list(keys)
        if attempt.method == "eth_sendTransaction":
            return await self._send(where, attempt, keys, params[0])
        if attempt.method == "personal_sign":
            key = _key(keys, params[1], attempt.identity)
            require_free(standing, checksum(params[1]))
            key_signing(attempt.identity, attempt.method, None, where.chain)
            message = bytes.fromhex(params[0][2:])
            return "0x" + (await self._signer.sign_message(key, message)).hex()
        key, typed = _key(keys, params[0], attempt.identity), _typed(params[1])
        require_free(standing, checksum(params[0]))
        check_not_reserved(typed, where.supervisor)
        stated, expected = typed_chain(typed), CHAIN_IDS[where.chain]
        key_signing(attempt.identity, attempt.method, stated, where.chain)
        if stated not in (None, expected):
            raise InvalidInput("tx.wrong_chain_id", expected=expected, chain_id=stated)
        return "0x" + (await self._signer.sign_typed(key, typed)).hex()

    async def _send(
        self, where: Where, attempt: Attempt, keys: dict[Address, str], fields: dict[str, Any]
    ) -> TxHash:
        sender = checksum(fields["from"])
        key = _key(keys, sender, attempt.identity)
        stated = int(fields.get("chainId", hex(CHAIN_IDS[where.chain])), 16)
        if stated != CHAIN_IDS[where.chain]:
            raise InvalidInput(
                "tx.wrong_chain_id", expected=CHAIN_IDS[where.chain], chain_id=stated
            )
        lock = self._locks.setdefault((where.chain, sender), asyncio.Lock())
        async with lock:
            transaction = {
                "nonce": int(fields["nonce"], 16)
                if "nonce" in fields
                else where.node.pending_nonce(sender),
                "gas": await self._gas(where, attempt, sender, fields),
                **_fees(where, fields),
                "to": checksum(fields["to"]) if "to" in fields else None,
                "data": fields.get("data", "0x"),
                "value": int(fields.get("value", "0x0"), 16),
                "chainId": CHAIN_IDS[where.chain],
            }
            signed = await self._signer.sign_transaction(key, transaction)
            return await submit(self._admission, where, attempt, signed.raw)

    async def _gas(
        self, where: Where, attempt: Attempt, sender: Address, fields: dict[str, Any]
    ) -> int:
        """The gas limit: as stated, else estimated with a quarter to spare."""
        if "gas" in fields:
            return int(fields["gas"], 16)
        policy = self._admission.policies.standing(attempt.identity.permit).policy
        limit = policy.limits["gas_per_transaction"]
        most = p.TRANSACTION_GAS if isinstance(limit, NoLimit) else min(limit, p.TRANSACTION_GAS)
        if where.node.queued(sender):
            return min(BEHIND_QUEUE_GAS, most)
        call = {name: value for name, value in fields.items() if name not in ("nonce", "chainId")}
        call["gas"] = hex(most)
        try:
            estimate = int(await where.node.call("eth_estimateGas", call, "latest"), 16)
        except EngineError as error:
            found = await confirmed(where.node, where.supervisor, call, error)
            if found is None:
                data = revert_data(error.data)
                raise reverted(data, where.chain, policy.permit) from error
            refused = chain_refusal(found, where.chain, policy.permit)
            named = attempt._replace(sender=sender, to=fields.get("to"))
            await record(self._admission.refusals, where.node, named, refused)
            raise refused from error
        return min(estimate + estimate // 4, most)


def _fees(where: Where, fields: dict[str, Any]) -> dict[str, int]:
    if "maxFeePerGas" in fields:
        most = int(fields["maxFeePerGas"], 16)
        tip = int(fields.get("maxPriorityFeePerGas", hex(min(most, GAS_PRICES[where.chain]))), 16)
        return {"maxFeePerGas": most, "maxPriorityFeePerGas": tip}
    return {"gasPrice": int(fields.get("gasPrice", hex(GAS_PRICES[where.chain])), 16)}


def _key(keys: dict[Address, str], wallet: str, identity: Identity) -> str:
    """The signer's key of a wallet that the caller may use."""
    address = checksum(wallet)
    found = keys.get(address)
    if found is None:
        raise NotAllowed("gateway.wallet_not_managed", wallet=address, permit=identity.permit)
    return found


def _typed(value: Any) -> dict[str, Any]:
    """EIP-712 typed data, as an object or as text that holds one; of a bounded size."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise p.wrong("typed data: an object") from error
    if not isinstance(value, dict):
        raise p.wrong("typed data: an object")
    try:
        check_typed_size(json.dumps(value).encode())
    except InvalidInput as error:
        raise p.wrong(f"typed data: {error.params['reason']}") from error
    return value
