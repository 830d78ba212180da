"""What is signed about contracts: the contract's own digests, its address, its refusal."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from web3.contract.contract import Contract

from sandbox.contracts.compiler import compile_sources
from sandbox.contracts.loader import artifact
from sandbox.contracts.made import reviews_address
from sandbox.contracts.typed import approval_argument, approval_typed_data, withdrawal_typed_data
from tests.contracts.support import CUSTOMER, KGST, PERMIT, REVERTS, World, refusal_of

TILL = """
// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;
contract Till {}
"""


@pytest.fixture
def book(world: World) -> Contract:
    address = reviews_address(world.supervisor.address)
    return world.engine.w3.eth.contract(address=address, abi=artifact("ContractReviews").abi)


def _digest(typed: dict) -> bytes:
    signable = encode_typed_data(full_message=typed)
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def test_the_book_stands_where_it_is_computed_to_stand(world: World, book: Contract) -> None:
    assert world.supervisor.functions.reviews().call() == book.address
    assert book.functions.supervisor().call() == world.supervisor.address


def test_typed_data_has_the_contracts_own_digest(world: World, book: Contract) -> None:
    layers = [(world.kgst.address, b"\x01" * 32), (world.supervisor.address, "0x" + "02" * 32)]
    typed = approval_typed_data(world.chain_id, book.address, permit=PERMIT, nonce=3, layers=layers)
    argument = approval_argument(PERMIT, 3, layers)
    assert _digest(typed) == book.functions.hashApproval(argument).call()
    ended = withdrawal_typed_data(
        world.chain_id, book.address, permit=PERMIT, account=world.kgst.address, nonce=7
    )
    expected = book.functions.hashWithdrawal(PERMIT, world.kgst.address, 7).call()
    assert _digest(ended) == expected
    assert _digest(typed) != expected


def test_a_contract_is_paid_after_two_signatures_and_not_before(
    world: World, book: Contract
) -> None:
    world.publish(world.terms(contractReview=True))
    aida = world.enrol(CUSTOMER, funds=10 * KGST)
    till = world.engine.deploy(Account.create(), compile_sources({"Till.sol": TILL})["Till"])
    with pytest.raises(REVERTS) as refused:
        world.pay(aida, till.address, KGST)
    assert refusal_of(refused.value).clause == "contract_review"
    assert refusal_of(refused.value).subject == till.address

    layers = [(till.address, keccak(world.engine.w3.eth.get_code(till.address)))]
    typed = approval_typed_data(world.chain_id, book.address, permit=PERMIT, nonce=0, layers=layers)
    signatures = [
        bytes(each.sign_typed_data(full_message=typed).signature) for each in world.regulators[:2]
    ]
    call = book.functions.approveContract(approval_argument(PERMIT, 0, layers), signatures)
    world.engine.send(Account.create(), call)
    world.pay(aida, till.address, KGST)
    assert world.kgst.functions.balanceOf(till.address).call() == KGST
