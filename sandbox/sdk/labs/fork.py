"""A private copy of the public trial ledger.

Rules:

1. The copy is fetched from the desk in parts and checked by its name (a SHA-256); it holds the
   public record only: state and signed transactions, nobody's name, no application, no refusal.
2. It is rebuilt in an engine of one's own: the state of the newest epoch, then every block since,
   until the block hash is the one that the ledger shows. Another hash is an error, never a lab.
3. Then the chain gets the lab's id: what is signed in the copy is valid nowhere else, and nothing
   flows back.
4. Nobody's key is here, so one acts for others by impersonation: also for registrar and issuer.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import time
from functools import cached_property
from typing import Any

from web3.types import TxReceipt

from sandbox.chain.producer import read_head
from sandbox.chain.public_copy import PublicCopy
from sandbox.contracts.loader import artifact
from sandbox.domain.terms import Terms
from sandbox.kit.errors import IntegrityFailure
from sandbox.kit.ids import AssetCode, ChainName
from sandbox.sdk.amounts import Amount, minor
from sandbox.sdk.desk import Desk
from sandbox.sdk.errors import DeskProblem, SdkError
from sandbox.sdk.labs import keys
from sandbox.sdk.labs.engine import LabEngine, private_folder
from sandbox.sdk.labs.keys import LabAccount
from sandbox.sdk.labs.lab import GAS_MONEY, Lab
from sandbox.sdk.labs.provider import EngineProvider
from sandbox.sdk.labs.tokens import LabToken, Who, address_of
from sandbox.toolchain.tools import anvil

_ASSETS: dict[ChainName, AssetCode] = {"kgst": "KGST", "som": "SOM"}
_CONTRACTS: dict[ChainName, str] = {"kgst": "KGST", "som": "DigitalSom"}
_ATTEMPTS = 2


class Fork(Lab):
    """A running copy of the ledger; ``lab(fork="trial")`` makes one.

    Everything of a ``Lab`` but its own people's money and its offices: everybody who is on the
    ledger is here, and can be impersonated.

    Attributes:
        copied: the block that was copied.
        chain: ``kgst`` or ``som``.
    """

    copied: int
    chain: ChainName

    def replay(self, copy: PublicCopy) -> None:
        """Rules 2 and 3.

        Args:
            copy: what this engine began with, and the blocks since.

        Raises:
            IntegrityFailure: ``ledger.copy_differs``.
        """
        call = self._provider.call
        for _number, at, raws in copy.blocks:
            with self._provider.hold_mining():
                for raw in raws:
                    call("eth_sendRawTransaction", raw)
                call("evm_setNextBlockTimestamp", hex(at))
        head = read_head(call("eth_getBlockByNumber", "latest", False))
        if head != copy.head:
            wanted, found = copy.head, head.hash
            raise IntegrityFailure(
                "ledger.copy_differs", block=wanted.number, expected=wanted.hash, found=found
            )
        call("anvil_setChainId", keys.LAB_CHAIN_ID)
        self.copied = head.number

    def take(self, chain: ChainName, supervisor: str, token: str) -> None:
        """Take the national contracts' addresses.

        Args:
            chain: which chain was copied.
            supervisor: the Supervisor's address.
            token: the national money's address.
        """
        self.chain = chain
        self._where = {"supervisor": supervisor, chain: token}
        self._provider.chain_of = lambda _call: chain

    @property
    def money(self) -> LabToken:
        """That chain's national money; ``kgst`` or ``som`` is the same."""
        return self.kgst if self.chain == "kgst" else self.som

    @property
    def assets(self) -> tuple[AssetCode, ...]:
        """The one money of the chain that was copied."""
        return (_ASSETS[self.chain],)

    @cached_property
    def kgst(self) -> LabToken:
        """The national stablecoin; only in a copy of its chain."""
        return self._only("kgst")

    @cached_property
    def som(self) -> LabToken:
        """The digital som; only in a copy of its chain."""
        return self._only("som")

    def _only(self, chain: ChainName) -> LabToken:
        if chain != self.chain:
            raise SdkError("sdk.fork_one_chain", chain=self.chain)
        contract = self.contract(self._where[chain], list(artifact(_CONTRACTS[chain]).abi))
        return LabToken(contract, _ASSETS[chain], self.send, self.issue)

    def token(self, asset: AssetCode) -> LabToken:
        """The money of the chain that was copied.

        Raises:
            SdkError: ``sdk.fork_one_chain``.
        """
        return self.som if asset == "SOM" else self.kgst

    def act_as(self, address: str, call: Any) -> TxReceipt:
        """Send one call as anybody.

        Args:
            address: whose wallet or contract sends.
            call: as ``send``.
        """
        with self.impersonate(address) as who:
            return self.send(call, by=who)

    def issue(self, asset: AssetCode, to: Who, amount: Amount) -> TxReceipt:
        """Issue KGST in the copy, as its issuer.

        Raises:
            SdkError: ``sdk.fork_office`` for digital som: impersonate the central bank.
        """
        if asset != "KGST" or self.chain != "kgst":
            raise SdkError("sdk.fork_office")
        issuer = self.kgst.functions.issuer().call()
        call = self.kgst.functions.issue(address_of(to), minor(amount, asset))
        return self.act_as(issuer, call)

    def enforce(self, terms: Terms) -> None:
        """Not in a copy: regulators' signatures cannot be made here.

        Raises:
            SdkError: ``sdk.fork_office``.
        """
        del terms
        raise SdkError("sdk.fork_office")

    def new_account(self, kind: str = "customer") -> LabAccount:
        """Not in a copy; as ``enforce``."""
        del kind
        raise SdkError("sdk.fork_office")

    def register(self, who: Who) -> TxReceipt:
        """Not in a copy; as ``enforce``."""
        del who
        raise SdkError("sdk.fork_office")

    def __repr__(self) -> str:
        alive = "running" if self._engine.running else "stopped"
        return f"<copy of the {self.chain} ledger at block {self.copied}, {alive}>"


