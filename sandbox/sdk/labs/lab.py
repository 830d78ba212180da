"""A private chain with the national contracts on it: everything allowed, nothing kept.

Example::

    from sandbox.sdk import lab
    with lab() as chain:
        aida, bek = chain.accounts[:2]
        chain.kgst.transfer(aida, bek, "12.50")
        with chain.snapshot():                  # what happens inside is undone
            chain.travel(days=1)
            with chain.impersonate(bek) as who:
                chain.kgst.transfer(who, aida, "1")

Rules: the engine is this process's own and dies with it; a crash here touches no
other lab; a block is mined after each transaction; the Supervisor is the real one,
so that a draft permit's terms refuse here exactly as they will in the trial.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

from eth_account import Account
from hexbytes import HexBytes
from web3 import Web3
from web3.contract.contract import Contract as Web3Contract
from web3.exceptions import Web3Exception
from web3.middleware import SignAndSendRawMiddlewareBuilder
from web3.types import TxParams, TxReceipt

from sandbox.contracts.loader import artifact
from sandbox.contracts.trace import asking_of_supervisor
from sandbox.domain.terms import Terms
from sandbox.domain.usage import Usage
from sandbox.kit.ids import Address, AssetCode, ChainName, checksum
from sandbox.sdk.amounts import Amount, minor
from sandbox.sdk.compiled import Compiled, Contract, one
from sandbox.sdk.errors import PermitRefused, SdkError
from sandbox.sdk.failures import failure, readable
from sandbox.sdk.labs import keys
from sandbox.sdk.labs.engine import LabEngine
from sandbox.sdk.labs.keys import LabAccount
from sandbox.sdk.labs.marks import Mark
from sandbox.sdk.labs.moments import FARTHEST, moment
from sandbox.sdk.labs.office import Office
from sandbox.sdk.labs.provider import EngineProvider
from sandbox.sdk.labs.rules import Rules
from sandbox.sdk.labs.tokens import LabToken, Who, address_of
from sandbox.sdk.wallets import MOST_GAS, as_transaction, with_room

GAS_MONEY: Final = "100"
"""BNB that a new account gets."""
MOST_BLOCKS: Final = 1_000
"""Blocks that one call mines."""


class Lab:
    """A running lab; ``lab()`` starts one.

    Args:
        engine: the engine, which this lab owns from now on.
        provider: a connection to it.

    Attributes:
        w3: web3.py on this lab; the lab's accounts sign with their own keys.
        accounts: ten people, registered: seven customers, three merchants (fewer where the
            terms allow fewer); funded unless terms are in force.
        office: what the authorities do here.
    """

    def __init__(self, engine: LabEngine, provider: EngineProvider) -> None:
        self._engine = engine
        self._provider = provider
        self._marks: dict[Mark, tuple[str, Usage | None]] = {}
        self._marked = 0
        self.w3 = Web3(provider)
        self.accounts = keys.people()
        self._offices = {keys.account(name).address for name in keys.SYSTEM}
        self.office = Office(self)
        self._where: dict[str, str] = {}
        self._sign_for(*self.accounts, *(keys.account(name) for name in keys.SYSTEM))
        self.w3.eth.default_account = Web3.to_checksum_address(self.accounts[0].address)

    def know(self, where: Mapping[str, str]) -> None:
        """Take the national contracts' addresses.

        Args:
            where: addresses of ``supervisor``, ``kgst`` and ``som``.
        """
        self._where = dict(where)
        self._provider.chain_of = self._chain_of

    @cached_property
    def supervisor(self) -> Web3Contract:
        """The contract that holds the limits."""
        return self.contract(self._where["supervisor"], list(artifact("Supervisor").abi))

    @cached_property
    def kgst(self) -> LabToken:
        """The national stablecoin."""
        contract = self.contract(self._where["kgst"], list(artifact("KGST").abi))
        return LabToken(contract, "KGST", self.send, self.issue)

    @cached_property
    def som(self) -> LabToken:
        """The digital som."""
        contract = self.contract(self._where["som"], list(artifact("DigitalSom").abi))
        return LabToken(contract, "SOM", self.send, self.issue)

    def enforce(self, terms: Terms) -> None:
        """Put terms in force: on the lab's Supervisor, and what a trial's gateway holds.

        Args:
            terms: of a draft; see ``sandbox.sdk.labs.terms.read``.

        Raises:
            ContractReverted: the Supervisor does not take them.
        """
        with self.apart():
            self._fit(terms)
            if terms.residences is not None:
                self.office.describe(self.accounts)
            version = self.office.publish(terms)
        self._provider.rules = Rules(terms, version, lambda: self.now, self._money())

    def _money(self) -> dict[str, ChainName]:
        """The addresses of the national assets, and the chain that each stands for."""
        where: dict[ChainName, str] = {"kgst": self._where["kgst"], "som": self._where["som"]}
        return {checksum(address): chain for chain, address in where.items()}

    def _fit(self, terms: Terms) -> None:
        """Let go those of the lab's own people that the terms have no place for."""
        kinds = (("customer", terms.max_customers), ("merchant", terms.max_merchants))
        for kind, most in kinds:
            there = [each for each in self.accounts if each.name.startswith(kind)]
            for each in there[most:] if isinstance(most, int) else ():
                if self.kgst.balance(each) or self.som.balance(each):
                    continue
                self.office.release(each.address)
                self.accounts.remove(each)

    @property
    def terms(self) -> Rules | None:
        """The terms that are tried here and what is used of them; ``None``: nothing is limited."""
        return self._provider.rules

    @property
    def assets(self) -> tuple[AssetCode, ...]:
        """The national assets that can be used here: those of the terms, or both."""
        return ("KGST", "SOM") if self.terms is None else self.terms.policy.assets

    @property
    def now(self) -> datetime:
        """The newest block's time, UTC."""
        block = self._provider.call("eth_getBlockByNumber", "latest", False)
        return datetime.fromtimestamp(int(block["timestamp"], 16), tz=UTC)

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
        if self._provider.held:
            raise SdkError("sdk.lab_mining_held")
        with self.apart() if self._is_office(by) else nullcontext():
            return self.wait(self.submit(call, by), call)

    def wait(self, tx_hash: HexBytes, call: Any = None) -> TxReceipt:
        """The receipt of a transaction that was submitted.

        Args:
            tx_hash: what ``submit`` gave.
            call: what was called: its interface names the contract's own errors.

        Returns:
            The receipt of a successful transaction.

        Raises:
            PermitRefused: it failed in its block by a clause.
            ContractReverted: it failed in its block by the contract.
        """
        receipt = self.w3.eth.wait_for_transaction_receipt(tx_hash, timeout=10, poll_latency=0.01)
        if receipt["status"] != 1:
            raise failure(self.w3.eth, tx_hash.to_0x_hex(), call)
        return receipt

    def submit(self, call: Any, by: Who | None = None) -> HexBytes:
        """Send a call and do not wait: what several transactions of one block need.

        Args:
            call: as ``send``.
            by: who sends; the first account by default.

        Returns:
            The transaction's hash.

        Raises:
            PermitRefused: a clause of the lab's permit said no.
            ContractReverted: the contract would say no.
            LabStopped: the engine is gone.
        """
        try:
            with self.apart() if self._is_office(by) else nullcontext():
                transaction = as_transaction(call, address_of(by or self.accounts[0]))
                if "gas" not in transaction:
                    transaction["gas"] = self._gas_for(transaction)
                return self.w3.eth.send_transaction(transaction)
        except (Web3Exception, SdkError) as error:
            raise readable(error, call) from None

    def apart(self) -> AbstractContextManager[None]:
        """What is asked inside is the lab's own business, not a request under the terms."""
        return self._provider.apart()

    def _is_office(self, by: Who | None) -> bool:
        return by is not None and address_of(by) in self._offices

    def _gas_for(self, transaction: TxParams) -> int:
        """Some more than the estimate; enough to be refused as in a trial when a clause says no."""
        try:
            return with_room(self.w3.eth.estimate_gas(transaction))
        except PermitRefused:
            if self.terms is None:
                raise
            return self.terms.gas(MOST_GAS)

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
        """Put every transaction that is submitted inside a ``with`` into one block.

        Inside, use ``submit``: nothing is mined before the end.
        """
        return self._provider.hold_mining()

    def mine(self, blocks: int = 1) -> int:
        """Mine empty blocks, one second apart.

        Args:
            blocks: how many, 1 to ``MOST_BLOCKS``.

        Returns:
            The newest block's number.

        Raises:
            SdkError: ``sdk.lab_blocks``.
        """
        if (
            isinstance(blocks, bool)
            or not isinstance(blocks, int)
            or not 1 <= blocks <= MOST_BLOCKS
        ):
            raise SdkError("sdk.lab_blocks", most=MOST_BLOCKS)
        self._provider.call("anvil_mine", hex(blocks), "0x1")
        return int(self._provider.call("eth_blockNumber"), 16)

    # --- people and money --------------------------------------------------------

    def new_account(self, kind: str = "customer") -> LabAccount:
        """A fresh key, registered with its consent, with gas money.

        Args:
            kind: ``customer`` or ``merchant``.
        """
        made = LabAccount(f"{kind} {secrets.token_hex(2)}", bytes(Account.create().key))
        self._sign_for(made)
        self.fund(made, bnb=GAS_MONEY)
        self.office.describe([made])
        self.office.enrol(made, kind)
        return made

    def describe(self, who: LabAccount, *, residence: str = "KG", level: str = "none") -> TxReceipt:
        """Say where a person lives and how well it is identified.

        Args:
            who: a person of this lab.
            residence: an ISO 3166-1 code; the people of a lab live in ``KG``.
            level: ``none``, ``simplified`` or ``full``; the travel rule asks for ``full``.

        Raises:
            InvalidInput: ``terms.residence_malformed``, ``customer.level``.
        """
        return self.office.describe([who], residence, level)

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
        """Remember the chain as it is, and what is used of the terms.

        ``with chain.snapshot():`` comes back at its end by itself.
        """
        self._marked += 1
        mark = Mark(self._marked, self)
        self._keep(mark)
        return mark

    def restore(self, mark: Mark) -> None:
        """Go back to a mark; it can be used again. Later marks are gone.

        Raises:
            KeyError: the mark is gone.
        """
        name, used = self._marks[mark]
        self._provider.call("evm_revert", name)
        if self.terms is not None and used is not None:
            self.terms.usage = used
        self._marks = {
            each: kept for each, kept in self._marks.items() if each.number < mark.number
        }
        self._keep(mark)

    def _keep(self, mark: Mark) -> None:
        used = None if self.terms is None else self.terms.copy()
        self._marks[mark] = (self._provider.call("evm_snapshot"), used)

    def travel(
        self,
        *,
        days: float = 0,
        hours: float = 0,
        seconds: float = 0,
        to: datetime | date | str | None = None,
    ) -> int:
        """Move the chain's time forward and mine a block there.

        Args:
            days: by how many days of 24 hours.
            hours: by how many hours.
            seconds: by how many seconds.
            to: to a moment instead: ``"2027-01-31"`` or a ``date`` (its midnight, UTC), an ISO
                8601 text, or a ``datetime``; without a zone it is UTC.

        Returns:
            The new block's time, seconds since 1970.

        Raises:
            SdkError: ``sdk.lab_backwards``, ``sdk.lab_too_far``, ``sdk.lab_moment``.
        """
        now = int(self.now.timestamp())
        at = now + int(days * 86_400 + hours * 3_600 + seconds) if to is None else moment(to)
        if at <= now:
            raise SdkError("sdk.lab_backwards", now=self.now.isoformat())
        if at > FARTHEST.timestamp():
            raise SdkError("sdk.lab_too_far", farthest=FARTHEST.date().isoformat())
        self.set_clock(at)
        return at

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
        """Send as somebody whose key is not known; possible in a lab only.

        Args:
            address: anybody; gets gas money when there is none.

        Yields:
            The address, to be given as ``by`` or ``from``.
        """
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

    def __exit__(self, *_reason: object) -> None:
        self.close()

    def __repr__(self) -> str:
        alive = "running" if self._engine.running else "stopped"
        terms = "" if self.terms is None else ", under terms"
        people = len(self.accounts)
        return f"<lab {alive}{terms}, chain id {keys.LAB_CHAIN_ID}, {people} accounts>"

    def _chain_of(self, call: Mapping[str, Any]) -> ChainName:
        """Which chain's money a refused call is about: of its addressee, else of the trace."""
        money = self._money()
        to = checksum(str(call["to"])) if call.get("to") else ""
        if to in money:
            return money[to]
        options = {"tracer": "callTracer"}
        asked = {**call, "gas": hex(MOST_GAS)}
        frame = self._provider.call("debug_traceCall", asked, "latest", options)
        asking = asking_of_supervisor(frame, self._where["supervisor"])
        return money.get(checksum(asking[-1]), "kgst") if asking else "kgst"

    def _sign_for(self, *accounts: LabAccount) -> None:
        middleware = SignAndSendRawMiddlewareBuilder.build([each.local for each in accounts])
        self.w3.middleware_onion.inject(middleware, layer=0)
