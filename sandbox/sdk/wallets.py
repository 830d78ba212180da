"""A wallet whose key lies in the signer: it sends, it never shows a key.

Rules:

1. A call is estimated first. A contract's own refusal is raised then and costs nothing.
2. A refusal by a clause is submitted all the same: the gateway refuses it before the
   chain does, and the attempt is on record as evidence.
3. A transaction that was accepted is waited for; if it failed in its block, the reason
   is looked up and raised like any other.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import requests
from eth_typing import HexStr
from web3 import Web3
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.exceptions import TransactionNotFound, Web3Exception
from web3.types import TxParams, TxReceipt

from sandbox.kit.ids import Address, ChainName, TxHash
from sandbox.locale.catalogue import Language
from sandbox.sdk.errors import PermitRefused, SdkError
from sandbox.sdk.failures import failure, readable
from sandbox.sdk.pace import Pace
from sandbox.sdk.place import Place
from sandbox.sdk.progress import Progress
from sandbox.sdk.rpc import GatewayProvider

Call = ContractFunction | ContractConstructor | TxParams
WAIT_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.1
MOST_GAS: Final = 3_000_000
"""Gas offered when an estimate is refused: enough for the refusal to be a clause's."""


@dataclass(frozen=True)
class Sent:
    """A transaction that was accepted and may not be in a block yet.

    Attributes:
        tx_hash: its hash.
        wallet: who sent it.
        chain: on which chain.
    """

    tx_hash: TxHash
    wallet: ManagedWallet
    chain: ChainName

    def wait(self, seconds: float = WAIT_SECONDS) -> TxReceipt:
        """Wait for the block; see ``ManagedWallet.wait``."""
        return self.wallet.wait(self, seconds)


