"""``synak_check``: every clause that would refuse a transaction, asked before it is sent.

The rules are those of admission, without its counters being charged: the terms and quotas
(``sandbox.domain``), then the chain's own code at the head, with the time of the next block.
The Supervisor stops at the first clause that says no; that clause is then lifted by an
override for one question (``sandbox.contracts.lifting``) and the same code is asked again, at
most ``ROUNDS`` times. A refusal that is only claimed by some contract is none (step 7).

A check is a probe: it is charged as a request and leaves no evidence, no transaction and no
counter behind. It is an answer for now: another payment may use the room up before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from sandbox.chain.ipc import EngineError
from sandbox.chain.transaction import SignedTx
from sandbox.contracts.lifting import Under, index_place, lift, lift_further
from sandbox.contracts.loader import artifact
from sandbox.contracts.made import further_address
from sandbox.contracts.storage import Place
from sandbox.contracts.typed import ChainRefusal
from sandbox.domain.admission import Intent, payload_refusals, scope_refusals, terms_refusals
from sandbox.domain.policy import Policy
from sandbox.gateway import parameters as p
from sandbox.gateway.answers import with_margin
from sandbox.gateway.errors import EVIDENCE
from sandbox.gateway.foresight import TRACED_GAS
from sandbox.gateway.refusals import Attempt
from sandbox.gateway.reverts import chain_refusal, reason, revert_data
from sandbox.gateway.steps.member import member
from sandbox.gateway.steps.preflight import confirmed
from sandbox.gateway.submission import Admission, Where
from sandbox.kit.errors import Refused, Unavailable
from sandbox.kit.ids import Address, TxHash, checksum
from sandbox.kit.money import limit_to_json

ROUNDS: Final = 14
"""Clauses of the chain that one check can find; each costs a call, a trace and a few reads."""
_BODY: Final = {"jsonrpc": "2.0", "id": 1, "method": "eth_sendTransaction"}


@dataclass(slots=True)
class _Asked:
    """One question to the chain, with what has been lifted so far."""

    where: Where
    call: dict[str, Any]
    time: str
    lifted: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def overrides(self) -> dict[str, Any]:
        """As ``eth_call`` takes them."""
        return {address: {"stateDiff": slots} for address, slots in self.lifted.items()}

    async def refusal(self) -> EngineError | None:
        """Ask once."""
        options = (self.overrides, {"time": self.time})
        try:
            await self.where.node.call("eth_call", self.call, "latest", *options)
        except EngineError as error:
            return error
        return None

    async def lift(self, found: ChainRefusal, token: str) -> bool:
        """Lift a clause; False when it is not known how."""
        layout, supervisor = artifact("Supervisor").storage, self.where.supervisor
        index = await self._word(supervisor, index_place(layout, found.permit).slot)
        changes = list(lift(found, Under(layout, index, found.version, token)))
        for where, value in changes:
            await self._write(supervisor, where, value)
        further = list(lift_further(found, artifact("FurtherLimits").storage, token))
        for where, value in further:
            await self._write(further_address(supervisor), where, value)
        return bool(changes or further)

    async def _write(self, contract: Address, where: Place, value: int) -> None:
        word = where.put(await self._word(contract, where.slot), value)
        slots = self.lifted.setdefault(contract, {})
        slots[f"0x{where.slot:064x}"] = f"0x{word:064x}"

    async def _word(self, contract: Address, slot: int) -> int:
        key = f"0x{slot:064x}"
        known = self.lifted.get(contract, {}).get(key)
        if known is None:
            known = await self.where.node.call("eth_getStorageAt", contract, key, "latest")
        return int(known, 16)


async def check(
    admission: Admission, where: Where, attempt: Attempt, params: list[Any]
) -> dict[str, Any]:
    """Name every clause that would refuse a transaction now.

    Args:
        admission: policies, counters, clock.
        where: the chain.
        attempt: who asks.
        params: as ``parameters.checked`` read them.

    Returns:
        ``refusals`` (a list of ``error.data`` of a refusal), ``reverts`` (``{reason, data}``
        when a contract itself would say no), ``complete`` (False when more clauses may refuse
        behind what is named), ``gas`` (the estimate with its margin), ``counters`` (what is
        used of the quotas), ``queued`` (transactions of the wallet that go before).

    Raises:
        NotAllowed: ``gateway.wallet_not_permitted``.
        Unavailable: ``engine.unavailable``.
    """
    transaction, length = params
    standing = admission.policies.standing(attempt.identity.permit)
    sender = checksum(transaction["from"])
    member(attempt.identity, standing, sender, where.chain)
    found = _Found(standing.policy)
    if length is None:
        await found.ask(where, transaction)
    else:
        found.complete = False
    policy, at, deployment = standing.policy, admission.clock.now(), "to" not in transaction
    customer, value = attempt.identity.wallet is not None, int(transaction.get("value", "0x0"), 16)
    gas = found.gas_of(transaction)
    intent = Intent(where.chain, deployment, value, gas, customer=customer)
    size = len(orjson.dumps({**_BODY, "params": [transaction]})) if length is None else length
    to = checksum(transaction["to"]) if "to" in transaction else None
    data = bytes.fromhex(transaction.get("data", "0x")[2:])
    ours = [
        *scope_refusals(policy, to, data, always=where.token),
        *terms_refusals(policy, intent, at),
        *payload_refusals(policy, size),
        *admission.usage.refusals(policy, at, deployment=deployment, gas=gas),
    ]
    if length is None:
        ours += await found.foresee(admission, where, transaction, {each.code for each in ours})
    used = admission.usage.used(policy.permit, policy, at)
    return {
        "permit": policy.permit,
        "version": policy.version,
        "at": at.isoformat(),
        "refusals": [_said(each) for each in (*ours, *found.refusals)],
        "reverts": found.reverts,
        "complete": found.complete,
        "gas": None if found.gas is None else hex(found.gas),
        "counters": list(_counters(policy, used)),
        "queued": where.node.queued(sender),
    }


class _Found:
    """What the chain's own code says, one clause after the other."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.refusals: list[Refused] = []
        self.reverts: dict[str, str] | None = None
        self.complete = True
        self.gas: int | None = None

    def gas_of(self, transaction: dict[str, Any]) -> int:
        """The gas that would be offered: what was said, else the estimate."""
        return int(transaction["gas"], 16) if "gas" in transaction else self.gas or 0

    async def ask(self, where: Where, transaction: dict[str, Any]) -> None:
        """Ask until nothing of the Supervisor refuses any more."""
        gas = min(int(transaction.get("gas", hex(p.TRANSACTION_GAS)), 16), p.TRANSACTION_GAS)
        call = {**transaction, "value": "0x0", "gas": hex(gas)}
        asked = _Asked(where, call, hex(where.node.next_timestamp()))
        while True:
            error = await asked.refusal()
            if error is None:
                break
            refusal = await confirmed(
                where.node,
                where.supervisor,
                call,
                error,
                time=asked.time,
                overrides=asked.overrides,
            )
            if refusal is None:
                self._own(error)
                return
            if len(self.refusals) == ROUNDS:
                self.complete = False
                return
            self.refusals.append(chain_refusal(refusal, where.chain, self._policy.permit))
            if not await asked.lift(refusal, where.token):
                self.complete = False
                return
        await self._estimate(asked, call)

    async def foresee(
        self, admission: Admission, where: Where, transaction: dict[str, Any], named: set[str]
    ) -> list[Refused]:
        """What the transaction would leave behind, and whether that is refused (step 9a).

        Args:
            admission: knows what is watched over.
            where: the chain.
            transaction: as read.
            named: codes that refuse already.
        """
        to = checksum(transaction["to"]) if "to" in transaction else None
        tried = SignedTx(
            raw=b"",
            hash=TxHash("0x" + "00" * 32),
            sender=checksum(transaction["from"]),
            nonce=0,
            type=0,
            chain_id=None,
            to=to,
            value=0,
            gas=self.gas_of(transaction) or TRACED_GAS,
            gas_price=0,
            data=bytes.fromhex(transaction.get("data", "0x")[2:]),
        )
        try:
            await admission.foresee(where, self._policy, tried)
        except Refused as refused:
            return [] if refused.code in named else [refused]
        except Unavailable:
            self.complete = False
        return []

    def _own(self, error: EngineError) -> None:
        """A contract's own revert: what stands behind it cannot be seen."""
        data = revert_data(error.data)
        self.reverts = {
            "reason": reason(data) if data else error.message[:200],
            "data": "0x" + data.hex(),
        }
        self.complete = False

    async def _estimate(self, asked: _Asked, call: dict[str, Any]) -> None:
        try:
            gas = await asked.where.node.call("eth_estimateGas", call, "latest", asked.overrides)
        except EngineError as error:
            self._own(error)
            return
        self.gas = int(with_margin(gas), 16)


def _said(refused: Refused) -> dict[str, Any]:
    """As ``error.data`` of the refusal itself."""
    return {"code": refused.code, **{name: refused.params.get(name) for name in EVIDENCE}}


def _counters(policy: Policy, used: Mapping[str, int]) -> Iterator[dict[str, str]]:
    for clause, count in used.items():
        limit = limit_to_json(policy.limits[clause])
        yield {"clause": clause, "limit": limit, "used": str(count)}
