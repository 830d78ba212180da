"""The two national chains: their genesis, their contracts, their system wallets.

Rules:

- Everything that exists on a chain is in its genesis or came through its journal: the
  deployment is transactions like any other.
- Each step is one transaction with a fixed sender and nonce, so a step is done at
  most once: a step whose nonce is used is done. kill -9 anywhere, and the next start
  goes on with the next step.
- The contracts' addresses follow from the deployer's address: Supervisor at nonce 0,
  token at nonce 1, on the KGST chain Attestations at nonce 5. What a later version adds
  takes the next nonce: a ledger of an earlier version gets it at its next start, and no
  address that is known changes.

The plan, in stages that wait for each other:

1. (KGST chain, where gas costs) the treasury gives every system wallet test BNB.
2. The deployer creates the Supervisor, then the token; then it registers the token
   and the issuer's wallet as an institution.
3. A Supervisor of an earlier version stops the start: nothing is added to it. This one makes its
   SupervisedLedgers (a call of the deployer); on the KGST chain the deployer creates Attestations.
4. (digital-som chain) the central bank registers the issuer's wallet as a bank.
5. What was deployed is looked at; what is not as planned stops the start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import rlp
import structlog
from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from eth_utils.crypto import keccak

from sandbox.chain.engine import GAS_LIMIT, EngineSpec
from sandbox.chain.ipc import EngineError
from sandbox.chain.node import ChainNode
from sandbox.chain.signer.client import AsyncSignerClient
from sandbox.chain.transaction import decode
from sandbox.contracts.loader import artifact, ledgers_creation
from sandbox.contracts.made import (
    ATTESTATIONS_NONCE,
    attestations_address,
    further_address,
    ledgers_address,
    reviews_address,
)
from sandbox.kit.errors import IntegrityFailure, InvalidInput, Unavailable
from sandbox.kit.ids import CHAIN_IDS, Address, ChainName, TxHash, checksum

_log = structlog.get_logger()

GENESIS_TIME: Final = 1_767_225_600
"""2026-01-01T00:00:00Z, seconds since 1970."""
TREASURY_FUNDS: Final = 10**9 * 10**18
"""What the treasury holds at genesis, wei."""
SYSTEM_FUNDS: Final = 10**5 * 10**18
"""What each other system wallet is given where gas costs, wei."""
GAS_PRICES: Final[dict[ChainName, int]] = {"kgst": 10**9, "som": 0}
"""The least price of gas, wei."""
TOKENS: Final[dict[ChainName, str]] = {"kgst": "KGST", "som": "DigitalSom"}
_TRANSFER_GAS: Final = 21_000
_CALL_GAS: Final = 500_000
_DEPLOY_GAS: Final = 16_000_000
_WAIT: Final = 120.0
_LOOK_AGAIN: Final = 0.05


@dataclass(frozen=True, slots=True)
class SystemAddresses:
    """The wallets ``system/<role>`` of the signer.

    Attributes:
        deployer: creates the contracts and is the Supervisor's admin.
        issuer: issues KGST; on the digital-som chain a bank.
        centralbank: issues digital som to banks.
        registrar: registers members.
        relayer: hands in what others have signed.
        treasury: holds the test BNB of the genesis.
    """

    deployer: Address
    issuer: Address
    centralbank: Address
    registrar: Address
    relayer: Address
    treasury: Address


@dataclass(frozen=True, slots=True)
class NationalAddresses:
    """Where a chain's national contracts are.

    Attributes:
        attestations: where permits and heads of the audit log are attested; None but on the
            KGST chain.
    """

    chain: ChainName
    supervisor: Address
    token: Address
    attestations: Address | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """One transaction: who (a role), at which nonce, what."""

    role: str
    nonce: int
    to: Address | None
    data: bytes
    gas: int
    value: int = 0


async def system_addresses(signer: AsyncSignerClient) -> SystemAddresses:
    """The system wallets.

    Raises:
        Unavailable: ``signer.unavailable``.
    """
    roles = [each.name for each in fields(SystemAddresses)]
    return SystemAddresses(**{role: await signer.address(f"system/{role}") for role in roles})


def national_spec(chain: ChainName, system: SystemAddresses) -> EngineSpec:
    """The engine of a national chain.

    Args:
        chain: which one.
        system: its system wallets; the treasury holds the genesis funds.
    """
    genesis: dict[str, Any] = {
        "config": {"chainId": CHAIN_IDS[chain]},
        "nonce": "0x0",
        "timestamp": hex(GENESIS_TIME),
        "extraData": "0x" + f"synak {chain}".encode().hex(),
        "gasLimit": hex(GAS_LIMIT),
        "difficulty": "0x0",
        "mixHash": "0x" + "00" * 32,
        "coinbase": "0x" + "00" * 20,
        "number": "0x0",
        "gasUsed": "0x0",
        "parentHash": "0x" + "00" * 32,
        "baseFeePerGas": "0x0",
        "alloc": {system.treasury: {"balance": hex(TREASURY_FUNDS)}},
    }
    return EngineSpec(chain, CHAIN_IDS[chain], genesis, GAS_PRICES[chain])


def contract_address(sender: Address, nonce: int) -> Address:
    """Where a deployment lands.

    Args:
        sender: who deploys.
        nonce: of the deployment.

    Source: Ethereum Yellow Paper, section 7.
    """
    return checksum("0x" + keccak(rlp.encode([bytes.fromhex(sender[2:]), nonce]))[12:].hex())


def national_addresses(chain: ChainName, system: SystemAddresses) -> NationalAddresses:
    """Where the contracts are, or will be."""
    return NationalAddresses(
        chain,
        contract_address(system.deployer, 0),
        contract_address(system.deployer, 1),
        attestations_address(system.deployer) if chain == "kgst" else None,
    )


async def deploy_national(
    node: ChainNode, signer: AsyncSignerClient, regulators: Sequence[Address]
) -> NationalAddresses:
    """Deploy what is missing, then look at it; safe to call at every start.

    Args:
        node: a started chain.
        signer: holds the system keys.
        regulators: registered at the deployment, at least two; ignored when the
            Supervisor is there already.

    Raises:
        InvalidInput: ``national.too_few_regulators``.
        IntegrityFailure: ``national.not_as_planned``; ``national.older_contracts``: an earlier
            version of this program deployed others.
        Unavailable: chain or signer is out of reach; call again.
    """
    if len(set(regulators)) < 2:
        raise InvalidInput("national.too_few_regulators", least=2, given=len(set(regulators)))
    chain = node.spec.chain
    system = await system_addresses(signer)
    where = national_addresses(chain, system)
    for stage in (_funding(node, system), _contracts(node, system, regulators)):
        await _take(node, signer, system, stage)
    await _require_this_version(node, where)
    for stage in (_additions(where, system), _bank(node, system)):
        await _take(node, signer, system, stage)
    await _look(node, where, system)
    return where


async def _take(
    node: ChainNode, signer: AsyncSignerClient, system: SystemAddresses, stage: list[_Step]
) -> None:
    """Hand in what is missing of a stage and wait for all of it."""
    hashes = [tx_hash for step in stage if (tx_hash := await _do(node, signer, system, step))]
    for tx_hash in hashes:
        receipt = await node.wait_receipt(tx_hash, timeout=_WAIT)
        if receipt["status"] != "0x1":
            chain = node.spec.chain
            raise IntegrityFailure("national.not_as_planned", chain=chain, hash=tx_hash)
    await _mined(node, [getattr(system, step.role) for step in stage])


async def _mined(node: ChainNode, senders: Sequence[Address]) -> None:
    """What an earlier start handed in is in blocks too, before the next stage."""
    try:
        async with asyncio.timeout(_WAIT):
            while any(node.queued(sender) for sender in senders):  # noqa: ASYNC110 - once, at a start
                await asyncio.sleep(_LOOK_AGAIN)
    except TimeoutError as error:
        raise Unavailable("national.not_mined_yet", chain=node.spec.chain) from error


def _funding(node: ChainNode, system: SystemAddresses) -> list[_Step]:
    """Stage 1."""
    if node.spec.gas_price == 0:
        return []
    others = [each.name for each in fields(system) if each.name != "treasury"]
    return [
        _Step("treasury", nonce, getattr(system, role), b"", _TRANSFER_GAS, SYSTEM_FUNDS)
        for nonce, role in enumerate(others)
    ]


def _contracts(
    node: ChainNode, system: SystemAddresses, regulators: Sequence[Address]
) -> list[_Step]:
    """Stage 2."""
    chain = node.spec.chain
    where = national_addresses(chain, system)
    admission = (system.deployer, system.registrar, list(dict.fromkeys(regulators)))
    issuer = system.issuer if chain == "kgst" else system.centralbank
    supervisor = artifact("Supervisor").bytecode + abi_encode(
        ["address", "address", "address[]"], admission
    )
    token = artifact(TOKENS[chain]).bytecode + abi_encode(
        ["address", "address"], (where.supervisor, issuer)
    )
    return [
        _Step("deployer", 0, None, supervisor, _DEPLOY_GAS),
        _Step("deployer", 1, None, token, _DEPLOY_GAS),
        _call("deployer", 2, where.supervisor, "registerToken(address)", where.token),
        _call(
            "deployer",
            3,
            where.supervisor,
            "registerInstitution(address,bool)",
            system.issuer,
            True,
        ),
    ]


def _additions(where: NationalAddresses, system: SystemAddresses) -> list[_Step]:
    """Stage 3."""
    data = _input("makeLedgers(bytes)", ledgers_creation(where.supervisor))
    ledgers = _Step("deployer", 4, where.supervisor, data, _DEPLOY_GAS)
    if where.attestations is None:
        return [ledgers]
    made = artifact("Attestations").bytecode + abi_encode(
        ["address", "address"], (where.supervisor, system.relayer)
    )
    return [ledgers, _Step("deployer", ATTESTATIONS_NONCE, None, made, _DEPLOY_GAS)]


def _bank(node: ChainNode, system: SystemAddresses) -> list[_Step]:
    """Stage 4."""
    if node.spec.chain != "som":
        return []
    token = national_addresses("som", system).token
    return [_call("centralbank", 0, token, "registerBank(address,bool)", system.issuer, True)]


def _call(role: str, nonce: int, to: Address, signature: str, *values: Any) -> _Step:
    return _Step(role, nonce, to, _input(signature, *values), _CALL_GAS)


def _input(signature: str, *values: Any) -> bytes:
    types = signature[signature.index("(") + 1 : -1].split(",")
    return keccak(text=signature)[:4] + abi_encode(types, values)


async def _do(
    node: ChainNode, signer: AsyncSignerClient, system: SystemAddresses, step: _Step
) -> TxHash | None:
    """Hand in a step unless its nonce is used."""
    if node.pending_nonce(getattr(system, step.role)) > step.nonce:
        return None
    signed = await signer.sign_transaction(
        f"system/{step.role}",
        {
            "nonce": step.nonce,
            "to": step.to,
            "data": step.data,
            "gas": step.gas,
            "value": step.value,
            "gasPrice": node.spec.gas_price,
            "chainId": node.spec.chain_id,
        },
    )
    meta = {"permit": None, "system": "national", "step": f"{step.role}/{step.nonce}"}
    tx_hash = await node.submit(decode(signed.raw), meta)
    _log.info("national.step", chain=node.spec.chain, step=meta["step"], hash=tx_hash)
    return tx_hash


async def _require_this_version(node: ChainNode, where: NationalAddresses) -> None:
    """Stop at a Supervisor that has not, or plans elsewhere, what this version's has."""
    made = {
        "reviews()": reviews_address(where.supervisor),
        "further()": further_address(where.supervisor),
        "ledgers()": ledgers_address(where.supervisor),
    }
    for getter, planned in made.items():
        found = await _ask(node, where.supervisor, keccak(text=getter)[:4], "address")
        if str(found).lower() != planned.lower():
            raise IntegrityFailure(
                "national.older_contracts", chain=node.spec.chain, contract=where.supervisor
            )


