"""The national chains: deployed once, through the journal, whenever it is interrupted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from sandbox.chain import national
from sandbox.chain.engine import LocalLauncher
from sandbox.chain.national import (
    SYSTEM_FUNDS,
    TREASURY_FUNDS,
    deploy_national,
    national_addresses,
    national_spec,
    system_addresses,
)
from sandbox.chain.node import ChainNode
from sandbox.chain.replay import replay, verify
from sandbox.chain.signer.client import AsyncSignerClient
from sandbox.chain.signer.server import Signer, SignerConfig
from sandbox.contracts.compiler import compile_sources
from sandbox.contracts.loader import artifact
from sandbox.kit.errors import IntegrityFailure, InvalidInput, Unavailable
from sandbox.kit.ids import Address
from sandbox.toolchain.tools import anvil
from tests.chain.support import ACCOUNTS, fast

pytestmark = pytest.mark.anyio
REGULATORS = [ACCOUNTS[0].address, ACCOUNTS[1].address]
OPTIONS = fast()


@pytest.fixture
async def signer(tmp_path: Path) -> AsyncIterator[AsyncSignerClient]:
    process = Signer(SignerConfig(tmp_path / "s", tmp_path / "seed", {}, development=True))
    await process.start()
    client = AsyncSignerClient(tmp_path / "s")
    try:
        yield client
    finally:
        await client.close()
        await process.close()


@pytest.fixture
def launcher() -> LocalLauncher:
    return LocalLauncher(anvil())


async def made(signer, launcher, directory: Path, chain, options=OPTIONS) -> ChainNode:
    system = await system_addresses(signer)
    node = ChainNode(
        national_spec(chain, system),
        directory / chain,
        directory / f"{chain}.ipc",
        launcher,
        options=options,
    )
    await node.start()
    return node


async def truth(node: ChainNode, to: Address, signature: str, *values: str) -> bool:
    data = keccak(text=signature)[:4] + encode(["address"] * len(values), values)
    answer = await node.call("eth_call", {"to": to, "data": "0x" + data.hex()}, "latest")
    return int(answer, 16) == 1


@pytest.mark.parametrize("chain", ["kgst", "som"])
async def test_a_chain_is_deployed_once_and_found_again(signer, launcher, tmp_path, chain):
    node = await made(signer, launcher, tmp_path, chain)
    system = await system_addresses(signer)
    where = await deploy_national(node, signer, REGULATORS)
    assert where == national_addresses(chain, system)
    for regulator in REGULATORS:
        assert await truth(node, where.supervisor, "isRegulator(address)", regulator)
    assert not await truth(node, where.supervisor, "isRegulator(address)", ACCOUNTS[2].address)
    assert await truth(node, where.supervisor, "isToken(address)", where.token)
    head, count = node.head, node.stats()["acknowledged"]
    assert await deploy_national(node, signer, REGULATORS) == where
    await node.close()
    node = await made(signer, launcher, tmp_path, chain)
    assert await deploy_national(node, signer, REGULATORS) == where
    assert (node.head, node.stats()["acknowledged"]) == (head, count)
    await node.close()
    assert (await replay(tmp_path / chain, launcher)).head == head


async def test_where_gas_costs_the_system_wallets_are_funded_by_the_treasury(
    signer, launcher, tmp_path
):
    node = await made(signer, launcher, tmp_path, "kgst")
    await deploy_national(node, signer, REGULATORS)
    system = await system_addresses(signer)
    balance = int(await node.call("eth_getBalance", system.registrar, "latest"), 16)
    left = int(await node.call("eth_getBalance", system.treasury, "latest"), 16)
    assert balance == SYSTEM_FUNDS
    assert left == TREASURY_FUNDS - 5 * SYSTEM_FUNDS - 5 * 21_000 * 10**9
    await node.close()


async def test_where_gas_is_free_an_account_of_zero_balance_can_transact(
    signer, launcher, tmp_path
):
    node = await made(signer, launcher, tmp_path, "som")
    where = await deploy_national(node, signer, REGULATORS)
    system = await system_addresses(signer)
    assert int(await node.call("eth_getBalance", system.centralbank, "latest"), 16) == 0
    assert await truth(node, where.token, "isBank(address)", system.issuer)
    assert not await truth(node, where.token, "isBank(address)", system.relayer)
    await node.close()


class Interrupted(Exception):
    """The process ends here."""


class Interrupting:
    """A signer that stops answering after some signatures."""

    def __init__(self, signer: AsyncSignerClient, after: int) -> None:
        self._signer, self._left = signer, after
        self.address = signer.address

    async def sign_transaction(self, key, tx):
        if self._left == 0:
            raise Interrupted
        self._left -= 1
        return await self._signer.sign_transaction(key, tx)


@pytest.mark.parametrize("chain", ["kgst", "som"])
async def test_interrupted_before_each_step_it_is_finished_by_the_next_start(
    signer, launcher, tmp_path, chain
):
    slow = replace(OPTIONS, blocks=replace(OPTIONS.blocks, interval=0.2))
    steps = {"kgst": 11, "som": 6}[chain]
    for after in range(steps):
        directory = tmp_path / str(after)
        node = await made(signer, launcher, directory, chain, slow)
        with pytest.raises(Interrupted):
            await deploy_national(node, Interrupting(signer, after), REGULATORS)
        await node.close()
        node = await made(signer, launcher, directory, chain)
        await deploy_national(node, signer, REGULATORS)
        await node.close()
        report = verify(directory / chain)
        assert (report.acknowledged, report.mined, report.dropped) == (steps, steps, 0)


async def test_a_ledger_from_before_gets_what_was_added_and_keeps_every_address(
    signer, launcher, tmp_path, monkeypatch
):
    with monkeypatch.context() as before:
        before.setattr(national, "_additions", lambda *_: [])
        before.setattr(national, "_look", AsyncMock())
        node = await made(signer, launcher, tmp_path, "kgst")
        where = await deploy_national(node, signer, REGULATORS)
        assert await node.call("eth_getCode", where.attestations, "latest") == "0x"
        count = node.stats()["acknowledged"]
        await node.close()
    node = await made(signer, launcher, tmp_path, "kgst")
    assert await deploy_national(node, signer, REGULATORS) == where
    assert node.stats()["acknowledged"] == count + 2  # the ledgers too
    assert len(await node.call("eth_getCode", where.attestations, "latest")) > 1_000
    await node.close()


async def test_one_regulator_twice_is_too_few(signer, launcher, tmp_path):
    node = await made(signer, launcher, tmp_path, "som")
    with pytest.raises(InvalidInput, match=r"national\.too_few_regulators"):
        await deploy_national(node, signer, [REGULATORS[0], REGULATORS[0]])
    assert node.stats()["acknowledged"] == 0
    await node.close()


async def test_without_the_signer_nothing_is_done(launcher, tmp_path, signer):
    node = await made(signer, launcher, tmp_path, "som")
    with pytest.raises(Unavailable, match=r"signer\.unavailable"):
        await deploy_national(node, AsyncSignerClient(tmp_path / "none"), REGULATORS)
    assert node.stats()["acknowledged"] == 0
    await node.close()


async def test_another_seed_does_not_fit_the_journal(signer, launcher, tmp_path):
    node = await made(signer, launcher, tmp_path, "kgst")
    await node.close()
    other = Signer(SignerConfig(tmp_path / "o", tmp_path / "other", {}, development=True))
    await other.start()
    client = AsyncSignerClient(tmp_path / "o")
    with pytest.raises(IntegrityFailure) as caught:
        await made(client, launcher, tmp_path, "kgst")
    assert (caught.value.code, caught.value.params["differs"]) == (
        "journal.other_chain",
        "genesis_hash",
    )
    await client.close()
    await other.close()


OLDER = """
// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;
contract Older {
    address public admin;
    address public registrar;
    mapping(address => bool) public isToken;
    constructor(address admin_, address registrar_, address[] memory) {
        (admin, registrar) = (admin_, registrar_);
    }
    function registerToken(address token) external { isToken[token] = true; }
    function registerInstitution(address, bool) external {}
}
"""
REVIEWED = OLDER.replace(
    "address public admin;", "address public admin; Book public reviews = new Book();"
).replace("contract Older", "contract Book {}\ncontract Older")
"""As the version before further limits made it: with its book of reviews, and nothing behind it."""


@pytest.mark.parametrize("source", [OLDER, REVIEWED])
async def test_a_chain_of_an_earlier_version_says_so_and_does_not_start(
    signer, launcher, tmp_path, monkeypatch, source
):
    older = compile_sources({"Older.sol": source})["Older"]
    monkeypatch.setattr(
        national, "artifact", lambda name: older if name == "Supervisor" else artifact(name)
    )
    node = await made(signer, launcher, tmp_path, "kgst")
    try:
        with pytest.raises(IntegrityFailure, match=r"national\.older_contracts"):
            await deploy_national(node, signer, REGULATORS)
        attestations = national_addresses("kgst", await system_addresses(signer)).attestations
        assert await node.call("eth_getCode", attestations, "latest") == "0x", "nothing is added"
    finally:
        await node.close()
