"""Transactions of the platform's own wallets, asked for by the desk and the worker.

Rules:

- The idempotency key goes into the journal beside the transaction: asked again,
  also after a crash, the first transaction's receipt is the answer and nothing is
  sent twice. Only one that was dropped is sent anew.
- What the Supervisor would refuse is not sent when that can be known beforehand; the
  refusal is recorded against the permit that it names.
- Only keys below ``system/`` are used here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.chain.ipc import EngineError
from sandbox.chain.national import GAS_PRICES
from sandbox.chain.node import ChainNode
from sandbox.chain.signer.client import AsyncSignerClient
from sandbox.chain.transaction import decode
from sandbox.contracts.typed import decode_refusal
from sandbox.gateway.identity import Identity
from sandbox.gateway.policies import PolicyStore
from sandbox.gateway.refusals import Attempt, Refusals
from sandbox.gateway.reverts import chain_refusal, reason, revert_data
from sandbox.gateway.submission import Where
from sandbox.gateway.top_call import TOP_CALL
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput, Refused
from sandbox.kit.ids import CHAIN_IDS, Address, ChainName, PermitNumber, TxHash, permit_key

GAS: Final = 8_000_000
"""Gas limit of a system transaction; publishing many assets is the dearest."""
WAIT: Final = 30.0
PREFIX: Final = "system/"


@dataclass(frozen=True, slots=True)
class SystemCall:
    """What a system wallet shall do.

    Attributes:
        key: the signer's key name, below ``system/``.
        to: the contract.
        data: call data.
        value: wei of gas money.
        idempotency_key: the caller's own name for this act.
        permit: on whose behalf, kept beside it in the journal.
        wait: answer with the receipt rather than with the hash.
    """

    key: str
    to: Address
    data: bytes
    value: int
    idempotency_key: str
    permit: PermitNumber | None = None
    wait: bool = True


class SystemWallets:
    """Sends for the platform's own wallets.

    Args:
        signer: holds the keys.
        policies: which permit a refusal is about.
        refusals: the recorder.
    """

    def __init__(
        self, signer: AsyncSignerClient, policies: PolicyStore, refusals: Refusals
    ) -> None:
        self._signer = signer
        self._policies = policies
        self._refusals = refusals
        self._done: dict[tuple[ChainName, str], TxHash] = {}
        self._locks: dict[tuple[ChainName, str], asyncio.Lock] = {}

    def remember(self, chain: ChainName, key: str, digest: TxHash) -> None:
        """A system transaction was found in the journal at start.

        Args:
            chain: where.
            key: its idempotency key.
            digest: its hash.
        """
        self._done[chain, key] = digest

    def sent(self, chain: ChainName, key: str) -> TxHash | None:
        """The newest transaction under an idempotency key, if there was one."""
        return self._done.get((chain, key))

    async def submit(self, where: Where, call: SystemCall, request_id: str) -> dict[str, Any]:
        """Send once, however often it is asked for.

        Args:
            where: the chain.
            call: what to do.
            request_id: for records.

        Returns:
            The receipt (with ``refusal`` or ``error`` when it failed), or
            ``{"transactionHash", "status": None}`` when not waited for.

        Raises:
            InvalidInput: ``gateway.system_key``.
            Unavailable: ``tx.not_mined_yet``; asking again goes on waiting.
        """
        if not call.key.startswith(PREFIX) or not call.idempotency_key:
            raise InvalidInput("gateway.system_key", key=call.key[:64])
        lock = self._locks.setdefault((where.chain, call.key), asyncio.Lock())
        async with lock:
            digest = self._done.get((where.chain, call.idempotency_key))
            if digest is None or where.node.status(digest) == "dropped":
                refused = await self._preflight(where, call, request_id)
                if refused is not None:
                    return refused
                digest = await self._send(where, call, request_id)
        if not call.wait:
            return {"transactionHash": digest, "status": None}
        receipt = await where.node.wait_receipt(digest, timeout=WAIT)
        return receipt if receipt["status"] == "0x1" else await self._failed(where, call, receipt)

    async def _send(self, where: Where, call: SystemCall, request_id: str) -> TxHash:
        sender = await self._signer.address(call.key)
        signed = await self._signer.sign_transaction(
            call.key,
            {
                "nonce": where.node.pending_nonce(sender),
                "gas": GAS,
                "gasPrice": GAS_PRICES[where.chain],
                "to": call.to,
                "data": "0x" + call.data.hex(),
                "value": call.value,
                "chainId": CHAIN_IDS[where.chain],
            },
        )
        meta = {
            "system": call.key,
            "idempotency_key": call.idempotency_key,
            "permit": call.permit,
            "request_id": request_id,
        }
        digest = await where.node.submit(decode(signed.raw), meta)
        self._done[where.chain, call.idempotency_key] = digest
        return digest

    async def _preflight(
        self, where: Where, call: SystemCall, request_id: str
    ) -> dict[str, Any] | None:
        """What the call would fail with at the head, or None."""
        sender = await self._signer.address(call.key)
        node = where.node
        if node.queued(sender):
            return None
        asked = {
            "from": sender,
            "to": call.to,
            "data": "0x" + call.data.hex(),
            "value": hex(call.value),
            "gas": hex(GAS),
        }
        try:
            await node.call("eth_call", asked, "latest", {}, {"time": hex(node.next_timestamp())})
        except EngineError as error:
            data = revert_data(error.data)
            failed = self._explain(where.chain, call, data)
            if "refusal" in failed:
                await self._record(node, where.chain, call, failed["refusal"], sender, request_id)
            return {"transactionHash": None, "status": "0x0", **failed}
        return None

    async def _failed(
        self, where: Where, call: SystemCall, receipt: dict[str, Any]
    ) -> dict[str, Any]:
        trace = await where.node.call(
            "debug_traceTransaction", receipt["transactionHash"], TOP_CALL
        )
        data = revert_data(trace.get("output"))
        return {**receipt, **self._explain(where.chain, call, data)}

    def _explain(self, chain: ChainName, call: SystemCall, data: bytes) -> dict[str, Any]:
        found = decode_refusal(data)
        if found is None:
            return {"error": reason(data), "output": "0x" + data.hex()}
        permit = call.permit or self._permit_of(found.permit) or PermitNumber("")
        return {"refusal": chain_refusal(found, chain, permit).params}

    def _permit_of(self, key: bytes) -> PermitNumber | None:
        return next((name for name in self._policies.permits() if permit_key(name) == key), None)

    async def _record(
        self,
        node: ChainNode,
        chain: ChainName,
        call: SystemCall,
        refusal: dict[str, Any],
        sender: Address,
        request_id: str,
    ) -> None:
        if not refusal.get("permit"):
            return
        identity = Identity(PermitNumber(refusal["permit"]), "server", call.key)
        attempt = Attempt(identity, chain, "system", request_id, sender=sender, to=call.to)
        refused = Refused(f"refused.{refusal['clause']}", **refusal)
        await self._refusals.record(node, attempt, refused)


async def check_consent(
    signer: AsyncSignerClient,
    supervisors: Mapping[int, Address],
    permit: PermitNumber,
    key: str,
    typed: Mapping[str, Any],
) -> None:
    """Refuse to have anything but a consent of that very customer's wallet signed.

    Args:
        signer: knows the wallet's address.
        supervisors: the Supervisor of each chain id.
        permit: the customer's permit.
        key: the signer's key name; must be one of that permit's customers.
        typed: EIP-712 data; must be ``Consent`` for the Supervisor, this permit, this wallet.

    Raises:
        InvalidInput: ``gateway.consent_malformed``.
    """
    number = key.removeprefix(f"customer/{permit}/")
    if not key.startswith(f"customer/{permit}/") or not is_digits(number):
        raise InvalidInput("gateway.consent_malformed", what="key")
    try:
        domain, message = typed["domain"], typed["message"]
        chain_id = int(domain["chainId"])
        right = {
            "primaryType": typed["primaryType"] == "Consent",
            "domain": domain["name"] == "Synak"
            and supervisors.get(chain_id) == domain["verifyingContract"],
            "permit": message["permit"] == "0x" + permit_key(permit).hex(),
            "wallet": message["wallet"] == await signer.address(key),
        }
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput("gateway.consent_malformed", what="shape") from error
    for what, holds in right.items():
        if not holds:
            raise InvalidInput("gateway.consent_malformed", what=what)
