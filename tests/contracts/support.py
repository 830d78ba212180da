"""A real anvil over IPC, deployed contracts, people with keys, and signed terms."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3 import Web3
from web3.contract.contract import Contract, ContractFunction
from web3.exceptions import ContractCustomError, ContractLogicError

from sandbox.contracts.artifacts import Artifact
from sandbox.contracts.loader import artifact, ledgers_creation
from sandbox.contracts.typed import (
    NO_LIMIT_256,
    ChainRefusal,
    consent_typed_data,
    decode_refusal,
    terms_argument,
    terms_typed_data,
)
from sandbox.kit.ids import PermitNumber, permit_key
from sandbox.toolchain.tools import anvil

KGST = 10**18
PERMIT = permit_key(PermitNumber("SB-2026-0001"))
OTHER = permit_key(PermitNumber("SB-2026-0002"))
CUSTOMER, MERCHANT, SETTLEMENT, CONTRACT = 1, 2, 3, 4
DAY = 86_400


@dataclass
class Engine:
    """A private anvil: mines one block for each transaction, driven over its IPC socket."""

    w3: Web3

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[Engine]:
        folder = Path(tempfile.mkdtemp(prefix="synak-contracts-"))
        command = [
            *(str(anvil()), "--silent", "--port", "0", "--accounts", "0", "--chain-id", "56417"),
            *("--base-fee", "0", "--gas-price", "0", "--gas-limit", "2000000000"),
            *("--ipc", str(folder / "e.ipc")),
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        provider = Web3.IPCProvider(folder / "e.ipc")
        try:
            w3 = Web3(provider)
            deadline = time.monotonic() + 20
            while not ((folder / "e.ipc").exists() and w3.is_connected()):
                assert process.poll() is None, "the engine ended"
                assert time.monotonic() < deadline, "the engine did not start"
                time.sleep(0.02)
            yield cls(w3)
        finally:
            # web3 opens one socket for the provider's life and offers no way to close it.
            if provider._socket is not None and provider._socket.sock is not None:
                provider._socket.sock.close()
            process.terminate()
            process.wait(10)
            shutil.rmtree(folder, ignore_errors=True)

    def ask(self, method: str, *params: Any) -> Any:
        answer = self.w3.provider.make_request(method, list(params))  # type: ignore[arg-type]
        assert "error" not in answer, answer
        return answer["result"]

    def snapshot(self) -> str:
        return str(self.ask("evm_snapshot"))

    def restore(self, mark: str) -> None:
        assert self.ask("evm_revert", mark)

    def now(self) -> int:
        return int(self.w3.eth.get_block("latest")["timestamp"])

    def travel(self, to: int) -> None:
        """Mine an empty block at this time."""
        self.ask("evm_setNextBlockTimestamp", hex(to))
        self.ask("evm_mine")

    def send(self, by: LocalAccount, call: ContractFunction, **extra: Any) -> Mapping[str, Any]:
        """Sign and mine; a revert raises as web3 raises it."""
        call.call({"from": by.address})
        transaction = call.build_transaction(
            {
                "from": by.address,
                "nonce": self.w3.eth.get_transaction_count(by.address),
                "gas": 10_000_000,
                "gasPrice": 0,
                **extra,
            }
        )
        signed = by.sign_transaction(transaction)
        receipt = self.w3.eth.wait_for_transaction_receipt(
            self.w3.eth.send_raw_transaction(signed.raw_transaction), poll_latency=0.01
        )
        assert receipt["status"] == 1, receipt
        return receipt

    def deploy(self, by: LocalAccount, built: Artifact, *arguments: Any) -> Contract:
        factory = self.w3.eth.contract(abi=built.abi, bytecode=built.bytecode)
        transaction = factory.constructor(*arguments).build_transaction(
            {
                "from": by.address,
                "nonce": self.w3.eth.get_transaction_count(by.address),
                "gas": 15_000_000,
                "gasPrice": 0,
            }
        )
        signed = by.sign_transaction(transaction)
        receipt = self.w3.eth.wait_for_transaction_receipt(
            self.w3.eth.send_raw_transaction(signed.raw_transaction), poll_latency=0.01
        )
        assert receipt["status"] == 1, receipt
        return self.w3.eth.contract(address=receipt["contractAddress"], abi=built.abi)


def refusal_of(error: BaseException) -> ChainRefusal:
    """The Supervisor's refusal inside what web3 raised; fails when it is none."""
    data = getattr(error, "data", None)
    assert isinstance(data, str), error
    refusal = decode_refusal(bytes.fromhex(data[2:]))
    assert refusal is not None, data
    return refusal