async def _look(node: ChainNode, where: NationalAddresses, system: SystemAddresses) -> None:
    """Stage 5."""
    chain = node.spec.chain
    ledgers = ledgers_address(where.supervisor)
    asks: list[tuple[Address, bytes, str, Any]] = [
        (where.supervisor, _input("isToken(address)", where.token), "bool", True),
        (where.supervisor, keccak(text="admin()")[:4], "address", system.deployer),
        (where.supervisor, keccak(text="registrar()")[:4], "address", system.registrar),
        (where.token, keccak(text="supervisor()")[:4], "address", where.supervisor),
        (ledgers, keccak(text="supervisor()")[:4], "address", where.supervisor),
    ]
    if chain == "som":
        asks.append((where.token, _input("isBank(address)", system.issuer), "bool", True))
    if where.attestations is not None:
        own = where.attestations
        asks.append((own, keccak(text="supervisor()")[:4], "address", where.supervisor))
        asks.append((own, keccak(text="recorder()")[:4], "address", system.relayer))
    for to, data, kind, right in asks:
        found = await _ask(node, to, data, kind)
        if str(found).lower() != str(right).lower():
            raise IntegrityFailure("national.not_as_planned", chain=chain, contract=to)


async def _ask(node: ChainNode, to: Address, data: bytes, kind: str) -> Any:
    """What a contract answers; None when it does not know the question."""
    try:
        answer = await node.call("eth_call", {"to": to, "data": "0x" + data.hex()}, "latest")
    except EngineError:
        return None
    raw = bytes.fromhex(answer[2:])
    return abi_decode([kind], raw)[0] if len(raw) == 32 else None
