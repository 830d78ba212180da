"""A draft's terms as a trial's gateway would hold them, for the one who tries them in a lab.

Rules:

1. The rules are the gateway's own (``sandbox.domain.admission``, ``sandbox.domain.usage``): the
   same order, the same counters, the same words.
2. Time is the lab chain's, so that a day's quota frees when the lab travels.
3. What the lab's authorities do (registrar, regulators, issuer, banks) is no request of the
   permit, as in a trial; cheats are none either.
4. A transaction counts for the chain of the money it is sent to; any other for the permit's
   first chain: a lab is one chain that carries both assets.
5. Counters follow a snapshot back.
6. Compute units are not counted here: they are the price of a machine that many share.
"""

from __future__ import annotations

import copy
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sandbox.chain.transaction import decode
from sandbox.domain.admission import (
    Intent,
    payload_refusals,
    scope_refusals,
    terms_refusals,
)
from sandbox.domain.policy import Policy, limits_of
from sandbox.domain.terms import Terms
from sandbox.domain.usage import Place, Usage
from sandbox.kit.errors import Refused
from sandbox.kit.ids import Address, ChainName, PermitNumber, TxHash, checksum
from sandbox.kit.money import NoLimit
from sandbox.sdk.errors import PermitRefused
from sandbox.sdk.labs import keys
from sandbox.sdk.pace import Pace

OFFERED: Final = ("eth_", "net_", "web3_", "debug_", "personal_")
"""Beginnings of the methods that a trial chain may offer; the others are the lab's cheats."""
_SYSTEM: Final = frozenset(keys.account(name).address for name in keys.SYSTEM)


@dataclass(frozen=True, slots=True)
class Sending:
    """A transaction on its way, signed or not.

    Attributes:
        sender: who sends.
        to: None for a deployment.
        value: wei.
        gas: its gas limit.
        data: input.
    """

    sender: Address
    to: Address | None
    value: int
    gas: int
    data: bytes

    @classmethod
    def of(cls, params: Any) -> Sending:
        """Read the parameters of a submission.

        Args:
            params: of ``eth_sendRawTransaction`` or ``eth_sendTransaction``.

        Raises:
            InvalidInput: ``tx.*``: what no trial chain takes either.
        """
        said = params[0]
        if not isinstance(said, Mapping):
            signed = decode(said)
            return cls(signed.sender, signed.to, signed.value, signed.gas, signed.data)
        data = str(said.get("data") or said.get("input") or "0x")
        return cls(
            checksum(str(said["from"])),
            checksum(str(said["to"])) if said.get("to") else None,
            _number(said.get("value", 0)),
            _number(said.get("gas", 0)),
            bytes.fromhex(data.removeprefix("0x")),
        )

    @property
    def by_an_authority(self) -> bool:
        """Whether one of the lab's offices sends it."""
        return self.sender in _SYSTEM


class Rules:
    """The terms, and what is used of them.

    Args:
        terms: the draft's.
        version: as published on the lab's Supervisor.
        now: the lab chain's time.
        chains: the addresses of the national assets and the chain that each stands for.
    """

    def __init__(
        self,
        terms: Terms,
        version: int,
        now: Callable[[], datetime],
        chains: Mapping[str, ChainName],
    ) -> None:
        self.usage = Usage()
        self.policy = Policy(
            permit=PermitNumber(keys.PERMIT),
            revision=version,
            version=version,
            state="active",
            start=terms.start,
            end=terms.end,
            chains=terms.chains,
            assets=tuple(each.asset for each in terms.assets),
            operators=(),
            wallets=(),
            limits=limits_of(terms),
            contract_review=terms.contract_review,
            failed_deployments_count=terms.failed_deployments_count,
            contracts=terms.contracts,
        )
        self._now = now
        self._chains = chains
        self._pace = Pace(self._requests_per_second)

    def request(self, length: int) -> None:
        """Take up one request; waits for its turn below the permitted rate, as a trial does.

        Args:
            length: of its body, bytes.

        Raises:
            PermitRefused: ``requests_per_second``, ``payload_bytes``.
        """
        self._pace.wait()
        try:
            self.usage.request(self.policy, time.monotonic())
        except Refused as paced:
            raise _said(paced) from None
        for refused in payload_refusals(self.policy, length):
            raise _said(refused)

    def take(self, sending: Sending) -> Place:
        """Admit a transaction and take its room in the quotas.

        Args:
            sending: the transaction.

        Raises:
            PermitRefused: the first clause that says no.
        """
        at, deployment = self._now(), sending.to is None
        intent = Intent(
            self.chain_of(sending.to), deployment=deployment, value=sending.value, gas=sending.gas
        )
        money = next((each for each in self._chains if each == sending.to), None)
        always = Address(money or next(iter(self._chains)))
        scope = scope_refusals(self.policy, sending.to, sending.data, always=always)
        for refused in (*scope, *terms_refusals(self.policy, intent, at)):
            raise _said(refused)
        name = TxHash("0x" + secrets.token_hex(32))
        try:
            return self.usage.take(self.policy, name, at, deployment=deployment, gas=sending.gas)
        except Refused as refused:
            raise _said(refused) from None

    def chain_of(self, to: str | None) -> ChainName:
        """The chain that a transaction to this address would go to."""
        return self._chains.get(to or "", self.policy.chains[0])

    def gas(self, most: int) -> int:
        """Gas to offer for what is expected to be refused, units.

        Args:
            most: when the terms allow so much.
        """
        limit = self.policy.limits["gas_per_transaction"]
        return most if isinstance(limit, NoLimit) else min(most, limit)

    def copy(self) -> Usage:
        """The counters as they are, for a snapshot."""
        return copy.deepcopy(self.usage)

    def _requests_per_second(self) -> int | None:
        limit = self.policy.limits["requests_per_second"]
        return None if isinstance(limit, NoLimit) else limit


def _said(refused: Refused) -> PermitRefused:
    return PermitRefused({"code": refused.code, **refused.params})


def _number(value: int | str) -> int:
    return value if isinstance(value, int) else int(value, 16)