def fork(desk: Desk, chain: ChainName) -> Fork:
    """Copy the public ledger into an engine of one's own.

    Args:
        desk: where the ledger is.
        chain: ``kgst`` or ``som``.

    Raises:
        DeskProblem: ``ledger.*``: the desk does not give a copy.
        IntegrityFailure: ``ledger.copy_damaged``, ``ledger.copy_differs``.
        LabStopped: the engine did not start.
    """
    copy, said = _fetch(desk, chain)
    made = _engine(copy)
    try:
        made.replay(copy)
        made.take(chain, said["supervisor"], said["token"])
        for each in made.accounts:
            made.fund(each, bnb=GAS_MONEY)
        made.set_clock(max(int(time.time()), copy.head.time + 1))
    except BaseException:
        made.close()
        raise
    return made


def _fetch(desk: Desk, chain: ChainName) -> tuple[PublicCopy, dict[str, Any]]:
    """All parts of one copy, checked by its name; once more when it was replaced meanwhile."""
    for attempt in range(_ATTEMPTS):
        first = desk.get(f"/ledger/{chain}/copy")
        parts = [str(first["part"])]
        try:
            for part in range(1, int(first["parts"])):
                more = desk.get(f"/ledger/{chain}/copy", part=part, of=first["of"])
                parts.append(str(more["part"]))
        except DeskProblem as problem:
            if problem.code != "ledger.copy_gone" or attempt + 1 == _ATTEMPTS:
                raise
            continue
        break
    data = "".join(parts).encode()
    if hashlib.sha256(data).hexdigest() != first["of"]:
        raise IntegrityFailure("ledger.copy_damaged", reason="sha256")
    return PublicCopy.from_bytes(data), first


def _engine(copy: PublicCopy) -> Fork:
    """An engine with the copy's first block or snapshot."""
    folder = private_folder()
    try:
        ipc_path, first = folder / "engine.ipc", folder / "first.json"
        first.write_text(json.dumps(copy.spec.genesis or {}), "utf-8")
        command = copy.spec.command(anvil(), ipc_path, first)
        if copy.snapshot is not None:
            state = folder / "state.json"
            state.write_bytes(gzip.decompress(copy.snapshot))
            command = [*_without_genesis(command), "--load-state", str(state)]
        engine = LabEngine(command, folder, ipc_path)
        return Fork(engine, EngineProvider(ipc_path, engine.last_words))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _without_genesis(command: list[str]) -> list[str]:
    place = command.index("--init")
    return [*command[:place], *command[place + 2 :]]