class ManagedWallet:
    """One wallet behind the gateway.

    Args:
        place: where the gateway is and the token that may use this wallet.
        address: the wallet.
        language: the language of errors.
        pace: gives each request its turn; none by default.
    """

    def __init__(
        self,
        place: Place,
        address: Address,
        *,
        language: Language = "en",
        pace: Pace | None = None,
    ) -> None:
        self.address = address
        self.language: Language = language
        self._place = place
        self._pace = pace
        self._web3: dict[ChainName, Web3] = {}
        self._sessions: list[requests.Session] = []

    def w3(self, chain: ChainName = "kgst") -> Web3:
        """A ready web3.py with this wallet's token.

        Args:
            chain: ``kgst`` or ``som``.
        """
        if chain not in self._web3:
            provider = GatewayProvider(self._place, chain, language=self.language, pace=self._pace)
            self._sessions.append(provider.session)
            web3 = Web3(provider)
            web3.eth.default_account = Web3.to_checksum_address(self.address)
            self._web3[chain] = web3
        return self._web3[chain]

    def close(self) -> None:
        """Close the connections; nothing is sent through this wallet afterwards."""
        for session in self._sessions:
            session.close()

    def send(self, call: Call, *, chain: ChainName = "kgst", gas: int | None = None) -> Sent:
        """Submit a transaction and do not wait.

        Args:
            call: a contract's function or constructor with its arguments, or a transaction.
            chain: on which chain.
            gas: gas units; estimated when neither this nor the transaction says.

        Raises:
            PermitRefused: a clause said no.
            ContractReverted: the contract would refuse the call.
            DeskProblem: the gateway did not take it for another reason.
        """
        transaction = self.transaction(call)
        if gas is not None:
            transaction["gas"] = gas
        elif "gas" not in transaction:
            transaction["gas"] = self._gas_for(call, chain)
        try:
            tx_hash = self.w3(chain).eth.send_transaction(transaction)
        except Web3Exception as error:
            raise readable(error, call, chain=chain, language=self.language) from None
        return Sent(TxHash(tx_hash.to_0x_hex()), self, chain)

    def transact(
        self, call: Call, *, chain: ChainName = "kgst", gas: int | None = None
    ) -> TxReceipt:
        """Submit a transaction and wait until it is in a block; as ``send``."""
        return self.send(call, chain=chain, gas=gas).wait()

    def wait(self, sent: Sent, seconds: float = WAIT_SECONDS) -> TxReceipt:
        """Wait until a transaction is in a block.

        Args:
            sent: what ``send`` returned.
            seconds: how long to wait.

        Returns:
            The receipt of a successful transaction.

        Raises:
            PermitRefused: it failed in its block by a clause.
            ContractReverted: it failed in its block by the contract.
            SdkError: ``sdk.tx_not_mined``.
        """
        eth = self.w3(sent.chain).eth
        deadline = time.monotonic() + seconds
        while True:
            try:
                receipt = eth.get_transaction_receipt(HexStr(sent.tx_hash))
            except TransactionNotFound:
                receipt = None
            if receipt is not None:
                break
            if time.monotonic() > deadline:
                raise SdkError(
                    "sdk.tx_not_mined",
                    language=self.language,
                    tx_hash=sent.tx_hash,
                    seconds=seconds,
                )
            time.sleep(POLL_SECONDS)
        if receipt["status"] != 1:
            raise failure(eth, sent.tx_hash, chain=sent.chain, language=self.language)
        return receipt

    def transaction(self, call: Call) -> TxParams:
        """A call as a transaction of this wallet, without gas and nonce."""
        return as_transaction(call, self.address)

    def estimate(self, call: Call, *, chain: ChainName = "kgst") -> int:
        """The gas a call would use now; sends nothing.

        Args:
            call: a contract's function or constructor with its arguments, or a transaction.
            chain: on which chain.

        Raises:
            PermitRefused: a clause would say no.
            ContractReverted: the contract would refuse the call.
        """
        try:
            return self.w3(chain).eth.estimate_gas(self.transaction(call))
        except Web3Exception as error:
            raise readable(error, call, chain=chain, language=self.language) from None

    def _gas_for(self, call: Call, chain: ChainName) -> int:
        """Some more than the estimate; enough to be refused on record when a clause says no."""
        try:
            estimated = self.estimate(call, chain=chain)
        except PermitRefused:
            return MOST_GAS
        return with_room(estimated)


def as_transaction(call: Call, by: Address) -> TxParams:
    """A call as a transaction, without gas and nonce.

    Args:
        call: a contract's function or constructor with its arguments, or a transaction.
        by: who sends it.
    """
    sender = Web3.to_checksum_address(by)
    if isinstance(call, dict):
        return {"value": 0, **call, "from": sender}  # type: ignore[typeddict-item]
    if isinstance(call, ContractConstructor):
        return {"from": sender, "data": call.data_in_transaction, "value": 0}  # type: ignore[typeddict-item]
    filled: TxParams = {"from": sender, "gas": 1, "gasPrice": 1, "nonce": 0, "chainId": 1}  # type: ignore[typeddict-item]
    built = call.build_transaction(filled)
    return {"from": sender, "to": built["to"], "data": built["data"], "value": built["value"]}


def with_room(estimated: int) -> int:
    """An estimate with room for what changes before the block, gas units."""
    return estimated + estimated // 4 + 20_000


def wait_all(sent: list[Sent], *, seconds: float = WAIT_SECONDS) -> list[TxReceipt | SdkError]:
    """Wait for many transactions, with a progress bar in a notebook.

    Args:
        sent: what ``send`` returned, in order.
        seconds: how long to wait for each.

    Returns:
        For each, its receipt, or the error that says why it failed; nothing is raised,
        so that one refusal does not hide the others.
    """
    bar = Progress(len(sent), "")
    results: list[TxReceipt | SdkError] = []
    for done, each in enumerate(sent, start=1):
        try:
            results.append(each.wait(seconds))
        except SdkError as error:
            results.append(error)
        bar.at(done)
    return results