REVERTS = (ContractCustomError, ContractLogicError)


def person(name: str) -> bytes:
    return keccak(text="salt:" + name)


@dataclass
class World:
    """Supervisor and KGST with their roles, all with keys of their own."""

    engine: Engine
    supervisor: Contract
    kgst: Contract
    admin: LocalAccount
    registrar: LocalAccount
    issuer: LocalAccount
    regulators: list[LocalAccount]
    versions: dict[bytes, int] = field(default_factory=dict)

    @classmethod
    def deployed(cls, engine: Engine) -> World:
        admin, registrar, issuer, *regulators = (Account.create() for _ in range(6))
        supervisor = engine.deploy(
            admin,
            artifact("Supervisor"),
            admin.address,
            registrar.address,
            [each.address for each in regulators],
        )
        creation = ledgers_creation(supervisor.address)
        engine.send(admin, supervisor.functions.makeLedgers(creation))
        kgst = engine.deploy(admin, artifact("KGST"), supervisor.address, issuer.address)
        engine.send(admin, supervisor.functions.registerToken(kgst.address))
        return cls(engine, supervisor, kgst, admin, registrar, issuer, regulators)

    @property
    def chain_id(self) -> int:
        return int(self.engine.w3.eth.chain_id)

    def terms(self, permit: bytes = PERMIT, **changes: Any) -> dict[str, Any]:
        """The trial journey's conditions, version next, with changes; asset fields by name."""
        now = self.engine.now()
        asset = {
            "token": self.kgst.address,
            "perTransaction": 5_000 * KGST,
            "windowVolume": 500_000 * KGST,
            "customerCap": 20_000 * KGST,
            "merchantCap": 300_000 * KGST,
            "outstandingCap": NO_LIMIT_256,
        }
        asset |= {name: changes.pop(name) for name in list(changes) if name in asset}
        return {
            "permit": permit,
            "version": self.supervisor.functions.lastVersion(permit).call() + 1,
            "state": 1,
            "start": now - 60,
            "end": now + 90 * DAY,
            "maxCustomers": 20,
            "maxMerchants": 3,
            "contractReview": False,
            "assets": [asset],
        } | changes

    def sign(self, terms: Mapping[str, Any], *signers: LocalAccount) -> list[bytes]:
        typed = terms_typed_data(self.chain_id, self.supervisor.address, terms)
        return [bytes(each.sign_typed_data(full_message=typed).signature) for each in signers]

    def publish(self, terms: Mapping[str, Any], *signers: LocalAccount) -> Mapping[str, Any]:
        """Relayed by somebody without a role."""
        signatures = self.sign(terms, *(signers or self.regulators[:2]))
        call = self.supervisor.functions.publish(terms_argument(terms), signatures)
        return self.engine.send(Account.create(), call)

    def consent(
        self, wallet: LocalAccount, who: bytes, permit: bytes = PERMIT
    ) -> tuple[int, bytes]:
        deadline = self.engine.now() + 3_600
        typed = consent_typed_data(
            self.chain_id,
            self.supervisor.address,
            permit=permit,
            wallet=wallet.address,
            person=who,
            deadline=deadline,
        )
        return deadline, bytes(wallet.sign_typed_data(full_message=typed).signature)

    def enrol(
        self, kind: int, name: str = "", *, permit: bytes = PERMIT, funds: int = 0
    ) -> LocalAccount:
        """A new wallet, consented and registered, with KGST issued to it."""
        wallet = Account.create()
        if kind in (CUSTOMER, MERCHANT):
            who = person(name or wallet.address)
            deadline, consent = self.consent(wallet, who, permit)
        else:
            who, deadline, consent = bytes(32), 0, b""
        self.engine.send(
            self.registrar,
            self.supervisor.functions.register(
                permit, wallet.address, kind, who, deadline, consent
            ),
        )
        if funds:
            self.issue(wallet.address, funds)
        return wallet

    def issue(self, to: str, amount: int) -> Mapping[str, Any]:
        return self.engine.send(self.issuer, self.kgst.functions.issue(to, amount))

    def pay(self, payer: LocalAccount, to: str, amount: int) -> Mapping[str, Any]:
        return self.engine.send(payer, self.kgst.functions.transfer(to, amount))

    def usage(self, permit: bytes = PERMIT) -> tuple[int, int, int, int]:
        return tuple(self.supervisor.functions.usage(permit, self.kgst.address).call())

    def replaced(self, **changes: Any) -> World:
        return dataclasses.replace(self, **changes)
