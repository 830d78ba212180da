"""A private chain with the national contracts on it: everything allowed, nothing kept.

Example::

    from sandbox.sdk import lab
    with lab() as chain:
        aida, bek = chain.accounts[:2]
        chain.kgst.transfer(aida, bek, "12.50")
        chain.travel(days=1)

Rules: the engine is this process's own and dies with it; a crash here touches no
other lab; a block is mined after each transaction; the Supervisor is the real one,
so that a draft permit's terms refuse here exactly as they will in the trial.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from eth_account import Account
from web3 import Web3
from web3.contract.contract import Contract as Web3Contract
from web3.exceptions import Web3Exception
from web3.middleware import SignAndSendRawMiddlewareBuilder
from web3.types import TxReceipt

from sandbox.contracts.loader import artifact
from sandbox.kit.ids import Address, AssetCode, checksum
from sandbox.sdk.amounts import Amount, minor
from sandbox.sdk.compiled import Compiled, Contract, one
from sandbox.sdk.errors import SdkError
from sandbox.sdk.failures import failure, readable
from sandbox.sdk.labs import genesis, keys
from sandbox.sdk.labs.engine import LabEngine, private_folder
from sandbox.sdk.labs.keys import LabAccount
from sandbox.sdk.labs.office import Office
from sandbox.sdk.labs.provider import EngineProvider
from sandbox.sdk.labs.tokens import LabToken, Who, address_of
from sandbox.toolchain.tools import anvil

if TYPE_CHECKING:
    from sandbox.sdk.trials import Trial

GAS_MONEY: Final = "100"
"""BNB that a new account gets."""


@dataclass(frozen=True)
class Mark:
    """A point to come back to, as often as one likes."""

    number: int


class Lab:
    """A running lab; ``lab()`` starts one.

    Args:
        engine: the engine, which this lab owns from now on.
        provider: a connection to it.

    Attributes:
        w3: web3.py on this lab; the lab's accounts sign with their own keys.
        accounts: ten people, registered and funded: seven customers, three merchants.
        office: what the authorities do here.
        kgst: the national stablecoin.
        som: the digital som.
        supervisor: the contract that holds the limits.
    """

    kgst: LabToken
    som: LabToken
    supervisor: Web3Contract

    def __init__(self, engine: LabEngine, provider: EngineProvider) -> None:
        self._engine = engine
        self._provider = provider
        self._marks: dict[Mark, str] = {}
        self.w3 = Web3(provider)
        self.accounts = keys.people()
        self.office = Office(self)
        for each in (*self.accounts, *(keys.account(name) for name in keys.SYSTEM)):
            self._sign_for(each)
        self.w3.eth.default_account = Web3.to_checksum_address(self.accounts[0].address)

    def know(self, where: Mapping[str, str]) -> None:
        """Take the national contracts' addresses.

        Args:
            where: addresses of ``supervisor``, ``kgst`` and ``som``.
        """
        self.supervisor = self._contract("Supervisor", where["supervisor"])
        kgst, som = (
            self._contract("KGST", where["kgst"]),
            self._contract("DigitalSom", where["som"]),
        )
        self.kgst = LabToken(kgst, "KGST", self.send, self.issue)
        self.som = LabToken(som, "SOM", self.send, self.issue)

    @property
    def web3(self) -> Web3:
        """The same as ``w3``."""
        return self.w3

    @property
    def pid(self) -> int:
        """The engine's process id."""
        return self._engine.pid

    @property
    def ipc_path(self) -> Path:
        """The engine's socket, for other tools of the same user."""
        return self._engine.ipc_path

    def token(self, asset: AssetCode) -> LabToken:
        """A national asset: ``KGST`` or ``SOM``."""
        return self.som if asset == "SOM" else self.kgst

    # --- transactions -----------------------------------------------------------

    def send(self, call: Any, by: Who | None = None) -> TxReceipt:
        """Send a call and mine it.

        Args:
            call: a contract's function or constructor with its arguments, or a transaction.
            by: who sends; the first account by default.

        Returns:
            The receipt of a successful transaction.

        Raises:
            PermitRefused: a clause of the lab's permit said no.
            ContractReverted: the contract said no.
            LabStopped: the engine is gone.
        """
        sender = Web3.to_checksum_address(address_of(by or self.accounts[0]))
        try:
            if isinstance(call, Mapping):
                tx_hash = self.w3.eth.send_transaction({"value": 0, **call, "from": sender})  # type: ignore[typeddict-item]
            else:
                tx_hash = call.transact({"from": sender})
        except (Web3Exception, SdkError) as error:
            raise readable(error, call) from None
        receipt = self.w3.eth.wait_for_transaction_receipt(tx_hash, timeout=10, poll_latency=0.01)
        if receipt["status"] != 1:
            raise failure(self.w3.eth, tx_hash.to_0x_hex(), call)
        return receipt

    def deploy(
        self, contract: Contract | Compiled, *args: object, by: Who | None = None
    ) -> Web3Contract:
        """Deploy a contract.

        Args:
            contract: what ``compile_source`` gave.
            *args: the constructor's arguments.
            by: who deploys; the first account by default.
        """
        chosen = one(contract)
        factory = self.w3.eth.contract(abi=chosen.abi, bytecode=chosen.bytecode)
        receipt = self.send(factory.constructor(*args), by)
        return self.contract(str(receipt["contractAddress"]), chosen)

    def contract(self, address: str, abi: list[dict[str, Any]] | Contract) -> Web3Contract:
        """A contract that is on chain already."""
        known = abi.abi if isinstance(abi, Contract) else abi
        return self.w3.eth.contract(address=Web3.to_checksum_address(address), abi=known)

    def one_block(self) -> AbstractContextManager[None]:
        """Put every transaction of a ``with`` block into one block; do not wait inside."""
        return self._provider.hold_mining()

    # --- people and money --------------------------------------------------------

    def new_account(self, kind: str = "customer") -> LabAccount:
        """A fresh key, registered with its consent, with gas money.

        Args:
            kind: ``customer`` or ``merchant``.
        """
        made = LabAccount(f"{kind} {secrets.token_hex(2)}", bytes(Account.create().key))
        self._sign_for(made)
        self.fund(made, bnb=GAS_MONEY)
        self.office.enrol(made, kind)
        return made

    def register(self, who: Who) -> TxReceipt:
        """Let an address take part although it cannot sign a consent."""
        return self.office.settle(address_of(who))

    def issue(self, asset: AssetCode, to: Who, amount: Amount) -> TxReceipt:
        """Issue new money to a member.

        Args:
            asset: KGST or SOM.
            to: a registered account.
            amount: whole tokens as text, or minor units as ``int``.
        """
        return self.office.issue(asset, address_of(to), minor(amount, asset))

    def fund(
        self,
        who: Who,
        *,
        bnb: Amount | None = None,
        kgst: Amount | None = None,
        som: Amount | None = None,
    ) -> None:
        """Give test money of any kind; BNB is set on top of what is there."""
        address = address_of(who)
        if bnb is not None:
            held = self.w3.eth.get_balance(Web3.to_checksum_address(address))
            self._provider.call("anvil_setBalance", address, hex(held + minor(bnb, "BNB")))
        if kgst is not None:
            self.issue("KGST", address, kgst)
        if som is not None:
            self.issue("SOM", address, som)

    # --- time and state ------------------------------------------------------------

    def snapshot(self) -> Mark:
        """Remember the chain as it is."""
        mark = Mark(len(self._marks) + 1)
        self._marks[mark] = self._provider.call("evm_snapshot")
        return mark

    def restore(self, mark: Mark) -> None:
        """Go back to a mark; it can be used again. Later marks are gone.

        Raises:
            KeyError: the mark is gone.
        """
        self._provider.call("evm_revert", self._marks[mark])
        self._marks = {
            each: name for each, name in self._marks.items() if each.number < mark.number
        }
        self._marks[mark] = self._provider.call("evm_snapshot")

    def travel(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> int:
        """Move the chain's time forward and mine a block there.

        Returns:
            The new block's time, seconds since 1970.
        """
        self._provider.call("evm_increaseTime", int(days * 86_400 + hours * 3_600 + seconds))
        self._provider.call("evm_mine")
        return int(self.w3.eth.get_block("latest")["timestamp"])

    def set_clock(self, at: int) -> None:
        """Mine a block at a moment; later blocks go on from there.

        Args:
            at: seconds since 1970, after the newest block.
        """
        self._provider.call("evm_setNextBlockTimestamp", at)
        self._provider.call("evm_mine")

    def dump(self) -> bytes:
        """Everything the engine holds, as its own gzipped JSON."""
        return bytes.fromhex(self._provider.call("anvil_dumpState")[2:])

    @contextmanager
    def impersonate(self, address: str) -> Iterator[Address]:
        """Send as somebody whose key is not known; possible in a lab only."""
        who = checksum(address)
        self._provider.call("anvil_impersonateAccount", who)
        if self.w3.eth.get_balance(Web3.to_checksum_address(who)) == 0:
            self.fund(who, bnb=GAS_MONEY)
        try:
            yield who
        finally:
            self._provider.call("anvil_stopImpersonatingAccount", who)

    # --- the end --------------------------------------------------------------------

    def close(self) -> None:
        """Stop the engine; its state is gone."""
        self._provider.disconnect()
        self._engine.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        alive = "running" if self._engine.running else "stopped"
        return f"<lab {alive}, chain id {keys.LAB_CHAIN_ID}, {len(self.accounts)} accounts>"

    def _contract(self, name: str, address: str) -> Web3Contract:
        return self.contract(address, list(artifact(name).abi))

    def _sign_for(self, account: LabAccount) -> None:
        middleware = SignAndSendRawMiddlewareBuilder.build(account.local)
        self.w3.middleware_onion.inject(middleware, layer=0)


def lab(*, permit: Trial | Mapping[str, Any] | None = None) -> Lab:
    """Start a private chain with the national contracts.

    Args:
        permit: a trial, or terms as ``trial.about["terms"]``, to be enforced here;
            without it nothing is limited.

    Raises:
        SdkError: ``sdk.lab_not_built``.
        LabStopped: the engine did not start.
    """
    built = genesis.load()
    made = start(Path(built.path))
    made.know({"supervisor": built.supervisor, "kgst": built.kgst, "som": built.som})
    made.set_clock(int(time.time()))
    if permit is not None:
        made.office.publish(permit if isinstance(permit, Mapping) else permit.about["terms"])
    return made


def start(first_block: Path) -> Lab:
    """Start an engine of one's own from a genesis file.

    Args:
        first_block: the genesis file.

    Raises:
        LabStopped: the engine did not start.
    """
    folder = private_folder()
    ipc_path = folder / "engine.ipc"
    command = genesis.spec({}).command(anvil(), ipc_path, first_block)
    return Lab(LabEngine(command, folder, ipc_path), EngineProvider(ipc_path))
